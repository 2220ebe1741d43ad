"""Debts by age: by hand, and beside what is told of one account entry by entry."""

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.covering import Book
from cabinet.domain.money import Money
from cabinet.domain.people import Role
from cabinet.domain.period import Month
from cabinet.domain.reports import Age, age_of
from cabinet.models import Account, Allocation, LedgerEntry
from cabinet.services import balance_changes
from cabinet.services.reports.debts import debts_of
from cabinet.services.reports.scope import OfficeNotFoundError
from cabinet.services.staff import Member
from tests import factories

MOSCOW = ZoneInfo("Europe/Moscow")
#: The day of the tests.
TODAY = date(2026, 11, 22)


def roubles(text):
    return Money.parse(text)


def at(year, month, day, hour=12):
    return datetime(year, month, day, hour, tzinfo=UTC)


def told(member, now, code=""):
    """Return what is owed, penalties and accounts of each age that has any."""
    found = debts_of(member, code, now=now)
    assert Money.total(each.amount for each in found.ages) == found.amount
    return {
        each.age: (each.amount, each.penalty, each.accounts)
        for each in found.ages
        if each.accounts
    }


def bill(account, month, charged, penalty=None):
    """A bill at the end of its month, due on the 15th of the next."""
    month = Month.parse(month)
    ends = datetime.combine(month.ends, datetime.min.time(), MOSCOW)
    made = factories.make_bill(
        account, str(month), charged, charged_at=ends - timedelta(seconds=1)
    )
    if penalty:
        factories.post(
            account,
            roubles(penalty),
            kind=EntryKind.PENALTY,
            at=ends - timedelta(seconds=1),
            month=month,
            bill=made,
        )
    return made


def pay(account, amount, when, month=None):
    return factories.post(
        account,
        -roubles(amount),
        at=when,
        month=month and Month.parse(month),
    )


def test_nobody_owes(member, now):
    account = factories.make_account()
    bill(account, "2026-10", "100,00")
    pay(account, "150,00", at(2026, 11, 10))
    found = debts_of(member, "", now=now)
    assert (found.amount, found.accounts, found.overdue) == (Money(0), 0, Money(0))


def test_each_age_by_hand(member, now):
    """Bills of October to last year's, nothing paid: due on 15 November and so back."""
    account = factories.make_account()
    for month, charged in (
        ("2025-10", "1,00"),  # due 15.11.2025: 372 days
        ("2025-11", "2,00"),  # due 15.12.2025: 342 days
        ("2026-05", "4,00"),  # due 15.06.2026: 160 days
        ("2026-07", "8,00"),  # due 15.08.2026: 99 days
        ("2026-08", "16,00"),  # due 15.09.2026: 68 days
        ("2026-09", "32,00"),  # due 15.10.2026: 38 days
        ("2026-10", "64,00"),  # due 15.11.2026: 7 days
    ):
        bill(account, month, charged)
    other = factories.make_account("460000000002")
    factories.make_bill(other, "2026-10", "128,00", due_on=TODAY)
    assert told(member, now) == {
        Age.NOT_DUE: (roubles("128,00"), Money(0), 1),
        Age.TO_30: (roubles("64,00"), Money(0), 1),
        Age.TO_60: (roubles("32,00"), Money(0), 1),
        Age.TO_90: (roubles("16,00"), Money(0), 1),
        Age.TO_180: (roubles("12,00"), Money(0), 1),
        Age.TO_365: (roubles("2,00"), Money(0), 1),
        Age.OLDER: (roubles("1,00"), Money(0), 1),
    }
    found = debts_of(member, "", now=now)
    assert found.accounts == 2
    assert found.overdue == roubles("127,00")


def test_money_that_names_no_month_covers_the_earliest_due(member, now):
    account = factories.make_account()
    bill(account, "2026-08", "100,00")
    bill(account, "2026-09", "100,00")
    pay(account, "130,00", at(2026, 10, 20))
    bill(account, "2026-10", "100,00")
    assert told(member, now) == {
        Age.TO_60: (roubles("70,00"), Money(0), 1),
        Age.TO_30: (roubles("100,00"), Money(0), 1),
    }


def test_money_that_names_a_month_covers_it(member, now):
    account = factories.make_account()
    bill(account, "2026-08", "100,00")
    bill(account, "2026-09", "100,00")
    pay(account, "100,00", at(2026, 10, 20), "2026-09")
    assert told(member, now) == {Age.TO_90: (roubles("100,00"), Money(0), 1)}


def test_what_a_specialist_said_of_a_payment_counts(member, now):
    account = factories.make_account()
    bill(account, "2026-08", "100,00")
    bill(account, "2026-09", "100,00")
    paid = pay(account, "100,00", at(2026, 10, 20), "2026-09")
    for month in "2026-09", "2026-08":
        Allocation.create(
            entry=paid,
            month=Month.parse(month),
            made_by=member.user_id,
            reason="по заявлению",
            at=now,
        )
    assert told(member, now) == {Age.TO_60: (roubles("100,00"), Money(0), 1)}


def test_main_debts_are_covered_before_penalties(member, now):
    account = factories.make_account()
    bill(account, "2026-08", "100,00", penalty="5,00")
    bill(account, "2026-09", "100,00", penalty="7,00")
    pay(account, "201,00", at(2026, 10, 20))
    assert told(member, now) == {
        Age.TO_90: (roubles("4,00"), roubles("4,00"), 1),
        Age.TO_60: (roubles("7,00"), roubles("7,00"), 1),
    }


