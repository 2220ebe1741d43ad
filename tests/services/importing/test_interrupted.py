"""Processes are killed while they bring files in: begun again it is one clean import."""

import io
import random

import pytest

from cabinet.domain.loads import LoadState
from cabinet.models import ImportBatch
from cabinet.models.connection import close_database, open_database
from cabinet.services.importing import Outcome, import_file, running
from cabinet.services.importing.firsts import Firsts
from tests import loading
from tests.bringing import NOW

KILLS = 5
TRIALS = 40


@pytest.fixture
def clean(dated):
    """What one clean import of the files leaves."""
    return bring_clean("4600")


def bring_clean(prefix):
    for kind, data in loading.files_of(prefix).items():
        report = import_file(f"{prefix}-{kind}.csv", io.BytesIO(data), now=NOW)
        assert report.counts[Outcome.NEW] > loading.PART
        assert report.bad
    return loading.digest(prefix)


def bring_killed(prefix, url, processes, chance, kills):
    """Bring the files in by processes that are killed; return how many died at work."""
    died = 0
    for kind, data in loading.files_of(prefix).items():
        for number in range(kills + 1):
            pipe, theirs = processes.Pipe(duplex=False)
            process = processes.Process(
                target=loading.loader,
                args=(url, f"{prefix}-{kind}.csv", data, theirs),
                daemon=True,
            )
            process.start()
            theirs.close()
            is_last = number == kills
            died += loading.hear(process, pipe, None if is_last else chance)
    return died


def compare(prefix, clean):
    found = loading.digest(prefix)
    for name, rows in found[1].items():
        assert sorted(set(rows) ^ set(clean[1][name])) == [], name
    assert found[0] == clean[0]


def trial(prefix, url, processes, chance, kills):
    close_database()
    died = bring_killed(prefix, url, processes, chance, kills)
    open_database(url)
    return died


def test_an_import_that_was_killed_goes_on_and_is_one_clean_import(
    clean, database_url, processes, request
):
    chance = random.Random(request.node.name)
    died = 0
    # A quick machine is often done before the kill: then there is another turn.
    for prefix in ("4700", "4701", "4703", "4704"):
        died += trial(prefix, database_url, processes, chance, kills=2)
        compare(prefix, clean)
        if died >= KILLS:
            break
    assert died >= KILLS


@pytest.mark.long
def test_however_often_it_is_killed(clean, database_url, processes, request):
    chance = random.Random(request.node.name)
    died = 0
    # The files change the first two of a row: the prefix has none.
    prefixes = [f"{number}" for number in range(4800, 5000) if "2" not in f"{number}"]
    for prefix in prefixes[:TRIALS]:
        died += trial(prefix, database_url, processes, chance, kills=3)
        compare(prefix, clean)
    assert died > 3 * TRIALS


def test_a_part_that_another_has_taken_is_not_taken_twice(dated, monkeypatch):
    """Two who go on with the same file: the slower one changes nothing."""
    monkeypatch.setattr(running, "ROWS_AT_ONCE", loading.PART)
    data = loading.files_of("4600")["accounts"]
    take = running._Work.take

    def slow(work, chunk, firsts):
        quicker = running._Work(
            ImportBatch.get_by_id(work.batch.id), work.binding, None
        )
        if quicker.done == 0:
            take(quicker, chunk, Firsts("accounts"))
        return take(work, chunk, firsts)

    monkeypatch.setattr(running._Work, "take", slow)
    with pytest.raises(running.OvertakenError):
        import_file("a.csv", io.BytesIO(data), now=NOW)
    batch = ImportBatch.get(ImportBatch.kind == "accounts")
    assert (batch.state, batch.done) == (LoadState.RUNNING, loading.PART)


def test_what_goes_on_knows_what_stood_before_the_kill(dated, monkeypatch):
    monkeypatch.setattr(running, "ROWS_AT_ONCE", loading.PART)
    data = loading.files_of("4600")["accounts"]

    class KilledError(Exception):
        pass

    def stop(done):
        if done == 2 * loading.PART:
            raise KilledError

    with pytest.raises(KilledError):
        import_file("a.csv", io.BytesIO(data), now=NOW, report=stop)
    report = import_file("a.csv", io.BytesIO(data), now=NOW)
    assert (report.counts[Outcome.NEW], report.counts[Outcome.REPEATED]) == (60, 1)
    assert report.seen_at is None
    assert ImportBatch.select().where(ImportBatch.kind == "accounts").count() == 1
