"""Сверка as a specialist works through it."""

import io
from dataclasses import replace

import pytest

from cabinet.domain.money import Money
from cabinet.domain.payments.seen import Seen, SeenPayment
from cabinet.models import Account, Payment, Reconciliation, ReconciliationItem
from cabinet.services.payments import reconciling
from tests import factories
from tests.browsing import Browser

LIST = "/staff/reconciliations"
OTHER = SeenPayment(
    provider_id="lost-1",
    order="9-abcdef-1",
    state=Seen.SUCCEEDED,
    amount=Money(500_00),
    currency="RUB",
    accounts="460000000001",
)


@pytest.fixture
def run(shops, bank, now):
    """Compare today; the address of what came of it."""

    def run():
        bank.listed = list(bank.by_id.values())
        shop = shops.named("kursk-card")
        return f"{LIST}/{reconciling.reconcile(shop, now.date(), now=now)}"

    return run


def balance(account):
    return Account.get_by_id(account.id).balance


def test_days_and_shops_are_listed_and_what_is_open_is_marked(
    paid, worker, bank, run, now
):
    assert "Сверок пока нет" in worker.get(LIST).text
    paid()
    run()
    page = worker.get(LIST)
    assert "Сошлось" in page.text
    bank.by_id["lost-1"] = OTHER
    run()
    page = worker.get(LIST)
    assert "Открыто: 1" in page.text
    assert page.text_of("td.bad a") == "Открыто: 1"
    assert "список банка" in page.text


def test_money_only_the_bank_has_is_put_on_an_account(worker, bank, run, owed):
    bank.by_id["lost-1"] = OTHER
    page = worker.get(run())
    assert "Нет у нас" in page.text
    form = "form[action$='/attach']"
    assert page.one(f"{form} [name=account]").get("value") == "460000000001"
    answer = worker.submit(page, form, account="", status=422)
    assert "Введите лицевой счёт" in answer.text
    answer = worker.submit(page, form, account="460000000099", status=422)
    assert "нет такого лицевого счёта" in answer.text
    assert answer.one(f"{form} [name=account]").get("value") == "460000000099"
    answer = worker.submit(page, form, account="4600 0000 0001")
    assert "зачислено на лицевой счёт" in answer.text
    assert balance(owed) == Money(500_00)
    answer = worker.submit(page, form, account="460000000001", status=409)
    assert "уже закрыл другой" in answer.text


def test_what_the_bank_no_longer_says_is_not_posted(worker, bank, run, owed):
    bank.by_id["lost-1"] = OTHER
    page = worker.get(run())
    form = "form[action$='/attach']"
    bank.is_deaf = True
    answer = worker.submit(page, form, status=409)
    assert "Банк не ответил" in answer.text
    bank.is_deaf = False
    bank.decide("lost-1", state=Seen.CANCELED)
    answer = worker.submit(page, form, status=409)
    assert "отвечает иначе" in answer.text
    assert balance(owed) == Money(1000_00)


def test_a_return_of_the_banks_is_noted(paid, worker, bank, run, owed):
    paid()
    bank.decide("bank-1", refunded=Money(250_00))
    page = worker.get(run())
    assert "возврат в банке" in page.text
    form = "form[action$='/return']"
    assert page.one(f"{form} [name=account]").get("value") == "460000000001"
    for typed, words in (
        ("", "Введите лицевой счёт"),
        ("460000000099", "нет доли"),
    ):
        answer = worker.submit(page, form, account=typed, status=422)
        assert words in answer.text
    answer = worker.submit(page, form)
    assert "записан возврат" in answer.text
    assert balance(owed) == Money(250_00)
    assert "Возвращён частично" in worker.get("/staff/payments").text


def test_a_return_of_more_than_a_share_is_not_noted(
    paid, worker, bank, run, owed, alice
):
    second = factories.make_account(number="460000000077")
    factories.give_access(alice, second)
    paid(100_00, accounts=(owed, second))
    bank.decide("bank-1", refunded=Money(150_00))
    answer = worker.submit(worker.get(run()), "form[action$='/return']", status=422)
    assert "не больше 100,00 ₽" in answer.text


def test_a_difference_is_closed_with_a_remark(paid, worker, bank, run):
    paid()
    bank.decide("bank-1", amount=Money(999_00))
    page = worker.get(run())
    assert "Сумма другая" in page.text
    form = "form[action$='/close']"
    answer = worker.submit(page, form, status=422, why="")
    assert "Напишите, почему" in answer.text
    answer = worker.submit(page, form, why="Банк исправит")
    assert "Банк исправит" in answer.text
    answer = worker.submit(page, form, why="ещё раз", status=409)
    assert "уже закрыл другой" in answer.text
    assert "Всё закрыто" in worker.get(LIST).text


def test_money_the_bank_does_not_know_is_taken_off_the_account(
    paid, worker, bank, run, owed
):
    """Missing there: the remedy on the page is gone through to its end."""
    paid()
    assert balance(owed) == Money(0)
    known = dict(bank.by_id)
    bank.by_id.clear()
    address = run()
    page = worker.get(address)
    assert "Нет в банке" in page.text
    assert "отметьте опротестование и его проигрыш" in page.text
    assert not page.select("form[action$='/attach'], form[action$='/return']")
    bank.by_id.update(known)
    payment = worker.get(page.one("section.box th a").get("href"))
    payment = worker.submit(
        payment, "#dispute-form", mark="dispute", why="В выписке денег нет"
    )
    payment = worker.submit(
        payment, "#dispute-form", mark="dispute_lost", why="В выписке денег нет"
    )
    assert balance(owed) == Money(1000_00)
    page = worker.get(address)
    worker.submit(page, "form[action$='/close']", why="Сняли со счёта")
    assert "Сняли со счёта" in worker.get(address).text
    assert "Всё закрыто" in worker.get(LIST).text


