"""The sample registry through the door: the report is the one it was made with."""

import io
from datetime import date

from cabinet.domain.bookkeeping import ChargeBasis, EntryKind
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource, ReadingState
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.models import (
    MODELS,
    Account,
    AuditEntry,
    Bill,
    ImportBatch,
    ImportRow,
    LedgerEntry,
    Meter,
    Reading,
)
from cabinet.services.bills.snapshot import unpack
from cabinet.services.importing import Outcome, import_file
from tests.bringing import (
    DATA,
    DATED,
    REGISTRIES,
    bring,
)
from tests.services.importing.test_receipts import charges_of_the_file


def digest():
    return {
        model._meta.table_name: list(
            model.select().order_by(*model._meta.get_primary_keys()).tuples()
        )
        for model in MODELS
    }


def test_rows_fare_as_planted(brought):
    def bad(kind):
        counts = brought[kind].counts
        return (
            counts[Outcome.FAULTY],
            counts[Outcome.REPEATED],
            counts[Outcome.QUARANTINED],
        )

    assert {kind: bad(kind) for kind in REGISTRIES} == {
        "accounts": (2, 1, 0),
        "meters": (0, 0, 0),
        "readings": (3, 0, 1),
        "charges": (1, 0, 0),
        "payments": (1, 1, 1),
    }


def test_the_money_is_all_there(brought):
    report = brought["payments"]
    assert report.held == Money.parse("2149,30")
    paid = Money.total(
        amount
        for (amount,) in LedgerEntry.select(LedgerEntry.amount)
        .where(LedgerEntry.kind == EntryKind.PAYMENT)
        .tuples()
    )
    assert paid == -report.amount


def test_a_balance_is_the_sum_of_its_ledger(brought):
    sums = {}
    for account_id, amount in LedgerEntry.select(
        LedgerEntry.account, LedgerEntry.amount
    ).tuples():
        sums[account_id] = sums.get(account_id, Money(0)) + amount
    assert sums == dict(Account.select(Account.id, Account.balance).tuples())


def test_the_same_files_again_change_nothing(brought, now):
    before = digest()
    again = bring(DATA / "registry", REGISTRIES) | bring(DATA, DATED)
    assert digest() == before
    for kind in REGISTRIES:
        assert again[kind].seen_at == now
        assert again[kind].counts == brought[kind].counts
        assert again[kind].faults == brought[kind].faults


def test_the_same_rows_in_another_file_change_nothing(dated, now):
    brought = bring(DATA / "registry", REGISTRIES)
    own = {"import_batch", "import_step", "import_row", "audit_entry"}
    before = {name: rows for name, rows in digest().items() if name not in own}
    for kind in REGISTRIES:
        # Another hash, the same rows: an empty line at the end.
        data = (DATA / "registry" / f"{kind}.csv").read_bytes() + b"\r\n"
        report = import_file(f"{kind}.csv", io.BytesIO(data), now=now)
        assert report.seen_at is None
        assert report.good == brought[kind].good
        assert report.counts[Outcome.SAME] == report.good
        assert report.amount == brought[kind].amount
        assert report.faults == brought[kind].faults
    assert {name: rows for name, rows in digest().items() if name not in own} == before


def test_a_refused_row_is_kept_with_its_cells(brought):
    row = ImportRow.get(ImportRow.state == "quarantined", ImportRow.column == "ЛС")
    assert row.value == "690000000000"
    assert "690000000000" in row.raw
    assert ImportRow.select().count() == 11


def test_each_batch_leaves_a_trace(brought):
    actions = [entry.action for entry in AuditEntry.select()]
    assert actions.count("import.committed") == len(REGISTRIES) + len(DATED)
    assert {batch.state for batch in ImportBatch.select()} == {"committed"}


def test_late_readings_count_in_the_next_month_and_the_newer_one_stands(brought):
    late = [
        reading
        for reading in Reading.select()
        if reading.taken_on.day > 25 and reading.source is not ReadingSource.ESTIMATE
    ]
    assert len(late) == 12
    for reading in late:
        assert reading.period == Month.of(reading.taken_on).next
        assert reading.state is ReadingState.SUPERSEDED
        newer = Reading.get(Reading.supersedes == reading.id)
        assert newer.taken_on > reading.taken_on
        assert newer.period == reading.period


