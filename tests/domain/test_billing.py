"""Bills put together: what they add up to, whatever happens in whatever order.

Figures worked out by hand are in `test_constructed_months`.
"""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.billing import (
    Benefit,
    BillCase,
    SocialNormMissing,
    Standing,
    Terms,
    bill_month,
)
from cabinet.domain.billing.run import Oddity, odd_sums
from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.charge import RatePrices
from cabinet.domain.covering import Book, Change, MonthDebt
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource
from cabinet.domain.money import Money
from cabinet.domain.penalty import DailyShare, PaidPart, Pause, PenaltyRules
from cabinet.domain.period import Month, Span, months
from cabinet.domain.tariff import Plan
from cabinet.domain.volume import Actual, Household, MeterLife, MeterMissing
from tests.domain.prices import ORDINARY, rates
from tests.domain.test_penalty import CAPS, KEY_RATES, SHARES

FIRST = Month(2026, 4)
PENALTIES = PenaltyRules(key_rates=KEY_RATES, caps=CAPS, shares=SHARES)
METER = MeterLife(
    serial="1",
    digits=5,
    opening_on=date(2026, 3, 25),
    opening=(Energy.from_kwh(1000),),
)


def terms(month, **changed):
    values = {
        "month": month,
        "due_on": month.next.starts.replace(day=15),
        "prices": RatePrices(dict.fromkeys(Plan, rates()), month),
        "limits": ORDINARY,
        "heating_limits": ORDINARY,
        "penalties": PENALTIES,
    }
    return Terms(**values | changed)


def reading(month, kwh):
    return Actual(
        serial="1",
        period=month,
        taken_on=month.starts.replace(day=22),
        source=ReadingSource.CABINET,
        registers=(Energy.from_kwh(kwh),),
    )


def household(*readings, meters=(METER,)):
    return Household(
        plan=Plan.ONE,
        residents=1,
        norm=Energy.from_kwh(70),
        meters=meters,
        readings=readings,
    )


def paid(day, kopecks, key=1, named=None):
    return Change(
        amount=Money(-kopecks),
        month=named or Month.of(day),
        on=day,
        due_on=day,
        key=key,
        named=named,
    )


def walk(readings, changes, last, standing=None):
    """Bill the months from the first to the last; changes are given to their months."""
    standing = standing or Standing()
    found = []
    for month in months(FIRST, last):
        case = BillCase(
            household=household(*readings),
            standing=standing,
            changes=tuple(one for one in changes if Month.of(one.on) == month),
        )
        bill, standing = bill_month(case, terms(month))
        found.append(bill)
    return found, standing


STEPS = st.lists(st.none() | st.integers(0, 9000), min_size=1, max_size=8)
PAYMENTS = st.lists(
    st.tuples(st.integers(0, 240), st.integers(1, 900_000), st.integers(0, 7)),
    max_size=8,
)


def shown(steps):
    at, found = 1000, []
    for number, step in enumerate(steps):
        if step is not None:
            at = (at + step) % 100_000
            found.append(reading(FIRST.plus(number), at))
    return found


def payments(drawn):
    """Payments in the order of time, each for a month of its own choice or none."""
    found = []
    for key, (day, kopecks, month) in enumerate(sorted(drawn), start=1):
        named = FIRST.plus(month - 1) if month else None
        found.append(paid(FIRST.starts + timedelta(days=day), kopecks, key, named))
    return found


@given(STEPS, PAYMENTS)
def test_every_bill_adds_up_and_goes_on_from_the_one_before(steps, drawn):
    last = FIRST.plus(len(steps) - 1)
    changes = [one for one in payments(drawn) if Month.of(one.on) <= last]
    bills, standing = walk(shown(steps), changes, last)
    closing = Money(0)
    for bill in bills:
        assert bill.opening == closing
        closing = bill.opening + bill.added - bill.paid
        assert bill.closing == closing
        lines = (*bill.charge.lines, *bill.charge.settled, *bill.penalties)
        posted = Money.total(amount for _, amount in bill.entries)
        assert Money.total(line.amount for line in lines) == posted == bill.added
    # What stands is what the book holds: debts less advances.
    unpaid = Money.total(one.main + one.penalty for one in standing.debts)
    advance = Money.total(one.amount for one in standing.credits)
    assert standing.closing == closing == unpaid - advance


