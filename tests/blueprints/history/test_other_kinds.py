"""The history as a workbook and as Green Button."""

import io

import openpyxl
import pytest
from greenbutton_objects import parse

from cabinet.models import AuditEntry
from tests import factories
from tests.browsing import Browser


@pytest.fixture
def signed_in(browser, alice, account):
    meter = factories.make_meter(
        account, zones=2, opening=(4000, 2000), serial="12345678"
    )
    factories.make_reading(meter, "2026-08", (4100, 2050))
    factories.make_reading(meter, "2026-10", (4300, 2150))
    factories.make_bill(account, "2026-10", charged="812,40")
    return browser.sign_in(alice)


def test_the_workbook_has_what_the_csv_has(signed_in):
    page = signed_in.get("/history")
    (link,) = page.select("a[href*='.xlsx']")
    answer = signed_in.get(link.get("href"), check=False)
    assert answer.headers["Content-Type"].endswith("spreadsheetml.sheet")
    assert "history-460000000001.xlsx" in answer.headers["Content-Disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(answer.body)).active
    rows = [tuple(cell.value for cell in row) for row in sheet.rows]
    assert rows[0][0] == "Месяц"
    assert rows[1][:4] == ("октябрь 2026", "12345678", "день (Т1)", 4300)
    csv = signed_in.get("/history.csv").body.decode("utf-8-sig")
    assert len(csv.splitlines()) == len(rows)


def test_green_button_tells_every_span_of_time(signed_in):
    (link,) = signed_in.get("/history").select("a[href='/history.xml']")
    answer = signed_in.get(link.get("href"), check=False)
    assert answer.headers["Content-Type"] == "application/atom+xml"
    (point,) = parse.parse_feed(io.BytesIO(answer.body))
    by_title = {each.title: each for each in point.meterReadings}
    day = next(value for title, value in by_title.items() if title.endswith("T1"))
    spans = [
        (each.timePeriod.start.isoformat(), each.timePeriod.duration.days, each.value)
        for each in day.intervalReadings
    ]
    # September has no reading: October's tells of both. Days are those of the branch.
    assert spans[-1] == ("2026-08-31T21:00:00+00:00", 61, 200_000)
    assert b"<espi:billLastPeriod>81240000<" in answer.body
    trace = AuditEntry.get(AuditEntry.action == "history.saved")
    assert trace.subject == "history:green-button"


def test_an_account_without_anything_has_empty_files(app, now, db):
    user = factories.make_customer()
    factories.give_access(user, factories.make_account(number="460000000088"))
    browser = Browser(app).sign_in(user)
    browser.get("/history.xml", check=False)
    browser.get("/history.xlsx", check=False)
    browser.get("/statement.xlsx", check=False)


@pytest.mark.parametrize(
    "path", ["/history.xlsx", "/history.xml", "/statement.xlsx", "/history.csv"]
)
def test_who_only_sends_readings_gets_none_of_them(app, bob, account, path):
    Browser(app).sign_in(bob).get(path, status=404)


@pytest.mark.parametrize("path", ["/history.xlsx", "/statement.xlsx"])
def test_days_that_are_none_are_told(signed_in, path):
    page = signed_in.get(f"{path}?first=x&last=2026-01-01", status=422)
    assert "Введите дату начала" in page.text


def test_the_statement_is_a_workbook_too(signed_in):
    (link,) = signed_in.get("/statement").select("a[href*='.xlsx']")
    answer = signed_in.get(link.get("href"), check=False)
    sheet = openpyxl.load_workbook(io.BytesIO(answer.body)).active
    rows = [tuple(cell.value for cell in row) for row in sheet.rows]
    assert rows[0] == (
        "Дата",
        "Операция",
        "Откуда, документ",
        "Сумма, ₽",
        "Долг после, ₽",
    )
    assert (rows[-1][1], rows[-1][4]) == ("Долг на конец", 812.4)
