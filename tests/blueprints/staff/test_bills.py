"""Начисления as a supervisor works through a month: asked, looked through, published."""

from datetime import date, timedelta

import pytest

from cabinet.domain.period import Month
from cabinet.jobs.bills import work_on_runs
from cabinet.models import (
    Account,
    AuditEntry,
    Bill,
    BillDraft,
    BillHold,
    BillRun,
    Branch,
    VatRate,
)
from cabinet.services.billing import slices
from tests import billing, factories
from tests.browsing import Browser

LIST = "/staff/bills"
RUN = f"{LIST}/2"
NUMBERS = ("460000000001", "460000000002")


@pytest.fixture
def branch(dated):
    """A branch that bills by itself: 100 kWh a month, and 900 in October of the other."""
    Branch.update(own_billing=True).where(Branch.code == "kursk").execute()
    branch = Branch.get(Branch.code == "kursk")
    for number, october in zip(NUMBERS, (4200, 5000), strict=True):
        account = factories.make_account(number, branch)
        meter = factories.make_meter(account, opening_on=date(2026, 8, 31))
        factories.make_reading(meter, "2026-09", (4100,), state="submitted")
        factories.make_reading(meter, "2026-10", (october,), state="submitted")
    billing.bill(branch, Month(2026, 9))
    return branch


@pytest.fixture
def chief(desk, branch):
    """A supervisor of Kursk."""
    staff = factories.make_staff("head@example.org", role="supervisor")
    return Browser(desk).sign_in(staff)


@pytest.fixture
def work(clock, monkeypatch):
    """Let the worker do what there is to do; nobody else writes meanwhile."""
    monkeypatch.setattr(slices, "GAP", 0)
    return lambda: work_on_runs(clock=clock.get, is_stopping=lambda: False)


def asked(chief):
    page = chief.get(LIST)
    return chief.submit(page, "#ask-form", branch="kursk", month="2026-10")


def issued(chief, work):
    """Go as far as the drafts; return the page of the run."""
    asked(chief)
    work()
    page = chief.get(RUN)
    chief.submit(page, "form[action$='/issue']")
    work()
    return chief.get(RUN)


def test_a_month_goes_from_a_wish_to_what_customers_see(chief, work):
    page = asked(chief)
    assert page.text_of("#bill-run p b") == "считается"
    assert "Готово 0 из 2" in page.text
    # Without JavaScript the page comes again by itself.
    assert 'http-equiv="refresh"' in page.html
    work()
    page = chief.get(RUN)
    assert page.text_of("#bill-run p b") == "подготовлен"
    # 1000 kWh at 6,52.
    assert "6 520,00 ₽" in page.text.replace("\u00a0", " ")
    assert "втрое больше прошлого месяца: 1" in page.text
    assert BillDraft.select().count() == 0
    page = chief.submit(page, "form[action$='/issue']")
    assert page.text_of("#bill-run p b") == "выставляется"
    work()
    page = chief.get(RUN)
    assert "Необычные квитанции: 1" in page.text
    assert Bill.select().where(Bill.run == 2).count() == 0
    page = chief.submit(page, "form[action$='/publish']")
    assert page.text_of("#bill-run p b") == "публикуется"
    work()
    page = chief.get(RUN)
    assert "Квитанций опубликовано: 2" in page.text
    assert 'http-equiv="refresh"' not in page.html
    assert Bill.select().where(Bill.run == 2).count() == 2
    assert "опубликован" in chief.get(LIST).text
    done = {row.action for row in AuditEntry.select() if row.actor_id}
    steps = ("asked", "allowed", "released")
    assert {f"bill_run.{step}" for step in steps} <= done


