"""A bank of a few lines that does what a test tells it, and the money of an account."""

import uuid
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from cabinet.config.acquirers import Shop
from cabinet.domain.money import Money
from cabinet.domain.payments.seen import Seen, SeenPayment, SeenRefund
from cabinet.gateways.base import Method, Notice, NotOursError, Started, UnclearError
from cabinet.gateways.shops import Shops
from cabinet.models import Account, Payment
from cabinet.services.audit import Actor
from cabinet.services.payments import asking, start
from tests import factories


@dataclass
class Bank:
    """Knows what it was asked to take; `faults` are raised one a call, in turn."""

    shop: Shop
    repeats_by_key: bool = True
    page_lasts: timedelta = timedelta(hours=1)
    notice_answer: str = "OK"
    by_id: dict = field(default_factory=dict)
    by_key: dict = field(default_factory=dict)
    made_refunds: dict = field(default_factory=dict)
    refund_orders: list = field(default_factory=list)
    refund_state: Seen = Seen.SUCCEEDED
    listed: list = field(default_factory=list)
    lists_refunds: bool = False
    number_signs: int = 36
    listed_refunds: list = field(default_factory=list)
    orders: list = field(default_factory=list)
    faults: list = field(default_factory=list)
    is_deaf: bool = False
    names_by_key: bool = False

    def start(self, order):
        self.orders.append(order)
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None and fault.kind != "after":
            raise fault.error
        known = self.by_key.get(order.key)
        if known is None:
            number = len(self.by_id) + 1
            known = str(order.key) if self.names_by_key else f"bank-{number}"
            self.by_key[order.key] = known
            self.by_id[known] = SeenPayment(
                provider_id=known,
                order=order.number,
                state=Seen.PENDING,
                amount=order.amount,
                currency="RUB",
            )
        if fault is not None:
            raise fault.error
        return Started(provider_id=known, pay_url=f"https://bank.example/{known}")

    def ask(self, provider_id):
        if self.is_deaf:
            raise UnclearError
        return self.by_id.get(provider_id)

    def find(self, number, _sent_at=None):
        if self.is_deaf:
            raise UnclearError
        found = [seen for seen in self.by_id.values() if seen.order == number]
        return found[0] if found else None

    def refund(self, order):
        self.refund_orders.append(order)
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None and fault.kind != "after":
            raise fault.error
        if order.key not in self.made_refunds:
            number = f"refund-{len(self.made_refunds) + 1}"
            self.made_refunds[order.key] = SeenRefund(
                provider_id=str(order.key) if self.names_by_key else number,
                state=self.refund_state,
                amount=order.amount,
            )
            paid = self.by_id.get(order.provider_id)
            if paid is not None:
                refunded = paid.refunded + order.amount
                self.decide(order.provider_id, refunded=refunded)
        if fault is not None:
            raise fault.error
        return self.made_refunds[order.key]

    def ask_refund(self, order, refund_id):
        if self.is_deaf:
            raise UnclearError
        found = self.made_refunds.get(order.key)
        is_it = found is not None and refund_id in ("", found.provider_id)
        return found if is_it else None

    def decide_refund(self, key, **changes):
        """Make up its mind about a refund."""
        self.made_refunds[key] = replace(self.made_refunds[key], **changes)

    def register(self, _day):
        """List what it was told to, which may be less or more than it knows."""
        if self.is_deaf:
            raise UnclearError
        return iter(self.listed)

    def refunds(self, _since):
        if self.is_deaf:
            raise UnclearError
        return iter(self.listed_refunds)

    def read_notice(self, body, _headers, _query, _address):
        if body == b"forged":
            raise NotOursError
        provider_id = body.decode()
        seen = self.by_id.get(provider_id)
        event = str(seen.state) if seen else "changed"
        return Notice(provider_id=provider_id, order="", event=event)

    def decide(self, provider_id, **changes):
        """Make up its mind: the customer has paid, or not."""
        self.by_id[provider_id] = replace(self.by_id[provider_id], **changes)


@dataclass
class Fault:
    error: Exception
    kind: str = "before"


SHOP = Shop(
    name="kursk-card",
    provider="yookassa",
    branches=("kursk",),
    base_url="https://bank.example",
    login="1",
    password="secret",
    page_origins=("https://bank.example",),
    methods=("card", "sbp"),
)


@pytest.fixture
def bank(db):
    return Bank(SHOP)


@pytest.fixture
def shops(bank):
    return Shops([bank.shop], lambda _shop: bank)


@pytest.fixture
def owed(account):
    """The account owes a thousand roubles."""
    factories.make_bill(account)
    Account.update(balance=Money(1000_00)).where(Account.id == account.id).execute()
    return account


@pytest.fixture
def paid(pay, bank, shops, now):
    """Pay, and let the bank take the money; a payment that is posted."""

    def press(kopecks=1000_00, **values):
        payment = pay(kopecks, **values)
        bank.decide(payment.provider_id, state=Seen.SUCCEEDED, paid_at=now)
        asking.ask(payment, shops, now=now)
        return Payment.get_by_id(payment.id)

    return press


@pytest.fixture
def pay(alice, owed, shops, now):
    """Press the button: the same arguments are the same form."""

    def press(
        kopecks=1000_00,
        *,
        nonce=None,
        at=now,
        user=alice,
        email="",
        accounts=(),
        **values,
    ):
        wanted = start.Wanted(
            nonce=nonce or uuid.uuid4(),
            wishes=[
                start.Wish(
                    account_id=one.id, amount=Money(kopecks), month=values.get("month")
                )
                for one in accounts or (owed,)
            ],
            origin="https://portal.example",
            user_id=user and user.id,
            email=email,
            method=values.get("method", Method.CARD),
        )
        public_id = start.start(
            wanted,
            shops,
            actor=Actor(user and user.id),
            pepper=factories.SECRET_KEY,
            now=at,
        )
        return Payment.get(Payment.public_id == public_id)

    return press
