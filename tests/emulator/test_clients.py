"""Our own three clients speak to the practice bank as they do to the real ones."""

import re
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from zoneinfo import ZoneInfo

import pytest

from cabinet.domain.money import Money
from cabinet.domain.payments.order_number import MOST_NUMBER
from cabinet.domain.payments.seen import FiscalState, Reason, Seen
from cabinet.emulator.cards import CARDS
from cabinet.emulator.shops import demo_shops
from cabinet.gateways import PROVIDERS
from cabinet.gateways.base import (
    FiscalItem,
    FiscalReceipt,
    Method,
    NotOursError,
    Order,
    RefundOrder,
    RefusedError,
    UnclearError,
)
from cabinet.gateways.shops import OpenShop
from cabinet.services import acquirers
from cabinet.services.acquirers import Answer
from cabinet.services.audit import Actor
from tests.emulator.running import fetch, until
from tests.emulator.test_faults import card
from tests.emulator.test_yookassa import PLAIN

AMOUNT = Money(31240)
LOOPBACK = ip_address("127.0.0.1")
REASONS = {
    "3d_secure_failed": Reason.THREE_D_SECURE_FAILED,
    "insufficient_funds": Reason.INSUFFICIENT_FUNDS,
    "card_expired": Reason.CARD_EXPIRED,
    "issuer_unavailable": Reason.ISSUER_UNAVAILABLE,
    "payment_method_limit_exceeded": Reason.LIMIT_EXCEEDED,
    "fraud_suspected": Reason.FRAUD_SUSPECTED,
    "call_issuer": Reason.CALL_ISSUER,
}


@pytest.fixture(params=["yookassa", "sberbank", "tbank"])
def gateway(request, bank):
    shop = next(one for one in demo_shops(bank.url) if one.provider == request.param)
    return PROVIDERS[request.param](shop)


def bank_now(bank):
    """The bank's clock is the demonstration's: it stands in what was made last."""
    return datetime.fromisoformat(bank.state()["payments"][-1]["created_at"])


def order(shop=None, **more):
    origin = shop.url if shop else "http://127.0.0.1:9"
    item = FiscalItem(description="Электроэнергия", amount=AMOUNT, vat_code=11)
    values = {
        "key": uuid.uuid4(),
        "number": f"41-{uuid.uuid4().hex[:16]}",
        "amount": AMOUNT,
        "description": "Электроэнергия, счёт 460000000041",
        "return_url": f"{origin}/pay/done",
        "notice_url": f"{origin}/webhooks/any",
        "receipt": FiscalReceipt(email="a@example.org", items=(item,), tax_system=1),
        "metadata": {"account": "460000000041", "environment": "demo"},
    }
    return Order(**{**values, **more})


def test_a_payment_is_started_paid_asked_for_and_found(bank, gateway):
    asked = order()
    started = gateway.start(asked)
    assert started.pay_url.startswith(f"{bank.url}/")
    seen = gateway.ask(started.provider_id)
    assert (seen.state, seen.amount, seen.currency) == (Seen.PENDING, AMOUNT, "RUB")
    bank.pay(started.provider_id, PLAIN)
    seen = gateway.ask(started.provider_id)
    assert (seen.state, seen.amount) == (Seen.SUCCEEDED, AMOUNT)
    assert seen.order == asked.number
    found = gateway.find(asked.number, bank_now(bank))
    assert (found.provider_id, found.state) == (started.provider_id, Seen.SUCCEEDED)


def test_a_number_may_be_as_long_as_the_gateway_says(bank, gateway):
    asked = order(number="Z" * (gateway.number_signs or MOST_NUMBER))
    started = gateway.start(asked)
    assert gateway.ask(started.provider_id).order == asked.number
    if gateway.number_signs:
        with pytest.raises((RefusedError, UnclearError)):
            gateway.start(order(number=f"{asked.number}Z"))


def test_what_is_not_there_is_none(bank, gateway):
    gateway.start(order())
    unknown = "1" if "tbank" in type(gateway).__module__ else str(uuid.uuid4())
    assert gateway.ask(unknown) is None
    assert gateway.find("41-none", bank_now(bank)) is None


def test_money_goes_back_in_parts(bank, gateway):
    started = gateway.start(order())
    bank.pay(started.provider_id, PLAIN)

    def back(amount, before):
        return RefundOrder(
            key=uuid.uuid4(),
            provider_id=started.provider_id,
            amount=Money(amount),
            payment_amount=AMOUNT,
            reason="по заявлению",
            refunded_before=Money(before),
        )

    first, rest = back(10000, 0), back(21240, 10000)
    done = gateway.refund(first)
    assert (done.state, done.amount) == (Seen.SUCCEEDED, Money(10000))
    assert gateway.ask_refund(first, done.provider_id).state is Seen.SUCCEEDED
    assert gateway.ask_refund(first, "").state is Seen.SUCCEEDED
    assert gateway.ask_refund(rest, "") is None
    assert gateway.refund(rest).state is Seen.SUCCEEDED
    assert gateway.ask_refund(rest, "").state is Seen.SUCCEEDED
    with pytest.raises((RefusedError, UnclearError)):
        gateway.refund(back(1, 31240))
    assert gateway.ask(started.provider_id).state is Seen.SUCCEEDED


