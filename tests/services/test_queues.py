"""How many wait in each queue, for the menu."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from cabinet.domain.payments.difference import Difference
from cabinet.domain.people import Role
from cabinet.models import (
    ImportBatch,
    ImportRow,
    Reconciliation,
    ReconciliationItem,
)
from cabinet.models.base import database
from cabinet.services import queues
from cabinet.services.staff import Member
from cabinet.web.words import STAFF_MENU
from tests import factories
from tests.browsing import Browser

SHOPS = [SimpleNamespace(name="kursk", settings=SimpleNamespace(branches=("kursk",)))]


@pytest.fixture
def member(db):
    return Member(factories.make_staff().id, Role.OPERATOR)


def counts(member, now):
    return queues.waiting(member, SHOPS, today=now.date())


def test_each_queue_is_counted_in_the_members_branches(member, account, meter, now):
    assert set(counts(member, now).values()) == {0}
    factories.make_reading(meter, "2026-11", state="needs_review")
    asker = factories.make_customer("asker@example.org")
    factories.make_question(account, asker, now)
    factories.make_request(account, now, state="waiting", access=None)
    tver = factories.make_branch("tver", name="Тверь")
    other = factories.make_account(number="460000000066", branch=tver)
    factories.make_reading(factories.make_meter(other), "2026-11", state="needs_review")
    for kind, state, days in (
        ("replacement", "received", None),
        ("sealing", "planned", 0),
        ("verification", "planned", 1),
    ):
        day = None if days is None else now.date() + timedelta(days=days)
        factories.make_meter_request(
            account, now, kind=kind, state=state, planned_on=day
        )
    found = counts(member, now)
    assert found["staff_requests.index"] == 2
    assert found["staff.index"] == 1
    assert found["staff_questions.index"] == 1
    assert found["staff_registrations.index"] == 1
    admin = Member(member.user_id, Role.ADMIN)
    assert counts(admin, now)["staff.index"] == 2


def test_rows_that_name_nobody_are_counted_where_their_load_is(member, account, now):
    tver = factories.make_branch("tver", name="Тверь")
    here = account.branch
    loads = ((here, "committed"), (here, "checked"), (tver, "committed"))
    for number, (branch, state) in enumerate(loads):
        load = ImportBatch.create(
            branch=branch,
            kind="payments",
            file_name="p.csv",
            sha256=f"{number:064}",
            state=state,
            started_at=now,
        )
        for line, is_left_out in enumerate((False, False, True), start=2):
            ImportRow.create(
                batch=load,
                line=line,
                state="set_aside" if is_left_out else "quarantined",
                reason="лицевой счёт не найден",
                raw=[],
            )
    assert counts(member, now)["staff_unrecognised.index"] == 2
    admin = Member(member.user_id, Role.ADMIN)
    assert counts(admin, now)["staff_unrecognised.index"] == 4
    assert counts(admin, now)["staff_quarantine.index"] == 0
    ImportBatch.update(kind="readings").execute()
    assert counts(admin, now)["staff_unrecognised.index"] == 0
    assert counts(admin, now)["staff_quarantine.index"] == 4


def test_of_a_day_compared_twice_the_newest_counts(member, account, now):
    for hours, closed in ((0, None), (1, None), (2, now)):
        run = Reconciliation.create(
            public_id=factories.uuid.uuid4(),
            shop="kursk",
            day=now.date() - timedelta(days=hours // 2),
            source="register",
            made_at=now + timedelta(hours=hours),
            matched=0,
            differences=1,
        )
        ReconciliationItem.create(
            reconciliation=run,
            kind=Difference.MISSING_HERE,
            provider_id=f"{hours}",
            closed_at=closed,
        )
    assert counts(member, now)["staff_reconciliations.index"] == 1


def test_nobody_counts_beyond_the_most(member, account, meter, now, monkeypatch):
    monkeypatch.setattr(queues, "MOST", 2)
    for number in range(3):
        other = factories.make_account(number=f"46000000006{number}")
        factories.make_reading(
            factories.make_meter(other), "2026-11", state="needs_review"
        )
    assert counts(member, now)["staff.index"] == 2


def test_a_queue_costs_one_query(member, account, now):
    asked = []
    database.obj.query_hooks.append(lambda event: asked.append(event.sql))
    counts(member, now)
    database.obj.query_hooks.clear()
    counted = [sql for sql in asked if "COUNT" in sql]
    assert len(counted) == len(queues.QUEUES)


def test_the_menu_reads_the_number_after_a_comma(app, member, meter):
    factories.make_reading(meter, "2026-11", state="needs_review")
    browser = Browser(app).sign_in(factories.make_staff("o2@example.org"))
    page = browser.get("/staff/questions")
    (link,) = page.select("nav a[href='/staff/']")
    assert "".join(link.itertext()) == "На проверку, 1"
    (empty,) = page.select("nav a[href='/staff/questions']")
    assert "".join(empty.itertext()) == "Обращения"


def test_more_than_the_most_is_said_so(app, member, meter, monkeypatch):
    monkeypatch.setattr(queues, "MOST", 1)
    factories.make_reading(meter, "2026-11", state="needs_review")
    browser = Browser(app).sign_in(factories.make_staff("o2@example.org"))
    page = browser.get("/staff/questions")
    (link,) = page.select("nav a[href='/staff/']")
    assert "".join(link.itertext()) == "На проверку, больше 0"


def test_every_queue_has_its_line_in_the_menu(app):
    menu = {endpoint for endpoint, _ in STAFF_MENU}
    assert {place for place, _ in queues.QUEUES} <= menu & set(app.view_functions)
