"""The sample registry, brought in once for the tests that only look at it."""

import multiprocessing

import pytest

from cabinet.services.demo.branches import make_branches
from tests.bringing import DATA, REGISTRIES, bring
from tests.sharing import database_from, opened


@pytest.fixture(scope="module")
def processes():
    """Processes that can be killed."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.loading"])
    return context


@pytest.fixture
def branches(db):
    make_branches()


@pytest.fixture
def prices(dated):
    """The branches, and what they charge."""


@pytest.fixture(scope="session")
def registry_database(dated_database, tmp_path_factory):
    """The address of a database with the registry in it, and the reports."""
    folder = tmp_path_factory.mktemp("registry")
    with database_from(dated_database, folder) as url:
        with opened(url):
            reports = bring(DATA / "registry", REGISTRIES)
        yield url, reports


@pytest.fixture
def brought(registry_database):
    """The reports of the registry; its database is open and shared, only look."""
    url, reports = registry_database
    with opened(url):
        yield reports
