"""The running balance of a statement."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.money import Money
from cabinet.domain.statement import balances

SUMS = st.integers(-(10**9), 10**9).map(Money)


def test_each_balance_is_the_one_before_and_the_change():
    made = list(balances(Money(100_00), [Money(812_40), Money(-900_00), Money(0)]))
    assert made == [Money(912_40), Money(12_40), Money(12_40)]


def test_without_changes_there_are_no_balances():
    assert list(balances(Money(5), [])) == []


@given(SUMS, st.lists(SUMS))
def test_the_last_is_the_opening_and_all_changes(opening, amounts):
    made = [opening, *balances(opening, amounts)]
    assert made[-1] == opening + Money.total(amounts)
    changes = [after - before for before, after in itertools.pairwise(made)]
    assert changes == amounts
