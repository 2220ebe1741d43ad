"""What an administrator does by mistake, and what a machine refuses: told in a line."""

import os
import signal
import stat
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from cabinet.app import create_app
from cabinet.cli import main
from cabinet.config import Clock, SettingsError, load
from cabinet.jobs import mail, worker
from cabinet.mailing import send
from cabinet.models.base import database
from cabinet.models.connection import close_database
from cabinet.services import limits, outbox
from tests.browsing import Browser
from tests.conftest import NOW, SERVER

#: So many answers of a server a mail waits for, TLS and sign-in included.
WORDS_OF_A_MAIL = 7

PRODUCTION = {
    "CABINET_MODE": "production",
    "CABINET_SECRET_KEY": "".join(str(n) for n in range(60)),
    "CABINET_PUBLIC_URL": "https://lk.example.org",
}


@pytest.fixture(autouse=True)
def kept_mask():
    """The command narrows the mask of its process; the tests go on with theirs."""
    mask = os.umask(0o022)
    yield
    os.umask(mask)


def run(*arguments, **environ):
    mode = {"CABINET_MODE": "demo", "CABINET_DATABASE_URL": ""}
    result = CliRunner().invoke(main, arguments, env=mode | environ)
    close_database()
    return result


def test_files_of_the_portal_are_its_own_users_alone(tmp_path):
    """Addresses, debts and letters must not be open to every user of the machine."""
    home = tmp_path / "home"
    assert run("migrate", CABINET_HOME=str(home)).exit_code == 0
    assert run("check", CABINET_HOME=str(home)).exit_code == 0
    for path in (home, *home.iterdir()):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert not mode & 0o077, f"{path.name}: {mode:o}"


@pytest.mark.parametrize("command", ["check", "migrate", "demo", "serve", "work"])
def test_a_home_that_cannot_be_is_told_in_a_line(tmp_path, command):
    (tmp_path / "file").write_text("x")
    for home in ("file", "file/home"):
        result = run(command, CABINET_HOME=str(tmp_path / home))
        assert result.exit_code == 2
        assert result.exception is None or isinstance(result.exception, SystemExit)
        assert str(tmp_path / "file") in result.output
        assert "Traceback" not in result.output


@pytest.mark.parametrize("command", ["migrate", "demo", "serve", "work"])
def test_a_file_that_is_no_database_is_told_in_a_line(tmp_path, command):
    (tmp_path / "cabinet.sqlite3").write_bytes(os.urandom(8192))
    result = run(command, CABINET_HOME=str(tmp_path))
    assert result.exit_code == 2
    assert "not a database" in result.output
    assert "Traceback" not in result.output


def test_an_empty_key_of_the_demo_is_made_anew(tmp_path):
    (tmp_path / "secret-key").write_text("")
    settings = load({"CABINET_MODE": "demo", "CABINET_HOME": str(tmp_path)})
    assert len(settings.secret_key) == 64


@pytest.mark.parametrize(
    "url",
    [
        "",
        "lk.example.org",
        "http://lk.example.org",
        "https://",
        "https:///x",
        "https://lk.example.org/cabinet",
        "https://user@lk.example.org",
        "https://:443",
        "https://lk.example.org:port",
        "https://lk.example.org?x",
        "https://[bad",
        "javascript://lk.example.org",
    ],
)
def test_an_address_that_names_no_host_trusts_nobody(tmp_path, url):
    """Without a host in the settings every host of a request would be believed."""
    environ = PRODUCTION | {"CABINET_PUBLIC_URL": url, "CABINET_HOME": str(tmp_path)}
    with pytest.raises(SettingsError) as caught:
        load(environ)
    assert [fault for fault in caught.value.faults if "CABINET_PUBLIC_URL" in fault]


def test_an_address_with_a_host_is_the_only_trusted_one(tmp_path):
    settings = load(PRODUCTION | {"CABINET_HOME": str(tmp_path)})
    assert settings.hosts == ("lk.example.org",)


