import json
from datetime import UTC, datetime, timedelta

import pytest

from cabinet.config import Clock, Mode, SettingsError, load
from cabinet.config.clock import DEMO_START
from cabinet.config.settings import names

SECRET = "0123456789abcdef" * 4


def production(**values):
    return {
        "CABINET_SECRET_KEY": SECRET,
        "CABINET_PUBLIC_URL": "https://lk.example.ru",
        **values,
    }


def test_the_demo_needs_nothing_and_keeps_its_secret(tmp_path):
    environ = {"CABINET_MODE": "demo", "CABINET_HOME": str(tmp_path)}
    first = load(environ)
    assert first.mode is Mode.DEMO
    assert len(first.secret_key) == 64
    assert load(environ).secret_key == first.secret_key
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0


def test_production_is_the_default_and_its_faults_are_told_at_once(tmp_path):
    with pytest.raises(SettingsError) as caught:
        load(
            {
                "CABINET_HOME": str(tmp_path),
                "CABINET_SECRET_KEY": "short",
                "CABINET_DATABASE_URL": "mysql://x/y",
                "CABINET_MAIL_PORT": "many",
                "CABINET_MAILBOX_SERVER": "imap.example.org",
                "CABINET_MAILBOX_FOLDER": "Входящие",
                "CABINET_NOW": "2026-11-22T12:00:00+03:00",
                "CABINET_EMULATOR": "http://127.0.0.1:8010",
                "CABINET_HEAD_COLOUR": "blue",
                "CABINET_TRUSTED_PROXIES": "6",
                "CABINET_HSTS_SUBDOMAINS": "yes",
                "CABINET_MAIL_TLS": "no",
                "CABINET_MAILBOX_TLS": "off",
                "CABINET_ZONE": "Mars/Olympus",
            }
        )
    told = " ".join(caught.value.faults)
    for name in (
        "CABINET_SECRET_KEY",
        "CABINET_DATABASE_URL",
        "CABINET_MAIL_PORT",
        "CABINET_MAILBOX_PASSWORD_FILE",
        "CABINET_MAILBOX_ADDRESS",
        "_FOLDER go over IMAP",
        "CABINET_NOW",
        "CABINET_EMULATOR",
        "CABINET_HEAD_COLOUR",
        "CABINET_TRUSTED_PROXIES",
        "CABINET_HSTS_SUBDOMAINS",
        "CABINET_MAIL_TLS",
        "CABINET_MAILBOX_TLS",
        "CABINET_ZONE",
        "CABINET_PUBLIC_URL",
    ):
        assert name in told
    assert len(caught.value.faults) == 15


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://cabinet@db1:5432,db2:5432/cabinet?target_session_attrs=read-write",
        "postgresql://cabinet@[fd00::1]:5432,[fd00::2]:5432/cabinet",
        "postgresql://cabinet@/cabinet?host=/run/postgresql",
        "sqlite:////var/lib/cabinet/cabinet.sqlite3",
    ],
)
def test_an_address_of_a_database_may_name_several_nodes(url):
    assert load(production(CABINET_DATABASE_URL=url)).database_url == url


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://cabinet@db1:5432,db2:none/cabinet",
        "postgresql://cabinet@db1:0,db2/cabinet",
        "postgresql://cabinet@db1:99999/cabinet",
        "postgresql://cabinet@[fd00::1/cabinet",
        "postgres,postgresql://db1/cabinet",
    ],
)
def test_an_address_of_a_database_that_cannot_be_is_told(url):
    with pytest.raises(SettingsError, match="CABINET_DATABASE_URL"):
        load(production(CABINET_DATABASE_URL=url))


def test_a_file_beats_the_variable(tmp_path):
    path = tmp_path / "key"
    path.write_text(SECRET[::-1] + "\n")
    settings = load(production(CABINET_SECRET_KEY_FILE=str(path)))
    assert settings.secret_key == SECRET[::-1]


def test_a_secret_of_one_letter_is_refused():
    with pytest.raises(SettingsError):
        load(production(CABINET_SECRET_KEY="a" * 64))


