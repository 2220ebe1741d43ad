"""The sample registry, brought in once for the tests that only look at it."""

from pathlib import Path

import pytest

import cabinet
from cabinet.services.demo.branches import make_branches
from cabinet.services.importing import import_file
from tests.conftest import NOW
from tests.sharing import database_from, opened

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
    folder = tmp_path_factory.mktemp("registry")
    with database_from(template_database, folder) as url:
        with opened(url):
            reports = bring_all()
        yield url, reports


@pytest.fixture
def brought(registry_database):
    """The reports of the registry; its database is open and shared, only look."""
    url, reports = registry_database
    with opened(url):
        yield reports
