"""Many rows and many values at once, the same on both databases."""

import pytest

from cabinet.domain.loads import LoadState
from cabinet.models import Account, ImportBatch, ImportClaim, ImportRow
from cabinet.models.base import writing
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


def claims(batch, *codes, **options):
    rows = [{"kind": "x", "code": code, "batch": batch.id} for code in codes]
    with writing():
        return bulk.insert(ImportClaim, rows, **options)


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
    assert claims(batch, "a", "b") == 2
    assert claims(batch, "b", "c", "d", unless_there=True) == 2
    assert claims(batch) == 0


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
