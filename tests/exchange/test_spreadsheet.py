from datetime import date
from decimal import Decimal

import pytest

from cabinet.exchange.spreadsheet import csv_bytes, is_formula, neutralise, restore

DANGEROUS = [
    "=1+1",
    "+7 900",
    "-5",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1",
    "\n=1",
    "\0=1",
    "\tплан",
    " =1+1",
    "\u00a0=1+1",
    "\u3000=1",
    "\ufeff=1+1",
    "\ufeff\t=1",
    "\u200b=1",
    "\u200e\u202e=1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(A1)",
    "\u2007\uff1d1",
    "\ufe63\u0031",
]
HARMLESS = [
    "Иванов",
    "",
    "12,50",
    "ул. Мира, д. 3",
    "a=b",
    "№ 5",
    "«Дача»",
    "'",
    "О'Нил",
]


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_could_run_is_never_first_in_its_cell(text):
    cell = csv_bytes(["x"], [[text]]).decode("utf-8-sig").split("\r\n", 1)[1]
    assert cell.lstrip('"').startswith("'")


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_stays_as_it_is(text):
    assert neutralise(text) == text
    assert not is_formula(text)


@pytest.mark.parametrize("text", [*DANGEROUS, *HARMLESS, "'=1", "''=1", "'-", "''"])
def test_restoring_gives_back_what_was_written(text):
    assert restore(neutralise(text)) == text.replace("\0", "")


def test_the_file_opens_in_a_russian_spreadsheet():
    rows = [[date(2026, 11, 2), Decimal("-1234.50"), 7, None, 'улица "Мира"; 3']]
    assert (
        csv_bytes(["Дата", "Сумма", "Дней", "Пусто", "Адрес"], rows)
        == (
            "\ufeffДата;Сумма;Дней;Пусто;Адрес\r\n"
            '02.11.2026;-1234,50;7;;"улица ""Мира""; 3"\r\n'
        ).encode()
    )


def test_a_text_with_a_comma_is_quoted_for_other_countries():
    assert b'"a,=1"' in csv_bytes(["x"], [["a,=1"]])