@given(STEPS, PAYMENTS)
def test_the_debts_carried_are_those_of_the_whole_ledger(steps, drawn):
    last = FIRST.plus(len(steps) - 1)
    changes = [one for one in payments(drawn) if Month.of(one.on) <= last]
    bills, standing = walk(shown(steps), changes, last)
    book = Book()
    for bill in bills:
        month = bill.charge.month
        for change in changes:
            if Month.of(change.on) == month:
                book.take(change)
        for kind, amount in bill.entries:
            book.take(
                Change(
                    amount=amount,
                    month=month,
                    on=month.ends - timedelta(days=1),
                    due_on=bill.due_on,
                    is_penalty=kind is EntryKind.PENALTY,
                )
            )
    alive = tuple(debt for debt in book.debts if not debt.is_settled)
    assert standing.debts == alive
    assert standing.credits == tuple(book.credits)


@given(STEPS, st.randoms())
def test_the_order_of_readings_does_not_matter(steps, chance):
    last = FIRST.plus(len(steps) - 1)
    readings = shown(steps)
    mixed = list(readings)
    chance.shuffle(mixed)
    assert walk(readings, (), last) == walk(mixed, (), last)


@given(STEPS, PAYMENTS, st.randoms())
def test_the_order_of_payments_of_a_day_does_not_matter(steps, drawn, chance):
    """Whichever of a day's payments is booked first, every sum of every bill is the same."""
    last = FIRST.plus(len(steps) - 1)
    # Few days, so that many payments share one.
    days = [(day // 40 * 40, kopecks, month) for day, kopecks, month in drawn]
    changes = [one for one in payments(days) if Month.of(one.on) <= last]
    mixed = list(changes)
    chance.shuffle(mixed)
    mixed.sort(key=lambda one: one.on)
    (bills, standing), (others, other) = (
        walk(shown(steps), order, last) for order in (changes, mixed)
    )
    assert [_sums(one) for one in bills] == [_sums(one) for one in others]
    assert standing.closing == other.closing
    assert [(one.month, one.main, one.penalty) for one in standing.debts] == [
        (one.month, one.main, one.penalty) for one in other.debts
    ]


def _sums(bill):
    penalties = [(one.month, one.total) for one in bill.penalties]
    return bill.entries, bill.opening, bill.paid, bill.closing, penalties


@given(
    st.integers(0, 9000),
    st.lists(st.integers(0, 9000), max_size=3),
    st.integers(0, 500),
)
def test_a_month_parted_by_replaced_meters_costs_what_it_would_whole(
    used, cuts, opening
):
    """However often the meter is replaced within the month, its money is the same."""
    whole, _ = walk([reading(FIRST, 1000 + used)], (), FIRST)
    edges = [0, *sorted(min(cut, used) for cut in cuts), used]
    meters, register = [METER], 1000
    for number, (before, after) in enumerate(pairwise(edges[:-1])):
        day = FIRST.starts + timedelta(days=3 * number)
        closing = (Energy.from_kwh(register + after - before),)
        meters[-1] = replace(meters[-1], removed_on=day, closing=closing)
        register = opening
        meters.append(
            replace(
                METER,
                serial=str(number + 2),
                opening_on=day,
                opening=(Energy.from_kwh(register),),
            )
        )
    last = reading(FIRST, register + edges[-1] - edges[-2])
    parted = household(replace(last, serial=meters[-1].serial), meters=tuple(meters))
    bill, _ = bill_month(BillCase(household=parted, standing=Standing()), terms(FIRST))
    assert bill.charge.lines == whole[0].charge.lines
    assert bill.closing == whole[0].closing


@given(st.integers(0, 9000), st.integers(0, 9000))
def test_a_month_parted_between_two_holders_sums_to_the_whole(first, second):
    """The energy to a watt-hour, the money to the kopecks that each rounds for itself.

    Over the first range two have the ranges twice: together they never pay more.
    """
    whole, _ = walk([reading(FIRST, 1000 + first + second)], (), FIRST)
    left, _ = walk([reading(FIRST, 1000 + first)], (), FIRST)
    meter = replace(METER, opening=(Energy.from_kwh(1000 + first),))
    moved_in = household(reading(FIRST, 1000 + first + second), meters=(meter,))
    right, _ = bill_month(
        BillCase(household=moved_in, standing=Standing()), terms(FIRST)
    )
    parts = [left[0], right]
    energy = Energy.total(one.charge.volume.total for one in parts)
    assert energy == whole[0].charge.volume.total
    cost = Money.total(one.closing for one in parts)
    assert cost <= whole[0].closing + Money(len(parts))
    if first + second <= ORDINARY[0].limit.kwh:
        assert cost >= whole[0].closing - Money(len(parts))


@given(STEPS)
def test_paid_on_the_due_day_there_is_no_penalty(steps):
    last = FIRST.plus(len(steps) - 1)
    readings = shown(steps)
    changes = []
    for number in range(len(steps)):
        bills, _ = walk(readings, changes, FIRST.plus(number))
        bill = bills[-1]
        if bill.closing > Money(0):
            changes.append(paid(bill.due_on, bill.closing.kopecks, number + 1))
    bills, _ = walk(readings, changes, last)
    assert all(not bill.penalties for bill in bills)


@given(st.integers(0, 20_000), st.integers(0, 20_000))
def test_more_consumption_never_costs_less(less, more):
    less, more = sorted((less, more))
    costs = [
        walk([reading(FIRST, 1000 + kwh)], (), FIRST)[0][0].closing
        for kwh in (less, more)
    ]
    assert costs[0] <= costs[1]


def test_a_benefit_without_a_social_norm_names_what_is_missing():
    benefit = Benefit(
        title="ветеран труда", percent=5000, people=1, starts=date(2026, 1, 1)
    )
    case = BillCase(
        household=household(reading(FIRST, 1100)),
        standing=Standing(),
        benefits=(benefit,),
    )
    with pytest.raises(SocialNormMissing, match="no social norm in 2026-04") as fault:
        bill_month(case, terms(FIRST))
    assert fault.value.month == FIRST
    bill, _ = bill_month(case, terms(FIRST, social_norm=Energy.from_kwh(50)))
    # Half of 50 kWh at 5,87.
    assert bill.benefit == Money(146_75)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"percent": 0}, "no part of a price"),
        ({"percent": 100_01}, "no part of a price"),
        ({"people": 0}, "for somebody"),
    ],
)
def test_a_benefit_is_a_part_for_somebody(changed, words):
    values = {"title": "", "percent": 5000, "people": 1, "starts": date(2026, 1, 1)}
    with pytest.raises(ValueError, match=words):
        Benefit(**values | changed)


