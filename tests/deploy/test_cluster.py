"""The example of several machines, and the running copy of SQLite: well-formed."""

import os
import re
import shutil
import subprocess
import time
from contextlib import contextmanager

import pytest
import yaml

from cabinet.cli.server import GRACE_SECONDS, TIMEOUT_SECONDS
from cabinet.config import load
from cabinet.domain.money import Money
from cabinet.models import Account, AuditEntry, LedgerEntry, Session, migrate, snapshot
from cabinet.models.connection import close_database, open_database
from tests import drills, factories
from tests.deploy.conftest import DEPLOY, PLACES
from tests.deploy.test_proxies import seconds

CLUSTER = DEPLOY / "cluster"
LITESTREAM = DEPLOY / "litestream" / "litestream.yml"

#: What differs between the nodes.
NODE = {
    "PATRONI_NAME": "db1",
    "PATRONI_RESTAPI_CONNECT_ADDRESS": "10.0.0.21:8008",
    "PATRONI_POSTGRESQL_CONNECT_ADDRESS": "10.0.0.21:5432",
    "PATRONI_SUPERUSER_PASSWORD": "one",
    "PATRONI_REPLICATION_PASSWORD": "two",
    "PATRONI_REWIND_PASSWORD": "three",
}
#: A customer is told to come back for at most so many seconds.
MOST_AWAY = 30


def test_patroni_takes_its_file(ask):
    assert ask("patroni", "--validate-config", CLUSTER / "patroni.yml", **NODE)[0] == 0


def test_patroni_would_tell_of_a_wrong_file(ask, tmp_path):
    path = tmp_path / "patroni.yml"
    text = (CLUSTER / "patroni.yml").read_text("utf-8")
    path.write_text(text.replace("ttl: 20", "ttl: long"))
    code, told = ask("patroni", "--validate-config", path, **NODE)
    assert code != 0
    assert "ttl" in told


def test_a_promotion_is_quick_and_loses_nothing_acknowledged():
    told = yaml.safe_load((CLUSTER / "patroni.yml").read_text("utf-8"))
    dcs = told["bootstrap"]["dcs"]
    assert dcs["synchronous_mode"] is True
    assert dcs["ttl"] + dcs["loop_wait"] < MOST_AWAY
    # As Patroni's guide asks: else one slow answer of etcd deposes the primary.
    assert dcs["ttl"] >= dcs["loop_wait"] + 2 * dcs["retry_timeout"]
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        assert dcs["postgresql"]["parameters"][name] == "on"
    assert all(
        rule.split()[0] in {"local", "hostssl"} for rule in told["postgresql"]["pg_hba"]
    )
    assert "password" not in (CLUSTER / "patroni.yml").read_text("utf-8").replace(
        "password_encryption", ""
    ).replace("passwords", "")


def haproxy(ask, path, certificate):
    return ask(
        *("haproxy", "-c", "-f", path),
        CERTIFICATE=str(certificate / "both.pem"),
        PAGES=str(DEPLOY / "pages"),
    )


def test_haproxy_takes_its_file_without_a_warning(ask, certificate):
    code, told = haproxy(ask, CLUSTER / "haproxy.cfg", certificate)
    assert code == 0, told
    assert "WARNING" not in told


def test_haproxy_would_tell_of_a_wrong_file(ask, certificate, tmp_path):
    path = tmp_path / "haproxy.cfg"
    text = (CLUSTER / "haproxy.cfg").read_text("utf-8")
    path.write_text(text.replace("backend alive", "backend dead"))
    code, told = haproxy(ask, path, certificate)
    assert code != 0
    assert "alive" in told


def test_haproxy_waits_longer_than_the_portal_works():
    text = (CLUSTER / "haproxy.cfg").read_text("utf-8")
    for name in ("client", "server"):
        assert seconds(text, rf"timeout {name}") > max(TIMEOUT_SECONDS, GRACE_SECONDS)


