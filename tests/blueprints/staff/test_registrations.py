"""Регистрации as a specialist works through them."""

from datetime import timedelta

import pytest

from cabinet.domain.money import Money
from cabinet.models import AuditEntry, RegistrationRequest, User
from cabinet.services import limits
from tests import factories
from tests.browsing import Browser
from tests.services.registration.conftest import Office


@pytest.fixture
def office(account, now):
    factories.load_documents()
    factories.post(account, Money(-812_40), at=now - timedelta(days=12))
    return Office(now)


@pytest.fixture
def staff(app):
    return Browser(app).sign_in(factories.make_staff())


def test_an_empty_queue_says_so(staff, db):
    assert "Новых заявок нет" in staff.get("/staff/registrations").text


@pytest.mark.parametrize("htmx", [False, True])
def test_one_click_opens_and_one_takes_it_back(staff, office, htmx):
    asked = office.waiting()
    page = staff.get("/staff/registrations")
    assert "Платёж 812,40 ₽: совпал" in page.text
    answer = staff.submit(page, "form[action$='/open']", htmx=htmx)
    assert "доступ открыт" in answer.text
    assert "Новых заявок нет" in answer.text
    answer = staff.submit(answer, "form[action$='/undo']", htmx=htmx)
    assert "Ждут решения: 1" in answer.text
    assert office.row(asked).state == "waiting"


@pytest.mark.parametrize("htmx", [False, True])
def test_a_refusal_needs_a_reason(staff, office, htmx):
    office.waiting()
    page = staff.get("/staff/registrations")
    answer = staff.submit(page, "form[action$='/refuse']", htmx=htmx, status=422)
    assert "Выберите причину отказа" in answer.text
    answer = staff.submit(
        page, "form[action$='/refuse']", htmx=htmx, reason="facts-differ"
    )
    assert "отказано" in answer.text
    assert RegistrationRequest.get().reason == "facts-differ"


@pytest.mark.parametrize("htmx", [False, True])
def test_who_comes_second_is_told(app, staff, office, htmx):
    office.waiting()
    page = staff.get("/staff/registrations")
    other = Browser(app).sign_in(
        factories.make_staff("second@example.org", branches=("kursk",))
    )
    other.submit(other.get("/staff/registrations"), "form[action$='/open']")
    answer = staff.submit(page, "form[action$='/open']", htmx=htmx, status=409)
    assert "уже решил другой специалист" in answer.text
    assert User.select().where(User.email == "new@example.org").count() == 1


def test_an_unknown_account_has_no_button_to_open(staff, office):
    office.waiting(account_number="460000009999")
    page = staff.get("/staff/registrations")
    assert "такого лицевого счёта нет" in page.text
    assert not page.select("form[action$='/open']")


def test_up_close_the_contract_is_shown_and_the_look_noted(staff, office, account):
    asked = office.waiting()
    page = staff.get(f"/staff/registrations/{asked.public_id}")
    assert account.holder in page.text
    assert "alice@example.org" in page.text
    assert AuditEntry.get(AuditEntry.action == "registration.looked").account_id
    staff.submit(page, "form[action$='/open']")
    page = staff.get(f"/staff/registrations/{asked.public_id}")
    assert "уже принято" in page.text


@pytest.mark.parametrize("action", ["", "/open", "/refuse", "/undo", "/card"])
def test_another_branch_finds_nothing(app, office, action):
    asked = office.waiting()
    factories.make_branch("tver")
    other = Browser(app).sign_in(
        factories.make_staff("tver@example.org", branches=("tver",))
    )
    page = other.get("/staff/registrations")
    assert "Новых заявок нет" in page.text
    path = f"/staff/registrations/{asked.public_id}{action}"
    if not action:
        other.get(path, status=404)
        return
    token = page.select("input[name=csrf_token]")[0].get("value")
    data = {"csrf_token": token, "version": "2", "reason": "closed"}
    other.post(path, data, status=404)


def test_customers_find_nothing(app, alice, office):
    Browser(app).sign_in(alice).get("/staff/registrations", status=404)