def test_what_a_late_payment_makes_too_much_is_given_back():
    debt = MonthDebt(
        month=FIRST,
        due_on=date(2026, 5, 15),
        newest_due_on=date(2026, 5, 15),
        main=Money(0),
        # It came on the due day and was posted after the bill that charged for delay.
        paid=(PaidPart(date(2026, 5, 15), Money(1000_00)),),
    )
    july = Month(2026, 7)
    case = BillCase(
        household=household(),
        standing=Standing(debts=(debt,), penalized={FIRST: Money(4_75)}),
        late=Money(-1000_00),
    )
    bill, _ = bill_month(case, terms(july))
    assert [(one.total, one.before, one.amount) for one in bill.penalties] == [
        (Money(0), Money(4_75), Money(-4_75))
    ]
    assert bill.paid == Money(1000_00)


def test_days_before_our_own_billing_cost_nothing_and_are_counted():
    start = Month(2026, 7).starts
    rules = PenaltyRules(
        key_rates=KEY_RATES,
        caps=CAPS,
        shares=SHARES,
        excluded=(Span(date.min, start),),
    )
    debt = MonthDebt(
        month=FIRST,
        due_on=date(2026, 5, 15),
        newest_due_on=date(2026, 5, 15),
        main=Money(1000_00),
    )
    case = BillCase(household=household(), standing=Standing(debts=(debt,)))
    bill, _ = bill_month(case, terms(Month(2026, 7), penalties=rules))
    (line,) = bill.penalties
    # The 31 days of July are the 47th to the 77th: 1000 × 31 × 9,5 % / 300.
    assert line.amount == Money(9_82)
    (accrual,) = line.accruals
    assert (accrual.first_day, accrual.count) == (47, 31)
    assert accrual.part == Fraction(1, 300)


