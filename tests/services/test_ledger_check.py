"""Each fault that is planted is found, and nothing else."""

import pytest

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.models import Account, Bill, LedgerEntry
from cabinet.models.base import database, on_sqlite
from cabinet.services.ledger_check import CHECKS, check_ledger
from tests.factories import make_account, make_bill, post

SECOND = "460000000002"


@pytest.fixture
def books(db):
    """Two accounts with bills, payments and whatever signs are allowed."""
    first, second = make_account(), make_account(number=SECOND)
    for account in (first, second):
        bill = make_bill(
            account,
            "2026-10",
            penalty=Money(500),
            benefit=Money(300),
            recalculated=Money(-700),
            lines={"lines": [{"kopecks": 40000}, {"kopecks": 41240}]},
        )
        for kind, amount in (
            (EntryKind.PENALTY, 500),
            (EntryKind.BENEFIT, -300),
            (EntryKind.RECALCULATION, -700),
        ):
            post(account, Money(amount), kind=kind, bill=bill, month=bill.month)
        post(account, Money(-5000))
        post(account, Money(100), kind=EntryKind.REFUND)
        for kind in (EntryKind.OPENING, EntryKind.CORRECTION, EntryKind.REVERSAL):
            post(account, Money(-10), kind=kind)
            post(account, Money(10), kind=kind)
    make_bill(first, "2026-11", "0,00")
    return second


def found():
    return [(one.invariant, one.where) for one in check_ledger()]


def lift(table, *acts):
    for act in acts:
        on = "" if on_sqlite() else f" ON {table}"
        database.execute_sql(f"DROP TRIGGER {table}_no_{act}{on}")


def test_good_books_have_no_finding(books):
    assert list(check_ledger()) == []


def test_a_balance_that_is_not_the_sum_is_found(books):
    Account.update(balance=Account.balance + Money(1)).where(
        Account.number == SECOND
    ).execute()
    (one,) = check_ledger()
    assert one.line == (
        "I2 460000000002: the balance is 758.41, its entries come to 758.40;"
        " find what wrote the one without the other, then set the balance to the sum"
    )


def test_a_balance_without_any_entry_is_found(books):
    make_account(number="460000000003", balance=Money(-5))
    assert found() == [("I2", "460000000003")]


def test_a_deleted_entry_and_its_trigger_are_found(books):
    lift("ledger_entry", "delete")
    LedgerEntry.delete().where(
        LedgerEntry.account == books.id, LedgerEntry.kind == EntryKind.PAYMENT
    ).execute()
    assert found() == [("I8", ""), ("I2", SECOND)]


def test_each_missing_trigger_is_named(books):
    lift("ledger_entry", "update")
    (one,) = check_ledger()
    assert "trigger ledger_entry_no_update is missing or off" in one.line


def test_a_trigger_that_is_off_is_missing(books):
    if on_sqlite():
        lift("ledger_entry", "delete")
    else:
        database.execute_sql(
            "ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_no_delete"
        )
    assert found() == [("I8", "")]


def test_a_cause_that_counts_twice_is_found(books):
    index = next(
        index.name
        for index in database.get_indexes("ledger_entry")
        if set(index.columns) == {"kind", "cause"}
    )
    database.execute_sql(f'DROP INDEX "{index}"')
    for _ in range(2):
        post(books, Money(-10), cause="import:1:7")
    post(books, Money(10), kind=EntryKind.REVERSAL, cause="import:1:7")
    (one,) = check_ledger()
    assert (one.invariant, one.where) == ("I7", SECOND)
    assert "payment of import:1:7 is posted 2 times" in one.what


@pytest.mark.parametrize(
    ("kind", "kopecks"),
    [
        (EntryKind.CHARGE, -1),
        (EntryKind.PAYMENT, 1),
        (EntryKind.PAYMENT, 0),
        (EntryKind.REFUND, -1),
        (EntryKind.REFUND, 0),
        (EntryKind.BENEFIT, 1),
    ],
)
def test_a_sign_against_its_kind_is_found(books, kind, kopecks):
    row = post(books, Money(kopecks), kind=kind)
    (one,) = check_ledger()
    assert (one.invariant, one.where) == ("sign", SECOND)
    assert f"entry {row.id} of kind {kind} is " in one.what


def test_an_entry_of_another_accounts_bill_is_found(books):
    bill = Bill.get(Bill.account == books.id)
    other = Account.get(Account.id != books.id)
    post(other, Money(0), kind=EntryKind.CHARGE, bill=bill, month=bill.month)
    assert found() == [("bill", other.number)]


@pytest.mark.parametrize("month", [None, Month(2026, 9)])
def test_an_entry_of_another_month_than_its_bill_is_found(books, month):
    bill = Bill.get(Bill.account == books.id)
    post(books, Money(0), kind=EntryKind.CHARGE, bill=bill, month=month)
    (one,) = check_ledger()
    assert (one.invariant, one.where) == ("bill", SECOND)
    assert "refers to bill 460000000002-2026-10 of account 460000000002" in one.what


@pytest.mark.parametrize("name", ["charged", "recalculated", "penalty", "benefit"])
def test_a_part_of_a_bill_that_is_not_posted_is_found(books, name):
    Bill.update({name: Money(77), "lines": {}}).where(
        Bill.account == books.id
    ).execute()
    (one,) = check_ledger()
    assert (one.invariant, one.where) == ("posted", SECOND)
    assert "0.77, posted" in one.what


def test_a_bill_without_any_entry_is_found(books):
    Bill.create(
        account=books,
        month=Month(2026, 8),
        number="8",
        issued_on="2026-09-01",
        due_on="2026-09-10",
        basis="actual",
        volume=Bill.get().volume,
        charged=Money(5),
        published_at=Bill.get().published_at,
    )
    assert found() == [("posted", SECOND)]


def test_lines_that_are_not_the_charge_are_found(books):
    Bill.update(lines={"lines": [{"kopecks": 40000}, {"kopecks": 41241}]}).where(
        Bill.account == books.id
    ).execute()
    (one,) = check_ledger()
    assert (one.invariant, one.where) == ("lines", SECOND)
    assert "charges 812.40, its lines are 812.41" in one.what


def test_others_add_their_checks(books):
    def one_more():
        yield from CHECKS[0]()
        raise LookupError

    with pytest.raises(LookupError):
        list(check_ledger([*CHECKS, one_more]))


def test_a_finding_is_one_line_whatever_a_file_brought(books):
    make_account(number="46\n\x1b[2J", balance=Money(1))
    (one,) = check_ledger()
    assert one.line.isprintable()


def test_the_number_of_queries_does_not_grow_with_accounts(books):
    def count():
        statements = []
        database.obj.query_hooks.append(statements.append)
        list(check_ledger())
        database.obj.query_hooks.pop()
        return len(statements)

    before = count()
    for number in range(20):
        make_bill(make_account(number=f"47{number:010}"), "2026-10")
    assert count() == before