@pytest.mark.parametrize(
    "url", ["mysql://h/x", "postgresql://h:abc/x", "postgresql://[::1/x", "x"]
)
def test_a_database_that_cannot_be_named_is_a_fault(tmp_path, url):
    environ = PRODUCTION | {"CABINET_DATABASE_URL": url, "CABINET_HOME": str(tmp_path)}
    with pytest.raises(SettingsError) as caught:
        load(environ)
    assert "CABINET_DATABASE_URL" in caught.value.faults[0]


def test_four_may_migrate_at_once(tmp_path):
    command = [sys.executable, "-c", "from cabinet.cli import main; main(['migrate'])"]
    environ = os.environ | {"CABINET_MODE": "demo", "CABINET_HOME": str(tmp_path)}
    environ.pop("CABINET_DATABASE_URL", None)
    here = Path(__file__).parents[2]
    at_once = [
        subprocess.Popen(
            command, env=environ, cwd=here, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    told = sorted(each.communicate()[0] for each in at_once)
    assert [each.returncode for each in at_once] == [0] * 4
    assert told[0].startswith("applied 0001")
    assert [text for text in told if "is current" in text] == told[1:]


def test_a_lease_outlasts_the_slowest_server():
    """Else a second worker sends the mails once more while the first still does."""
    slowest = mail.MOST * WORDS_OF_A_MAIL * send.TIMEOUT_SECONDS
    assert outbox.LEASE.total_seconds() >= slowest


def test_pages_are_read_while_another_process_writes(
    app, database_url, alice, account, meter, clock, now
):
    """Who looks must see meanwhile; who sends is taken, or told when to try again."""
    browser = Browser(app).sign_in(alice)
    page = browser.get("/readings")
    clock.set(now.replace(minute=20))
    with _writer(database_url):
        for url in ("/", "/readings", "/history", "/bills", "/profile"):
            assert browser.get(url).status == 200
        limits.spend(limits.PDF_HOUR, "x", pepper="p", now=now)
        if SERVER == "sqlite":
            # A long import holds the only lock there is.
            refused = browser.submit(page, "#reading-form", t1="4100", status=503)
            assert refused.headers["Retry-After"] == "30"
        else:
            assert browser.submit(page, "#reading-form", t1="4100").status == 200
    assert browser.submit(page, "#reading-form", t1="4100").status in {200, 409}


@contextmanager
def _writer(database_url):
    """Somebody else in the middle of a long transaction that writes."""
    if SERVER != "sqlite":
        with psycopg.connect(database_url) as other:
            other.execute("UPDATE branch SET name = name")
            yield
        return
    database.obj.execute_sql("PRAGMA busy_timeout = 50")
    other = subprocess.Popen(
        [sys.executable, "-c", _HOLD, database_url.removeprefix("sqlite:///")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert other.stdout.readline() == b"held\n"
        yield
    finally:
        other.communicate(b"\n")


_HOLD = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def without_database(settings, tmp_path):
    """The portal whose database is not there."""
    settings.home.mkdir(exist_ok=True)
    away = replace(settings, database_url=f"sqlite:///{tmp_path}/away/x.sqlite3")
    yield create_app(away)
    close_database()


def test_a_portal_without_its_database_says_so_and_lives(without_database):
    """A load balancer must not kill a process whose database is being restarted."""
    client = without_database.test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
    assert client.get("/sw.js").status_code == 200
    client.set_cookie("sid", "a" * 43)
    for url in ("/", "/readings", "/login", "/bills/2026-10.pdf"):
        answer = client.get(url)
        assert answer.status_code == 503, url
        assert answer.headers["Retry-After"] == "30"
        assert "Кабинет на обслуживании" in answer.get_data(as_text=True)
    assert client.get("/nothing").status_code == 404


def test_the_worker_outlives_its_database(without_database, settings, monkeypatch):
    turns = []

    def source():
        if threading.current_thread() is not threading.main_thread():
            return NOW  # long work asks for the time as well, and is not stopped so
        turns.append(1)
        if len(turns) > 3:
            raise KeyboardInterrupt
        return NOW

    monkeypatch.setattr(worker, "PAUSE_SECONDS", 0.01)
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        with pytest.raises(KeyboardInterrupt):
            worker.work(without_database, settings, Clock(source=source))
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    assert len(turns) == 4
