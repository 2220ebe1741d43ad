"""A query whose SQL is kept gives what the same query made anew would give."""

from datetime import date

import pytest

from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.models import Account, Bill, Branch, Meter
from cabinet.models.base import database
from cabinet.models.hot import Hot
from tests import factories

UP_TO = Hot(
    lambda account, month: (
        Bill.select(Bill.month, Bill.charged, Bill.due_on)
        .where(Bill.account == account, Bill.month <= month)
        .order_by(Bill.month.desc())
        .limit(2)
        .tuples()
    ),
    Bill.account,
    Bill.month,
)

METERS = Hot(
    lambda account: (
        Meter.select(Meter, Account, Branch)
        .join(Account)
        .join(Branch)
        .where(Account.id == account)
    ),
    Account.id,
)


def test_values_and_rows_have_their_types(account):
    for month in ("2026-08", "2026-09", "2026-10"):
        factories.make_bill(account, month=month)
    rows = UP_TO(account.id, Month(2026, 9))
    assert [row[0] for row in rows] == [Month(2026, 9), Month(2026, 8)]
    assert all(type(row[1]) is Money and type(row[2]) is date for row in rows)
    assert UP_TO.first(account.id, Month(2026, 8))[0] == Month(2026, 8)
    assert UP_TO.first(account.id, Month(2026, 7)) is None


def test_the_next_call_takes_its_own_values(account, meter):
    other = factories.make_meter(factories.make_account("460000000077"))
    assert [row.id for row in METERS(account.id)] == [meter.id]
    assert [row.id for row in METERS(other.account_id)] == [other.id]


def test_joined_rows_come_whole(account, meter):
    (row,) = METERS(account.id)
    statements = []
    database.obj.query_hooks.append(statements.append)
    assert row.account.branch.name == account.branch.name
    assert statements == []


def test_a_value_that_does_not_fit_its_column_is_an_error(account):
    with pytest.raises(TypeError):
        UP_TO(account.id, 202609)
    with pytest.raises(ValueError, match="shorter"):
        UP_TO(account.id)
