"""Many rows and many values at once, the same on both databases."""

from datetime import date

import pytest
from peewee import fn

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.loads import LoadState
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.models import Account, Bill, ImportBatch, ImportClaim, ImportRow
from cabinet.models.base import database, writing
from cabinet.services import bulk
from tests import factories
from tests.conftest import NOW


@pytest.fixture
def batch(db):
    return ImportBatch.create(
        kind="payments",
        file_name="файл",
        sha256="0",
        state=LoadState.RUNNING,
        started_at=NOW,
    )


def claims(batch, *codes):
    rows = [{"kind": "x", "code": code, "batch": batch.id} for code in codes]
    with writing():
        bulk.insert(ImportClaim, rows)


@pytest.mark.parametrize("code", ["7", "ё'\"\\", "[1]", "a,b", "{}", "null"])
def test_many_values_are_compared_as_they_are(batch, code):
    claims(batch, code, "другой")
    query = ImportClaim.select(ImportClaim.code)
    assert [one for (one,) in query.where(_in(code, "нет")).tuples()] == [code]
    assert query.where(_in("нет")).count() == 0
    assert query.where(_in()).count() == 0


def _in(*codes):
    return bulk.among(ImportClaim.code, codes)


def test_ids_are_numbers_and_many_of_them_are_one_value(db):
    ids = [factories.make_account(number=f"4600{n:04}").id for n in range(5)]
    query = Account.select(Account.id).where(
        bulk.among(Account.id, {*ids[:3], *range(10**6, 10**6 + 50_000)})
    )
    assert sorted(one for (one,) in query.tuples()) == ids[:3]


def test_it_is_told_how_many_came_in(batch):
    def claim(*codes):
        same = {"kind": "x", "batch": batch.id}
        with writing():
            return bulk.insert_unless_there(ImportClaim, same, "code", codes)

    claims(batch)
    claims(batch, "a", "ё'\"\\")
    assert claim("ё'\"\\", "c", "[1]") == 2
    assert claim("a", "c") == 0
    assert claim() == 0
    found = ImportClaim.select(ImportClaim.code, ImportClaim.kind, ImportClaim.batch)
    assert sorted(found.tuples()) == [
        (code, "x", batch.id) for code in ("[1]", "a", "c", "ё'\"\\")
    ]


def test_what_is_put_as_it_is_reads_as_what_is_made_of_our_own_types(batch):
    """Days, moments, words and sums, and fields that nobody names."""
    account = factories.make_account()
    values = {
        "account": account.id,
        "month": Month(2026, 2),
        "issued_on": date(2026, 3, 1),
        "due_on": date(2026, 3, 15),
        "basis": ChargeBasis.ACTUAL,
        "volume": Energy(1500),
        "charged": Money(-7),
        "published_at": NOW,
        "lines": {"lines": [], "words": "ё"},
        "batch": batch.id,
    }
    names = [*values, "number", "id"]
    plain = [bulk.plain(getattr(Bill, name), value) for name, value in values.items()]
    with writing():
        bulk.insert(Bill, [{**values, "number": "1"}])
        ids = list(bulk.reserve(Bill, 2))
        voided = [None, *plain[1:], "2", ids[0]]
        bulk.put(Bill, names, [tuple(voided), (None, *plain[1:], "3", ids[1])])
        bulk.put(Bill, names, [])
    made, *put = Bill.select().order_by(Bill.number)
    assert [one.id for one in put] == ids
    assert made.id not in ids
    for one in put:
        told = {**one.__data__, "account": account.id, "number": "1", "id": made.id}
        assert told == made.__data__
    # The next one of all gets an id of its own.
    with writing():
        bulk.insert(Bill, [{**values, "account": None, "number": "4"}])
    assert Bill.select(fn.COUNT(Bill.id.distinct())).scalar() == 4


def test_what_the_driver_is_given_is_what_it_writes_itself(batch):
    with writing():
        bulk.put(
            ImportBatch,
            ("kind", "file_name", "sha256", "state", "started_at"),
            [("payments", "другой", "1", "dropped", _moment())],
        )
    columns = "started_at, counts, control, layout, done, steps, tries, error"
    rows = database.execute_sql(f"SELECT {columns} FROM import_batch ORDER BY id")
    made, put = rows.fetchall()
    assert made == put


def _moment():
    return bulk.plain(ImportBatch.started_at, NOW)


def test_an_empty_list_is_the_default_of_every_row(batch):
    with writing():
        bulk.insert(
            ImportRow,
            [
                {"batch": batch.id, "line": n, "state": "faulty", "reason": "нет"}
                for n in (1, 2)
            ],
        )
    first, second = ImportRow.select()
    first.raw.append("x")
    assert (first.raw, second.raw) == (["x"], [])


def test_the_same_value_in_turn_is_made_once_and_another_anew(batch):
    claims(batch, *["a", "b", "b2"])
    found = ImportClaim.select(ImportClaim.code, ImportClaim.batch).tuples()
    assert sorted(found) == [("a", batch.id), ("b", batch.id), ("b2", batch.id)]
