"""Dated rows a run rests on: which is whose, and what one that is missing does."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from cabinet.domain.energy import Energy
from cabinet.domain.money import Money
from cabinet.domain.period import Month, months
from cabinet.models import Account, Bill, BillDraft, BillRun, OtherRule, Range
from cabinet.services.billing import issuing
from cabinet.services.billing.terms import RuleUnfitError
from cabinet.services.bills.document import receipt_of
from tests import billing, factories

JUNE, AUGUST, OCTOBER = (Month(2026, number) for number in (6, 8, 10))
MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture
def account(kursk):
    return factories.make_account("460000000001", kursk)


@pytest.fixture
def meter(account):
    return factories.make_meter(account, opening=1000, opening_on=date(2026, 5, 31))


def send(meter, *kwh):
    """Send a reading of each month from June on, and bill them."""
    for month, register in zip(months(JUNE, OCTOBER), kwh, strict=False):
        factories.make_reading(meter, str(month), (register,), state="submitted")
        billing.bill(meter.account.branch, month)


def bill_of(account, month):
    return Bill.get(Bill.account == account, Bill.month == month)


def drop(rule):
    OtherRule.delete().where(OtherRule.rule == rule).execute()


def exclude(first, last, key="household", source="указ № 1"):
    """Let an act exclude the days from the first to the last from the penalties."""
    if key == "household":
        told = OtherRule.rule == "penalty_days", OtherRule.ends.is_null()
        OtherRule.update(ends=first).where(*told).execute()
        after = last + timedelta(days=1)
        _days("counted", after, None, key, "")
    _days("excluded", first, last + timedelta(days=1), key, source)


def _days(value, starts, ends, key, source):
    OtherRule.create(
        rule="penalty_days",
        key=key,
        value=value,
        starts=starts,
        ends=ends,
        source=source,
    )


@pytest.mark.parametrize(
    ("gone", "missing"),
    [
        (
            lambda: Range.delete().execute(),
            ("range_limit", "Курская область, range_limit"),
        ),
        (lambda: drop("penalty_share"), ("penalty_share", "")),
        (lambda: drop("penalty_days"), ("penalty_days", "household")),
    ],
)
def test_a_missing_row_stops_the_run_before_anything_is_written(
    kursk, account, meter, gone, missing
):
    factories.make_reading(meter, "2026-06", (1100,), state="submitted")
    gone()
    found = issuing.prepare(kursk, JUNE).missing
    assert [(one.what, one.key) for one in found] == [missing]
    run_id = billing.begin(kursk, JUNE)
    assert not billing.issue(run_id, JUNE)
    assert BillRun.get_by_id(run_id).state == "stopped"
    assert not BillDraft.select().exists()


def test_days_that_an_act_excluded_cost_nothing_and_the_bill_tells(
    kursk, account, meter
):
    exclude(date(2026, 8, 20), date(2026, 8, 25))
    send(meter, 1100, 1200, 1300)
    bill = bill_of(account, AUGUST)
    # 587,00 due on 15 July: 17 days from 15 to 31 August, 6 of them excluded.
    # 587 × 11 × 9,5 % / 300 = 2,04.
    assert bill.penalty == Money(2_04)
    receipt = receipt_of(bill, zone=MOSCOW)
    (pause,) = receipt.pauses
    assert (pause.starts, pause.last) == (date(2026, 8, 20), date(2026, 8, 25))
    assert pause.source == "указ № 1"
    assert sum(one.count for part in receipt.penalties for one in part.days) == 11


def test_days_excluded_elsewhere_and_before_the_debt_are_not_told(
    kursk, account, meter
):
    exclude(date(2026, 6, 1), date(2026, 6, 20))
    exclude(date(2026, 8, 1), date(2026, 9, 1), key="Тверская область")
    send(meter, 1100, 1200, 1300)
    bill = bill_of(account, AUGUST)
    assert bill.penalty == Money(3_16)
    assert receipt_of(bill, zone=MOSCOW).pauses == ()


def test_days_are_excluded_in_one_region(kursk, account, meter):
    exclude(date(2026, 8, 1), date(2026, 9, 1), key="Курская область")
    send(meter, 1100, 1200, 1300)
    assert not bill_of(account, AUGUST).penalty


def test_a_word_nobody_knows_is_told_with_its_row(kursk, account, meter):
    OtherRule.update(value="perhaps").where(OtherRule.rule == "penalty_days").execute()
    with pytest.raises(RuleUnfitError, match=r"penalty_days household .* 'perhaps'"):
        issuing.prepare(kursk, JUNE)


def test_a_region_may_set_lower_ranges(kursk, account, meter):
    for number, limit in ((1, 100), (2, 300)):
        Range.create(
            region="Курская область",
            kind="range_limit",
            number=number,
            limit=Energy.from_kwh(limit),
            starts=date(2026, 1, 1),
        )
    send(meter, 1250)
    lines = receipt_of(bill_of(account, JUNE), zone=MOSCOW).lines
    assert [(one.range_number, one.energy.wh) for one in lines] == [
        (1, 100_000),
        (2, 150_000),
    ]
    # Elsewhere those of everybody hold.
    Range.update(region="Тверская область").where(Range.region != "").execute()
    billing.bill(kursk, JUNE.next)
    assert Account.get_by_id(account.id).balance
    factories.make_reading(meter, "2026-08", (1600,), state="submitted")
    billing.bill(kursk, AUGUST)
    lines = receipt_of(bill_of(account, AUGUST), zone=MOSCOW).lines
    assert {one.range_number for one in lines} == {1}


@pytest.mark.parametrize(
    ("rows", "due"),
    [
        # 15 November 2026 is a Sunday.
        ({}, date(2026, 11, 15)),
        ({"household": "next_working_day"}, date(2026, 11, 16)),
        ({"kursk": "next_working_day"}, date(2026, 11, 16)),
        ({"tver": "next_working_day"}, date(2026, 11, 15)),
        ({"household": "next_working_day", "kursk": "stays"}, date(2026, 11, 15)),
    ],
)
def test_a_due_day_moves_from_a_day_off_where_the_branch_says_so(
    kursk, account, meter, rows, due
):
    for key, value in rows.items():
        OtherRule.create(
            rule="due_shift", key=key, value=value, starts=date(2026, 1, 1)
        )
    billing.bill(kursk, JUNE)
    for month in months(JUNE.next, OCTOBER):
        billing.bill(kursk, month)
    assert bill_of(account, OCTOBER).due_on == due
