import pytest

from cabinet.domain.people import Role
from cabinet.models import AuditEntry, StaffBranch, User
from cabinet.services import staff
from cabinet.services.passwords import PasswordRefusedError
from tests import factories


def add(now, **values):
    return staff.add_staff(
        **{
            "email": "Olga@Example.org",
            "name": "Ольга",
            "role": Role.OPERATOR,
            "branches": ("kursk",),
            "password": "a long password",
            "now": now,
            **values,
        }
    )


def test_it_works(db, now):
    factories.make_branch()
    user = User.get_by_id(add(now))
    assert user.email == "olga@example.org"
    assert StaffBranch.select().where(StaffBranch.user == user).count() == 1
    assert AuditEntry.get().action == "staff.added"


def test_an_unknown_branch_adds_nobody(db, now):
    with pytest.raises(staff.BranchUnknownError):
        add(now)
    assert User.select().count() == 0


def test_a_short_password_is_refused(db, now):
    with pytest.raises(PasswordRefusedError):
        add(now, password="short")


def test_an_email_serves_one_person(db, now):
    factories.make_branch()
    add(now)
    with pytest.raises(staff.EmailTakenError):
        add(now, email="olga@example.org")
