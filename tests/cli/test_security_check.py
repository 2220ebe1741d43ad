"""`cabinet security-check`: each thing it looks at, safe and unsafe."""

import json
import ssl
import string
import subprocess
import tempfile
import threading
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from secrets import token_hex, token_urlsafe

import pytest

from cabinet.cli import security
from cabinet.cli.context import Context
from cabinet.cli.doctor.words import FAULT, WARNING, WELL
from cabinet.cli.security import data, front, packages, people, portal, secrets
from cabinet.config import Clock, Mode
from cabinet.domain.people import Role
from cabinet.models import AcquirerShop, AuditEntry, Session, SettingChange, User
from cabinet.models.base import database, writing
from cabinet.services import acquirers, audit, audit_chain, credentials, factors
from cabinet.services.demo import PASSWORD
from cabinet.services.sealed import seal
from cabinet.web.security import HEADERS
from tests import factories
from tests.conftest import SERVER

#: Forty-eight bytes by chance.
KEY = "p3Zs0kVYqT7bq1n4b8wJ2m+o/6uHc9R5dXGfLtEaIvCyNrW0AeQhSjDgKxUzMBiP"
HSTS = {"Strict-Transport-Security": "max-age=63072000"}
GOOD = {**HEADERS, **HSTS, "Cache-Control": "no-store"}


@pytest.fixture
def context(settings, db, clock):
    """A production installation as it should be."""
    settings.home.mkdir(mode=0o700)
    safe = replace(
        settings,
        mode=Mode.PRODUCTION,
        secret_key=KEY,
        public_url="https://lk.example.ru",
        trusted_proxies=1,
    )
    return Context(safe, Clock(source=clock.get))


@pytest.fixture
def less(context):
    """Return the installation with some settings otherwise."""
    return lambda **values: replace(
        context, settings=replace(context.settings, **values)
    )


def levels(check, context):
    words = list(check(context))
    assert words, "a check says something"
    assert all(word.remedy for word in words if word.level == FAULT)
    return {word.level for word in words}


def text_of(check, context):
    return "; ".join(word.text for word in check(context))


def staff(role=Role.ADMIN, *, email="boss@example.ru", password="три слова и ключ"):
    return User.create(
        email=email,
        name="",
        role=role,
        password_hash=credentials.hash_password(password),
        created_at=factories.MADE_AT,
    )


def test_a_demonstration_is_no_place_for_customers(context, less):
    assert levels(secrets.mode, context) == {WELL}
    assert levels(secrets.mode, less(mode=Mode.DEMO)) == {FAULT}


@pytest.mark.parametrize(
    "key",
    [
        "a" * 64,
        "abcdefghijklmnopqrstuvwxyz" * 3,
        "ab12" * 20,
        string.ascii_letters + string.digits,
        "please-change-me-" + KEY[:40],
        factories.SECRET_KEY,
    ],
)
def test_a_key_that_is_no_chance_is_told(context, less, key):
    assert levels(secrets.key, less(secret_key=key)) == {FAULT}
    # Whatever it was made by: base64, or openssl's sixteen signs.
    assert levels(secrets.key, context) == {WELL}
    for _ in range(100):
        for made in (token_hex(32), token_urlsafe(48)):
            assert secrets.is_by_chance(made), made


