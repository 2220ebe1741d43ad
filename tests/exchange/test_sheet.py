"""Books of Excel: what their cells mean, and books that mean harm."""

import io
import tracemalloc
import zipfile
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest

from cabinet.exchange import sheet as sheets
from cabinet.exchange.faults import UnusableFile
from cabinet.exchange.kinds import PROFILES
from cabinet.exchange.profiles import Faulty, Rows, bind
from cabinet.exchange.recognise import open_table, recognise
from cabinet.exchange.registry import PAYMENTS
from cabinet.exchange.rows import Shape
from cabinet.exchange.workbook import xlsx_bytes
from tests import dressing


def saved(book):
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def opened(body, **shape):
    return open_table("книга.xlsx", io.BytesIO(body), Shape(**shape))


def text_of(value, number_format="General"):
    book = openpyxl.Workbook()
    book.active.append(["ЛС", "ФИО"])
    cell = book.active.cell(2, 2, value)
    if number_format != "General":
        cell.number_format = number_format
    (record,) = opened(saved(book))
    return record.cells[1]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5"),
        (-5.0, "-5"),
        (1629.61, "1629.61"),
        (0.1 + 0.2, "0.3"),
        (0.00001, "0.00001"),
        (461279040069, "461279040069"),
        (461279040069.0, "461279040069"),
        (12345678901234567890, "1.23456789012346E+19"),
        (True, "да"),
        (False, "нет"),
        ("004612", "004612"),
        (" слово ", " слово "),
        ("=не формула"[1:], "не формула"),
        (date(2026, 3, 14), "14.03.2026"),
        (datetime.fromisoformat("2026-03-14T12:29:07"), "14.03.2026 12:29:07"),
        (datetime.fromisoformat("2026-03-14"), "14.03.2026"),
        (time(8, 2), "08:02:00"),
        (timedelta(hours=26, minutes=3), "26:03:00"),
        ("a_x000A_b", "a\nb"),
    ],
)
def test_a_cell_comes_as_a_person_types_it(value, text):
    assert text_of(value) == text


def test_a_number_that_lost_its_digits_is_no_account():
    body = dressing.book([["ЛС", "ФИО"], ["x", "Ёж"]])
    book = openpyxl.load_workbook(io.BytesIO(body))
    book.active["A2"] = 46127904006912345678
    table = opened(saved(book))
    (row,) = Rows(table, bind(next(p for p in PROFILES if p.kind == "holders"), table))
    assert isinstance(row, Faulty)
    assert "потеряла цифры" in row.faults[0].reason


def test_a_day_out_of_the_calendar_stays_a_number():
    assert text_of(99_999_999, "DD.MM.YYYY") == "99999999"


def test_a_formula_comes_as_its_result_and_without_one_as_a_formula():
    book = openpyxl.Workbook()
    book.active.append(["ЛС", "Сумма"])
    book.active.append(["1234", "=1+1"])
    body = saved(book)
    assert [record.cells for record in opened(body)] == [["1234", "=1+1"]]
    with_result = body
    for empty in (b"<v />", b"<v/>", b"<v></v>"):
        old = b"<f>1+1</f>" + empty
        with_result = rewritten(with_result, old, b"<f>1+1</f><v>2</v>")
    assert [record.cells for record in opened(with_result)] == [["1234", "2"]]


def rewritten(body, old, new, part="xl/worksheets/sheet1.xml"):
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(body)) as source,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, data.replace(old, new) if name == part else data)
    return written.getvalue()


def test_blank_rows_and_columns_are_passed_over():
    rows = dressing.rows_of("payments")
    above = [["", ""], ["", ""]]
    body = dressing.book([*rows, [], [""], rows[1]], above=above)
    table = opened(body)
    assert table.header_line == 3
    assert [record.line for record in table] == [4, 5, 8]


def test_a_cell_beyond_the_header_is_told():
    table = opened(dressing.book([["ЛС", "ФИО"], ["1234", "Ёж", "лишнее"]]))
    holders = next(one for one in PROFILES if one.kind == "holders")
    (row,) = Rows(table, bind(holders, table))
    assert row.faults[0].reason == "столбцов в строке 3, в заголовке 2"


def test_a_cell_far_to_the_right_is_a_fault_of_its_row_only():
    body = dressing.book([["ЛС", "ФИО"], ["1234", "Ёж"], ["1235", "Уж"]])
    book = openpyxl.load_workbook(io.BytesIO(body))
    book.active["XFD2"] = "лишнее"
    table = opened(saved(book))
    holders = next(one for one in PROFILES if one.kind == "holders")
    far, good = Rows(table, bind(holders, table))
    assert far.faults[0].reason == "столбцов в строке 1001, в заголовке 2"
    assert good.holder == "Уж"


