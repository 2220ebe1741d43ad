"""The example of several machines, and the running copy of SQLite: well-formed."""

import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing

import pytest
import yaml

from cabinet.cli.server import GRACE_SECONDS, TIMEOUT_SECONDS
from cabinet.config import load
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


@pytest.mark.long
def test_what_was_written_a_moment_ago_comes_back_from_the_running_copy(ask, tmp_path):
    path, database = litestream_file(tmp_path)
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("CREATE TABLE paid (kopecks INTEGER)")
        program = shutil.which("litestream", path=PLACES)
        copier = subprocess.Popen(
            [program, "replicate", "-config", path],
            env={"PATH": os.defpath, "HOME": str(tmp_path)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            for kopecks in range(200):
                connection.execute("INSERT INTO paid VALUES (?)", (kopecks,))
                time.sleep(0.01)
            time.sleep(4)
        finally:
            # As when the machine is gone: nothing is finished.
            copier.kill()
            copier.wait(10)
    back = tmp_path / "back.sqlite3"
    words = ("restore", "-config", path, "-o", back, database)
    code, told = ask("litestream", *words)
    assert code == 0, told
    with closing(sqlite3.connect(back)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM paid").fetchone() == (200,)