def test_files_of_secrets_are_for_their_owner(context, tmp_path, monkeypatch):
    for name in [name for name in secrets.secret_files() if name]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("CABINET_SECRET_KEY", raising=False)
    key, shops = tmp_path / "key", tmp_path / "shops.toml"
    (tmp_path / "bank").write_text("x")
    key.write_text(KEY)
    shops.write_text('[[shop]]\nname = "kursk"\npassword_file = "bank"\n')
    for path in (key, shops, tmp_path / "bank"):
        path.chmod(0o640)
    monkeypatch.setenv("CABINET_SECRET_KEY_FILE", str(key))
    monkeypatch.setenv("CABINET_ACQUIRERS", str(shops))
    assert levels(secrets.files, context) == {WELL}
    (tmp_path / "bank").chmod(0o644)
    assert levels(secrets.files, context) == {FAULT}
    assert "kursk.password_file" in text_of(secrets.files, context)
    (tmp_path / "bank").chmod(0o600)
    # A secret in the file of the settings makes it one of theirs.
    monkeypatch.setenv("CABINET_SETTINGS", str(tmp_path / "cabinet.env"))
    (tmp_path / "cabinet.env").write_text("CABINET_COMPANY=Свет\n")
    (tmp_path / "cabinet.env").chmod(0o644)
    assert levels(secrets.files, context) == {WELL}
    (tmp_path / "cabinet.env").write_text(
        "CABINET_DATABASE_URL=postgresql://cabinet:тайна@db/cabinet\n"
    )
    assert levels(secrets.files, context) == {FAULT}
    (tmp_path / "cabinet.env").chmod(0o640)
    assert levels(secrets.files, context) == {WELL}
    monkeypatch.setenv("CABINET_MAIL_PASSWORD", "x")
    assert levels(secrets.files, context) == {WARNING}
    assert KEY not in text_of(secrets.files, context)


def test_data_others_can_read_are_told(less):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        home, path = root / "home", root / "cabinet.sqlite3"
        (home / "backups").mkdir(parents=True)
        # Whatever the commands of other tests made usual for this process.
        home.chmod(0o755)
        (home / "backups").chmod(0o755)
        (home / "erased.txt").touch()
        (home / "erased.txt").chmod(0o644)
        path.touch(0o600)
        here = less(home=home, database_url=f"sqlite:///{path}")
        # Behind a closed door nothing is open.
        assert levels(secrets.folders, here) == {WELL}
        root.chmod(0o755)
        home.chmod(0o711)
        said = text_of(secrets.folders, here)
        for each in (home, home / "backups", home / "erased.txt"):
            assert f"{each} открыт другим" in said
        home.chmod(0o700)
        (home / "backups").chmod(0o700)
        (home / "erased.txt").chmod(0o600)
        assert levels(secrets.folders, here) == {WELL}
        path.chmod(0o644)
        assert text_of(secrets.folders, here) == f"{path} открыт другим"


def test_root_is_nobody_to_work_as(context, monkeypatch):
    stat = type("stat", (), {"st_uid": 0})
    monkeypatch.setattr(type(context.settings.home), "stat", lambda _: stat)
    assert levels(secrets.user, context) == {WARNING}
    stat.st_uid = 1000
    monkeypatch.setattr(secrets.os, "geteuid", lambda: 1000)
    assert levels(secrets.user, context) == {WELL}
    monkeypatch.setattr(secrets.os, "geteuid", lambda: 1001)
    assert levels(secrets.user, context) == {WARNING}


def test_staff_without_a_second_factor_are_named(context, now):
    assert levels(people.factors, context) == {WELL}
    boss = staff()
    assert text_of(people.factors, context) == "без второго фактора: boss@example.ru"
    with writing():
        factors.add(boss.id, factories.FACTOR, pepper=KEY, now=now)
    assert levels(people.factors, context) == {WELL}


@pytest.mark.parametrize(
    ("count", "level"), [(0, FAULT), (1, WARNING), (2, WELL), (6, WARNING)]
)
def test_admins_are_neither_none_nor_many(context, count, level):
    for number in range(count):
        staff(email=f"{number}@example.ru", password="длинная тайна")
    assert levels(people.admins, context) == {level}


def test_a_password_everybody_knows_is_told(context):
    staff()
    assert levels(people.known_passwords, context) == {WELL}
    staff(email="other@example.ru", password=PASSWORD)
    assert text_of(people.known_passwords, context) == (
        "пароль примера у other@example.ru"
    )


def test_sessions_that_outlive_their_term_or_owner_are_told(context, now):
    boss = staff()
    session = Session.create(
        sid_hash="a" * 64,
        user=boss,
        created_at=now,
        last_seen_at=now,
        expires_at=now + timedelta(hours=12),
        idle_minutes=30,
    )
    assert levels(people.sessions, context) == {WELL}
    session.created_at = now - timedelta(hours=13)
    session.save()
    assert "старше: 1" in text_of(people.sessions, context)
    session.created_at = now
    session.save()
    boss.disabled_at = now
    boss.save()
    assert "отключён: 1" in text_of(people.sessions, context)


