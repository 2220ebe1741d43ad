"""The report of the sample registry is the one that EXPECTED.md beside it demands."""

import re

import pytest

from cabinet.domain.money import Money
from tests.bringing import DATA, REGISTRIES

EXPECTED = (DATA / "registry" / "EXPECTED.md").read_text(encoding="utf-8")

#: What EXPECTED.md says of a fault, in the words the administrator reads.
REASONS = {
    "the same account again, equal in every column: reported as a repeat, nothing changed": (
        "повтор строки 5, ничего не изменено"
    ),
    "not an account number": "не номер лицевого счёта: нужны от 4 до 20 цифр",
    "5 columns of 10": "столбцов в строке 5, в заголовке 10",
    "unknown account: quarantine": "лицевой счёт не найден",
    "no such day": "такого дня нет в календаре",
    "not a number": "не число",
    "more digits than the meter has": "больше цифр, чем у счётчика (6)",
    "a formula in a money column": "формула вместо значения",
    "the same operation again: credited once": "повтор строки 2, ничего не изменено",
    "not a positive sum": "сумма должна быть больше нуля",
    "unknown account: quarantine, the money is kept": (
        "лицевой счёт не найден, деньги ждут разбора"
    ),
}


def planted():
    """Return file, line, column and reason of each row of the table."""
    rows = re.findall(
        r"^\| (\w+\.csv) \| (\d+) \| (.+?) \| (.+?) \|$", EXPECTED, re.MULTILINE
    )
    return [
        (file, int(line), column if column != "-" else "", REASONS[what])
        for file, line, column, what in rows
    ]


def said(pattern):
    found = re.search(pattern, EXPECTED)
    assert found, f"EXPECTED.md does not say {pattern}"
    return found.groups()


@pytest.mark.parametrize("kind", REGISTRIES)
def test_every_fault_is_told_with_its_line_column_and_reason(brought, kind):
    told = [
        (fault.file, fault.line, fault.column, fault.reason)
        for fault in brought[kind].faults
    ]
    assert brought[kind].bad == len(told)
    assert told == [row for row in planted() if row[0] == f"{kind}.csv"]


def test_the_table_is_read_whole():
    lines = [line for line in EXPECTED.splitlines() if ".csv |" in line]
    assert len(planted()) == len(lines) == len(REASONS)
    assert {file for file, *_ in planted()} <= {f"{kind}.csv" for kind in REGISTRIES}


def test_the_good_rows_are_counted(brought):
    (counts,) = said(r"Good rows: (.+?)\. ")
    expected = {name: int(count) for name, count in map(str.split, counts.split(", "))}
    assert {kind: report.good for kind, report in brought.items()} == expected


def test_the_money_comes_to_both_sums(brought):
    (good,) = said(r"Good payments sum to ([\d,]+)\.")
    rows, control = said(r"over all its (\d+) rows, faulty ones included \(([\d,]+)\)")
    report = brought["payments"]
    assert (report.amount, report.control) == (Money.parse(good), Money.parse(control))
    assert report.good + report.bad == int(rows)
