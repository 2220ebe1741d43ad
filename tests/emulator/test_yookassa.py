"""YooKassa's interface as https://yookassa.ru/developers/api describes it."""

import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from cabinet.emulator.cards import CARDS
from tests.emulator.running import YOOKASSA

PLAIN = next(card for card in CARDS if card.deed == "pays").number
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def wanted(shop=None, **more):
    origin = shop.url if shop else "http://127.0.0.1:9"
    return {
        "amount": {"value": "312.40", "currency": "RUB"},
        "capture": True,
        "confirmation": {"type": "redirect", "return_url": f"{origin}/pay/done"},
        "description": "Электроэнергия",
        "metadata": {"order": "41-1"},
        **more,
    }


def create(bank, shop=None, key=None, **more):
    answer = bank.yookassa("payments", wanted(shop, **more), key or str(uuid.uuid4()))
    assert answer.status == 200, answer.text
    return answer.json


def read(bank, payment):
    answer = bank.yookassa(f"payments/{payment['id']}")
    assert answer.status == 200
    return answer.json


def refund(bank, payment, value, key=None):
    body = {"payment_id": payment["id"], "amount": {"value": value, "currency": "RUB"}}
    return bank.yookassa("refunds", body, key or str(uuid.uuid4()))


def assert_refused(answer, status, code, parameter=None):
    assert answer.status == status, answer.text
    error = answer.json
    assert error["type"] == "error"
    assert error["code"] == code
    assert uuid.UUID(error["id"])
    assert error["description"]
    if parameter:
        assert error["parameter"] == parameter


def test_a_new_payment_is_what_the_documentation_shows(bank):
    made = create(bank)
    assert uuid.UUID(made["id"])
    assert made["status"] == "pending"
    assert made["paid"] is False
    assert made["test"] is True
    assert made["amount"] == {"value": "312.40", "currency": "RUB"}
    assert made["metadata"] == {"order": "41-1"}
    assert made["description"] == "Электроэнергия"
    assert made["refundable"] is False
    assert made["confirmation"]["type"] == "redirect"
    assert made["confirmation"]["confirmation_url"].startswith(f"{bank.url}/pay/")
    assert MOMENT.fullmatch(made["created_at"])
    assert set(made["recipient"]) == {"account_id", "gateway_id"}
    assert made["recipient"]["account_id"] == YOOKASSA.login
    assert read(bank, made) == made


def test_a_paid_payment_tells_what_came_in(bank):
    made = create(bank)
    bank.pay(made["id"], PLAIN)
    paid = read(bank, made)
    assert (paid["status"], paid["paid"]) == ("succeeded", True)
    assert paid["refundable"] is True
    assert paid["refunded_amount"] == {"value": "0.00", "currency": "RUB"}
    assert float(paid["income_amount"]["value"]) < 312.40
    assert MOMENT.fullmatch(paid["captured_at"])
    assert "confirmation" not in paid
    method = paid["payment_method"]
    assert method["type"] == "bank_card"
    assert method["card"]["first6"] + method["card"]["last4"] == PLAIN[:6] + PLAIN[-4:]
    assert {"expiry_month", "expiry_year", "card_type"} <= set(method["card"])
    assert PLAIN not in str(paid)


def test_a_key_repeated_gets_the_first_answer(bank):
    key = str(uuid.uuid4())
    first = create(bank, key=key)
    bank.pay(first["id"], PLAIN)
    assert create(bank, key=key) == first


def test_a_key_with_another_body_is_refused(bank):
    key = str(uuid.uuid4())
    create(bank, key=key)
    other = wanted(amount={"value": "1.00", "currency": "RUB"})
    assert_refused(bank.yookassa("payments", other, key), 400, "invalid_request")


def test_a_key_used_at_once_from_many_sides_makes_one_payment(bank):
    key = str(uuid.uuid4())
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: create(bank, key=key)["id"], range(16)))
    assert len(set(made)) == 1


@pytest.mark.parametrize("key", [None, "", "x" * 65])
def test_a_payment_without_a_right_key_is_refused(bank, key):
    answer = bank.yookassa("payments", wanted(), key)
    assert_refused(answer, 400, "invalid_request", "Idempotence-Key")


@pytest.mark.parametrize(
    "auth", [("1", "wrong"), (YOOKASSA.login, "wrong"), ("1", YOOKASSA.password)]
)
def test_a_stranger_is_refused(bank, auth):
    answer = bank.yookassa("payments", wanted(), "k", auth=auth)
    assert_refused(answer, 401, "invalid_credentials")


