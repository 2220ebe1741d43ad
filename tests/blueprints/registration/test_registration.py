"""Регистрация as a stranger meets it, with htmx and without."""

import gzip
from datetime import timedelta

import pytest

from cabinet.domain.money import Money
from cabinet.models import AuditEntry, OutboxMessage, RegistrationRequest, User
from tests import factories
from tests.browsing import Browser

TYPED = {
    "branch": "kursk",
    "account": "4600 0000 0001",
    "amount": "812,40",
    "email": " New@Example.org ",
    "processing": "y",
}


@pytest.fixture
def contract(account, now):
    factories.load_documents()
    factories.post(account, Money(-812_40), at=now - timedelta(days=12))
    return account


def code_of():
    mail = OutboxMessage.get(OutboxMessage.kind == "registration_code")
    return mail.context["code"]


def ask(browser, *, htmx=False, **values):
    page = browser.get("/registration")
    return browser.submit(page, "#registration-form", htmx=htmx, **(TYPED | values))


@pytest.mark.parametrize("htmx", [False, True])
def test_from_the_form_to_the_queue(browser, contract, htmx):
    answer = ask(browser, htmx=htmx)
    page = browser.get(answer.headers["HX-Redirect"]) if htmx else answer
    assert "new@example.org" in page.text
    typed = code_of()
    answer = browser.submit(
        page, "#registration-code", code=f"{typed[:3]} {typed[3:]}", htmx=htmx
    )
    row = RegistrationRequest.get()
    assert f"Заявка {row.id} принята" in answer.text
    assert "до 24 ноября 18:00" in answer.text
    assert row.state == "waiting"
    assert (row.account, row.amount) == (contract, Money(812_40))


def test_the_form_is_one_light_page(browser, contract):
    page = browser.get("/registration")
    assert len(gzip.compress(page.body)) < 4096
    typed = page.select("#registration-form input:not([type=hidden])")
    # Account, sum or code, e-mail; beside them the branch and the two consents.
    assert len(typed) == 6


def test_a_table_shows_where_on_the_receipt_to_look(browser, contract):
    """Each thing that is asked for, by the name it has on the paper."""
    page = browser.get("/registration")
    rows = page.select("#registration-form-block table tbody tr")
    told = {row[0].text: row[1].text for row in rows}
    assert list(told) == [
        "Лицевой счёт",
        "Сумма последнего платежа",
        "Код для регистрации",
    ]
    assert all(told.values())
    assert page.select("#registration-form-block a[href='/documents/where-to-find']")


def test_consents_are_not_ticked_before_and_lead_to_their_texts(browser, contract):
    page = browser.get("/registration")
    boxes = page.select("input[type=checkbox]")
    assert {box.get("name") for box in boxes} == {"processing", "letters"}
    assert not [box for box in boxes if box.get("checked") is not None]
    links = {link.get("href") for link in page.select("main a")}
    assert {"/documents/consent-processing", "/documents/consent-mail"} <= links


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("branch", "", "Выберите отделение"),
        ("branch", "moscow", "Выберите отделение"),
        ("account", "", "Введите лицевой счёт"),
        ("account", "46-00/1", "только цифры"),
        ("account", "٤٦٠٠٠٠٠٠٠٠٠١", "только цифры"),
        ("account", "123", "12 цифр"),
        ("amount", "", "Введите сумму последнего платежа или код с квитанции"),
        ("amount", "восемьсот", "Введите сумму, например 812,40"),
        ("amount", "-5", "Введите сумму, например 812,40"),
        ("amount", "0", "Введите сумму, например 812,40"),
        ("receipt_code", "1234", "8 цифр"),
        ("email", "", "Введите электронную почту"),
        ("email", "maria", "целиком"),
        ("email", "a@b.ru\r\nBcc: c@d.ru", "целиком"),
        ("email", "a b@c.ru", "целиком"),
    ],
)
def test_what_is_wrong_is_told_at_the_field_and_kept(
    browser, contract, field, value, words
):
    page = browser.get("/registration")
    answer = browser.submit(
        page, "#registration-form", status=422, **(TYPED | {field: value})
    )
    assert words in answer.text_of(f"#{field}-e")
    if field != "branch":
        assert answer.one("#account").get("value") == (
            value if field == "account" else TYPED["account"]
        )
    assert answer.one("input[name=key]").get("value")
    assert not RegistrationRequest.select().exists()


