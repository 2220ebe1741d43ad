"""Sberbank: what is sent is what its documentation shows, what comes is read exactly."""

import json
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cabinet.config.bank_key import NotRsaError
from cabinet.domain.money import Money
from cabinet.domain.payments.seen import Reason, Seen, SeenPayment, SeenRefund
from cabinet.gateways import open_gateway
from cabinet.gateways.base import Notice, NotOursError, RefusedError, UnclearError
from tests.gateways.provider import NUMBER, answer, order, receipt, refund, sbp, shop

ID = "70906e55-7114-41d6-8332-4609dc6590f4"
PAGE = (
    "https://securepayments.sberbank.ru/payment/merchants/energo/payment_ru.html"
    f"?mdOrder={ID}"
)
REGISTERED = {"orderId": ID, "formUrl": PAGE}

#: As the documentation shows a paid order.
PAID = {
    "errorCode": "0",
    "errorMessage": "Успешно",
    "orderNumber": NUMBER,
    "orderStatus": 2,
    "actionCode": 0,
    "actionCodeDescription": "",
    "amount": 123456,
    "currency": "643",
    "date": 1795336245129,
    "orderDescription": "Электроэнергия",
    "ip": "212.5.125.194",
    "merchantOrderParams": [{"name": "payment", "value": "6f1e"}],
    "attributes": [{"name": "mdOrder", "value": ID}],
    "cardAuthInfo": {"expiration": "202712", "pan": "555555XXXXXX4444"},
    "authDateTime": 1795336304201,
    "terminalId": "111113",
    "authRefNum": "111111111111",
    "paymentAmountInfo": {
        "paymentState": "DEPOSITED",
        "approvedAmount": 123456,
        "depositedAmount": 123456,
        "refundedAmount": 0,
    },
    "bankInfo": {"bankCountryName": "Россия"},
}

