"""The town that billing is measured in: everybody there gets a bill every month."""

import itertools

from bench import billing as bench
from bench import months_on, pattern, town
from bench.crowd import crowd
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
        floor = bench.Floor(tmp_path)
        kept = floor if month == bench.MONTHS[-1] else None
        steps = list(bench._steps(branch, month, now=bench.NOW, floor=kept))
    assert [step.name for step in steps] == ["prepare", "issue", "publish"]
    assert Bill.select().count() == 3 * PEOPLE
    assert BillHold.select().count() == 0
    paid = LedgerEntry.select().where(LedgerEntry.kind == "payment")
    # All but every fifth: 13 of 68.
    assert paid.count() == 2 * (PEOPLE - 13)
    assert list(check_ledger()) == []
    drafts = floor.seconds
    floor.write_month(bench.MONTHS[-1])
    assert 0 < drafts < floor.seconds
    # What comes next is numbered on from what was brought in.
    other = Account.create(
        number="460000000077",
        branch=branch,
        holder="Иванов",
        address="Курск",
        category="city_gas",
    )
    assert other.id > PEOPLE


def test_one_month_more_is_billed_where_three_were(db, tmp_path):
    people = list(itertools.islice(crowd(PEOPLE), PEOPLE))
    pattern.settle(people, pattern.BILLED)
    sent = Reading.select().where(Reading.period == pattern.LAST).count()
    # The fourth month, and a fifth of the same town.
    for number in (1, 2):
        month = pattern.LAST.plus(number)
        assert bench.last_month() == month.previous
        months_on.pay(month.previous)
        months_on.send(month)
        assert Reading.select().where(Reading.period == month).count() == sent > 0
        now = pattern.moment(month)
        folder = tmp_path / str(number)
        folder.mkdir()
        floor = bench.Floor(folder)
        for branch in Branch.select().order_by(Branch.id):
            steps = list(bench._steps(branch, month, now=now, floor=floor))
            assert [step.name for step in steps] == ["prepare", "issue", "publish"]
        assert Bill.select().where(Bill.month == month).count() == PEOPLE
        assert list(check_ledger()) == []
        drafts = floor.seconds
        floor.write_month(month)
        assert 0 < drafts < floor.seconds
