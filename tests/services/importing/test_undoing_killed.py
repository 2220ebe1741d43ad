"""Processes are killed while they take a file back: begun again it is one clean undo."""

import io
import random
from itertools import islice

import pytest

from cabinet.domain.loads import LoadState
from cabinet.models import ImportBatch, ImportStep, LedgerEntry
from cabinet.models.connection import close_database, open_database
from cabinet.services.importing import import_file
from cabinet.services.ledger_check import check_ledger
from tests import loading
from tests.bringing import NOW

TRIALS = 20


def bring(prefix, kind):
    """Bring in the files of a prefix up to a kind, and return the name of the last."""
    files = loading.files_of(prefix)
    for name in loading.KINDS[: loading.KINDS.index(kind) + 1]:
        import_file(f"{prefix}-{name}.csv", io.BytesIO(files[name]), now=NOW)
    return f"{prefix}-{kind}.csv"


def clean_undo(prefix, kind):
    """What a clean undo of a file of a kind leaves."""
    before = LedgerEntry.select().count()
    loading.take_back(bring(prefix, kind))
    assert (LedgerEntry.select().count() > before) == (kind in {"charges", "payments"})
    return loading.digest(prefix)


def killed_undo(prefix, kind, url, processes, chance, kills, *, is_soon=False):
    """Take the file of a kind back by processes that are killed; return how many were."""
    name = bring(prefix, kind)
    close_database()
    died = 0
    for number in range(kills + 1):
        pipe, theirs = processes.Pipe(duplex=False)
        process = processes.Process(
            target=loading.undoer, args=(url, name, theirs), daemon=True
        )
        process.start()
        theirs.close()
        died += loading.hear(
            process, pipe, None if number == kills else chance, is_soon=is_soon
        )
    open_database(url)
    return died


def compare(prefix, clean):
    found = loading.digest(prefix)
    for name, rows in found[1].items():
        assert sorted(set(rows) ^ set(clean[1][name])) == [], name
    assert found[0] == clean[0]
    (batch,) = ImportBatch.select().where(
        ImportBatch.file_name.startswith(prefix), ImportBatch.state == LoadState.UNDONE
    )
    steps = ImportStep.select().where(ImportStep.batch == batch)
    assert all(step.is_undone for step in steps)
    assert list(check_ledger()) == []


@pytest.mark.parametrize("kind", loading.KINDS)
def test_an_undo_that_was_killed_goes_on_and_is_one_clean_undo(
    dated, database_url, processes, request, kind
):
    chance = random.Random(request.node.name)
    clean = clean_undo("4600", kind)
    died = 0
    # A quick machine may be done before the kill: then there is another turn, and at
    # last one that waits for nothing but the first part.
    for turn, prefix in enumerate(("4700", "4701", "4703")):
        died += killed_undo(
            prefix, kind, database_url, processes, chance, kills=2, is_soon=turn == 2
        )
        compare(prefix, clean)
        if died:
            break
    assert died


@pytest.mark.long
def test_however_often_an_undo_is_killed(dated, database_url, processes, request):
    chance = random.Random(request.node.name)
    died = 0
    # The files change the first two of a row: the prefix has none.
    free = (f"{number}" for number in range(4700, 5000) if "2" not in f"{number}")
    for kind in loading.KINDS:
        clean = clean_undo(next(free), kind)
        for prefix in islice(free, TRIALS):
            died += killed_undo(prefix, kind, database_url, processes, chance, kills=3)
            compare(prefix, clean)
    assert died > 2 * TRIALS
