"""Two `cabinet work` at once prove the ledger of a night once, and say what they found."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cabinet.domain.money import Money
from cabinet.jobs import worker
from cabinet.models import Account, AuditEntry, Beat
from cabinet.models.connection import close_database, open_database
from cabinet.services import beats
from tests import factories
from tests.drills import Installation, wait_until

#: As the command does it, but the banks are thought to be asked after a second.
WORK = """
from datetime import timedelta
from cabinet.jobs import worker
worker.SETTLED = timedelta(seconds=1)
from cabinet.cli.main import main
main(["work"])
"""
#: Seconds in which the other one would have had its turn too.
MORE = 5


@pytest.mark.long
def test_two_workers_prove_it_once(db, database_url, tmp_path):
    account = factories.make_account()
    factories.make_bill(account, "2026-10")
    Account.update(balance=Account.balance + Money(1)).execute()
    close_database()
    made = Installation(tmp_path / "home", database_url)
    logs = [tmp_path / f"work.{number}" for number in range(2)]
    running = []
    try:
        for path in logs:
            with path.open("wb") as log:
                running.append(
                    subprocess.Popen(
                        [sys.executable, "-c", WORK],
                        env=made.environ,
                        stdout=log,
                        stderr=log,
                    )
                )
        open_database(database_url)
        wait_until(told)
        time.sleep(MORE)
        assert told() == [{"I2": 1}]
        assert Beat.get(Beat.name == beats.LEDGER).told["findings"] == 1
        # One thread of each has the least priority there is, and only one.
        for process in running:
            assert priorities(process.pid).count(worker.LAST_OF_ALL) == 1
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        ends = [process.wait(60) for process in running]
    assert ends == [0, 0]
    said = "".join(path.read_text() for path in logs)
    assert said.count("ledger checked: 1 findings (I2 1)") == 1
    assert account.number not in said


def priorities(number):
    """Return how far behind others each thread of a process stands."""
    stats = Path(f"/proc/{number}/task").glob("*/stat")
    return [int(stat.read_text().rpartition(")")[2].split()[16]) for stat in stats]


def told():
    return [
        row.details["found"]
        for row in AuditEntry.select().where(AuditEntry.action == "ledger.checked")
    ]
