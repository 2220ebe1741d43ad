"""`cabinet backup` and `cabinet restore`: a copy under load, and a life after it."""

import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from peewee import OperationalError

from cabinet.cli.backup import KEPT, Copy, kept_of
from cabinet.domain.money import Money
from cabinet.models import (
    Account,
    AuditEntry,
    Beat,
    LedgerEntry,
    OneTimeToken,
    OutboxMessage,
    Session,
    User,
    snapshot,
)
from cabinet.models.base import writing
from cabinet.services import beats, erasure
from tests import factories
from tests.browsing import Browser
from tests.conftest import SERVER


def rows(*models):
    """Every row of the models."""
    return [list(model.select().order_by(model.id).dicts()) for model in models]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "copies"


@pytest.fixture
def copied(command, folder):
    """Take a copy; gives its note."""

    def copied():
        done = command("backup", "--to", folder)
        assert done.exit_code == 0, done.output
        return max(folder.glob("*.json"))

    return copied


def test_a_copy_is_packed_noted_and_for_its_owner_alone(copied, folder, account):
    note = copied()
    told = json.loads(note.read_text())
    packed = folder / told["file"]
    assert {path.name for path in folder.iterdir()} == {note.name, packed.name}
    assert packed.stat().st_mode & 0o077 == note.stat().st_mode & 0o077 == 0
    assert told["schema"].startswith("00")
    with gzip.open(packed) as handle:
        assert handle.read(5) in {b"SQLit", b"PGDMP"}


def test_what_was_is_again_and_what_came_later_is_gone(
    command, copied, alice, account, app
):
    factories.post(account, Money(-5000))
    browser = Browser(app).sign_in(alice)
    browser.get("/")
    factories.leave_ways_in(alice, datetime.now(UTC))
    before = rows(LedgerEntry, Account)
    note = copied()
    factories.post(account, Money(-7000))
    factories.make_customer("later@example.org")
    done = command("restore", note, "--replace")
    assert done.exit_code == 0, done.output
    assert "restored: start the portal" in done.output
    assert (rows(LedgerEntry, Account)) == before
    assert not User.select().where(User.email == "later@example.org").exists()
    # Nobody is signed in, no link works, and only letters without one leave again.
    assert not Session.select().where(Session.revoked_at.is_null()).exists()
    assert not OneTimeToken.select().where(OneTimeToken.used_at.is_null()).exists()
    waiting = OutboxMessage.select().where(OutboxMessage.failed_at.is_null())
    assert [row.key for row in waiting if row.sent_at is None] == ["plain"]
    assert browser.get("/", status=302).headers["Location"].startswith("/login")
    entry = AuditEntry.get(AuditEntry.action == "database.restored")
    assert entry.details["sessions"] == 1


def test_who_was_erased_since_is_erased_again(
    command, copied, alice, account, tmp_path
):
    home = tmp_path / "home"
    note = copied()
    why = erasure.Why.REQUEST
    erasure.erase_user(alice.id, why=why, home=home, now=datetime.now(UTC))
    done = command("restore", note, "--replace")
    assert done.exit_code == 0, done.output
    assert "erased again 1" in done.output
    assert User.get_by_id(alice.id).erased_at is not None


def test_a_copy_taken_while_others_write_holds_whole_transactions(
    command, folder, account
):
    """Each transaction posts two payments: no copy may hold one of them."""
    stop, program = threading.Event(), Path(sys.executable).with_name("cabinet")

    def post():
        while not stop.is_set():
            with writing():
                for _ in range(2):
                    factories.post(account, Money(-1000))

    writer = threading.Thread(target=post)
    writer.start()
    try:
        for _ in range(3):
            # A process of its own, as cron starts it.
            subprocess.run([program, "backup", "--to", folder], check=True)
            time.sleep(1.1)
    finally:
        stop.set()
        writer.join()
    assert LedgerEntry.select().count() > 2
    notes = sorted(folder.glob("*.json"))
    done = command("restore", notes[-1], "--replace")
    assert done.exit_code == 0, done.output
    count = LedgerEntry.select().count()
    assert count
    assert count % 2 == 0


def damaged(note):
    path = note.with_suffix(".gz")
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)
    return note, "is not what its note tells of"


def other_engine(note):
    told = json.loads(note.read_text())
    told["engine"] = "postgres" if told["engine"] == "sqlite" else "sqlite"
    note.write_text(json.dumps(told))
    return note, "the settings name"


def no_note(note):
    note.write_text("{}")
    return note, "is not the note of a copy"


@pytest.mark.parametrize("harm", [damaged, other_engine, no_note])
def test_what_is_no_copy_of_ours_changes_nothing(command, copied, account, harm):
    note, words = harm(copied())
    before = rows(Account)
    done = command("restore", note, "--replace")
    assert done.exit_code == 2
    assert words in done.output
    assert rows(Account) == before


