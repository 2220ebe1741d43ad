"""Платежи as a specialist works through them."""

from datetime import timedelta

import pytest

from cabinet.domain.money import Money
from cabinet.domain.payments.refunds import RefundState
from cabinet.domain.payments.seen import Seen
from cabinet.domain.payments.states import PaymentEvent, PaymentState
from cabinet.gateways.base import UnclearError
from cabinet.models import Account, AuditEntry, Branch, Payment, Refund
from cabinet.models.base import writing
from cabinet.services.payments import asking
from cabinet.services.payments.moving import locked, suspect
from cabinet.web import payment_words
from tests import factories
from tests.banking import Fault


def page_of(payment):
    return f"/staff/payments/{payment.public_id}"


def again(row):
    return type(row).get_by_id(row.id)


def test_the_list_begins_with_what_needs_a_person(paid, pay, worker, now):
    paid(300_00)
    odd = pay(200_00)
    lost = pay(100_00, at=now - timedelta(minutes=6))
    with writing():
        suspect(locked(odd.id), "tampered", told="1 RUB", now=now)
    Payment.update(state=PaymentState.IN_DOUBT).where(Payment.id == lost.id).execute()
    page = worker.get("/staff/payments")
    assert "Требуют внимания: 2" in page.text
    assert "Банк сообщил не то, что мы ждали" in page.text
    assert "Больше пяти минут уточняем у банка" in page.text
    assert "300,00" in page.text
    assert AuditEntry.select().where(AuditEntry.action == "payments.listed").exists()


def test_payments_that_nobody_asks_about_are_told(pay, worker, now):
    payment = pay()
    words = "Банк давно не спрашивали"
    for late, is_told in ((60, False), (125, True)):
        at = now - timedelta(seconds=late)
        Payment.update(ask_at=at).where(Payment.id == payment.id).execute()
        text = worker.get("/staff/payments").text
        assert (words in text) == is_told
        assert ("Ждут больше двух минут: 1." in text) == is_told


def test_an_empty_list_says_so(worker):
    assert "Платежей пока нет" in worker.get("/staff/payments").text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("day=2026-11-22", True),
        ("day=2026-11-21", False),
        ("state=succeeded", True),
        ("state=failed", False),
        ("account=4600+0000+0001", True),
        ("account=460000000002", False),
        ("page=2", False),
        ("day=так&state=так&page=так", True),
    ],
)
def test_payments_are_found_by_day_state_and_account(paid, worker, query, found):
    paid(333_00)
    assert ("333,00" in worker.get(f"/staff/payments?{query}").text) is found


def test_a_long_list_has_pages(owed, worker, now):
    for minute in range(26):
        factories.make_payment(owed, f"{100 + minute}", now - timedelta(minutes=minute))
    page = worker.get("/staff/payments?state=succeeded")
    assert "125,00" not in page.text
    (older,) = page.tree.xpath("//a[text()='Раньше']")
    page = worker.get(older.get("href"))
    assert "125,00" in page.text
    assert page.tree.xpath("//a[text()='Новее']")


def test_a_payment_is_shown_with_its_history_and_the_look_is_noted(
    paid, worker, owed, now
):
    payment = paid(email="a@example.org")
    page = worker.get(page_of(payment))
    for words in (
        "1 000,00",
        "№ 2026-1",
        "Банк: оплачено",
        "передан банку, о регистрации он не сообщает",
        "bank-1",
    ):
        assert words in page.text
    look = AuditEntry.get(AuditEntry.action == "payment.looked")
    assert look.account_id == owed.id


def test_a_small_refund_goes_at_once(paid, worker, owed, bank):
    payment = paid()
    page = worker.get(page_of(payment))
    page = worker.submit(page, "#refund-form", amount="250,50", why="Двойная оплата")
    assert "возвращён" in page.text
    assert Account.get_by_id(owed.id).balance == Money(250_50)
    assert len(bank.refund_orders) == 1


def test_the_same_form_sent_twice_is_one_refund(paid, worker):
    payment = paid()
    page = worker.get(page_of(payment))
    for _ in range(2):
        worker.submit(page, "#refund-form", amount="250", why="Двойная оплата")
    assert Refund.select().count() == 1
    answer = worker.submit(
        page, "#refund-form", amount="251", why="Двойная оплата", status=409
    )
    assert "уже отправлена с другой суммой" in answer.text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"amount": "", "why": "так"}, "Введите сумму"),
        ({"amount": "много", "why": "так"}, "Введите сумму"),
        ({"amount": "0", "why": "так"}, "Введите сумму"),
        ({"amount": "1000,01", "why": "так"}, "не больше 1 000,00 ₽"),
        ({"amount": "10", "why": ""}, "почему возвращаем"),
        ({"amount": "10", "why": "я" * 241}, "больше 240 знаков"),
    ],
)
def test_a_wrong_refund_keeps_what_was_typed(paid, worker, typed, words):
    page = worker.get(page_of(paid()))
    answer = worker.submit(page, "#refund-form", status=422, **typed)
    assert words in answer.text
    assert answer.one("#refund-form [name=amount]").get("value") == typed["amount"]
    assert answer.title.startswith("Ошибка")
    assert Refund.select().count() == 0