def test_one_account_is_billed_alone(chief, work):
    page = chief.get(LIST)
    refused = chief.submit(
        page, "#ask-form", branch="kursk", month="2026-10", account="1", status=422
    )
    assert "В лицевом счёте 12 цифр" in refused.text
    refused = chief.submit(
        page,
        "#ask-form",
        branch="kursk",
        month="2026-10",
        account="460000000099",
        status=422,
    )
    assert "нет такого лицевого счёта" in refused.text
    assert refused.one("[name=account]").get("value") == "460000000099"
    page = chief.submit(
        page, "#ask-form", branch="kursk", month="2026-10", account=NUMBERS[1]
    )
    assert "только счёт 4600 0000 0002" in page.text.replace("\u00a0", " ")
    work()
    assert BillRun.get_by_id(2).counts["bills"] == 1


def test_what_cannot_begin_says_why(chief, branch):
    page = asked(chief)
    page = chief.get(LIST)
    for month, why in (
        ("2026-10", "Запуск этого месяца уже есть"),
        ("2026-11", "Этот месяц ещё не кончился"),
        ("чепуха", "Выберите месяц"),
    ):
        answer = chief.submit(
            page, "#ask-form", branch="kursk", month=month, status=422
        )
        assert why in answer.text
    answer = chief.submit(page, "#ask-form", branch="tver", month="2026-10", status=422)
    assert "Выберите филиал, который выставляет квитанции сам" in answer.text
    BillRun.update(month=Month(2026, 9), state="prepared").where(
        BillRun.id == 2
    ).execute()
    answer = chief.submit(
        page, "#ask-form", branch="kursk", month="2026-10", status=422
    )
    assert "Сначала опубликуйте или отмените запуск за сентябрь 2026" in answer.text


def test_a_missing_row_stops_the_run_and_is_named(chief, work):
    VatRate.delete().execute()
    asked(chief)
    work()
    page = chief.get(RUN)
    assert page.text_of("#bill-run p b") == "остановлен: не хватает строк"
    assert "ставка НДС на" in page.text
    assert not page.select("form[action$='/issue']")
    assert len(chief.get(LIST).select("#ask-form")) == 1


def test_a_draft_is_looked_at_with_all_it_was_made_of(chief, work):
    issued(chief, work)
    listed = chief.get(f"{RUN}/odd")
    page = chief.get(listed.one("tbody th a").get("href"))
    text = " ".join(page.text.split())
    assert "черновик, абоненту не виден" in text
    # 900 kWh by the register of October.
    assert "Расход: 900 кВт·ч" in text
    assert "5 868,00 ₽" in text
    entry = AuditEntry.get(AuditEntry.action == "bill_run.draft_looked")
    assert entry.account_id == Account.get(Account.number == NUMBERS[1]).id
    assert Bill.select().where(Bill.run == 2).count() == 0
    chief.get(f"{RUN}/drafts/460000000099", status=404)
    chief.submit(chief.get(RUN), "form[action$='/publish']")
    work()
    chief.get(page.url, status=404)


def test_a_draft_that_is_held_back_gets_no_bill_and_says_why(chief, work):
    issued(chief, work)
    page = chief.get(f"{RUN}/odd")
    assert NUMBERS[1][-4:] in page.text
    assert NUMBERS[0][-4:] not in page.text_of("tbody")
    form = "form[action*='/hold']"
    answer = chief.submit(page, form, why=" ", status=422)
    assert "Напишите, почему придержали квитанцию" in answer.text
    answer = chief.submit(page, form, why="едем проверять счётчик")
    assert "Ничего необычного" in answer.text
    again = chief.submit(page, form, why="ещё раз", status=409)
    assert "Черновика этого лицевого счёта в запуске нет" in again.text
    held = chief.get(f"{RUN}/held")
    assert "едем проверять счётчик" in held.text
    chief.submit(chief.get(RUN), "form[action$='/publish']")
    work()
    (bill,) = Bill.select().where(Bill.run == 2)
    assert bill.account.number == NUMBERS[0]
    entry = AuditEntry.get(AuditEntry.action == "bill_run.held_back")
    assert entry.account_id == Account.get(Account.number == NUMBERS[1]).id


