"""The acquirer does harm: calls, answers and notices go wrong, and nothing is wrong here."""

import itertools
import logging
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from cabinet.emulator.faults import KINDS
from tests import paying
from tests.conftest import SERVER

log = logging.getLogger(__name__)

#: Each harm is the same to both databases: on Postgres with the long tests.
pytestmark = [] if SERVER == "sqlite" else pytest.mark.long

#: In the order of the branches whose customers come in turn.
PROVIDERS = ("yookassa", "sberbank", "tbank")
#: So many calls in a row go wrong, and so many customers pay at once.
TIMES = 2
HANDS = 8
#: So many customers more may come until every harm was met.
MORE = 60


#: Of the long run; each database has its own.
SEED = 2 if SERVER == "sqlite" else 4


def unmet(town):
    """Return the planted harms that nothing has met, once what is under way had time."""
    for _ in range(10):
        left = [one["kind"] for one in town.state()["faults"] if not one["used"]]
        if not left:
            return []
        time.sleep(0.3)
    return left


@pytest.mark.parametrize(
    ("seed", "is_each"),
    [(1, False), pytest.param(SEED, True, marks=pytest.mark.long)],
)
def test_no_harm_makes_the_books_wrong(town, seed, is_each):
    """Twenty and more kinds of harm, each at one acquirer or at all, all mixed up."""
    chance = random.Random(seed)
    kinds = chance.sample(KINDS, len(KINDS))
    harms = (
        list(itertools.product(kinds, PROVIDERS))
        if is_each
        else list(zip(kinds, itertools.cycle(PROVIDERS), strict=False))
    )
    made, cookies = town(len(harms) + MORE)
    late = iter(enumerate(cookies[len(harms) :], start=len(harms)))

    def suffer(number):
        kind, provider = harms[number]
        made.plant(provider=provider, kind=kind, times=TIMES)
        made.pay(cookies[number], random.Random(seed * 1000 + number))

    with made:
        with ThreadPoolExecutor(HANDS) as pool:
            list(pool.map(suffer, range(len(harms))))
        # What no call and no notice has met yet meets those of some more customers.
        while unmet(made):
            number, cookie = next(late)
            made.pay(cookie, random.Random(seed * 1000 + number))
        met = Counter(one["kind"] for one in made.state()["faults"] if one["used"])
        made.heal()
        unfinished = made.settle()
        judged = paying.judge(made.state())
    told = f"{dict(made.told)}, {dict(judged)}, {dict(met)}"
    log.info(told)  # with --log-cli-level=info
    assert met == Counter(kind for kind, _ in harms), told
    assert unfinished == 0, told
    assert judged["paid"] > len(harms) / 3, told
    assert not any(judged[name] for name in paying.WRONG), told
