"""Whatever the portal gives out is taken in again, or the guide says why it is not."""

import dis
import inspect
import io
import re
import zipfile
from operator import attrgetter

import pytest

from cabinet.domain.metering import BASE
from cabinet.domain.outgoing import FORMATS
from cabinet.forms.outgoing import FORMAT_WORDS, KINDS
from cabinet.jobs import export as job
from cabinet.models import Account, Bill, LedgerEntry, Meter, Reading, StoredFile
from cabinet.models.connection import close_database, open_database
from cabinet.services import export, files
from cabinet.services.audit import SYSTEM
from cabinet.services.importing import import_file
from cabinet.services.importing.report import Outcome
from cabinet.services.ledger_check import check_ledger
from cabinet.services.outgoing.rows import SOURCES
from cabinet.web.attachments import attached
from tests import factories, guiding, loading, sharing
from tests.bringing import NOW

TABLES = {"Показания": "readings", "Начисления": "charges", "Платежи": "payments"}
#: Shown to come back: by the tests here, of round trips, and of loads.
SHOWN = {
    **{f"Все данные клиента: {name}.csv": kind for name, kind in TABLES.items()},
    **{
        f"{KINDS[kind]}: {FORMAT_WORDS[each]}": str(kind)
        for kind in ("readings", "payments")
        for each in FORMATS[kind]
    },
    "/staff/loads/…/faults": "файл, из которого строки",
    "/staff/profiles/…": "профиль столбцов",
}


@pytest.fixture(scope="module")
def guide():
    return guiding.exported()


OURS = ("cabinet.blueprints", "cabinet.web")


def gives_a_file(view, seen):
    """Tell whether a view ends in a file to be saved, by the functions it names."""
    view = inspect.unwrap(view)
    if view is attached:
        return True
    if view in seen or not view.__module__.startswith(OURS):
        return False
    seen.add(view)
    return any(gives_a_file(one, seen) for one in functions_in(view))


def functions_in(view):
    """Yield the functions that a function names, by a module or without."""
    names = set(names_in(view.__code__))
    own = set(globals_in(view.__code__))
    known = [view.__globals__.get(name) for name in own]
    modules = [one for one in known if inspect.ismodule(one)]
    ours = [one for one in modules if one.__name__.startswith(OURS)]
    known += [getattr(module, name, None) for module in ours for name in names]
    return filter(inspect.isfunction, known)


def globals_in(code):
    """Yield the names a function takes from its module, not those of attributes."""
    for each in dis.get_instructions(code):
        if each.opname.startswith("LOAD_GLOBAL"):
            yield each.argval
    for inner in filter(inspect.iscode, code.co_consts):
        yield from globals_in(inner)


def names_in(code):
    yield from code.co_names
    for inner in filter(inspect.iscode, code.co_consts):
        yield from names_in(inner)


def test_the_guide_names_every_address_that_gives_a_file(app, guide):
    given = {
        re.sub("<[^>]+>", "…", rule.rule)
        for rule in app.url_map.iter_rules()
        if gives_a_file(app.view_functions[rule.endpoint], set())
    }
    assert len(given) > 15
    assert sorted(given) == sorted(name for name in guide if name.startswith("/"))


def test_the_guide_names_every_file_for_other_systems(guide):
    given = {
        f"{KINDS[kind]}: {FORMAT_WORDS[each]}"
        for kind, formats in FORMATS.items()
        for each in formats
    }
    theirs = {name for name in guide if name.partition(": ")[0] in KINDS.values()}
    assert given == theirs


def test_what_is_said_to_come_back_is_shown_and_the_rest_says_why(guide):
    back = {name: kind for name, (kind, _) in guide.items() if kind not in {"нет", ""}}
    assert back == SHOWN
    assert all(why.endswith(".") for kind, why in guide.values() if kind == "нет")


NUMBERS = [f"4600{number:08}" for number in range(4, 8)]


