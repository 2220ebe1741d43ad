"""Payments of which no notice ever comes, and a bank that is away for an hour."""

import logging
import math
import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from cabinet.domain.payments.states import OPEN
from cabinet.models import Notice, Payment
from tests import paying
from tests.conftest import SERVER

log = logging.getLogger(__name__)

#: The worker is the same to both databases: on Postgres with the long tests.
once = [] if SERVER == "sqlite" else [pytest.mark.long]
real = pytest.param(400, 300, 1, marks=(pytest.mark.long, pytest.mark.timeout(900)))

HANDS = 6
#: From the end at the bank to the end here, in seconds; 99 of 100 know it so soon.
SOON = 120


@pytest.mark.parametrize(
    ("payers", "span", "rate"),
    [
        # Five minutes by a clock that goes thirty times as fast: turns and pauses do too,
        # answers and commits do not, which makes the lag longer and never shorter.
        pytest.param(36, 300, 30, marks=once),
        # By our own clock, some hundreds at once.
        *([] if SERVER != "sqlite" else [real]),
    ],
)
def test_without_a_notice_every_end_is_known_within_two_minutes(
    town, payers, span, rate
):
    made, cookies = town(payers, rate=rate, is_hurried=False)
    chance = random.Random(payers)
    with made:
        made.plant(provider="", kind="no-notice", times=1_000_000)
        deals = begun(made, cookies)
        acts = sorted((chance.uniform(0, span / rate), deal) for deal in deals)
        ended, known = {}, {}
        start = time.monotonic()
        with ThreadPoolExecutor(1) as pool:
            acting = pool.submit(decide, made, acts, start, ended)
            until = start + (span + 10 * SOON) / rate
            while len(known) < len(deals) and time.monotonic() < until:
                look(known)
                time.sleep(0.05)
            acting.result()
        judged = paying.judge(made.state(), now=made.hours.now())
    assert not Notice.select().exists()
    assert known.keys() == ended.keys() == set(deals)
    lags = sorted((known[deal] - ended[deal]) * rate for deal in deals)
    middle, most = lags[len(lags) // 2], lags[math.ceil(len(lags) * 0.99) - 1]
    log.info(  # with --log-cli-level=info
        "%s payments: p50 %.1f s, p99 %.1f s, worst %.1f s; %s",
        *(len(lags), middle, most, lags[-1], dict(judged)),
    )
    assert most <= SOON, lags
    assert judged["paid"] > judged["refused"] > 0
    assert not any(judged[name] for name in (*paying.WRONG, "held")), judged


def begun(town, cookies):
    """Let everybody come to the bank's page; return their payments there."""

    def begin(number):
        chance = random.Random(number)
        return town.deal_of(cookies[number], town.begin(cookies[number], chance))

    with ThreadPoolExecutor(HANDS) as pool:
        deals = list(pool.map(begin, range(len(cookies))))
    assert None not in deals
    return deals


def decide(town, acts, start, ended):
    """Do at the bank what customers do, each in their own time."""
    chance = random.Random(len(acts))
    for moment, deal in acts:
        time.sleep(max(0, start + moment - time.monotonic()))
        ended[deal] = time.monotonic()
        town.act(deal, chance.choice(("pays", "pays", "asks_code", "refused")))


def look(known):
    """Note when each payment is first seen to have its end."""
    rows = Payment.select(Payment.provider_id).where(Payment.state.not_in(list(OPEN)))
    over = [row.provider_id for row in rows]
    for deal in over:
        known.setdefault(deal, time.monotonic())


@pytest.mark.parametrize("payers", [pytest.param(24, marks=once)])
def test_an_hour_without_the_bank_is_caught_up(town, payers):
    made, cookies = town(payers, is_hurried=False)
    third = payers // 3
    with made:
        deals = begun(made, cookies[: 2 * third])
        # Paid, and nobody was told; the others are left on the page as the bank goes.
        for deal in deals[:third]:
            made.act(deal, "tells_nothing")
        made.stop("bank")
        chance = random.Random(payers)
        pages = {cookie: made.begin(cookie, chance) for cookie in cookies[2 * third :]}
        assert Payment.select().where(Payment.state == "in_doubt").count() == third
        for _ in range(4):
            asks = {row.id: row.asks for row in Payment.select()}
            made.move(timedelta(minutes=15))
            wait(lambda asks=asks: all(r.asks > asks[r.id] for r in Payment.select()))
            assert not Payment.select().where(Payment.state.not_in(list(OPEN))).exists()
        for cookie, page in pages.items():
            assert "Уточняем" in made.page(cookie, page)
        made.start_bank()
        made.move(timedelta(minutes=10))
        for cookie, page in pages.items():
            deal = made.deal_of(cookie, page)
            if deal is not None:
                made.act(deal, "pays")
                made.told["paid after the hour"] += 1
        wait(lambda: over(made))
        judged = paying.judge(made.state(), now=made.hours.now())
    told = f"{dict(made.told)}, {dict(judged)}"
    log.info(told)  # with --log-cli-level=info
    assert judged["paid"] == third + made.told["paid after the hour"] > third, told
    # Whose bank keeps no keys is told that nothing was begun, and may begin anew.
    assert made.told["no page"] + made.told["paid after the hour"] == third, told
    assert not any(judged[name] for name in (*paying.WRONG, "held")), told


def over(town):
    """Let ten minutes pass; tell whether every payment has its end."""
    left = Payment.select().where(Payment.state.in_(list(OPEN))).exists()
    if left:
        town.move(timedelta(minutes=10))
    return not left


def wait(is_done):
    for _ in range(60):
        if is_done():
            return
        time.sleep(1)
    raise AssertionError("it does not come")
