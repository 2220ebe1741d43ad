from datetime import timedelta

from cabinet.models import OutboxMessage
from cabinet.models.base import writing
from cabinet.services import outbox


def put(now, key="k", **values):
    with writing():
        return outbox.put(
            "reading_confirmation",
            key=key,
            recipient="a@example.org",
            context={},
            now=now,
            **values,
        )


def test_the_same_key_is_the_same_mail(db, now):
    assert put(now)
    assert not put(now)
    assert OutboxMessage.select().count() == 1


def test_a_mail_is_claimed_once_until_its_lease_ends(db, now):
    put(now)
    assert len(outbox.claim(most=5, now=now)) == 1
    assert outbox.claim(most=5, now=now) == ()
    assert len(outbox.claim(most=5, now=now + outbox.LEASE)) == 1


def test_what_may_be_undone_waits(db, now):
    put(now, not_before=now + timedelta(minutes=10))
    assert outbox.claim(most=5, now=now) == ()
    assert len(outbox.claim(most=5, now=now + timedelta(minutes=10))) == 1


def test_a_sent_mail_is_not_sent_again(db, now):
    put(now)
    (mail,) = outbox.claim(most=5, now=now)
    outbox.mark_sent(mail.message_id, now=now)
    assert outbox.claim(most=5, now=now + timedelta(days=1)) == ()


def test_a_failed_mail_is_tried_with_growing_pauses_for_three_days(db, now):
    put(now)
    moment, tries = now, 0
    while mails := outbox.claim(most=5, now=moment):
        tries += 1
        outbox.mark_failed(mails[0].message_id, "TimeoutError", now=moment)
        moment = max(moment, OutboxMessage.get().not_before)
    assert timedelta(hours=72) < moment - now < timedelta(hours=75)
    assert 70 < tries < 90
    assert OutboxMessage.get().failed_at is not None
