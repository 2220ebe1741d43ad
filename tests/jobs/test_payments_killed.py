"""Processes are killed while customers pay: no payment is lost, none counts twice."""

import random
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cabinet.emulator.shops import demo_shops
from cabinet.models import Session
from cabinet.models.base import database
from cabinet.services import sessions
from tests import factories, paying

#: Every branch takes money by another acquirer's interface.
BRANCHES = ("kursk", "murmansk", "smolensk")


@pytest.fixture
def town(settings, db):
    """Make the town; its processes run while it is entered."""
    settings.home.mkdir(exist_ok=True)

    def make(payers, **more):
        cookies = _payers(payers)
        port, bank_port = paying.free_port(), paying.free_port()
        made = replace(
            settings,
            public_url=f"http://127.0.0.1:{port}",
            shops=demo_shops(f"http://127.0.0.1:{bank_port}"),
        )
        return paying.Town(made, bank_port, **more), cookies

    return make


def _payers(count):
    """Return the cookies of so many customers, each with an account of their own."""
    now = datetime.now(UTC)
    branches = [factories.make_branch(code, name=code.title()) for code in BRANCHES]
    cookies = []
    with database.atomic():
        for number in range(count):
            user = factories.make_customer(f"payer{number}@example.org")
            account = factories.make_account(
                number=f"46{number:010}", branch=branches[number % len(branches)]
            )
            factories.give_access(user, account)
            cookie = secrets.token_urlsafe(32)
            Session.create(
                sid_hash=sessions.hash_of(cookie),
                user=user,
                created_at=now,
                last_seen_at=now,
                expires_at=now + timedelta(days=1),
                has_factor=True,
            )
            cookies.append(cookie)
    return cookies


def crowd(town, cookies, *, kills, hands=6):
    """Let everybody pay while processes are killed; return what came of it."""
    left = iter(cookies)
    lock, is_over = threading.Lock(), threading.Event()

    def hand(number):
        chance = random.Random(number)
        while not (kills and is_over.is_set()):
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


@pytest.mark.parametrize(
    ("kills", "payers"), [(150, 600), pytest.param(1000, 4000, marks=pytest.mark.long)]
)
def test_kills_lose_and_double_nothing(town, kills, payers):
    made, cookies = town(payers)
    with made:
        unfinished, judged = crowd(made, cookies, kills=kills)
    told = f"{dict(made.told)}, {dict(judged)}"
    assert made.kills == kills, told
    assert unfinished == 0, told
    assert judged["paid"] > kills / 10, told
    assert judged["refused"]
    wrong = {
        name: judged[name] for name in ("lost", "doubled", "unbalanced", "invented")
    }
    assert set(wrong.values()) == {0}, told


def test_the_harness_finds_a_naive_way_of_posting(town):
    made, cookies = town(9, fault="posts apart")
    with made:
        _, judged = crowd(made, cookies, kills=0, hands=3)
    assert judged["doubled"]
