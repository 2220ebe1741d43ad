"""What of settings the matrix needs: new each time, for each is changed once."""

import secrets

from cabinet.models import SettingChange, User
from cabinet.services import branches
from cabinet.services.audit import Actor
from cabinet.services.staff import Member
from tests import factories


def new_person(world, **values):
    """Return somebody of the staff, invited unless told otherwise."""
    return User.create(
        **{
            "email": f"{secrets.token_hex(6)}@staff.example",
            "name": "Инна Новая",
            "role": "operator",
            "created_at": world.now,
            **values,
        }
    )


def new_working(world, **values):
    """Return one who has a password."""
    return new_person(world, password_hash=factories.password_hash(), **values)


def new_change(world):
    """Return a change of her branch that may go back."""
    admin = world.users["admin"]
    member = Member(admin.id, admin.role)
    code = world.account.branch.code
    branches.save(
        member,
        code,
        {"hours": f"с {secrets.token_hex(3)}"},
        version=branches.card(member, code).version,
        actor=Actor(admin.id),
        now=world.now,
    )
    return SettingChange.select().order_by(SettingChange.id.desc()).get()
