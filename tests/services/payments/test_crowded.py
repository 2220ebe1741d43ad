"""Many at once: two tabs, two processes, ten notices; and how soon the end is known."""

import random
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from cabinet.domain.money import Money
from cabinet.domain.payments.seen import Seen, SeenPayment
from cabinet.domain.payments.states import PaymentState
from cabinet.gateways.base import UnclearError
from cabinet.gateways.shops import Shops
from cabinet.models import Account, LedgerEntry, Notice, Payment, PaymentReceipt
from cabinet.models.base import database
from cabinet.services.bulkheads import BusyError
from cabinet.services.payments import asking, notices
from tests import factories
from tests.banking import SHOP, Bank, Fault

HANDS = 4


@pytest.fixture
def together():
    """Do something in several threads at the same moment, each with a connection."""

    def run(act):
        barrier = threading.Barrier(HANDS)

        def one(number):
            database.connect(reuse_if_open=True)
            barrier.wait(20)
            try:
                return act(number)
            finally:
                database.close()

        with ThreadPoolExecutor(HANDS) as pool:
            return list(pool.map(one, range(HANDS)))

    return run


@pytest.mark.parametrize("has_one_form", [True, False], ids=["double click", "tabs"])
def test_at_the_same_moment_it_is_one_payment(pay, bank, together, has_one_form):
    nonce = uuid.uuid4()

    def press(_):
        while True:
            try:
                return pay(nonce=nonce if has_one_form else None).id
            except BusyError:
                # Told to come again, with nothing begun.
                time.sleep(0.01)

    made = together(press)
    assert len(set(made)) == 1
    assert Payment.select().count() == 1
    assert len(bank.by_id) == 1


def test_notices_and_questions_at_the_same_moment_count_once(
    pay, bank, shops, owed, now, together
):
    payment = pay()
    bank.decide("bank-1", state=Seen.SUCCEEDED)
    later = now + timedelta(seconds=20)

    def work(number):
        notices.keep(SHOP.name, b"bank-1", {}, {}, None, shops=shops, now=later)
        if number % 2:
            notices.take_due(shops, now=later)
        asking.ask(Payment.get_by_id(payment.id), shops, now=later)
        notices.take_due(shops, now=later)

    together(work)
    assert Payment.get_by_id(payment.id).state is PaymentState.SUCCEEDED
    assert LedgerEntry.select().where(LedgerEntry.channel == "card").count() == 1
    assert Account.get_by_id(owed.id).balance == Money(0)
    assert Notice.select().count() == 1


def test_receipts_of_the_same_moment_have_numbers_without_gaps(
    pay, bank, shops, now, together
):
    payments = [pay(kopecks) for kopecks in (100_00, 200_00, 300_00)]
    for number in range(1, 4):
        bank.decide(f"bank-{number}", state=Seen.SUCCEEDED)
    later = now + timedelta(seconds=20)
    together(
        lambda number: asking.ask(
            Payment.get_by_id(payments[number % 3].id), shops, now=later
        )
    )
    rows = PaymentReceipt.select().order_by(PaymentReceipt.number)
    assert [row.number for row in rows] == [1, 2, 3]


def test_without_notices_the_end_is_known_within_two_minutes(pay, bank, shops, now):
    """Whenever within the page's hour the customer pays, some in its last seconds."""
    chance, lags = random.Random(7), []
    lasts = bank.page_lasts.total_seconds()
    for number in range(1, 61):
        begun = now + timedelta(hours=2 * number)
        payment = pay(100_00 + number, at=begun)
        seconds = chance.uniform(5, lasts) if number % 6 else lasts - number / 6
        paid_at = begun + timedelta(seconds=seconds)
        moment = begun
        while payment.state is PaymentState.PENDING:
            # The worker looks every second; nothing is due between.
            moment = max(moment + timedelta(seconds=1), payment.ask_at)
            if moment > paid_at:
                bank.decide(f"bank-{number}", state=Seen.SUCCEEDED, paid_at=paid_at)
            asking.ask_due(shops, now=moment)
            payment = Payment.get_by_id(payment.id)
        assert payment.state is PaymentState.SUCCEEDED
        lags.append((moment - paid_at).total_seconds())
    assert max(lags) <= 120
    assert len(lags) == 60


def test_the_page_of_a_late_answer_is_watched_as_long(pay, bank, shops, now):
    """The call was answered after an hour; the customer pays at the page's last minute."""
    bank.faults = [Fault(UnclearError()) for _ in range(500)]
    payment, moment = pay(), now
    while moment < now + timedelta(hours=1):
        moment = Payment.get_by_id(payment.id).ask_at
        asking.ask_due(shops, now=moment)
    bank.faults = []
    accepted = Payment.get_by_id(payment.id).ask_at
    asking.ask_due(shops, now=accepted)
    assert Payment.get_by_id(payment.id).state is PaymentState.PENDING
    paid_at = accepted + bank.page_lasts - timedelta(seconds=5)
    moment = accepted
    while Payment.get_by_id(payment.id).state is PaymentState.PENDING:
        moment = Payment.get_by_id(payment.id).ask_at
        if moment > paid_at:
            bank.decide("bank-1", state=Seen.SUCCEEDED, paid_at=paid_at)
        asking.ask_due(shops, now=moment)
    assert moment - paid_at <= timedelta(seconds=120)


def test_a_silent_bank_keeps_no_other_waiting(pay, bank, owed, now, together):
    """All hands follow; thirty payments are due at a bank that does not answer."""
    other_bank = Bank(replace(SHOP, name="tver-card", branches=("tver",)))
    shops = Shops(
        [SHOP, other_bank.shop],
        lambda shop: bank if shop is SHOP else other_bank,
    )
    silent = [
        factories.make_payment(owed, "10", now, state="pending", provider_id=f"s{n}")
        for n in range(30)
    ]
    other = factories.make_payment(owed, "20", now, state="pending", provider_id="o1")
    Payment.update(ask_at=now).execute()
    Payment.update(shop="tver-card", ask_at=now + timedelta(seconds=1)).where(
        Payment.id == other.id
    ).execute()
    seen = replace(bank_of(other), state=Seen.SUCCEEDED)
    other_bank.by_id["o1"] = seen
    at_once, answered = [], threading.Event()

    def hang(_provider_id):
        at_once.append(sum(shops._calls.values()))
        assert answered.wait(20), "nobody came to the other bank"
        raise UnclearError

    bank.ask = hang
    other_bank.ask = lambda _provider_id: (answered.set(), seen)[1]
    together(lambda _: asking.ask_due(shops, now=now + timedelta(seconds=2), most=8))
    assert Payment.get_by_id(other.id).state is PaymentState.SUCCEEDED
    assert len(at_once) >= 2
    assert {Payment.get_by_id(one.id).state for one in silent} == {"pending"}


def bank_of(payment):
    """Return the payment as a bank tells it."""
    return SeenPayment(
        provider_id=payment.provider_id,
        order="",
        state=Seen.PENDING,
        amount=payment.amount,
        currency="RUB",
    )
