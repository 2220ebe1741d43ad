"""What every test may ask for: a database, an application, people, a browser."""

import gc
import os
import secrets
import shutil
from pathlib import Path

import psycopg
import pytest

from cabinet.app import create_app
from cabinet.config import Clock, Mode, Settings
from cabinet.config.settings import MailSettings
from cabinet.models import migrate
from cabinet.models.base import database
from cabinet.models.connection import close_database, open_database
from cabinet.services.demo.branches import make_branches
from tests import factories, warm
from tests.banking import bank, owed, paid, pay, shops  # noqa: F401 - fixtures
from tests.bringing import DATA, DATED, NOW, bring
from tests.browsing import Browser
from tests.spare import Spare
from tests.towns import town  # noqa: F401 - a fixture

#: What puts rows only to draw them, or to be answered at all: no query is asked here that
#: the tests of services do not ask. Together with every test that has no database, it is
#: marked `rowless` and never run on Postgres, where it could only say the same again.
DRAWN = {"browser", "pdf", "web"}

#: Pages, which say in words what services do, and files, which bring in what services
#: keep: on Postgres each page is opened by the house tests every time, and all of them
#: are gone through with the long ones.
LATER = {"blueprints", "emulator", "exchange"}

#: What computes from rows, or asks who may, as tests beside it do on both databases.
ALIKE = (
    "cli/test_branch.py",
    "cli/test_bill_print.py",
    "house/test_attacks_uploads.py",
    "house/test_enumeration.py",
    "house/test_parity.py",
    "jobs/test_hostile.py",
    "payments/test_stateful.py",
    "cli/test_security_check.py",
    "cli/test_stopping.py",
    "house/test_matrix.py",
    "importing/test_receipts.py",
    "importing/test_history.py",
    "billing/test_registry_run.py",
)

#: Who asks for one of these has a database.
FILLED = frozenset({"template_database", "thawed"})

#: What is of a server, or moves to one: without a server there is nothing to ask.
SERVED = (
    "services/test_moving.py",
    "cli/test_disk_full_postgres.py",
    "cli/test_database_restarts.py",
    "cli/test_database_killed.py",
)
#: What is of the portal's own file, or asks nothing of a database.
FILED = (
    "cli/test_disk_full.py",
    "cli/test_power_lost.py",
    "cli/test_bank_silent.py",
    "cli/test_mail_silent.py",
)

#: What takes longest begins first, the longest of all before the others, or it would be
#: waited for at the end while the other process has nothing left.
LONGEST = (
    "test_payments_followed",
    "test_readings_invariants",
    "test_payments_killed",
    "test_enumeration",
    "test_readings_killed",
    "test_acquirer_faults",
    "test_stateful",
    "test_accessibility",
    "test_matrix",
    "test_parity",
    "test_payments_walks",
    "test_killed",
    "test_registry_run",
    "test_receipts",
    "test_bill_print",
    "test_server",
    "test_command",
)

#: A server address whose user may create databases; without it SQLite is used.
SERVER = os.environ.get("CABINET_TEST_DATABASE", "sqlite")


