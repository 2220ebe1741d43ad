"""Penalties: domain.md 2.6, Housing Code article 155 part 14, decree 474.

Days of delay are numbered from the due day: of the 15th of April the 31st day is the
16th of May, the 60th the 14th of June, the 90th the 14th of July, the 120th the 13th of
August.
"""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.money import Money
from cabinet.domain.penalty import (
    Accrual,
    DailyShare,
    DatedRate,
    Debt,
    PaidPart,
    Pause,
    PenaltyRuleMissing,
    PenaltyRules,
    RateDay,
    days_of_delay,
    penalty,
)
from cabinet.domain.period import Month, Span

MARCH = Month(2026, 3)
DUE = date(2026, 4, 15)
CAPS = (DatedRate(rate=950, starts=date(2022, 2, 28), ends=date(2027, 1, 1)),)
# data/key_rate.csv: never under the cap in 2026.
KEY_RATES = (
    DatedRate(rate=1500, starts=date(2026, 3, 23), ends=date(2026, 4, 27)),
    DatedRate(rate=1450, starts=date(2026, 4, 27), ends=date(2026, 6, 22)),
    DatedRate(rate=1425, starts=date(2026, 6, 22), ends=date(2026, 7, 27)),
    DatedRate(rate=1400, starts=date(2026, 7, 27)),
)
SHARES = (
    DailyShare(from_day=31, part=Fraction(1, 300), starts=date(2016, 1, 1)),
    DailyShare(from_day=91, part=Fraction(1, 130), starts=date(2016, 1, 1)),
)


def rules(**changed):
    given_rules = {"key_rates": KEY_RATES, "caps": CAPS, "shares": SHARES}
    return PenaltyRules(**given_rules | changed)


def debt(amount="1 000,00", *paid, due_on=DUE):
    return Debt(
        month=MARCH,
        due_on=due_on,
        amount=Money.parse(amount),
        paid=tuple(PaidPart(on, Money.parse(part)) for on, part in paid),
    )


def nth(number, due_on=DUE):
    return due_on + timedelta(days=number)


@pytest.mark.parametrize(
    ("day", "amount"),
    [
        (-5, "0"),
        (0, "0"),
        (1, "0"),
        (30, "0"),
        # 1 000,00 x 9,5 % / 300 = 0,316666... a day.
        (31, "0,32"),
        (32, "0,63"),
        # domain.md 2.6: 60 days x 0,316666... = 19,00.
        (90, "19,00"),
        # 1 000,00 x 9,5 % / 130 = 0,730769... a day; 19,00 + 0,73.
        (91, "19,73"),
        # domain.md 2.6: 19,00 + 30 x 0,730769... = 40,9230...
        (120, "40,92"),
        # 19,00 + 110 x 0,730769... = 99,3846...
        (200, "99,38"),
    ],
)
def test_a_thousand_roubles_cost_by_the_day(day, amount):
    assert penalty(debt(), rules(), nth(day)).amount == Money.parse(amount)


def test_the_penalty_tells_what_it_is_made_of():
    assert penalty(debt(), rules(), nth(120)).accruals == (
        Accrual(
            days=Span(date(2026, 5, 16), date(2026, 7, 15)),
            first_day=31,
            base=Money.parse("1 000,00"),
            rate=950,
            part=Fraction(1, 300),
            exact=Fraction(1900),
        ),
        Accrual(
            days=Span(date(2026, 7, 15), date(2026, 8, 14)),
            first_day=91,
            base=Money.parse("1 000,00"),
            rate=950,
            part=Fraction(1, 130),
            exact=Fraction(28500, 13),
        ),
    )


def test_a_payment_in_the_middle_lowers_the_base_from_the_next_day():
    # Days 31-60 of 1 000,00: 30 x 0,316666... = 9,50; days 61-90 of 600,00: 30 x 0,19
    # = 5,70.
    one = debt("1 000,00", (nth(60), "400,00"))
    assert penalty(one, rules(), nth(90)).amount == Money.parse("15,20")
    assert penalty(one, rules(), nth(60)).amount == Money.parse("9,50")


def test_the_order_of_payments_does_not_matter():
    paid = [(nth(40), "100,00"), (nth(60), "400,00"), (nth(95), "500,00")]
    there, back = debt("1 000,00", *paid), debt("1 000,00", *reversed(paid))
    assert penalty(there, rules(), nth(99)) == penalty(back, rules(), nth(99))


def test_a_payment_on_the_due_day_gives_no_penalty():
    one = debt("1 000,00", (DUE, "1 000,00"))
    assert penalty(one, rules(), nth(400)).accruals == ()


