"""A real browser against the real server, started as an administrator starts it."""

import contextlib
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from cabinet.domain.tariff import Plan
from cabinet.models import Session, User
from cabinet.models.connection import close_database, open_database
from tests import conftest as root
from tests import factories
from tests.ports import free_port

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--lang=ru",
]
PHONE = {"width": 360, "height": 640}
#: What a browser says of a form that was refused, which is no fault; whatever else it
#: complains of in any test is one.
REFUSED = re.compile(r"the server responded with a status of (401|409|413|422|429) ")
NOON = "2026-11-22T12:00:00+03:00"


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in Path(item.path).parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(300))


@dataclass(frozen=True)
class Server:
    """A running portal."""

    url: str
    database_url: str
    home: Path


@dataclass(frozen=True)
class Person:
    """A customer made for one test."""

    email: str
    account_id: int
    password: str = factories.PASSWORD


@pytest.fixture(scope="session")
def server(template_database, tmp_path_factory):
    """The portal on a database of its own, at noon of 22 November in Moscow."""
    with running(template_database, tmp_path_factory.mktemp("portal")) as portal:
        yield portal


@contextlib.contextmanager
def running(template, folder):
    """Run a portal on a copy of the template."""
    with _database(template, folder) as url:
        open_database(url)
        factories.load_documents()
        factories.make_branch()
        close_database()
        address = f"http://127.0.0.1:{free_port()}"
        process = _start(folder, url, address)
        try:
            _wait(address, process)
            yield Server(address, url, folder)
        finally:
            process.terminate()
            process.wait(30)


@pytest.fixture
def house(server):
    """Make a customer in the server's database: `house(zones=2, digits=6)`."""

    def make(*, zones=1, digits=5, last=4634, accounts=1):
        open_database(server.database_url)
        try:
            return _person(zones, digits, last, accounts)
        finally:
            close_database()

    return make


@pytest.fixture
def clerk(server):
    """An operator of a branch."""
    open_database(server.database_url)
    try:
        email = f"{secrets.token_hex(6)}@example.org"
        factories.make_staff(email=email)
        return Person(email, account_id=0)
    finally:
        close_database()


@pytest.fixture
def stored(server):
    """The server's database, open for a moment: `with stored(): …`."""

    @contextlib.contextmanager
    def open_():
        open_database(server.database_url)
        try:
            yield
        finally:
            close_database()

    return open_


@pytest.fixture
def newcomer(server):
    """A member of staff without a second factor yet."""
    open_database(server.database_url)
    try:
        email = f"{secrets.token_hex(6)}@example.org"
        factories.make_customer(email, role="operator")
        return Person(email, account_id=0)
    finally:
        close_database()


@pytest.fixture(scope="session")
def chromium():
    """The system's Chromium; where it is missing the tests fail, they do not skip."""
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, server):
    """Open a page in a context of its own: `open_page(viewport=…, scheme="dark")`."""
    contexts, pages = [], []

    def open_(viewport=None, scheme="light", *, js=True, worker=False, **options):
        context = chromium.new_context(
            base_url=server.url,
            viewport=viewport or PHONE,
            color_scheme=scheme,
            locale="ru-RU",
            timezone_id="Europe/Moscow",
            java_script_enabled=js,
            service_workers="allow" if worker else "block",
            **options,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.faults = []
        page.on(
            "console", lambda m: page.faults.append(m.text) if m.type == "error" else 0
        )
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        pages.append(page)
        return page

    yield open_
    for context in contexts:
        context.close()
    faults = [fault for page in pages for fault in page.faults]
    assert [fault for fault in faults if not REFUSED.search(fault)] == []


@pytest.fixture
def sign_in(server):
    """Sign a person in through the form; staff need no code here."""

    def sign_in_(page, person):
        page.goto("/login")
        page.fill("[name=login]", person.email)
        page.fill("[name=password]", person.password)
        page.click("#login-form button")
        page.wait_for_url(lambda url: "/login" not in url)
        if "/factor" in page.url:
            _let_in(server, person)
            page.goto("/staff/")
        return page

    return sign_in_


def _let_in(server, person):
    """Note that the person showed the second factor: the telephone is not tried here."""
    open_database(server.database_url)
    try:
        user = User.get(User.email == person.email)
        Session.update(has_factor=True).where(Session.user == user).execute()
    finally:
        close_database()


@contextlib.contextmanager
def _database(template, folder):
    if root.SERVER == "sqlite":
        path = folder / "cabinet.sqlite3"
        shutil.copyfile(template, path)
        yield f"sqlite:///{path}"
        return
    name = f"cabinet_{secrets.token_hex(6)}"
    root._on_server(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    yield root._url(name)
    root._on_server(f'DROP DATABASE "{name}" WITH (FORCE)')


def _start(folder, url, address):
    environment = {
        **os.environ,
        "CABINET_MODE": "demo",
        "CABINET_HOME": str(folder),
        "CABINET_DATABASE_URL": url,
        "CABINET_NOW": NOON,
    }
    command = [
        str(Path(sys.executable).parent / "cabinet"),
        "serve",
        "--port",
        address.rpartition(":")[2],
    ]
    return subprocess.Popen(command, env=environment)


def _wait(address, process):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(200):
        assert process.poll() is None, "the portal has ended"
        with contextlib.suppress(OSError):
            opener.open(f"{address}/healthz", timeout=2).close()
            return
        time.sleep(0.1)
    pytest.fail("the portal has not started")


def _person(zones, digits, last, accounts):
    plan = Plan.of_zones(zones)
    if (
        not factories.Rate.select()
        .join(factories.Tariff)
        .where(factories.Tariff.plan == plan)
        .exists()
    ):
        factories.make_rates(plan=plan)
    if not factories.Range.select().exists():
        factories.make_ranges()
    user = factories.make_customer()
    first = None
    for _ in range(accounts):
        number = str(460_000_000_000 + secrets.randbelow(1_000_000_000))
        account = factories.make_account(number=number)
        factories.give_access(user, account)
        meter = factories.make_meter(
            account, zones=zones, digits=digits, serial=secrets.token_hex(4)
        )
        for months_ago in range(12, 0, -1):
            _reading(meter, zones, last, months_ago)
        factories.make_bill(account)
        first = first or account
    return Person(user.email, first.id)


def _reading(meter, zones, last, months_ago):
    month = factories.Month(2026, 11).plus(-months_ago)
    values = tuple(
        (last - zone * 900) - (months_ago - 1) * (138 - zone * 40)
        for zone in range(zones)
    )
    factories.make_reading(meter, str(month), values)
