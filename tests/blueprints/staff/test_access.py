"""Закрыть доступ к счёту, as a specialist does it."""

import pytest

from cabinet.models import AccountAccess, OutboxMessage
from tests import factories

CARD = "/staff/accounts/460000000001"


@pytest.fixture
def tenant(household):
    user = factories.make_customer("tenant@example.org")
    return factories.give_access(user, household)


def page_of(row):
    return f"{CARD}/people/{row.id}"


def test_an_account_nobody_sees(worker, household):
    assert "Никому" in worker.get(CARD).text


def test_it_works_without_javascript(worker, tenant):
    card = worker.get(CARD)
    assert "tenant@example.org" in card.text
    page = worker.get(page_of(tenant))
    card = worker.submit(page, "#access-form", reason="asked-for")
    assert "доступ закрыт" in card.text
    assert "Письмо уйдёт через 10 минут" in card.text.replace("\u00a0", " ")
    assert AccountAccess.get_by_id(tenant.id).ended_at is not None
    card = worker.submit(card, "form[action$='/undo']")
    assert "доступ закрыт" not in card.text
    assert AccountAccess.get_by_id(tenant.id).ended_at is None
    assert not OutboxMessage.select().exists()


def test_a_card_without_email_gets_no_letter(worker, household):
    user = factories.make_customer()
    user.email = None
    user.save()
    row = factories.give_access(user, household)
    page = worker.get(page_of(row))
    assert "кабинет без почты" in page.text
    worker.submit(page, "#access-form", reason="asked-for")
    assert "Отменить можно ещё" in worker.get(CARD).text
    assert not OutboxMessage.select().exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"reason": ""}, "Выберите причину"),
        ({"reason": "because"}, "Выберите причину"),
        ({"reason": "moved-out"}, "Введите дату"),
        ({"reason": "moved-out", "day": "31.12.2019"}, "Нужен день не раньше"),
        ({"reason": "moved-out", "day": "01.01.2030"}, "ещё не наступил"),
    ],
)
def test_invalid_is_422(worker, tenant, fields, words):
    page = worker.get(page_of(tenant))
    answer = worker.submit(page, "#access-form", status=422, **fields)
    assert words in answer.text
    assert AccountAccess.get_by_id(tenant.id).ended_at is None


def test_a_new_holder_stands_on_the_card(worker, tenant):
    page = worker.get(page_of(tenant))
    worker.submit(page, "#access-form", reason="moved-out", day="01.11.2026")
    card = worker.get(CARD)
    assert "нынешний владелец с 01.11.2026" in card.text.replace("\u00a0", " ")


def test_who_has_delegates_is_told_so(worker, household, tenant):
    son = factories.make_customer("son@example.org")
    factories.give_access(son, household, granted_by=tenant.user)
    assert "открыл счёт другим: 1" in worker.get(page_of(tenant)).text


def test_who_is_unsure_proves_it_first(unsure, tenant):
    answer = unsure.get(page_of(tenant), status=303)
    assert answer.headers["Location"].startswith("/factor/sure")


def test_what_came_back_meanwhile_is_told(worker, household, tenant):
    worker.submit(worker.get(page_of(tenant)), "#access-form", reason="asked-for")
    factories.give_access(tenant.user, household)
    answer = worker.submit(worker.get(CARD), "form[action$='/undo']", status=409)
    assert "Вернуть доступ нельзя" in answer.text
