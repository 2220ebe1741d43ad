"""`cabinet restore --in-place`: a database that Litestream or pgBackRest brought back."""

import shutil
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from cabinet.domain.money import Money
from cabinet.models import (
    Account,
    AuditEntry,
    OneTimeToken,
    OutboxMessage,
    Session,
    User,
    migrate,
    presence,
    snapshot,
)
from cabinet.models.connection import open_database
from cabinet.services import beats, erasure
from tests import factories
from tests.browsing import Browser
from tests.conftest import NOW, SERVER

HOUR = timedelta(hours=1)


def restored():
    """The moments that the log tells of, and how many sessions were ended for each."""
    entries = AuditEntry.select().where(AuditEntry.action == "database.restored")
    return [
        (
            datetime.fromisoformat(entry.details["taken_at"]),
            entry.details["sessions"],
        )
        for entry in entries.order_by(AuditEntry.id)
    ]


def signed_in():
    return Session.select().where(Session.revoked_at.is_null()).count()


def test_it_ends_as_after_a_copy_of_our_own(
    command, alice, account, app, database_url, tmp_path
):
    factories.post(account, Money(-5000))
    browser = Browser(app).sign_in(alice)
    browser.get("/")
    gone = factories.make_customer("gone@example.org")
    factories.leave_ways_in(alice, NOW)
    snapshot.take(tmp_path / "kept")
    home = app.extensions["cabinet.settings"].home
    erasure.erase_user(gone.id, why=erasure.Why.REQUEST, home=home, now=NOW)
    # Another program brings it back.
    snapshot.put(tmp_path / "kept")
    open_database(database_url)
    assert User.get_by_id(gone.id).erased_at is None

    done = command("restore", "--in-place")
    assert done.exit_code == 0, done.output
    assert "ended 1 sessions, 1 links, 1 letters with one" in done.output
    assert "erased again 1" in done.output
    assert "lost: what customers sent since 2026-11-22 09:00 UTC" in done.output
    assert "restored: start the portal" in done.output
    assert signed_in() == 0
    assert not OneTimeToken.select().where(OneTimeToken.used_at.is_null()).exists()
    waiting = OutboxMessage.select().where(OutboxMessage.failed_at.is_null())
    assert [row.key for row in waiting if row.sent_at is None] == ["plain"]
    assert User.get_by_id(gone.id).erased_at is not None
    assert browser.get("/", status=302).headers["Location"].startswith("/login")
    assert restored() == [(NOW, 1)]


def test_a_ledger_that_does_not_hold_is_told(command, account):
    factories.post(account, Money(-5000))
    Account.update(balance=Money(1)).where(Account.id == account.id).execute()
    done = command("restore", "--in-place", "--as-of", (NOW - HOUR).isoformat())
    assert done.exit_code == 1
    assert account.number in done.output
    assert "start the portal" not in done.output


def test_it_stands_as_of_the_last_moment_it_tells_of(command, alice, account):
    seen, alive = NOW - 30 * HOUR, NOW - 28 * HOUR
    make_session(alice, seen)
    beats.note(beats.WINDOW, now=alive)
    done = command("restore", "--in-place")
    assert done.exit_code == 0, done.output
    assert "stands as of 2026-11-21 05:00:00 UTC" in done.output
    assert restored() == [(alive, 1)]


def make_session(user, at):
    Session.create(
        sid_hash=f"{user.id:064}",
        user=user,
        created_at=at,
        last_seen_at=at,
        expires_at=NOW + 99 * HOUR,
    )


def test_a_second_time_goes_on_from_the_same_moment(command, alice, account):
    alive = NOW - 28 * HOUR
    beats.note(beats.LETTERS, now=alive)
    for _ in range(2):
        done = command("restore", "--in-place")
        assert done.exit_code == 0, done.output
    assert restored() == [(alive, 0)] * 2
    # Somebody works on it again: what is brought back now is another state.
    beats.note(beats.LETTERS, now=NOW + HOUR)
    done = command("restore", "--in-place")
    assert done.exit_code == 0, done.output
    assert restored()[-1][0] > NOW
    # Who started the portal too early says what it was.
    done = command("restore", "--in-place", "--as-of", alive.isoformat())
    assert done.exit_code == 0, done.output
    assert restored()[-1] == (alive, 0)


