"""YooKassa: what is sent is what its documentation shows, what comes is read exactly."""

import base64
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_address

import pytest

from cabinet.config.acquirers import YOOKASSA_NETWORKS
from cabinet.domain.money import Money
from cabinet.domain.payments.seen import (
    FiscalState,
    ListedRefund,
    Reason,
    Seen,
    SeenPayment,
)
from cabinet.gateways import open_gateway
from cabinet.gateways.base import Notice, NotOursError, RefusedError, UnclearError
from tests.gateways.provider import (
    KEY,
    NUMBER,
    answer,
    order,
    receipt,
    refund,
    sbp,
    shop,
)

ID = "23d93cac-000f-5000-8000-126628f15141"
REFUND_ID = "216749f7-0016-50be-b000-078d43a63ae4"
PAGE = f"https://yoomoney.ru/api-pages/v2/payment-confirm/epl?orderId={ID}"

#: As the documentation shows a payment that has just been made.
PENDING = {
    "id": ID,
    "status": "pending",
    "paid": False,
    "amount": {"value": "1234.56", "currency": "RUB"},
    "confirmation": {"type": "redirect", "confirmation_url": PAGE},
    "created_at": "2026-11-22T08:30:45.129Z",
    "description": "Электроэнергия",
    "metadata": {"payment": "6f1e", "order": NUMBER},
    "recipient": {"account_id": "100500", "gateway_id": "100700"},
    "refundable": False,
    "test": False,
}

PAID = {
    **{key: PENDING[key] for key in PENDING if key != "confirmation"},
    "status": "succeeded",
    "paid": True,
    "captured_at": "2026-11-22T08:31:44.201Z",
    "income_amount": {"value": "1191.35", "currency": "RUB"},
    "refundable": True,
    "refunded_amount": {"value": "0.00", "currency": "RUB"},
    "receipt_registration": "succeeded",
    "payment_method": {
        "type": "bank_card",
        "id": ID,
        "saved": False,
        "card": {"first6": "555555", "last4": "4444", "card_type": "MasterCard"},
    },
}

REFUNDED = {
    "id": REFUND_ID,
    "status": "succeeded",
    "amount": {"value": "234.56", "currency": "RUB"},
    "created_at": "2026-11-23T14:53:18.017Z",
    "payment_id": ID,
    "description": "Оплачено дважды (6f1e7a5c0d0b)",
}

ERROR = {
    "type": "error",
    "id": "ab5a11cd-13cc-4e33-af8b-75a74e18dd09",
    "code": "invalid_request",
    "description": "Idempotence key duplicated",
    "parameter": "Idempotence-Key",
}


@pytest.fixture
def gateway(provider):
    return open_gateway(shop("yookassa", provider.url))


def test_a_payment_is_created_as_documented(provider, gateway):
    provider.replies = [answer(PENDING)]
    started = gateway.start(order(receipt=receipt(1000_00, 234_56)))
    assert (started.provider_id, started.pay_url) == (ID, PAGE)
    asked = provider.asked[0]
    assert (asked.method, asked.path, asked.query) == ("POST", "/api/payments", {})
    key = base64.b64encode(b"100500:test_secret-Key").decode()
    assert asked.headers["Authorization"] == f"Basic {key}"
    assert asked.headers["Idempotence-Key"] == str(KEY)
    assert asked.headers["Content-Type"] == "application/json"
    item = {
        "description": "Электроэнергия, счёт 460000123456",
        "quantity": "1.00",
        "vat_code": 11,
        "payment_subject": "service",
        "payment_mode": "full_payment",
    }
    assert asked.json == {
        "amount": {"value": "1234.56", "currency": "RUB"},
        "capture": True,
        "confirmation": {
            "type": "redirect",
            "return_url": "https://lk.example.ru/pay/6f1e",
        },
        "description": "Электроэнергия, лицевой счёт 460000123456",
        "metadata": {"payment": "6f1e", "accounts": "460000123456", "order": NUMBER},
        "payment_method_data": {"type": "bank_card"},
        "receipt": {
            "customer": {"email": "anna@example.ru"},
            "items": [
                {**item, "amount": {"value": "1000.00", "currency": "RUB"}},
                {**item, "amount": {"value": "234.56", "currency": "RUB"}},
            ],
            "tax_system_code": 1,
        },
    }


