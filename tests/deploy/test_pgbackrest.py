"""Copies of the big Postgres: the files agree, and the database comes back by them."""

import configparser
import os
import re
import shlex
import shutil
import subprocess
import time
from contextlib import contextmanager

import psycopg
import pytest
import yaml

from cabinet.domain.money import Money
from cabinet.models import (
    Account,
    AuditEntry,
    LedgerEntry,
    Session,
    User,
    migrate,
    snapshot,
)
from cabinet.models.base import database
from cabinet.models.connection import close_database, open_database
from cabinet.services import beats
from tests import clusters, drills, factories
from tests.conftest import NOW
from tests.deploy.conftest import DEPLOY, PLACES

CLUSTER = DEPLOY / "cluster"
CONF = CLUSTER / "pgbackrest.conf"
PATRONI = yaml.safe_load((CLUSTER / "patroni.yml").read_text("utf-8"))
BASE_COPY = (CLUSTER / "base-copy@.service").read_text("utf-8")
TIMERS = ("base-copy-full.timer", "base-copy-diff.timer")

#: What a node is told of the archive, the restore and the base copy.
ARCHIVE = PATRONI["bootstrap"]["dcs"]["postgresql"]["parameters"]
BRING_BACK = PATRONI["bootstrap"]["pgbackrest"]["command"]
(TAKE,) = re.findall(r"^ExecStart=(.+)$", BASE_COPY, re.MULTILINE)


def said():
    made = configparser.ConfigParser()
    made.read(CONF, "utf-8")
    return made


def test_every_file_speaks_of_the_same_copies():
    conf = said()
    (stanza,) = set(conf.sections()) - {"global"}
    assert conf[stanza]["pg1-path"] == PATRONI["postgresql"]["data_dir"]
    sockets = PATRONI["postgresql"]["parameters"]["unix_socket_directories"]
    assert conf[stanza]["pg1-socket-path"] == sockets
    for words in (ARCHIVE["archive_command"], BRING_BACK, TAKE):
        assert f"/usr/bin/pgbackrest --stanza={stanza} " in words
    assert ARCHIVE["archive_mode"] == "on"
    assert ARCHIVE["archive_timeout"] == "60s"
    for kind in ("full", "diff"):
        assert f"Unit=base-copy@{kind}.service" in "".join(
            (CLUSTER / name).read_text("utf-8") for name in TIMERS
        )


def test_the_way_back_keeps_what_pgbackrest_says_of_recovery():
    way = PATRONI["bootstrap"]["pgbackrest"]
    assert way["keep_existing_recovery_conf"] is way["no_params"] is True
    # A new cluster is made, and nothing brought back, until somebody says so.
    assert "method" not in PATRONI["bootstrap"]


def test_copies_are_encrypted_and_their_key_is_elsewhere():
    conf = said()
    assert conf["global"]["repo1-cipher-type"] == "aes-256-cbc"
    assert not any("pass" in name for name in conf["global"])


def pgbackrest(ask, tmp_path, text):
    path = tmp_path / "pgbackrest.conf"
    path.write_text(text.replace("/mnt/cabinet-copies", str(tmp_path)))
    environ = {"PGBACKREST_REPO1_CIPHER_PASS": "a key of the test"}
    words = ("--stanza=cabinet", f"--config={path}", "--log-level-console=warn")
    return ask("pgbackrest", *words, "--log-level-file=off", "info", **environ)


def test_pgbackrest_takes_its_file_without_a_warning(ask, tmp_path):
    code, told = pgbackrest(ask, tmp_path, CONF.read_text("utf-8"))
    assert code == 0
    assert "WARN" not in told
    assert "ERROR" not in told


def test_pgbackrest_would_tell_of_a_wrong_file(ask, tmp_path):
    text = CONF.read_text("utf-8")
    code, told = pgbackrest(ask, tmp_path, text.replace("repo1-retention", "retain"))
    assert "invalid option 'retain-full'" in told
    code, told = pgbackrest(ask, tmp_path, text.replace("=aes-256", "=rot-13"))
    assert code != 0
    assert "rot-13" in told


@pytest.fixture
def node(tmp_path):
    """A tree with systemd's own units, ours, and something at each program's place."""
    shutil.copytree("/lib/systemd/system", tmp_path / "lib/systemd/system", symlinks=1)
    units = tmp_path / "etc/systemd/system"
    units.mkdir(parents=True)
    for path in CLUSTER.glob("base-copy*"):
        shutil.copy(path, units)
    for program in ("bin/sh", "usr/bin/pgbackrest", "usr/bin/psql"):
        place = tmp_path / program
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch(0o755)
    return tmp_path


@pytest.mark.parametrize(
    "unit", ["base-copy@full.service", "base-copy@diff.service", *TIMERS]
)
def test_systemd_finds_nothing_wrong_with_a_unit(ask, node, unit):
    words = ("verify", f"--root={node}", "--recursive-errors=no", unit)
    assert ask("systemd-analyze", *words) == (0, "")