def test_another_account_has_no_share(paid, worker):
    page = worker.get(page_of(paid()))
    answer = worker.submit(
        page,
        "#refund-form",
        amount="10",
        why="так",
        account="460000000002",
        status=422,
    )
    assert "нет доли" in answer.text


def test_above_the_limit_the_second_agrees(paid, worker, second, bank):
    Branch.update(refund_alone_up_to=Money(0)).execute()
    payment = paid()
    page = worker.get(page_of(payment))
    page = worker.submit(page, "#refund-form", amount="10", why="так")
    assert "ждёт второго специалиста" in page.text
    assert not page.select("form[action$='/approve']")
    answer = worker.post(
        f"{page_of(payment)}/refunds/{Refund.get().public_id}/approve",
        {"csrf_token": page.select("[name=csrf_token]")[0].get("value")},
        status=409,
    )
    assert "другой специалист" in answer.text
    assert "Требуют внимания: 1" in second.get("/staff/payments").text
    page = second.submit(second.get(page_of(payment)), "form[action$='/approve']")
    assert "возвращён" in page.text
    assert len(bank.refund_orders) == 1


def test_the_second_may_refuse_and_says_why(paid, worker, second, bank):
    Branch.update(refund_alone_up_to=Money(0)).execute()
    payment = paid()
    worker.submit(worker.get(page_of(payment)), "#refund-form", amount="10", why="так")
    page = second.get(page_of(payment))
    answer = second.submit(page, "form[action$='/reject']", status=422, why="")
    assert "Напишите, почему" in answer.text
    answer = second.submit(page, "form[action$='/reject']", why="Платёж верный")
    assert "Платёж верный" in answer.text
    assert Refund.get().state is RefundState.REJECTED
    answer = second.submit(page, "form[action$='/approve']", status=409)
    assert "изменился" in answer.text
    assert bank.refund_orders == []


def test_money_moves_only_after_proving_who_it_is(paid, unsure, bank):
    payment = paid()
    page = unsure.get(page_of(payment))
    assert not page.select("#refund-form, #dispute-form")
    assert "Подтвердите, что это вы" in page.text
    token = page.select("[name=csrf_token]")[0].get("value")
    for act in ("refunds", "dispute", "trust", f"refunds/{payment.public_id}/approve"):
        answer = unsure.client.post(
            f"{page_of(payment)}/{act}", data={"csrf_token": token}
        )
        assert answer.status_code == 303
        assert "/factor/sure" in answer.headers["Location"]
    assert Refund.select().count() == 0


def test_a_dispute_is_marked_and_lost(paid, worker, owed):
    payment = paid()
    page = worker.get(page_of(payment))
    answer = worker.submit(page, "#dispute-form", status=422, mark="", why="так")
    assert "Выберите, что сообщил банк" in answer.text
    answer = worker.submit(page, "#dispute-form", status=422, mark="dispute", why="")
    assert "откуда это известно" in answer.text
    answer = worker.submit(
        page, "#dispute-form", status=409, mark="dispute_won", why="так"
    )
    assert "изменился" in answer.text
    page = worker.submit(page, "#dispute-form", mark="dispute", why="Письмо банка")
    assert "опротестован" in page.text
    page = worker.submit(page, "#dispute-form", mark="dispute_lost", why="Письмо")
    assert "списан по опротестованию" in page.text
    assert Account.get_by_id(owed.id).balance == Money(1000_00)
    assert not page.select("#dispute-form, #refund-form")


def test_a_dispute_cannot_be_lost_while_a_refund_is_on_its_way(paid, worker, bank):
    bank.refund_state = Seen.PENDING
    payment = paid()
    page = worker.get(page_of(payment))
    page = worker.submit(page, "#refund-form", amount="10", why="так")
    page = worker.submit(page, "#dispute-form", mark="dispute", why="так")
    page = worker.submit(
        page, "#dispute-form", mark="dispute_lost", why="так", status=409
    )
    assert "Дождитесь" in page.text
    answer = worker.submit(page, "form[action$='/ask']")
    assert "банк возвращает" in answer.text