def test_rules_without_free_days_cost_from_the_first_day_on():
    share = DailyShare(from_day=0, part=Fraction(1, 300), starts=date(2016, 1, 1))
    rules = PenaltyRules(key_rates=KEY_RATES, caps=CAPS, shares=(share,))
    debt = MonthDebt(
        month=FIRST,
        due_on=date(2026, 5, 30),
        newest_due_on=date(2026, 5, 30),
        main=Money(1000_00),
    )
    case = BillCase(household=household(), standing=Standing(debts=(debt,)))
    bill, _ = bill_month(case, terms(Month(2026, 5), penalties=rules))
    # One day: 1000 × 9,5 % / 300 = 0,32.
    assert bill.penalty == Money(32)


def test_a_debt_so_small_that_its_delay_costs_nothing_has_no_line():
    debt = MonthDebt(
        month=FIRST,
        due_on=date(2026, 5, 15),
        newest_due_on=date(2026, 5, 15),
        main=Money(1),
    )
    case = BillCase(household=household(), standing=Standing(debts=(debt,)))
    bill, _ = bill_month(case, terms(Month(2026, 6)))
    assert bill.penalties == ()


def test_the_meter_that_was_read_last_must_be_there():
    bill, standing = bill_month(
        BillCase(household=household(reading(FIRST, 1100)), standing=Standing()),
        terms(FIRST),
    )
    assert bill.charge.charged == Money(587_00)
    case = BillCase(household=household(meters=()), standing=standing)
    with pytest.raises(MeterMissing, match="meter 1 was read last") as fault:
        bill_month(case, terms(FIRST.next))
    assert (fault.value.serial, fault.value.month) == ("1", FIRST.next)


def test_a_month_priced_by_a_plan_the_meter_has_not():
    case = BillCase(
        household=household(reading(FIRST, 1100)), standing=Standing(), plan=Plan.TWO
    )
    bill, after = bill_month(case, terms(FIRST))
    assert [line.energy.kwh for line in bill.charge.lines] == [70, 30]
    # What is carried on is the meter's own: one register.
    assert after.carried.at.registers == (Energy.from_kwh(1100),)


def test_a_pause_is_told_within_the_delay_of_the_debt():
    pause = Pause(starts=date(2026, 5, 10), ends=date(2026, 5, 20))
    given_terms = terms(Month(2026, 6), pauses=(pause,))
    assert given_terms.pauses_since(Month(2026, 4)) == (pause,)
    # The debt of May is due in June.
    assert given_terms.pauses_since(Month(2026, 5)) == ()
    assert terms(Month(2026, 6)).pauses_since(Month(2026, 4)) == ()


@pytest.mark.parametrize(
    ("charged", "last", "odd"),
    [
        (3000_00, None, []),
        (3000_00, 1000_00, []),
        (3000_01, 1000_00, [Oddity.MUCH_MORE]),
        # Many times a small sum is a small sum.
        (1099_00, 100_00, []),
        (0, 100_00, [Oddity.NOTHING]),
        (0, 0, []),
    ],
)
def test_a_charge_is_odd_beside_that_of_the_month_before(charged, last, odd):
    before = None if last is None else Money(last)
    assert list(odd_sums(Money(charged), before)) == odd