#: The two examples of symmetric and the two of asymmetric checksums that the gateway's
#: maker, BPC, publishes with its documentation of callbacks.
HMAC_KEY = "ooc7slpvc61k7sf7ma7p4hrefr"
HMAC_NOTICE = {
    "checksum": "EAF2FB72CAB99FD5067F4BA493DD84F4D79C1589FDE8ED29622F0F07215AA972",
    "mdOrder": "06cf5599-3f17-7c86-bdbc-bd7d00a8b38b",
    "operation": "approved",
    "orderNumber": "2003",
    "status": "1",
}
RSA_CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIICcTCCAdqgAwIBAgIGAWAnZt3aMA0GCSqGSIb3DQEBCwUAMHwxIDAeBgkqhkiG9w0BCQEWEWt6
bnRlc3RAeWFuZGV4LnJ1MQswCQYDVQQGEwJSVTESMBAGA1UECBMJVGF0YXJzdGFuMQ4wDAYDVQQH
EwVLYXphbjEMMAoGA1UEChMDUkJTMQswCQYDVQQLEwJRQTEMMAoGA1UEAxMDUkJTMB4XDTE3MTIw
NTE2MDEyMFoXDTE4MTIwNTE2MDExOVowfDEgMB4GCSqGSIb3DQEJARYRa3pudGVzdEB5YW5kZXgu
cnUxCzAJBgNVBAYTAlJVMRIwEAYDVQQIEwlUYXRhcnN0YW4xDjAMBgNVBAcTBUthemFuMQwwCgYD
VQQKEwNSQlMxCzAJBgNVBAsTAlFBMQwwCgYDVQQDEwNSQlMwgZ8wDQYJKoZIhvcNAQEBBQADgY0A
MIGJAoGBAJNgxgtWRFe8zhF6FE1C8s1t/dnnC8qzNN+uuUOQ3hBx1CHKQTEtZFTiCbNLMNkgWtJ/
CRBBiFXQbyza0/Ks7FRgSD52qFYUV05zRjLLoEyzG6LAfihJwTEPddNxBNvCxqdBeVdDThG81zC0
DiAhMeSwvcPCtejaDDSEYcQBLLhDAgMBAAEwDQYJKoZIhvcNAQELBQADgYEAfRP54xwuGLW/Cg08
ar6YqhdFNGq5TgXMBvQGQfRvL7W6oH67PcvzgvzN8XCL56dcpB7S8ek6NGYfPQ4K2zhgxhxpFEDH
PcgU4vswnhhWbGVMoVgmTA0hEkwq86CA5ZXJkJm6f3E/J6lYoPQaKatKF24706T6iH2htG4Bkjre
gUA=
-----END CERTIFICATE-----
"""
RSA_NOTICE = {
    "amount": "35000099",
    "sign_alias": "SHA-256 with RSA",
    "checksum": (
        "163BD9FAE437B5DCDAAC4EB5ECEE5E533DAC7BD2C8947B0719F7A8BD17C101EB"
        "DBEACDB295C10BF041E903AF3FF1E6101FF7DB9BD024C6272912D86382090D5A"
        "7614E174DC034EBBB541435C80869CEED1F1E1710B71D6EE7F52AE354505A83A"
        "1E279FBA02572DC4661C1D75ABF5A7130B70306CAFA69DABC2F6200A698198F8"
    ),
    "mdOrder": "12b59da8-f68f-7c8d-12b5-9da8000826ea",
    "operation": "deposited",
    "status": "1",
}
RSA_KEY = """-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAwtuGKbQ4WmfdV1gjWWys
5jyHKTWXnxX3zVa5/Cx5aKwJpOsjrXnHh6l8bOPQ6Sgj3iSeKJ9plZ3i7rPjkfmw
qUOJ1eLU5NvGkVjOgyi11aUKgEKwS5Iq5HZvXmPLzu+U22EUCTQwjBqnE/Wf0hnI
wYABDgc0fJeJJAHYHMBcJXTuxF8DmDf4DpbLrQ2bpGaCPKcX+04POS4zVLVCHF6N
6gYtM7U2QXYcTMTGsAvmIqSj1vddGwvNGeeUVoPbo6enMBbvZgjN5p6j3ItTziMb
Vba3m/u7bU1dOG2/79UpGAGR10qEFHiOqS6WpO7CuIR2tL9EznXRc7D9JZKwGfoY
/QIDAQAB
-----END PUBLIC KEY-----
"""
RSA_KEY_NOTICE = {
    "amount": "35000099",
    "checksum": (
        "9524FD765FB1BABFB1F42E4BC6EF5A4B07BAA3F9C809098ACBB462618A932753"
        "9F975FEDB4CF6EC1556FF88BA74774342AF4F5B51BA63903BE9647C670EBD962"
        "467282955BD1D57B16935C956864526810870CD32967845EBABE1C6565C03F94"
        "FF66907CEDB54669A1C74AC1AD6E39B67FA7EF6D305A007A474F03B80FD6C965"
        "656BEAA74E09BB1189F4B32E622C903DC52843C454B7ACF76D6F76324C27767D"
        "E2FF6E7217716C19C530CA7551DB58268CC815638C30F3BCA3270E1FD44F63C1"
        "4974B108E65C20638ECE2F2D752F32742FFC5077415102706FA5235D310D4948"
        "A780B08D1B75C8983F22F211DFCBF14435F262ADDA6A97BFEB6D332C3D51010B"
    ),
    "mdOrder": "12b59da8-f68f-7c8d-12b5-9da8000826ea",
    "operation": "deposited",
    "status": "1",
}


@pytest.fixture
def gateway(provider):
    return open_gateway(shop("sberbank", provider.url, provider_vat="14"))


@pytest.fixture
def signed(tmp_path):
    """Open a gateway whose notices carry a checksum."""

    def opened(secret="", text=""):
        path = None
        if text:
            path = tmp_path / "bank.pem"
            path.write_text(text)
        known = {"notice_secret": secret, "notice_certificate": path}
        return open_gateway(shop("sberbank", "https://bank.example/", **known))

    return opened


def test_an_order_is_registered_as_documented(provider, gateway):
    provider.replies = [answer(REGISTERED)]
    started = gateway.start(order(receipt=receipt(1000_00, 234_56)))
    assert (started.provider_id, started.pay_url) == (ID, PAGE)
    asked = provider.asked[0]
    assert (asked.method, asked.path, asked.query) == ("POST", "/api/register.do", {})
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    sent = asked.form
    bundle = json.loads(sent.pop("orderBundle"))
    assert json.loads(sent.pop("jsonParams")) == {
        "payment": "6f1e",
        "accounts": "460000123456",
    }
    assert sent == {
        "userName": "energo-api",
        "password": "p&ss=wörd",
        "orderNumber": NUMBER,
        "amount": "123456",
        "currency": "643",
        "returnUrl": "https://lk.example.ru/pay/6f1e",
        "failUrl": "https://lk.example.ru/pay/6f1e",
        "dynamicCallbackUrl": "https://lk.example.ru/webhooks/kursk",
        "description": "Электроэнергия, лицевой счёт 460000123456",
        "language": "ru",
        "sessionTimeoutSecs": "1200",
        "taxSystem": "0",
    }
    item = {
        "name": "Электроэнергия, счёт 460000123456",
        "quantity": {"value": 1, "measure": "шт"},
        "tax": {"taxType": "14"},
        "itemAttributes": {
            "attributes": [
                {"name": "paymentMethod", "value": "4"},
                {"name": "paymentObject", "value": "4"},
            ]
        },
    }
    money = [("1", 100000), ("2", 23456)]
    assert bundle == {
        "customerDetails": {"email": "anna@example.ru"},
        "cartItems": {
            "items": [
                {
                    **item,
                    "positionId": count,
                    "itemCode": count,
                    "itemAmount": kopecks,
                    "itemPrice": kopecks,
                }
                for count, kopecks in money
            ]
        },
    }


@pytest.mark.parametrize(
    ("vat_code", "tax"), [(1, "0"), (2, "1"), (3, "2"), (4, "6"), (5, "4"), (6, "7")]
)
def test_older_rates_have_the_banks_own_codes(provider, vat_code, tax):
    gateway = open_gateway(shop("sberbank", provider.url))
    provider.replies = [answer(REGISTERED)]
    gateway.start(order(receipt=receipt(1234_56, vat_code=vat_code, tax_system=None)))
    sent = provider.asked[0].form
    items = json.loads(sent["orderBundle"])["cartItems"]["items"]
    assert items[0]["tax"] == {"taxType": tax}
    assert "taxSystem" not in sent


def test_sbp_is_on_the_page_and_forbidden_letters_are_not_sent(provider, gateway):
    provider.replies = [answer(REGISTERED)]
    gateway.start(sbp(description="Счёт 100% + пени\r\nиюль"))
    sent = provider.asked[0].form
    assert sent["description"] == "Счёт 100    пени  июль"
    assert "orderBundle" not in sent


def test_a_receipt_that_does_not_add_up_is_never_sent(provider, gateway):
    with pytest.raises(ValueError, match="add up"):
        gateway.start(order(receipt=receipt(1234_55)))
    assert provider.asked == []


@pytest.mark.parametrize("code", ["3", 3, "4", "5", 5])
@pytest.mark.parametrize("status", [200, 400])
def test_an_error_is_a_refusal_even_with_200(provider, gateway, code, status):
    words = {"errorCode": code, "errorMessage": "Доступ запрещён"}
    provider.replies = [answer(words, status)]
    with pytest.raises(RefusedError) as refused:
        gateway.start(order())
    assert (refused.value.code, refused.value.words) == (str(code), "Доступ запрещён")


@pytest.mark.parametrize("code", ["1", 1, "7", 7])
def test_a_taken_number_and_a_fault_of_the_system_are_in_doubt(provider, gateway, code):
    provider.replies = [answer({"errorCode": code, "errorMessage": "…"})]
    with pytest.raises(UnclearError):
        gateway.start(order())


@pytest.mark.parametrize(
    "values",
    [
        {"orderId": ID},
        {"formUrl": PAGE},
        {**REGISTERED, "orderId": "../x"},
        {**REGISTERED, "errorCode": 0.5},
        {**REGISTERED, "errorCode": True},
    ],
)
def test_an_answer_of_another_shape_is_in_doubt(provider, gateway, values):
    provider.replies = [answer(values)]
    with pytest.raises(UnclearError):
        gateway.start(order())


@pytest.mark.parametrize("code", ["0", 0, None])
def test_no_error_is_zero_or_nothing(provider, gateway, code):
    provider.replies = [answer({**REGISTERED, "errorCode": code})]
    assert gateway.start(order()).provider_id == ID


def test_a_paid_order_is_read_whole(provider, gateway):
    provider.replies = [answer(PAID), answer(PAID)]
    paid = SeenPayment(
        provider_id=ID,
        order=NUMBER,
        state=Seen.SUCCEEDED,
        amount=Money(1234_56),
        currency="RUB",
        paid_at=datetime(2026, 11, 22, 8, 31, 44, 201000, tzinfo=UTC),
        sent={"payment": "6f1e"},
    )
    assert gateway.ask(ID) == paid
    assert gateway.find(NUMBER) == paid
    assert [one.path for one in provider.asked] == [
        "/api/getOrderStatusExtended.do"
    ] * 2
    keys = {"userName": "energo-api", "password": "p&ss=wörd", "language": "ru"}
    assert provider.asked[0].form == {**keys, "orderId": ID}
    assert provider.asked[1].form == {**keys, "orderNumber": NUMBER}


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (0, Seen.PENDING),
        (1, Seen.WAITING),
        (2, Seen.SUCCEEDED),
        (3, Seen.CANCELED),
        (4, Seen.SUCCEEDED),
        (5, Seen.PENDING),
        (6, Seen.CANCELED),
    ],
)
def test_each_state_is_known(provider, gateway, status, state):
    provider.replies = [answer({**PAID, "orderStatus": status})]
    assert gateway.ask(ID).state is state


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (3, 0, Reason.CANCELED_BY_MERCHANT),
        (6, -2007, Reason.TIME_IS_OVER),
        (6, -100, Reason.TIME_IS_OVER),
        (6, -2006, Reason.THREE_D_SECURE_FAILED),
        (6, -2011, Reason.THREE_D_SECURE_FAILED),
        (6, 101, Reason.CARD_EXPIRED),
        (6, 116, Reason.INSUFFICIENT_FUNDS),
        (6, 121, Reason.LIMIT_EXCEEDED),
        (6, 125, Reason.INVALID_CARD),
        (6, 71015, Reason.INVALID_CARD),
        (6, 107, Reason.CALL_ISSUER),
        (6, 120, Reason.METHOD_RESTRICTED),
        (6, 910, Reason.ISSUER_UNAVAILABLE),
        (6, -2001, Reason.FRAUD_SUSPECTED),
        (6, 5, Reason.GENERAL_DECLINE),
    ],
)
def test_each_reason_of_a_refusal_is_told(provider, gateway, status, code, reason):
    provider.replies = [answer({**PAID, "orderStatus": status, "actionCode": code})]
    assert gateway.ask(ID).reason is reason


def test_what_was_taken_and_given_back_is_told(provider, gateway):
    part = {**PAID["paymentAmountInfo"], "depositedAmount": 100000}
    back = {"paymentState": "REFUNDED", "depositedAmount": 0, "refundedAmount": 3456}
    provider.replies = [
        answer({**PAID, "paymentAmountInfo": part}),
        answer({**PAID, "orderStatus": 4, "paymentAmountInfo": back}),
        answer({**PAID, "currency": "840"}),
        answer({**PAID, "currency": 398}),
    ]
    assert gateway.ask(ID).amount == Money(1000_00)
    seen = gateway.ask(ID)
    assert (seen.amount, seen.refunded) == (Money(1234_56), Money(34_56))
    assert gateway.ask(ID).currency == "USD"
    assert gateway.ask(ID).currency == "398"


@pytest.mark.parametrize(
    "change",
    [
        {"orderStatus": 7},
        {"orderStatus": "2"},
        {"orderStatus": None},
        {"orderStatus": True},
        {"amount": 123456.0},
        {"amount": "123456"},
        {"amount": -1, "orderStatus": 0},
        {"orderNumber": None},
        {"orderNumber": {}},
        {"authDateTime": "yesterday"},
        {"authDateTime": 10**18},
        {"attributes": {}},
        {"attributes": [{"name": "mdOrder", "value": "../x"}]},
        {"attributes": [{"name": "mdOrder", "value": "0" * 36}]},
        {"paymentAmountInfo": {"paymentState": "DECLINED"}},
        {"paymentAmountInfo": {"depositedAmount": 1234.56}},
        {"paymentAmountInfo": {"refundedAmount": "0"}},
        {"errorCode": "7"},
    ],
)
def test_a_state_of_another_shape_is_in_doubt(provider, gateway, change):
    values = {**PAID, **change}
    if change in ({"amount": 123456.0}, {"amount": "123456"}):
        del values["paymentAmountInfo"]
    provider.replies = [answer(values)]
    with pytest.raises(UnclearError):
        gateway.ask(ID)


def test_a_refused_question_and_an_unknown_order(provider, gateway):
    unknown = {"errorCode": "6", "errorMessage": "Заказ не найден"}
    provider.replies = [
        answer(unknown),
        answer({**unknown, "errorCode": 6}),
        answer({**unknown, "errorCode": "5"}),
        answer({**PAID, "orderNumber": "another"}),
        answer({**PAID, "attributes": []}),
    ]
    assert gateway.ask(ID) is None
    assert gateway.find(NUMBER) is None
    with pytest.raises(RefusedError):
        gateway.ask(ID)
    with pytest.raises(UnclearError):
        gateway.find(NUMBER)
    with pytest.raises(UnclearError):
        gateway.find(NUMBER)


def listed(rows, page=0, total=2):
    return answer(
        {
            "errorCode": "0",
            "orderStatuses": rows,
            "totalCount": total,
            "page": page,
            "pageSize": 200,
        }
    )


def test_the_register_is_the_moscow_day_page_by_page(provider, gateway):
    params = [
        {"name": "accounts", "value": "460000123456"},
        {"name": "payment", "value": "6f1e"},
    ]
    second = {**PAID, "orderNumber": "42-1", "merchantOrderParams": params}
    provider.replies = [listed([PAID], total=201), listed([second], 1, 201)]
    seen = list(gateway.register(date(2026, 11, 22)))
    assert [one.order for one in seen] == [NUMBER, "42-1"]
    assert (seen[1].accounts, seen[1].sent["payment"]) == ("460000123456", "6f1e")
    assert [one.path for one in provider.asked] == [
        "/api/getLastOrdersForMerchants.do"
    ] * 2
    assert provider.asked[0].form == {
        "userName": "energo-api",
        "password": "p&ss=wörd",
        "from": "20261122000000",
        "to": "20261122235959",
        "page": "0",
        "size": "200",
        "transactionStates": "CREATED,APPROVED,DEPOSITED,DECLINED,REVERSED,REFUNDED",
        "merchants": "",
        "searchByCreatedDate": "true",
        "language": "ru",
    }
    assert provider.asked[1].form["page"] == "1"


def test_without_the_right_to_the_list_the_register_comes_as_a_file(provider, gateway):
    provider.replies = [answer({"errorCode": 5, "errorMessage": "Доступ запрещён"})]
    assert list(gateway.register(date(2026, 11, 22))) == []


@pytest.mark.parametrize(
    "second",
    [
        listed([], 1, 500),
        listed([PAID], 0, 500),
        answer({"errorCode": "7", "errorMessage": "Системная ошибка"}),
    ],
    ids=["it ends too early", "the first page again", "a fault"],
)
def test_a_list_that_does_not_end_is_in_doubt(provider, gateway, second):
    provider.replies = [listed([PAID], total=500), second]
    with pytest.raises(UnclearError):
        list(gateway.register(date(2026, 11, 22)))


def test_the_bank_repeats_no_list_of_refunds(provider, gateway):
    assert list(gateway.refunds(datetime(2026, 11, 22, tzinfo=UTC))) == []
    assert provider.asked == []


def test_what_is_sent_along_is_no_more_than_the_bank_takes(provider, gateway):
    provider.replies = [answer(REGISTERED)] * 2
    words = {"payment": "6f1e", "accounts": "4" * 500, "shares": "5" * 500}
    gateway.start(order(metadata=words))
    gateway.start(order(metadata={**words, "shares2": "6" * 500}))
    sent = [json.loads(one.form["jsonParams"]) for one in provider.asked]
    assert sent[0] == {"payment": "6f1e", "shares": "5" * 500}
    assert sent[1] == {"payment": "6f1e", "accounts": "4" * 500}
    assert all(len(one.form["jsonParams"]) <= 1024 for one in provider.asked)


def test_a_refund_is_asked_for_as_documented(provider, gateway):
    provider.replies = [answer({"errorCode": "0", "errorMessage": "Успешно"})]
    made = gateway.refund(refund(ID, receipt=receipt(234_56)))
    done = SeenRefund(provider_id="", state=Seen.SUCCEEDED, amount=Money(234_56))
    assert made == done
    asked = provider.asked[0]
    assert (asked.method, asked.path) == ("POST", "/api/refund.do")
    sent = asked.form
    items = json.loads(sent.pop("refundItems"))["items"]
    assert [(one["positionId"], one["itemAmount"]) for one in items] == [("1", 23456)]
    assert sent == {
        "userName": "energo-api",
        "password": "p&ss=wörd",
        "orderId": ID,
        "amount": "23456",
        "language": "ru",
    }


def test_a_refund_without_a_receipt_names_no_items(provider, gateway):
    provider.replies = [answer({"errorCode": 0})]
    gateway.refund(refund(ID))
    assert "refundItems" not in provider.asked[0].form


def test_a_refund_is_refused_or_in_doubt(provider, gateway):
    provider.replies = [
        answer({"errorCode": "5", "errorMessage": "Неверная сумма"}),
        answer({"errorCode": "7", "errorMessage": "Сумма возврата превышает…"}),
    ]
    with pytest.raises(RefusedError):
        gateway.refund(refund(ID))
    with pytest.raises(UnclearError):
        gateway.refund(refund(ID))


@pytest.mark.parametrize(
    ("before", "given_back", "is_done"),
    [(0, 0, False), (0, 23455, False), (0, 23456, True), (100, 23456, False)],
)
def test_a_refund_is_told_by_what_was_given_back(
    provider, gateway, before, given_back, is_done
):
    money = {"paymentState": "REFUNDED", "refundedAmount": given_back}
    provider.replies = [answer({**PAID, "orderStatus": 4, "paymentAmountInfo": money})]
    seen = gateway.ask_refund(refund(ID, refunded_before=Money(before)), "")
    assert (seen is not None) is is_done


def test_a_refund_of_an_unknown_order_is_none(provider, gateway):
    provider.replies = [answer({"errorCode": "6"})]
    assert gateway.ask_refund(refund(ID), "") is None


def test_the_published_symmetric_checksum_proves_its_notice(signed):
    expected = Notice(
        provider_id=HMAC_NOTICE["mdOrder"], order="2003", event="approved"
    )
    gateway = signed(HMAC_KEY)
    assert gateway.read_notice(b"", {}, HMAC_NOTICE, None) == expected
    body = urlencode(HMAC_NOTICE).encode()
    assert gateway.read_notice(body, {}, {}, None) == expected
    small = {**HMAC_NOTICE, "checksum": HMAC_NOTICE["checksum"].lower()}
    assert gateway.read_notice(b"", {}, small, None) == expected


@pytest.mark.parametrize(
    ("text", "notice"), [(RSA_CERTIFICATE, RSA_NOTICE), (RSA_KEY, RSA_KEY_NOTICE)]
)
def test_the_published_asymmetric_checksums_prove_their_notices(signed, text, notice):
    gateway = signed("", text)
    assert gateway.read_notice(b"", {}, notice, None) == Notice(
        provider_id=notice["mdOrder"], order="", event="deposited"
    )
    both = signed(HMAC_KEY, text)
    assert both.read_notice(b"", {}, notice, None).event == "deposited"
    assert both.read_notice(b"", {}, HMAC_NOTICE, None).event == "approved"


@pytest.mark.parametrize(
    ("secret", "text", "notice"),
    [
        (HMAC_KEY, "", HMAC_NOTICE),
        ("", RSA_CERTIFICATE, RSA_NOTICE),
        ("", RSA_KEY, RSA_KEY_NOTICE),
    ],
)
def test_a_changed_notice_is_not_ours(signed, secret, text, notice):
    gateway = signed(secret, text)
    wrong = [
        {**notice, key: notice[key] + "0"} for key in notice if key != "sign_alias"
    ]
    wrong += [
        {**notice, "amount": "1"},
        {**notice, "checksum": ""},
        {**notice, "checksum": "не число"},
        {key: notice[key] for key in notice if key != "checksum"},
    ]
    for one in wrong:
        with pytest.raises(NotOursError):
            gateway.read_notice(b"", {}, one, None)


def test_another_key_proves_nothing(signed):
    with pytest.raises(NotOursError):
        signed(HMAC_KEY + "x").read_notice(b"", {}, HMAC_NOTICE, None)


def test_without_a_key_a_notice_is_a_hint(gateway):
    hint = {"mdOrder": ID, "orderNumber": NUMBER, "operation": "deposited"}
    expected = Notice(provider_id=ID, order=NUMBER, event="deposited")
    assert gateway.read_notice(b"", {}, hint, None) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"mdOrder",
        b"operation=deposited",
        b"mdOrder=..%2Fx",
        b"mdOrder=a&mdOrder=b",
        b"mdOrder=%FF",
        b"mdOrder=\xff",
        b"mdOrder=a&orderNumber=" + b"9" * 65,
        b"&".join(b"a%d=1" % count for count in range(200)),
    ],
)
def test_a_notice_that_cannot_be_read_is_told(gateway, body):
    with pytest.raises(ValueError):  # noqa: PT011 - any of them
        gateway.read_notice(body, {}, {}, None)


def test_a_key_of_another_kind_stops_the_start(signed):
    with pytest.raises(ValueError):  # noqa: PT011 - the library's words
        signed("", "no certificate")
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    text = key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with pytest.raises(NotRsaError):
        signed("", text.decode())


def test_a_refusal_without_its_code_is_in_doubt(provider, gateway):
    provider.replies = [answer(REGISTERED, 400)]
    with pytest.raises(UnclearError):
        gateway.start(order())


def test_the_banks_id_stands_among_other_attributes(provider, gateway):
    attributes = [{"name": "other", "value": {}}, *PAID["attributes"]]
    provider.replies = [
        answer({**PAID, "attributes": attributes}),
        answer({**PAID, "attributes": None}),
    ]
    assert gateway.find(NUMBER).provider_id == ID
    assert gateway.ask(ID).provider_id == ID


def test_calls_are_not_repeated_by_a_key(gateway):
    assert not gateway.repeats_by_key
    assert gateway.page_lasts == timedelta(minutes=20)
    assert gateway.notice_answer == ""