@pytest.fixture
def elsewhere(dated_database, tmp_path):
    """Another installation with the same accounts and meters: call it to be there."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with sharing.database_from(dated_database, folder) as url:

        def move():
            close_database()
            open_database(url)
            bring_registry("accounts", "meters")

        yield move
        close_database()


@pytest.fixture
def archive(dated, app, settings, monkeypatch):
    """What a customer of some accounts of a town takes along: files by their names."""
    bring_registry(*loading.KINDS)
    user = factories.make_customer()
    for account in Account.select().where(Account.number.in_(NUMBERS)):
        factories.give_access(user, account)
    monkeypatch.setattr(job, "receipt_pdf", lambda _receipt, *, title: title.encode())
    with app.app_context():
        assert export.ask(user.id, actor=SYSTEM, pepper="x", now=NOW)
        assert job.run_next(settings, clock=lambda: NOW, is_stopping=lambda: False)
    made = StoredFile.get(StoredFile.owner == user)
    body = io.BytesIO(b"".join(files.pieces_of(made.id)))
    with zipfile.ZipFile(body) as found:
        return {name: found.read(name) for name in found.namelist()}


def bring_registry(*kinds):
    made = loading.files_of("4600")
    for kind in kinds:
        import_file(f"{kind}.csv", io.BytesIO(made[kind]), now=NOW)


def bring(archive, name):
    """Bring a table of every account in, and return what became of its rows."""
    counts = dict.fromkeys(Outcome, 0)
    for number in NUMBERS:
        body = io.BytesIO(archive[f"{number}/{name}.csv"])
        report = import_file(f"{number} {name}.csv", body, now=NOW)
        assert (report.kind, report.faults) == (TABLES[name], ())
        for outcome, count in report.counts.items():
            counts[outcome] += count
    return counts


READINGS = "meter.account.number meter.serial taken_on t1 period state"
BILLS = (
    "account.number month number basis volume charged recalculated penalty due_on lines"
)
ENTRIES = "account.number kind amount effective_at"


def digest():
    """Everything the accounts are worth: readings that stand, bills, money."""
    mine = Account.number.in_(NUMBERS)
    readings = Reading.select(Reading, Meter, Account).join(Meter).join(Account)
    bills = Bill.select(Bill, Account).join(Account, on=Bill.account)
    entries = LedgerEntry.select(LedgerEntry, Account).join(Account)
    return {
        "balances": texts(Account.select().where(mine), "number balance"),
        "readings": [
            (row, told.counted_in, SOURCES[told.source])
            for told in readings.where(mine, Reading.state.in_(list(BASE))).order_by(
                Account.number, Reading.taken_on
            )
            for row in texts([told], READINGS)
        ],
        "bills": texts(bills.where(mine), BILLS),
        "entries": texts(entries.where(mine), ENTRIES),
        "months": texts(entries.where(mine, LedgerEntry.month.is_null(False)), "month"),
    }


def texts(rows, names):
    return sorted(str(attrgetter(*names.split())(row)) for row in rows)


def test_the_archive_of_a_customer_comes_back_here_and_elsewhere(archive, elsewhere):
    before = digest()
    assert all(len(rows) >= len(NUMBERS) for rows in before.values())
    rows = {name: bring(archive, name) for name in TABLES}
    for counts in rows.values():
        assert counts[Outcome.SAME] == sum(counts.values()) > 0
    assert digest() == before
    elsewhere()
    assert digest()["readings"] == []
    for name, counts in rows.items():
        assert bring(archive, name)[Outcome.NEW] == counts[Outcome.SAME]
    assert digest() == before
    assert list(check_ledger()) == []


def test_the_guide_names_every_file_of_an_archive(archive, guide):
    folders = [path.partition("/")[2].partition("/")[0] or path for path in archive]
    given = {f"Все данные клиента: {name}" for name in folders}
    # An organisation's and a photographer's have these too: tests of leaving have them.
    given |= {f"Все данные клиента: {name}" for name in ("Документы", "Фото счётчика")}
    assert given == {name for name in guide if name.startswith("Все данные")}


def test_what_is_no_payment_is_refused_and_harms_no_other(archive, elsewhere):
    name = f"{NUMBERS[0]}/Платежи.csv"
    header, *rows, end = archive[name].decode("utf-8-sig").split("\r\n")
    cells = rows[0].split(";")
    code = header.split(";").index("Код операции")
    given_back = [*cells[:code], "", *cells[code + 1 :]]
    lines = [header, *rows, ";".join(given_back), end]
    elsewhere()
    report = import_file(name, io.BytesIO("\r\n".join(lines).encode()), now=NOW)
    (fault,) = report.faults
    assert (fault.line, fault.column) == (len(rows) + 2, "Код операции")
    assert report.counts[Outcome.NEW] == len(rows)
