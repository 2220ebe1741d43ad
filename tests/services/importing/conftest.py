"""The sample registry, brought in once for the tests that only look at it."""

import secrets
import shutil
from pathlib import Path

import pytest

import cabinet
from cabinet.models.base import database
from cabinet.models.connection import open_database
from cabinet.services.demo.branches import make_branches
from cabinet.services.importing import import_file
from tests.conftest import NOW, SERVER, _on_server, _url

DATA = Path(cabinet.__path__[0]) / "data"
REGISTRIES = ("accounts", "meters", "readings", "charges", "payments")
DATED = ("tariffs", "rules", "key_rate", "norms")


def bring(folder, names):
    reports = {}
    for name in names:
        path = folder / f"{name}.csv"
        with path.open("rb") as stream:
            reports[path.stem] = import_file(path.name, stream, now=NOW)
    return reports


def bring_all():
    make_branches()
    bring(DATA, DATED)
    return bring(DATA / "registry", REGISTRIES)


@pytest.fixture
def branches(db):
    make_branches()


@pytest.fixture
def prices(branches):
    bring(DATA, DATED)


@pytest.fixture(scope="module")
def registry_database(template_database, tmp_path_factory):
    """The address of a database with the registry in it, and the reports."""
    if SERVER == "sqlite":
        path = tmp_path_factory.mktemp("registry") / "cabinet.sqlite3"
        shutil.copyfile(template_database, path)
        url = f"sqlite:///{path}"
    else:
        name = f"cabinet_{secrets.token_hex(6)}"
        _on_server(f'CREATE DATABASE "{name}" TEMPLATE "{template_database}"')
        url = _url(name)
    open_database(url)
    database.connect(reuse_if_open=True)
    reports = bring_all()
    _leave()
    yield url, reports
    if SERVER != "sqlite":
        _on_server(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def brought(registry_database):
    """The reports of the registry; its database is open and shared, only look."""
    url, reports = registry_database
    open_database(url)
    database.connect(reuse_if_open=True)
    yield reports
    _leave()


def _leave():
    database.close()
    if SERVER != "sqlite":
        database.obj.close_all()
