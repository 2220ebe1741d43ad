"""Выгрузки: a specialist asks for a file, waits for it and takes it."""

from datetime import timedelta

import pytest

from cabinet.domain.metering import ReadingState
from cabinet.domain.money import Money
from cabinet.models import Account, AuditEntry, Job, OutFile, OutProfile
from cabinet.services import outgoing
from tests import factories
from tests.browsing import Browser

FORM = {"branch": "kursk", "what": "readings:csv", "month": "2026-11"}


@pytest.fixture
def sent(household):
    meter = factories.make_meter(household, serial="01")
    return factories.make_reading(
        meter, "2026-11", (4150,), state=ReadingState.SUBMITTED
    )


def ask(browser, **fields):
    page = browser.get("/staff/outgoing")
    return browser.submit(page, "#out-form", **FORM | fields)


def let_the_worker_work(now):
    return outgoing.make_next(clock=lambda: now, is_stopping=lambda: False)


def test_a_file_is_asked_for_awaited_and_taken(worker, sent, now):
    assert "Файлов пока нет" in worker.get("/staff/outgoing").text
    shown = ask(worker)
    assert "Показания для расчётной системы № 1" in shown.text
    assert "готовится" in shown.text
    assert shown.one("#out-files").get("data-hx-trigger") == "load delay:3s"
    assert let_the_worker_work(now) == 1
    assert let_the_worker_work(now) == 0
    shown = worker.get("/staff/outgoing")
    assert shown.one("#out-files").get("data-hx-trigger") is None
    (link,) = shown.select("#out-files td a")
    answer = worker.get(link.get("href"), check=False)
    assert (
        answer.body.decode("utf-8-sig").splitlines()[1].startswith("460000000001;01;")
    )
    again = worker.get(link.get("href"), check=False)
    assert again.body == answer.body
    actions = [row.action for row in AuditEntry.select().order_by(AuditEntry.id)]
    assert actions.count("out.asked") == 1
    assert actions.count("out.taken") == 2


def test_a_form_that_is_sent_twice_is_one_file(worker, sent):
    page = worker.get("/staff/outgoing")
    for _ in range(2):
        worker.submit(page, "#out-form", **FORM)
    assert OutFile.select().count() == Job.select().count() == 1


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"what": "readings:1c"}, "Выберите, что выгрузить"),
        ({"what": ""}, "Выберите, что выгрузить"),
        ({"month": "ноябрь"}, "Выберите месяц"),
        ({"branch": "tver"}, "Выберите филиал"),
        ({"first": "вчера"}, "Введите день"),
        ({"first": "02.11.2026", "last": "01.11.2026"}, "раньше первого"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_stays(
    worker, household, fields, told
):
    factories.make_branch("tver", name="Тверь")
    shown = ask(worker, status=422, **fields)
    assert told in shown.text
    if "first" in fields:
        assert shown.one("#first").get("value") == fields["first"]
    assert not OutFile.select().exists()


def test_taking_a_file_asks_who_it_is(unsure, desk, household, now):
    ask(unsure)
    let_the_worker_work(now)
    row = OutFile.get()
    answer = unsure.get(f"/staff/outgoing/{row.public_id}", status=303)
    assert answer.headers["Location"].startswith("/factor/sure")
    assert not AuditEntry.select().where(AuditEntry.action == "out.taken").exists()


def test_files_of_another_branch_are_not_there(worker, desk, household, now):
    ask(worker)
    let_the_worker_work(now)
    factories.make_branch("tver", name="Тверь")
    other = Browser(desk).sign_in(
        factories.make_staff("tver@example.org", branches=("tver",))
    )
    assert "Файлов пока нет" in other.get("/staff/outgoing").text
    other.get(f"/staff/outgoing/{OutFile.get().public_id}", status=404)


def test_what_cannot_be_made_says_so(worker, household, now, monkeypatch):
    def breaks(*_):
        raise OSError

    monkeypatch.setattr("cabinet.services.outgoing.rows.debts", breaks)
    monkeypatch.setattr("cabinet.services.outgoing.rows.gather_readings", breaks)
    ask(worker)
    for number in range(4):
        let_the_worker_work(now + timedelta(hours=number))
    assert "не получилось" in worker.get("/staff/outgoing").text
    assert OutFile.get().error == "OSError"


@pytest.fixture
def chief(desk, household):
    staff = factories.make_staff("chief@example.org", role="supervisor")
    return Browser(desk).sign_in(staff)


def test_a_supervisor_says_which_columns_there_are(chief, sent, now):
    page = chief.get("/staff/outgoing/shapes/kursk/readings")
    assert page.one("#columns").text.startswith("account = ЛС")
    chief.submit(
        page,
        "#shape-form",
        columns="t1 = Показание\n\n account",
        encoding="cp1251",
        delimiter="\t",
    )
    assert OutProfile.get().columns == "t1 = Показание\naccount = ЛС"
    ask(chief)
    let_the_worker_work(now)
    row = OutFile.get()
    answer = chief.client.get(f"/staff/outgoing/{row.public_id}")
    assert (
        answer.get_data().decode("cp1251") == "Показание\tЛС\r\n4150\t460000000001\r\n"
    )
    page = chief.get("/staff/outgoing/shapes/kursk/readings")
    chief.submit(page, "form[action$='/usual']")
    assert not OutProfile.select().exists()


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ("price = Цена", "«price = Цена»: такого поля нет"),
        ("account\naccount = Счёт", "это поле уже есть"),
        ("  \n ", "нужен хотя бы один столбец"),
    ],
)
def test_columns_that_are_none_are_told(chief, columns, told):
    page = chief.get("/staff/outgoing/shapes/kursk/readings")
    shown = chief.submit(page, "#shape-form", status=422, columns=columns)
    assert told in shown.text
    assert shown.one("#columns").text.strip() == columns.strip()


