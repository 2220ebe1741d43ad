"""Ten months of the sample registry, billed by ourselves, beside what it charged."""

from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.money import Money, Price
from cabinet.domain.period import Month, months
from cabinet.models import (
    Account,
    Bill,
    Branch,
    DueRule,
    KeyRate,
    Meter,
    Norm,
    OtherRule,
    Range,
    Rate,
    VatRate,
)
from cabinet.services.billing import issuing
from cabinet.services.bills.document import receipt_of
from cabinet.services.bills.ledger import movement
from cabinet.services.bills.snapshot import unpack
from cabinet.services.ledger_check import check_ledger
from tests import billing
from tests.bringing import DATA, bring
from tests.domain.test_registry_charges import read_registry
from tests.sharing import database_from, opened, template_of

MONTHS = tuple(months(Month(2026, 1), Month(2026, 10)))
BRANCHES = ("kursk", "murmansk", "smolensk", "tver")


@pytest.fixture(scope="module")
def readings_copy(readings_database, tmp_path_factory):
    """Another database as it was before any bill."""
    folder = tmp_path_factory.mktemp("alone")
    with database_from(template_of(readings_database), folder) as url:
        yield url


@pytest.fixture(scope="module")
def billed(readings_database, tmp_path_factory):
    """The registry with ten months billed; verification is another test's matter."""
    template = template_of(readings_database)
    with database_from(template, tmp_path_factory.mktemp("billed")) as url:
        _bill_all(url)
        yield url


def _bill_all(url):
    with opened(url):
        Meter.update(verified_until=None).execute()
        for month in MONTHS:
            for code in BRANCHES:
                branch = Branch.get(Branch.code == code)
                preview = issuing.prepare(branch, month)
                assert not preview.missing
                billing.bill(branch, month)
                made = Bill.select().join(Account).where(Account.branch == branch)
                assert made.where(Bill.month == month).count() == preview.bills


def _expected():
    """Basis, watt-hours, charge and recalculation of every row of the registry."""
    return {
        (row.account, row.month): (
            row.basis,
            row.energy.wh,
            row.charged.kopecks,
            row.recalculated.kopecks,
        )
        for row in read_registry(DATA / "registry" / "charges.csv")
    }


def _made():
    """The same of every bill."""
    query = Bill.select(
        Account.number,
        Bill.month,
        Bill.basis,
        Bill.volume,
        Bill.charged,
        Bill.recalculated,
    ).join(Account)
    return {
        (number, month): (basis, volume.wh, charged.kopecks, settled.kopecks)
        for number, month, basis, volume, charged, settled in query.tuples()
    }


def test_ten_months_come_to_what_the_registry_charged(billed):
    expected = _expected()
    with opened(billed):
        made = _made()
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


def test_no_bill_depends_on_another_account(billed, readings_copy):
    """Billed alone, month after month, an account has the bills it has among others."""
    number = "461279040069"
    with opened(billed):
        expected = _bills_of(number)
    with opened(readings_copy):
        Meter.update(verified_until=None).execute()
        account = Account.get(Account.number == number)
        for month in MONTHS:
            billing.bill(account.branch, month, account.id)
        assert _bills_of(number) == expected
        assert Bill.select().count() == len(MONTHS)


def _bills_of(number):
    query = Bill.select().join(Account).where(Account.number == number)
    return [
        (
            *(bill.month, bill.charged, bill.recalculated, bill.penalty, bill.closing),
            *(bill.lines, bill.standing["known"], bill.standing["debts"]),
        )
        for bill in query.order_by(Bill.month)
    ]


#: Receipts of one account of so many are made again; of all in the long run.
EIGHTH, EACH = 8, 1


@pytest.mark.parametrize("every", [EIGHTH, pytest.param(EACH, marks=pytest.mark.long)])
def test_rules_that_change_later_change_no_receipt(billed, tmp_path, every):
    """What a receipt shows is made of its snapshot, whatever the dated rows say by now."""
    with database_from(template_of(billed), tmp_path) as url, opened(url):
        before = _receipts(every)
        Rate.update(price=Price.parse("99,99")).execute()
        Range.update(limit=Energy.from_kwh(1)).execute()
        for gone in (VatRate, KeyRate, OtherRule, DueRule, Norm):
            gone.delete().execute()
        assert _receipts(every) == before
    assert len(before) == len(MONTHS) * 400 // every