def test_sbp_is_asked_for_and_a_payment_without_a_receipt_has_none(provider, gateway):
    provider.replies = [answer(PENDING)]
    gateway.start(sbp())
    sent = provider.asked[0].json
    assert sent["payment_method_data"] == {"type": "sbp"}
    assert "receipt" not in sent


def test_the_tax_system_is_told_only_where_it_is_set(provider, gateway):
    provider.replies = [answer(PENDING)]
    gateway.start(order(receipt=receipt(1234_56, vat_code=12, tax_system=None)))
    sent = provider.asked[0].json["receipt"]
    assert "tax_system_code" not in sent
    assert sent["items"][0]["vat_code"] == 12


def test_a_shop_whose_receipts_are_made_elsewhere_sends_none(provider):
    gateway = open_gateway(shop("yookassa", provider.url, receipts=False))
    provider.replies = [answer(PENDING)]
    gateway.start(order(receipt=receipt(1234_56)))
    assert "receipt" not in provider.asked[0].json


def test_a_receipt_that_does_not_add_up_is_never_sent(provider, gateway):
    with pytest.raises(ValueError, match="add up"):
        gateway.start(order(receipt=receipt(1234_55)))
    assert provider.asked == []


@pytest.mark.parametrize(
    ("kopecks", "text"),
    [(1, "0.01"), (100, "1.00"), (10, "0.10"), (123456789, "1234567.89")],
)
def test_a_sum_is_sent_in_roubles_to_the_kopeck(provider, gateway, kopecks, text):
    amount = {"value": text, "currency": "RUB"}
    provider.replies = [answer({**PENDING, "amount": amount})]
    gateway.start(order(amount=Money(kopecks)))
    assert provider.asked[0].json["amount"] == amount


def test_a_repeated_call_finds_its_payment_paid(provider, gateway):
    provider.replies = [answer(PAID)]
    started = gateway.start(order())
    assert (started.provider_id, started.pay_url) == (ID, "")


def test_a_payment_canceled_at_once_is_refused_with_its_reason(provider, gateway):
    details = {"party": "payment_network", "reason": "insufficient_funds"}
    canceled = {**PENDING, "status": "canceled", "cancellation_details": details}
    provider.replies = [answer(canceled)]
    with pytest.raises(RefusedError) as refused:
        gateway.start(order())
    assert refused.value.code == "insufficient_funds"
    assert refused.value.reason is Reason.INSUFFICIENT_FUNDS


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 415])
def test_a_refusal_has_its_code_and_words(provider, gateway, status):
    provider.replies = [answer(ERROR, status)]
    with pytest.raises(RefusedError) as refused:
        gateway.start(order())
    assert refused.value.code == "invalid_request"
    assert refused.value.words == "Idempotence key duplicated"


@pytest.mark.parametrize(
    "change",
    [
        {"status": "on_hold"},
        {"status": None},
        {"id": "../refunds"},
        {"id": True},
        {"confirmation": None},
        {"confirmation": "https://yoomoney.ru"},
        {"amount": None},
        {"amount": {"value": "1234.57", "currency": "RUB"}},
        {"amount": {"value": "1234.56", "currency": "USD"}},
        {"amount": {"value": 1234.56, "currency": "RUB"}},
        {"amount": {"value": "1234.5", "currency": "RUB"}},
        {"amount": {"value": "1234,56", "currency": "RUB"}},
        {"amount": {"value": "-1234.56", "currency": "RUB"}},
        {"amount": {"value": "1.23456e3", "currency": "RUB"}},
        {"test": "no"},
        {"receipt_registration": "printing"},
    ],
)
def test_an_answer_of_another_shape_is_in_doubt(provider, gateway, change):
    provider.replies = [answer({**PENDING, **change})]
    with pytest.raises(UnclearError):
        gateway.start(order())


