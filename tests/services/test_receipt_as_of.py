"""What a receipt tells of other months: as it was when its bill was made."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cabinet.domain.bookkeeping import ChargeBasis, EntryKind
from cabinet.domain.energy import Energy
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.volume import Silence
from cabinet.models import AccountAccess, Allocation
from cabinet.services.bills import get_receipt
from cabinet.services.bills.receipt import MonthOwed
from cabinet.services.bills.snapshot import Snapshot, pack
from tests import factories

AUGUST, SEPTEMBER, OCTOBER = (Month(2026, number) for number in (8, 9, 10))


@pytest.fixture
def shown(alice, account, now):
    """The receipt of a month as its owner sees it."""
    return lambda month=OCTOBER: get_receipt(alice.id, account.id, month, now=now)


def at(month, day):
    return datetime(2026, month, day, 9, tzinfo=UTC)


def bill(account, month, charged, **values):
    """A bill by import: its charge stands at the end of its month."""
    ends = Month.parse(month).ends
    charged_at = datetime(ends.year, ends.month, 1, tzinfo=UTC) - timedelta(hours=4)
    return factories.make_bill(account, month, charged, charged_at=charged_at, **values)


def told(receipt):
    return [(str(one.month), str(one.amount.roubles)) for one in receipt.debts]


def test_an_imported_bill_tells_its_debts_from_the_ledger(account, shown):
    bill(account, "2026-08", "100,00")
    bill(account, "2026-09", "200,00")
    bill(account, "2026-10", "300,00")
    factories.post(account, Money.parse("-150,00"), at=at(10, 12))
    found = shown()
    assert told(found) == [("2026-09", "150.00"), ("2026-10", "300.00")]
    assert Money.total(one.amount for one in found.debts) == found.balance.closing
    assert found.has_older_debts


def test_what_was_paid_later_does_not_change_what_was_owed(account, shown):
    bill(account, "2026-09", "200,00")
    bill(account, "2026-10", "300,00")
    before = shown()
    factories.post(account, Money.parse("-500,00"), at=at(11, 5))
    bill(account, "2026-11", "77,00", published_at=at(11, 6))
    assert shown() == before
    assert told(before) == [("2026-09", "200.00"), ("2026-10", "300.00")]


def test_an_advance_leaves_no_debts(account, shown):
    bill(account, "2026-10", "300,00")
    factories.post(account, Money.parse("-500,00"), at=at(10, 5))
    found = shown()
    assert found.debts == ()
    assert not found.has_older_debts


def test_the_month_alone_owes_its_sum(account, shown):
    bill(account, "2026-10", "300,00")
    assert shown().debts == (MonthOwed(OCTOBER, Money.parse("300,00")),)


def test_an_operators_word_moves_a_payment_to_another_month(account, shown):
    bill(account, "2026-08", "100,00")
    bill(account, "2026-09", "100,00")
    bill(account, "2026-10", "300,00")
    entry = factories.post(account, Money.parse("-100,00"), at=at(10, 12))
    assert told(shown())[0] == ("2026-09", "100.00")
    Allocation.create(
        entry=entry,
        month=SEPTEMBER,
        made_by=factories.make_staff(),
        reason="x",
        at=at(10, 13),
    )
    assert told(shown())[0] == ("2026-08", "100.00")


def test_an_opening_balance_is_a_debt_of_its_month(account, shown):
    factories.post(
        account,
        Money.parse("90,00"),
        kind=EntryKind.OPENING,
        at=at(8, 20),
        month=AUGUST,
    )
    bill(account, "2026-10", "300,00")
    found = shown()
    assert told(found) == [("2026-08", "90.00"), ("2026-10", "300.00")]
    assert found.balance.closing == Money.parse("390,00")


def test_a_bill_of_our_own_tells_the_debts_it_keeps(account, shown):
    debts = [
        [202610, "2026-11-16", "2026-11-16", 300_00, 5_00, []],
        [202608, "2026-09-15", "2026-09-15", 100_00, 0, [["2026-10-01", 20_00]]],
    ]
    bill(
        account,
        "2026-10",
        "300,00",
        penalty=Money(5_00),
        opening=Money(120_00),
        paid=Money(20_00),
        closing=Money(405_00),
        standing={"debts": debts},
    )
    assert told(shown()) == [("2026-08", "100.00"), ("2026-10", "305.00")]


def test_the_year_is_that_of_the_bills_up_to_the_month(account, shown):
    bill(account, "2025-10", "1,00", volume=Energy.from_kwh(7))
    bill(account, "2025-11", "1,00", volume=Energy.from_kwh(8))
    bill(account, "2026-09", "1,00", basis=ChargeBasis.NORM, volume=Energy.from_kwh(9))
    bill(account, "2026-10", "1,00", volume=Energy.from_kwh(10))
    year = shown().year
    assert [used.month for used in year] == [
        OCTOBER.plus(step) for step in range(-11, 1)
    ]
    figures = {str(used.month): used.energy for used in year if used.energy is not None}
    assert figures == {
        "2025-11": Energy.from_kwh(8),
        "2026-09": Energy.from_kwh(9),
        "2026-10": Energy.from_kwh(10),
    }
    assert [used.is_estimate for used in year[-2:]] == [True, False]


def test_a_bill_that_came_later_is_not_in_the_year(account, shown):
    bill(account, "2026-10", "1,00")
    before = shown()
    bill(account, "2026-09", "1,00", published_at=at(11, 20), volume=Energy.from_kwh(9))
    assert shown().year == before.year


def test_a_new_tenant_sees_no_year_of_the_one_before(alice, account, shown):
    bill(account, "2026-08", "1,00")
    bill(account, "2026-09", "1,00")
    bill(account, "2026-10", "1,00")
    AccountAccess.update(since=date(2026, 9, 1)).where(
        AccountAccess.user == alice
    ).execute()
    assert [used.energy is None for used in shown().year[-3:]] == [True, False, False]


@pytest.mark.parametrize(
    ("kept", "norm_from"),
    [
        ({"silent": 1}, Month(2027, 1)),
        ({"silent": 2, "silence": Silence.UNREAD}, Month(2026, 12)),
        ({"silent": 3, "next_norm": True}, Month(2026, 11)),
        ({"silent": 3, "silence": Silence.UNVERIFIED}, None),
        ({"silent": 0}, None),
    ],
)
def test_the_month_the_norm_begins_with_is_told(account, shown, kept, norm_from):
    bill(
        account,
        "2026-10",
        "1,00",
        basis=ChargeBasis.AVERAGE,
        lines=pack(Snapshot(**kept)),
    )
    assert shown().volume.norm_from == norm_from


def test_by_readings_no_norm_is_near(account, shown):
    bill(account, "2026-10", "1,00", lines=pack(Snapshot(silent=2)))
    assert shown().volume.norm_from is None
