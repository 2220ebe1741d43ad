"""Accounts are found by the end of their number, and an index finds them."""

import pytest

from cabinet.domain.people import AccountKind, Role
from cabinet.domain.tariff import Category
from cabinet.models import Account, AuditEntry
from cabinet.models.base import database, on_sqlite, writing
from cabinet.services import account_card, bulk
from cabinet.services.account_card import finding
from cabinet.services.audit import Actor
from cabinet.services.staff import Member
from tests import factories

MANY = 20_000


@pytest.fixture
def member(db):
    return Member(factories.make_staff().id, Role.OPERATOR)


def make(branch, numbers):
    rows = [
        {
            "number": number,
            "branch": branch.id,
            "kind": AccountKind.HOUSEHOLD,
            "holder": "Петрова Мария Петровна",
            "address": "Курск",
            "category": Category.CITY_GAS,
        }
        for number in numbers
    ]
    with writing():
        bulk.insert(Account, rows)


def found(member, digits, now):
    hits = account_card.find_accounts(
        member, digits, actor=Actor(member.user_id), now=now
    )
    return [hit.number for hit in hits.hits]


def plan_of(query):
    sql, values = query.sql()
    words = "EXPLAIN QUERY PLAN " if on_sqlite() else "EXPLAIN "
    rows = database.execute_sql(words + sql, values).fetchall()
    return "\n".join(str(row[-1]) for row in rows)


def test_the_end_of_a_number_finds_it_as_its_beginning_does(member, now):
    branch = factories.make_branch()
    make(branch, ["460000000123", "461230000000", "123000000460", "460000001230"])
    assert found(member, "0123", now) == ["460000000123"]
    assert found(member, "123", now) == ["123000000460", "460000000123"]
    assert found(member, "460", now) == [
        "460000000123",
        "460000001230",
        "123000000460",
    ]
    assert found(member, "460000000123", now) == ["460000000123"]
    assert found(member, "9123", now) == []
    looks = AuditEntry.select().where(AuditEntry.action == "account.found")
    assert looks.count() == 1 + 2 + 3 + 1


@pytest.mark.parametrize("digits", ["123", "0123", "00123"])
def test_an_index_serves_the_end_of_a_number(member, digits):
    branch = factories.make_branch()
    make(branch, [f"46{number:010}" for number in range(MANY)])
    database.execute_sql("ANALYZE account")
    query = finding._accounts(member).where(*finding._ends(digits)).limit(51)
    assert "account_number_end" in plan_of(query)
    alike = finding._accounts(member).where(Account.number.endswith(digits)).limit(51)
    assert "account_number_end" not in plan_of(alike)
    assert [row.number for row in query] == [row.number for row in alike]
