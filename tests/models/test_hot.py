"""A query whose SQL is kept gives what the same query made anew would give."""

import uuid
from datetime import date
from typing import NamedTuple

import pytest

from cabinet.domain.energy import Energy
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.models import (
    Account,
    AuditEntry,
    Bill,
    Branch,
    Meter,
    Reading,
    Session,
    User,
)
from cabinet.models.base import database, writing
from cabinet.models.hot import Added, Hot, read
from cabinet.services.sessions import open_session
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


class Told(NamedTuple):
    """A row by the names of its columns."""

    day: date
    energy: Energy


def test_a_row_may_have_names(meter):
    factories.make_reading(meter, "2026-10", (4634,))
    named = Hot(
        lambda meter: (
            Reading.select(Reading.taken_on, Reading.t1)
            .where(Reading.meter == meter)
            .tuples()
        ),
        Reading.meter,
        row=Told,
    )
    query = Reading.select(Reading.taken_on, Reading.t1).where(Reading.meter == meter)
    for (row,) in (named(meter.id), read(query, Told)):
        assert type(row.day) is date
        assert row.energy == Energy.from_kwh(4634)
    assert read(query.where(Reading.period > Month(2026, 10)), Told) == []


@pytest.mark.parametrize(
    "model", [Account, Branch, Meter, Reading, Bill, Session, User]
)
def test_every_column_is_read_as_peewee_reads_it(alice, account, meter, model, now):
    factories.make_reading(meter, "2026-10", (4634,))
    factories.make_bill(account)
    with writing():
        open_session(
            User.get_by_id(alice.id), on_shared_computer=True, device="", now=now
        )
    hot = Hot(lambda some: model.select().where(model.id >= some).tuples(), model.id)
    anew = list(model.select().where(model.id >= 1).tuples())
    assert anew
    once = read(model.select().where(model.id >= 1).tuples())
    types = [[type(v) for v in row] for row in anew]
    for found in (hot(1), once):
        assert found == anew
        assert [[type(v) for v in row] for row in found] == types


ENTRY = Added(AuditEntry)


def test_a_row_is_added_as_create_would(db, now):
    details = {"слово": "да", "numbers": [1, 2], "none": None}
    values = {"at": now, "actor_id": None, "action": "a", "details": details}
    values |= {"subject": "", "account_id": None, "address_hash": ""}
    first = AuditEntry.create(**values)
    second = ENTRY(**values)
    assert second == first.id + 1
    one, two = (AuditEntry.get_by_id(each) for each in (first.id, second))
    assert one.__data__ | {"id": 0} == two.__data__ | {"id": 0}
    kept = database.execute_sql("SELECT details FROM audit_entry ORDER BY id")
    assert len({str(row) for row in kept.fetchall()}) == 1


def test_what_is_not_named_takes_its_default_each_time_anew(meter, now):
    add = Added(Reading)
    ids = [
        add(
            public_id=uuid.uuid4(),
            meter=meter.id,
            period=Month(2026, month),
            t1=Energy(1000),
            taken_on=date(2026, month, 20),
            received_at=now,
            source="cabinet",
            state="accepted",
        )
        for month in (1, 2)
    ]
    one, two = (Reading.get_by_id(each) for each in ids)
    assert (one.answers, one.told, one.comment, one.version) == ([], {}, "", 1)
    assert one.period != two.period
    with pytest.raises(TypeError):
        add(meter=meter.id, period=202601)
