"""Что, если: the next bill beside another, as a specialist asks for it."""

import hashlib
import json
from datetime import date

import pytest

from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.models import MODELS, Account, AuditEntry, Bill, Branch, KeyRate
from tests import factories
from tests.blueprints.staff.steps import (
    CARD,
    rows,
    words,
)

PAGE = f"{CARD}/what-if"
FORM = "#what-if-form"


@pytest.fixture
def meter(charged):
    return charged


def digest():
    """Return a digest of every row but those of the audit log and of sessions."""
    tables = {
        model._meta.table_name: list(
            model.select().order_by(*model._meta.get_primary_keys()).dicts()
        )
        for model in MODELS
        if model._meta.table_name not in {"audit_entry", "session"}
    }
    text = json.dumps(tables, default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def ask(worker, status=200, **fields):
    return worker.submit(worker.get(PAGE), FORM, status=status, **fields)


def test_the_card_leads_to_the_next_bill(worker, meter):
    (link,) = [a for a in worker.get(CARD).select("main a") if "Что, если" in words(a)]
    page = worker.get(link.get("href"))
    assert page.one("h1").text == "Что, если: квитанция за сентябрь 2026"
    assert "К оплате 1 467,50 ₽" in rows(page)


def test_a_reading_is_supposed(worker, meter):
    page = ask(worker, day="22.09.2026", t1="1234")
    assert "Посчитано по нормативу по показаниям" in rows(page)
    assert "Расход, круглые сутки, кВт·ч 150 134 −16" in rows(page)
    assert "Начислено, ₽ 880,50 786,58 −93,92" in rows(page)
    assert "К оплате, ₽ 1 467,50 1 373,58 −93,92" in rows(page)
    assert page.one("#day").get("value") == "22.09.2026"
    assert page.one("#t1").get("value") == "1234"


def test_everything_may_be_supposed_at_once(worker, meter):
    page = ask(
        worker,
        plan="two",
        category="city_electric",
        residents="4",
        norm="100",
    )
    told = rows(page)
    assert "Расход, день, кВт·ч 0 280 +280" in told
    assert "Расход, ночь, кВт·ч 0 120 +120" in told
    assert page.one("#plan option[selected]").get("value") == "two"


def test_nothing_is_written_but_who_looked(worker, meter):
    page = worker.get(PAGE)
    before = digest(), AuditEntry.select().count()
    worker.submit(page, FORM, status=200, day="22.09.2026", t1="1234", residents="5")
    assert digest() == before[0]
    assert AuditEntry.select().count() == before[1] + 1
    look = AuditEntry.select().order_by(AuditEntry.id.desc()).get()
    assert (look.action, look.subject) == ("account.looked", "what-if")
    assert look.account_id == Account.get().id


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"t1": "1234"}, "Введите дату"),
        ({"day": "вчера", "t1": "1234"}, "Введите дату"),
        ({"day": "22.09.2026"}, "Введите показание"),
        ({"day": "22.09.2026", "t1": "много"}, "нужны только цифры"),
        ({"day": "22.09.2026", "t1": "1234567"}, "До запятой 7 цифр"),
        ({"day": "01.10.2026", "t1": "1234"}, "Дата позже 30.09.2026"),
        ({"day": "30.07.2026", "t1": "1234"}, "Счётчик стоит с 31.07.2026"),
        (
            {"day": "21.08.2026", "t1": "1234"},
            "более позднему показанию, от 22.08.2026",
        ),
        ({"residents": "пять"}, "целое число от 0"),
        ({"residents": "-1"}, "целое число от 0"),
        ({"people": "0"}, "целое число от 1"),
        ({"norm": "много"}, "норматив в кВт·ч"),
        ({"norm": "-5"}, "норматив в кВт·ч"),
        ({"percent": "101"}, "проценты от 0 до 100"),
        ({"percent": "половина"}, "проценты от 0 до 100"),
    ],
)
def test_what_is_wrong_stands_at_its_field(worker, meter, fields, told):
    page = ask(worker, status=422, **fields)
    assert told in page.text_of(".err").replace("\u00a0", " ")
    assert page.title.startswith("Ошибка: ")
    for name, value in fields.items():
        assert page.one(f"#{name}").get("value") == value


def test_another_meter_is_not_taken(worker, meter):
    page = worker.get(f"{PAGE}?meter=77&day=22.09.2026&t1=1234", status=422)
    assert "Выберите счётчик" in page.text


def test_a_row_that_is_missing_is_listed(worker, meter):
    KeyRate.delete().execute()
    page = worker.get(PAGE)
    assert "ключевая ставка на 30.09.2026" in page.text_of(".box li")
    page = ask(worker, residents="3")
    assert len(page.select(".box li")) == 2


def test_what_holds_an_account_back_is_said(worker, meter):
    Account.update(norm=None).execute()
    page = worker.get(PAGE)
    assert "нет норматива у лицевого счёта" in page.text_of(".box")


def test_a_closed_account_gets_no_bill(worker, meter):
    Account.update(closed_on=date(2026, 9, 1), balance=Money(0)).execute()
    Bill.update(closing=Money(0)).execute()
    page = worker.get(PAGE)
    assert "квитанции не будет" in page.text
    assert page.select(FORM) == []


def test_a_branch_that_is_billed_elsewhere_is_computed_with_a_word(worker, household):
    Branch.update(own_billing=False).execute()
    meter = factories.make_meter(household, opening=1000, opening_on=date(2026, 8, 31))
    factories.make_reading(meter, "2026-09", (1100,), counted_in=Month(2026, 9))
    factories.make_bill(household, "2026-09", "587,00")
    page = ask(worker, day="22.10.2026", t1="1300")
    assert "делает другая система" in page.text
    assert "Начислено, ₽ 978,00 1 304,00 +326,00" in rows(page)


def test_a_month_that_goes_on_is_said_to(worker, household, kursk):
    Account.update(opened_on=date(2026, 11, 3)).execute()
    page = worker.get(PAGE)
    assert "Месяц ещё не кончился" in page.text
