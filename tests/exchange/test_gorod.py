"""A registry of «Город»: known by the lines above its rows, which tell its sum."""

import io

import pytest

from cabinet.domain.money import Money
from cabinet.exchange.control import Control
from cabinet.exchange.faults import UnusableFile
from cabinet.exchange.layout import Layout, layout_json, read_layout
from cabinet.exchange.profiles import Faulty, Rows, bind
from cabinet.exchange.recognise import open_table, recognise
from cabinet.exchange.registry import PAYMENTS
from cabinet.exchange.rows import Shape
from cabinet.exchange.sberbank import HEADER as SBERBANK
from tests import dressing
from tests.exchange.test_tables import PAID

GOOD = dressing.rows_of("payments")
TOTAL = "1640,11"


def head(total=TOTAL, note="за 15 марта", kind="9"):
    return f"#FILESUM {total}\r\n#TYPE {kind}\r\n#SERVICE 5258\r\n#NOTE {note}\r\n"


def opened(text, shape=None, encoding="cp1251"):
    return open_table("файл", io.BytesIO(text.encode(encoding)), shape)


def rows_of(table, chosen=None):
    return Rows(table, bind(PAYMENTS, table, chosen))


@pytest.mark.parametrize("point", [False, True])
@pytest.mark.parametrize("delimiter", dressing.DELIMITERS)
@pytest.mark.parametrize("encoding", [*dressing.ENCODINGS, "koi8-r", "utf-16"])
def test_it_reads_the_same_in_every_text(encoding, delimiter, point):
    body = dressing.delimited(GOOD, delimiter=delimiter, point=point).decode()
    total = TOTAL.replace(",", ".") if point else TOTAL
    data = (head(total) + body).encode(encoding)
    # An alphabet that looks like another one is chosen by hand, or by a profile.
    shape = Shape(encoding=encoding) if encoding == "koi8-r" else None
    found = recognise("файл", io.BytesIO(data), shape)
    assert (found.shape.format, found.kind) == ("gorod", "payments")
    assert (found.shape.delimiter, found.header_line) == (delimiter, 5)
    table = open_table("файл", io.BytesIO(data), shape)
    assert table.notes == [
        "вид реестра 9",
        "код услуги 5258",
        "примечание отправителя: за 15 марта",
    ]
    rows = rows_of(table)
    plain = open_table("файл", io.BytesIO(dressing.delimited(GOOD)))
    said = [row._replace(line=row.line - 4) for row in dressing.said(list(rows))]
    assert said == dressing.said(list(rows_of(plain)))
    assert rows.control_faults() == []


def test_the_columns_of_sberbank_are_known_below_its_head():
    table = opened(head("11,50") + "\n".join(PAID))
    assert (table.header, table.shape.format) == (SBERBANK, "gorod")
    rows = rows_of(table)
    assert [row.code for row in rows] == ["600017", "600018"]
    assert rows.control_faults() == []


def test_columns_without_names_are_those_of_a_profile():
    text = head("11,50") + "Иванов;461279040069;14.03.2026;7;10,50\n"
    text += "Петров;461279040070;14.03.2026;8;1,00\n"
    table = opened(text)
    assert table.header[0] == "Столбец 1"
    names = ("holder", "account", "paid_on", "code", "amount")
    columns = {name: f"Столбец {number}" for number, name in enumerate(names, 1)}
    layout = Layout(name="Город", kind="payments", shape=table.shape, columns=columns)
    kept = read_layout(layout_json(layout))
    assert (kept.shape.format, kept.shape.has_header) == ("gorod", False)
    rows = rows_of(opened(text, kept.shape), kept.columns)
    assert [(row.line, row.account) for row in rows] == [
        (5, "461279040069"),
        (6, "461279040070"),
    ]
    assert rows.control_faults() == []


def test_a_faulty_row_is_told_by_its_line_and_its_sum_counts():
    text = head() + dressing.delimited(GOOD).decode().replace("15.03", "41.03")
    rows = rows_of(opened(text))
    good, bad = rows
    assert good.line == 6
    assert isinstance(bad, Faulty)
    assert (bad.line, bad.faults[0].column) == (7, "Дата")
    assert rows.control_faults() == []


@pytest.mark.parametrize(
    ("total", "last", "line", "told"),
    [
        (
            "1640,12",
            "",
            1,
            ["#FILESUM: сумма не сходится, по строкам 1640.11"],
        ),
        (
            TOTAL,
            "=3;1640,11\n",
            8,
            ["контрольная строка: строк 3, в файле 2"],
        ),
        (
            "1,00",
            "=2;2,00\n",
            1,
            [
                "#FILESUM: сумма не сходится, по строкам 1640.11",
                "контрольная строка: сумма не сходится, по строкам 1640.11",
            ],
        ),
    ],
)
def test_wrong_totals_are_told(total, last, line, told):
    body = dressing.delimited(GOOD).decode()
    rows = rows_of(opened(head(total) + body + last))
    assert len(list(rows)) == 2
    faults = rows.control_faults()
    assert [one.reason for one in faults] == told
    assert faults[0].line == line


@pytest.mark.parametrize(
    ("text", "shape", "reason"),
    [
        (head("много") + "a;b\n", None, "#FILESUM: не число"),
        ("#FILESUM\r\na;b\n", None, "#FILESUM: пустая ячейка"),
        (head() + "#FILESUM 2\na;b\n", None, "#FILESUM стоит дважды"),
        (head(), None, "под строками с # нет ни одной строки"),
        (head() + "\r\n\r\n", None, "под строками с # нет ни одной строки"),
        (head(kind="7") + "Иванов;Бийск;004;10,50;свет\n", None, "реестр долгов"),
        ("ЛС;ФИО\n1;2\n", Shape(format="gorod"), "нет строк #FILESUM и #SERVICE"),
    ],
)
def test_what_cannot_be_used_is_told(text, shape, reason):
    with pytest.raises(UnusableFile, match=reason):
        opened(text, shape)


def test_a_note_is_one_short_line_and_a_strange_one_is_told():
    note = "оплаты\x1b[31m ;;" + "х" * 500
    text = (
        f"#TYPE 9;;\n#SERVICE\n#NOTE {note}\n#BATCH 5\n"
        + dressing.delimited(GOOD).decode()
    )
    kind, words, strange = opened(text).notes
    assert kind == "вид реестра 9"
    assert words.startswith("примечание отправителя: оплаты [31m ;;ххх")
    assert len(words) < 160
    assert strange == "строка #BATCH не понята"


def test_without_a_sum_there_are_no_totals():
    assert opened("#SERVICE 9\n" + dressing.delimited(GOOD).decode()).told is None
    told = opened(head() + dressing.delimited(GOOD).decode()).told
    assert told == Control(1, None, (Money(164011),), "", "#FILESUM")


def test_a_table_whose_header_has_a_number_sign_is_no_registry():
    table = opened("#;ЛС;ФИО\n1;461279040069;Иванов\n")
    assert (table.shape.format, table.header) == ("delimited", ("#", "ЛС", "ФИО"))
    for first in ("#NOTE;Цвет", "#TYPE System.Object"):
        table = opened(f"{first}\nЛС;ФИО\n1;Иванов\n")
        assert table.shape.format == "delimited"
        assert table.header == ("ЛС", "ФИО")
