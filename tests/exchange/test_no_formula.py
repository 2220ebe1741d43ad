"""No cell of any table that is given out runs as a formula, and it reads as it was."""

import csv
import io
import re
import secrets
import zipfile

import openpyxl
import pytest

from cabinet.domain.metering import ReadingState
from cabinet.domain.money import Money
from cabinet.domain.outgoing import FORMATS, OutFormat
from cabinet.domain.period import Month
from cabinet.exchange.spreadsheet import is_formula, restore
from cabinet.forms.outgoing import FORMAT_WORDS, KINDS
from cabinet.jobs import export as job
from cabinet.models import ImportBatch, StoredFile
from cabinet.services import export, files, outgoing
from cabinet.services.audit import SYSTEM
from cabinet.services.importing import import_file
from tests import factories, guiding
from tests.browsing import Browser
from tests.conftest import NOW

EVIL = '=HYPERLINK("http://x/","да")'
NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
PAGES = ("/history.csv", "/history.xlsx", "/statement.csv", "/statement.xlsx")
#: Tables of the office, all but one of figures alone.
SILENT = "/staff/reports/silent.csv"
REPORTS = tuple(
    f"/staff/reports/{name}.csv"
    for name in ("debts", "payments", "questions", "usability", "window")
)
LOG = "/staff/settings/log.csv"
#: A table of figures alone has no word of anybody else's.
OF_FIGURES = {"Все данные клиента: Начисления.csv", LOG, *REPORTS}
#: What is a table, by its name in the guide.
ENDINGS = (".csv", ".xlsx", "/faults", ": реестр", "с показаниями")
WORDS = {FORMAT_WORDS[one] for one in (OutFormat.CSV, OutFormat.XLSX)}


@pytest.fixture
def account(db):
    """An account in which every word that somebody else chose is a formula."""
    account = factories.make_account(
        branch=factories.make_branch(), holder=EVIL, address=EVIL, route=EVIL[:40]
    )
    meter = factories.make_meter(account, serial="=1+1", model=EVIL)
    factories.make_meter(account, serial="@SUM(1)")
    # One for each format: a reading goes out once.
    for month, shown in (("2026-10", 4800), ("2026-11", 4900)):
        factories.make_reading(
            meter, month, (shown,), state=ReadingState.SUBMITTED, comment=EVIL
        )
    factories.make_bill(account, "2026-10")
    factories.post(
        account, Money(-500), channel="+cmd", document=EVIL, month=Month(2026, 10)
    )
    return account


def files_out():
    """Every file for other systems, by its name in the guide."""
    for kind, formats in FORMATS.items():
        for month, format_ in enumerate(formats, 10):
            wish = outgoing.Wish(
                branch="kursk",
                kind=kind,
                format=format_,
                month=Month(2026, min(month, 11)),
                key=secrets.token_hex(16),
            )
            public_id = outgoing.ask(None, wish, actor=SYSTEM, now=NOW)
            outgoing.make_asked(public_id, clock=lambda: NOW)
            taken = outgoing.take(None, public_id, actor=SYSTEM, now=NOW)
            yield f"{KINDS[kind]}: {FORMAT_WORDS[format_]}", b"".join(taken.pieces)


def archived(app, settings, user):
    """Every file of an archive, by its name in the guide."""
    with app.app_context():
        export.ask(user.id, actor=SYSTEM, pepper="x", now=NOW)
        job.run_next(settings, clock=lambda: NOW, is_stopping=lambda: False)
    made = StoredFile.get(StoredFile.owner == user)
    with zipfile.ZipFile(io.BytesIO(b"".join(files.pieces_of(made.id)))) as found:
        for path in found.namelist():
            name = path.partition("/")[2] or path
            yield f"Все данные клиента: {name}", found.read(path)


def faults(app, account):
    """The table of the rows that did not pass."""
    text = f"ЛС;ФИО;Владеет с\n{account.number};=1+1;+1+1\n"
    import_file("@файл.csv", io.BytesIO(text.encode()), now=NOW)
    office = Browser(app).sign_in(factories.make_staff(role="admin"))
    batch = ImportBatch.get()
    return office.get(f"/staff/loads/{batch.public_id}/faults", check=False).body


def tables(app, settings, account):
    """Every table that is given out, by its name in the guide."""
    user = factories.make_customer(name=EVIL)
    factories.give_access(user, account, label=EVIL[:40])
    yield from files_out()
    yield from archived(app, settings, user)
    browser = Browser(app).sign_in(user)
    for path in PAGES:
        yield path, browser.get(f"{path}?months=all", check=False).body
    yield "/staff/loads/…/faults", faults(app, account)
    office = Browser(app).sign_in(factories.make_staff("all@example.org", role="admin"))
    for path in (SILENT, *REPORTS, LOG):
        yield path, office.get(f"{path}?branch=kursk", check=False).body


def cells_of(body):
    """Return the cells of a table, as a spreadsheet takes them."""
    if body.startswith(b"PK"):
        sheet = openpyxl.load_workbook(io.BytesIO(body)).active
        cells = [cell for row in sheet.iter_rows() for cell in row]
        assert "f" not in {cell.data_type for cell in cells}, "a formula"
        return [str(cell.value) for cell in cells]
    encoding = "utf-8-sig" if body.startswith(b"\xef\xbb\xbf") else "cp1251"
    rows = csv.reader(io.StringIO(body.decode(encoding), newline=""), delimiter=";")
    cells = [cell for row in rows for cell in row]
    for cell in cells:
        assert not is_formula(cell) or NUMBER.fullmatch(cell), cell
    return [restore(cell) for cell in cells]


def is_table(name):
    return name.endswith(ENDINGS) or name.rpartition(": ")[2] in WORDS


def test_no_cell_of_any_table_runs_and_each_reads_as_it_was(app, settings, account):
    made = dict(tables(app, settings, account))
    given = {name: body for name, body in made.items() if is_table(name)}
    assert given.keys() == {name for name in guiding.exported() if is_table(name)}
    words = {name: cells_of(body) for name, body in given.items()}
    for name, cells in words.items():
        is_evil = not {"=1+1", "@SUM(1)"}.isdisjoint(cells) or EVIL in "".join(cells)
        assert is_evil == (name not in OF_FIGURES), name
