"""T-Bank's interface (eacq v2) by https://developer.tbank.ru/eacq."""

import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cabinet.emulator.cards import CARDS
from tests.emulator.running import TBANK, fetch, token, until

PLAIN = next(card for card in CARDS if card.deed == "pays").number


def init(bank, shop=None, **more):
    origin = shop.url if shop else "http://127.0.0.1:9"
    body = {
        "Amount": 31240,
        "OrderId": uuid.uuid4().hex[:20],
        "Description": "Электроэнергия",
        "PayType": "O",
        "NotificationURL": f"{origin}/webhooks/tbank",
        "SuccessURL": f"{origin}/back",
        "FailURL": f"{origin}/fail",
        "DATA": {"order": "41"},
        **more,
    }
    body = {key: value for key, value in body.items() if value is not None}
    return body, bank.tbank("Init", **body)


def state(bank, made):
    return bank.tbank("GetState", PaymentId=made["PaymentId"])


def assert_refused(answer, code=None):
    assert answer["Success"] is False, answer
    assert answer["ErrorCode"] != "0"
    assert answer["Message"]
    if code:
        assert answer["ErrorCode"] == code


def test_the_token_is_the_documentations():
    values = {
        "TerminalKey": "MerchantTerminalKey",
        "Amount": 19200,
        "OrderId": "00000",
        "Description": "Подарочная карта на 1000 рублей",
        "DATA": {"Phone": "+71234567890"},
        "Receipt": {"Email": "a@test.ru"},
    }
    expected = "72dd466f8ace0a37a1f740ce5fb78101712bc0665d91a8108c7c8a0ccd426db2"
    assert token(values, "11111111111111") == expected


def test_a_new_payment_is_what_the_documentation_shows(bank):
    body, made = init(bank)
    assert made["Success"] is True
    assert made["ErrorCode"] == "0"
    assert made["TerminalKey"] == TBANK.login
    assert made["Status"] == "NEW"
    assert isinstance(made["PaymentId"], str)
    assert made["PaymentId"].isdecimal()
    assert made["OrderId"] == body["OrderId"]
    assert made["Amount"] == 31240
    assert made["PaymentURL"].startswith(f"{bank.url}/pay/")
    seen = state(bank, made)
    assert (seen["Status"], seen["Amount"]) == ("NEW", 31240)
    assert seen["OrderId"] == body["OrderId"]


@pytest.mark.parametrize(
    "change",
    [
        {"Token": "0" * 64},
        {"Token": ""},
        {"TerminalKey": "Nobody"},
        {"Amount": None},
        {"Amount": "31240"},
        {"Amount": 312.4},
        {"Amount": True},
        {"Amount": 0},
        {"OrderId": None},
        {"OrderId": "x" * 51},
        {"Description": "x" * 141},
        {"RedirectDueDate": "tomorrow"},
        {"PayType": "X"},
        {"DATA": "yes"},
        {"NotificationURL": "nowhere"},
        {"Receipt": {"Items": []}},
        {"Ammount": 1},
    ],
    ids=str,
)
def test_a_wrong_field_is_refused(bank, change):
    _, made = init(bank, **change)
    assert_refused(made)


def test_a_tampered_sum_is_refused(bank):
    body, _ = init(bank)
    sent = {"TerminalKey": TBANK.login, **body}
    sent["Token"] = token(sent, TBANK.password)
    assert_refused(bank.tbank("Init", **{**sent, "Amount": 1}), "204")


def test_what_is_not_json_is_refused(bank):
    answer = fetch(f"{bank.url}/tbank/v2/Init", b"Amount=1")
    assert answer.json["Success"] is False


@pytest.mark.parametrize("call", ["GetState", "Confirm", "Cancel", "GetQr"])
def test_a_payment_that_is_not_there_is_not_found(bank, call):
    assert_refused(bank.tbank(call, PaymentId="123"))
    assert_refused(bank.tbank(call))


def test_an_order_that_is_not_there_is_not_found(bank):
    assert_refused(bank.tbank("CheckOrder", OrderId="none-such"))


def test_an_order_tells_its_payments(bank):
    body, made = init(bank)
    bank.pay(made["PaymentId"], PLAIN)
    found = bank.tbank("CheckOrder", OrderId=body["OrderId"])
    assert found["Success"] is True
    assert found["OrderId"] == body["OrderId"]
    assert [one["PaymentId"] for one in found["Payments"]] == [made["PaymentId"]]
    assert found["Payments"][0]["Status"] == "CONFIRMED"
    assert found["Payments"][0]["Amount"] == 31240


def test_a_paid_order_takes_no_second_payment(bank):
    body, made = init(bank)
    bank.pay(made["PaymentId"], PLAIN)
    _, again = init(bank, OrderId=body["OrderId"])
    assert_refused(again, "8")


def test_money_is_held_and_then_taken(bank):
    _, made = init(bank, PayType="T")
    assert_refused(bank.tbank("Confirm", PaymentId=made["PaymentId"]))
    bank.pay(made["PaymentId"], PLAIN)
    assert state(bank, made)["Status"] == "AUTHORIZED"
    assert bank.tbank("Confirm", PaymentId=made["PaymentId"])["Status"] == "CONFIRMED"


def test_money_is_held_and_then_let_go(bank):
    _, made = init(bank, PayType="T")
    bank.pay(made["PaymentId"], PLAIN)
    done = bank.tbank("Cancel", PaymentId=made["PaymentId"])
    assert done["Success"] is True
    assert done["Status"] == "REVERSED"
    assert (done["OriginalAmount"], done["NewAmount"]) == (31240, 0)
    assert state(bank, made)["Status"] == "REVERSED"