def test_a_paid_payment_is_read_whole(provider, gateway):
    provider.replies = [answer(PAID)]
    assert gateway.ask(ID) == SeenPayment(
        provider_id=ID,
        order=NUMBER,
        state=Seen.SUCCEEDED,
        amount=Money(1234_56),
        currency="RUB",
        fiscal=FiscalState.SUCCEEDED,
        paid_at=datetime(2026, 11, 22, 8, 31, 44, 201000, tzinfo=UTC),
        sent=PAID["metadata"],
    )
    asked = provider.asked[0]
    assert (asked.method, asked.path, asked.query) == ("GET", f"/api/payments/{ID}", {})
    assert asked.headers["Authorization"].startswith("Basic ")
    assert asked.body == b""


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("pending", Seen.PENDING),
        ("waiting_for_capture", Seen.WAITING),
        ("succeeded", Seen.SUCCEEDED),
        ("canceled", Seen.CANCELED),
    ],
)
def test_each_state_is_known(provider, gateway, word, state):
    provider.replies = [answer({**PAID, "status": word})]
    assert gateway.ask(ID).state is state


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("3d_secure_failed", Reason.THREE_D_SECURE_FAILED),
        ("call_issuer", Reason.CALL_ISSUER),
        ("canceled_by_merchant", Reason.CANCELED_BY_MERCHANT),
        ("card_expired", Reason.CARD_EXPIRED),
        ("country_forbidden", Reason.COUNTRY_FORBIDDEN),
        ("expired_on_capture", Reason.TIME_IS_OVER),
        ("expired_on_confirmation", Reason.TIME_IS_OVER),
        ("fraud_suspected", Reason.FRAUD_SUSPECTED),
        ("general_decline", Reason.GENERAL_DECLINE),
        ("identification_required", Reason.IDENTIFICATION_REQUIRED),
        ("insufficient_funds", Reason.INSUFFICIENT_FUNDS),
        ("internal_timeout", Reason.GENERAL_DECLINE),
        ("invalid_card_number", Reason.INVALID_CARD),
        ("invalid_csc", Reason.INVALID_CARD),
        ("issuer_unavailable", Reason.ISSUER_UNAVAILABLE),
        ("payment_method_limit_exceeded", Reason.LIMIT_EXCEEDED),
        ("payment_method_restricted", Reason.METHOD_RESTRICTED),
        ("permission_revoked", Reason.CANCELED_BY_CUSTOMER),
        ("something_of_tomorrow", Reason.UNKNOWN),
    ],
)
def test_each_reason_of_a_refusal_is_told(provider, gateway, word, reason):
    details = {"party": "yoo_money", "reason": word}
    canceled = {**PENDING, "status": "canceled", "cancellation_details": details}
    provider.replies = [answer(canceled)]
    assert gateway.ask(ID).reason is reason


def test_a_refunded_part_a_test_and_another_currency_are_told(provider, gateway):
    changed = {
        "refunded_amount": {"value": "34.56", "currency": "RUB"},
        "amount": {"value": "1234.56", "currency": "USD"},
        "test": True,
    }
    provider.replies = [answer({**PAID, **changed})]
    seen = gateway.ask(ID)
    assert (seen.refunded, seen.currency, seen.is_test) == (Money(34_56), "USD", True)


def test_an_unknown_payment_is_none_and_another_one_is_in_doubt(provider, gateway):
    provider.replies = [answer({**ERROR, "code": "not_found"}, 404), answer(PAID)]
    assert gateway.ask(ID) is None
    with pytest.raises(UnclearError):
        gateway.ask(REFUND_ID)


def test_a_404_of_somebody_else_is_in_doubt(provider, gateway):
    provider.replies = [answer(b"<h1>nginx</h1>", 404)]
    with pytest.raises(UnclearError):
        gateway.ask(ID)


def test_no_id_leads_to_another_address(provider, gateway):
    with pytest.raises(RefusedError):
        gateway.ask("../refunds/1?x=")
    assert provider.asked == []


def test_the_register_is_the_moscow_day_page_by_page(provider, gateway):
    second = {**PAID, "id": REFUND_ID}
    provider.replies = [
        answer({"type": "list", "items": [PAID], "next_cursor": "37a5c87d"}),
        answer({"type": "list", "items": [second]}),
    ]
    seen = list(gateway.register(date(2026, 11, 22)))
    assert [one.provider_id for one in seen] == [ID, REFUND_ID]
    between = {
        "created_at.gte": "2026-11-21T21:00:00.000Z",
        "created_at.lt": "2026-11-22T21:00:00.000Z",
        "limit": "100",
    }
    assert [one.path for one in provider.asked] == ["/api/payments"] * 2
    assert provider.asked[0].query == between
    assert provider.asked[1].query == {**between, "cursor": "37a5c87d"}


def test_a_register_that_goes_round_is_in_doubt(provider, gateway):
    page = answer({"type": "list", "items": [], "next_cursor": "same"})
    provider.replies = [page, page]
    with pytest.raises(UnclearError):
        list(gateway.register(date(2026, 11, 22)))