def test_without_consent_there_is_no_request(browser, contract):
    page = browser.get("/registration")
    typed = {name: value for name, value in TYPED.items() if name != "processing"}
    answer = browser.submit(page, "#registration-form", status=422, **typed)
    assert "Без этого согласия" in answer.text_of("#processing-e")


def test_the_answer_is_the_same_whether_or_not_anything_fits(app, contract):
    pages = []
    for number in ("460000000001", "460000009999"):
        browser = Browser(app)
        page = ask(browser, account=number)
        row = RegistrationRequest.select().order_by(RegistrationRequest.id.desc()).get()
        html = page.element("main")
        pages.append(
            html.replace(str(row.public_id), "-").replace(f"<b>{row.id}</b>", "-")
        )
    assert pages[0] == pages[1]


def test_a_wrong_code_says_so_and_a_new_one_is_sent(browser, contract):
    page = ask(browser)
    wrong = "000000" if code_of() != "000000" else "111111"
    answer = browser.submit(page, "#registration-code", status=422, code=wrong)
    assert "Код не подходит" in answer.text_of("#code-e")
    answer = browser.submit(page, "#registration-code", status=422, code="12")
    assert "6 цифр" in answer.text_of("#code-e")
    answer = browser.submit(page, "#registration-code", status=422, code="")
    assert "Введите код из письма" in answer.text_of("#code-e")
    for _ in range(5):
        answer = browser.submit(page, "#registration-code", status=422, code=wrong)
    assert "Прислать новый код" in answer.text_of("#code-e")
    again = page.one("form[action$='/code']")
    token = again.xpath(".//input[@name='csrf_token']/@value")[0]
    for _ in range(3):
        browser.post(again.get("action"), {"csrf_token": token}, status=303)
    answer = browser.post(again.get("action"), {"csrf_token": token}, status=429)
    assert "Слишком много попыток" in answer.text


def test_the_state_is_found_by_number_and_mail(browser, contract):
    ask(browser)
    row = RegistrationRequest.get()
    page = browser.get("/registration/state")
    found = browser.submit(
        page, "#registration-state-form", number=str(row.id), email="NEW@example.org"
    )
    assert found.title.startswith("Код из письма")
    answer = browser.submit(
        page,
        "#registration-state-form",
        status=422,
        number=str(row.id),
        email="other@example.org",
    )
    assert "Не нашли такую заявку" in answer.text_of("#number-e")


def test_a_request_nobody_made_is_not_there(browser, db):
    path = "/registration/00000000-0000-4000-8000-000000000000"
    browser.get(path, status=404)


def test_before_the_office_is_ready_there_is_a_telephone(browser, db):
    page = browser.get("/registration")
    assert "Регистрация ещё не открыта" in page.text
    assert not page.select("#registration-form")


@pytest.mark.parametrize("htmx", [False, True])
def test_an_account_is_added_from_inside(app, contract, charlie, htmx):
    browser = Browser(app).sign_in(charlie)
    page = browser.get("/registration")
    assert page.title.startswith("Добавить лицевой счёт")
    assert not page.select("input[type=checkbox], #email")
    typed = {name: TYPED[name] for name in ("branch", "account", "amount")}
    answer = browser.submit(page, "#registration-form", htmx=htmx, **typed)
    page = browser.get(answer.headers["HX-Redirect"]) if htmx else answer
    assert "принята" in page.text
    row = RegistrationRequest.get()
    assert (row.user, row.email, row.state) == (charlie, charlie.email, "waiting")


