"""Whatever customers, staff, the bank, its notices, the worker and the clock do."""

import logging
import random
import sys
import time
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from cabinet.domain.payments.states import Effect
from cabinet.models import AuditEntry, Notice, PaymentStep
from tests import factories
from tests.conftest import SERVER
from tests.services.payments.banks import Double, Practice
from tests.services.payments.events import Events
from tests.services.payments.visits import Visits

log = logging.getLogger(__name__)

#: Of a hundred steps each. What holds on both is shown longest on the database most
#: offices have.
EXAMPLES = 250 if SERVER == "sqlite" else 60
#: What must have come up in a run that is long enough for it.
SEEN = (
    "succeeded",
    "canceled",
    "disputed",
    "charged_back",
    "refunded",
    "partially_refunded",
    "refund succeeded",
    "refund requested",
    "refund rejected",
    "died",
    "SamePersonError",
    "TooMuchError",
    "IllegalMoveError",
)


#: Fewer examples than this say little about what happens in a run.
FEW = 7


@pytest.fixture
def number(request):
    """The seed: another one each time, or the one of --hypothesis-seed."""
    asked = request.config.getoption("--hypothesis-seed")
    return int(asked) if asked else random.SystemRandom().getrandbits(32)


@pytest.fixture
def staff(db):
    return [factories.make_staff(f"{name}@example.org") for name in ("olga", "igor")]


def play(make, number, examples, steps):
    """Play as many runs; the seed stands in what a failure prints."""
    told = Counter()
    sys.stdout.write(f"seed {number}: repeat it by --hypothesis-seed={number}\n")
    begun = time.monotonic()
    refused = AuditEntry.select().where(AuditEntry.action == "payment.refused_move")
    before = refused.count()
    run_state_machine_as_test(
        seed(number)(lambda: make(told)),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
    log.info("%s s, %s", time.monotonic() - begun, dict(told))  # --log-cli-level=info
    # A seed may end a few examples early, or let nobody press a button in them.
    is_tiny = examples < FEW
    assert is_tiny or told["steps"] > examples * steps / 2
    assert is_tiny or told["presses"]
    # What people try in vain is refused; of its own accord nothing is ever tried.
    assert not refused.where(AuditEntry.actor_id.is_null()).exists()
    assert refused.count() - before == told["IllegalMoveError"]
    assert not PaymentStep.select().where(PaymentStep.effect == Effect.ALARM).exists()
    # A short run may be one in which nobody paid.
    is_long = examples > 50
    assert not is_long or (told["succeeded"] and Notice.select().exists())
    return told


def play_long(make, number, examples, words, *, most=8):
    """Play on, seed after seed, until each of the words has come up.

    How a run goes is much the same from its first steps on: one seed may never do it.
    """
    told = Counter()
    for turn in range(most):
        told += play(make, number + turn, examples, 40)
        if turn and all(any(told[word] for word in each) for each in words):
            return told
    raise AssertionError(f"not all of {words} in {dict(told)}")


@pytest.mark.parametrize("repeats_by_key", [True, False])
def test_payments_stay_in_order(db, now, staff, number, repeats_by_key):
    def make(told):
        return Events(now, told, Double(repeats_by_key=repeats_by_key), staff)

    play(make, number, 20, 40)


def test_a_seed_is_played_again_step_by_step(db, now, staff, number):
    def make(told):
        return Events(now, told, Double(repeats_by_key=True), staff, every=40)

    first, again = (play(make, number, 3, 40) for _ in range(2))
    assert first == again
    assert play(make, number + 1, 3, 40) != first


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("repeats_by_key", [True, False])
def test_payments_stay_in_order_for_long(db, now, staff, number, repeats_by_key):
    def make(told):
        bank = Double(repeats_by_key=repeats_by_key)
        return Events(now, told, bank, staff, every=20)

    told = play(make, number, EXAMPLES, 100)
    # What is rare may not have come: other seeds go on until it has.
    for turn in range(1, 9):
        if not all(told[word] for word in SEEN):
            told += play(make, number + turn, 60, 100)
    assert all(told[word] for word in SEEN), told


PROVIDERS = ("yookassa", "sberbank", "tbank")


@pytest.fixture
def practised(now, staff, tmp_path):
    """Make the practice bank of a provider, and its run of whatever events."""
    banks = []

    def practise(provider, events, *before):
        bank = Practice(tmp_path / "bank.sqlite3", provider)
        banks.append(bank)

        def make(told):
            made = events(*before, now, told, bank, staff, every=3)
            bank.begin(lambda: made.now)
            return made

        return make

    yield practise
    for bank in banks:
        bank.close()


def test_with_the_practice_bank_they_do_too(db, practised, number):
    play(practised("yookassa", Events), number, 6, 40)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_with_each_practice_bank_for_long(db, practised, number, provider):
    words = (("refund succeeded",), ("disputed", "charged_back"))
    play_long(practised(provider, Events), number, 20, words)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_by_the_pages_they_do_too(app, clock, practised, number, provider):
    """The portal over its own addresses, the bank over HTTP, the worker and the clock."""
    make, told = practised(provider, Visits, app, clock), Counter()
    for turn in range(5):
        told += play(make, number + turn, 6, 40)
        if told["form 303"]:
            break
    # A seed may be one in which nobody pays; five in a row are not.
    assert told["form 303"], told


def test_a_seed_is_played_again_by_the_pages(app, clock, practised, number):
    make = practised("yookassa", Visits, app, clock)
    first, again = (play(make, number, 3, 40) for _ in range(2))
    assert first == again
    assert play(make, number + 1, 3, 40) != first


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_by_the_pages_for_long(app, clock, practised, number, provider):
    words = (
        *((f"reads: Платёж {end}",) for end in ("прошёл", "не прошёл", "ещё идёт")),
        ("forged 403", "forged 400", "forged 200"),
    )
    play_long(practised(provider, Visits, app, clock), number, 10, words)