def shop(now, *, pepper=KEY, **config):
    return AcquirerShop.create(
        name="kursk",
        version=AcquirerShop.select().count() + 1,
        config=config,
        secrets=seal(
            {"password": "тайна банка"}, purpose=acquirers.PURPOSE, pepper=pepper
        ),
        made_at=now,
    )


def test_keys_of_banks_lie_sealed_and_nowhere_else(context, now):
    shop(now, login="100500")
    assert levels(people.bank_keys, context) == {WELL}
    shop(now, pepper="another" * 10)
    assert levels(people.bank_keys, context) == {WARNING}
    SettingChange.create(
        subject="shop kursk", after={"password": "тайна банка"}, at=now
    )
    assert levels(people.bank_keys, context) == {FAULT, WARNING}
    assert "тайна" not in text_of(people.bank_keys, context)


def test_the_databases_user_has_no_more_rights_than_it_needs(context):
    if SERVER == "sqlite":
        assert levels(data.rights, context) == {WELL}
        database.execute_sql("PRAGMA secure_delete = 0")
        assert levels(data.rights, context) == {FAULT}
        return
    # The server of the tests lets its user do everything.
    assert FAULT in levels(data.rights, context)
    name = f"cabinet_{token_hex(4)}"
    database.execute_sql(f"CREATE ROLE {name}")
    try:
        database.execute_sql(f"GRANT USAGE ON SCHEMA public TO {name}")
        database.execute_sql(f"SET ROLE {name}")
        assert levels(data.rights, context) == {WELL}
        database.execute_sql("RESET ROLE")
        database.execute_sql("GRANT CREATE ON SCHEMA public TO PUBLIC")
        assert "любой может создавать" in text_of(data.rights, context)
        database.execute_sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    finally:
        database.execute_sql("RESET ROLE")
        database.execute_sql(f"DROP OWNED BY {name}")
        database.execute_sql(f"DROP ROLE {name}")


@pytest.mark.parametrize(
    ("is_far", "is_sealed", "level"),
    [(False, False, WELL), (True, True, WELL), (True, False, FAULT)],
)
def test_the_way_to_the_database_is_closed(
    context, monkeypatch, is_far, is_sealed, level
):
    assert levels(data.link, context) == {WELL}
    answer = type("cursor", (), {"fetchone": lambda _: (is_far, is_sealed)})()
    monkeypatch.setattr(data, "on_sqlite", lambda: False)
    monkeypatch.setattr(
        data, "database", type("db", (), {"execute_sql": lambda *_: answer})()
    )
    assert levels(data.link, context) == {level}


def test_a_trigger_that_is_gone_is_told(context):
    assert levels(data.triggers, context) == {WELL}
    table = "" if SERVER == "sqlite" else " ON ledger_entry"
    database.execute_sql(f"DROP TRIGGER ledger_entry_no_update{table}")
    assert "ledger_entry_no_update" in text_of(data.triggers, context)
    assert levels(data.triggers, context) == {FAULT}


def test_a_log_that_was_touched_is_told(context, now):
    with writing():
        audit.record(audit.SYSTEM, "trial", now=now)
    audit_chain.seal(secret=KEY, now=now)
    assert levels(data.audit, context) == {WELL}
    table = "" if SERVER == "sqlite" else " ON audit_entry"
    database.execute_sql(f"DROP TRIGGER audit_entry_no_update{table}")
    AuditEntry.update(action="other").execute()
    assert levels(data.audit, context) == {FAULT}


def test_headers_of_the_portal_are_all_there(context, less, monkeypatch):
    assert levels(portal.headers, context) == {WELL}
    assert levels(portal.headers, less(public_url="")) == {FAULT}
    monkeypatch.setitem(HEADERS, "X-Frame-Options", "ALLOWALL")
    app = portal._app(context)
    monkeypatch.undo()
    monkeypatch.setattr(portal, "_app", lambda _: app)
    assert text_of(portal.headers, context) == "не те: X-Frame-Options"