def test_an_unpaid_payment_is_canceled(bank):
    _, made = init(bank)
    assert bank.tbank("Cancel", PaymentId=made["PaymentId"])["Status"] == "CANCELED"
    assert state(bank, made)["Status"] == "CANCELED"


def test_refunds_never_give_back_more_than_came(bank):
    _, made = init(bank)
    bank.pay(made["PaymentId"], PLAIN)
    part = bank.tbank("Cancel", PaymentId=made["PaymentId"], Amount=10000)
    assert part["Status"] == "PARTIAL_REFUNDED"
    assert (part["OriginalAmount"], part["NewAmount"]) == (31240, 21240)
    assert_refused(bank.tbank("Cancel", PaymentId=made["PaymentId"], Amount=21241))
    rest = bank.tbank("Cancel", PaymentId=made["PaymentId"], Amount=21240)
    assert (rest["Status"], rest["NewAmount"]) == ("REFUNDED", 0)
    assert_refused(bank.tbank("Cancel", PaymentId=made["PaymentId"], Amount=1))


def test_a_refund_repeated_by_its_request_is_one(bank):
    _, made = init(bank)
    bank.pay(made["PaymentId"], PLAIN)
    for _ in range(3):
        done = bank.tbank(
            "Cancel", PaymentId=made["PaymentId"], Amount=100, ExternalRequestId="r1"
        )
        assert done["Success"] is True
        assert done["NewAmount"] == 31140


def test_a_page_closes_at_its_hour(bank, shop):
    past = datetime.fromisoformat("2026-11-21T12:00:00+03:00")
    _, made = init(bank, RedirectDueDate=past.isoformat())
    assert_refused(made)
    _, probe = init(bank)
    row = next(r for r in bank.state()["payments"] if r["id"] == probe["PaymentId"])
    now = datetime.fromisoformat(row["created_at"])
    due = (now + timedelta(seconds=2)).astimezone(ZoneInfo("Europe/Moscow"))
    _, made = init(bank, shop, RedirectDueDate=due.isoformat(timespec="seconds"))
    until(lambda: state(bank, made)["Status"] == "DEADLINE_EXPIRED")
    assert shop.wait(1)[0].json["Status"] == "DEADLINE_EXPIRED"


def test_the_link_of_sbp_pays(bank):
    _, made = init(bank)
    answer = bank.tbank("GetQr", PaymentId=made["PaymentId"], DataType="PAYLOAD")
    assert answer["Success"] is True
    assert answer["Data"].startswith(f"{bank.url}/")
    path = answer["Data"].removeprefix(bank.url)
    page = bank.submit(path)
    assert page.status == 303
    assert state(bank, made)["Status"] == "CONFIRMED"


@pytest.mark.parametrize(
    "card", [one for one in CARDS if one.reason], ids=lambda card: card.reason
)
def test_a_refusal_tells_its_code(bank, card):
    _, made = init(bank)
    bank.pay(made["PaymentId"], card.number, "123456")
    seen = state(bank, made)
    assert seen["Status"] in {"REJECTED", "AUTH_FAIL"}
    assert seen["ErrorCode"] != "0"


def test_both_notices_come_with_tokens(bank, shop):
    body, made = init(bank, shop)
    bank.pay(made["PaymentId"], PLAIN)
    told = [one.json for one in shop.wait(2)]
    assert {one["Status"] for one in told} == {"AUTHORIZED", "CONFIRMED"}
    for one in told:
        assert one["Token"] == token(one, TBANK.password)
        assert one["OrderId"] == body["OrderId"]
        assert one["PaymentId"] == int(made["PaymentId"])
        assert one["Amount"] == 31240
        assert one["Success"] is True
        assert one["ErrorCode"] == "0"
        assert one["TerminalKey"] == TBANK.login
        assert one["Pan"].startswith(PLAIN[:6])
        assert one["Pan"].endswith(PLAIN[-4:])
        assert len(one["ExpDate"]) == 4
        assert isinstance(one["CardId"], int)


def test_the_order_of_the_two_notices_is_not_promised(bank, shop):
    orders = set()
    for count in range(16):
        _, made = init(bank, shop)
        bank.pay(made["PaymentId"], PLAIN)
        told = [one.json["Status"] for one in shop.wait(2 * count + 2)[-2:]]
        orders.add(tuple(told))
        if len(orders) > 1:
            break
    assert orders == {("AUTHORIZED", "CONFIRMED"), ("CONFIRMED", "AUTHORIZED")}


def test_a_notice_comes_again_until_the_answer_is_ok(bank, shop):
    shop.replies += [(200, b"ok"), (200, b"OK\n"), (500, b"OK"), (200, b"")]
    init_body, made = init(bank, shop, PayType="T")
    bank.pay(made["PaymentId"], PLAIN)
    told = shop.wait(5)
    assert shop.quiet()
    assert [one.json["Status"] for one in told] == ["AUTHORIZED"] * 5
    assert init_body


def test_a_refund_is_told(bank, shop):
    _, made = init(bank, shop)
    bank.pay(made["PaymentId"], PLAIN)
    shop.wait(2)
    bank.tbank("Cancel", PaymentId=made["PaymentId"], Amount=100)
    told = shop.wait(3)[2].json
    assert told["Status"] == "PARTIAL_REFUNDED"
    assert told["Token"] == token(told, TBANK.password)