@pytest.mark.parametrize(
    ("change", "parameter"),
    [
        ({"amount": None}, None),
        ({"amount": {"value": 312.4, "currency": "RUB"}}, "amount.value"),
        ({"amount": {"value": "312.405", "currency": "RUB"}}, "amount.value"),
        ({"amount": {"value": "-1.00", "currency": "RUB"}}, "amount.value"),
        ({"amount": {"value": "0.00", "currency": "RUB"}}, "amount.value"),
        ({"amount": {"value": "1.00", "currency": "USD"}}, "amount.currency"),
        ({"capture": "true"}, "capture"),
        ({"confirmation": {"type": "redirect"}}, "confirmation.return_url"),
        ({"confirmation": {"type": "magic"}}, "confirmation.type"),
        ({"description": "x" * 129}, "description"),
        ({"metadata": {str(n): "x" for n in range(17)}}, "metadata"),
        ({"metadata": {"k" * 33: "x"}}, None),
        ({"metadata": {"k": 5}}, None),
        ({"metadata": {"k": "x" * 513}}, None),
        ({"payment_method_data": {"type": "barter"}}, "payment_method_data.type"),
        ({"ammount": "1"}, "ammount"),
        ({"receipt": {"customer": {}, "items": []}}, None),
        ({"receipt": "yes"}, "receipt"),
    ],
)
def test_a_wrong_field_is_refused_by_name(bank, change, parameter):
    answer = bank.yookassa("payments", wanted(**change), str(uuid.uuid4()))
    assert_refused(answer, 400, "invalid_request", parameter)


def test_what_is_not_json_is_refused(bank):
    answer = bank.yookassa("payments", key="k1", raw=b"{")
    assert_refused(answer, 400, "invalid_request")


def test_what_is_not_there_is_not_found(bank):
    assert_refused(bank.yookassa(f"payments/{uuid.uuid4()}"), 404, "not_found")
    assert_refused(bank.yookassa("payments/not-an-id"), 404, "not_found")
    assert_refused(bank.yookassa(f"refunds/{uuid.uuid4()}"), 404, "not_found")


def receipt(*items):
    return {
        "customer": {"email": "a@example.org"},
        "items": [
            {
                "description": "Электроэнергия",
                "quantity": quantity,
                "amount": {"value": value, "currency": "RUB"},
                "vat_code": code,
                "payment_subject": "service",
                "payment_mode": "full_payment",
            }
            for quantity, value, code in items
        ],
    }


def test_a_receipt_is_registered_once_it_is_paid(bank):
    made = create(bank, receipt=receipt(("1.00", "300.00", 11), ("2", "6.20", 12)))
    assert made["receipt_registration"] == "pending"
    bank.pay(made["id"], PLAIN)
    assert read(bank, made)["receipt_registration"] in {"pending", "succeeded"}


@pytest.mark.parametrize(
    "items", [[("1", "312.39", 11)], [("1", "312.40", 13)], [("one", "312.40", 11)], []]
)
def test_a_receipt_that_does_not_fit_is_refused(bank, items):
    body = wanted(receipt=receipt(*items))
    answer = bank.yookassa("payments", body, str(uuid.uuid4()))
    assert_refused(answer, 400, "invalid_request")


def test_money_is_held_and_then_taken(bank):
    made = create(bank, capture=False)
    bank.pay(made["id"], PLAIN)
    held = read(bank, made)
    assert (held["status"], held["paid"]) == ("waiting_for_capture", True)
    assert MOMENT.fullmatch(held["expires_at"])
    answer = bank.yookassa(f"payments/{made['id']}/capture", {}, str(uuid.uuid4()))
    assert answer.json["status"] == "succeeded"


def test_money_is_held_and_then_let_go(bank):
    made = create(bank, capture=False)
    bank.pay(made["id"], PLAIN)
    answer = bank.yookassa(f"payments/{made['id']}/cancel", {}, str(uuid.uuid4()))
    assert answer.json["status"] == "canceled"
    assert answer.json["cancellation_details"] == {
        "party": "merchant",
        "reason": "canceled_by_merchant",
    }


def test_what_is_not_held_is_neither_taken_nor_let_go(bank):
    made = create(bank)
    for act in ("capture", "cancel"):
        answer = bank.yookassa(f"payments/{made['id']}/{act}", {}, str(uuid.uuid4()))
        assert_refused(answer, 400, "invalid_request")