def test_looking_at_what_is_unusual_is_noted_at_each_account(chief, work):
    issued(chief, work)
    chief.get(f"{RUN}/odd")
    (entry,) = AuditEntry.select().where(AuditEntry.action == "bill_run.listed")
    assert entry.account_id == Account.get(Account.number == NUMBERS[1]).id


def test_before_there_are_drafts_the_oddest_are_seen_beside_last_month(chief, work):
    asked(chief)
    work()
    page = chief.get(RUN)
    assert page.text_of("#bill-run p b") == "подготовлен"
    page = chief.get(page.one("#bill-run a[href$='/odd']").get("href"))
    (row,) = page.select("tbody tr")
    cells = [" ".join("".join(cell.itertext()).split()) for cell in row]
    assert cells[0] == "4600 0000 0002"
    assert cells[2:] == ["5 868,00 ₽", "587,00 ₽"]
    assert "Черновиков ещё нет" in page.text
    (entry,) = AuditEntry.select().where(AuditEntry.action == "bill_run.listed")
    assert entry.account_id == Account.get(Account.number == NUMBERS[1]).id


def test_what_is_given_up_leaves_no_draft(chief, work):
    page = issued(chief, work)
    page = chief.submit(page, "form[action$='/cancel']")
    assert page.text_of("#bill-run p b") == "отменён"
    assert BillDraft.select().count() == 2
    work()
    assert (BillDraft.select().count(), BillHold.select().count()) == (0, 0)
    assert asked(chief).text_of("#bill-run p b") == "считается"


def test_a_page_of_before_is_told_what_has_happened_since(chief, work):
    page = issued(chief, work)
    chief.submit(page, "form[action$='/cancel']")
    late = chief.submit(page, "form[action$='/publish']", status=409)
    assert "Запуск уже в другом состоянии" in late.text
    # Twice the same is once.
    twice = chief.submit(page, "form[action$='/cancel']")
    assert twice.text_of("#bill-run p b") == "отменён"


def test_what_broke_off_goes_on_when_somebody_says_so(chief, work, monkeypatch):
    asked(chief)
    from cabinet.services.billing import issuing

    def broken(*_args, **_kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(issuing, "compute", broken)
    work()
    monkeypatch.undo()
    page = chief.get(RUN)
    assert "Работа прервалась" in page.text
    assert "ZeroDivisionError" in page.text
    assert 'http-equiv="refresh"' not in page.html
    work()
    assert BillRun.get_by_id(2).state == "preparing"
    chief.submit(page, "form[action$='/resume']")
    work()
    assert chief.get(RUN).text_of("#bill-run p b") == "подготовлен"


def test_an_operator_looks_and_changes_nothing(chief, work, worker, desk):
    page = issued(chief, work)
    seen = worker.get(RUN)
    assert not seen.select("form[action*='/staff/bills']")
    assert not worker.get(LIST).select("#ask-form")
    assert not worker.get(f"{RUN}/odd").select("form[action*='/hold']")
    for act in ("issue", "publish", "cancel"):
        if page.select(f"form[action$='/{act}']"):
            worker.submit(page, f"form[action$='/{act}']", status=400)
    assert BillRun.get_by_id(2).state == "issued"


def test_publishing_asks_again_who_it_is(chief, work, clock, now):
    page = issued(chief, work)
    clock.set(now + timedelta(minutes=20))
    seen = chief.get(RUN)
    assert not seen.select("form[action$='/publish']")
    assert "Подтвердите, что это вы" in seen.text
    chief.submit(page, "form[action$='/publish']")
    assert BillRun.get_by_id(2).state == "issued"


def test_a_run_of_another_branch_is_missing(chief, work, desk):
    issued(chief, work)
    staff = factories.make_staff(
        "far@example.org", role="supervisor", branches=("tver",)
    )
    far = Browser(desk).sign_in(staff)
    page = far.get(LIST)
    assert "получают начисления файлами" in page.text
    for address in (RUN, f"{RUN}/odd", f"{RUN}/held", f"{LIST}/3"):
        far.get(address, status=404)