def test_the_bank_is_asked_again(pay, worker, bank):
    payment = pay()
    bank.decide("bank-1", state=Seen.SUCCEEDED)
    page = worker.submit(worker.get(page_of(payment)), "form[action$='/ask']")
    assert "оплачен" in page.text
    assert again(payment).state is PaymentState.SUCCEEDED


@pytest.fixture
def odd(pay, bank, shops, now):
    payment = pay()
    bank.decide("bank-1", state=Seen.SUCCEEDED, amount=Money(1_00))
    asking.ask(payment, shops, now=now)
    return payment


def test_what_the_bank_told_is_decided(odd, worker, bank):
    page = worker.get(page_of(odd))
    assert "Сумма или валюта в банке другая" in page.text
    assert "100 RUB" in page.text
    form = "form[action$='/trust']"
    answer = worker.submit(page, form, status=422, why="")
    assert "Напишите, почему" in answer.text
    answer = worker.submit(page, form, status=409, why="Звонил")
    assert "Платёж остался на проверке" in answer.text
    bank.is_deaf = True
    answer = worker.submit(page, form, status=409, why="Звонил")
    assert "Банк не ответил" in answer.text
    bank.is_deaf = False
    bank.decide("bank-1", amount=Money(1000_00))
    answer = worker.submit(page, form, why="Звонил")
    assert "оплачен" in answer.text
    assert again(odd).state is PaymentState.SUCCEEDED
    answer = worker.submit(page, form, status=409, why="Звонил")
    assert "изменился" in answer.text


def test_or_it_is_left_as_it_is(odd, worker):
    page = worker.get(page_of(odd))
    form = "form[action$='/leave']"
    assert "Напишите" in worker.submit(page, form, status=422, why="").text
    answer = worker.submit(page, form, why="Банк вернул сам")
    assert "оставлен как есть" in answer.text
    assert "Банк вернул сам" in answer.text
    assert "Требуют внимания" not in worker.get("/staff/payments").text


def test_leaving_what_is_not_odd_is_too_late(odd, worker, bank):
    page = worker.get(page_of(odd))
    bank.decide("bank-1", amount=Money(1000_00))
    worker.submit(page, "form[action$='/trust']", why="Звонил")
    answer = worker.submit(page, "form[action$='/leave']", why="так", status=409)
    assert "изменился" in answer.text


def test_a_payment_that_was_stopped_gives_nothing_back(paid, worker, bank, now):
    payment = paid()
    page = worker.get(page_of(payment))
    with writing():
        suspect(locked(payment.id), "seen_canceled", now=now)
    answer = worker.submit(page, "#refund-form", amount="10", why="так", status=409)
    assert "нельзя вернуть" in answer.text
    assert "называет его отменённым" in answer.text
    assert bank.refund_orders == []


def test_a_refund_whose_answer_is_lost_is_in_doubt(paid, worker, bank):
    payment = paid()
    page = worker.get(page_of(payment))
    bank.faults.append(Fault(UnclearError()))
    page = worker.submit(page, "#refund-form", amount="10", why="так")
    assert "уточняем у банка" in page.text


def test_another_branch_sees_nothing(desk, paid, app):
    from tests.browsing import Browser

    factories.make_branch("tver", name="Тверь")
    stranger = Browser(desk).sign_in(
        factories.make_staff("tver@example.org", branches=("tver",))
    )
    payment = paid(777_00)
    assert "777,00" not in stranger.get("/staff/payments").text
    stranger.get(page_of(payment), status=404)


@pytest.mark.parametrize("state", list(PaymentState))
def test_every_state_has_its_words(owed, worker, now, state):
    payment = factories.make_payment(owed, "10", now, state=state)
    assert payment_words.STATES[state] in worker.get("/staff/payments").text
    worker.get(page_of(payment))


def test_every_word_of_ours_has_words_of_theirs():
    from cabinet.domain.payments.difference import Difference
    from cabinet.domain.payments.seen import FiscalState
    from cabinet.domain.payments.states import Effect

    for words, kind in (
        (payment_words.STATES, PaymentState),
        (payment_words.EVENTS, PaymentEvent),
        (payment_words.EFFECTS, Effect),
        (payment_words.REFUND_STATES, RefundState),
        (payment_words.FISCAL, FiscalState),
        (payment_words.DIFFERENCES, Difference),
        (payment_words.REMEDIES, Difference),
    ):
        assert set(words) == set(kind)
    for event in (PaymentEvent.SEEN_CANCELED, PaymentEvent.REFUND_PART):
        assert event.value in payment_words.SUSPICIONS
