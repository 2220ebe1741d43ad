"""Ten months of the sample registry, billed by ourselves, beside what it charged."""

from datetime import UTC, datetime

import pytest

from cabinet.domain.period import Month, months
from cabinet.models import Account, Bill, BillDraft, Branch, Meter
from cabinet.services import audit
from cabinet.services.billing import issuing, publishing, runs
from cabinet.services.ledger_check import check_ledger
from tests.domain.test_registry_charges import read_registry
from tests.services.importing.conftest import DATA
from tests.sharing import opened

MONTHS = tuple(months(Month(2026, 1), Month(2026, 10)))
BRANCHES = ("kursk", "murmansk", "smolensk", "tver")


def bill(branch, month):
    """Prepare, issue and publish; return what the preview said and the run."""
    now = datetime(month.next.year, month.next.number, 2, 12, tzinfo=UTC)
    preview = issuing.prepare(branch, month)
    assert not preview.missing
    run_id = runs.begin(
        branch, month, only=None, counts={}, actor=audit.SYSTEM, now=now
    )
    assert issuing.issue(run_id, actor=audit.SYSTEM, clock=lambda: now)
    assert BillDraft.select().where(BillDraft.run == run_id).count() == preview.bills
    publishing.publish(run_id, actor=audit.SYSTEM, clock=lambda: now)
    return preview


@pytest.fixture(scope="module")
def billed(readings_database):
    """The registry with ten months billed; verification is another test's matter."""
    with opened(readings_database):
        Meter.update(verified_until=None).execute()
        for month in MONTHS:
            for code in BRANCHES:
                bill(Branch.get(Branch.code == code), month)
    return readings_database


def test_ten_months_come_to_what_the_registry_charged(billed):
    expected = {
        (row.account, row.month): (
            row.basis,
            row.energy.wh,
            row.charged.kopecks,
            row.recalculated.kopecks,
        )
        for row in read_registry(DATA / "registry" / "charges.csv")
    }
    with opened(billed):
        query = Bill.select(
            Account.number,
            Bill.month,
            Bill.basis,
            Bill.volume,
            Bill.charged,
            Bill.recalculated,
        ).join(Account)
        made = {
            (number, month): (basis, volume.wh, charged.kopecks, settled.kopecks)
            for number, month, basis, volume, charged, settled in query.tuples()
        }
        assert len(expected) == len(made) == 4000
        assert {key: made[key] for key in made if made[key] != expected[key]} == {}


def test_the_ledger_holds_and_every_bill_goes_on_from_the_one_before(billed):
    with opened(billed):
        assert list(check_ledger()) == []
        query = Bill.select().order_by(Bill.account, Bill.month)
        before = None
        for one in query:
            assert one.closing == (
                one.opening
                + one.charged
                + one.recalculated
                + one.penalty
                - one.benefit
                - one.paid
            )
            if before is not None and before.account_id == one.account_id:
                assert one.opening == before.closing
            before = one