@pytest.mark.parametrize("kind", ["error", None, 5])
def test_a_list_of_another_kind_is_in_doubt(provider, gateway, kind):
    provider.replies = [answer({"type": kind, "items": []})]
    with pytest.raises(UnclearError):
        list(gateway.register(date(2026, 11, 22)))


def test_a_list_without_an_end_is_in_doubt(provider, gateway, monkeypatch):
    monkeypatch.setattr("cabinet.gateways.yookassa.client.MOST_PAGES", 3)
    provider.replies = [
        answer({"type": "list", "items": [PAID], "next_cursor": str(count)})
        for count in range(4)
    ]
    with pytest.raises(UnclearError):
        list(gateway.register(date(2026, 11, 22)))
    assert len(provider.asked) == 3


def test_a_payment_is_found_by_our_number_in_its_metadata(provider, gateway):
    other = {**PAID, "id": REFUND_ID, "metadata": {"order": "another"}}
    strange = {"id": "x", "status": "of another shop's site"}
    page = answer({"type": "list", "items": [other, strange, PAID]})
    provider.replies = [page, page]
    sent_at = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
    assert gateway.find(NUMBER, sent_at).provider_id == ID
    assert provider.asked[0].query == {
        "created_at.gte": "2026-11-22T07:30:00.000Z",
        "created_at.lt": "2026-11-23T07:30:00.000Z",
        "limit": "100",
    }
    assert gateway.find("none-such") is None
    assert provider.asked[1].query == {"limit": "100"}


def test_a_refund_is_asked_for_as_documented(provider, gateway):
    provider.replies = [answer(REFUNDED)]
    made = gateway.refund(refund(ID, receipt=receipt(234_56)))
    assert (made.provider_id, made.state, made.amount) == (
        REFUND_ID,
        Seen.SUCCEEDED,
        Money(234_56),
    )
    asked = provider.asked[0]
    assert (asked.method, asked.path) == ("POST", "/api/refunds")
    assert asked.headers["Idempotence-Key"] == str(KEY)
    assert asked.json == {
        "payment_id": ID,
        "amount": {"value": "234.56", "currency": "RUB"},
        "description": "Оплачено дважды (6f1e7a5c0d0b)",
        "receipt": {
            "customer": {"email": "anna@example.ru"},
            "items": [
                {
                    "description": "Электроэнергия, счёт 460000123456",
                    "quantity": "1.00",
                    "amount": {"value": "234.56", "currency": "RUB"},
                    "vat_code": 11,
                    "payment_subject": "service",
                    "payment_mode": "full_payment",
                }
            ],
            "tax_system_code": 1,
        },
    }


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("pending", Seen.PENDING),
        ("succeeded", Seen.SUCCEEDED),
        ("canceled", Seen.CANCELED),
    ],
)
def test_each_state_of_a_refund_is_known(provider, gateway, word, state):
    provider.replies = [answer({**REFUNDED, "status": word})]
    assert gateway.ask_refund(refund(ID), REFUND_ID).state is state
    assert provider.asked[0].path == f"/api/refunds/{REFUND_ID}"


@pytest.mark.parametrize(
    "change",
    [
        {"status": "on_hold"},
        {"payment_id": REFUND_ID},
        {"amount": {"value": "234.57", "currency": "RUB"}},
        {"amount": {"value": "234.56", "currency": "EUR"}},
        {"id": ""},
    ],
)
def test_a_refund_of_another_shape_is_in_doubt(provider, gateway, change):
    provider.replies = [answer({**REFUNDED, **change})]
    with pytest.raises(UnclearError):
        gateway.refund(refund(ID))


def test_the_refunds_since_a_moment_say_whose_share_went_back(provider, gateway):
    of_one = {**REFUNDED, "description": "Дважды (460000123456, 6f1e7a5c0d0b)"}
    by_hand = {**REFUNDED, "id": ID, "description": "Возврат (по звонку)"}
    provider.replies = [answer({"type": "list", "items": [of_one, by_hand]})]
    since = datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert list(gateway.refunds(since)) == [
        ListedRefund(
            provider_id=REFUND_ID,
            payment_id=ID,
            amount=Money(234_56),
            key="6f1e7a5c0d0b",
            account="460000123456",
        ),
        ListedRefund(
            provider_id=ID, payment_id=ID, amount=Money(234_56), key="", account=""
        ),
    ]
    assert provider.asked[0].path == "/api/refunds"
    assert provider.asked[0].query == {
        "created_at.gte": "2026-11-22T09:00:00.000Z",
        "status": "succeeded",
        "limit": "100",
    }


