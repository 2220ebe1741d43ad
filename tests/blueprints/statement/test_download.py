import csv
import io
from datetime import UTC, datetime
from urllib.parse import unquote

from pypdf import PdfReader

from cabinet.domain.money import Money
from tests.factories import post

HEADER = ["Дата", "Операция", "Откуда, документ", "Сумма, ₽", "Долг после, ₽"]


def table(page):
    text = page.body.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))


def test_the_table_holds_what_the_page_shows(signed_in, autumn):
    page = signed_in.get("/statement")
    (link,) = page.select("a[href*='.csv']")
    assert link.get("href") == "/statement.csv?first=2025-12-01&last=2026-11-22"
    page = signed_in.get(link.get("href"))
    assert page.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert page.headers["Cache-Control"] == "no-store"
    kind, plain, name = page.headers["Content-Disposition"].split("; ")
    assert (kind, plain) == ("attachment", 'filename="statement-460000000001.csv"')
    assert unquote(name) == (
        "filename*=UTF-8''Начисления и платежи 460000000001 2025-12-01 2026-11-22.csv"
    )
    assert table(page) == [
        HEADER,
        ["01.12.2025", "Долг на начало", "", "", "0,00"],
        ["01.11.2026", "Начислено", "квитанция за сентябрь 2026", "400,00", "400,00"],
        ["01.11.2026", "Начислено", "квитанция за октябрь 2026", "400,00", "800,00"],
        ["01.11.2026", "Пени за октябрь 2026", "", "12,40", "812,40"],
        ["05.11.2026", "Оплата", "по реестру банка, № 77-01", "-500,00", "312,40"],
        ["22.11.2026", "Долг на конец", "", "", "312,40"],
    ]


def test_a_long_period_is_whole(signed_in, account):
    for step in range(45):
        post(account, Money(-step), at=datetime(2026, 11, 1, 0, step, tzinfo=UTC))
    assert len(table(signed_in.get("/statement.csv?months=all"))) == 1 + 45 + 2


def test_no_cell_is_a_formula(signed_in, account):
    at = datetime(2026, 11, 5, tzinfo=UTC)
    post(account, Money(-1), at=at, document="=HYPERLINK(1)")
    for row in table(signed_in.get("/statement.csv"))[1:]:
        for cell in row[:3]:
            assert not cell.startswith(("=", "+", "-", "@"))


def test_the_document_is_a_file_with_a_russian_name(signed_in, autumn):
    page = signed_in.get("/statement")
    (link,) = page.select("a[href*='.pdf']")
    page = signed_in.get(link.get("href"))
    assert page.headers["Content-Type"] == "application/pdf"
    assert page.headers["Cache-Control"] == "no-store"
    name = unquote(page.headers["Content-Disposition"].split("; ")[2])
    assert name == (
        "filename*=UTF-8''Акт сверки 460000000001 2025-12-01 2026-11-22.pdf"
    )
    said = PdfReader(io.BytesIO(page.body)).pages[0].extract_text()
    assert "312,40" in said


def test_an_empty_period_is_a_document_too(signed_in, autumn):
    page = signed_in.get("/statement.pdf?first=2026-11-10&last=2026-11-12")
    said = PdfReader(io.BytesIO(page.body)).pages[0].extract_text()
    assert "долг 312,40" in " ".join(said.split())


def test_documents_have_a_limit_an_hour(signed_in, autumn, monkeypatch):
    from cabinet.services import limits

    monkeypatch.setattr(limits, "PDF_HOUR", limits.Limit("pdf-hour", 2, 3600))
    for _ in range(2):
        signed_in.get("/statement.pdf", check=False)
    assert signed_in.client.get("/statement.pdf").status_code == 429
