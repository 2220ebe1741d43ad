"""Whatever an acquirer answers or sends: no error of ours, no money, and a trace of it."""

import hashlib
import hmac
import json
import threading
import uuid
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import urlencode

import pytest

from cabinet.app import create_app
from cabinet.config import Clock
from cabinet.domain.money import Money
from cabinet.domain.payments.states import PaymentEvent, PaymentState
from cabinet.jobs import payments
from cabinet.models import (
    Account,
    AuditEntry,
    LedgerEntry,
    Notice,
    Payment,
    PaymentShare,
)
from cabinet.services import limits
from cabinet.services.audit import Actor
from cabinet.services.payments import start
from cabinet.services.payments.moving import take
from tests import factories, warm
from tests.gateways import test_sberbank, test_tbank, test_yookassa
from tests.gateways.provider import shop
from tests.gateways.test_tbank import PASSWORD, token

PROVIDERS = ("yookassa", "sberbank", "tbank")
SECRET = "the-secret-of-notices"
IDS = count(1_000_001)

ANOTHER = str(uuid.UUID(int=7))
NAN, INFINITY = float("nan"), float("inf")
MISSING = object()
#: Of another kind than a text, a number or a sum.
ODD = (None, MISSING, True, [], {}, [{}], NAN, INFINITY, 10**400)
ROUBLES = (
    *ODD,
    *("-1000.00", "", "1000", "1000.0", "1000.000", "1e3", "1 000.00", "1000,00"),
    *("１０００.00", " 1000.00", "1000.00\n", "NaN", "Infinity", "0x3e8", "+1000.00"),
    *("9" * 400 + ".00", "999.99", "1000.01", "0.00", "100000.00"),
    *(1000, 1000.0, 1e3),
)
KOPECKS = (
    *ODD,
    *(-100_000, 0, 1, 99_999, 100_001, 1000, 10_000_000, 10**30),
    *("100000", "", "1000.00", 100_000.0, 1e5),
)
BIGGER = (100_001, 10_000_000)
#: What each field of an answer may be that it must not be.
FIELDS = {
    "yookassa": {
        ("amount", "value"): ROUBLES,
        ("amount", "currency"): (*ODD, "KZT", "rub", "USD", "", "RUBRUB", 643),
        ("amount",): (*ODD, "1000.00", 1000),
        ("metadata", "order"): ([], {}, True, NAN, "1-0123456789ab-1", "x" * 5000),
        ("metadata",): ([], "order", 1, True),
        ("id",): (*ODD, ANOTHER, "../payments", "a" * 65, "", "\0"),
        ("status",): (*ODD, "SUCCEEDED", "paid", "", 2),
        ("captured_at",): ("yesterday", "2026-11-22", 1, [], "9999-99-99T00:00:00Z"),
        ("test",): ("no", 1, [], True),
        ("receipt_registration",): ("done", 1, []),
    },
    "sberbank": {
        # More than was taken is what was once asked for; the money is what was taken.
        ("amount",): [one for one in KOPECKS if one not in BIGGER],
        ("paymentAmountInfo", "depositedAmount"): KOPECKS[2:],
        ("paymentAmountInfo", "paymentState"): ("CREATED", "", 1, []),
        ("currency",): ("398", "RUB ", "", 0, True, [], {}),
        ("orderNumber",): (*ODD, "1-0123456789ab-1", "", "x" * 5000),
        ("attributes",): (1, "x", {}, [1], [{"name": "mdOrder", "value": "else"}]),
        ("orderStatus",): (*ODD, "2", 99, -1, 2.0),
        ("errorCode",): (True, [], {}, "7", 5, "", NAN),
        ("authDateTime",): ("yesterday", -1, 10**20, [], 1.5),
    },
    "tbank": {
        ("Amount",): KOPECKS,
        ("OrderId",): (*ODD, "1-0123456789ab-1", "", "x" * 5000),
        ("PaymentId",): (*ODD, "1", "", -1, "../Cancel"),
        ("Status",): (*ODD, "confirmed", "PAID", "", 2),
        ("Success",): (None, MISSING, "true", 1, [], {}, False),
    },
}

