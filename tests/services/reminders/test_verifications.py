"""«Поверка кончается»: to who asked, three times a verification, each once."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cabinet.domain.metering import MeterStatus
from cabinet.domain.people import LetterKind
from cabinet.models import AccountAccess, AuditEntry, Meter, OutboxMessage, User
from cabinet.services.reminders import tell_of_verifications
from tests import factories

UNTIL = date(2027, 2, 20)
#: 9:00 in Moscow, 90 days before.
FIRST = datetime(2026, 11, 22, 6, tzinfo=UTC)
EARLY = datetime(2026, 1, 1, tzinfo=UTC)
LINK = "https://lk.example.ru/requests"


def tell(now):
    return tell_of_verifications(LINK, now=now)


def verified(meter, until=UNTIL):
    Meter.update(verified_until=until).where(Meter.id == meter.id).execute()


@pytest.fixture
def wanted(alice, account, meter):
    verified(meter)
    factories.subscribe(alice, account, LetterKind.VERIFICATION, now=EARLY)
    return alice


def test_three_times_a_verification(wanted):
    days = [
        (FIRST + timedelta(days=day)).date()
        for day in range(-40, 140)
        for _ in range(tell(FIRST + timedelta(days=day)))
    ]
    assert days == [date(2026, 11, 22), date(2027, 1, 21), UNTIL]
    assert {row.recipient for row in OutboxMessage.select()} == {wanted.email}


def test_the_letter_names_the_meter_and_nothing_of_the_household(
    wanted, account, meter
):
    assert tell(FIRST) == 1
    mail = OutboxMessage.get()
    assert mail.kind == "verification_ends"
    assert mail.context == {
        "account": account.number,
        "label": "",
        "serial": meter.serial,
        "place": meter.place,
        "until": "2027-02-20",
        "today": "2026-11-22",
        "link": LINK,
    }
    entry = AuditEntry.get(AuditEntry.action == "reminder.verification_written")
    assert (entry.account_id, entry.details) == (account.id, {"days": 90})


def test_once_however_often_the_job_runs(wanted):
    assert [tell(FIRST + timedelta(hours=h)) for h in range(4)] == [1, 0, 0, 0]


def test_a_worker_that_was_away_tells_what_is_so_now(wanted):
    late = FIRST + timedelta(days=85)
    assert (tell(late), tell(late)) == (1, 0)
    assert OutboxMessage.get().context["today"] == "2027-02-15"
    entry = AuditEntry.get(AuditEntry.action == "reminder.verification_written")
    assert entry.details == {"days": 30}


def test_what_ended_long_ago_is_no_news(wanted):
    over = FIRST + timedelta(days=90)
    assert tell(over + timedelta(days=31)) == 0
    assert tell(over + timedelta(days=30)) == 1


def test_a_new_verification_is_told_of_anew(wanted, meter):
    assert tell(FIRST) == 1
    verified(meter, UNTIL.replace(year=2043))
    assert tell(FIRST + timedelta(days=90)) == 0
    assert tell(FIRST.replace(year=2042)) == 1


def test_the_day_and_the_hour_are_the_branch_s_own(alice):
    far = factories.make_branch("far", name="Магадан", time_zone="Asia/Magadan")
    account = factories.make_account("490000000001", branch=far)
    factories.give_access(alice, account)
    verified(factories.make_meter(account))
    factories.subscribe(alice, account, LetterKind.VERIFICATION, now=EARLY)
    # 9:00 of the 22nd in Magadan is 22:00 of the 21st in Greenwich.
    nine = datetime(2026, 11, 21, 22, tzinfo=UTC)
    assert tell(nine - timedelta(seconds=1)) == 0
    assert tell(nine) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda: User.update(disabled_at=EARLY),
        lambda: User.update(erased_at=EARLY),
        lambda: User.update(email=None),
        lambda: User.update(email_failed_at=EARLY),
        lambda: AccountAccess.update(ended_at=EARLY),
        lambda: Meter.update(status=MeterStatus.REMOVED),
        lambda: Meter.update(status=MeterStatus.AUTOMATED),
        lambda: Meter.update(verified_until=None),
    ],
    ids=[
        "disabled",
        "erased",
        "no mail",
        "bounced",
        "access over",
        "removed",
        "read from afar",
        "no date",
    ],
)
def test_who_cannot_be_told_or_has_nothing_to_do_gets_none(wanted, change):
    change().execute()
    assert tell(FIRST) == 0


def test_who_did_not_ask_or_asks_no_more_gets_none(wanted, account, bob):
    factories.subscribe(bob, account, LetterKind.REMINDER, now=EARLY)
    factories.unsubscribe(wanted, account, LetterKind.VERIFICATION, now=EARLY)
    assert tell(FIRST) == 0


def test_two_people_and_two_meters_are_four_letters(wanted, account, meter, bob):
    verified(factories.make_meter(account, serial="2"), UNTIL)
    factories.subscribe(bob, account, LetterKind.VERIFICATION, now=EARLY)
    assert tell(FIRST) == 4
    assert OutboxMessage.select().count() == 4


def test_more_than_a_batch_is_told(wanted, monkeypatch, account, bob):
    monkeypatch.setattr("cabinet.services.reminders.verifications.BATCH", 1)
    factories.subscribe(bob, account, LetterKind.VERIFICATION, now=EARLY)
    assert tell(FIRST) == 2
