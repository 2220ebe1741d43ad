from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from cabinet.cli import main
from cabinet.models import OutboxMessage
from cabinet.models.connection import close_database, open_database
from tests import factories

EARLY = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def run(database_url, tmp_path):
    def run(*arguments, day="2026-11-20"):
        env = {
            "CABINET_MODE": "demo",
            "CABINET_HOME": str(tmp_path / "home"),
            "CABINET_DATABASE_URL": database_url,
            "CABINET_NOW": f"{day}T09:00:00+03:00",
        }
        result = CliRunner().invoke(main, ("remind", *arguments), env=env)
        close_database()
        open_database(database_url)
        assert result.exit_code == 0, result.output
        return result.output.strip()

    return run


def test_it_reminds_once(run, alice, account, meter):
    factories.subscribe(alice, account, now=EARLY)
    assert run("--dry-run") == "would remind 1"
    assert not OutboxMessage.select().exists()
    assert run() == "reminded 1"
    assert run() == "reminded 0"
    assert OutboxMessage.select().count() == 1


def test_on_most_days_there_is_nobody(run, alice, account, meter):
    factories.subscribe(alice, account, now=EARLY)
    assert run(day="2026-11-22") == "reminded 0"
