"""The receipts of the sample registry, ten months, to the kopeck.

Those of each sixteenth account, with the long tests those of all four hundred.
"""

import csv
from collections import defaultdict

import pytest

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.money import Money
from cabinet.domain.period import Month, months
from cabinet.exchange.gost_qr import parse
from cabinet.models import Account, AccountAccess
from cabinet.models.base import writing
from cabinet.services.bills import get_receipt
from tests import factories
from tests.bringing import DATA
from tests.conftest import NOW
from tests.sharing import opened

FIRST, LAST = Month(2026, 1), Month(2026, 10)


def rows(name):
    with (DATA / "registry" / f"{name}.csv").open(
        encoding="cp1251", newline=""
    ) as file:
        yield from csv.DictReader(file, delimiter=";")


#: Of so many accounts one is looked at.
EACH = (16, pytest.param(1, marks=pytest.mark.long))


@pytest.fixture(scope="module", params=EACH)
def each(request):
    return request.param


@pytest.fixture(scope="module")
def receipts(registry_database, each):
    """Receipts as a customer with access to everything gets them; nothing is kept."""
    with opened(registry_database[0]):
        user = factories.make_customer()
        accounts = {
            account.number: account
            for account in list(Account.select().order_by(Account.number))[::each]
        }
        with writing():
            for number, account in accounts.items():
                factories.give_access(user, account, slug=number)
        found = {
            (number, month): get_receipt(user.id, account.id, month, now=NOW)
            for number, account in accounts.items()
            for month in months(FIRST, LAST)
        }
        AccountAccess.delete().where(AccountAccess.user == user).execute()
        user.delete_instance()
    return found


def test_every_receipt_adds_up(receipts, each):
    assert len(receipts) == 4000 // each
    charged, paid = charges_of_the_file(), payments_of_the_file()
    for (number, month), receipt in receipts.items():
        balance = receipt.balance
        where = f"{number} {month}"
        assert balance.charged + balance.recalculated == charged[number, month], where
        assert balance.paid == paid[number, month], where
        assert balance.closing == (
            balance.opening
            + balance.charged
            + balance.recalculated
            + balance.penalty
            - balance.benefit
            - balance.paid
        ), where
        following = receipts.get((number, month.next))
        if following is not None:
            assert following.balance.opening == balance.closing, where
        if month == FIRST:
            assert balance.opening == Money(0), where


def test_every_receipt_shows_how_it_was_computed(receipts, each):
    told = defaultdict(int)
    for (number, month), receipt in receipts.items():
        where = f"{number} {month}"
        assert receipt.lines, where
        assert Money.total(line.amount for line in receipt.lines) == (
            receipt.balance.charged
        ), where
        assert all(
            line.price.cost(line.energy) == line.amount for line in receipt.lines
        )
        energy = Energy.total(line.energy for line in receipt.lines)
        assert energy == receipt.volume.energy, where
        told[receipt.volume.basis] += 1
        part = receipt.recalculation
        if part is not None:
            told["resumed"] += 1
            assert Money.total(line.amount for line in part.lines) == part.amount
            assert part.amount == receipt.balance.recalculated
            used = Energy.total(r.energy for r in receipt.volume.registers)
            assert used == receipt.volume.energy + part.measured, where
        elif receipt.volume.basis is ChargeBasis.ACTUAL:
            used = Energy.total(r.energy for r in receipt.volume.registers)
            assert used == receipt.volume.energy, where
        else:
            assert receipt.volume.registers == ()
            assert receipt.volume.silent >= 1
    assert set(told) == {*ChargeBasis, "resumed"}
    if each == 1:
        assert told == {
            ChargeBasis.ACTUAL: 4000 - 153 - 16,
            ChargeBasis.AVERAGE: 153,
            ChargeBasis.NORM: 16,
            "resumed": 90,
        }


def test_every_receipt_can_be_paid_by_its_code(receipts):
    for (number, month), receipt in receipts.items():
        fields = parse(receipt.qr)
        assert fields["PersAcc"] == number
        assert fields["PaymPeriod"] == f"{month.number:02}{month.year}"
        due = receipt.balance.closing.kopecks
        assert fields.get("Sum") == (str(due) if due > 0 else None)
        assert receipt.payer.holder not in receipt.qr


def test_vat_is_inside_and_due_days_are_those_of_the_month(receipts):
    for (_, month), receipt in receipts.items():
        assert receipt.vat_rate == 2200
        day = 10 if month <= Month(2026, 2) else 15
        assert receipt.due_on >= month.next.starts.replace(day=day)
        assert receipt.due_on < month.next.starts.replace(day=day + 5)
        assert receipt.issued_on == month.ends


def charges_of_the_file():
    found = {}
    for row in rows("charges"):
        number, month, year = row["ЛС"], *row["Период"].split(".")
        try:
            charged = Money.parse(row["Начислено"]) + Money.parse(row["Перерасчёт"])
        except ValueError:
            continue
        found[number, Month(int(year), int(month))] = charged
    return found


def payments_of_the_file():
    """What came in by account and month of the payment's day in Moscow."""
    found = defaultdict(lambda: Money(0))
    seen = set()
    for row in rows("payments"):
        if row["Код операции"] in seen or not row["Дата"][:1].isdigit():
            continue
        seen.add(row["Код операции"])
        _, month, year = row["Дата"].split(".")
        amount = Money.parse(row["К зачислению"])
        if amount.kopecks > 0:
            found[row["ЛС"], Month(int(year), int(month))] += amount
    return found