def test_staff_do_not_register(app, contract):
    browser = Browser(app).sign_in(factories.make_staff())
    answer = browser.client.get("/registration")
    assert (answer.status_code, answer.location) == (303, "/")


def opened(app, contract, clock):
    """Alice's link of «это не я»."""
    browser = Browser(app)
    page = ask(browser)
    browser.submit(page, "#registration-code", code=code_of())
    staff = Browser(app).sign_in(factories.make_staff())
    queue = staff.get("/staff/registrations")
    staff.submit(queue, "form[action$='/open']")
    mail = OutboxMessage.get(OutboxMessage.kind == "access_added")
    return mail.context["link"].removeprefix("http://localhost")


@pytest.mark.parametrize("htmx", [False, True])
def test_not_me_is_asked_then_done_then_used_up(app, contract, clock, htmx):
    link = opened(app, contract, clock)
    browser = Browser(app)
    page = browser.get(link)
    assert "4600 0000 0001" in page.text
    assert browser.get(link).status == 200
    done = browser.submit(page, "#registration-not-me-form", htmx=htmx, status=200)
    assert "Доступ закрыт" in done.text
    assert AuditEntry.get(AuditEntry.action == "registration.disputed")
    assert "больше не действует" in browser.get(link, status=410).text
    again = browser.submit(page, "#registration-not-me-form", htmx=htmx, status=409)
    assert "больше не действует" in again.text


def test_a_card_leads_to_a_password_page(app, contract):
    staff = Browser(app).sign_in(factories.make_staff())
    page = staff.get("/staff/registrations/counter")
    answer = staff.submit(
        page, "#counter-form", account="460000000001", signed="y", status=200
    )
    code = answer.select("table b")[-1].text
    browser = Browser(app)
    page = browser.get("/registration/card")
    wrong = browser.submit(
        page,
        "#registration-card-form",
        account="460000000001",
        code="0000 0000 0000",
        status=422,
    )
    assert "не подходит" in wrong.text_of("#code-e")
    token = page.one("#registration-card-form input[name=csrf_token]").get("value")
    answer = browser.post(
        "/registration/card",
        {"csrf_token": token, "account": "460000000001", "code": code},
        status=303,
    )
    page = browser.get(answer.headers["Location"])
    assert "номером лицевого счёта 4600 0000 0001" in page.text
    secret = "zhuravli letyat domoi 26"
    page = browser.submit(page, "#new-password-form", password=secret)
    page = browser.submit(page, "#login-form", password=secret)
    assert browser.get("/profile").text.count("Почты в кабинете нет") == 1
    assert User.select().where(User.email.is_null()).count() == 1
    page = browser.get("/profile/email")
    browser.submit(page, "#email-form", email="baba@example.org", current=secret)
    mail = OutboxMessage.get(OutboxMessage.kind == "email_change_confirm")
    page = browser.get(mail.context["link"].removeprefix("http://localhost"))
    browser.submit(page, "main form")
    assert User.select().where(User.email == "baba@example.org").exists()
    mails = {mail.kind for mail in OutboxMessage.select()}
    assert mails == {"access_added", "email_change_confirm"}


def test_too_often_is_told_with_htmx_too(browser, contract):
    page = ask(browser)
    again = page.one("form[action$='/code']")
    data = {"csrf_token": again.xpath(".//input[@name='csrf_token']/@value")[0]}
    for _ in range(3):
        browser.post(again.get("action"), data, status=303)
    told = browser.post(again.get("action"), data, htmx=True, status=409, page=page)
    assert "Слишком много попыток" in told.text


def test_who_switches_between_accounts_adds_another(app, alice, contract):
    dacha = factories.make_account(number="460000000002")
    factories.give_access(alice, dacha)
    page = Browser(app).sign_in(alice).get("/registration")
    assert page.select("#switch")
    assert page.one("#account").tag == "input"