def test_a_clock_that_was_ahead_asks_from_now_at_most(command, alice, account):
    beats.note(beats.LETTERS, now=NOW + 9999 * HOUR)
    done = command("restore", "--in-place")
    assert done.exit_code == 0, done.output
    ((taken_at, _),) = restored()
    assert timedelta(0) <= taken_at - NOW < HOUR


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("yesterday", "yesterday is no moment"),
        ("2026-11-22T09:00:00", "does not tell its difference from UTC"),
        ("2036-11-22T09:00:00+03:00", "is still to come"),
    ],
)
def test_what_is_no_moment_changes_nothing(command, alice, account, moment, words):
    make_session(alice, NOW)
    done = command("restore", "--in-place", "--as-of", moment)
    assert done.exit_code == 2
    assert words in done.output
    assert signed_in() == 1


@contextmanager
def portal(url):
    """Somebody who works on the database."""
    if SERVER == "sqlite":
        with presence.present():
            yield
        return
    with psycopg.connect(url):
        yield


def test_under_a_portal_nothing_is_changed(command, database_url, alice, account):
    make_session(alice, NOW)
    with portal(database_url):
        done = command("restore", "--in-place")
    assert done.exit_code == 2
    assert "stop cabinet serve and cabinet work" in done.output
    assert signed_in() == 1
    done = command("restore", "--in-place")
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "or --in-place"),
        (("NOTE", "--in-place"), "or --in-place"),
        (("--in-place", "--replace"), "puts nothing in the database's place"),
        (("NOTE", "--as-of", "2026-11-22T09:00:00Z"), "belongs to --in-place"),
        (("--in-place", "--ask-banks", "--as-of", "x"), "belongs to --in-place"),
        (("--in-place", "--ask-banks"), "nothing was brought back here yet"),
    ],
)
def test_words_that_do_not_belong_together(
    command, alice, account, tmp_path, words, told
):
    make_session(alice, NOW)
    note = tmp_path / "note.json"
    note.write_text("{}")
    done = command("restore", *(note if word == "NOTE" else word for word in words))
    assert done.exit_code == 2
    assert told in done.output
    assert signed_in() == 1


def test_a_database_that_tells_of_no_moment_must_be_told(command):
    done = command("restore", "--in-place")
    assert done.exit_code == 2
    assert "name it with --as-of" in done.output
    done = command("restore", "--in-place", "--as-of", "2026-11-22T09:00:00+03:00")
    assert done.exit_code == 0, done.output
    assert restored() == [(datetime(2026, 11, 22, 6, tzinfo=UTC), 0)]


@pytest.mark.rowless
def test_where_nothing_stands_there_is_nothing_to_do(
    command, db, database_url, monkeypatch, tmp_path
):
    monkeypatch.setenv("CABINET_DATABASE_URL", f"sqlite:///{tmp_path / 'no.sqlite3'}")
    done = command("restore", "--in-place")
    assert done.exit_code == 2
    assert "bring it back first" in done.output


def test_an_older_schema_is_brought_up_and_a_newer_one_refused(
    command, alice, account, monkeypatch, tmp_path
):
    make_session(alice, NOW)
    usual, folder = migrate.FOLDER, tmp_path / "migrations"
    shutil.copytree(usual, folder)
    (folder / "9001_next.py").write_text(
        '"""Nothing."""\n\n\ndef up(migrator, db):\n    pass\n'
    )
    monkeypatch.setattr(migrate, "FOLDER", folder)
    done = command("restore", "--in-place")
    assert done.exit_code == 0, done.output
    assert "applied 9001_next" in done.output
    monkeypatch.setattr(migrate, "FOLDER", usual)
    done = command("restore", "--in-place")
    assert done.exit_code == 2
    assert "the database has 9001_next" in done.output
    assert len(restored()) == 1