def test_an_app_machine_is_told_every_node(tmp_path):
    lines = (CLUSTER / "cabinet.env").read_text("utf-8").splitlines()
    (url,) = [line.split()[1] for line in lines if line.startswith("# postgresql://")]
    said = dict(line.split("=", 1) for line in lines if line.startswith("CABINET_"))
    for name, text in (("SECRET_KEY", "0123456789abcdef" * 4), ("DATABASE_URL", url)):
        path = tmp_path / name
        path.write_text(text)
        said[f"CABINET_{name}_FILE"] = str(path)
    settings = load(said | {"CABINET_PUBLIC_URL": "https://lk.example.ru"})
    assert settings.trusted_proxies == 1
    etcd = yaml.safe_load((CLUSTER / "patroni.yml").read_text("utf-8"))["etcd3"][
        "hosts"
    ]
    for node in etcd.split(","):
        assert node.partition(":")[0] in settings.database_url


def litestream_file(tmp_path):
    """Return the file as it is, but for the places."""
    path = tmp_path / "litestream.yml"
    text = LITESTREAM.read_text("utf-8")
    for here, there in (
        ("/var/lib/cabinet", "home"),
        ("/mnt/cabinet-copies", "copies"),
    ):
        assert here in text
        (tmp_path / there).mkdir()
        text = text.replace(here, str(tmp_path / there))
    path.write_text(text)
    return path, tmp_path / "home" / "cabinet.sqlite3"


def test_litestream_takes_its_file_and_tells_of_a_wrong_one(ask, tmp_path):
    path, database = litestream_file(tmp_path)
    code, told = ask("litestream", "databases", "-config", path)
    assert (code, str(database) in told) == (0, True)
    path.write_text(path.read_text("utf-8").replace("24h", "daily"))
    code, told = ask("litestream", "databases", "-config", path)
    assert code != 0
    assert "daily" in told


def way_back(tmp_path):
    """Return what the file says to do, for the places of this test and its own user."""
    lines = re.findall(r"^#   (.+)$", LITESTREAM.read_text("utf-8"), re.MULTILINE)
    assert lines[-1] == "cabinet restore --in-place"
    for here, there in (
        ("/etc/cabinet", tmp_path),
        ("/var/lib/cabinet", tmp_path / "home"),
        ("runuser -u cabinet -- /opt/cabinet/bin/", ""),
        ("-o cabinet ", ""),
    ):
        assert any(here in line for line in lines), here
        lines = [line.replace(here, str(there)) for line in lines]
    return lines


@contextmanager
def copied(path):
    """Let Litestream copy meanwhile, and kill it: as when the machine is gone."""
    copier = subprocess.Popen(
        [shutil.which("litestream", path=PLACES), "replicate", "-config", path],
        env={"PATH": os.defpath, "HOME": str(path.parent)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
        # Each second; a busy machine takes longer.
        time.sleep(4)
    finally:
        copier.kill()
        copier.wait(10)


def pay(account, count):
    for _ in range(count):
        factories.post(account, Money(-100))
        time.sleep(0.01)


@pytest.mark.long
@pytest.mark.rowless
def test_what_was_paid_a_moment_ago_comes_back_from_the_running_copy(ask, tmp_path):
    path, file = litestream_file(tmp_path)
    open_database(f"sqlite:///{file}")
    migrate.migrate()
    portal = drills.installed(tmp_path / "home", f"sqlite:///{file}", houses=2)
    account = Account.get()
    with copied(path):
        pay(account, 100)
        close_database()
    *before, fit = way_back(tmp_path)
    for line in before:
        subprocess.run(
            ["sh", "-ec", line], env={"PATH": PLACES, "HOME": str(tmp_path)}, check=True
        )
    open_database(portal.database_url)
    assert LedgerEntry.select().count() == 100
    assert Session.select().where(Session.revoked_at.is_null()).count() == 2
    close_database()

    # The file alone is not what an office may open again.
    code, told = portal.run(*fit.split()[1:])
    assert code == 0, told
    assert "ended 2 sessions" in told
    open_database(portal.database_url)
    assert not Session.select().where(Session.revoked_at.is_null()).exists()
    assert AuditEntry.select().where(AuditEntry.action == "database.restored").exists()

    # And it is copied on, over what the copy had of the one before.
    with copied(path):
        pay(account, 50)
        close_database()
    back = tmp_path / "back.sqlite3"
    code, told = ask("litestream", "restore", "-config", path, "-o", back, file)
    assert code == 0, told
    open_database(f"sqlite:///{back}")
    assert LedgerEntry.select().count() == 150
    assert not list(snapshot.faults())
    close_database()
