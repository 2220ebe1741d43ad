"""Every kind of fault among good rows: told with its row and column, no other row harmed."""

import io
import re
from pathlib import Path

import pytest

from cabinet.exchange.faults import UnusableFile
from cabinet.services.importing import import_file
from cabinet.services.importing.report import Outcome
from tests import dressing, faulting
from tests.bringing import NOW

DOCUMENT = Path(__file__).parents[2] / "docs" / "ru" / "faults.md"


def explained(title):
    """Return the rows of a table of the document, by their number."""
    text = DOCUMENT.read_text(encoding="utf-8").partition(f"## {title}\n")[2]
    rows = re.findall(
        r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$",
        text.partition("\n## ")[0],
        re.MULTILINE,
    )
    return {int(number): rest for number, *rest in rows}


ROWS = explained("Ошибки в строках")
FILES = explained("Файл не принят целиком")


def table_of(case):
    """Return the header, the good rows, and the line with the fault."""
    header, *rows = faulting.TABLES[case.kind].strip().splitlines()
    if case.line:
        return header, rows[:2], case.line
    cells = dict(zip(header.split(";"), rows[2].split(";"), strict=True))
    assert case.spoilt.keys() <= cells.keys()
    return header, rows[:2], ";".join({**cells, **case.spoilt}.values())


def written(lines):
    data = "\r\n".join([*lines, ""]).replace("\ue000", "BYTE").encode("cp1251")
    # A byte that the code page has no letter for.
    return data.replace(b"BYTE", b"\x98")


@pytest.fixture
def folder(dated, tmp_path):
    faulting.make_world()
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4")
    (tmp_path / "a.exe").write_bytes(b"MZ")
    (tmp_path / "fake.pdf").write_bytes(b"PK\x03\x04")
    return tmp_path


@pytest.fixture
def bring(folder):
    def run(kind, lines):
        return import_file(
            "файл.csv", io.BytesIO(written(lines)), kind=kind, folder=folder, now=NOW
        )

    return run


def test_the_document_explains_these_faults_and_no_others():
    assert list(ROWS) == [case.number for case in faulting.CASES]
    assert list(ROWS) == list(range(1, len(ROWS) + 1))
    assert len(ROWS) >= 60
    assert list(FILES) == list(range(1, len(FILES) + 1))
    assert len(FILES) == len(UNUSABLE)
    for fault, told, advice in [*ROWS.values(), *FILES.values()]:
        assert fault
        assert told
        assert advice.endswith(".")


@pytest.mark.parametrize("kind", faulting.TABLES)
def test_the_good_rows_are_good(kind, bring):
    lines = faulting.TABLES[kind].strip().splitlines()
    report = bring(kind, lines)
    assert (report.good, report.faults) == (3, ())


@pytest.mark.parametrize("case", faulting.CASES, ids=lambda case: str(case.number))
def test_a_fault_is_told_where_it_is_and_harms_no_other_row(case, bring):
    if case.before:
        faulting.READY[case.before]()
    header, (first, second), bad = table_of(case)
    after = [line.format(ONE=faulting.ONE) for line in case.after]
    lines = [header, first, second, bad] if after else [header, first, bad, second]
    report = bring(case.kind, [*lines, *after])
    column = next(iter(case.spoilt)) if case.column is None else case.column
    assert [(one.line, one.column) for one in report.faults] == [
        (5 if after else 3, column)
    ]
    assert report.faults[0].reason == ROWS[case.number][1]
    # The cell as it stands there, or the row if the whole of it is meant.
    row = (after or [bad])[-1].replace("\ue000", "\ufffd")
    cells = dict(zip(header.split(";"), row.split(";"), strict=False))
    assert report.faults[0].value == cells.get(column, row)[:200]
    assert report.counts[Outcome(case.becomes)] == 1
    assert (report.good, report.bad) == (2, 1)


#: What is wrong with a line as text, or with a sign of it, cannot be in a book; a text
#: that looks like a formula is none there.
IN_BOOKS = [
    case
    for case in faulting.CASES
    if not case.line
    and "".join(case.spoilt.values()).isprintable()
    and not "".join(case.spoilt.values()).startswith("=")
]


@pytest.mark.parametrize("case", IN_BOOKS, ids=lambda case: str(case.number))
def test_a_row_in_a_book_is_told_the_same(case, folder):
    if case.before:
        faulting.READY[case.before]()
    header, (first, second), bad = table_of(case)
    rows = [line.split(";") for line in (header, first, bad, second)]
    stream = io.BytesIO(dressing.word_book(rows))
    report = import_file("файл.xlsx", stream, kind=case.kind, folder=folder, now=NOW)
    (fault,) = report.faults
    assert (fault.line, fault.reason) == (3, ROWS[case.number][1])
    assert (report.good, report.bad) == (2, 1)


PAID = faulting.TABLES["payments"].strip().splitlines()
STATEMENT = [
    "1CClientBankExchange",
    "РасчСчет=40702810000000000001",
    "СекцияРасчСчет",
    "РасчСчет=40702810000000000001",
    "ВсегоПоступило=100.00",
    "КонецРасчСчет",
    "СекцияДокумент=Платежное поручение",
    "Номер=1",
    "Дата=14.03.2026",
    "Сумма=100.00",
    "ПолучательСчет=40702810000000000001",
    "НазначениеПлатежа=л/с 460000000001",
    "КонецДокумента",
    "КонецФайла",
]

UNUSABLE = {
    1: (None, b""),
    2: (None, b"\r\n \r\n"),
    3: (None, b"%PDF-1.7"),
    4: (None, b"\xd0\xcf\x11\xe0\xa1\xb1"),
    5: (None, b"\x1f\x8b\x08"),
    6: (None, b"PK\x03\x04 nothing"),
    7: (None, written(["Имя;Цвет", "Ёж;серый"])),
    8: ("payments", written(["Дата;ЛС;Сумма", "14.03.2026;460000000001;1,00"])),
    9: ("holders", written(["ЛС;ФИО;ФИО", "460000000001;Ёж;Ёж"])),
    10: ("payments", written([*PAID, "=4;1110,50"])),
    11: ("payments", written([*PAID, "=3;1110,51"])),
    12: ("payments", written(STATEMENT[:-1])),
    13: (
        "payments",
        written([line.replace("ило=100", "ило=900") for line in STATEMENT]),
    ),
    14: (None, b"MZ" + bytes(range(128, 250))),
    15: (None, b"\r\n <!doctype html><p>404</p>"),
    16: (None, b"\0\1\2;\3\r\n1;2\r\n"),
    17: ("payments", written(["#FILESUM 1110,51", "#TYPE 9", *PAID])),
    18: ("payments", written(["#FILESUM много", "#TYPE 9", *PAID])),
    19: ("payments", written(["#FILESUM 1110,50", "#FILESUM 1", *PAID])),
    20: ("payments", written(["#FILESUM 0", "#TYPE 9", "#SERVICE 5258"])),
    21: (
        "payments",
        written(["#FILESUM 10,50", "#TYPE 7", "Ёж;Курск;460000000001;10,50;свет"]),
    ),
}


@pytest.mark.parametrize("number", UNUSABLE)
def test_a_file_that_cannot_be_used_is_told_and_changes_nothing(number, folder):
    kind, data = UNUSABLE[number]
    with pytest.raises(UnusableFile) as caught:
        import_file("файл", io.BytesIO(data), kind=kind, folder=folder, now=NOW)
    assert caught.value.reason == FILES[number][1]
