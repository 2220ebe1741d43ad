"""Bill runs are worked on by the worker: in a thread of their own, told to stop between."""

import pytest

from cabinet.jobs import bills, worker
from cabinet.models import BillDraft, BillRun, BillSlice
from cabinet.services.billing import issuing, slices
from tests import billing, factories
from tests.services.billing.conftest import kursk  # noqa: F401 - a fixture
from tests.services.billing.test_month import JUNE, send


@pytest.fixture
def asked(kursk):  # noqa: F811 - the fixture
    """A run of three accounts that somebody asked for and allowed."""
    for number in ("460000000001", "460000000002", "460000000003"):
        account = factories.make_account(number, kursk)
        send(factories.make_meter(account, opening=1000), JUNE, 1100)
    return billing.begin(kursk, JUNE)


def state_of(run_id):
    return BillRun.get_by_id(run_id).state


def test_a_worker_that_stops_leaves_what_is_done_and_another_goes_on(
    asked, monkeypatch
):
    monkeypatch.setattr(issuing, "CHUNK", 1)
    monkeypatch.setattr(slices, "GAP", 0)
    BillRun.update(state="issuing").execute()
    stops = [False, True]
    clock = billing.clock_after(JUNE)
    done = bills.work_on_runs(clock=clock, is_stopping=lambda: stops.pop(0))
    assert (done, state_of(asked), BillDraft.select().count()) == (0, "issuing", 2)
    assert BillSlice.get().issued == 2
    assert bills.work_on_runs(clock=clock, is_stopping=lambda: False) == 1
    assert (state_of(asked), BillDraft.select().count()) == ("issued", 3)
    # Nobody has released it: there is nothing to do.
    assert bills.work_on_runs(clock=clock, is_stopping=lambda: False) == 0


def test_the_loop_works_on_runs_until_told_to_stop(app, asked, clock, monkeypatch):
    monkeypatch.setattr(slices, "GAP", 0)
    BillRun.update(state="issuing").execute()
    left = [1]

    class Stop:
        def is_set(self):
            return not left

        def wait(self, _seconds):
            left.clear()

    class Standing:
        now = clock.get

    worker._work_on_bills(app, Standing, Stop())
    assert state_of(asked) == "issued"
