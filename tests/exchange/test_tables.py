"""Every kind in every dress reads the same: alphabets, delimiters, marks, days, books."""

import io

import pytest

from cabinet.exchange.faults import UnusableFile
from cabinet.exchange.kinds import PROFILES
from cabinet.exchange.layout import Layout, layout_json, read_layout
from cabinet.exchange.profiles import Faulty, Rows, bind
from cabinet.exchange.recognise import open_table, recognise
from cabinet.exchange.rows import Shape
from cabinet.exchange.sberbank import HEADER as SBERBANK
from tests import dressing

KINDS = [profile.kind for profile in PROFILES]
PROFILE = {profile.kind: profile for profile in PROFILES}

NUMBERED = [f"Столбец {number}" for number in range(1, 5)]
PAID = [
    "27-12-2026;14-26-35;8640;9001;600017;461279040069;Иванов И.И.;Курск;1226;10,50;10,40;0,10",
    "28-12-2026;08-02-00;8640;9001;600018;;Петров;Курск;1126;1,00;0,99;0,01",
    "=2;11,50;11,39;0,11;77;29-12-2026",
]


def read(kind, body, shape=None, chosen=None):
    table = open_table("файл", io.BytesIO(body), shape)
    rows = Rows(table, bind(PROFILE[kind], table, chosen))
    found = list(rows)
    faults = [one.faults for one in found if isinstance(one, Faulty)]
    assert faults == []
    assert rows.control_faults() == []
    return dressing.said(found)


def plain(kind):
    rows = read(kind, dressing.delimited(dressing.rows_of(kind)))
    assert len(rows) == 2
    return rows


def test_there_is_a_good_table_of_every_kind():
    assert set(dressing.GOOD) == set(KINDS)


