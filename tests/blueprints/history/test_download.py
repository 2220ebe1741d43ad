import csv
import io
from datetime import date
from urllib.parse import unquote

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingState
from cabinet.domain.period import Month
from cabinet.services.importing import Outcome, import_file
from tests.factories import make_bill, make_meter, make_reading

HEADER = [
    "Месяц",
    "Счётчик",
    "Зона",
    "Показание",
    "Дата",
    "Источник",
    "Состояние",
    "Расход, кВт·ч",
    "Год назад, кВт·ч",
    "Примечание",
]


def table(page):
    text = page.body.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def test_it_is_a_file_with_a_russian_name(signed_in, year):
    page = signed_in.get("/history.csv")
    assert page.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert page.headers["Cache-Control"] == "no-store"
    kind, plain, name = page.headers["Content-Disposition"].split("; ")
    assert kind == "attachment"
    assert plain == 'filename="history-460000000001.csv"'
    assert unquote(name) == (
        "filename*=UTF-8''История показаний 460000000001 2026-01 2026-10.csv"
    )
    assert page.body.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in page.body


def test_it_holds_what_the_page_shows(signed_in, year):
    header, *rows = table(signed_in.get("/history.csv"))
    assert header == HEADER
    assert len(rows) == 10
    assert rows[0] == [
        "октябрь 2026",
        "10834547",
        "",
        "5055",
        "22.10.2026",
        "личный кабинет",
        "учтено в квитанции за октябрь",
        "110",
        "",
        "",
    ]


def test_what_billing_says_it_has_counted_is_told_to_the_customer(
    signed_in, account, meter, now
):
    make_reading(meter, "2026-10", (4100,), state=ReadingState.SUBMITTED)
    told = "Учтено в квитанции за октябрь"
    assert told not in signed_in.get("/history").text
    header = "ЛС;Заводской №;Дата;Учтено в квитанции за"
    row = f"{account.number};{meter.serial};22.10.2026;10.2026"
    body = io.BytesIO(f"{header}\r\n{row}\r\n".encode("cp1251"))
    assert import_file("ответ.csv", body, now=now).counts[Outcome.CHANGED] == 1
    assert told in signed_in.get("/history").text
    (_, row) = table(signed_in.get("/history.csv"))
    assert row[6] == "учтено в квитанции за октябрь"


def test_the_page_leads_to_its_own_period(signed_in, year):
    page = signed_in.get("/history?first=01.02.2026&last=2026-04-30")
    (link,) = page.select("a[href*='.csv']")
    assert link.get("href") == "/history.csv?first=2026-02-01&last=2026-04-30"
    rows = table(signed_in.get(link.get("href")))
    assert [row[0] for row in rows[1:]] == ["апрель 2026", "март 2026", "февраль 2026"]


def test_a_long_period_is_whole(signed_in, account):
    meter = make_meter(account, opening_on=date(2024, 12, 31))
    for step in range(22):
        make_reading(meter, str(Month(2025, 1).plus(step)), (4001 + step,))
    rows = table(signed_in.get("/history.csv?months=all"))
    assert len(rows) == 1 + 22
    assert [row[0] for row in rows if "2026" in row[0] and row[8] == "1"] == (
        [row[0] for row in rows[1:11]]
    )


def test_zones_have_a_line_each_and_a_month_without_them_one(signed_in, account):
    meter = make_meter(account, zones=2, opening=(100, 200))
    make_reading(meter, "2026-08", ("110.5", 230))
    make_reading(
        meter, "2026-09", (900, 900), state=ReadingState.REJECTED, reason="нет фото"
    )
    make_bill(account, "2026-10", basis=ChargeBasis.NORM, volume=Energy.from_kwh(1500))
    _, *rows = table(signed_in.get("/history.csv"))
    charged = "начислено по нормативу 1 500 кВт·ч"
    refused = ("22.09.2026", "личный кабинет", "возвращено: нет фото", "", "", "")
    taken = ("22.08.2026", "личный кабинет", "учтено в квитанции")
    since = "расход за январь – август"
    assert [tuple(row[2:]) for row in rows] == [
        ("", "", "", "нет показаний", "", "", "", charged),
        ("день (Т1)", "900", *refused),
        ("ночь (Т2)", "900", *refused),
        ("день (Т1)", "110,500", *taken, "10,500", "", since),
        ("ночь (Т2)", "230", *taken, "30", "", since),
    ]


def test_no_cell_is_a_formula(signed_in, account):
    meter = make_meter(account, serial="=HYPERLINK(1)")
    make_reading(meter, "2026-10", (4100,), state=ReadingState.REJECTED, reason="=1+1")
    page = signed_in.get("/history.csv")
    (_, row) = table(page)
    assert row[1] == "'=HYPERLINK(1)"
    assert row[6] == "возвращено: =1+1"
    for cell in row:
        assert not cell.startswith(("=", "+", "-", "@"))


def test_bad_days_lead_to_the_form(signed_in, year):
    page = signed_in.get("/history.csv?first=x&last=2026-01-01", status=422)
    assert page.one("#first").get("value") == "x"


def test_an_empty_period_is_an_empty_table(signed_in, year):
    page = signed_in.get("/history.csv?first=2020-01-01&last=2020-12-31")
    assert table(page) == [HEADER]
