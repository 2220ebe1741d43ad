"""A request is asked for once, changed while no day is named, cancelled while it is open."""

from datetime import date, timedelta

import pytest

from cabinet.domain.people import AccessLevel
from cabinet.domain.requests import (
    DayFault,
    Hours,
    RequestAct,
    RequestKind,
    RequestState,
)
from cabinet.models import (
    AccountAccess,
    AuditEntry,
    HomeNote,
    Meter,
    OutboxMessage,
    ServiceRequest,
    ServiceRequestStep,
    StoredFile,
    User,
)
from cabinet.services import limits
from cabinet.services.access import AccountNotFoundError
from cabinet.services.audit import Actor
from cabinet.services.requests import asking, looking
from cabinet.services.requests.asking import Days
from cabinet.services.requests.rows import ChangedMeanwhileError, RequestNotFoundError
from tests import factories
from tests.services.requests.conftest import MONDAY, fresh, link_of


def steps(row):
    query = ServiceRequestStep.select(ServiceRequestStep.act)
    query = query.where(ServiceRequestStep.request == row.id)
    return [act for (act,) in query.order_by(ServiceRequestStep.number).tuples()]


def letters():
    query = OutboxMessage.select().where(OutboxMessage.kind == "request_changed")
    return [each.context["act"] for each in query.order_by(OutboxMessage.id)]


class Photo:
    body = b"\xff\xd8 a photo"
    media_type = "image/jpeg"
    sha256 = "0" * 64


def test_it_is_written_down_with_its_history_and_its_letter(ask, alice, account, now):
    row = ask(photo=Photo())
    assert (row.account_id, row.asked_by_id) == (account.id, alice.id)
    assert (row.state, row.due_on) == (RequestState.RECEIVED, date(2026, 11, 25))
    assert row.photo_id == StoredFile.get().id
    assert steps(row) == [RequestAct.ASKED]
    assert letters() == ["asked"]
    entry = AuditEntry.get(AuditEntry.action == "request.asked")
    assert (entry.account_id, entry.actor_id) == (account.id, alice.id)
    assert "8 900" not in str(entry.details)


def test_the_same_form_again_is_the_same_request(ask):
    first = ask(key="a" * 32)
    assert ask(key="a" * 32).id == first.id
    assert steps(first) == [RequestAct.ASKED]
    assert letters() == ["asked"]


def test_the_form_of_somebody_else_is_nobodys(ask, account, charlie, now):
    ask(key="a" * 32)
    factories.give_access(charlie, account)
    wish = asking.Wish(key="a" * 32, kind=RequestKind.DISPUTE)
    with pytest.raises(RequestNotFoundError):
        asking.ask(
            charlie.id,
            account.id,
            wish,
            link_of=link_of,
            actor=Actor(charlie.id),
            pepper="p",
            now=now,
        )


def test_the_same_work_is_asked_for_once_at_a_time(ask, alice, do, now):
    first = ask()
    with pytest.raises(asking.AlreadyAskedError) as caught:
        ask()
    assert caught.value.public_id == first.public_id
    assert ask(kind=RequestKind.SEALING).id != first.id
    cancel(alice, first, now)
    assert ask().id != first.id


def test_a_reader_and_a_stranger_ask_for_nothing(ask, account, charlie, now):
    factories.give_access(charlie, account, level=AccessLevel.READINGS)
    wish = asking.Wish(key="b" * 32, kind=RequestKind.DISPUTE)
    with pytest.raises(AccountNotFoundError):
        asking.ask(
            charlie.id,
            account.id,
            wish,
            link_of=link_of,
            actor=Actor(charlie.id),
            pepper="p",
            now=now,
        )
    assert ServiceRequest.select().count() == 0


@pytest.mark.parametrize("kind", RequestKind)
def test_a_meter_that_was_taken_off_is_no_choice(ask, meter, kind):
    Meter.update(removed_on=date(2026, 11, 1)).execute()
    if kind is RequestKind.CONNECTION:
        assert ask(kind=kind).meter_id is None
    else:
        with pytest.raises(asking.MeterUnknownError):
            ask(kind=kind)
    if kind is RequestKind.DISPUTE:
        assert ask(kind=kind, meter=None).meter_id is None


@pytest.mark.parametrize(
    ("day", "fault"),
    [
        (date(2026, 11, 22), DayFault.PAST),
        (date(2026, 11, 28), DayFault.DAY_OFF),
        (date(2027, 3, 1), DayFault.FAR),
    ],
)
@pytest.mark.parametrize("place", ["first", "second"])
def test_a_day_nobody_can_come_on_is_refused(ask, place, day, fault):
    with pytest.raises(asking.DayUnfitError) as caught:
        ask(days=Days(**{"first": MONDAY, place: day}))
    assert (caught.value.place, caught.value.fault) == (place, fault)