def test_cookies_are_bound_to_the_host(context, less):
    assert levels(portal.cookies, context) == {WELL}
    plain = less(public_url="http://lk.example.ru", mode=Mode.DEMO)
    assert levels(portal.cookies, plain) == {FAULT}
    assert levels(lambda _: portal.of_cookies([]), context) == {WARNING}
    for line in (
        "__Host-sid=1; Path=/; HttpOnly; SameSite=Lax",
        "__Host-sid=1; Path=/; Secure; SameSite=Lax",
        "__Host-sid=1; Path=/; Secure; HttpOnly",
        "__Host-sid=1; Path=/; Secure; HttpOnly; SameSite=Lax; Domain=example.ru",
        "sid=1; Path=/; Secure; HttpOnly; SameSite=Lax",
    ):
        assert levels(lambda _, line=line: portal.of_cookies([line]), context) == {
            FAULT
        }


def test_a_foreign_name_gets_no_answer(context, less):
    assert levels(portal.hosts, context) == {WELL}
    assert levels(portal.hosts, less(public_url="", mode=Mode.DEMO)) == {FAULT}


def test_a_forged_address_is_believed_by_nobody(context, less, monkeypatch):
    for count in (1, 2):
        assert levels(portal.proxies, less(trusted_proxies=count)) == {WELL}
    assert levels(portal.proxies, less(trusted_proxies=3)) == {WARNING}
    assert "CABINET_TRUSTED_PROXIES=0" in text_of(
        portal.proxies, less(trusted_proxies=0)
    )
    # As many as there are not: the left-most is taken.
    app = portal._app(less(trusted_proxies=2))
    monkeypatch.setattr(portal, "_app", lambda _: app)
    assert "поддельный" in text_of(portal.proxies, context)


def test_what_shows_the_code_is_told(context, monkeypatch):
    assert levels(portal.debug, context) == {WELL}
    monkeypatch.setenv("FLASK_DEBUG", "1")
    assert levels(portal.debug, context) == {FAULT}


@pytest.fixture
def stranger(less):
    """A web server in front: `stranger.sent`, `stranger.paths`; plain HTTP."""

    class Handler(BaseHTTPRequestHandler):
        sent, paths = dict(GOOD), {"/login": 200}
        server_version, sys_version = "nginx", ""

        def do_GET(self):
            self.send_response(self.paths.get(self.path, 404))
            for name, value in self.sent.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Handler.context = less(
        public_url=f"http://127.0.0.1:{server.server_port}", mode=Mode.DEMO
    )
    Handler.server = server
    yield Handler
    server.shutdown()
    server.server_close()


COOKIE = "__Host-sid=1; Path=/; Secure; HttpOnly; SameSite=Lax"


def test_what_comes_through_is_what_was_sent(stranger, less):
    stranger.sent["Set-Cookie"] = COOKIE
    assert levels(front.headers, stranger.context) == {WELL}
    stranger.sent["Referrer-Policy"] = "unsafe-url"
    assert "Referrer-Policy" in text_of(front.headers, stranger.context)
    stranger.sent["Referrer-Policy"] = HEADERS["Referrer-Policy"]
    stranger.sent["Set-Cookie"] = "sid=1"
    assert levels(front.headers, stranger.context) == {WELL, FAULT}
    stranger.server_version = "nginx/1.22.1"
    assert WARNING in levels(front.headers, stranger.context)
    assert "X-Frame-Options" in str(front.portal.missing_of({}, is_https=True))
    short = GOOD | {"Strict-Transport-Security": "max-age=60"}
    assert front.portal.missing_of(short, is_https=True) == [
        "Strict-Transport-Security"
    ]
    assert levels(front.headers, less(public_url="")) == {WARNING}


