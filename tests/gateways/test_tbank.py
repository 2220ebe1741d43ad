"""T-Bank: what is sent is what its documentation shows, what comes is read exactly."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from cabinet.domain.money import Money
from cabinet.domain.payments.seen import Reason, Seen, SeenPayment, SeenRefund
from cabinet.gateways import open_gateway
from cabinet.gateways.base import Notice, NotOursError, RefusedError, UnclearError
from cabinet.gateways.tbank.token import token
from tests.gateways.provider import (
    KEY,
    NUMBER,
    answer,
    hang,
    order,
    receipt,
    refund,
    sbp,
    shop,
    took,
)

PASSWORD = "11111111111111"
ID = "3093639567"
PAGE = "https://pay.tbank.ru/new/fU1ppgqa"
QR = "https://qr.nspk.ru/AS100001ORTF4GAF80KPJ53K186D9A3G?type=01&bank=100000000007"
STARTED = {
    "Success": True,
    "ErrorCode": "0",
    "TerminalKey": "MerchantTerminalKey",
    "Status": "NEW",
    "PaymentId": ID,
    "OrderId": NUMBER,
    "Amount": 123456,
    "PaymentURL": PAGE,
}
PAID = {
    **{key: STARTED[key] for key in STARTED if key != "PaymentURL"},
    "Status": "CONFIRMED",
    "Message": "OK",
}
ORDER = {
    "TerminalKey": "MerchantTerminalKey",
    "OrderId": NUMBER,
    "Success": True,
    "ErrorCode": "0",
    "Message": "OK",
    "Payments": [
        {
            "PaymentId": ID,
            "Amount": 123456,
            "Status": "CONFIRMED",
            "RRN": "323212324567",
            "Success": True,
            "ErrorCode": "0",
            "Message": "None",
        }
    ],
}
QR_MADE = {
    "Success": True,
    "ErrorCode": "0",
    "Message": "OK",
    "TerminalKey": "MerchantTerminalKey",
    "Data": QR,
    "OrderId": NUMBER,
    "PaymentId": int(ID),
}
CANCELED = {
    "TerminalKey": "MerchantTerminalKey",
    "Success": True,
    "Status": "PARTIAL_REFUNDED",
    "PaymentId": ID,
    "ErrorCode": "0",
    "OrderId": NUMBER,
    "OriginalAmount": 123456,
    "NewAmount": 100000,
}
REFUSED = {
    "Success": False,
    "ErrorCode": "204",
    "Message": "Неверный токен.",
    "Details": "Проверьте пару TerminalKey/SecretKey.",
}


@pytest.fixture
def gateway(provider):
    return open_gateway(shop("tbank", provider.url))


def signed(values):
    """The values with the token, as the documentation shows to make it."""
    return {**values, "Token": token(values, PASSWORD)}


def test_the_published_token_is_made():
    values = {
        "TerminalKey": "MerchantTerminalKey",
        "Amount": 19200,
        "OrderId": "00000",
        "Description": "Подарочная карта на 1000 рублей",
        "DATA": {"Phone": "+71234567890", "Email": "a@test.com"},
        "Receipt": {"Email": "a@test.ru", "Taxation": "osn", "Items": []},
        "Token": "what stood there before",
    }
    published = "72dd466f8ace0a37a1f740ce5fb78101712bc0665d91a8108c7c8a0ccd426db2"
    assert token(values, PASSWORD) == published


def test_yes_and_no_are_written_small_and_nothing_is_left_out():
    as_text = token({"Success": "true", "A": "false"}, "p")
    assert token({"Success": True, "A": False, "B": None, "C": []}, "p") == as_text


def test_a_payment_is_started_as_documented(provider, gateway):
    provider.replies = [answer(STARTED)]
    expires_at = datetime(2026, 11, 22, 9, 20, tzinfo=UTC)
    wanted = order(receipt=receipt(1000_00, 234_56), expires_at=expires_at)
    started = gateway.start(wanted)
    assert (started.provider_id, started.pay_url) == (ID, PAGE)
    asked = provider.asked[0]
    assert (asked.method, asked.path, asked.query) == ("POST", "/api/Init", {})
    assert asked.headers["Content-Type"] == "application/json"
    item = {
        "Name": "Электроэнергия, счёт 460000123456",
        "Quantity": 1,
        "PaymentMethod": "full_payment",
        "PaymentObject": "service",
        "Tax": "vat22",
    }
    known = {
        "TerminalKey": "MerchantTerminalKey",
        "Amount": 123456,
        "OrderId": NUMBER,
        "Description": "Электроэнергия, лицевой счёт 460000123456",
        "PayType": "O",
        "Language": "ru",
        "NotificationURL": "https://lk.example.ru/webhooks/kursk",
        "SuccessURL": "https://lk.example.ru/pay/6f1e",
        "FailURL": "https://lk.example.ru/pay/6f1e",
        "RedirectDueDate": "2026-11-22T12:20:00+03:00",
        "DATA": {"payment": "6f1e", "accounts": "460000123456"},
        "Receipt": {
            "Email": "anna@example.ru",
            "Taxation": "osn",
            "Items": [
                {**item, "Price": 100000, "Amount": 100000},
                {**item, "Price": 23456, "Amount": 23456},
            ],
        },
    }
    assert asked.json == signed(known)
    assert PASSWORD not in asked.body.decode()


def test_long_metadata_is_cut_as_the_bank_wants_it(provider, gateway):
    provider.replies = [answer(STARTED)]
    gateway.start(order(metadata={"accounts": "4" * 500}))
    sent = provider.asked[0].json
    assert sent["DATA"] == {"accounts": "4" * 100}
    assert "Receipt" not in sent
    assert "RedirectDueDate" not in sent


@pytest.mark.parametrize(
    ("vat_code", "tax", "system", "taxation"),
    [
        (1, "none", 2, "usn_income"),
        (2, "vat0", 3, "usn_income_outcome"),
        (3, "vat10", 4, "envd"),
        (4, "vat20", 5, "esn"),
        (5, "vat110", 6, "patent"),
        (6, "vat120", None, "osn"),
        (7, "vat5", 1, "osn"),
        (8, "vat7", 1, "osn"),
        (9, "vat105", 1, "osn"),
        (10, "vat107", 1, "osn"),
        (11, "vat22", 1, "osn"),
        (12, "vat122", 1, "osn"),
    ],
)
def test_each_rate_and_system_has_the_banks_word(
    provider, gateway, vat_code, tax, system, taxation
):
    provider.replies = [answer(STARTED)]
    wanted = receipt(1234_56, vat_code=vat_code, tax_system=system)
    gateway.start(order(receipt=wanted))
    sent = provider.asked[0].json["Receipt"]
    assert (sent["Items"][0]["Tax"], sent["Taxation"]) == (tax, taxation)


def test_a_receipt_that_does_not_add_up_is_never_sent(provider, gateway):
    with pytest.raises(ValueError, match="add up"):
        gateway.start(order(receipt=receipt(1234_55)))
    assert provider.asked == []


def test_sbp_gets_the_address_of_its_qr(provider, gateway):
    provider.replies = [answer(STARTED), answer(QR_MADE)]
    assert gateway.start(sbp()).pay_url == QR
    asked = provider.asked[1]
    assert (asked.method, asked.path) == ("POST", "/api/GetQr")
    known = {
        "TerminalKey": "MerchantTerminalKey",
        "PaymentId": ID,
        "DataType": "PAYLOAD",
    }
    assert asked.json == signed(known)


@pytest.mark.parametrize("fault", [answer(REFUSED), answer(b"", 500), answer({})])
def test_without_a_qr_sbp_is_on_the_page(provider, gateway, fault):
    provider.replies = [answer(STARTED), fault]
    assert gateway.start(sbp()).pay_url == PAGE


def test_a_payment_and_its_qr_share_the_time(provider):
    gateway = open_gateway(shop("tbank", provider.url, total_seconds=1.0))
    provider.replies = [
        lambda connection, is_over: (
            is_over.wait(0.6),
            connection.sendall(answer(STARTED)),
        ),
        hang,
    ]
    error, seconds = took(lambda: gateway.start(sbp()))
    assert error is None
    assert 0.9 < seconds < 1.4


def test_a_refusal_has_its_code_and_words(provider, gateway):
    provider.replies = [answer(REFUSED), answer(REFUSED, 400)]
    for _ in range(2):
        with pytest.raises(RefusedError) as refused:
            gateway.start(order())
        assert refused.value.code == "204"
        assert refused.value.words == (
            "Неверный токен. Проверьте пару TerminalKey/SecretKey."
        )


@pytest.mark.parametrize(
    "change",
    [
        {"Success": False, "ErrorCode": "8"},
        {"Success": False, "ErrorCode": "9999"},
        {"Success": False, "ErrorCode": "1096"},
        {"Success": False, "ErrorCode": None},
        {"ErrorCode": "1051"},
        {"Success": "true"},
        {"Success": None},
        {"Amount": 123457},
        {"Amount": 123456.0},
        {"Amount": "123456"},
        {"OrderId": "another"},
        {"PaymentId": "../x"},
        {"PaymentId": None},
        {"PaymentURL": None},
    ],
)
def test_an_answer_of_another_shape_is_in_doubt(provider, gateway, change):
    provider.replies = [answer({**STARTED, **change})]
    with pytest.raises(UnclearError):
        gateway.start(order())


def test_a_paid_payment_is_read_whole(provider, gateway):
    provider.replies = [answer(PAID), answer(ORDER)]
    paid = SeenPayment(
        provider_id=ID,
        order=NUMBER,
        state=Seen.SUCCEEDED,
        amount=Money(1234_56),
        currency="RUB",
    )
    assert gateway.ask(ID) == paid
    assert gateway.find(NUMBER) == paid
    key = {"TerminalKey": "MerchantTerminalKey"}
    assert [one.path for one in provider.asked] == ["/api/GetState", "/api/CheckOrder"]
    assert provider.asked[0].json == signed({**key, "PaymentId": ID})
    assert provider.asked[1].json == signed({**key, "OrderId": NUMBER})


def test_a_terminal_for_trials_is_told(provider):
    gateway = open_gateway(shop("tbank", provider.url, login="1737740259529DEMO"))
    provider.replies = [answer(PAID)]
    assert gateway.ask(ID).is_test


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("NEW", Seen.PENDING),
        ("FORM_SHOWED", Seen.PENDING),
        ("PREAUTHORIZING", Seen.PENDING),
        ("AUTHORIZING", Seen.PENDING),
        ("3DS_CHECKING", Seen.PENDING),
        ("3DS_CHECKED", Seen.PENDING),
        ("DS_CHECKING", Seen.PENDING),
        ("DS_CHECKED", Seen.PENDING),
        ("PAY_CHECKING", Seen.PENDING),
        ("AUTHORIZED", Seen.WAITING),
        ("CONFIRMING", Seen.WAITING),
        ("CONFIRM_CHECKING", Seen.WAITING),
        ("REVERSING", Seen.WAITING),
        ("PARTIAL_REVERSED", Seen.WAITING),
        ("CONFIRMED", Seen.SUCCEEDED),
        ("REFUNDING", Seen.SUCCEEDED),
        ("ASYNC_REFUNDING", Seen.SUCCEEDED),
        ("PARTIAL_REFUNDED", Seen.SUCCEEDED),
        ("REFUNDED", Seen.SUCCEEDED),
        ("CANCELED", Seen.CANCELED),
        ("DEADLINE_EXPIRED", Seen.CANCELED),
        ("ATTEMPTS_EXPIRED", Seen.CANCELED),
        ("AUTH_FAIL", Seen.CANCELED),
        ("REJECTED", Seen.CANCELED),
        ("REVERSED", Seen.CANCELED),
    ],
)
def test_each_state_is_known(provider, gateway, word, state):
    provider.replies = [answer({**PAID, "Status": word})]
    seen = gateway.ask(ID)
    assert seen.state is state
    assert seen.refunded == Money(1234_56 if word == "REFUNDED" else 0)
    is_given_back = {"REFUNDING", "ASYNC_REFUNDING", "REVERSED"}
    is_given_back |= {"PARTIAL_REFUNDED", "REFUNDED"}
    assert seen.is_rest == (word in is_given_back)


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        ("CANCELED", "0", Reason.CANCELED_BY_MERCHANT),
        ("REVERSED", "0", Reason.CANCELED_BY_MERCHANT),
        ("DEADLINE_EXPIRED", "0", Reason.TIME_IS_OVER),
        ("ATTEMPTS_EXPIRED", "0", Reason.LIMIT_EXCEEDED),
        ("AUTH_FAIL", "101", Reason.THREE_D_SECURE_FAILED),
        ("REJECTED", "1051", Reason.INSUFFICIENT_FUNDS),
        ("REJECTED", "1014", Reason.INVALID_CARD),
        ("REJECTED", "1054", Reason.CARD_EXPIRED),
        ("REJECTED", "1061", Reason.LIMIT_EXCEEDED),
        ("REJECTED", "1005", Reason.CALL_ISSUER),
        ("REJECTED", "1057", Reason.METHOD_RESTRICTED),
        ("REJECTED", "1059", Reason.FRAUD_SUSPECTED),
        ("REJECTED", "1091", Reason.ISSUER_UNAVAILABLE),
        ("REJECTED", "1030", Reason.GENERAL_DECLINE),
    ],
)
@pytest.mark.parametrize("is_success", [True, False])
def test_each_reason_of_a_refusal_is_told(
    provider, gateway, status, code, reason, is_success
):
    if not is_success and status not in {"REJECTED", "AUTH_FAIL"}:
        is_success = True
    told = {"Status": status, "ErrorCode": code, "Success": is_success}
    provider.replies = [answer({**PAID, **told})]
    assert gateway.ask(ID).reason is reason


@pytest.mark.parametrize(
    "change",
    [
        {"Status": "PARTIALLY_PAID"},
        {"Status": None},
        {"Status": 2},
        {"Amount": 1234.56},
        {"Amount": "123456"},
        {"Amount": None},
        {"Amount": True},
        {"PaymentId": "3093639568"},
        {"OrderId": None},
        {"Success": "yes"},
    ],
)
def test_a_state_of_another_shape_is_in_doubt(provider, gateway, change):
    provider.replies = [answer({**PAID, **change})]
    with pytest.raises(UnclearError):
        gateway.ask(ID)


def test_a_refused_question_and_an_unknown_payment(provider, gateway):
    unknown = {"Success": False, "ErrorCode": "255", "Message": "Не найден"}
    provider.replies = [
        answer(unknown),
        answer(unknown),
        answer({**ORDER, "Payments": []}),
        answer(REFUSED),
        answer(REFUSED),
        answer({**ORDER, "OrderId": "another"}),
        answer({**PAID}, 400),
    ]
    assert gateway.ask(ID) is None
    assert gateway.find(NUMBER) is None
    assert gateway.find(NUMBER) is None
    with pytest.raises(RefusedError):
        gateway.ask(ID)
    with pytest.raises(RefusedError):
        gateway.find(NUMBER)
    with pytest.raises(UnclearError):
        gateway.find(NUMBER)
    with pytest.raises(UnclearError):
        gateway.ask(ID)


def test_of_several_tries_the_paid_one_is_found(provider, gateway):
    failed = {"PaymentId": "1", "Amount": 123456, "Status": "REJECTED"}
    fresh = {"PaymentId": 2, "Amount": 123456, "Status": "NEW"}
    paid = ORDER["Payments"][0]
    provider.replies = [
        answer({**ORDER, "Payments": [failed, paid, fresh]}),
        answer({**ORDER, "Payments": [failed, fresh]}),
        answer({**ORDER, "Payments": [failed]}),
    ]
    assert gateway.find(NUMBER).provider_id == ID
    assert gateway.find(NUMBER).provider_id == "2"
    assert gateway.find(NUMBER).state is Seen.CANCELED


def test_the_register_comes_as_a_file(provider, gateway):
    assert list(gateway.register(date(2026, 11, 22))) == []
    assert list(gateway.refunds(datetime(2026, 11, 22, tzinfo=UTC))) == []
    assert provider.asked == []


def test_a_refund_is_asked_for_as_documented(provider, gateway):
    provider.replies = [answer(CANCELED)]
    made = gateway.refund(refund(ID, receipt=receipt(234_56)))
    done = SeenRefund(provider_id="", state=Seen.SUCCEEDED, amount=Money(234_56))
    assert made == done
    asked = provider.asked[0]
    assert (asked.method, asked.path) == ("POST", "/api/Cancel")
    known = {
        "TerminalKey": "MerchantTerminalKey",
        "PaymentId": ID,
        "Amount": 23456,
        "ExternalRequestId": str(KEY),
        "Receipt": {
            "Email": "anna@example.ru",
            "Taxation": "osn",
            "Items": [
                {
                    "Name": "Электроэнергия, счёт 460000123456",
                    "Price": 23456,
                    "Quantity": 1,
                    "Amount": 23456,
                    "PaymentMethod": "full_payment",
                    "PaymentObject": "service",
                    "Tax": "vat22",
                }
            ],
        },
    }
    assert asked.json == signed(known)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("REFUNDED", Seen.SUCCEEDED),
        ("PARTIAL_REFUNDED", Seen.SUCCEEDED),
        ("REVERSED", Seen.SUCCEEDED),
        ("REFUNDING", Seen.PENDING),
        ("ASYNC_REFUNDING", Seen.PENDING),
    ],
)
def test_each_state_of_a_refund_is_known(provider, gateway, word, state):
    provider.replies = [answer({**CANCELED, "Status": word})]
    assert gateway.refund(refund(ID)).state is state


@pytest.mark.parametrize(
    "change",
    [
        {"Status": "CONFIRMED"},
        {"Status": "HALF"},
        {"PaymentId": "1"},
        {"ErrorCode": "9999"},
        {"Success": False, "ErrorCode": "9999"},
    ],
)
def test_a_refund_of_another_shape_is_in_doubt(provider, gateway, change):
    provider.replies = [answer({**CANCELED, **change})]
    with pytest.raises(UnclearError):
        gateway.refund(refund(ID))


def test_a_refused_refund_is_told(provider, gateway):
    provider.replies = [answer(REFUSED)]
    with pytest.raises(RefusedError):
        gateway.refund(refund(ID))


@pytest.mark.parametrize(
    ("status", "left", "before", "state"),
    [
        ("CONFIRMED", 123456, 0, None),
        ("AUTHORIZED", 123456, 0, None),
        ("REFUNDED", 123456, 0, Seen.SUCCEEDED),
        ("REFUNDING", 123456, 0, Seen.PENDING),
        ("PARTIAL_REFUNDED", 123456, 0, Seen.SUCCEEDED),
        ("PARTIAL_REFUNDED", 100000, 0, Seen.SUCCEEDED),
        ("PARTIAL_REFUNDED", 100001, 0, None),
        ("PARTIAL_REFUNDED", 100000, 23456, None),
        ("PARTIAL_REFUNDED", 76544, 23456, Seen.SUCCEEDED),
    ],
)
def test_a_refund_is_told_by_the_payment(
    provider, gateway, status, left, before, state
):
    provider.replies = [answer({**PAID, "Status": status, "Amount": left})]
    seen = gateway.ask_refund(refund(ID, refunded_before=Money(before)), "")
    assert (seen and seen.state) is state


def test_a_refund_of_an_unknown_payment_is_none_and_of_an_odd_one_in_doubt(
    provider, gateway
):
    part = {**PAID, "Status": "PARTIAL_REFUNDED"}
    provider.replies = [
        answer({"Success": False, "ErrorCode": "255"}),
        answer({**PAID, "Status": "HALF"}),
        answer(part),
    ]
    assert gateway.ask_refund(refund(ID), "") is None
    with pytest.raises(UnclearError):
        gateway.ask_refund(refund(ID), "")
    with pytest.raises(UnclearError):
        gateway.ask_refund(refund(ID, refunded_before=Money(1)), "")


NOTICE = {
    "TerminalKey": "MerchantTerminalKey",
    "OrderId": NUMBER,
    "Success": True,
    "Status": "CONFIRMED",
    "PaymentId": int(ID),
    "ErrorCode": "0",
    "Amount": 123456,
    "CardId": 322264,
    "Pan": "430000******0777",
    "ExpDate": "1128",
    "Data": {"payment": "6f1e"},
}


def test_a_notice_with_its_token_is_proved(gateway):
    body = json.dumps(signed(NOTICE)).encode()
    assert gateway.read_notice(body, {}, {}, None) == Notice(
        provider_id=ID, order=NUMBER, event="CONFIRMED"
    )
    assert gateway.notice_answer == "OK"
    assert not gateway.repeats_by_key
    assert gateway.page_lasts == timedelta(minutes=20)


def test_a_number_counts_as_it_is_written(gateway):
    values = {**NOTICE, "Amount": "1234.50"}
    body = json.dumps(signed(values)).replace('"1234.50"', "1234.50").encode()
    assert gateway.read_notice(body, {}, {}, None).provider_id == ID


@pytest.mark.parametrize("key", [key for key in NOTICE if key != "Data"])
def test_a_changed_notice_is_not_ours(gateway, key):
    body = json.dumps({**signed(NOTICE), key: "1"}).encode()
    with pytest.raises(NotOursError):
        gateway.read_notice(body, {}, {}, None)


@pytest.mark.parametrize("told", [None, 5, "", "0" * 64, "ключ"])
def test_a_notice_without_its_token_is_not_ours(gateway, told):
    body = json.dumps({**NOTICE, "Token": told}).encode()
    with pytest.raises(NotOursError):
        gateway.read_notice(body, {}, {}, None)


@pytest.mark.parametrize(
    "change",
    [{"PaymentId": "../x"}, {"PaymentId": None}, {"Status": None}, {"OrderId": True}],
)
def test_a_proved_notice_of_another_shape_is_told(gateway, change):
    body = json.dumps(signed({**NOTICE, **change})).encode()
    with pytest.raises(ValueError):  # noqa: PT011 - any of them
        gateway.read_notice(body, {}, {}, None)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff", b'{"a":' * 100_000])
def test_a_notice_that_cannot_be_read_is_told(gateway, body):
    with pytest.raises(ValueError):  # noqa: PT011 - any of them
        gateway.read_notice(body, {}, {}, None)
