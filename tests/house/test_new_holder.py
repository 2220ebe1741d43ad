"""Whoever sees an account with a new holder is shown nothing of the former one."""

from datetime import date, timedelta

import pytest

from cabinet.domain.money import Money
from cabinet.models import Account, Payment
from tests import factories
from tests.house.policy import ROUTES
from tests.house.test_matrix import ask, asked, methods, rule_of, text_of
from tests.house.world import World

#: What stands in what is older than the day: a bill, a paper, what was posted.
OLDER = ("731,59", "СЧ-3141", "her paper", "55,55")


@pytest.fixture
def world(app, now):
    world = World(app, now)
    # What is owed or paid ahead is the contract's: it goes on with the new holder.
    factories.post(world.account, Money(-55_55), at=now - timedelta(days=9))
    # What the person paid is the person's own, whoever holds the contract.
    Payment.update(user=None).execute()
    return world


def seen_by(world, actor):
    """Return all that the pages about the account say to the actor."""
    rules = [rule for rule in world.app.url_map.iter_rules() if "GET" in methods(rule)]
    seen = ""
    for rule in rules:
        line = ROUTES[f"GET {rule.rule}"]
        if line.rule.public or actor not in line.rule.opens:
            continue
        values = asked(line, world, actor)
        seen += text_of(ask(world, actor, rule, "GET", {}, values))
    return seen


@pytest.mark.parametrize("actor", ["alice", "delegate"])
def test_nothing_older_than_the_new_holder_is_shown(app, world, actor):
    before = seen_by(world, actor)
    assert [mark for mark in OLDER if mark not in before] == []
    Account.update(holder_since=date(2026, 11, 23)).execute()
    after = seen_by(world, actor)
    assert [mark for mark in OLDER if mark in after] == []
    assert "77665544" in after  # the meter is the dwelling's


@pytest.mark.parametrize("month", ["/bills/2026-10", "/bills/2026-10.pdf"])
def test_an_older_bill_is_not_there(app, world, month):
    client = world.client("alice")
    assert client.get(month).status_code == 200
    Account.update(holder_since=date(2026, 11, 2)).execute()
    assert client.get(month).status_code == 404


def test_her_older_paper_is_not_there(app, world):
    rule = rule_of(app, "GET", "/papers/<uuid:public_id>")
    values = asked(ROUTES[f"GET {rule.rule}"], world, "alice")
    Account.update(holder_since=date(2026, 11, 2)).execute()
    assert ask(world, "alice", rule, "GET", {}, values).status_code == 404