def test_a_debt_paid_up_stops_costing():
    one = debt("1 000,00", (nth(90), "1 000,00"))
    assert penalty(one, rules(), nth(400)).amount == Money.parse("19,00")


def test_a_payment_after_the_last_day_is_not_seen():
    one = debt("1 000,00", (nth(91), "1 000,00"))
    assert penalty(one, rules(), nth(90)).amount == Money.parse("19,00")


def test_kopecks_are_rounded_once():
    # 15,79 x 9,5 % / 300 = 0,0050001... a day, 60 days 0,30; rounded day by day it
    # would be 60 x 0,01 = 0,60.
    assert penalty(debt("15,79"), rules(), nth(90)).amount == Money.parse("0,30")


def test_half_a_kopeck_goes_up():
    # 50,00 x 9 % / 300 = 0,015.
    low = rules(key_rates=(DatedRate(rate=900, starts=date(2026, 1, 1)),))
    assert penalty(debt("50,00"), low, nth(31)).amount == Money.parse("0,02")


def test_a_key_rate_under_the_cap_counts():
    # 1 000,00 x 8 % / 300 x 60 = 16,00.
    low = rules(key_rates=(DatedRate(rate=800, starts=date(2026, 1, 1)),))
    assert penalty(debt(), low, nth(90)).amount == Money.parse("16,00")


def test_without_the_cap_the_key_rate_counts_whole():
    # The cap ends with 2026. Due on 16 November: day 31 is 17 December, day 60 is
    # 15 January. 15 days at 9,5 %: 4,75; 15 days at 14 %: 7,00.
    due_on = date(2026, 11, 16)
    one = debt(due_on=due_on)
    assert penalty(one, rules(), nth(60, due_on)).amount == Money.parse("11,75")


FALLING_UNDER = (
    DatedRate(rate=800, starts=date(2026, 1, 1), ends=date(2026, 6, 15)),
    DatedRate(rate=900, starts=date(2026, 6, 15)),
)


@pytest.mark.parametrize(
    ("rate_day", "amount"),
    [
        # All 60 days at the 9 % of the last of them: 1 000,00 x 9 % / 300 x 60.
        (RateDay.OF_PAYMENT, "18,00"),
        # 30 days (16 May to 14 June) at 8 %: 8,00; 30 days at 9 %: 9,00.
        (RateDay.OF_DELAY, "17,00"),
    ],
)
def test_the_key_rate_is_that_of_the_chosen_day(rate_day, amount):
    chosen = rules(key_rates=FALLING_UNDER, rate_day=rate_day)
    assert penalty(debt(), chosen, nth(90)).amount == Money.parse(amount)


def test_what_is_paid_earlier_has_the_rate_of_its_own_payment():
    # 400,00 paid on 14 June, 8 %: 30 days, 3,20; 600,00 unpaid on 14 July, 9 %:
    # 60 days, 10,80.
    one = debt("1 000,00", (nth(60), "400,00"))
    found = penalty(one, rules(key_rates=FALLING_UNDER), nth(90))
    assert [accrual.rate for accrual in found.accruals] == [800, 900]
    assert found.amount == Money.parse("14,00")


def test_excluded_days_cost_nothing_and_the_count_goes_on():
    # 10 days of June left out of 60: 50 x 0,316666... = 15,8333...; day 91 still costs
    # the higher share.
    pause = rules(excluded=(Span(date(2026, 6, 1), date(2026, 6, 11)),))
    assert penalty(debt(), pause, nth(90)).amount == Money.parse("15,83")
    assert penalty(debt(), pause, nth(91)).amount == Money.parse("16,56")


def test_an_exclusion_without_an_end_lasts():
    pause = rules(excluded=(Span(date(2026, 6, 15)),))
    assert penalty(debt(), pause, nth(400)).amount == Money.parse("9,50")


def test_more_paid_than_owed_is_refused():
    with pytest.raises(ValueError, match="more was paid for 2026-03 than owed"):
        penalty(debt("10,00", (DUE, "10,01")), rules(), nth(90))


def test_a_negative_payment_is_refused():
    with pytest.raises(ValueError, match="never negative"):
        penalty(debt("10,00", (DUE, "-1,00")), rules(), nth(90))


def test_a_day_without_a_key_rate_stops():
    late = rules(key_rates=(DatedRate(rate=900, starts=date(2026, 7, 15)),))
    with pytest.raises(PenaltyRuleMissing, match="no key rate on 2026-07-14") as fault:
        penalty(debt(), late, nth(90))
    assert (fault.value.what, fault.value.day) == ("key rate", date(2026, 7, 14))


