"""A test's database comes as its template is, whatever the test before has done in it."""

import pytest

from cabinet.models import Account, Branch, KeyRate, Rate
from cabinet.models.base import database
from tests import factories


def digest():
    """Everything that comes with the database, and the next number of a branch."""
    rows = [
        list(model.select().order_by(model.id).tuples())
        for model in (Branch, KeyRate, Rate)
    ]
    with database.atomic() as transaction:
        rows.append(factories.make_branch("next").id)
        transaction.rollback()
    return rows


@pytest.fixture(scope="module")
def first():
    """What the first of the tests below has found."""
    return []


@pytest.mark.parametrize("turn", range(3))
def test_rows_of_the_template_are_put_back_and_others_taken_out(dated, first, turn):
    found = digest()
    assert Account.select().count() == 0
    assert len(found[0]) == 4
    first.append(found)
    assert found == first[0]
    account = factories.make_account()
    factories.make_meter(account)
    Branch.update(own_billing=True, name="Изменён").execute()
    KeyRate.delete().execute()
    Rate.delete().where(Rate.id == Rate.select(Rate.id).limit(1)).execute()


@pytest.mark.parametrize("turn", range(2))
def test_an_empty_one_is_empty_again(db, turn):
    assert [model.select().count() for model in (Branch, Account, KeyRate)] == [0, 0, 0]
    factories.make_account()
    KeyRate.delete().execute()