@pytest.mark.parametrize("act", ["trust", "leave"])
def test_another_state_is_decided_on_the_payments_page(
    paid, worker, bank, run, owed, act
):
    """State differs: the bank is believed or not, then the difference is closed."""
    paid()
    bank.decide("bank-1", state=Seen.CANCELED)
    address = run()
    page = worker.get(address)
    assert "Состояние другое" in page.text
    assert "решите, верить ли банку" in page.text
    payment = worker.get(page.one("section.box th a").get("href"))
    form = f"form[action$='/{act}']"
    if act == "trust":
        # It was canceled by mistake there, and the bank has mended it since.
        bank.decide("bank-1", state=Seen.SUCCEEDED)
    worker.submit(payment, form, why="Звонили в банк")
    assert balance(owed) == Money(0)
    worker.submit(page, "form[action$='/close']", why="Решили с банком")
    assert "Всё закрыто" in worker.get(LIST).text
    assert Payment.get().state == "succeeded"
    again = worker.get(run()).text
    assert ("Всё сошлось" in again) == (act == "trust")


def test_an_order_paid_twice_is_put_on_the_account_ahead(paid, worker, bank, run, owed):
    """Duplicate: the second payment becomes an advance, once."""
    paid()
    bank.by_id["bank-1b"] = replace(bank.by_id["bank-1"], provider_id="bank-1b")
    page = worker.get(run())
    assert "Оплачено дважды" in page.text
    form = "form[action$='/attach']"
    answer = worker.submit(page, form, account=owed.number)
    assert "зачислено на лицевой счёт" in answer.text
    assert balance(owed) == Money(-1000_00)
    worker.submit(page, form, account=owed.number, status=409)
    assert balance(owed) == Money(-1000_00)
    assert "Всё сошлось" in worker.get(run()).text


def test_an_older_run_says_that_it_is_old(paid, worker, run):
    paid()
    first, last = run(), run()
    assert "сверили ещё раз" in worker.get(first).text
    assert "Всё сошлось" in worker.get(last).text


def test_money_moves_only_after_proving_who_it_is(unsure, bank, run, owed):
    bank.by_id["lost-1"] = OTHER
    page = unsure.get(run())
    assert not page.select("form[action$='/attach']")
    assert "Подтвердите, что это вы" in page.text
    token = page.select("[name=csrf_token]")[0].get("value")
    item = ReconciliationItem.get().id
    for act in ("attach", "return"):
        answer = unsure.client.post(
            f"{page.url}/items/{item}/{act}",
            data={"csrf_token": token, "account": owed.number},
        )
        assert "/factor/sure" in answer.headers["Location"]
    assert balance(owed) == Money(1000_00)


def file(text, encoding="cp1251"):
    return io.BytesIO(text.encode(encoding)), "реестр.csv"


def test_a_file_of_the_bank_is_compared(paid, worker, bank, now):
    paid()
    row = bank.by_id["bank-1"]
    page = worker.get(LIST)
    answer = worker.submit(
        page,
        "#register-form",
        day="2026-11-22",
        register=file(
            "Номер заказа;Сумма;Статус\r\n"
            f"{row.order};1000,00;Оплачен\r\n"
            "9-abcdef-1;500,00;Оплачен\r\n"
        ),
    )
    assert "файл реестра" in answer.text
    assert "Нет у нас" in answer.text
    assert Reconciliation.get().matched == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"day": ""}, "Выберите день"),
        ({"day": "2026-11-23"}, "ещё не наступил"),
        ({"register": file("так")}, "Файл не прочитан"),
        (
            {"register": file("Номер заказа;Сумма;Статус\n1;много;Оплачен\n")},
            "Строка 2",
        ),
        ({"register": file("Номер заказа;Сумма;Статус\n")}, "ни одной строки"),
        ({"shop": "чужой"}, "Выберите магазин"),
    ],
)
def test_a_wrong_file_is_told_by_its_lines(worker, db, fields, words):
    factories.make_branch()
    good = {
        "day": "2026-11-22",
        "register": file("Номер заказа;Сумма;Статус\n1;1,00;Оплачен\n"),
    }
    sent = {
        name: (io.BytesIO(value[0].getvalue()), value[1])
        if isinstance(value, tuple)
        else value
        for name, value in (good | fields).items()
    }
    answer = worker.submit(worker.get(LIST), "#register-form", status=422, **sent)
    assert words in answer.text
    assert Reconciliation.select().count() == 0


def test_a_silent_bank_leaves_the_file_for_later(paid, worker, bank):
    paid()
    bank.is_deaf = True
    answer = worker.submit(
        worker.get(LIST),
        "#register-form",
        day="2026-11-22",
        register=file("Номер заказа;Сумма;Статус\n1;1,00;Оплачен\n"),
        status=409,
    )
    assert "Банк не ответил" in answer.text
    assert Reconciliation.select().count() == 0


def test_another_branch_sees_no_shop_of_ours(desk, bank, run):
    bank.by_id["lost-1"] = replace(OTHER, accounts="")
    address = run()
    factories.make_branch("tver", name="Тверь")
    stranger = Browser(desk).sign_in(
        factories.make_staff("tver@example.org", branches=("tver",))
    )
    assert "kursk-card" not in stranger.get(LIST).text
    stranger.get(address, status=404)
