import email
import re
from datetime import timedelta
from email.policy import default

import pytest

from cabinet.config.settings import MailSettings
from cabinet.jobs import mail
from cabinet.mailing.send import (
    FileSender,
    ServerAwayError,
    SmtpSender,
    sender_of,
)
from cabinet.models import OutboxMessage
from cabinet.models.base import writing
from cabinet.services import outbox

CONTEXT = {
    "number": "104-228",
    "state": "submitted",
    "account": "460000000001",
    "meter": "10834547",
    "month": "2026-11",
    "zones": [["day", 1, "4772"], ["night", 2, "2203"]],
    "link": "https://lk.example.ru/readings/1",
}


def put(now, kind="reading_confirmation", key="k"):
    with writing():
        outbox.put(
            kind, key=key, recipient="maria@example.org", context=CONTEXT, now=now
        )


def send(app, now, folder):
    with app.app_context():
        return mail.send_due(FileSender(folder), address="cabinet@example.org", now=now)


def test_a_mail_leaves_once_in_both_forms(app, now, tmp_path):
    put(now)
    assert send(app, now, tmp_path) == 1
    assert send(app, now + timedelta(hours=1), tmp_path) == 0
    (path,) = tmp_path.glob("*.eml")
    message = email.message_from_bytes(path.read_bytes(), policy=default)
    assert message["Subject"] == "Показания приняты, номер 104-228"
    text = message.get_body(("plain",)).get_content()
    assert "Показание, день: 4\u00a0772 кВт·ч" in text
    assert "ноябрь\u00a02026" in text
    html = message.get_body(("html",)).get_content()
    assert 'href="https://lk.example.ru/readings/1"' in html


def test_a_reading_under_review_says_so(app, now, tmp_path):
    with writing():
        outbox.put(
            "reading_confirmation",
            key="k",
            recipient="maria@example.org",
            context=CONTEXT | {"state": "needs_review"},
            now=now,
        )
    send(app, now, tmp_path)
    (path,) = tmp_path.glob("*.eml")
    message = email.message_from_bytes(path.read_bytes(), policy=default)
    assert message["Subject"] == "Показания приняты на проверку, номер 104-228"


def test_a_kind_without_words_waits_and_is_told(app, now, tmp_path, caplog):
    put(now, kind="unknown")
    assert send(app, now, tmp_path) == 0
    row = OutboxMessage.get()
    assert row.error == "UnknownMailError"
    assert row.not_before > now
    assert "mail failed" in caplog.text


def test_an_address_no_server_takes_does_not_stop_the_others(app, now, tmp_path):
    put(now)
    OutboxMessage.update(recipient="мария@example.org").execute()
    put(now, key="k2")
    assert send(app, now, tmp_path) == 1


def test_a_folder_that_cannot_be_written_keeps_the_mail(app, now, tmp_path):
    put(now)
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert send(app, now, blocked) == 0
    assert OutboxMessage.get().sent_at is None


def test_a_server_is_used_where_one_is_set(tmp_path):
    assert isinstance(sender_of(MailSettings(), tmp_path), FileSender)
    assert isinstance(sender_of(MailSettings(server="mail"), tmp_path), SmtpSender)


def crowd(now, count):
    with writing():
        for number in range(count):
            outbox.put(
                "bill_ready",
                key=f"bill:{number}",
                recipient="maria@example.org",
                context={"account": "1", "month": "2026-10", "link": "x"},
                now=now - timedelta(hours=1),
            )


def test_letters_to_many_leave_at_the_set_rate(app, now, tmp_path):
    crowd(now, 20)
    per_minute = app.extensions["cabinet.settings"].mail.per_minute
    assert per_minute == 120
    taken = [
        outbox.claim(most=5, now=now + timedelta(seconds=turn), per_minute=10)
        for turn in range(2)
    ]
    for mails in taken:
        for each in mails:
            outbox.mark_sent(each.message_id, now=now)
    assert [len(mails) for mails in taken] == [5, 5]
    assert outbox.claim(most=5, now=now + timedelta(seconds=50), per_minute=10) == ()
    later = now + timedelta(seconds=61)
    assert len(outbox.claim(most=5, now=later, per_minute=10)) == 5


def test_who_waits_for_a_letter_does_not_wait_for_the_crowd(app, now, tmp_path):
    crowd(now, 20)
    put(now)
    (first, *_) = outbox.claim(most=5, now=now, per_minute=10)
    assert first.kind == "reading_confirmation"
    put(now, key="second")
    assert [each.kind for each in outbox.claim(most=5, now=now, per_minute=0)] == [
        "reading_confirmation"
    ]


def test_a_letter_carries_its_number_and_a_mark(app, now, tmp_path):
    put(now)
    send(app, now, tmp_path)
    (path,) = tmp_path.glob("*.eml")
    message = email.message_from_bytes(path.read_bytes(), policy=default)
    number = OutboxMessage.get().id
    assert re.fullmatch(
        rf"<{number}\.[0-9a-f]{{32}}@example\.org>", message["Message-ID"]
    )


class Away:
    """A server that took one letter and is away since."""

    def __init__(self):
        self.taken = []

    def send(self, _message, name):
        if self.taken:
            raise ServerAwayError("TimeoutError")
        self.taken.append(name)


def test_while_the_server_is_away_letters_wait_and_lose_no_try(app, now):
    for key in ("one", "two", "three"):
        put(now, key=key)
    away = Away()
    with app.app_context(), pytest.raises(ServerAwayError):
        mail.send_due(away, address="cabinet@example.org", now=now)
    told = [(row.sent_at, row.tries, row.error) for row in OutboxMessage.select()]
    assert told == [
        (now, 1, ""),
        (None, 0, "TimeoutError"),
        (None, 0, "TimeoutError"),
    ]
    # Nobody waits for growing pauses once it is back.
    assert len(outbox.claim(most=5, now=now)) == 2


def test_what_waits_for_three_days_is_given_up(app, now):
    put(now)
    away = Away()
    away.taken.append("")
    later = now + outbox.GIVE_UP_AFTER + timedelta(seconds=1)
    with app.app_context(), pytest.raises(ServerAwayError):
        mail.send_due(away, address="cabinet@example.org", now=later)
    assert OutboxMessage.get().failed_at == later
