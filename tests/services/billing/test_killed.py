"""Bill runs are killed at any moment: the result is that of one that was not."""

import multiprocessing
import random
from collections import Counter

import pytest

from cabinet.domain.period import Month
from cabinet.models import (
    Account,
    BillRun,
    Branch,
    OrderTaken,
    RecalculationOrder,
)
from cabinet.models.connection import close_database
from cabinet.services.billing import issuing
from cabinet.services.ledger_check import check_ledger
from tests import billing, factories
from tests.sharing import database_from, opened, template_of

MONTH = Month(2026, 1)
CODES = ("kursk", "murmansk", "smolensk", "tver")
#: A process is given at most so many seconds before it is killed.
LONGEST = 0.9
#: What a run must have been killed in.
STATES = {"preparing", "issuing", "publishing"}
#: Accounts of a transaction: small, so that a kill falls between many.
CHUNK = 5


@pytest.fixture(scope="module")
def processes():
    """Children of a process that has imported the portal and opened nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.billing"])
    return context


@pytest.fixture(scope="module")
def ordered_database(readings_database, tmp_path_factory):
    """A copy of the database with a recalculation ordered for every fourth account."""
    folder = tmp_path_factory.mktemp("ordered")
    with database_from(template_of(readings_database), folder) as url:
        with opened(url):
            staff = factories.make_staff()
            for account in list(Account.select().order_by(Account.id))[::4]:
                factories.make_order(
                    account,
                    staff,
                    billing.clock_after(MONTH)(),
                    document=account.number,
                    first=MONTH.previous,
                    last=MONTH.previous,
                    agreed_at=billing.clock_after(MONTH)(),
                )
        yield url


@pytest.fixture(scope="module")
def expected(ordered_database, tmp_path_factory):
    """What uninterrupted runs of the month leave and count, by branch."""
    with (
        database_from(
            template_of(ordered_database), tmp_path_factory.mktemp("whole")
        ) as url,
        opened(url),
    ):
        found = {}
        for code in CODES:
            branch = Branch.get(Branch.code == code)
            counts = issuing.prepare(branch, MONTH).packed()
            billing.bill(branch, MONTH)
            found[code] = billing.digest(branch, MONTH), counts
        assert OrderTaken.select().count() == RecalculationOrder.select().count() > 0
        yield found


class Worker:
    """A process that finishes a run unless it is killed."""

    def __init__(self, processes, url, code, fault=None):
        self.heard, told = processes.Pipe(duplex=False)
        self.process = processes.Process(
            target=billing.finish,
            args=(url, code, MONTH, told, CHUNK, fault),
            daemon=True,
        )
        self.process.start()
        told.close()

    def wait_until_ready(self):
        assert self.heard.poll(60), "the process does not begin"
        assert self.heard.recv() == "ready"

    def is_done(self, seconds):
        """Wait so long; tell whether it is done."""
        if not self.heard.poll(seconds):
            return False
        try:
            assert self.heard.recv() == "done"
        except EOFError:
            pytest.fail("the process failed by itself")
        return True

    def kill(self):
        self.process.kill()
        self.process.join(10)


@pytest.mark.parametrize("kills", [40, pytest.param(200, marks=pytest.mark.long)])
def test_a_run_that_is_killed_ends_as_one_that_was_not(
    kills, expected, ordered_database, processes, tmp_path_factory
):
    chance = random.Random(kills)
    template = template_of(ordered_database)
    killed, found = 0, Counter()
    # A quick machine is through with one of the states in no time: it is tried on.
    while killed < kills or (killed < 4 * kills and not set(found) >= STATES):
        folder = tmp_path_factory.mktemp("killed")
        with database_from(template, folder) as url:
            close_database()
            for code in CODES:
                killed += _killed_until_done(chance, processes, url, code, found)
            with opened(url):
                for code in CODES:
                    branch = Branch.get(Branch.code == code)
                    run = BillRun.get(BillRun.branch == branch)
                    left = billing.digest(branch, MONTH), run.counts
                    assert left == expected[code]
                    assert billing.slices_done(run.id)
                assert billing.leftovers() == 0
                assert list(check_ledger()) == []
    # Else the moments were no moments: nothing had begun, or all was over.
    assert found["preparing"] > 0
    assert found["issuing"] > kills / 20
    assert found["publishing"] > 0


def _killed_until_done(chance, processes, url, code, found):
    """Kill one or two at once again and again until one is done; how many were killed.

    The state the run was left in is counted in `found`.
    """
    killed = 0
    while True:
        workers = [
            Worker(processes, url, code) for _ in range(chance.choice([1, 1, 2]))
        ]
        for worker in workers:
            worker.wait_until_ready()
        first = workers[0]
        is_done = first.is_done(chance.random() ** 2 * LONGEST)
        for worker in workers:
            is_over = worker is first and is_done
            killed += not is_over
            worker.kill()
        if is_done:
            return killed
        with opened(url):
            run = BillRun.select().order_by(BillRun.id.desc()).first()
            if run is not None:
                found[str(run.state)] += 1
        close_database()


@pytest.mark.parametrize("fault", ["slice first", "balance later", "orders later"])
def test_a_planted_fault_is_found(
    fault, expected, ordered_database, processes, tmp_path_factory
):
    template = template_of(ordered_database)
    with database_from(template, tmp_path_factory.mktemp("faulty")) as url:
        close_database()
        worker = Worker(processes, url, "kursk", fault)
        worker.wait_until_ready()
        worker.process.join(60)
        try:
            _killed_until_done(random.Random(1), processes, url, "kursk", Counter())
        except pytest.fail.Exception:
            return
        with opened(url):
            branch = Branch.get(Branch.code == "kursk")
            assert billing.digest(branch, MONTH) != expected["kursk"][0]