def test_a_copy_that_breaks_off_leaves_the_server_as_it_was(command, copied, account):
    note = copied()
    if SERVER == "sqlite":
        # Its file is put in the place of the other at once.
        return
    packed = note.with_suffix(".gz")
    plain = gzip.decompress(packed.read_bytes())
    packed.write_bytes(gzip.compress(plain[: len(plain) * 9 // 10]))
    told = json.loads(note.read_text())
    told["sha256"] = hashlib.sha256(packed.read_bytes()).hexdigest()
    note.write_text(json.dumps(told))
    factories.post(account, Money(-7000))
    before = rows(Account, LedgerEntry)
    done = command("restore", note, "--replace")
    assert done.exit_code == 1, done.output
    assert "pg_restore" in done.output
    assert rows(Account, LedgerEntry) == before


def test_a_database_that_holds_something_is_left_unless_told(command, copied, account):
    done = command("restore", copied())
    assert done.exit_code == 2
    assert "--replace puts it aside" in done.output


def copy_of(at):
    return Copy(Path(f"{at}.json"), Path(f"{at}.gz"), at, "", "sqlite", "0001_first")


def test_when_it_was_copied_is_noted_and_by_whom_else(command, folder, db):
    assert command("backup", "--to", folder).exit_code == 0
    first = Beat.get(Beat.name == beats.BACKUP)
    assert first.told == {"made": True}
    (note,) = folder.glob("*.json")
    assert first.at == datetime.fromisoformat(json.loads(note.read_text())["taken_at"])
    Beat.delete().execute()
    # Another program has copied it: nothing is copied, and it is noted.
    done = command("backup", "--elsewhere")
    assert (done.exit_code, done.output) == (0, "")
    assert Beat.get(Beat.name == beats.BACKUP).told == {"made": True}
    assert len(list(folder.glob("*.json"))) == 1


def test_a_copy_of_a_database_that_only_reads_is_a_copy(command, folder, monkeypatch):
    def refuse(*_, **__):
        raise OperationalError("read-only")

    monkeypatch.setattr(beats, "note_made", refuse)
    done = command("backup", "--to", folder)
    assert done.exit_code == 0
    assert "not noted: read-only" in done.output
    assert list(folder.glob("*.json"))


def test_a_copy_that_was_not_taken_is_not_noted(command, folder, monkeypatch):
    def refuse(_path):
        raise snapshot.SnapshotError("no room")

    monkeypatch.setattr(snapshot, "take", refuse)
    assert command("backup", "--to", folder).exit_code == 1
    assert not Beat.select().exists()


def test_days_weeks_and_months_are_kept():
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    copies = [copy_of(now - timedelta(hours=6 * each)) for each in range(4 * 500)]
    kept = kept_of(copies)
    days = {one.taken_at.date() for one in kept}
    assert all((now - timedelta(days=each)).date() in days for each in range(KEPT[0]))
    assert len(kept) <= sum(KEPT)
    assert copies[0] in kept
    assert min(one.taken_at for one in kept) < now - timedelta(days=320)
    assert kept_of([]) == set()


def test_earlier_copies_stay_where_that_is_asked(command, copied, folder):
    note = copied()
    for days in range(1, 40):
        at = datetime.now(UTC) - timedelta(days=days)
        told = json.loads(note.read_text()) | {"taken_at": at.isoformat()}
        (folder / f"cabinet-old{days}.json").write_text(json.dumps(told))
    done = command("backup", "--to", folder, "--keep-all")
    assert done.exit_code == 0
    assert "deleted" not in done.output
    assert len(list(folder.glob("cabinet-old*.json"))) == 39


def test_earlier_copies_go_by_their_term(command, copied, folder):
    note = copied()
    for days in range(1, 40):
        at = datetime.now(UTC) - timedelta(days=days)
        told = json.loads(note.read_text()) | {
            "file": f"cabinet-old{days}.gz",
            "taken_at": at.isoformat(),
        }
        (folder / f"cabinet-old{days}.json").write_text(json.dumps(told))
        shutil.copy(note.with_suffix(".gz"), folder / told["file"])
    (folder / "cabinet-mine.json").write_text("not ours")
    done = command("backup", "--to", folder)
    assert done.exit_code == 0
    left = {path.stem for path in folder.glob("*.gz")}
    assert left == {path.stem for path in folder.glob("*.json")} - {"cabinet-mine"}
    assert len(left) <= sum(KEPT)
    assert "deleted cabinet-old39.gz" in done.output or "cabinet-old39" in left


def test_a_full_disk_leaves_no_half_copy(command, folder, monkeypatch):
    from cabinet.cli import backup

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup.shutil, "copyfileobj", full)
    done = command("backup", "--to", folder)
    assert done.exit_code == 2
    assert "No space left on device" in done.output
    assert list(folder.iterdir()) == []