def test_what_has_lapsed_is_covered_last(member, now):
    """Three years are over for what was due on 15.11.2023."""
    account = factories.make_account()
    bill(account, "2023-10", "100,00")
    bill(account, "2026-09", "100,00")
    bill(account, "2026-10", "100,00")
    pay(account, "150,00", at(2026, 11, 20))
    assert told(member, now) == {
        Age.OLDER: (roubles("100,00"), Money(0), 1),
        Age.TO_30: (roubles("50,00"), Money(0), 1),
    }


def test_an_old_debt_is_seen_behind_recent_months(member, now):
    """Nothing of the last months was ever without a debt: the whole ledger counts."""
    account = factories.make_account()
    bill(account, "2026-01", "500,00")
    for number in range(2, 10):
        month = Month(2026, number)
        bill(account, str(month), "10,00")
        pay(account, "10,00", at(2026, number + 1, 5), str(month))
    assert told(member, now) == {Age.TO_365: (roubles("500,00"), Money(0), 1)}


def test_an_advance_covers_what_comes_after_it(member, now):
    account = factories.make_account()
    bill(account, "2026-08", "100,00")
    pay(account, "160,00", at(2026, 9, 5))
    bill(account, "2026-09", "50,00")
    bill(account, "2026-10", "50,00")
    assert told(member, now) == {Age.TO_30: (roubles("40,00"), Money(0), 1)}


def test_the_night_of_the_branch_is_its_own_day(member, now):
    """A debt without a bill of 22.10 at half past midnight in Moscow is 31 days old."""
    account = factories.make_account()
    factories.post(
        account,
        roubles("10,00"),
        kind=EntryKind.OPENING,
        at=datetime(2026, 10, 21, 21, 30, tzinfo=UTC),
    )
    assert told(member, now) == {Age.TO_60: (roubles("10,00"), Money(0), 1)}
    eastern = factories.make_branch("amur", name="Амур", time_zone="Asia/Yakutsk")
    other = factories.make_account("280000000001", eastern)
    factories.post(
        other,
        roubles("20,00"),
        kind=EntryKind.OPENING,
        at=datetime(2026, 10, 22, 15, 30, tzinfo=UTC),  # 00:30 of 23.10 in Yakutsk
    )
    admin = Member(factories.make_staff("admin@example.org", "admin").id, Role.ADMIN)
    assert told(admin, now) == {
        Age.TO_60: (roubles("10,00"), Money(0), 1),
        Age.TO_30: (roubles("20,00"), Money(0), 1),
    }


def test_another_branch_is_not_counted(member, now):
    tver = factories.make_branch("tver", name="Тверь")
    bill(factories.make_account("690000000001", tver), "2026-10", "100,00")
    assert told(member, now) == {}
    with pytest.raises(OfficeNotFoundError):
        debts_of(member, "tver", now=now)
    admin = Member(factories.make_staff("admin@example.org", "admin").id, Role.ADMIN)
    assert told(admin, now, "tver") == {Age.TO_30: (roubles("100,00"), Money(0), 1)}


@pytest.mark.parametrize("seed", range(12))
def test_all_at_once_is_as_one_by_one(member, now, seed):
    """Households of every habit: the same as the book of each account."""
    draw = random.Random(seed)
    for number in range(12):
        live(draw, factories.make_account(f"46000000{number:04}"))
    expected = defaultdict(lambda: [0, 0, set()])
    for account in Account.select().where(Account.balance > Money(0)):
        for debt in booked(account):
            if debt.main or debt.penalty:
                line = expected[age_of(debt.due_on, TODAY)]
                line[0] += (debt.main + debt.penalty).kopecks
                line[1] += debt.penalty.kopecks
                line[2].add(account.id)
    assert told(member, now) == {
        age: (Money(amount), Money(penalty), len(accounts))
        for age, (amount, penalty, accounts) in expected.items()
    }


def live(draw, account):
    """A year and a half of bills, and of paying as people do."""
    habit = draw.choice(("in time", "late", "named", "half", "never", "much"))
    owes_since = []
    for back in range(18, 0, -1):
        month = Month(2026, 11).plus(-back)
        charged = draw.randint(100_00, 900_00)
        with_penalty = habit in ("half", "never") and back < 6
        bill(
            account,
            str(month),
            f"{charged // 100},{charged % 100:02}",
            penalty=f"{draw.randint(1, 9)},{draw.randint(10, 99)}"
            if with_penalty
            else None,
        )
        owes_since.append(month)
        if habit == "never" or draw.random() < 0.15:
            continue
        owed = Account.get_by_id(account.id).balance.kopecks
        part = {"half": 0.6, "much": 1.3}.get(habit, 1.0)
        amount = int((charged if habit in ("half", "named") else owed) * part)
        if amount <= 0:
            continue
        when = at(month.next.year, month.next.number, 28 if habit == "late" else 9)
        if when.date() > TODAY:
            continue
        name = str(month) if habit == "named" else None
        pay(account, f"{amount // 100},{amount % 100:02}", when, name)


def booked(account):
    mine = LedgerEntry.account == account.id
    said = balance_changes.words(mine)
    book = Book()
    for entry in balance_changes.entries(mine):
        book.take(balance_changes.change_of(entry, MOSCOW, said))
    return book.debts


def test_one_question_however_many_owe(member, now, db):
    def asked():
        statements = []
        db.obj.query_hooks.append(statements.append)
        debts_of(member, "", now=now)
        db.obj.query_hooks.remove(statements.append)
        return len(statements)

    bill(factories.make_account(), "2026-10", "1,00")
    few = asked()
    for number in range(20):
        bill(factories.make_account(f"4700000000{number:02}"), "2026-10", "1,00")
    # The transaction, the branches, the sum and the ages.
    assert asked() == few <= 5