def test_a_day_without_shares_stops():
    ended = rules(
        shares=(
            DailyShare(
                from_day=31,
                part=Fraction(1, 300),
                starts=date(2016, 1, 1),
                ends=date(2026, 6, 1),
            ),
        )
    )
    with pytest.raises(PenaltyRuleMissing, match="no daily share on 2026-06-01"):
        penalty(debt(), ended, nth(90))


def by_hand(one, given_rules, until):
    """Add the days up one by one, in exact kopecks."""
    total = Fraction()
    parts = [paid for paid in one.paid if paid.on <= until]
    rest = one.amount - Money.total(paid.amount for paid in parts)
    for part in (*parts, PaidPart(until, rest)):
        for number in range(31, (part.on - one.due_on).days + 1):
            day = one.due_on + timedelta(days=number)
            if any(span.contains(day) for span in given_rules.excluded):
                continue
            by_payment = given_rules.rate_day is RateDay.OF_PAYMENT
            of = part.on if by_payment else day
            rate = next(r.rate for r in KEYS if Span(r.starts, r.ends).contains(of))
            if day < date(2027, 1, 1):
                rate = min(rate, 950)
            share = Fraction(1, 130 if number > 90 else 300)
            total += part.amount.kopecks * share * Fraction(rate, 10000)
    return total


KEYS = (
    DatedRate(rate=700, starts=date(2026, 1, 1), ends=date(2026, 8, 1)),
    DatedRate(rate=1100, starts=date(2026, 8, 1), ends=date(2026, 12, 20)),
    DatedRate(rate=900, starts=date(2026, 12, 20), ends=date(2027, 2, 1)),
    DatedRate(rate=1300, starts=date(2027, 2, 1)),
)
OFFSETS = st.integers(-10, 400)


@given(
    paid=st.lists(st.tuples(OFFSETS, st.integers(0, 250_00)), max_size=4),
    pause=st.tuples(st.integers(0, 300), st.integers(1, 60)),
    last=OFFSETS,
    rate_day=st.sampled_from(RateDay),
)
def test_the_penalty_is_the_sum_of_its_days(paid, pause, last, rate_day):
    one = Debt(
        month=MARCH,
        due_on=DUE,
        amount=Money(1000_00),
        paid=tuple(PaidPart(nth(on), Money(part)) for on, part in paid),
    )
    chosen = rules(
        key_rates=KEYS,
        excluded=(Span(nth(pause[0]), nth(sum(pause))),),
        rate_day=rate_day,
    )
    found = penalty(one, chosen, nth(last))
    wanted = by_hand(one, chosen, nth(last))
    assert sum(accrual.exact for accrual in found.accruals) == wanted
    assert abs(found.amount.kopecks - wanted) <= Fraction(1, 2)


@given(
    amount=st.integers(1, 10**7), share=st.integers(0, 10**7), last=st.integers(0, 400)
)
def test_a_debt_in_two_parts_costs_what_the_whole_does(amount, share, last):
    share = min(share, amount)

    def exact(kopecks):
        one = Debt(month=MARCH, due_on=DUE, amount=Money(kopecks))
        return sum(a.exact for a in penalty(one, rules(), nth(last)).accruals)

    assert exact(share) + exact(amount - share) == exact(amount)


@given(st.integers(1, 10_000_000), st.integers(-5, 300))
def test_days_told_once_cost_what_each_debt_would(kopecks, day):
    """What a kopeck costs is kept with the rules, whatever the debt."""
    given_rules = rules()
    told = days_of_delay(DUE, nth(day), given_rules)
    owed = Debt(month=MARCH, due_on=DUE, amount=Money(kopecks))
    whole = penalty(owed, given_rules, nth(day))
    assert told.cost(Money(kopecks)) == whole.amount
    assert [one.count for one in told.runs] == [one.count for one in whole.accruals]
    assert days_of_delay(DUE, nth(day), given_rules) is told


def test_a_pause_touches_the_days_it_has_in_common():
    pause = Pause(starts=date(2020, 4, 6), ends=date(2021, 1, 1))
    assert pause.last == date(2020, 12, 31)
    assert pause.touches(date(2020, 1, 1), date(2020, 4, 6))
    assert pause.touches(date(2020, 12, 31), date(2021, 5, 1))
    assert not pause.touches(date(2020, 1, 1), date(2020, 4, 5))
    assert not pause.touches(date(2021, 1, 1), date(2021, 5, 1))
    endless = Pause(starts=date(2020, 4, 6))
    assert endless.last is None
    assert endless.touches(date(2030, 1, 1), date(2030, 1, 2))