@pytest.mark.parametrize("reason", REASONS)
def test_a_refusal_has_its_reason(bank, gateway, reason):
    number = next(one.number for one in CARDS if one.reason == reason)
    started = gateway.start(order())
    bank.pay(started.provider_id, number, "123456")
    seen = gateway.ask(started.provider_id)
    assert (seen.state, seen.reason) == (Seen.CANCELED, REASONS[reason])


def test_notices_are_read(bank, gateway, shop):
    started = gateway.start(order(shop))
    bank.pay(started.provider_id, PLAIN)
    told = shop.wait(1)[0]
    notice = gateway.read_notice(told.body, told.headers, told.query, LOOPBACK)
    assert notice.provider_id == started.provider_id


@pytest.mark.parametrize("provider", ["sberbank", "tbank"])
def test_notices_prove_themselves(bank, shop, provider):
    settings = next(one for one in demo_shops(bank.url) if one.provider == provider)
    gateway = PROVIDERS[provider](settings)
    started = gateway.start(order(shop))
    bank.pay(started.provider_id, card("refused"))
    told = shop.wait(1)[0]
    body = told.body.replace(b"REJECTED", b"CONFIRMED")
    query = {**told.query, "status": "1"} if told.query else {}
    assert (body, query) != (told.body, told.query)
    with pytest.raises(NotOursError):
        gateway.read_notice(body, told.headers, query, LOOPBACK)


def test_the_receipt_is_registered(bank):
    shop = next(one for one in demo_shops(bank.url) if one.provider == "yookassa")
    gateway = PROVIDERS["yookassa"](shop)
    started = gateway.start(order())
    assert gateway.ask(started.provider_id).fiscal is FiscalState.PENDING
    bank.pay(started.provider_id, PLAIN)
    until(lambda: gateway.ask(started.provider_id).fiscal is FiscalState.SUCCEEDED)


@pytest.mark.parametrize("provider", ["yookassa", "sberbank"])
def test_the_register_lists_the_day(own_bank, provider):
    shop = next(one for one in demo_shops(own_bank.url) if one.provider == provider)
    gateway = PROVIDERS[provider](shop)
    orders = [order() for _ in range(3)]
    for one in orders:
        gateway.start(one)
    day = bank_now(own_bank).astimezone(ZoneInfo("Europe/Moscow")).date()
    seen = list(gateway.register(day))
    assert sorted(one.order for one in seen) == sorted(one.number for one in orders)
    # What was sent along is what a lost database is rebuilt by.
    assert {one.sent["account"] for one in seen} == {"460000000041"}
    assert list(gateway.register(day - timedelta(days=3))) == []


def test_sbp_has_a_page_of_its_own(bank, gateway):
    started = gateway.start(order(method=Method.SBP))
    path = started.pay_url.removeprefix(bank.url)
    page = fetch(started.pay_url)
    if page.status == 303:
        path = page.headers["Location"]
    elif path.startswith("/pay/"):
        # Sberbank's page offers both ways itself.
        path = re.search(r'href="(/sbp/[^"]+)"', page.text)[1]
    assert path.startswith("/sbp/")
    assert bank.submit(path).status == 303
    assert gateway.ask(started.provider_id).state is Seen.SUCCEEDED


def test_a_page_has_its_hour(bank, gateway):
    gateway.start(order())
    due = bank_now(bank) + timedelta(minutes=20)
    started = gateway.start(order(expires_at=due.astimezone(UTC)))
    assert gateway.ask(started.provider_id).state is Seen.PENDING


@pytest.mark.parametrize(
    "kind", ["500-before", "500-after", "broken-json", "truncated", "502-html", "empty"]
)
def test_a_broken_answer_is_a_doubt(bank, gateway, kind):
    bank.plant(call="start", kind=kind)
    with pytest.raises(UnclearError):
        gateway.start(order())


@pytest.mark.parametrize("deed", ["wrong_amount", "unknown_state"])
def test_a_lying_card_is_seen(bank, gateway, deed):
    started = gateway.start(order())
    bank.pay(started.provider_id, card(deed))
    if deed == "unknown_state":
        with pytest.raises(UnclearError):
            gateway.ask(started.provider_id)
    else:
        assert gateway.ask(started.provider_id).amount != AMOUNT


def test_a_shop_that_is_right_is_told_from_a_wrong_key(bank, gateway, db, now):
    """What the office asks to see whether a bank knows the shop; nothing is ordered."""
    before = bank.state()["payments"]
    shop = replace(gateway_shop(bank, gateway), password="wrong")
    for one, answer in (
        (OpenShop(gateway_shop(bank, gateway), gateway), Answer.FINE),
        (OpenShop(shop, PROVIDERS[shop.provider](shop)), Answer.REFUSED),
    ):
        assert acquirers.ask(one, actor=Actor(), now=now)[0] is answer
    assert bank.state()["payments"] == before


def gateway_shop(bank, gateway):
    """Return the shop the gateway speaks for."""
    return next(
        one
        for one in demo_shops(bank.url)
        if isinstance(gateway, PROVIDERS[one.provider])
    )