def test_ten_a_day(ask, alice, now):
    for _ in range(limits.REQUEST_DAY.most):
        row = ask()
        cancel(alice, row, now)
    with pytest.raises(limits.TooManyAttemptsError):
        ask()


def cancel(user, row, now):
    return asking.cancel(
        user.id, row.public_id, link_of=link_of, actor=Actor(user.id), now=now
    )


def change(user, row, days, now):
    return asking.change_days(
        user.id, row.public_id, days, link_of=link_of, actor=Actor(user.id), now=now
    )


def test_other_days_are_named_once(ask, alice, now):
    row = ask(days=Days(first=MONDAY))
    days = Days(first=MONDAY + timedelta(days=1), hours=Hours.EVENING)
    change(alice, row, days, now)
    change(alice, row, days, now)
    assert fresh(row).first_choice == MONDAY + timedelta(days=1)
    assert fresh(row).hours is Hours.EVENING
    assert steps(row) == [RequestAct.ASKED, RequestAct.CHANGED]
    assert letters() == ["asked", "changed"]


def test_once_a_day_is_planned_none_is_named(ask, plan, alice, now):
    row = plan(ask())
    with pytest.raises(ChangedMeanwhileError):
        change(alice, row, Days(first=MONDAY), now)


def test_cancelled_twice_is_cancelled_once(ask, plan, alice, now):
    row = plan(ask())
    cancel(alice, row, now)
    assert cancel(alice, row, now).state is RequestState.CANCELLED
    assert fresh(row).crew_id is None
    assert steps(row) == [RequestAct.ASKED, RequestAct.PLANNED, RequestAct.CANCELLED]


def test_what_is_over_is_not_cancelled(alice, account, now):
    row = factories.make_meter_request(account, now, state="done", asked_by=alice)
    with pytest.raises(ChangedMeanwhileError):
        cancel(alice, row, now)


def test_what_is_said_of_oneself_is_shown_to_oneself(ask, charlie, alice, account, now):
    factories.give_access(charlie, account, level=AccessLevel.FULL)
    row = ask(photo=Photo())
    own = looking.mine(alice.id, row.public_id, now=now)
    assert (own.phone, own.words, own.has_photo) == (
        "8 900 000-00-00",
        "Домофон 38",
        True,
    )
    assert b"".join(
        looking.photo_of_mine(alice.id, row.public_id, now=now).pieces
    ).startswith(b"\xff\xd8")
    others = looking.mine(charlie.id, row.public_id, now=now)
    assert (others.phone, others.words, others.has_photo) == ("", "", False)
    with pytest.raises(looking.PhotoNotFoundError):
        looking.photo_of_mine(charlie.id, row.public_id, now=now)


def test_the_next_holder_sees_nothing_older(ask, alice, account, now):
    row = ask()
    account.holder_since = now.date() + timedelta(days=1)
    account.save()
    later = now + timedelta(days=2)
    assert looking.board(alice.id, account.id, now=later).lines == ()
    with pytest.raises(RequestNotFoundError):
        looking.mine(alice.id, row.public_id, now=later)


def test_who_has_no_mail_is_told_at_home(ask, alice):
    User.update(email=None).where(User.id == alice.id).execute()
    row = ask()
    assert letters() == []
    note = HomeNote.get()
    assert note.context == {
        "number": row.id,
        "request": str(row.public_id),
        "state": "received",
    }


def test_a_specialist_writes_it_down_for_the_owners(
    account, alice, bob, member, meter, now
):
    def take(key):
        return asking.take(
            member,
            account.number,
            asking.Wish(key=key, kind=RequestKind.VERIFICATION, meter=meter.public_id),
            link_of=link_of,
            actor=Actor(member.user_id),
            now=now,
        )

    public_id = take("c" * 32)
    assert take("c" * 32) == public_id
    row = ServiceRequest.get()
    assert (row.asked_by_id, row.taken_by_id) == (None, member.user_id)
    mail = OutboxMessage.get(OutboxMessage.kind == "request_changed")
    assert mail.recipient == "alice@example.org"
    assert looking.mine(alice.id, public_id, now=now).phone == ""


def test_who_sees_the_account_no_more_is_told_nothing(ask, plan, alice, account, now):
    row = ask()
    AccountAccess.update(ended_at=now).execute()
    plan(row)
    assert letters() == ["asked"]
