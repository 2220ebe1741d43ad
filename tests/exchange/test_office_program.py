"""LibreOffice opens what the portal writes, and the portal reads what LibreOffice saves."""

import csv
import subprocess
from datetime import date
from decimal import Decimal

import pytest

from cabinet.exchange.kinds import PROFILES
from cabinet.exchange.profiles import Faulty, Rows, bind
from cabinet.exchange.recognise import open_table, recognise
from cabinet.exchange.spreadsheet import csv_bytes
from cabinet.exchange.workbook import xlsx_bytes
from tests import dressing

pytestmark = pytest.mark.long

#: Semicolons, quotes, UTF-8; cells as they are shown.
AS_SHOWN = "csv:Text - txt - csv (StarCalc):59,34,76,1,,0,false,true,false"
RUSSIAN_CSV = "CSV:59,34,76,1,,1049,false,true"

HEADER = ("Дата", "Лицевой счёт", "Сумма, ₽", "кВт·ч", "Примечание")
ROWS = [
    (date(2026, 10, 1), "004612790400", Decimal("1629.61"), 3, "=1+1"),
    (date(2026, 2, 28), "461279040070", Decimal("-0.05"), 0, "@SUM(A1)"),
    (None, "4612790400691234567", Decimal(1000), Decimal("71.5"), 'ООО "Ёж"; да'),
]


#: The settings of a Russian office.
SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N">
<prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>ru-RU</value></prop>
</item></oor:items>
"""


@pytest.fixture
def convert(tmp_path):
    """Open files by LibreOffice and save them as something else."""
    settings = tmp_path / "profile" / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    settings.write_text(SETTINGS, encoding="utf-8")

    def run(files, *options):
        for name, body in files.items():
            (tmp_path / name).write_bytes(body)
        made = tmp_path / "made"
        subprocess.run(
            [
                "soffice",
                f"-env:UserInstallation=file://{tmp_path}/profile",
                "--headless",
                *options,
                "--outdir",
                made,
                *[tmp_path / name for name in files],
            ],
            check=True,
            capture_output=True,
            timeout=240,
        )
        return made

    return run


def test_a_book_of_ours_opens_as_it_was_meant(convert):
    files = {"книга.xlsx": xlsx_bytes("Платежи", HEADER, ROWS)}
    made = convert(files, "--convert-to", AS_SHOWN)
    text = (made / "книга.csv").read_text(encoding="utf-8")
    header, *rows = csv.reader(text.splitlines(), delimiter=";")
    assert header == list(HEADER)
    # A day and a sum are known as such: they come in the words of the office's country.
    assert rows == [
        ["01.10.2026", "004612790400", "1629,61", "3", "=1+1"],
        ["28.02.2026", "461279040070", "-0,05", "0", "@SUM(A1)"],
        ["", "4612790400691234567", "1000", "71,5", 'ООО "Ёж"; да'],
    ]


def test_a_table_of_ours_opens_in_russian_settings_and_runs_nothing(convert):
    files = {"таблица.csv": csv_bytes(HEADER, ROWS)}
    made = convert(files, f"--infilter={RUSSIAN_CSV}", "--convert-to", "xlsx")
    with (made / "таблица.xlsx").open("rb") as stream:
        table = open_table("таблица.xlsx", stream)
        rows = [record.cells for record in table]
    assert table.header == HEADER
    assert [row[0] for row in rows] == ["01.10.2026", "28.02.2026", ""]
    assert [row[2] for row in rows] == ["1629.61", "-0.05", "1000"]
    assert [row[3] for row in rows] == ["3", "0", "71.5"]
    # Neutralised with an apostrophe, which is a part of the text.
    assert [row[4].lstrip("'")[0] for row in rows] == ["=", "@", "О"]
    assert [row[4].startswith("'") for row in rows] == [True, True, False]


def test_what_it_saves_is_read_as_what_it_was_given(convert):
    """Every kind of import, as text with Russian settings, saved as a book."""
    given = {
        profile.kind: dressing.delimited(dressing.rows_of(profile.kind))
        for profile in PROFILES
    }
    files = {f"{kind}.csv": body for kind, body in given.items()}
    made = convert(files, f"--infilter={RUSSIAN_CSV}", "--convert-to", "xlsx")
    for profile in PROFILES:
        with (made / f"{profile.kind}.xlsx").open("rb") as stream:
            assert recognise("книга", stream).kind == profile.kind
            table = open_table("книга", stream)
            rows = list(Rows(table, bind(profile, table)))
        assert len(rows) == 2
        faults = [one for row in rows if isinstance(row, Faulty) for one in row.faults]
        # A number loses its noughts there: then it is another account, or none.
        assert faults == [], profile.kind
