"""The words of an import."""

import pytest

from cabinet.domain.loads import RowQueue


@pytest.mark.parametrize(
    ("kind", "queue"),
    [
        ("payments", RowQueue.MONEY),
        ("readings", RowQueue.REST),
        ("charges", RowQueue.REST),
    ],
)
def test_money_that_names_nobody_waits_apart_from_all_else(kind, queue):
    assert RowQueue.of(kind) is queue
