"""The acquirer does harm: calls, answers and notices go wrong, and nothing is wrong here."""

import itertools
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from cabinet.emulator.faults import KINDS
from tests import paying

#: A customer of each branch, all at once; so many calls in a row go wrong.
PAYERS = 3
TIMES = 4


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(n, marks=pytest.mark.long) for n in range(2, 6))]
)
def test_no_harm_makes_the_books_wrong(town, seed):
    """Twenty and more kinds of harm, one after the other, in one town."""
    kinds = list(KINDS)
    assert len(kinds) >= 20
    made, cookies = town(PAYERS * len(kinds))
    chance = random.Random(seed)
    chance.shuffle(kinds)
    left = iter(cookies)
    with made:
        for kind in kinds:
            made.plant(kind=kind, times=TIMES)
            chances = [random.Random(chance.random()) for _ in range(PAYERS)]
            payers = list(itertools.islice(left, PAYERS))
            with ThreadPoolExecutor(PAYERS) as pool:
                list(pool.map(made.pay, payers, chances))
            made.heal()
        unfinished = made.settle()
        judged = paying.judge(made.state())
    told = f"{dict(made.told)}, {dict(judged)}"
    assert unfinished == 0, told
    assert judged["paid"] > len(kinds), told
    assert not any(judged[name] for name in paying.WRONG), told