def pytest_collection_finish():
    """Let the collector of garbage forget the modules and the tests themselves.

    It would go through all of them again and again: a tenth of the time. What a test
    leaves lives no longer than its pages: looking for it less often is a twentieth.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


def pytest_collection_modifyitems(config, items):
    elsewhere = SERVED if SERVER == "sqlite" else FILED
    others = [item for item in items if item.path.as_posix().endswith(elsewhere)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]
    for item in items:
        path = item.path.relative_to(Path(__file__).parent)
        folder = path.parts[0]
        has_rows = path.as_posix() in SERVED or not FILLED.isdisjoint(item.fixturenames)
        if not has_rows or folder in DRAWN:
            item.add_marker(pytest.mark.rowless)
        is_alike = folder in LATER or path.as_posix().endswith(ALIKE)
        if SERVER != "sqlite" and is_alike:
            item.add_marker(pytest.mark.long)
    turns = {stem: turn for turn, stem in enumerate(LONGEST)}
    items.sort(key=lambda item: turns.get(item.path.stem, len(turns)))


@pytest.fixture
def now():
    return NOW


@pytest.fixture(scope="session")
def template_database(tmp_path_factory):
    """A migrated database that each test copies."""
    if SERVER == "sqlite":
        path = tmp_path_factory.mktemp("database") / "template.sqlite3"
        open_database(f"sqlite:///{path}")
        migrate.migrate()
        close_database()
        yield path
        return
    name = f"cabinet_{secrets.token_hex(6)}"
    _on_server(f'CREATE DATABASE "{name}"')
    open_database(_url(name))
    migrate.migrate()
    close_database()
    yield name
    _on_server(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def dated_database(template_database, tmp_path_factory):
    """The same with the branches, prices and rules of the package in it."""
    from tests import sharing

    folder = tmp_path_factory.mktemp("dated")
    with sharing.database_from(template_database, folder) as url:
        with sharing.opened(url):
            make_branches()
            bring(DATA, DATED)
        close_database()
        yield sharing.template_of(url)


@pytest.fixture(scope="session")
def spares():
    """By template, databases of the Postgres server that are swept after each test."""
    spares = {}
    yield spares
    for spare in spares.values():
        spare.close()


@pytest.fixture
def database_url(request, template_database, spares, tmp_path):
    """The address of a migrated database of this test's own, empty or `dated`."""
    template = template_database
    if "dated" in request.fixturenames:
        template = request.getfixturevalue("dated_database")
    if SERVER == "sqlite":
        path = tmp_path / "cabinet.sqlite3"
        shutil.copyfile(template, path)
        yield f"sqlite:///{path}"
        return
    if template not in spares:
        spares[template] = Spare(template, url_of=_url, on_server=_on_server)
    name = spares[template].take()
    yield _url(name)
    spares[template].give_back(name)


@pytest.fixture
def dated(db):
    """Ask for branches, prices and rules: the test's database comes with them."""


@pytest.fixture
def db(database_url):
    """The open database; models work."""
    open_database(database_url)
    database.connect(reuse_if_open=True)
    yield database
    close_database()


@pytest.fixture
def settings(database_url, tmp_path):
    return Settings(
        mode=Mode.DEMO,
        home=tmp_path / "home",
        secret_key=factories.SECRET_KEY,
        database_url=database_url,
        mail=MailSettings(),
    )


@pytest.fixture
def clock():
    """A clock that stands at NOW; tests move it by `clock.set(moment)`."""
    return _StandingClock(NOW)


@pytest.fixture
def app(settings, clock, db):
    settings.home.mkdir(exist_ok=True)
    app = create_app(settings, clock=Clock(source=clock.get))
    app.jinja_env.bytecode_cache = warm.COMPILED
    return app


@pytest.fixture
def asked(app):
    """The SELECTs, and their values, of the requests made meanwhile."""
    statements = []

    def note(event):
        if event.sql.lstrip().upper().startswith("SELECT"):
            statements.append((event.sql, event.params))

    database.obj.query_hooks.append(note)
    yield statements
    database.obj.query_hooks.remove(note)


@pytest.fixture
def browser(app):
    """A browser nobody has signed in with; `browser.sign_in(user)` does."""
    return Browser(app)


@pytest.fixture
def alice(db):
    """Alice owns the account."""
    return factories.make_customer("alice@example.org", name="Алиса Орлова")


@pytest.fixture
def bob(db, account):
    """Bob may send readings for Alice's account."""
    bob = factories.make_customer("bob@example.org", name="Борис Орлов")
    factories.give_access(bob, account, level="readings")
    return bob


@pytest.fixture
def charlie(db):
    """Charlie is a stranger with an account of his own."""
    charlie = factories.make_customer("charlie@example.org", name="Чарли Чужой")
    other = factories.make_account(number="460000000099")
    factories.make_meter(other)
    factories.give_access(charlie, other)
    return charlie


@pytest.fixture
def account(alice):
    account = factories.make_account()
    factories.give_access(alice, account)
    return account


@pytest.fixture
def meter(account):
    return factories.make_meter(account)


class _StandingClock:
    def __init__(self, moment):
        self.moment = moment

    def get(self):
        return self.moment

    def set(self, moment):
        self.moment = moment


def _url(name):
    return SERVER.replace("/postgres?", f"/{name}?", 1)


def _on_server(statement):
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture
def data_folder():
    """The prices, rules and sample registry that come with the package."""
    import cabinet

    return Path(cabinet.__path__[0]) / "data"
