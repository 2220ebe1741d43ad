"""The bank's pages as plain forms: what a browser without JavaScript does."""

import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import html5lib
import pytest

from cabinet.emulator.cards import CARDS
from tests.emulator.running import fetch, until
from tests.emulator.test_faults import card
from tests.emulator.test_sberbank import register, status
from tests.emulator.test_tbank import init, state
from tests.emulator.test_yookassa import PLAIN, create, read

GOOD = {"date": "12/30", "cvc": "123"}


def page_of(bank, made):
    return made["confirmation"]["confirmation_url"].removeprefix(bank.url)


def assert_valid(answer):
    parser = html5lib.HTMLParser(strict=True)
    parser.parse(answer.body)
    assert answer.text.count("<h1") == 1
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    assert "Учебный банк" in answer.text
    assert "деньги не&nbsp;списываются" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; form-action")
    assert "*" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.text


def test_a_card_pays_and_leads_back(bank):
    made = create(bank)
    path = page_of(bank, made)
    text = assert_valid(fetch(bank.url + path))
    assert "312,40" in text
    for one in CARDS:
        assert one.grouped in text
        assert one.words in text
    done = bank.submit(path, card=PLAIN, **GOOD)
    assert (done.status, done.headers["Location"]) == (
        303,
        "http://127.0.0.1:9/pay/done",
    )
    assert read(bank, made)["status"] == "succeeded"


def test_the_code_is_asked_and_taken(bank):
    made = create(bank)
    path = page_of(bank, made)
    spaced = " ".join(re.findall("....", card("asks_code")))
    done = bank.submit(path, card=spaced, date="1230", cvc="000")
    acs = done.headers["Location"]
    assert (done.status, acs) == (303, f"/acs/{made['id']}")
    assert "123456" in assert_valid(fetch(bank.url + acs))
    assert read(bank, made)["status"] == "pending"
    wrong = bank.submit(acs, code="12345")
    assert wrong.status == 422
    assert "В коде 6 цифр" in assert_valid(wrong)
    wrong = bank.submit(acs, code="000000")
    assert wrong.status == 422
    assert "Осталось попыток: 2" in assert_valid(wrong)
    done = bank.submit(acs, code="123 456")
    assert (done.status, done.headers["Location"]) == (
        303,
        "http://127.0.0.1:9/pay/done",
    )
    assert read(bank, made)["status"] == "succeeded"


def test_three_wrong_codes_end_the_payment(bank):
    made = create(bank)
    bank.submit(page_of(bank, made), card=card("asks_code"), **GOOD)
    statuses = [
        bank.submit(f"/acs/{made['id']}", code="000000").status for _ in range(3)
    ]
    assert statuses == [422, 422, 303]
    assert read(bank, made)["cancellation_details"]["reason"] == "3d_secure_failed"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"card": ""}, "В номере карты ошибка"),
        ({"card": "2200700000000010"}, "В номере карты ошибка"),
        ({"card": "4111111111111111"}, "Это не учебная карта"),
        ({"date": "13/30"}, "Введите месяц и год"),
        ({"date": "10/26"}, "Срок карты истёк"),
        ({"cvc": "12"}, "Введите три цифры"),
    ],
)
def test_what_is_typed_wrong_is_told_at_its_field(bank, typed, words):
    made = create(bank)
    answer = bank.submit(page_of(bank, made), **{"card": PLAIN, **GOOD, **typed})
    assert answer.status == 422
    text = assert_valid(answer)
    assert words in text
    name = next(iter(typed))
    field = re.search(rf'<input id="{name}".*?>', text)[0]
    assert 'aria-invalid="true"' in field
    assert f'value="{typed[name]}"' in field
    assert read(bank, made)["status"] == "pending"


def test_a_double_click_and_back_change_nothing(bank, shop):
    made = create(bank, shop)
    path = page_of(bank, made)
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: bank.submit(path, card=PLAIN, **GOOD), range(8))
        )
    assert {answer.status for answer in answers} == {303}
    shop.wait(1)
    assert shop.quiet()
    assert len(shop.told) == 1
    for again in (fetch(bank.url + path), bank.submit(path, leave="1")):
        assert again.status == 303
        assert again.headers["Location"] == f"{shop.url}/pay/done"
    assert read(bank, made)["status"] == "succeeded"
    assert fetch(f"{bank.url}/acs/{made['id']}").status == 303