#: Whole bodies, made of a good one.
BODIES = {
    "nothing": lambda _: b"",
    "a space": lambda _: b" ",
    "null": lambda _: b"null",
    "a number": lambda _: b"1",
    "a text": lambda _: b'"succeeded"',
    "a list of it": lambda good: b"[" + good + b"]",
    "cut": lambda good: good[:-1],
    "cut in the middle": lambda good: good[: len(good) // 2],
    "twice": lambda good: good + good,
    "a tail": lambda good: good + b"<script>",
    "a callback": lambda good: b"cb(" + good + b")",
    "a page": lambda _: b"<!doctype html><html><h1>OK</h1></html>",
    "xml": lambda _: b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    "single quotes": lambda good: good.replace(b'"', b"'"),
    "nested": lambda good: b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"," + good[1:],
    "nested without an end": lambda _: b'{"a":' * 100_000,
    "ten megabytes": lambda good: b" " * 10_485_760 + good,
    "a long text": lambda good: b'{"a":"' + b"a" * 2_000_000 + b'",' + good[1:],
    "a number of a mile": lambda good: b'{"a":' + b"9" * 10_000 + b"," + good[1:],
    "utf-16": lambda good: good.decode().encode("utf-16"),
    "cp1251": lambda good: b'{"a":"\xd1\xf7\xb8\xf2",' + good[1:],
    "torn utf-8": lambda good: b'{"a":"\xd0",' + good[1:],
    "a byte order mark": lambda good: b"\xef\xbb\xbf" + good,
    "zero bytes": lambda good: b"\0" + good,
    "not a number": lambda good: b'{"a":NaN,' + good[1:],
    "infinity": lambda good: b'{"a":-Infinity,' + good[1:],
}


class FakeBank:
    """Answers every call with the same bytes."""

    def __init__(self):
        self.body = b""
        bank = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                asked = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                body = bank.body(asked) if callable(bank.body) else bank.body
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                # Whoever reads no further than a megabyte hangs up.
                try:
                    self.wfile.write(body)
                except OSError:
                    self.close_connection = True

            do_GET = do_POST  # noqa: N815 - the library's own name

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/"
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class House:
    """The portal with one shop, and payments whose customers are at the bank's page."""

    def __init__(self, provider, app, bank, user, account, now):
        self.provider, self.app, self.bank = provider, app, bank
        self.user, self.account, self.now = user, account, now
        self.shops = app.extensions["cabinet.shops"]
        self.client = app.test_client()

    def payment(self):
        payment = Payment.create(
            public_id=uuid.uuid4(),
            nonce=uuid.uuid4(),
            user=self.user,
            branch=self.account.branch,
            shop="kursk",
            method="card",
            amount=Money(1000_00),
            created_at=self.now,
            provider_id=(
                str(next(IDS)) if self.provider == "tbank" else str(uuid.uuid4())
            ),
        )
        PaymentShare.create(
            payment=payment, account=self.account, amount=payment.amount
        )
        attempt = start.new_attempt(
            payment, origin="https://portal.example", now=self.now, signs=0
        )
        for event in (PaymentEvent.SUBMIT, PaymentEvent.ACCEPTED):
            take(payment, event, source="test", now=self.now)
        return payment, attempt.number

    def good(self, payment, number, *, is_paid=True):
        """What the bank answers of the payment once it is asked."""
        known, made = payment.provider_id, None
        if self.provider == "yookassa":
            base = test_yookassa.PAID if is_paid else test_yookassa.PENDING
            made = {"id": known, "metadata": {"order": number, "accounts": "1"}}
            made["amount"] = {"value": "1000.00", "currency": "RUB"}
            return {**base, **made}
        if self.provider == "sberbank":
            money = {"paymentState": "DEPOSITED", "depositedAmount": 1000_00}
            return {
                **test_sberbank.PAID,
                "orderNumber": number,
                "amount": 1000_00,
                "attributes": [{"name": "mdOrder", "value": known}],
                "orderStatus": 2 if is_paid else 0,
                "paymentAmountInfo": money if is_paid else {},
            }
        base = test_tbank.PAID if is_paid else test_tbank.STARTED
        return {**base, "PaymentId": known, "OrderId": number, "Amount": 1000_00}

    def notice(self, payment, number, **changes):
        """What the bank sends of the payment, signed, as keywords of a request."""
        known = payment.provider_id
        if self.provider == "yookassa":
            told = {"id": known, "status": "succeeded", "metadata": {"order": number}}
            told = {
                "type": "notification",
                "event": "payment.succeeded",
                "object": told,
            }
            return {**told, **changes}
        if self.provider == "sberbank":
            told = {"mdOrder": known, "orderNumber": number, "operation": "deposited"}
            told = {**told, "status": "1", **changes}
            text = "".join(f"{key};{told[key]};" for key in sorted(told))
            made = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256)
            return {**told, "checksum": made.hexdigest().upper()}
        told = {"TerminalKey": "MerchantTerminalKey", "OrderId": number}
        told |= {"Success": True, "Status": "CONFIRMED", "PaymentId": int(known)}
        told |= {"ErrorCode": "0", "Amount": 1000_00, **changes}
        return {**told, "Token": token(told, PASSWORD)}

    def send(self, notice):
        body = notice
        if not isinstance(notice, bytes):
            is_form = self.provider == "sberbank"
            body = (urlencode(notice) if is_form else json.dumps(notice)).encode()
        return self.client.post("/webhooks/kursk", data=body).status_code

    def follow(self, seconds=20):
        return payments.follow(self.shops, now=self.now + timedelta(seconds=seconds))

    def start(self):
        """Let a new customer press the button."""
        user = factories.make_customer()
        account = factories.make_account(number=str(470_000_000_000 + next(IDS)))
        factories.give_access(user, account)
        wanted = start.Wanted(
            nonce=uuid.uuid4(),
            wishes=[start.Wish(account_id=account.id, amount=Money(1000_00))],
            origin="https://portal.example",
            user_id=user.id,
        )
        made = start.start(
            wanted,
            self.shops,
            actor=Actor(user.id),
            pepper=factories.SECRET_KEY,
            now=self.now,
        )
        return Payment.get(Payment.public_id == made)

    def press(self, address):
        """Press while the bank accepts everything and tells this address of its page."""
        made = {
            "yookassa": {
                **test_yookassa.PENDING,
                "amount": {"value": "1000.00", "currency": "RUB"},
                "confirmation": {"type": "redirect", "confirmation_url": address},
            },
            "sberbank": {"orderId": test_sberbank.ID, "formUrl": address},
            "tbank": {**test_tbank.STARTED, "Amount": 1000_00, "PaymentURL": address},
        }[self.provider]
        # It repeats the number of the order that it is sent.
        self.bank.body = lambda asked: json.dumps(
            {
                **made,
                **(
                    {"OrderId": json.loads(asked)["OrderId"]}
                    if "PaymentURL" in made
                    else {}
                ),
            }
        ).encode()
        return self.start()

    @property
    def money(self):
        balance = Account.get_by_id(self.account.id).balance
        return balance, LedgerEntry.select().count()


