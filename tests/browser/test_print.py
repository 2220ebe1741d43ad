"""The receipt on paper: one sheet, no menus, everything on it."""

import pytest
from pypdf import PdfReader


@pytest.fixture
def printed(open_page, sign_in, house, tmp_path):
    """Print a page as the browser's own «Print» does; gives the reader of the file."""

    def print_(path):
        page = sign_in(open_page(), house(zones=2))
        page.goto(path)
        target = tmp_path / "page.pdf"
        page.pdf(path=target, prefer_css_page_size=True, tagged=True)
        return PdfReader(target)

    return print_


def test_a_receipt_is_one_sheet_without_menus(printed):
    sheet = printed("/bills/2026-10")
    assert len(sheet.pages) == 1
    text = " ".join(sheet.pages[0].extract_text().split())
    assert "812,40" in text
    assert "Лицевой счёт" in text
    for word in ("Главная", "Выйти", "Скачать PDF", "К содержанию"):
        assert word not in text


def test_a_printed_receipt_can_be_read_aloud(printed):
    sheet = printed("/bills/2026-10")
    assert sheet.root_object["/MarkInfo"]["/Marked"]
    assert sheet.root_object["/Lang"].startswith("ru")


def test_a_year_of_history_prints_without_its_form(printed):
    sheet = printed("/history")
    assert len(sheet.pages) <= 3
    text = sheet.pages[0].extract_text()
    assert "История показаний" in text
    assert "С даты" not in text


def test_a_year_of_charges_and_payments_prints_without_its_form(printed):
    sheet = printed("/statement")
    assert len(sheet.pages) <= 3
    text = sheet.pages[0].extract_text()
    assert "Начисления и платежи" in text
    assert "С даты" not in text
    assert "Скачать" not in text
