"""A branch that bills by itself, with the dated rows and the sample registry."""

import pytest

from cabinet.models import Branch
from tests.bringing import DATA, bring
from tests.sharing import database_from, opened


def own_billing():
    """Let every branch bill by itself."""
    Branch.update(own_billing=True).execute()


@pytest.fixture
def kursk(dated):
    own_billing()
    return Branch.get(Branch.code == "kursk")


@pytest.fixture(scope="session")
def readings_database(dated_database, tmp_path_factory):
    """The address of a database with the registry, its charges left out."""
    folder = tmp_path_factory.mktemp("registry")
    with database_from(dated_database, folder) as url:
        with opened(url):
            bring(DATA / "registry", ("accounts", "meters", "readings", "payments"))
            own_billing()
        yield url