@pytest.mark.parametrize("encoding", dressing.ENCODINGS)
@pytest.mark.parametrize("delimiter", dressing.DELIMITERS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_reads_the_same_in_every_text(kind, delimiter, encoding):
    for point in (False, True):
        for iso in (False, True):
            rows = [
                # What cp866 has no sign for is no fault of the reader.
                [cell.replace("«", '"').replace("»", '"') for cell in row]
                for row in dressing.rows_of(kind)
            ]
            body = dressing.delimited(
                rows, encoding=encoding, delimiter=delimiter, point=point, iso=iso
            )
            found = recognise("файл", io.BytesIO(body))
            assert (found.kind, found.shape.encoding) == (kind, encoding)
            assert found.shape.delimiter == delimiter
            assert read(kind, body) == read(kind, dressing.delimited(rows))


@pytest.mark.parametrize("made", [dressing.book, dressing.word_book])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_reads_the_same_from_a_book(kind, made):
    body = made(dressing.rows_of(kind))
    assert recognise("файл", io.BytesIO(body)).kind == kind
    assert read(kind, body) == plain(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_what_stands_above_a_header_is_passed_over(kind):
    above = [["Реестр за октябрь"], ["Исполнитель: Щукина", "Тел. 55-55"]]
    rows = dressing.rows_of(kind)
    lines = dressing.delimited([*above, *rows])
    for body in (lines, dressing.book(rows, above=above)):
        table = open_table("файл", io.BytesIO(body))
        assert (table.header, table.header_line) == (tuple(rows[0]), 3)
        assert [record.line for record in table] == [4, 5]


def test_a_line_of_the_header_can_be_told():
    body = "ЛС;ФИО\nЛС;ФИО;Прочее\n1;2;3\n".encode()
    table = open_table("файл", io.BytesIO(body), Shape(header_line=2))
    assert table.header == ("ЛС", "ФИО", "Прочее")
    with pytest.raises(UnusableFile, match="нет строки 9"):
        open_table("файл", io.BytesIO(body), Shape(header_line=9))


def test_a_file_without_a_header_gets_numbered_columns():
    body = b"461279040069;14.03.2026;10,5\n461279040070;15.03.2026;1\n"
    rows = [line.split(";") for line in body.decode().splitlines()]
    for data in (body, dressing.book(rows)):
        table = open_table("файл", io.BytesIO(data))
        assert table.header == ("Столбец 1", "Столбец 2", "Столбец 3")
        assert [record.line for record in table] == [1, 2]
        assert not table.shape.has_header


def test_a_file_without_a_header_is_read_by_chosen_columns():
    shape = Shape(has_header=False, delimiter="|")
    body = "7|14.03.2026|461279040069|10,5\n".encode("cp866")
    chosen = {
        "code": "Столбец 1",
        "paid_on": "Столбец 2",
        "account": "Столбец 3",
        "amount": "Столбец 4",
    }
    (row,) = read("payments", body, shape, chosen)
    assert (row.code, row.account, row.amount.kopecks) == ("7", "461279040069", 1050)
    book = dressing.book([["7", "14.03.2026", "461279040069", "10,5"]])
    assert read("payments", book, Shape(has_header=False), chosen) == [row]


def test_what_stands_above_rows_without_a_header_is_passed_over_by_a_saved_line():
    # As LANBilling sends payments: the account they came to stands alone above them.
    body = b"40702810000000000001\n461279040069;7;2026-03-14;10.50\n"
    columns = dict(zip(("account", "code", "paid_on", "amount"), NUMBERED, strict=True))
    shape = Shape(has_header=False, delimiter=";", header_line=2)
    layout = Layout(name="Банк", kind="payments", shape=shape, columns=columns)
    kept = read_layout(layout_json(layout))
    (row,) = read("payments", body, kept.shape, kept.columns)
    assert (row.line, row.account, row.code) == (2, "461279040069", "7")
    assert row.amount.kopecks == 1050


@pytest.mark.parametrize("encoding", [*dressing.ENCODINGS, "koi8-r"])
def test_a_registry_of_sberbank_is_known_by_its_first_row(encoding):
    body = "\r\n".join(PAID).encode(encoding)
    shape = Shape(encoding=encoding) if encoding == "koi8-r" else None
    found = recognise("файл", io.BytesIO(body), shape)
    assert (found.shape.format, found.kind) == ("sberbank", "payments")
    assert found.header == SBERBANK
    first, second = read("payments", body, shape)
    assert (first.line, first.code, first.holder) == (1, "600017", "Иванов И.И.")
    assert f"{first.paid_on} {first.paid_at}" == "2026-12-27 14:26:35"
    assert (str(first.month), first.amount.kopecks) == ("2026-12", 1050)
    assert second.account == ""


@pytest.mark.parametrize(
    ("place", "put", "reason"),
    [
        (2, "=3;11,50;11,39;0,11;77;29-12-2026", "строк 3, в файле 2"),
        (2, "=2;11,51;11,39;0,11;77;29-12-2026", "по строкам 11.50"),
        (2, "=2;11,50;11,38;0,11;77;29-12-2026", "по строкам 11.39"),
        (2, "=2;11,50;11,39;0,12;77;29-12-2026", "по строкам 0.11"),
        (1, "", "строк 2, в файле 1"),
    ],
)
def test_the_last_line_of_a_registry_is_checked(place, put, reason):
    lines = [put if number == place else line for number, line in enumerate(PAID)]
    table = open_table("файл", io.BytesIO("\n".join(lines).encode()))
    rows = Rows(table, bind(PROFILE["payments"], table))
    list(rows)
    assert reason in rows.control_faults()[0].reason


def test_a_control_line_survives_a_spreadsheet():
    rows = [*dressing.rows_of("payments"), ["=2", "1640,11", "1640,11", "0,00"]]
    body = dressing.book(rows)
    table = open_table("файл", io.BytesIO(body))
    read_rows = Rows(table, bind(PROFILE["payments"], table))
    list(read_rows)
    assert read_rows.control.count == 2
    assert read_rows.control_faults() == []


def test_an_encoding_can_be_told():
    body = "ЛС;ФИО\n1234;Ёж\n".encode("koi8-r")
    table = open_table("файл", io.BytesIO(body), Shape(encoding="koi8-r"))
    assert next(iter(table)).cells == ["1234", "Ёж"]
    with pytest.raises(UnusableFile, match="неизвестная кодировка: ebcdic"):
        open_table("файл", io.BytesIO(body), Shape(encoding="ebcdic"))


def test_a_format_that_is_told_has_to_be_that_of_the_file():
    book = dressing.book(dressing.rows_of("holders"))
    with pytest.raises(UnusableFile, match="а не текст"):
        open_table("файл", io.BytesIO(book), Shape(format="delimited"))
    with pytest.raises(UnusableFile, match="не книга XLSX"):
        open_table("файл", io.BytesIO(b"a;b\n"), Shape(format="xlsx"))
    with pytest.raises(UnusableFile, match="первая строка не 1CClientBankExchange"):
        open_table("файл", io.BytesIO(b"a;b\n"), Shape(format="client_bank"))
    with pytest.raises(UnusableFile, match="неизвестный вид файла: dbf"):
        open_table("файл", io.BytesIO(b"a;b\n"), Shape(format="dbf"))


def test_a_table_can_be_opened_again():
    stream = io.BytesIO(dressing.book(dressing.rows_of("readings")))
    first = list(open_table("файл", stream))
    assert list(open_table("файл", stream)) == first


def test_a_file_of_nothing_is_refused():
    with pytest.raises(UnusableFile, match="ни одной строки"):
        open_table("файл", io.BytesIO(b"\n \n"))
    with pytest.raises(UnusableFile, match="ни одной строки"):
        open_table("файл", io.BytesIO(dressing.book([])))


#: A registry as a contract with a bank may have it: no header, columns of its own order.
AGREED = {
    "account": "Столбец 1",
    "paid_on": "Столбец 3",
    "code": "Столбец 2",
    "amount": "Столбец 4",
    "transfer": "Столбец 6",
    "commission": "Столбец 5",
}
AGREED_ROWS = [
    ["461279040069", "77", "14.03.2026", "10,50", "0,10", "10,40"],
    ["461279040070", "78", "15.03.2026", "1,50", "0,00", "1,50"],
]


@pytest.mark.parametrize("encoding", [*dressing.ENCODINGS, "koi8-r"])
@pytest.mark.parametrize("delimiter", [*dressing.DELIMITERS, "|"])
def test_a_registry_by_agreement_is_read_and_its_last_line_checked(encoding, delimiter):
    shape = Shape(has_header=False, encoding=encoding, delimiter=delimiter)
    layout = Layout(name="Банк", kind="payments", shape=shape, columns=AGREED)
    kept = read_layout(layout_json(layout))

    def faults(*control):
        rows = [*AGREED_ROWS, ["=2", *control, "77", "16.03.2026"]]
        body = dressing.delimited(rows, encoding=encoding, delimiter=delimiter)
        table = open_table("файл", io.BytesIO(body), kept.shape)
        found = Rows(table, bind(PROFILE[kept.kind], table, kept.columns))
        assert [(row.account, row.code, row.amount.kopecks) for row in found] == [
            ("461279040069", "77", 1050),
            ("461279040070", "78", 150),
        ]
        return [fault.reason for fault in found.control_faults()]

    assert faults("12,00", "11,90", "0,10") == []
    wrong = "контрольная строка: сумма не сходится, по строкам "
    assert faults("12,01", "11,90", "0,10") == [f"{wrong}12.00"]
    assert faults("12,00", "11,91", "0,11") == [f"{wrong}11.90", f"{wrong}0.10"]
