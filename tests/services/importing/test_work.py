"""The worker's part: a load that was interrupted goes on, and one that cannot says why."""

import io
from datetime import timedelta

import pytest

from cabinet.domain.loads import LoadState
from cabinet.domain.people import Role
from cabinet.models import (
    Account,
    ColumnProfile,
    ImportBatch,
    ImportRow,
    Job,
    LedgerEntry,
    StoredFile,
)
from cabinet.services.audit import Actor
from cabinet.services.importing import import_file, loads, running, work
from cabinet.services.staff import Member
from tests import factories, loading
from tests.bringing import NOW

LATER = NOW + timedelta(minutes=10)


@pytest.fixture
def chief(dated):
    files = loading.files_of("4600")
    import_file("a.csv", io.BytesIO(files["accounts"]), now=NOW)
    user = factories.make_staff("chief@example.org", role="supervisor")
    return Member(user.id, Role.SUPERVISOR)


@pytest.fixture
def received(chief, monkeypatch):
    """Payments that were sent and are to be checked."""
    monkeypatch.setattr(running, "ROWS_AT_ONCE", loading.PART)
    data = loading.files_of("4600")["payments"]
    upload = loads.Upload(
        name="p.csv", stream=io.BytesIO(data), branch="kursk", key="0" * 32
    )
    public_id = loads.receive(chief, upload, actor=Actor(chief.user_id), now=NOW)
    found = loads.look(chief, public_id, actor=Actor(chief.user_id), now=NOW)
    layout = {**found.shape.as_data(), "columns": found.columns}
    loads.choose(
        chief, public_id, "payments", layout, actor=Actor(chief.user_id), now=NOW
    )
    return public_id


def do(now=NOW, *, stopping_after=None):
    asked = []

    def is_stopping():
        asked.append(1)
        return stopping_after is not None and len(asked) > stopping_after

    return work.load_next(clock=lambda: now, is_stopping=is_stopping)


def batch():
    return ImportBatch.get(ImportBatch.key.is_null(False))


def commit(chief, received, now=NOW):
    loads.commit(chief, received, actor=Actor(chief.user_id), now=now)


class KilledError(BaseException):
    """The process is gone: nothing is tidied up."""


def kill_after(monkeypatch, parts):
    """Let the process die after so many parts are in."""
    take = running._Work.take
    taken = []

    def dying(work_, chunk, firsts):
        if len(taken) == parts:
            raise KilledError
        taken.append(1)
        return take(work_, chunk, firsts)

    monkeypatch.setattr(running._Work, "take", dying)


@pytest.mark.parametrize("is_commit", [False, True])
def test_a_load_whose_worker_died_goes_on_when_its_lease_is_over(
    chief, received, monkeypatch, is_commit
):
    if is_commit:
        do()
        commit(chief, received)
    with monkeypatch.context() as patch:
        kill_after(patch, 3)
        with pytest.raises(KilledError):
            do()
    assert batch().done == 3 * loading.PART
    assert do() == 0
    assert do(LATER) == 1
    row = batch()
    assert row.state is (LoadState.COMMITTED if is_commit else LoadState.CHECKED)
    assert row.counts == {"new": 60, "faulty": 1, "repeated": 2, "quarantined": 1}
    assert LedgerEntry.select().count() == 60 * is_commit
    told = ImportRow.select().where(ImportRow.batch == row)
    assert len({one.line for one in told}) == 4


def test_a_worker_that_is_stopped_gives_the_load_back(chief, received):
    assert do(stopping_after=2) == 0
    assert Job.get().tries == 0
    assert do() == 1
    assert batch().state is LoadState.CHECKED


def test_what_fails_again_and_again_is_given_up_and_says_so(
    chief, received, monkeypatch
):
    def broken(*_args, **_options):
        message = "no space left"
        raise OSError(message)

    with monkeypatch.context() as patch:
        patch.setattr(work, "run", broken)
        for number in range(3):
            do(NOW + timedelta(hours=number))
    row = batch()
    assert (row.state, row.error) == (LoadState.WAITING, "OSError")
    found = loads.look(chief, received, actor=Actor(chief.user_id), now=NOW)
    layout = {**found.shape.as_data(), "columns": found.columns}
    later = NOW + timedelta(hours=9)
    loads.choose(
        chief, received, "payments", layout, actor=Actor(chief.user_id), now=later
    )
    assert do(later) == 1
    assert batch().state is LoadState.CHECKED


def test_a_commit_that_was_given_up_goes_on(chief, received, monkeypatch):
    do()
    commit(chief, received)
    with monkeypatch.context() as patch:
        kill_after(patch, 2)
        for number in range(3):
            with pytest.raises(KilledError):
                do(NOW + timedelta(hours=number))
    later = NOW + timedelta(hours=9)
    assert do(later) == 0
    with pytest.raises(loads.NotNowError):
        loads.drop(chief, received, actor=Actor(chief.user_id), now=later)
    loads.go_on(chief, received, actor=Actor(chief.user_id), now=later)
    assert do(later) == 1
    assert batch().state is LoadState.COMMITTED
    assert LedgerEntry.select().count() == 60


def test_a_dry_run_leaves_nothing_but_what_it_says(chief, received):
    before = list(Account.select().order_by(Account.id).tuples())
    do()
    assert list(Account.select().order_by(Account.id).tuples()) == before
    assert not LedgerEntry.select().exists()
    assert batch().counts["new"] == 60


def test_the_file_is_gone_once_it_is_thrown_away(chief, received):
    loads.drop(chief, received, actor=Actor(chief.user_id), now=NOW)
    assert not StoredFile.select().exists()
    do()
    assert batch().state is LoadState.DROPPED
    assert Job.get().done_at == NOW
    with pytest.raises(loads.NotNowError):
        loads.look(chief, received, actor=Actor(chief.user_id), now=NOW)


def test_only_an_administrator_brings_in_for_all_branches(chief):
    upload = loads.Upload(
        name="p.csv", stream=io.BytesIO(b"a;b\n1;2\n"), branch="", key="1" * 32
    )
    with pytest.raises(loads.NotYoursError):
        loads.receive(chief, upload, actor=Actor(chief.user_id), now=NOW)
    assert not StoredFile.select().exists()
    assert not ColumnProfile.select().exists()
