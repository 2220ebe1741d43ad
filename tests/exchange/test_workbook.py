"""XLSX: read back by another library's reader, and no cell runs as a formula."""

import io
import zipfile
from datetime import date
from decimal import Decimal

import openpyxl
import pytest

from cabinet.exchange.workbook import xlsx_bytes

HEADER = ("Дата", "Операция", "Сумма, ₽", "Штук")


def read(content):
    book = openpyxl.load_workbook(io.BytesIO(content))
    (sheet,) = book.worksheets
    return sheet


def test_what_was_written_is_read():
    rows = [(date(2026, 11, 1), "Платёж", Decimal("812.40"), 3), (None, "", None, None)]
    sheet = read(xlsx_bytes("Начисления", HEADER, rows))
    assert sheet.title == "Начисления"
    assert [cell.value for cell in sheet[1]] == list(HEADER)
    assert sheet["A2"].value.date() == date(2026, 11, 1)
    assert sheet["A2"].number_format == "DD.MM.YYYY"
    assert (sheet["B2"].value, sheet["C2"].value, sheet["D2"].value) == (
        "Платёж",
        812.4,
        3,
    )
    assert sheet["C2"].number_format == "#,##0.00"
    assert sheet.freeze_panes == "A2"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", " =", "＝", "'="])
def test_no_text_is_a_formula(start):
    text = f"{start}1+1"
    content = xlsx_bytes("т", ("а",), [(text,)])
    cell = read(content)["A2"]
    assert (cell.data_type, cell.value) == ("s", text)
    sheet = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet


def test_what_xml_cannot_hold_is_left_out():
    sheet = read(xlsx_bytes("а:[б]/" * 9, ("\0x",), [("a\x07б\ud800\uffff",)]))
    assert sheet["A1"].value == "x"
    assert sheet["A2"].value == "aб"
    assert len(sheet.title) <= 31
    assert not set(sheet.title) & set("[]:*?/\\")


def test_a_long_text_is_cut_to_what_a_cell_holds():
    assert len(read(xlsx_bytes("т", ("а",), [("ы" * 40_000,)]))["A2"].value) == 32_767


def test_the_same_rows_are_the_same_file():
    def contents():
        book = zipfile.ZipFile(io.BytesIO(xlsx_bytes("т", ("а",), [("б",)])))
        return {name: book.read(name) for name in book.namelist()}

    assert contents() == contents()