def test_a_card_is_printed_and_printed_again(staff, office):
    page = staff.get("/staff/registrations/counter")
    wrong = staff.submit(page, "#counter-form", account="460000009999", status=422)
    assert "Проверьте паспорт" in wrong.text_of("#signed-e")
    wrong = staff.submit(
        page, "#counter-form", account="460000009999", signed="y", status=422
    )
    assert "нет такого лицевого счёта" in wrong.text_of("#account-e")
    card = staff.submit(
        page, "#counter-form", account="4600 0000 0001", signed="y", status=200
    )
    first = card.select("table b")[-1].text
    assert "http://localhost/registration/card" in card.text
    again = staff.submit(card, "form[action$='/card']", status=200)
    assert again.select("table b")[-1].text != first


def test_who_lost_the_card_gets_another_at_the_same_form(staff, office):
    def ask(**typed):
        page = staff.get("/staff/registrations/counter?account=460000000001")
        return staff.submit(page, "#counter-form", signed="y", **typed)

    first = ask(status=200)
    told = ask(status=409)
    assert "кабинет без почты уже открыт" in told.text_of("#account-e")
    assert "Другой человек" in told.text
    assert told.one("input[name=account]").get("value") == "460000000001"
    card = staff.submit(told, "#counter-form", button=("same", "1"), status=200)
    assert card.select("table b")[-1].text != first.select("table b")[-1].text
    assert card.select("a[href='/staff/registrations/counter?account=460000000001']")
    asked = office.waiting()
    page = staff.get(f"/staff/registrations/{asked.public_id}")
    assert page.select("a[href='/staff/registrations/counter?account=460000000001']")


def test_what_was_not_compared_is_not_said_to_differ(staff, office):
    for _ in range(limits.REGISTRATION_ACCOUNT_DAY.most):
        office.ask()
    asked = office.waiting(email="last@example.org")
    queue = staff.get("/staff/registrations")
    assert "Не сравнивали: слишком много заявок" in queue.text
    assert not {"совпал", "не совпал"} & {each.text for each in queue.select("b")}
    page = staff.get(f"/staff/registrations/{asked.public_id}")
    assert {"совпал", "не совпал"} & {each.text for each in page.select("b")} == {
        "совпал"
    }
    assert "Не сравнивали" not in staff.get("/staff/registrations").text


def noted_looks():
    """Who looked at which request in the queue, and whose account it is about."""
    rows = AuditEntry.select().where(AuditEntry.action == "registration.listed")
    return [
        (row.actor_id, row.subject, row.account_id)
        for row in rows.order_by(AuditEntry.id)
    ]


def test_a_look_at_the_queue_is_noted_for_each_request(app, office, account):
    first = office.waiting()
    second = office.waiting(email="second@example.org", account_number="460000009999")
    operator = factories.make_staff()
    staff = Browser(app).sign_in(operator)
    staff.get("/staff/registrations")
    assert noted_looks() == [
        (operator.id, f"registration:{first.number}", account.id),
        (operator.id, f"registration:{second.number}", None),
    ]
    factories.make_branch("tver", name="Тверь")
    other = factories.make_staff("tver@example.org", branches=("tver",))
    Browser(app).sign_in(other).get("/staff/registrations")
    assert len(noted_looks()) == 2


def test_what_was_just_decided_is_looked_at_too(app, office, account):
    asked = office.waiting()
    operator = factories.make_staff()
    staff = Browser(app).sign_in(operator)
    page = staff.get("/staff/registrations")
    staff.submit(page, "form[action$='/open']")
    assert noted_looks() == 2 * [
        (operator.id, f"registration:{asked.number}", account.id)
    ]


def test_a_long_queue_asks_no_more_than_a_short_one(app, office, account, asked):
    def selects():
        asked.clear()
        page = staff.get("/staff/registrations")
        return len(asked), page

    staff = Browser(app).sign_in(factories.make_staff())
    known = factories.make_customer("known@example.org")
    office.waiting(email=known.email)
    # What a process asks once, it has asked.
    selects()
    short, page = selects()
    assert len(page.select("form[action$='/open']")) == 1
    for number in range(8):
        own = factories.make_account(f"46000000001{number}")
        for _ in range(2):
            factories.give_access(factories.make_customer(), own)
        office.now += timedelta(days=1)
        office.waiting(email=f"{number}@example.org", account_number=own.number)
    factories.make_staff("0@example.org", branches=())
    long, page = selects()
    assert len(page.select("form[action$='/open']")) == 8
    assert page.text.count("уже видят: 2") == 8
    assert long == short
