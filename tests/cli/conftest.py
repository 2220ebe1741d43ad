"""Commands as an administrator runs them, on the test's own database."""

import pytest
from click.testing import CliRunner

from cabinet.cli import main
from tests import clusters


@pytest.fixture
def server():
    """Start a server of Postgres of the test's own, which may be killed."""
    with clusters.cluster() as server:
        yield server


@pytest.fixture
def command(db, database_url, tmp_path, monkeypatch):
    """Run `cabinet …`."""
    monkeypatch.setenv("CABINET_MODE", "demo")
    monkeypatch.setenv("CABINET_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CABINET_DATABASE_URL", database_url)

    def command(*arguments):
        db.close()
        return CliRunner().invoke(main, [str(one) for one in arguments])

    return command
