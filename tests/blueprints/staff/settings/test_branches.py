"""Настройки: a branch is set by its page, noted, put back; two at once, roles."""

import pytest

from cabinet.domain.money import Money
from cabinet.models import AcquirerShop, AuditEntry, Branch, SettingChange
from cabinet.services import branches
from cabinet.services.demo.branches import _COMMON, BRANCHES
from tests import factories
from tests.bringing import NOW
from tests.browsing import Browser

KURSK = "/staff/settings/branches/kursk"


@pytest.fixture
def branch(db):
    return factories.make_branch()


@pytest.fixture
def admin(browser, branch):
    return browser.sign_in(factories.make_staff("admin@example.org", "admin"))


@pytest.fixture
def supervisor(app, branch):
    staff = factories.make_staff("chief@example.org", "supervisor")
    return Browser(app).sign_in(staff)


def save(browser, *, status=None, **fields):
    return browser.submit(browser.get(KURSK), "#branch-form", status=status, **fields)


def test_what_is_set_is_noted_with_what_it_was(admin):
    page = save(admin, phone="8 4712 00-00-00", refund_alone_up_to="7 000,50")
    row = Branch.get()
    assert (row.phone, row.refund_alone_up_to) == ("8 4712 00-00-00", Money(7000_50))
    change = SettingChange.get()
    assert change.before == {"phone": "8 800 000-00-00", "refund_alone_up_to": 5000_00}
    assert change.after == {"phone": "8 4712 00-00-00", "refund_alone_up_to": 7000_50}
    assert change.by.email == "admin@example.org"
    noted = AuditEntry.select().where(AuditEntry.action == "branch.set")
    assert {entry.details["setting"] for entry in noted} == {
        "phone",
        "refund_alone_up_to",
    }
    assert "Возврат без второго специалиста до: 5 000,00 ₽ → 7 000,50 ₽" in page.text


def test_the_same_again_is_no_change(admin):
    save(admin, hours="круглые сутки")
    save(admin, hours="круглые сутки")
    assert SettingChange.select().count() == 1


def test_it_goes_back_once_and_forth_again(admin):
    save(admin, phone="1", hours="ночью")
    page = admin.submit(admin.get(KURSK), "form[action$='/revert']")
    row = Branch.get()
    assert (row.phone, row.hours) == ("8 800 000-00-00", "с 8:00 до 20:00")
    first, second = SettingChange.select().order_by(SettingChange.id)
    assert second.reverts == first
    assert "возврат" in page.text
    admin.submit(page, "form[action$='/revert']")
    assert Branch.get().hours == "ночью"