@pytest.mark.parametrize("path", front.CLOSED)
def test_what_is_not_for_strangers_is_asked_for(stranger, less, path):
    assert levels(front.closed, stranger.context) == {WELL}
    stranger.paths = {path: 200}
    assert text_of(front.closed, stranger.context) == f"открыто всем: {path}"
    assert levels(front.closed, less(public_url="")) == {WARNING}


def test_plain_http_leads_to_https_and_nowhere_else(context, less):
    def said(*answer):
        return levels(lambda _: front.of_plain(*answer), context)

    assert said(301, "https://lk.example.ru/login") == {WELL}
    assert said(302, "https://lk.example.ru/login") == {FAULT}
    assert said(301, "http://lk.example.ru/login") == {FAULT}
    assert said(200, "") == {FAULT}
    assert levels(front.plain, less(public_url="https://127.0.0.1")) == {WELL}
    assert levels(front.plain, less(public_url="", mode=Mode.DEMO)) == {WARNING}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    made = folder / "both.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-keyout", made, "-out", folder / "c.pem"),
        ],
        check=True,
        capture_output=True,
    )
    made.write_bytes(made.read_bytes() + (folder / "c.pem").read_bytes())
    return made


@pytest.mark.parametrize(
    ("lowest", "level"), [("TLSv1_2", WELL), ("TLSv1_1", FAULT), ("TLSv1", FAULT)]
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_old_versions_of_tls_are_told(less, stranger, certificate, lowest, level):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    tls.set_ciphers("ALL:@SECLEVEL=0")
    tls.minimum_version = ssl.TLSVersion[lowest]
    server = ThreadingHTTPServer(("127.0.0.1", 0), stranger)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"https://127.0.0.1:{server.server_port}"
        assert levels(front.versions, less(public_url=url)) == {level}
    finally:
        server.shutdown()
        server.server_close()
    assert levels(front.versions, less(public_url=url)) == {WARNING}
    assert levels(front.versions, less(public_url="")) == {WARNING}


def report(*rows):
    return levels(lambda _: packages.of_report({"dependencies": list(rows)}), None)


def test_libraries_that_were_skipped_were_not_looked_at(context, monkeypatch, tmp_path):
    fine = {"name": "flask", "version": "3", "vulns": []}
    hole = {"name": "jinja2", "version": "2.10", "vulns": [{"id": "PYSEC-1"}]}
    skipped = {"name": "peewee", "skip_reason": "could not be audited"}
    assert report(fine) == {WELL}
    assert report(fine, hole) == {FAULT}
    # An advisory service that is away ends well, and knows of nothing.
    assert report(fine, skipped) == {WARNING}
    assert report() == {WARNING}
    assert report(hole, skipped) == {FAULT, WARNING}
    assert "cabinet" not in {line.partition("==")[0] for line in packages.installed()}
    monkeypatch.setattr(packages.shutil, "which", lambda _: None)
    monkeypatch.setattr(packages.sys, "executable", str(tmp_path / "python"))
    assert text_of(packages.advisories, context).endswith("нет pip-audit")
    for body, level in (
        (f"echo '{json.dumps({'dependencies': [fine]})}'", WELL),
        (f"echo '{json.dumps({'dependencies': [hole]})}'; exit 1", FAULT),
        ("echo no; exit 1", WARNING),
    ):
        program = tmp_path / "pip-audit"
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o700)
        assert levels(packages.advisories, context) == {level}


def test_every_check_is_asked_and_has_a_name_of_its_own(command, monkeypatch):
    monkeypatch.setenv("CABINET_SECRET_KEY", KEY)
    done = command("security-check", "--inside", "--json")
    said = json.loads(done.output)
    names = [name for name, _ in security.CHECKS]
    assert len(set(names)) == len(names)
    assert {one["name"] for one in said} == set(names)
    # A demonstration is told as one, and nothing outside as looked at.
    assert done.exit_code == 1
    assert {one["text"] for one in said if one["name"] in {"TLS", "библиотеки"}} == {
        "не проверено"
    }
    assert not [one for one in said if "проверить не удалось" in one["text"]]
    assert "✗ режим         это пример" in command("security-check", "--inside").output