def test_cells_without_end_are_not_kept():
    many = b"<c/>" * 300_000 + b'<c r="A2"'
    body = rewritten(GOOD, b'<c r="A2"', many)
    tracemalloc.start()
    try:
        assert len(list(opened(body))) == 2
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_the_sheet_with_a_known_header_is_taken_and_another_can_be_named():
    rows = dressing.rows_of("readings")
    body = dressing.book(rows, title="Показания", others=["Титул", "Пояснения"])
    table = opened(body)
    assert (table.shape.sheet, table.header) == ("Показания", tuple(rows[0]))
    assert opened(body, sheet="Титул").header == ("пусто",)
    with pytest.raises(UnusableFile, match="в книге нет листа «Лист9»"):
        opened(body, sheet="Лист9")


def test_a_hidden_sheet_is_taken_only_by_its_name():
    book = openpyxl.Workbook()
    book.active.title = "видно"
    book.active.append(["что-то", "ещё"])
    hidden = book.create_sheet("скрыто")
    hidden.append(["ЛС", "ФИО"])
    hidden.sheet_state = "hidden"
    body = saved(book)
    assert opened(body).header == ("что-то", "ещё")
    assert opened(body, sheet="скрыто").header == ("ЛС", "ФИО")


def test_merged_cells_have_their_value_in_the_first_one():
    book = openpyxl.Workbook()
    for row in (["ЛС", "ФИО"], ["1234", "Ёж"], ["1235", None]):
        book.active.append(row)
    book.active.merge_cells("B2:B3")
    assert [record.cells for record in opened(saved(book))] == [
        ["1234", "Ёж"],
        ["1235", ""],
    ]


def test_our_own_books_are_read_back():
    rows = [(date(2026, 10, 1), "=1+1", 5, None), (None, "'-x", None, "ё")]
    body = xlsx_bytes("Лист: 1", ("Дата", "ФИО", "Штук", "Ещё"), rows)
    assert [record.cells for record in opened(body)] == [
        ["01.10.2026", "'=1+1", "5", ""],
        ["", "''-x", "", "ё"],
    ]


def test_a_long_sheet_is_never_held_whole():
    rows = [dressing.rows_of("payments")[0]]
    good = dressing.rows_of("payments")[1]
    body = dressing.book([*rows, *[good] * 3000])
    table = opened(body)
    assert sum(1 for _ in Rows(table, bind(PAYMENTS, table))) == 3000


def packed(**parts):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return written.getvalue()


GOOD = dressing.book(dressing.rows_of("holders"))
HARMFUL = {
    "an archive": packed(**{"a.csv": "ЛС;ФИО"}),
    "a binary book": packed(
        **{"[Content_Types].xml": "<a/>", "xl/workbook.bin": b"\0\1"}
    ),
    "an empty manifest": packed(**{"[Content_Types].xml": ""}),
    "a cut archive": GOOD[: len(GOOD) // 2],
    "only a signature": b"PK\x03\x04",
    "a bomb": packed(
        **{"[Content_Types].xml": "<a/>", "xl/worksheets/sheet1.xml": b"0" * (50 << 20)}
    ),
    "many parts": packed(
        **{"[Content_Types].xml": "<a/>", **{f"p{n}": "" for n in range(2001)}}
    ),
    "entities": rewritten(
        GOOD,
        b"<worksheet",
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet',
    ),
    "no rows": dressing.book([]),
    "words that are not there": rewritten(
        dressing.word_book(dressing.rows_of("holders")),
        b"<v>3</v>",
        b"<v>3000</v>",
    ),
}


@pytest.mark.parametrize("what", HARMFUL)
def test_a_book_that_means_harm_is_refused_in_words(what):
    with pytest.raises(UnusableFile) as caught:
        list(opened(HARMFUL[what]))
    assert caught.value.reason


def test_a_book_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(sheets, "MOST_SHEET", 100)
    with pytest.raises(UnusableFile, match="слишком велика"):
        opened(GOOD)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"</sheetData>", b""),
        (b"<c r=", b"<c r"),
        (b'r="A2"', b'r="ZZZ2"'),
        (b'<row r="2"', b'<row r="x"'),
        (b'r="A2"', b""),
        (b'<c r="A2"', b'<c r="A2" s="x"'),
    ],
)
def test_a_torn_sheet_is_a_fault_or_is_read(old, new):
    body = rewritten(GOOD, old, new)
    assert body != GOOD
    try:
        count = sum(1 for _ in opened(body))
    except UnusableFile as error:
        count = 2 if error.reason else 0
    assert count == 2


@pytest.mark.parametrize("size", [1000, 2000, 3000])
def test_a_flipped_byte_is_never_more_than_a_refusal(size):
    for place in range(size % 97, len(GOOD), 97):
        broken = bytearray(GOOD)
        broken[place] ^= 0x55
        try:
            told = recognise("x", io.BytesIO(bytes(broken))).header
            told += (str(list(opened(bytes(broken)))),)
        except UnusableFile as error:
            told = error.reason
        assert told
