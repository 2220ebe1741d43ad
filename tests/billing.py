"""Bill runs as the tests make them, also in a process that is killed.

Kept apart from the tests: the process imports this file and nothing of pytest.
"""

import hashlib
import json
import os
import signal
from datetime import UTC, datetime
from types import SimpleNamespace

from cabinet.domain.billing.run import RunMoved, RunState
from cabinet.models import (
    Account,
    Bill,
    BillDraft,
    BillHold,
    BillRun,
    BillSlice,
    Branch,
    LedgerEntry,
    Meter,
    OrderTaken,
    Reading,
    RecalculationOrder,
)
from cabinet.models.base import database, writing
from cabinet.models.connection import close_database, open_database
from cabinet.services import audit
from cabinet.services.billing import issuing, publishing, runs, slices


def clock_after(month):
    """Return the clock of the second day after the month."""
    now = datetime(month.next.year, month.next.number, 2, 12, tzinfo=UTC)
    return lambda: now


def begin(branch, month, only=None):
    """Begin a run as the command does, and return its id."""
    return runs.begin(
        branch,
        month,
        only=only,
        counts={},
        actor=audit.SYSTEM,
        now=clock_after(month)(),
    )


def ask(branch, month):
    """Begin a run as the back office does: a worker prepares it."""
    with writing():
        runs.create(
            branch,
            month,
            RunState.PREPARING,
            only=None,
            actor=audit.SYSTEM,
            now=clock_after(month)(),
        )


def prepare(run_id, month):
    return issuing.prepare_run(run_id, actor=audit.SYSTEM, clock=clock_after(month))


def issue(run_id, month):
    return issuing.issue(run_id, actor=audit.SYSTEM, clock=clock_after(month))


def publish(run_id, month):
    publishing.publish(run_id, actor=audit.SYSTEM, clock=clock_after(month))


def bill(branch, month, only=None):
    """Issue and publish a month of a branch; return the id of the run."""
    run_id = begin(branch, month, only)
    assert issue(run_id, month)
    publish(run_id, month)
    return run_id


def finish(url, branch_code, month, told, chunk, fault=None):
    """Do what is left of a run, and say so: the body of a process that is killed."""
    if fault is not None:
        FAULTS[fault]()
    issuing.CHUNK = publishing.CHUNK = chunk
    slices.SLICE = 25
    open_database(url)
    database.connect(reuse_if_open=True)
    told.send("ready")
    branch = Branch.get(Branch.code == branch_code)
    while _goes_on(branch, month):
        pass
    told.send("done")
    close_database()


def _goes_on(branch, month):
    """Do the next thing with the run of the month; tell whether there is another."""
    try:
        run = BillRun.get_or_none(BillRun.branch == branch, BillRun.month == month)
        if run is None:
            ask(branch, month)
        elif run.state == RunState.PREPARING:
            prepare(run.id, month)
        elif run.state in {RunState.PREPARED, RunState.ISSUING}:
            issue(run.id, month)
        elif run.state in {RunState.ISSUED, RunState.PUBLISHING}:
            publish(run.id, month)
        else:
            return False
    except (runs.RunOpen, RunMoved):
        # Another one was quicker.
        return True
    return True


def digest(branch, month):
    """Return a digest of all that a run leaves, ids and its own row left out."""
    parts = [
        [
            row.account.number,
            str(row.month),
            row.number,
            row.issued_on.isoformat(),
            row.due_on.isoformat(),
            str(row.basis),
            row.volume.wh,
            [
                getattr(row, name).kopecks
                for name in (
                    "charged",
                    "recalculated",
                    "penalty",
                    "benefit",
                    "opening",
                    "paid",
                    "closing",
                )
            ],
            row.lines,
            {**row.standing, "credits": [one[1:] for one in row.standing["credits"]]},
            row.published_at.isoformat(),
        ]
        for row in Bill.select(Bill, Account)
        .join(Account)
        .where(Account.branch == branch, Bill.month == month)
        .order_by(Account.number)
    ]
    parts += [
        [
            row.account.number,
            str(row.kind),
            row.amount.kopecks,
            row.cause,
            row.effective_at.isoformat(),
            row.bill.number,
        ]
        for row in LedgerEntry.select(LedgerEntry, Account, Bill)
        .join_from(LedgerEntry, Account)
        .join_from(LedgerEntry, Bill)
        .where(Account.branch == branch, Bill.month == month)
        .order_by(LedgerEntry.cause, LedgerEntry.kind)
    ]
    parts += [
        [number, balance.kopecks]
        for number, balance in Account.select(Account.number, Account.balance)
        .where(Account.branch == branch)
        .order_by(Account.number)
        .tuples()
    ]
    parts += [
        [str(public_id), str(counted)]
        for public_id, counted in Reading.select(Reading.public_id, Reading.counted_in)
        .join(Meter)
        .join(Account)
        .where(Account.branch == branch, Reading.counted_in == month)
        .order_by(Reading.public_id)
        .tuples()
    ]
    parts += [
        [document, number]
        for document, number in OrderTaken.select(
            RecalculationOrder.document, Bill.number
        )
        .join_from(OrderTaken, RecalculationOrder)
        .join_from(OrderTaken, Bill)
        .join(Account)
        .where(Account.branch == branch, Bill.month == month)
        .order_by(RecalculationOrder.document)
        .tuples()
    ]
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def leftovers():
    """Return how many rows a run that is over has left in its own tables."""
    return BillDraft.select().count() + BillHold.select().count()


def slices_done(run_id):
    """Tell whether every slice of the run was gone through to its end."""
    rows = BillSlice.select().where(BillSlice.run == run_id)
    return all(row.issued_to == row.published_to == row.last_id for row in rows)


# Faults that whoever checks must find -----------------------------------------------


def _slice_first():
    """Note a chunk as done, commit, die before its drafts: two transactions for one."""
    whole = issuing._chunk

    def chunk(run_id, part, frame):
        issuing.bulk = SimpleNamespace(insert=lambda *_: None)
        whole(run_id, part, frame)
        database.commit()
        os.kill(os.getpid(), signal.SIGKILL)

    issuing._chunk = chunk


def _balance_later():
    """Post a chunk of bills, commit, die before the balances."""
    run = publishing._run

    def run_until_balances(statement, *values):
        if "UPDATE account" in statement:
            database.commit()
            os.kill(os.getpid(), signal.SIGKILL)
        run(statement, *values)

    publishing._run = run_until_balances


def _orders_later():
    """Post a chunk of bills, commit, die before its orders are given to them."""

    def take(order_ids, _month):
        if list(order_ids):
            database.commit()
            os.kill(os.getpid(), signal.SIGKILL)

    publishing.orders = SimpleNamespace(take=take)


FAULTS = {
    "slice first": _slice_first,
    "balance later": _balance_later,
    "orders later": _orders_later,
}
