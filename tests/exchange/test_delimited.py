import io

import pytest

from cabinet.exchange.delimited import Table
from cabinet.exchange.encoding import examine
from cabinet.exchange.faults import UnusableFile

HEADER = "ЛС;ФИО;Адрес"
ROW = "461279040069;Ёлкина Анна № 5;«Мира», 3"


def table(text, encoding="utf-8"):
    return Table("файл.csv", io.BytesIO(text.encode(encoding)))


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1251", "cp866", "utf-16"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_encoding_is_recognised(encoding, end):
    row = ROW.replace("«Мира»", "Мира")
    read = table(end.join([HEADER, row, ""]), encoding)
    assert read.header == ("ЛС", "ФИО", "Адрес")
    assert [(line, cells) for line, cells, _ in read] == [(2, row.split(";"))]


@pytest.mark.parametrize("encoding", ["cp1251", "cp866"])
@pytest.mark.parametrize("text", ["НОВИКОВА АННА", "новикова анна", "Ёж", "Яя;Юю;Эя"])
def test_few_letters_are_enough_to_tell_the_code_pages_apart(encoding, text):
    assert table(text, encoding).examined.encoding == encoding


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_every_delimiter_is_recognised(delimiter):
    read = table(f"ЛС{delimiter}Сумма\n1{delimiter}2\n")
    assert read.delimiter == delimiter
    assert [record.cells for record in read] == [["1", "2"]]


def test_a_delimiter_inside_quotes_of_the_header_does_not_count():
    assert table('"a,b,c,d";x\n').delimiter == ";"
    assert table('"a,b,c,d";x\n').header == ("a,b,c,d", "x")


def test_the_line_that_names_the_delimiter_is_skipped():
    read = table("sep=;\na;b\n1;2\n")
    assert read.header == ("a", "b")
    assert next(iter(read)).line == 3


def test_empty_lines_are_skipped_and_counted():
    read = table("a;b\n\n;\n 1;2\n\n3;4")
    assert [(record.line, record.cells) for record in read] == [
        (4, [" 1", "2"]),
        (6, ["3", "4"]),
    ]


def test_a_quoted_cell_may_hold_delimiters_quotes_and_line_breaks():
    read = table('a;b\n"1;""x""";"две\nстроки"\n3;4\n')
    assert [(record.line, record.cells) for record in read] == [
        (2, ['1;"x"', "две\nстроки"]),
        (4, ["3", "4"]),
    ]


def test_quotes_in_the_middle_of_a_cell_are_kept():
    read = table('a;b\nООО "Ромашка";2\n"Ромашка" ООО;2\n')
    assert [record.cells for record in read] == [
        ['ООО "Ромашка"', "2"],
        ["Ромашка ООО", "2"],
    ]


def test_a_forgotten_quote_harms_only_its_own_row():
    lines = ['"Ромашка;2', "3;4", '"Лютик;5', "6;7", *["8;9"] * 30]
    records = list(table("\n".join(["a;b", *lines])))
    assert [record.line for record in records if record.reason] == [2, 4]
    assert len([record for record in records if not record.reason]) == 32


def test_an_endless_line_is_refused_alone():
    records = list(table("a;b\n" + "x" * 300_000 + "\n1;2\n"))
    assert [bool(record.reason) for record in records] == [True, False]
    assert records[1].line == 3


def test_a_byte_outside_the_code_page_stays_visible():
    read = Table("x", io.BytesIO("имя;б\n".encode("cp1251") + b"\x98;1\n"))
    assert next(iter(read)).cells == ["\ufffd", "1"]


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04rest", b"%PDF-1.7", b"\x1f\x8b12", b"\n\n", b"\xd0\xcf\x11\xe0"],
)
def test_what_is_no_table_is_refused_in_words(data):
    with pytest.raises(UnusableFile) as caught:
        Table("x", io.BytesIO(data))
    assert caught.value.reason


def test_the_hash_is_that_of_the_bytes():
    stream = io.BytesIO(b"abc")
    assert examine(stream).sha256.startswith("ba7816bf")
    assert stream.tell() == 0


def test_a_letter_cut_at_the_end_is_no_utf8():
    assert examine(io.BytesIO("Я".encode()[:1])).encoding != "utf-8"


def test_the_stream_stays_open():
    stream = io.BytesIO(b"a;b\n1;2\n")
    list(Table("x", stream))
    assert not stream.closed


def test_a_quote_open_to_the_end_of_the_file_is_refused_alone():
    records = list(table('a;b\n1;2\n"x;3'))
    assert [(record.line, bool(record.reason)) for record in records] == [
        (2, False),
        (3, True),
    ]


def test_a_file_longer_than_a_piece_is_read_whole():
    data = "имя;б\n".encode("cp1251") + b"x;1\n" * 400_000
    assert examine(io.BytesIO(data)).size == len(data)
