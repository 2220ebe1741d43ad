"""Датированные правила и календарь: shown, added, told of at the field, taken back."""

from datetime import date

import pytest

from cabinet.models import (
    AuditEntry,
    Bill,
    Holiday,
    ImportBatch,
    OtherRule,
    Session,
    SettingChange,
    VatRate,
)
from cabinet.services.dated_rules import working_calendar
from tests import factories
from tests.browsing import Browser

RULES = "/staff/settings/rules"
DAYS = "/staff/settings/days?year=2027"


@pytest.fixture
def admin(dated, browser, db):
    return browser.sign_in(factories.make_staff("admin@example.org", "admin"))


@pytest.fixture
def supervisor(dated, app, db):
    staff = factories.make_staff("chief@example.org", "supervisor")
    return Browser(app).sign_in(staff)


def add_vat(browser, *, status=None, **fields):
    said = {"rate": "23", "starts": "01.01.2027", "source": "закон № 1"}
    page = browser.get(f"{RULES}/vat")
    return browser.submit(page, "#rule-form", status=status, **{**said, **fields})


@pytest.mark.parametrize(
    "table", ["price", "range", "norm", "key_rate", "vat", "due", "other"]
)
def test_every_table_is_shown_to_who_sets_and_who_looks(admin, supervisor, table):
    page = admin.get(f"{RULES}/{table}")
    assert page.select("#rule-form")
    assert page.select("tbody tr")
    assert not supervisor.get(f"{RULES}/{table}").select("#rule-form")


def test_the_region_is_chosen(admin):
    page = admin.get(f"{RULES}/price?region=Тверская+область")
    assert page.one("#for-region option[selected]").text == "Тверская область"
    other = admin.get(f"{RULES}/price?region=нет+такой")
    assert other.one("#for-region option[selected]").text != "нет такой"


def test_a_row_is_added_and_taken_back(admin):
    page = add_vat(admin)
    assert "с 01.01.2027" in page.text
    assert "ставка НДС, 23 с 01.01.2027" in page.text
    batch = ImportBatch.get(ImportBatch.file_name.startswith("Вручную"))
    assert batch.by.email == "admin@example.org"
    assert AuditEntry.select().where(AuditEntry.actor_id == batch.by_id).exists()
    # The list of imports has it too.
    assert "Вручную: ставка НДС" in admin.get("/staff/loads").text
    page = admin.submit(page, "form[action$='/undo']")
    assert "отменено" in page.text
    assert not VatRate.select().where(VatRate.rate == 23_00).exists()
    assert VatRate.select().where(VatRate.ends.is_null()).count() == 1


def test_what_cannot_be_is_told_at_its_field(admin):
    page = add_vat(admin, status=422, source="")
    assert page.text_of("#source-e") == "Ошибка: Пусто"
    assert page.one("#rate").get("value") == "23"
    page = add_vat(admin, status=422, starts="01.01.2026")
    assert "С этого дня строка уже есть" in page.text_of("#starts-e")


def test_a_row_that_was_billed_stays(admin):
    page = add_vat(admin)
    account = factories.make_account()
    bill = factories.make_bill(account, "2026-10")
    batch = ImportBatch.get(ImportBatch.file_name.startswith("Вручную"))
    run = factories.make_bill_run(account, "published", batch.started_at)
    Bill.update(run=run, published_at=batch.started_at).where(
        Bill.id == bill.id
    ).execute()
    stays = admin.submit(page, "form[action$='/undo']", status=409)
    assert "после загрузки выставлена квитанция" in stays.text
    assert VatRate.select().where(VatRate.rate == 23_00).exists()


def test_what_is_missing_is_told_first(admin):
    assert "предел ставки для пени : последний день 31.12.2026" in admin.get(RULES).text
    VatRate.update(ends=date(2026, 11, 1)).where(VatRate.ends.is_null()).execute()
    page = admin.get(RULES)
    assert "ставка НДС : на 22.11.2026 нет строки" in page.text
    cap = OtherRule.rule == "penalty_rate_cap"
    OtherRule.update(ends=date(2026, 11, 1)).where(cap).execute()
    page = admin.get(RULES)
    assert "правило, предел ставки для пени : на 22.11.2026 нет строки" in page.text
    assert "предел ставки для пени : последний день" not in page.text
    assert page.select(f"main .alert a[href='{RULES}/other']")


def set_days(browser, *, status=None, **fields):
    said = {"days": "04.01.2027, 05.01.2027", "source": "постановление № 1"}
    page = browser.get(DAYS)
    return browser.submit(page, "#days-form", status=status, **{**said, **fields})


def test_days_off_are_set_by_an_act_and_taken_back(admin):
    page = set_days(admin)
    assert "4 января 2027 года: выходной" in page.text
    days = working_calendar()
    assert not days.is_working(date(2027, 1, 4))
    assert days.not_before(date(2027, 1, 4)) == date(2027, 1, 6)
    change = SettingChange.select().order_by(SettingChange.id).first()
    assert change.subject == "day:2027-01-04"
    assert change.after == {"is_working": False, "source": "постановление № 1"}
    page = admin.submit(page, "form[action$='/2027-01-04/remove']")
    assert "04.01.2027 Рабочий день: нет → по дню недели" in page.text
    assert not Holiday.select().where(Holiday.day == date(2027, 1, 4)).exists()
    last = SettingChange.select().order_by(SettingChange.id.desc()).first()
    admin.submit(page, f"form[action$='/{last.id}/revert']")
    assert not Holiday.get(Holiday.day == date(2027, 1, 4)).is_working


def test_a_saturday_may_be_worked(admin):
    set_days(admin, kind="on", days="09.01.2027")
    assert working_calendar().is_working(date(2027, 1, 9))


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"days": "завтра, 1"}, "days", "Не дни: завтра, 1"),
        ({"days": ""}, "days", "Введите хотя бы один день"),
        ({"days": "02.01.2027"}, "days", "02.01.2027 и так выходной"),
        ({"kind": "on"}, "days", "04.01.2027 и так рабочий"),
        ({"source": " "}, "source", "какой акт"),
        ({"days": ",".join(["04.01.2027"] * 41)}, "days", "не больше 40 дней"),
    ],
)
def test_days_that_cannot_be_are_told(admin, fields, field, words):
    page = set_days(admin, status=422, **fields)
    assert words in page.text_of(f"#{field}-e")
    assert not Holiday.select().exists()


def test_the_same_days_again_change_nothing(admin):
    set_days(admin)
    set_days(admin)
    assert SettingChange.select().count() == 2


def test_a_supervisor_looks_at_the_calendar(supervisor):
    page = supervisor.get(DAYS)
    assert not page.select("#days-form")
    assert "Праздников пока нет" in page.text


@pytest.mark.parametrize("url", [f"{RULES}/vat", DAYS])
def test_who_is_not_sure_proves_it_before_typing(admin, url):
    Session.update(sure_until=None).execute()
    page = admin.get(url)
    assert not page.select("#rule-form, #days-form")
    assert page.select(".box a[href*='/factor/sure']")