@pytest.mark.parametrize(
    "change",
    [{"status": "pending"}, {"amount": {"value": "234.56", "currency": "EUR"}}],
)
def test_a_list_of_refunds_of_another_shape_is_in_doubt(provider, gateway, change):
    provider.replies = [answer({"type": "list", "items": [{**REFUNDED, **change}]})]
    with pytest.raises(UnclearError):
        list(gateway.refunds(datetime(2026, 11, 22, tzinfo=UTC)))


def test_a_refund_says_whose_share_it_is(provider, gateway):
    provider.replies = [answer(REFUNDED)]
    gateway.refund(replace(refund(ID), account="460000123456"))
    assert provider.asked[0].json["description"] == (
        "Оплачено дважды (460000123456, 6f1e7a5c0d0b)"
    )


def test_a_refund_whose_id_was_lost_is_found_by_its_mark(provider, gateway):
    twin = {**REFUNDED, "id": ID, "description": "Оплачено дважды (000000000000)"}
    provider.replies = [
        answer({"type": "list", "items": [twin, REFUNDED]}),
        answer({"type": "list", "items": [twin]}),
        answer({**ERROR, "code": "not_found"}, 404),
    ]
    assert gateway.ask_refund(refund(ID), "").provider_id == REFUND_ID
    assert provider.asked[0].path == "/api/refunds"
    assert provider.asked[0].query == {"payment_id": ID, "limit": "100"}
    assert gateway.ask_refund(refund(ID), "") is None
    assert gateway.ask_refund(refund(ID), REFUND_ID) is None


NOTICE = b"""{"type": "notification", "event": "payment.succeeded", "object":
 {"id": "23d93cac-000f-5000-8000-126628f15141", "status": "succeeded",
  "metadata": {"order": "41-6f1e7a5c0d0b-1"}}}"""
REFUND_NOTICE = b"""{"type": "notification", "event": "refund.succeeded", "object":
 {"id": "216749f7-0016-50be-b000-078d43a63ae4", "status": "succeeded",
  "payment_id": "23d93cac-000f-5000-8000-126628f15141"}}"""


@pytest.mark.parametrize(
    "address",
    [
        "185.71.76.1",
        "185.71.77.31",
        "77.75.153.127",
        "77.75.156.11",
        "77.75.156.35",
        "77.75.154.255",
        "2a02:5180:0:1509::1",
        "::ffff:185.71.76.1",
    ],
)
def test_a_notice_is_known_by_its_address(address):
    gateway = open_gateway(
        shop("yookassa", "https://api.example/", networks=YOOKASSA_NETWORKS)
    )
    where = ip_address(address)
    assert gateway.read_notice(NOTICE, {}, {}, where) == Notice(
        provider_id=ID, order=NUMBER, event="payment.succeeded"
    )
    assert gateway.read_notice(REFUND_NOTICE, {}, {}, where) == Notice(
        provider_id=ID, order="", event="refund.succeeded"
    )


@pytest.mark.parametrize(
    "address", ["185.71.76.32", "77.75.156.12", "127.0.0.1", "2a02:5181::1", None]
)
def test_a_notice_from_elsewhere_is_not_ours(address):
    gateway = open_gateway(
        shop("yookassa", "https://api.example/", networks=YOOKASSA_NETWORKS)
    )
    with pytest.raises(NotOursError):
        gateway.read_notice(NOTICE, {}, {}, address and ip_address(address))


def test_with_no_networks_a_notice_may_come_from_anywhere(gateway):
    assert gateway.read_notice(NOTICE, {}, {}, None).provider_id == ID


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        NOTICE.replace(b"notification", b"advertisement"),
        NOTICE.replace(b"23d93cac-", b"../../"),
        NOTICE.replace(b'"event"', b'"evil"'),
        REFUND_NOTICE.replace(b"payment_id", b"payment"),
        b'{"type": "notification", "event": "payment.succeeded", "object": []}',
    ],
)
def test_a_notice_that_cannot_be_read_is_told(gateway, body):
    with pytest.raises(ValueError):  # noqa: PT011 - any of them
        gateway.read_notice(body, {}, {}, None)


def test_calls_are_repeated_by_their_key(gateway):
    assert gateway.repeats_by_key
    assert gateway.page_lasts == timedelta(hours=1)
    assert gateway.notice_answer == ""