def _receipts(every):
    zone = ZoneInfo("Europe/Moscow")
    query = Bill.select(Bill, Account, Branch).join(Account).join(Branch)
    return {
        (bill.account_id, bill.month): receipt_of(bill, zone=zone)
        for bill in query
        if bill.account_id % every == 0
    }


def test_every_line_of_a_snapshot_makes_its_sum_again(billed):
    """Watt-hours times the price are the kopecks, and the lines are the bill's sums."""
    with opened(billed):
        for bill in Bill.select(Bill.lines, Bill.charged, Bill.recalculated):
            lines = bill.lines["lines"]
            settled = (bill.lines["recalculation"] or {}).get("lines", ())
            for line in (*lines, *settled):
                price, energy = Price(line["price"]), Energy(line["wh"])
                assert price.cost(energy) == Money(line["kopecks"])
            assert Money(sum(one["kopecks"] for one in lines)) == bill.charged
            total = sum(one["kopecks"] for one in settled)
            assert Money(total) == bill.recalculated


def test_energy_and_penalties_are_made_again_from_a_snapshot(billed):
    """Energy from registers, known months or the norm; penalties from days of delay."""
    seen = {"registers": 0, "average": 0, "norm": 0, "penalties": 0}
    with opened(billed):
        known = {}
        for bill in Bill.select().order_by(Bill.account, Bill.month):
            before, known = known, bill.standing["known"]
            kept = unpack(bill.lines, recalculated=bill.recalculated)
            assert Energy.total(one.energy for one in kept.lines) == bill.volume
            if bill.basis is ChargeBasis.ACTUAL:
                settled = kept.recalculation
                measured = settled.measured if settled else Energy(0)
                assert sum(map(_watt_hours, kept.registers)) == (
                    bill.volume.wh + measured.wh
                )
                seen["registers"] += 1
            elif bill.basis is ChargeBasis.AVERAGE:
                assert len(before) == kept.mean_of
                assert bill.volume == Energy.from_kwh(_mean(before))
                seen["average"] += 1
            else:
                used = bill.lines["used"]
                assert bill.volume.wh == used["norm"] * used["residents"]
                seen["norm"] += 1
            for part in kept.penalties:
                assert part.total.kopecks == int(sum(map(_cost, part.days)) + HALF)
                seen["penalties"] += 1
            assert Money.total(one.amount for one in kept.penalties) == bill.penalty
    assert seen["registers"] == 3831
    assert (seen["average"], seen["norm"]) == (153, 16)
    assert seen["penalties"] > 100


HALF = Fraction(1, 2)


def _watt_hours(register):
    turn = register.turn.wh if register.turn else 0
    return (register.after.wh - register.before.wh + turn) * register.ratio


def _mean(known):
    """Whole kilowatt-hours of each zone, a half to the even one."""
    zones = zip(*(energies for _, energies in known), strict=True)
    return sum(round(Fraction(sum(zone), 1000 * len(known))) for zone in zones)


def _cost(days):
    """A rate is hundredths of a percent."""
    share = Fraction(days.part) * Fraction(days.rate, 10_000)
    return days.base.kopecks * days.count * share


def test_an_office_that_changes_over_goes_on_where_the_other_system_stopped(
    readings_database, tmp_path_factory
):
    """Nine months are imported with their charges; the tenth is our own."""
    template = template_of(readings_database)
    folder = tmp_path_factory.mktemp("changed")
    source = (DATA / "registry" / "charges.csv").read_text(encoding="cp1251")
    head, *rows = source.splitlines(keepends=True)
    earlier = folder / "charges.csv"
    earlier.write_text(
        head + "".join(row for row in rows if ";10.2026;" not in row),
        encoding="cp1251",
    )
    october = MONTHS[-1]
    with database_from(template, folder) as url, opened(url):
        Meter.update(verified_until=None).execute()
        Branch.update(own_billing=False).execute()
        bring(folder, ["charges"])
        Branch.update(own_billing=True).execute()
        for code in BRANCHES:
            billing.bill(Branch.get(Branch.code == code), october)
        expected = _expected()
        made = _made()
        differing = {
            key: (made[key], expected[key])
            for key in expected
            if key[1] == october and made.get(key) != expected[key]
        }
        assert differing == {}
        assert list(check_ledger()) == []
        # What was owed before comes from the ledger, to the kopeck.
        zone = ZoneInfo("Europe/Moscow")
        for bill in Bill.select().where(Bill.month == october):
            owed = movement(bill.account_id, october.next, zone).opening
            assert bill.closing == owed
