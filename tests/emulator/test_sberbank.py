"""Sberbank's interface (RBS) by its wiki: forms out, errors with 200."""

import json
import uuid

import pytest

from cabinet.emulator.cards import CARDS
from tests.emulator.running import SBERBANK, checksum, fetch, until

PLAIN = next(card for card in CARDS if card.deed == "pays").number


def register(bank, shop=None, call="register.do", **more):
    origin = shop.url if shop else "http://127.0.0.1:9"
    form = {
        "orderNumber": uuid.uuid4().hex[:20],
        "amount": "31240",
        "returnUrl": f"{origin}/back",
        "failUrl": f"{origin}/fail",
        "description": "Электроэнергия",
        "dynamicCallbackUrl": f"{origin}/webhooks/sber",
        **more,
    }
    return form, bank.sberbank(call, **{k: v for k, v in form.items() if v is not None})


def status(bank, made):
    return bank.sberbank("getOrderStatusExtended.do", orderId=made["orderId"])


def assert_refused(answer, code):
    assert str(answer["errorCode"]) == str(code), answer
    assert answer["errorMessage"]
    assert "orderId" not in answer


def test_a_new_order_is_what_the_documentation_shows(bank):
    form, made = register(bank, jsonParams='{"order":"41"}')
    assert set(made) == {"orderId", "formUrl"}
    assert uuid.UUID(made["orderId"])
    assert made["formUrl"].startswith(f"{bank.url}/pay/")
    seen = status(bank, made)
    assert str(seen["errorCode"]) == "0"
    assert seen["orderNumber"] == form["orderNumber"]
    assert seen["orderStatus"] == 0
    assert seen["actionCode"] == -100
    assert seen["amount"] == 31240
    assert seen["currency"] == "643"
    assert seen["orderDescription"] == "Электроэнергия"
    assert seen["merchantOrderParams"] == [{"name": "order", "value": "41"}]
    assert {"name": "mdOrder", "value": made["orderId"]} in seen["attributes"]
    money = seen["paymentAmountInfo"]
    assert money["paymentState"] == "CREATED"
    assert (money["approvedAmount"], money["depositedAmount"]) == (0, 0)
    assert money["refundedAmount"] == 0
    by_number = bank.sberbank(
        "getOrderStatusExtended.do", orderNumber=form["orderNumber"]
    )
    assert by_number == seen


def test_a_number_used_twice_is_refused(bank):
    form, _ = register(bank)
    _, again = register(bank, orderNumber=form["orderNumber"])
    assert_refused(again, 1)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"orderNumber": None}, 4),
        ({"orderNumber": ""}, 4),
        ({"orderNumber": "x" * 37}, 5),
        ({"amount": None}, 4),
        ({"amount": "31.24"}, 5),
        ({"amount": "0"}, 5),
        ({"amount": "-5"}, 5),
        ({"returnUrl": None}, 4),
        ({"currency": "999"}, 3),
        ({"sessionTimeoutSecs": "soon"}, 5),
        ({"jsonParams": "{"}, 5),
        ({"userName": "nobody"}, 5),
        ({"password": "wrong"}, 5),
        ({"description": "100 %"}, 5),
    ],
)
def test_a_wrong_field_is_refused_with_200(bank, change, code):
    _, made = register(bank, **change)
    assert_refused(made, code)


def test_an_order_that_is_not_there_is_not_found(bank):
    answer = bank.sberbank("getOrderStatusExtended.do", orderId=str(uuid.uuid4()))
    assert_refused(answer, 6)
    answer = bank.sberbank("getOrderStatusExtended.do", orderNumber="none-such")
    assert_refused(answer, 6)


def test_json_is_not_a_form(bank):
    answer = fetch(
        f"{bank.url}/sberbank/payment/rest/register.do",
        json.dumps(
            {"userName": SBERBANK.login, "password": SBERBANK.password}
        ).encode(),
        {"Content-Type": "application/json"},
    )
    assert answer.status == 200
    assert str(answer.json["errorCode"]) == "5"


def test_a_paid_order_tells_what_came_in(bank):
    _, made = register(bank)
    bank.pay(made["orderId"], PLAIN)
    seen = status(bank, made)
    assert (seen["orderStatus"], seen["actionCode"]) == (2, 0)
    assert seen["paymentAmountInfo"] == {
        "paymentState": "DEPOSITED",
        "approvedAmount": 31240,
        "depositedAmount": 31240,
        "refundedAmount": 0,
    }
    assert isinstance(seen["authDateTime"], int)
    pan = seen["cardAuthInfo"]["maskedPan"]
    assert pan.startswith(PLAIN[:6])
    assert pan.endswith(PLAIN[-4:])
    assert "*" in pan


