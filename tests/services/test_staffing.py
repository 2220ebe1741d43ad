"""The last admin stays, whoever takes the role from whom at the same moment."""

from threading import Barrier, Thread

import pytest

from cabinet.domain.people import Role
from cabinet.models import User
from cabinet.models.base import database
from cabinet.services import staffing
from cabinet.services.audit import Actor
from cabinet.services.setting_changes import ChangedMeanwhileError
from cabinet.services.staff import LastAdminError, Member, StaffUnknownError
from tests import factories


def demote(by, whom, now):
    staffing.change(
        Member(by.id, Role.ADMIN),
        whom.id,
        role=Role.OPERATOR,
        branches=("kursk",),
        version=0,
        actor=Actor(by.id),
        now=now,
    )


def admins():
    return User.select().where(User.role == Role.ADMIN, User.disabled_at.is_null())


@pytest.mark.parametrize("turn", range(5))
def test_two_admins_who_demote_one_another_leave_one(db, now, turn):
    first = factories.make_staff("a@example.org", "admin")
    second = factories.make_staff("b@example.org", "admin")
    start, said = Barrier(2), []

    def play(by, whom):
        start.wait()
        try:
            demote(by, whom, now)
            said.append("done")
        except (LastAdminError, StaffUnknownError):
            said.append("refused")
        finally:
            database.close()

    threads = [
        Thread(target=play, args=pair) for pair in ((first, second), (second, first))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["done", "refused"]
    assert admins().count() == 1


def test_eight_admins_at_once_leave_one(db, now):
    people = [factories.make_staff(f"a{n}@example.org", "admin") for n in range(8)]
    start, said = Barrier(8), []

    def play(number):
        start.wait()
        for other in people:
            if other.id == people[number].id:
                continue
            try:
                demote(people[number], other, now)
            except (LastAdminError, StaffUnknownError, ChangedMeanwhileError):
                said.append("refused")
        database.close()

    threads = [Thread(target=play, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert admins().count() >= 1


def test_the_last_who_can_sign_in_stays(db, now):
    boss = factories.make_staff("a@example.org", "admin")
    other = factories.make_staff("b@example.org", "admin")
    User.update(password_hash=None).where(User.id == other.id).execute()
    # Who has no password yet is nobody's successor, and may go.
    with pytest.raises(LastAdminError):
        staffing.change_role(boss.email, Role.OPERATOR, branches=("kursk",), now=now)
    demote(boss, other, now)
    assert [row.id for row in admins()] == [boss.id]


def test_who_is_no_admin_any_more_changes_nobody(db, now):
    boss = factories.make_staff("a@example.org", "operator")
    olga = factories.make_staff("olga@example.org", "supervisor")
    with pytest.raises(StaffUnknownError):
        demote(boss, olga, now)
    assert User.get_by_id(olga.id).role is Role.SUPERVISOR