@pytest.fixture
def house(request, settings, db, alice, account, clock, now):
    @contextmanager
    def build(provider):
        bank = FakeBank()
        extra = {"notice_secret": SECRET} if provider == "sberbank" else {}
        made = shop(provider, bank.url, **extra)
        settings.home.mkdir(exist_ok=True)
        app = create_app(
            replace(settings, shops=(made,)), clock=Clock(source=clock.get)
        )
        app.jinja_env.bytecode_cache = warm.COMPILED
        try:
            yield House(provider, app, bank, alice, account, now)
        finally:
            bank.close()

    with build(request.param) as made:
        yield made


def put(values, path, value):
    """Return the answer with one field of another value."""
    name, *rest = path
    made = dict(values)
    if rest:
        made[name] = put(values.get(name, {}), rest, value)
    elif value is MISSING:
        made.pop(name, None)
    else:
        made[name] = value
    return made


def answers(provider):
    """Give each hostile answer: its name, and how it is made of a good one."""
    for name, make in BODIES.items():
        yield name, lambda good, make=make: make(json.dumps(good).encode())
    for path, values in FIELDS[provider].items():
        for value in values:
            word = "missing" if value is MISSING else repr(value)[:40]
            yield (
                f"{'.'.join(path)} {word}",
                lambda good, path=path, value=value: json.dumps(
                    put(good, path, value)
                ).encode(),
            )
        if len(path) == 1:
            yield f"{path[0]} twice", lambda good, name=path[0]: twice(good, name)


def twice(good, name):
    """A field that comes twice: what is read first differs from what is read last."""
    odd = json.dumps({name: "odd"}).encode()
    return odd[:-1] + b", " + json.dumps(good).encode()[1:]


@pytest.mark.parametrize("house", PROVIDERS, indirect=True)
def test_no_answer_moves_money_but_a_good_one(house):
    wrong = []
    for name, make in answers(house.provider):
        payment, number = house.payment()
        house.bank.body = make(house.good(payment, number))
        before = house.money
        assert house.send(house.notice(payment, number)) == 200
        assert house.follow() >= 1, name
        found = Payment.get_by_id(payment.id)
        kept = Notice.get(Notice.provider_id == payment.provider_id)
        is_told = AuditEntry.select().where(
            AuditEntry.action == "payment.suspicious",
            AuditEntry.subject == f"payment:{payment.public_id}",
        )
        outcome = kept.outcome in {"unclear", "unexplained", "suspicious"}
        is_held = found.is_suspicious and is_told.exists()
        is_asked_on = not found.is_suspicious and found.ask_at is not None
        if not (
            found.state is PaymentState.PENDING
            and house.money == before
            and outcome
            and (is_held or is_asked_on)
        ):
            wrong.append((name, found.state.value, kept.outcome, house.money))
        # It is not asked about again among the next.
        Payment.update(ask_at=None).where(Payment.id == payment.id).execute()
        Notice.update(next_at=None).where(Notice.id == kept.id).execute()
    assert not wrong, wrong
    payment, number = house.payment()
    house.bank.body = json.dumps(
        {**house.good(payment, number), "unheard_of": {"a": ["of", 1, None]}}
    ).encode()
    assert house.follow() == 1
    assert Payment.get_by_id(payment.id).state is PaymentState.SUCCEEDED
    assert house.money == (Money(-1000_00), 1)