def test_money_is_held_and_then_taken(bank):
    _, made = register(bank, call="registerPreAuth.do")
    assert_refused(bank.sberbank("deposit.do", orderId=made["orderId"], amount="0"), 7)
    bank.pay(made["orderId"], PLAIN)
    seen = status(bank, made)
    assert seen["orderStatus"] == 1
    assert seen["paymentAmountInfo"]["paymentState"] == "APPROVED"
    assert seen["paymentAmountInfo"]["approvedAmount"] == 31240
    assert seen["paymentAmountInfo"]["depositedAmount"] == 0
    done = bank.sberbank("deposit.do", orderId=made["orderId"], amount="30000")
    assert str(done["errorCode"]) == "0"
    seen = status(bank, made)
    assert seen["orderStatus"] == 2
    assert seen["paymentAmountInfo"]["depositedAmount"] == 30000


def test_money_is_held_and_then_let_go(bank):
    _, made = register(bank, call="registerPreAuth.do")
    bank.pay(made["orderId"], PLAIN)
    assert str(bank.sberbank("reverse.do", orderId=made["orderId"])["errorCode"]) == "0"
    seen = status(bank, made)
    assert seen["orderStatus"] == 3
    assert seen["paymentAmountInfo"]["paymentState"] == "REVERSED"


def test_an_unpaid_order_is_not_reversed(bank):
    _, made = register(bank)
    assert_refused(bank.sberbank("reverse.do", orderId=made["orderId"]), 7)


def test_an_unpaid_order_is_declined(bank):
    form, made = register(bank)
    answer = bank.sberbank("decline.do", orderId=made["orderId"])
    assert str(answer["errorCode"]) == "0"
    assert status(bank, made)["orderStatus"] == 6
    _, paid = register(bank)
    bank.pay(paid["orderId"], PLAIN)
    assert_refused(bank.sberbank("decline.do", orderId=paid["orderId"]), 7)
    assert form["orderNumber"]


def test_refunds_never_give_back_more_than_came(bank):
    _, made = register(bank)
    assert_refused(bank.sberbank("refund.do", orderId=made["orderId"], amount="1"), 7)
    bank.pay(made["orderId"], PLAIN)
    done = bank.sberbank("refund.do", orderId=made["orderId"], amount="10000")
    assert str(done["errorCode"]) == "0"
    seen = status(bank, made)
    assert seen["orderStatus"] == 4
    assert seen["paymentAmountInfo"]["paymentState"] == "REFUNDED"
    assert seen["paymentAmountInfo"]["refundedAmount"] == 10000
    assert_refused(
        bank.sberbank("refund.do", orderId=made["orderId"], amount="21241"), 7
    )
    bank.sberbank("refund.do", orderId=made["orderId"], amount="21240")
    assert status(bank, made)["paymentAmountInfo"]["refundedAmount"] == 31240


def test_an_order_lives_as_long_as_it_was_told(bank, shop):
    _, made = register(bank, shop, sessionTimeoutSecs="1")
    seen = until(lambda: (s := status(bank, made))["orderStatus"] == 6 and s)
    assert seen["actionCode"] == -2007
    told = shop.wait(1)[0].query
    assert (told["operation"], told["status"]) == ("declinedByTimeout", "1")


@pytest.mark.parametrize(
    "card", [one for one in CARDS if one.reason], ids=lambda card: card.reason
)
def test_a_refusal_tells_its_code(bank, card):
    _, made = register(bank)
    bank.pay(made["orderId"], card.number, "123456")
    seen = status(bank, made)
    assert seen["orderStatus"] == 6
    assert seen["actionCode"] not in {0, -100}
    assert seen["paymentAmountInfo"]["paymentState"] == "DECLINED"


def test_each_reason_has_a_code_of_its_own(bank):
    codes = {}
    for card in CARDS:
        if card.reason and card.reason != "internal_timeout":
            _, made = register(bank)
            bank.pay(made["orderId"], card.number, "123456")
            codes[card.reason] = status(bank, made)["actionCode"]
    assert len(set(codes.values())) == len(codes), codes


def test_a_callback_carries_a_checksum(bank, shop):
    form, made = register(bank, shop)
    bank.pay(made["orderId"], PLAIN)
    told = until(
        lambda: next(
            (t for t in shop.told if t.query["operation"] == "deposited"), None
        )
    )
    assert told.method == "GET"
    assert told.path == "/webhooks/sber"
    assert told.query["mdOrder"] == made["orderId"]
    assert told.query["orderNumber"] == form["orderNumber"]
    assert told.query["status"] == "1"
    assert told.query["checksum"] == checksum(told.query, SBERBANK.notice_secret)
    bank.sberbank("refund.do", orderId=made["orderId"], amount="1")
    told = until(
        lambda: next((t for t in shop.told if t.query["operation"] == "refunded"), None)
    )
    assert told.query["checksum"] == checksum(told.query, SBERBANK.notice_secret)


def test_the_documentations_checksum_is_ours_too():
    found = {
        "amount": "123456",
        "mdOrder": "3ff6962a-7dcc-4283-ab50-a6d7dd3386fe",
        "operation": "deposited",
        "orderNumber": "10747",
        "status": "1",
    }
    text = "amount;123456;mdOrder;3ff6962a-7dcc-4283-ab50-a6d7dd3386fe;operation;deposited;orderNumber;10747;status;1;"
    assert "".join(f"{k};{found[k]};" for k in sorted(found)) == text
    assert len(checksum(found, "yourSecretToken")) == 64