def test_estimates_stand_beside_the_readings(brought):
    estimates = Reading.select().where(Reading.source == ReadingSource.ESTIMATE)
    assert estimates.count() == 65


def test_a_counted_reading_names_its_bill(brought):
    counted = list(Reading.select().where(Reading.state == ReadingState.COUNTED))
    assert len(counted) > 3700
    assert all(reading.counted_in == reading.period for reading in counted)


def test_a_replaced_meter_is_closed_and_another_stands(brought):
    removed = list(Meter.select().where(Meter.removed_on.is_null(False)))
    assert len(removed) == 10
    for meter in removed:
        assert meter.removed_on == date(2026, 6, 14)
        assert meter.closing_t1 is not None
        assert Meter.select().where(Meter.account == meter.account).count() == 2


def test_every_charge_is_its_lines_added_up(brought):
    bills = list(Bill.select())
    assert len(bills) == 4000
    assert brought["charges"].unexplained == 0
    for bill in bills:
        snapshot = unpack(bill.lines, recalculated=bill.recalculated)
        lines = snapshot.lines
        assert Money.total(line.amount for line in lines) == bill.charged
        assert Energy.total(line.energy for line in lines) == bill.volume
        assert all(line.price.cost(line.energy) == line.amount for line in lines)


def test_every_charge_is_that_of_its_row(brought):
    rows = Bill.select(
        Account.number, Bill.month, Bill.charged, Bill.recalculated
    ).join(Account)
    kept = {(row[0], row[1]): row[2] + row[3] for row in rows.tuples()}
    assert len(kept) == 4000
    assert kept == charges_of_the_file()


def test_the_kinds_of_months_are_those_that_were_made(brought):
    bases = [basis for (basis,) in Bill.select(Bill.basis).tuples()]
    assert bases.count(ChargeBasis.AVERAGE) == 153
    assert bases.count(ChargeBasis.NORM) == 16
    snapshots = [
        unpack(bill.lines, recalculated=bill.recalculated) for bill in Bill.select()
    ]
    assert len([one for one in snapshots if one.resumed]) == 90
    assert (
        len(
            [
                one
                for one in snapshots
                if len({line.range_number for line in one.lines}) > 1
            ]
        )
        == 73
    )
    turned = [one for one in snapshots if any(each.turn for each in one.registers)]
    assert len(turned) == 11
    replaced = [
        one for one in snapshots if any(each.is_removed for each in one.registers)
    ]
    assert len(replaced) == 10


def test_a_silent_month_tells_how_many_months_its_average_is_of(brought):
    averages = [
        unpack(bill.lines, recalculated=bill.recalculated)
        for bill in Bill.select().where(Bill.basis == ChargeBasis.AVERAGE)
    ]
    assert all(3 <= one.mean_of <= 6 for one in averages)
    assert all(1 <= one.silent <= 3 for one in averages)
    assert all(one.next_norm == (one.silent == 3) for one in averages)


def test_a_resumed_month_tells_what_it_settles(brought):
    for bill in Bill.select().where(Bill.recalculated != Money(0)):
        told = unpack(bill.lines, recalculated=bill.recalculated).recalculation
        assert told.amount == bill.recalculated
        assert told.first <= told.last < bill.month
        assert told.measured is not None
        assert told.counted is not None


def test_a_month_is_due_by_the_rule_of_its_own_time(brought):
    due = dict(Bill.select(Bill.month, Bill.due_on).where(Bill.account == 1).tuples())
    assert due[Month(2026, 2)] == date(2026, 3, 10)
    assert due[Month(2026, 3)] == date(2026, 4, 15)


def test_a_charge_stands_in_the_month_it_is_for(brought):
    entry = LedgerEntry.get(
        LedgerEntry.kind == EntryKind.CHARGE, LedgerEntry.month == Month(2026, 10)
    )
    assert entry.effective_at.isoformat() == "2026-10-31T20:59:59+00:00"
    assert entry.amount == entry.bill.charged
