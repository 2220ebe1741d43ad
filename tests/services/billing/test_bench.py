"""The town that billing is measured in: everybody there gets a bill every month."""

from bench import billing as bench
from bench import town
from cabinet.models import (
    Account,
    Bill,
    BillHold,
    Branch,
    LedgerEntry,
    Meter,
    Reading,
)
from cabinet.services.ledger_check import check_ledger

PEOPLE = 68


def test_everybody_in_town_is_billed_and_most_pay(db, tmp_path):
    town.settle(PEOPLE, bench.MONTHS)
    assert Account.select().count() == Meter.select().count() == PEOPLE
    # Of 68 people a seventeenth, four, are silent each month.
    assert Reading.select().count() == 3 * (PEOPLE - 4)
    branch = Branch.get(Branch.code == "kursk")
    for number, month in enumerate(bench.MONTHS):
        if number:
            bench._payments(month)
        steps = list(bench._steps(branch, month))
    assert [step.name for step in steps] == ["prepare", "issue", "publish"]
    assert Bill.select().count() == 3 * PEOPLE
    assert BillHold.select().count() == 0
    paid = LedgerEntry.select().where(LedgerEntry.kind == "payment")
    # All but every fifth: 13 of 68.
    assert paid.count() == 2 * (PEOPLE - 13)
    assert list(check_ledger()) == []
    assert bench._floor(tmp_path) > 0
    # What comes next is numbered on from what was brought in.
    other = Account.create(
        number="460000000077",
        branch=branch,
        holder="Иванов",
        address="Курск",
        category="city_gas",
    )
    assert other.id > PEOPLE