def test_what_was_changed_again_goes_back_only_from_the_last(admin):
    save(admin, phone="1")
    first = SettingChange.get()
    save(admin, phone="2")
    page = admin.get("/staff/settings/changes")
    action = f"/staff/settings/changes/{first.id}/revert"
    token = page.select("input[name=csrf_token]")[0].get("value")
    answer = admin.post(action, {"csrf_token": token}, status=409)
    assert "только последнее изменение" in answer.text
    assert Branch.get().phone == "2"


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("inn", "7704228076", "В ИНН ошибка: контрольная цифра не сходится"),
        ("inn", "77", "Проверьте: банк такое не примет"),
        ("settlement_account", "40702810638000000002", "Счёт не подходит к БИК"),
        ("correspondent_account", "30101810400000000226", "Счёт не подходит к БИК"),
        ("window_last", "31", "Это дни с 1 по 28"),
        ("window_first", "первое", "Введите день месяца"),
        ("email", "kursk", "Введите адрес почты"),
        ("phone", "", "Заполните это поле"),
        ("bank", "Б" * 46, "Здесь слишком много знаков"),
        ("least_evidence", "сто", "Введите сумму в рублях"),
        ("least_evidence", "-1", "Сумма не меньше нуля"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(admin, field, typed, words):
    # The requisites of the tests' branch fit one another only so.
    Branch.update(settlement_account="40702810938000000001").execute()
    page = save(admin, status=422, **{field: typed})
    assert words in page.text_of(f"#{field}-e")
    assert page.one(f"#{field}").get("value") == typed
    assert not SettingChange.select().exists()


def test_two_at_once_see_what_the_other_set(app, admin, supervisor):
    page = admin.get(KURSK)
    save(supervisor, phone="8 1", hours="днём")
    stale = admin.submit(page, "#branch-form", status=409, phone="8 2")
    assert "Телефон сейчас: 8 1" in stale.text
    assert stale.one("#phone").get("value") == "8 2"
    assert Branch.get().phone == "8 1"
    admin.submit(stale, "#branch-form", hours="днём")
    assert Branch.get().phone == "8 2"


def test_a_supervisor_sets_the_contacts_only(supervisor, branch):
    page = supervisor.get(KURSK)
    assert not page.select("#bic")
    data = {
        "csrf_token": page.select("input[name=csrf_token]")[0].get("value"),
        "version": "0",
        "phone": "8 1",
        "address": "ул. Мира, 1",
        "hours": "днём",
        "email": "k@example.org",
        "refund_alone_up_to": "1000000",
        "bic": "044525999",
    }
    supervisor.post(KURSK, data, status=303)
    row = Branch.get()
    assert (row.phone, row.address) == ("8 1", "ул. Мира, 1")
    assert (row.refund_alone_up_to, row.bic) == (Money(5000_00), branch.bic)


def test_a_supervisor_puts_back_no_requisites(admin, supervisor):
    save(admin, refund_alone_up_to="1")
    page = supervisor.get(KURSK)
    assert not page.select("form[action$='/revert']")
    token = page.select("input[name=csrf_token]")[0].get("value")
    change = SettingChange.get()
    url = f"/staff/settings/changes/{change.id}/revert"
    supervisor.post(url, {"csrf_token": token}, status=404)
    assert Branch.get().refund_alone_up_to == Money(1_00)


def test_another_branch_is_not_there(supervisor):
    factories.make_branch("murmansk", name="Мурманск")
    supervisor.get("/staff/settings/branches/murmansk", status=404)
    assert "Мурманск" not in supervisor.get("/staff/settings").text


def test_an_operator_has_no_settings(browser, branch):
    browser.sign_in(factories.make_staff())
    browser.get("/staff/settings", status=404)
    browser.get(KURSK, status=404)
    assert "Настройки" not in browser.get("/staff/").text_of("nav.menu")


def test_a_branch_is_added(admin):
    said = {**_COMMON, **BRANCHES[1]}
    said.pop("own_billing")
    said["window_first"] = said["window_last"] = "20"
    page = admin.get("/staff/settings/new-branch")
    wrong = admin.submit(page, "#branch-form", status=422, **{**said, "code": "kursk"})
    assert "Филиал с таким кодом уже есть" in wrong.text
    done = admin.submit(wrong, "#branch-form", code="murmansk")
    assert done.one("h1").text == "Филиал Мурманск"
    assert Branch.get(Branch.code == "murmansk").bic == BRANCHES[1]["bic"]


@pytest.fixture
def bare(branch):
    return factories.make_branch("bare", name="Пустой")


BARE = "/staff/settings/branches/bare"


def test_a_branch_added_by_mistake_is_taken_back(admin, bare):
    admin.submit(admin.get(BARE), "#branch-form", phone="1")
    page = admin.submit(admin.get(BARE), "#remove-form")
    assert "Пустой" not in page.text
    assert not Branch.select().where(Branch.code == "bare").exists()
    noted = AuditEntry.get(AuditEntry.action == "branch.removed")
    assert (noted.subject, noted.details["code"]) == (f"branch:{bare.id}", "bare")
    admin.get(BARE, status=404)
    assert "Пустой" not in admin.get("/staff/settings/changes").text


@pytest.mark.parametrize(
    "stand",
    [
        lambda row: factories.make_account("460000000099", row),
        lambda row: factories.make_staff("x@example.org", branches=[row.code]),
        lambda row: AcquirerShop.create(
            name="a", version=1, config={"branches": [row.code]}, made_at=NOW
        ),
    ],
    ids=["account", "person", "shop"],
)
def test_a_branch_on_which_something_stands_stays(admin, bare, stand):
    page = admin.get(BARE)
    stand(bare)
    told = admin.submit(page, "#remove-form", status=409)
    assert "уже что-то стоит" in told.text_of(".alert")
    assert not told.select("#remove-form")
    assert Branch.select().where(Branch.code == "bare").exists()
    assert not AuditEntry.select().where(AuditEntry.action == "branch.removed").exists()


def test_what_stands_on_it_meanwhile_keeps_a_branch(admin, bare, monkeypatch):
    page = admin.get(BARE)
    factories.make_account("460000000099", bare)
    monkeypatch.setattr(branches, "_is_bare", lambda row: True)
    admin.submit(page, "#remove-form", status=409)
    assert Branch.select().where(Branch.code == "bare").exists()


def test_a_supervisor_takes_no_branch_back(app, bare):
    chief = factories.make_staff("c@example.org", "supervisor", branches=["bare"])
    assert not Browser(app).sign_in(chief).get(BARE).select("#remove-form")
