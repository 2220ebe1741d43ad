"""Processes are killed while customers pay: no payment is lost, none counts twice."""

import logging
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import paying
from tests.conftest import SERVER

log = logging.getLogger(__name__)

#: At least a payment for so many kills; on a busy machine it goes on until then.
FEWEST = 5


def crowd(town, cookies, *, kills, hands=6):
    """Let everybody pay while processes are killed; return what came of it."""
    left = iter(cookies)
    lock, is_over = threading.Lock(), threading.Event()

    def hand(number):
        chance = random.Random(number)
        while not (is_over.is_set() and 0 < kills < town.paid * FEWEST):
            with lock:
                cookie = next(left, None)
            if cookie is None:
                return
            town.pay(cookie, chance)

    killer = threading.Thread(
        target=lambda: (town.kill_for(kills, lambda: False), is_over.set())
    )
    killer.start()
    with ThreadPoolExecutor(hands) as pool:
        list(pool.map(hand, range(hands)))
    killer.join()
    unfinished = town.settle()
    judged = paying.judge(town.state())
    return unfinished, judged


#: What holds on both is shown longest on the database most offices have.
MANY = 1000 if SERVER == "sqlite" else 400


@pytest.mark.parametrize(
    ("kills", "payers"),
    [(40, 160), pytest.param(MANY, MANY * 4, marks=pytest.mark.long)],
)
def test_kills_lose_and_double_nothing(town, kills, payers):
    made, cookies = town(payers)
    with made:
        unfinished, judged = crowd(made, cookies, kills=kills)
    told = f"{dict(made.told)}, {dict(judged)}"
    log.info(told)  # with --log-cli-level=info
    assert made.kills == kills, told
    assert unfinished == 0, told
    assert judged["paid"] > kills / (2 * FEWEST), told
    assert judged["refused"]
    assert not any(judged[name] for name in paying.WRONG), told
    # Nothing odd was told here, so nothing may be left to an operator either.
    assert judged["held"] == 0, told


@pytest.mark.long
def test_the_same_kills_make_a_naive_way_of_posting_count_twice(town):
    made, cookies = town(200, fault="posts apart")
    with made:
        # Nobody kills it but the harness; a few kills are nearly always enough.
        for kills in range(40, 401, 40):
            _, judged = crowd(made, cookies, kills=kills)
            if judged["doubled"]:
                break
    told = f"{dict(made.told)}, {dict(judged)}"
    log.info(told)  # with --log-cli-level=info
    assert made.kills == kills, told
    assert judged["doubled"], told


@pytest.mark.long
def test_the_harness_finds_a_state_without_its_posting(town):
    made, cookies = town(9, fault="forgets to post")
    with made:
        unfinished, judged = crowd(made, cookies, kills=0, hands=3)
    assert unfinished == 0
    assert judged["paid"] > judged["lost"] > 0
    assert judged["findings"]
    assert (judged["doubled"], judged["held"]) == (0, 0)
