"""Every kind there is: the same rows twice change nothing, and it can be taken back."""

import io

import pytest

from cabinet.domain.loads import LoadState
from cabinet.exchange.kinds import PROFILES
from cabinet.models import MODELS, Bill, ImportBatch, LedgerEntry, Reading
from cabinet.services.importing import Outcome, import_file
from cabinet.services.ledger_check import check_ledger
from tests import faulting, loading
from tests.bringing import NOW

KINDS = [profile.kind for profile in PROFILES]
#: What tells of imports themselves, and what happens beside them.
BESIDE = {
    "AuditEntry", "AuditSeal", "ImportBatch", "ImportRow", "ImportStep", "Tariff",
}  # fmt: skip
#: Rows that stay, marked as taken back: nobody counts them any more.
STAY = {
    Bill: Bill.account.is_null(False),
    LedgerEntry: LedgerEntry.batch.is_null(),
    Reading: Reading.batch.is_null(),
}


def world():
    """Everything that is kept and stands, table by table."""
    found = {}
    for model in MODELS:
        if model.__name__ not in BESIDE:
            query = model.select().where(STAY.get(model, True)).tuples()
            found[model.__name__] = sorted(map(repr, query))
    return found


@pytest.fixture
def bring(dated, tmp_path):
    faulting.make_world()
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4")

    def run(kind, name="файл.csv", end="\n"):
        body = io.BytesIO(f"{faulting.TABLES[kind].strip()}{end}".encode())
        return import_file(name, body, kind=kind, folder=tmp_path, now=NOW)

    return run


def test_there_is_a_file_of_every_kind():
    assert set(KINDS) == set(faulting.TABLES)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_rows_twice_change_nothing(bring, kind):
    assert bring(kind).good == 3
    after = world()
    again = bring(kind, "ещё раз.csv", end="\n\n")
    assert (again.seen_at, again.counts[Outcome.SAME], again.bad) == (None, 3, 0)
    assert world() == after
    same = bring(kind, "и ещё раз.csv")
    assert (same.seen_at is None) == (kind == "papers"), (
        "a list of files may come again"
    )
    assert world() == after


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_taken_back_and_may_come_again(bring, kind):
    before = world()
    report = bring(kind)
    after = world()
    assert (after == before) == (kind == "readings"), "these stay, marked"
    loading.take_back("файл.csv")
    assert world() == before
    assert list(check_ledger()) == []
    states = [one.state for one in ImportBatch.select().where(ImportBatch.kind == kind)]
    assert states.count(LoadState.UNDONE) == 1
    again = bring(kind)
    assert (again.counts, again.bad) == (report.counts, 0)