@pytest.mark.parametrize(
    "card", [one for one in CARDS if one.reason], ids=lambda card: card.reason
)
def test_a_refusal_tells_its_reason(bank, card):
    made = create(bank)
    bank.pay(made["id"], card.number, "123456")
    seen = read(bank, made)
    assert seen["status"] == "canceled"
    assert seen["cancellation_details"]["reason"] == card.reason
    assert seen["cancellation_details"]["party"] in {"yoo_money", "payment_network"}


def test_refunds_never_give_back_more_than_came(bank):
    made = create(bank)
    assert_refused(refund(bank, made, "1.00"), 400, "invalid_request")
    bank.pay(made["id"], PLAIN)
    first = refund(bank, made, "100.00")
    assert first.status == 200
    assert first.json["status"] == "succeeded"
    assert first.json["payment_id"] == made["id"]
    assert MOMENT.fullmatch(first.json["created_at"])
    assert bank.yookassa(f"refunds/{first.json['id']}").json == first.json
    assert read(bank, made)["refunded_amount"]["value"] == "100.00"
    assert_refused(refund(bank, made, "212.41"), 400, "invalid_request")
    assert refund(bank, made, "212.40").status == 200
    assert read(bank, made)["refundable"] is False
    listed = bank.yookassa(f"refunds?payment_id={made['id']}").json["items"]
    assert [one["amount"]["value"] for one in listed] == ["212.40", "100.00"]


def test_a_refund_repeated_by_its_key_is_one(bank):
    made = create(bank)
    bank.pay(made["id"], PLAIN)
    key = str(uuid.uuid4())
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: refund(bank, made, "50.00", key), range(8)))
    assert len({answer.json["id"] for answer in answers}) == 1
    assert read(bank, made)["refunded_amount"]["value"] == "50.00"
    assert_refused(refund(bank, made, "51.00", key), 400, "invalid_request")


def test_the_list_is_read_page_by_page_and_by_time(bank):
    made = [create(bank)["id"] for _ in range(7)]
    first = datetime.now(UTC)
    moment = read(bank, {"id": made[0]})["created_at"]
    found, cursor = [], ""
    for _ in range(4):
        query = f"payments?limit=3&created_at.gte={moment}"
        page = bank.yookassa(query + (f"&cursor={cursor}" if cursor else "")).json
        assert page["type"] == "list"
        found += [one["id"] for one in page["items"]]
        cursor = page.get("next_cursor", "")
        if not cursor:
            break
    assert set(made) <= set(found)
    assert len(found) == len(set(found))
    assert found[0] == made[-1]
    later = (first + timedelta(days=400)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert bank.yookassa(f"payments?created_at.gte={later}").json["items"] == []
    until = bank.yookassa(f"payments?created_at.lt={moment}&limit=100").json["items"]
    assert not set(made) & {one["id"] for one in until}


def test_a_list_stands_still_while_payments_come(bank):
    for _ in range(4):
        create(bank)
    first = bank.yookassa("payments?limit=2").json
    create(bank)
    second = bank.yookassa(f"payments?limit=2&cursor={first['next_cursor']}").json
    ids = [one["id"] for one in first["items"] + second["items"]]
    assert len(ids) == len(set(ids))


def test_the_list_is_chosen_by_status(bank):
    made = create(bank)
    bank.pay(made["id"], PLAIN)
    create(bank)
    since = f"payments?created_at.gte={made['created_at']}&status="
    paid = bank.yookassa(f"{since}succeeded").json["items"]
    assert [one["id"] for one in paid] == [made["id"]]
    assert bank.yookassa(f"{since}canceled").json["items"] == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=x",
        "created_at.gte=now",
        "status=paid",
        "colour=red",
    ],
)
def test_a_wrong_question_for_the_list_is_refused(bank, query):
    assert_refused(bank.yookassa(f"payments?{query}"), 400, "invalid_request")


def test_a_notice_is_what_the_documentation_shows(bank, shop):
    made = create(bank, shop)
    bank.pay(made["id"], PLAIN)
    told = shop.wait(1)[0]
    assert told.method == "POST"
    assert told.headers["Content-Type"].startswith("application/json")
    assert set(told.json) == {"type", "event", "object"}
    assert (told.json["type"], told.json["event"]) == (
        "notification",
        "payment.succeeded",
    )
    assert told.json["object"]["id"] == made["id"]
    assert told.json["object"]["status"] == "succeeded"
    assert told.json["object"]["metadata"] == {"order": "41-1"}
    refund(bank, made, "1.00")
    told = shop.wait(2)[1].json
    assert told["event"] == "refund.succeeded"
    assert told["object"]["payment_id"] == made["id"]
    assert told["object"]["amount"]["value"] == "1.00"
    assert told["object"]["status"] == "succeeded"