def test_a_file_of_a_secret_that_is_no_text_is_told_with_the_rest(tmp_path):
    path = tmp_path / "key"
    path.write_bytes(bytes(range(128, 192)))
    with pytest.raises(SettingsError) as caught:
        load(production(CABINET_SECRET_KEY_FILE=str(path), CABINET_ZONE="Mars"))
    told = " ".join(caught.value.faults)
    assert "CABINET_SECRET_KEY_FILE holds no text" in told
    assert "CABINET_ZONE" in told


def test_each_secret_may_stand_in_a_file(tmp_path):
    """By name, so that none is forgotten: what the file says is what is used."""
    secrets = sorted(one.removesuffix("_FILE") for one in names() if "_FILE" in one)
    values = {one: f"{one.lower()}-{SECRET}" for one in secrets}
    values["CABINET_DATABASE_URL"] = "postgresql://cabinet:of_a_file@db/cabinet"
    given = {"CABINET_MAILBOX_SERVER": "imap.example.org", "CABINET_MAILBOX_USER": "a"}
    given["CABINET_MAILBOX_ADDRESS"] = "answers@example.org"
    for name, value in values.items():
        (tmp_path / name).write_text(f"{value}\n")
        given[f"{name}_FILE"] = str(tmp_path / name)
    settings = load(production(**given))
    assert {
        "CABINET_SECRET_KEY": settings.secret_key,
        "CABINET_DATABASE_URL": settings.database_url,
        "CABINET_MAIL_PASSWORD": settings.mail.password,
        "CABINET_MAILBOX_PASSWORD": settings.mailbox.password,
        "CABINET_METRICS_TOKEN": settings.watch.token,
    } == values


def test_a_missing_file_of_a_secret_is_told(tmp_path):
    with pytest.raises(SettingsError, match="CABINET_SECRET_KEY_FILE"):
        load(production(CABINET_SECRET_KEY_FILE=str(tmp_path / "none")))


@pytest.mark.parametrize("text", ["tomorrow", "2026-11-22T12:00:00"])
def test_a_moment_needs_its_offset(tmp_path, text):
    with pytest.raises(SettingsError, match="CABINET_NOW"):
        load(
            {"CABINET_MODE": "demo", "CABINET_HOME": str(tmp_path), "CABINET_NOW": text}
        )


@pytest.mark.parametrize("url", ["8010", "127.0.0.1:8010", "http://127.0.0.1:8010/pay"])
def test_the_practice_bank_is_an_address_without_a_path(tmp_path, url):
    environ = {"CABINET_MODE": "demo", "CABINET_HOME": str(tmp_path)}
    with pytest.raises(SettingsError, match="CABINET_EMULATOR"):
        load({**environ, "CABINET_EMULATOR": url})
    found = load({**environ, "CABINET_EMULATOR": "http://127.0.0.1:8010/"})
    assert found.emulator == "http://127.0.0.1:8010"


def test_an_unknown_mode_is_told():
    with pytest.raises(SettingsError, match="CABINET_MODE"):
        load(production(CABINET_MODE="test"))


def test_the_demos_clock_starts_at_noon_and_is_shared(tmp_path):
    environ = {"CABINET_MODE": "demo", "CABINET_HOME": str(tmp_path)}
    first = Clock.of(load(environ))
    assert abs(first.now() - DEMO_START) < timedelta(seconds=5)
    assert Clock.of(load(environ)).offset == first.offset


def test_the_demos_clock_is_moved_once(tmp_path):
    environ = {"CABINET_MODE": "demo", "CABINET_HOME": str(tmp_path)}
    Clock.of(load(environ))
    moved = environ | {"CABINET_NOW": "2026-12-01T00:00:00+03:00"}
    clock = Clock.of(load(moved))
    assert abs(clock.now() - datetime(2026, 11, 30, 21, tzinfo=UTC)) < timedelta(
        seconds=5
    )
    kept = json.loads((tmp_path / "clock.json").read_text())
    assert Clock.of(load(moved)).offset == clock.offset
    assert Clock.of(load(environ)).offset == clock.offset
    assert json.loads((tmp_path / "clock.json").read_text()) == kept


def test_productions_clock_is_the_systems():
    assert Clock.of(load(production())).offset == timedelta(0)


@pytest.mark.parametrize(("word", "is_on"), [("", False), ("0", False), ("1", True)])
def test_hsts_of_other_names_is_switched_on_by_one(word, is_on):
    settings = load(production(CABINET_HSTS_SUBDOMAINS=word))
    assert settings.hsts_subdomains is is_on
