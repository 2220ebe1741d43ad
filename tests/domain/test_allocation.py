"""Which months a payment covers: domain.md 2.7."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.allocation import Covered, Owed, Part, allocate
from cabinet.domain.money import Money
from cabinet.domain.period import Month

JULY, AUGUST, SEPTEMBER = Month(2026, 7), Month(2026, 8), Month(2026, 9)


def owed(month, main, penalty="0"):
    return Owed(
        month=month,
        due_on=month.next.starts.replace(day=15),
        main=Money.parse(main),
        penalty=Money.parse(penalty),
    )


DEBTS = (
    owed(JULY, "300,00", "5,00"),
    owed(AUGUST, "200,00", "1,00"),
    owed(SEPTEMBER, "100,00"),
)


def split(amount, debts=DEBTS, **kwargs):
    parts = allocate(Money.parse(amount), debts, **kwargs)
    return [(part.covers, part.month, str(part.amount.roubles)) for part in parts]


def test_without_a_name_the_earliest_due_month_comes_first():
    assert split("350,00") == [
        (Covered.MAIN, JULY, "300.00"),
        (Covered.MAIN, AUGUST, "50.00"),
    ]


def test_the_named_month_comes_first_and_the_rest_goes_to_the_earliest():
    assert split("350,00", named=SEPTEMBER) == [
        (Covered.MAIN, SEPTEMBER, "100.00"),
        (Covered.MAIN, JULY, "250.00"),
    ]


def test_main_debts_come_before_all_penalties():
    # 300 + 200 + 100 of main debts, then 5,00 of July, then 0,50 of August.
    assert split("605,50") == [
        (Covered.MAIN, JULY, "300.00"),
        (Covered.MAIN, AUGUST, "200.00"),
        (Covered.MAIN, SEPTEMBER, "100.00"),
        (Covered.PENALTY, JULY, "5.00"),
        (Covered.PENALTY, AUGUST, "0.50"),
    ]


def test_the_penalty_of_the_named_month_comes_before_other_penalties():
    assert split("600,50", named=AUGUST) == [
        (Covered.MAIN, AUGUST, "200.00"),
        (Covered.MAIN, JULY, "300.00"),
        (Covered.MAIN, SEPTEMBER, "100.00"),
        (Covered.PENALTY, AUGUST, "0.50"),
    ]


def test_what_remains_is_an_advance():
    assert split("1 000,00")[-1] == (Covered.ADVANCE, None, "394.00")


def test_a_payment_without_debts_is_an_advance():
    assert allocate(Money(100), (), named=JULY) == (
        Part(covers=Covered.ADVANCE, month=None, amount=Money(100)),
    )


def test_lapsed_debts_come_last_unless_named():
    # July was due on 15 August, August on 15 September.
    lapsed = {"lapsed_before": date(2026, 9, 15)}
    assert split("350,00", **lapsed) == [
        (Covered.MAIN, AUGUST, "200.00"),
        (Covered.MAIN, SEPTEMBER, "100.00"),
        (Covered.MAIN, JULY, "50.00"),
    ]
    assert split("10,00", named=JULY, **lapsed) == [(Covered.MAIN, JULY, "10.00")]


@pytest.mark.parametrize("kopecks", [0, -1])
def test_a_payment_is_above_zero(kopecks):
    with pytest.raises(ValueError, match="above zero"):
        allocate(Money(kopecks), DEBTS)


@pytest.mark.parametrize("wrong", [("-0,01", "0"), ("0", "-0,01")])
def test_a_debt_is_not_below_zero(wrong):
    with pytest.raises(ValueError, match="an advance, not a debt"):
        owed(JULY, *wrong)


SUMS = st.integers(0, 10**7)


@st.composite
def debts_of_months(draw):
    numbers = draw(st.lists(st.integers(1, 12), unique=True, max_size=6))
    return [
        Owed(
            month=Month(2026, number),
            due_on=Month(2026, number).ends,
            main=Money(draw(SUMS)),
            penalty=Money(draw(SUMS)),
        )
        for number in numbers
    ]


@given(
    st.integers(1, 10**8),
    debts_of_months(),
    st.none() | st.integers(1, 12),
    st.randoms(use_true_random=False),
)
def test_parts_add_up_in_any_order_of_debts(kopecks, debts, number, chance):
    named = number and Month(2026, number)
    parts = allocate(Money(kopecks), debts, named=named)
    assert Money.total(part.amount for part in parts) == Money(kopecks)
    assert all(part.amount > Money(0) for part in parts)
    unpaid = {(Covered.MAIN, one.month): one.main for one in debts}
    unpaid |= {(Covered.PENALTY, one.month): one.penalty for one in debts}
    for part in parts:
        if part.covers is not Covered.ADVANCE:
            assert part.amount <= unpaid[part.covers, part.month]
    shuffled = list(debts)
    chance.shuffle(shuffled)
    assert allocate(Money(kopecks), shuffled, named=named) == parts