def test_a_card_typed_twice_asks_one_code(bank):
    made = create(bank)
    path = page_of(bank, made)
    bank.submit(path, card=card("asks_code"), **GOOD)
    again = bank.submit(path, card=PLAIN, **GOOD)
    assert again.headers["Location"] == f"/acs/{made['id']}"
    assert read(bank, made)["status"] == "pending"


@pytest.mark.parametrize("step", ["pay", "acs"])
def test_a_customer_may_leave(bank, step):
    made = create(bank)
    if step == "acs":
        bank.submit(page_of(bank, made), card=card("asks_code"), **GOOD)
    done = bank.submit(f"/{step}/{made['id']}", leave="1")
    assert done.status == 303
    seen = read(bank, made)
    assert seen["status"] == "canceled"
    assert seen["cancellation_details"] == {
        "party": "yoo_money",
        "reason": "expired_on_confirmation",
    }


def test_sbp_pays_by_one_button(bank):
    made = create(bank, payment_method_data={"type": "sbp"})
    moved = fetch(bank.url + page_of(bank, made))
    assert (moved.status, moved.headers["Location"]) == (303, f"/sbp/{made['id']}")
    text = assert_valid(fetch(f"{bank.url}/sbp/{made['id']}"))
    assert "<input" not in text
    assert bank.submit(f"/sbp/{made['id']}").status == 303
    seen = read(bank, made)
    assert (seen["status"], seen["payment_method"]["type"]) == ("succeeded", "sbp")


def test_a_slow_card_leads_back_before_the_bank_knows(bank):
    made = create(bank)
    done = bank.submit(page_of(bank, made), card=card("slow"), **GOOD)
    assert done.status == 303
    assert read(bank, made)["status"] == "pending"
    assert fetch(bank.url + page_of(bank, made)).status == 303


@pytest.mark.long
def test_slow_and_late_cards_pay_after_twenty_seconds(bank):
    slow, late = create(bank), create(bank)
    bank.pay(slow["id"], card("slow"))
    bank.pay(late["id"], card("late"))
    assert read(bank, late)["status"] == "canceled"
    until(lambda: read(bank, slow)["status"] == "succeeded", 30)
    until(lambda: read(bank, late)["status"] == "succeeded", 30)


def test_sberbank_leads_back_with_its_order(bank):
    _, made = register(bank)
    path = made["formUrl"].removeprefix(bank.url)
    assert "/sbp/" in assert_valid(fetch(made["formUrl"]))
    done = urlsplit(bank.submit(path, card=PLAIN, **GOOD).headers["Location"])
    assert done.path == "/back"
    assert parse_qs(done.query) == {"orderId": [made["orderId"]], "lang": ["ru"]}
    _, made = register(bank)
    path = made["formUrl"].removeprefix(bank.url)
    refused = card("refused")
    done = urlsplit(bank.submit(path, card=refused, **GOOD).headers["Location"])
    assert done.path == "/fail"
    assert status(bank, made)["orderStatus"] == 6


def test_an_order_is_paid_by_one_of_its_payments(bank):
    body, first = init(bank)
    _, second = init(bank, OrderId=body["OrderId"])
    assert first["PaymentId"] != second["PaymentId"]
    pages = [one["PaymentURL"].removeprefix(bank.url) for one in (first, second)]
    assert fetch(bank.url + pages[0]).status == 200
    assert state(bank, first)["Status"] == "FORM_SHOWED"
    assert bank.submit(pages[0], card=PLAIN, **GOOD).status == 303
    assert bank.submit(pages[1], card=PLAIN, **GOOD).status == 404
    found = bank.tbank("CheckOrder", OrderId=body["OrderId"])["Payments"]
    assert [one["Status"] for one in found] == ["CONFIRMED", "NEW"]


def test_a_payment_that_is_not_there_says_so(bank):
    answer = fetch(f"{bank.url}/pay/none")
    assert answer.status == 404
    assert "Нет такого платежа" in assert_valid(answer)


def test_the_style_is_small_and_without_third_parties(bank):
    style = fetch(f"{bank.url}/emulator.css")
    assert style.headers["Content-Type"].startswith("text/css")
    assert len(style.body) < 4096
    assert b"url(" not in style.body
    assert b"@import" not in style.body
