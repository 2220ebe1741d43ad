import threading
from datetime import UTC, date, datetime, timedelta

import pytest

from cabinet.domain.metering import MeterStatus, ReadingSource, ReadingState
from cabinet.models import (
    AccountAccess,
    AuditEntry,
    Meter,
    OneTimeToken,
    OutboxMessage,
    Reading,
    User,
)
from cabinet.models.base import database
from cabinet.services import reminders
from cabinet.services.reminders import Links
from tests import factories
from tests.factories import (
    give_access,
    make_account,
    make_branch,
    make_meter,
    make_reading,
)

#: 9:00 in Moscow on the first day of the window and two days before its last.
OPENED = datetime(2026, 11, 20, 6, tzinfo=UTC)
CLOSING = datetime(2026, 11, 23, 6, tzinfo=UTC)
EARLY = datetime(2026, 11, 1, tzinfo=UTC)

LINKS = Links(
    reading=lambda secret: f"https://lk.example.ru/reminders/{secret}",
    stop=lambda secret: f"https://lk.example.ru/reminders/stop/{secret}",
)


def remind(now, **options):
    return reminders.remind(LINKS, now=now, **options)


@pytest.fixture
def wanted(alice, account, meter):
    make_reading(meter, values=(4634,))
    factories.subscribe(alice, account, now=EARLY)
    return alice


def test_twice_a_month(wanted, account):
    sent = [
        moment.day
        for moment in (EARLY + timedelta(days=d, hours=12) for d in range(60))
        for _ in range(remind(moment))
    ]
    assert sent == [20, 23, 20, 23]
    assert {row.recipient for row in OutboxMessage.select()} == {"alice@example.org"}


def test_the_letter_carries_what_it_takes(wanted, account, meter):
    assert remind(CLOSING) == 1
    mail = OutboxMessage.get()
    assert mail.kind == "reading_reminder"
    assert mail.is_secret
    assert mail.context["occasion"] == "closing"
    assert mail.context["days_left"] == 2
    assert [each["serial"] for each in mail.context["meters"]] == [meter.serial]
    assert {str(row.purpose) for row in OneTimeToken.select()} == {
        "reminder",
        "stop-reminders",
    }
    entry = AuditEntry.get(AuditEntry.action == "reminder.written")
    assert entry.account_id == account.id


def test_once_however_often_the_job_runs(wanted):
    assert [remind(OPENED + timedelta(hours=h)) for h in range(5)] == [1, 0, 0, 0, 0]
    assert OutboxMessage.select().count() == 1
    assert OneTimeToken.select().count() == 2


def test_a_dry_run_counts_and_writes_nothing(wanted):
    assert remind(OPENED, is_dry=True) == 1
    assert not OutboxMessage.select().exists()
    assert not OneTimeToken.select().exists()


def test_not_before_nine_by_the_branch(wanted):
    assert remind(OPENED - timedelta(seconds=1)) == 0
    assert remind(OPENED) == 1


def test_the_day_is_the_branch_s_own(alice):
    far = make_branch("far", name="Магадан", time_zone="Asia/Magadan")
    account = make_account("490000000001", branch=far)
    give_access(alice, account)
    make_meter(account)
    factories.subscribe(alice, account, now=EARLY)
    # 9:00 of the 20th in Magadan is 22:00 of the 19th in Greenwich.
    assert remind(datetime(2026, 11, 19, 21, 59, tzinfo=UTC)) == 0
    assert remind(datetime(2026, 11, 19, 22, tzinfo=UTC)) == 1


@pytest.mark.parametrize("source", [ReadingSource.CABINET, ReadingSource.PHONE])
@pytest.mark.parametrize(
    "state",
    [ReadingState.SUBMITTED, ReadingState.NEEDS_REVIEW, ReadingState.COUNTED],
)
def test_who_has_sent_is_not_reminded(wanted, meter, source, state):
    make_reading(meter, "2026-11", (4700,), day=19, source=source, state=state)
    assert remind(OPENED) == 0


def test_what_was_rejected_or_estimated_was_not_sent(wanted, meter):
    make_reading(meter, "2026-11", (4700,), day=19, state=ReadingState.REJECTED)
    make_reading(meter, "2026-11", (4700,), day=19, source=ReadingSource.ESTIMATE)
    assert remind(OPENED) == 1


def test_only_meters_that_wait_are_named(wanted, account, meter):
    make_meter(account, serial="2", place="гараж")
    make_meter(account, serial="3", removed_on=date(2026, 11, 1))
    make_meter(account, serial="4", status=MeterStatus.AUTOMATED)
    make_reading(meter, "2026-11", (4700,), day=19, state=ReadingState.SUBMITTED)
    assert remind(OPENED) == 1
    (named,) = OutboxMessage.get().context["meters"]
    assert (named["serial"], named["place"]) == ("2", "гараж")


@pytest.mark.parametrize(
    "change",
    [
        lambda user, _: User.update(disabled_at=EARLY).where(User.id == user.id),
        lambda user, _: User.update(erased_at=EARLY).where(User.id == user.id),
        lambda user, _: User.update(email=None).where(User.id == user.id),
        lambda *_: AccountAccess.update(ended_at=EARLY),
        lambda *_: AccountAccess.update(until=date(2026, 11, 20)),
        lambda *_: Meter.update(removed_on=date(2026, 11, 1)),
    ],
    ids=["disabled", "erased", "no mail", "ended", "over", "no meter"],
)
def test_who_can_send_nothing_is_not_reminded(wanted, change):
    change(wanted, None).execute()
    assert remind(OPENED) == 0


def test_who_did_not_ask_or_asks_no_more_is_not_reminded(wanted, bob, account):
    factories.unsubscribe(wanted, account, now=EARLY)
    assert remind(OPENED) == 0
    assert not Reading.select().where(Reading.source == "guest").exists()


def test_many_are_read_in_turns(wanted, alice, monkeypatch):
    monkeypatch.setattr("cabinet.services.reminders.due.BATCH", 2)
    for number in range(5):
        account = make_account(f"48000000000{number}")
        give_access(alice, account)
        make_meter(account)
        factories.subscribe(alice, account, now=EARLY)
    assert remind(OPENED) == 6
    assert remind(OPENED) == 0


def test_several_workers_at_once_remind_once(wanted):
    gate = threading.Barrier(3)
    counts = []

    def run():
        gate.wait()
        counts.append(remind(OPENED))
        database.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == [0, 0, 1]
    assert OutboxMessage.select().count() == 1
    assert OneTimeToken.select().count() == 2