@pytest.mark.parametrize("house", PROVIDERS, indirect=True)
def test_no_answer_to_our_own_call_moves_money_or_is_an_error(house):
    """The call that registers a payment: its answer is a doubt, never a page of 500."""
    wrong = []
    for name, make in answers(house.provider):
        # What is good here is the answer to a question: no answer to this call either.
        stranger, number = house.payment()
        house.bank.body = make(house.good(stranger, number))
        state = house.start().state
        if name == f"id {ANOTHER!r}":
            # A number that nobody has yet: so it is when all is well.
            assert state is PaymentState.PENDING
            continue
        if state not in {PaymentState.IN_DOUBT, PaymentState.FAILED}:
            wrong.append((name, state.value))
    assert not wrong, wrong
    assert house.money == (Money(0), 0)


ADDRESSES = (
    *("javascript:alert(1)", "data:text/html,x", "//bank.example/pay", "pay", "\0"),
    *("ftp://bank.example/", "https://bank.example/" + "a" * 5000, "https://[bank/"),
    *("https://bank.example/\r\nSet-Cookie: a=b", "\ud800"),
)


@pytest.mark.parametrize("address", ADDRESSES, ids=ascii)
@pytest.mark.parametrize("house", PROVIDERS, indirect=True)
def test_nobody_is_led_to_what_is_no_page(house, address):
    payment = house.press(address)
    assert (payment.state, payment.pay_url) == (PaymentState.IN_DOUBT, "")


@pytest.mark.parametrize("house", PROVIDERS, indirect=True)
def test_a_page_is_a_page(house):
    payment = house.press("https://bank.example/pay")
    assert payment.state is PaymentState.PENDING
    assert payment.pay_url == "https://bank.example/pay"


def bodies_of_notices(house, payment, number):
    """Give hostile notices: the bytes, and what is signed though it makes no sense."""
    good = house.notice(payment, number)
    form = house.provider == "sberbank"
    whole = (urlencode(good) if form else json.dumps(good)).encode()
    for name, make in BODIES.items():
        yield name, make(whole)
    if not form:
        yield "a field twice", twice(good, next(iter(good)))
    names = {
        "yookassa": ("type", "event", "object"),
        "sberbank": ("mdOrder", "orderNumber", "operation", "status"),
        "tbank": ("OrderId", "PaymentId", "Status", "Amount", "Success"),
    }[house.provider]
    texts = ("", "\0", "a\0b", "х" * 5000, "\u202e", "'; DROP TABLE payment; --")
    numbers = (-1, 10**30, 1.5, True, None)
    values = texts if form else (*texts, *numbers, [], {}, [[]], "\ud800")
    for name in names:
        for value in values:
            word = repr(value)[:30]
            try:
                yield f"{name} {word}", house.notice(payment, number, **{name: value})
            except UnicodeEncodeError:
                continue
    inner = [{"id": payment.provider_id, "metadata": {"order": one}} for one in texts]
    if house.provider == "yookassa":
        for told in (*inner, {"id": "\0"}, {"id": 1}, {}, {"metadata": []}):
            yield f"object {told!r}"[:60], {**good, "object": told}


@pytest.mark.parametrize("house", PROVIDERS, indirect=True)
def test_no_notice_moves_money_or_is_an_error(house, monkeypatch):
    """The bank that is asked says the payment is still open: that is what counts."""
    forged = replace(limits.NOTICE_FORGED, most=10**9)
    monkeypatch.setattr(limits, "NOTICE_FORGED", forged)
    wrong, statuses = [], set()
    for name, notice in bodies_of_notices(house, *house.payment()):
        payment, number = house.payment()
        house.bank.body = json.dumps(
            house.good(payment, number, is_paid=False)
        ).encode()
        status = house.send(notice)
        statuses.add(status)
        house.follow()
        states = {one.state for one in Payment.select(Payment.state)}
        if status not in {200, 400, 403, 413} or states != {PaymentState.PENDING}:
            wrong.append((name, status, states))
        Notice.update(next_at=None).execute()
    assert not wrong, wrong
    assert {400, 413} <= statuses
    assert house.money == (Money(0), 0)
    assert not Payment.select().where(Payment.is_suspicious).exists()
    # What is whole is kept, and the bank's own word moves the money.
    payment, number = house.payment()
    house.bank.body = json.dumps(house.good(payment, number)).encode()
    Payment.update(ask_at=None).execute()
    assert house.send(house.notice(payment, number)) == 200
    assert house.follow() == 1
    assert house.money == (Money(-1000_00), 1)
