from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.allocation import Covered, Part
from cabinet.domain.covering import Change, cover, lapsed_on
from cabinet.domain.money import Money
from cabinet.domain.period import Month

AUGUST, SEPTEMBER, OCTOBER = (Month(2026, number) for number in (8, 9, 10))


def debt(month, kopecks, **values):
    return Change(
        amount=Money(kopecks),
        month=month,
        on=month.ends,
        due_on=month.ends,
        **values,
    )


def paid(key, kopecks, named=None):
    return Change(
        amount=Money(-kopecks),
        month=OCTOBER,
        on=date(2026, 10, 5),
        due_on=date(2026, 10, 5),
        key=key,
        named=named,
    )


def told(changes):
    return {
        key: [
            (part.covers.value, part.month and part.month.number, part.amount.kopecks)
            for part in parts
        ]
        for key, parts in cover(changes).items()
    }


def test_the_earliest_due_month_comes_first():
    changes = [debt(AUGUST, 100), debt(SEPTEMBER, 200), paid(1, 250)]
    assert told(changes) == {1: [("main", 8, 100), ("main", 9, 150)]}


def test_the_named_month_comes_before_the_earliest():
    changes = [debt(AUGUST, 100), debt(SEPTEMBER, 200), paid(1, 250, SEPTEMBER)]
    assert told(changes) == {1: [("main", 9, 200), ("main", 8, 50)]}


#: Due on 4 and on 5 October 2023; what is paid comes on 5 October 2026.
LAPSED, LIVE = Month(2023, 8), Month(2023, 9)


def due(month, day, kopecks=100):
    return Change(amount=Money(kopecks), month=month, on=day, due_on=day)


def test_a_debt_past_its_limitation_comes_last_unless_it_is_named():
    """Three years on the day are not over, the day after they are."""
    old, live = due(LAPSED, date(2023, 10, 4)), due(LIVE, date(2023, 10, 5))
    new = debt(AUGUST, 100)
    parts = cover([old, live, new, paid(1, 250)])[1]
    assert [part.month for part in parts] == [LIVE, AUGUST, LAPSED]
    named = cover([old, live, new, paid(1, 150, LAPSED)])[1]
    assert [part.month for part in named] == [LAPSED, LIVE]


@pytest.mark.parametrize(
    ("day", "first"),
    [
        (date(2026, 10, 5), date(2023, 10, 5)),
        (date(2028, 2, 29), date(2025, 3, 1)),
        (date(2027, 2, 28), date(2024, 2, 28)),
    ],
)
def test_limitation_is_three_years(day, first):
    assert lapsed_on(day) == first


def test_debts_come_before_penalties():
    changes = [debt(AUGUST, 7, is_penalty=True), debt(SEPTEMBER, 200), paid(1, 205)]
    assert told(changes) == {1: [("main", 9, 200), ("penalty", 8, 5)]}


def test_an_advance_covers_later_months_the_oldest_first():
    changes = [
        paid(1, 100),
        paid(2, 100),
        debt(AUGUST, 150),
        debt(SEPTEMBER, 20),
        paid(3, 5),
    ]
    assert told(changes) == {
        1: [("main", 8, 100)],
        2: [("main", 8, 50), ("main", 9, 20), ("advance", None, 30)],
        3: [("advance", None, 5)],
    }


def test_an_advance_keeps_the_month_it_was_named_for():
    changes = [paid(1, 100, SEPTEMBER), debt(SEPTEMBER, 60), debt(AUGUST, 60)]
    assert told(changes) == {1: [("main", 9, 60), ("main", 8, 40)]}


def test_parts_of_one_month_are_one():
    changes = [debt(AUGUST, 50), paid(1, 100), debt(AUGUST, 10)]
    assert told(changes) == {1: [("main", 8, 60), ("advance", None, 40)]}


def test_what_a_recalculation_gives_back_covers_debts_of_other_months():
    changes = [
        debt(AUGUST, 100),
        paid(1, 100),
        debt(AUGUST, -30),
        debt(SEPTEMBER, 50),
        paid(2, 50),
    ]
    assert told(changes) == {
        1: [("main", 8, 100)],
        2: [("main", 9, 20), ("advance", None, 30)],
    }


def test_a_refund_takes_back_the_newest_advance():
    changes = [
        paid(1, 10),
        paid(2, 20),
        debt(OCTOBER, 25, takes_back=True),
        paid(3, 1),
    ]
    assert told(changes) == {
        1: [("advance", None, 5)],
        2: [],
        3: [("advance", None, 1)],
    }


def test_a_refund_beyond_the_advances_is_a_debt():
    changes = [paid(1, 10), debt(OCTOBER, 25, takes_back=True), paid(2, 15)]
    assert told(changes) == {1: [], 2: [("main", 10, 15)]}


def test_a_payment_that_takes_nothing_is_refused():
    with pytest.raises(ValueError, match="takes from the debt"):
        cover([paid(1, 0)])


CHANGES = st.lists(
    st.builds(
        debt,
        st.sampled_from([AUGUST, SEPTEMBER, OCTOBER]),
        st.integers(-300, 300),
        is_penalty=st.booleans(),
    )
    | st.builds(
        paid,
        st.integers(1, 10**6),
        st.integers(1, 300),
        st.sampled_from([None, AUGUST, OCTOBER]),
    ),
    max_size=12,
    unique_by=lambda one: one.key if one.key is not None else object(),
)


@given(CHANGES)
def test_the_parts_add_up_to_the_payment(changes):
    found = cover(changes)
    for change in changes:
        if change.key is not None:
            parts = found[change.key]
            assert Money.total(part.amount for part in parts) == -change.amount
            assert all(part.amount > Money(0) for part in parts)
            assert len({(part.covers, part.month) for part in parts}) == len(parts)


@given(CHANGES)
def test_an_advance_is_left_only_where_nothing_is_owed(changes):
    advances = Money.total(
        part.amount
        for parts in cover(changes).values()
        for part in parts
        if part == Part(covers=Covered.ADVANCE, month=None, amount=part.amount)
    )
    balance = Money.total(change.amount for change in changes)
    if advances:
        assert balance <= -advances
