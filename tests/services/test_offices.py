"""The same form of an office, sent at once by several threads; what a process holds."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

from cabinet.domain.offices import Hours, Week
from cabinet.domain.people import Role
from cabinet.models import Branch, Office
from cabinet.models.base import database
from cabinet.services import office_changes, offices
from cabinet.services.audit import Actor
from cabinet.services.office_changes import Draft
from cabinet.services.offices import Kept
from cabinet.services.staff import Member
from tests import factories

DAY = date(2026, 11, 22)
USUAL = Hours(540, 1080)


def draft(**values):
    return Draft(
        **{
            "branch": "kursk",
            "name": "Офис",
            "address": "Там",
            "phone": "",
            "note": "",
            "position": 1,
            "week": Week((USUAL,) * 7, {}),
            "starts": DAY,
            "ends": None,
            **values,
        }
    )


def test_a_form_sent_at_once_makes_one_office(db, now):
    factories.make_branch()
    member = Member(factories.make_staff(role="supervisor").id, Role.SUPERVISOR)

    def add(_):
        try:
            return office_changes.add(
                member, draft(), key="k" * 32, actor=Actor(member.user_id), now=now
            )
        finally:
            database.close()

    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(add, range(8)))
    assert made == {Office.get().public_id}
    assert Branch.get().offices_version == 1


def test_a_process_sees_each_change_and_asks_no_more_than_once(db, now, asked):
    branch = factories.make_branch()
    member = Member(factories.make_staff(role="supervisor").id, Role.SUPERVISOR)
    actor, kept = Actor(member.user_id), Kept()

    def hours():
        version = Branch.get_by_id(branch.id).offices_version
        asked.clear()
        found = kept.hours_on(branch.id, version, DAY)
        return found, any('"office"' in sql for sql, _ in asked)

    assert hours() == (None, True)
    assert hours() == (None, False)
    made = office_changes.add(member, draft(), key="a", actor=actor, now=now)
    assert hours() == ((USUAL,), True)
    shut = draft(week=Week((None,) * 7, {}))
    version = offices.get(member, made).version
    office_changes.change(member, made, version, shut, actor=actor, now=now)
    assert hours() == ((None,), True)
    office_changes.withdraw(member, made, actor=actor, now=now)
    assert hours() == (None, True)
    office_changes.restore(member, made, actor=actor, now=now)
    assert hours() == ((None,), True)
    assert hours() == ((None,), False)


def test_the_main_office_is_the_first_of_those_that_are_on(db, now):
    branch = factories.make_branch()
    values = (
        {"position": 2, "week": [[600, 660]] * 7},
        {"position": 1, "week": [[660, 720]] * 7},
        {"position": 1, "week": [[0, 60]] * 7, "starts": date(2026, 11, 23)},
        {"position": 1, "week": [[0, 60]] * 7, "ends": date(2026, 11, 21)},
        {"position": 1, "week": [[0, 60]] * 7, "withdrawn_at": now},
    )
    for one in values:
        factories.make_office(branch, now, **one)
    assert Kept().hours_on(branch.id, 5, DAY) == (Hours(660, 720),)