def test_an_operator_chooses_no_columns(worker, household):
    worker.get("/staff/outgoing/shapes/kursk/readings", status=404)
    assert not worker.get("/staff/outgoing").select("a[href*='shapes']")


def test_a_supervisor_says_how_the_bank_wants_debts_written(chief, household, now):
    Account.update(balance=Money(812_40)).where(Account.id == household.id).execute()
    assert chief.get("/staff/outgoing").select("a[href$='/shapes/kursk/debts']")
    page = chief.get("/staff/outgoing/shapes/kursk/debts")
    assert not page.select("#columns, #delimiter, #has-header")
    offered = [each.get("value") for each in page.select("#encoding option")]
    assert offered == ["cp1251", "koi8-r", "utf-8-sig"]
    assert page.one("#encoding option[selected]").get("value") == "cp1251"
    assert page.one("#decimal option[selected]").get("value") == ","
    chief.submit(page, "#shape-form", encoding="koi8-r", decimal=".")
    page = chief.get("/staff/outgoing/shapes/kursk/debts")
    assert page.one("#encoding option[selected]").get("value") == "koi8-r"
    assert page.one("#decimal option[selected]").get("value") == "."
    ask(chief, what="debts:sberbank")
    let_the_worker_work(now)
    row = OutFile.get()
    answer = chief.client.get(f"/staff/outgoing/{row.public_id}")
    assert answer.get_data().decode("koi8-r").endswith(";1126;812.40\r\n")
    chief.submit(page, "form[action$='/usual']")
    assert not OutProfile.select().exists()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"encoding": "cp866"}, "Выберите кодировку"),
        ({"encoding": ""}, "Выберите кодировку"),
        ({"decimal": ";"}, "Выберите запятую или точку"),
    ],
)
def test_what_no_bank_wants_is_told_at_its_field(chief, fields, told):
    page = chief.get("/staff/outgoing/shapes/kursk/debts")
    shown = chief.submit(page, "#shape-form", status=422, **fields)
    assert told in shown.one(f"#{next(iter(fields))}-e").text
    assert not OutProfile.select().exists()


def test_what_has_no_shape_has_no_page(chief):
    chief.get("/staff/outgoing/shapes/kursk/nothing", status=404)