@contextmanager
def archived(server):
    """Let the server do with its log what the files say; yields how a program is run."""
    place = server.folder
    conf = place / "pgbackrest.conf"
    text = CONF.read_text("utf-8")
    for here, there in (
        ("/mnt/cabinet-copies", place / "copies"),
        ("/var/lib/postgresql/15/cabinet", server.data),
        ("/run/postgresql", place),
    ):
        assert here in text
        text = text.replace(here, str(there))
    conf.write_text(text)
    conf.chmod(0o644)
    keys = place / "conf.d"
    keys.mkdir()
    # Commands that were called in this process have left it their umask.
    keys.chmod(0o755)
    (keys / "key.conf").write_text("[global]\nrepo1-cipher-pass=a key of the drill\n")
    (keys / "key.conf").chmod(0o644)
    environ = {
        "PGBACKREST_CONFIG": str(conf),
        "PGBACKREST_CONFIG_INCLUDE_PATH": str(keys),
        "PGBACKREST_LOG_PATH": str(place),
        "PGBACKREST_LOCK_PATH": str(place / "lock"),
        "PGBACKREST_PG1_USER": "cabinet",
    }
    with (server.data / "postgresql.auto.conf").open("a") as file:
        for name in ("archive_mode", "archive_timeout", "archive_command"):
            file.write(f"{name} = '{ARCHIVE[name]}'\n")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(name, value)
        server.control("restart")
        yield as_postgres


def as_postgres(words, **more):
    """Run what stands in a file, as Debian's account of Postgres."""
    whom = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*whom, *shlex.split(words)],
        env=os.environ | {"PATH": PLACES} | more,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def ask_server(server, words):
    with psycopg.connect(server.url, autocommit=True) as connection:
        return connection.execute(words).fetchone()[0]


def seen(portal):
    """What `cabinet doctor` says of the copies of the log."""
    return "журнал базы не уходит" in portal.run("doctor", "--inside")[1]


@pytest.mark.long
def test_the_database_comes_back_as_of_a_moment_and_is_made_safe(tmp_path):
    with clusters.cluster() as server, archived(server) as run:
        open_database(server.url)
        migrate.migrate()
        portal = drills.installed(tmp_path / "home", server.url, houses=2)
        account = Account.get()
        # There is nothing yet where the log is to go.
        ask_server(server, "SELECT pg_switch_wal()")
        drills.wait_until(lambda: seen(portal), pause=1)
        run("/usr/bin/pgbackrest --stanza=cabinet stanza-create")
        run("/usr/bin/pgbackrest --stanza=cabinet check")
        drills.wait_until(lambda: not seen(portal), pause=1)
        run(TAKE.replace("%i", "full"))
        # It counts whole seconds: a copy of this one is not before the moment.
        time.sleep(2)

        # After the base copy, so that it is in the log alone.
        factories.post(account, Money(-5000))
        beats.note(beats.LETTERS, now=NOW)
        before = list(LedgerEntry.select().order_by(LedgerEntry.id).dicts())
        moment = ask_server(server, "SELECT now()::text")
        time.sleep(1)
        factories.post(account, Money(-7000))
        run(TAKE.replace("%i", "diff"))
        factories.make_customer("later@example.org")
        ask_server(server, "SELECT pg_switch_wal()")
        close_database()
        server.control("stop")
        server.data.rename(server.folder / "before")

        run(BRING_BACK, RESTORE_TO=moment)
        server.control("start")
        drills.wait_until(lambda: not ask_server(server, "SELECT pg_is_in_recovery()"))
        open_database(server.url)
        assert list(LedgerEntry.select().order_by(LedgerEntry.id).dicts()) == before
        assert not User.select().where(User.email == "later@example.org").exists()
        assert Session.select().where(Session.revoked_at.is_null()).count() == 2
        run(
            f"{clusters.BINARIES[-1].with_name('pg_amcheck')} --install-missing"
            f" -h {server.folder} -U cabinet cabinet"
        )
        close_database()

        # A standby, and a server that is not through yet, only read.
        server.control("stop")
        (server.data / "standby.signal").touch()
        server.control("start")
        code, told = portal.run("restore", "--in-place")
        assert (code, "let it take writes" in told) == (2, True), told
        server.control("stop")
        (server.data / "standby.signal").unlink()
        server.control("start")

        code, told = portal.run("restore", "--in-place")
        assert code == 0, told
        open_database(server.url)
        assert Session.select().where(Session.revoked_at.is_null()).count() == 0
        entry = AuditEntry.get(AuditEntry.action == "database.restored")
        assert entry.details["taken_at"] == NOW.isoformat()
        assert portal.run("ledger", "check") == (0, "findings: 0\n")
        close_database()


@pytest.mark.long
def test_without_a_moment_all_that_was_kept_comes_back(tmp_path):
    with clusters.cluster() as server, archived(server) as run:
        open_database(server.url)
        migrate.migrate()
        run("/usr/bin/pgbackrest --stanza=cabinet stanza-create")
        run(TAKE.replace("%i", "full"))
        account = factories.make_account()
        for _ in range(20):
            factories.post(account, Money(-100))
        ask_server(server, "SELECT pg_switch_wal()")
        close_database()
        drills.wait_until(
            lambda: ask_server(
                server,
                "SELECT last_archived_wal >= pg_walfile_name(pg_current_wal_lsn() - 1)"
                " FROM pg_stat_archiver",
            )
        )
        # As when the machine is gone.
        server.control("stop", "-m", "immediate")
        server.data.rename(server.folder / "before")
        run(BRING_BACK)
        server.control("start")
        drills.wait_until(lambda: not ask_server(server, "SELECT pg_is_in_recovery()"))
        open_database(server.url)
        assert LedgerEntry.select().count() == 20
        assert not list(snapshot.faults())
        database.close()
        close_database()
