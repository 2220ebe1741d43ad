"""What of settings the matrix needs: new each time, for each is changed once."""

import secrets
from datetime import date, timedelta

from cabinet.models import AcquirerShop, Holiday, ImportBatch, SettingChange, User
from cabinet.services import branches, rule_rows
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


def new_bare_branch(_world):
    """Return the code of a branch on which nothing stands."""
    code = f"bare-{secrets.token_hex(6)}"
    factories.make_branch(code, name="Пустой")
    return code


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


def new_rule(world):
    """Return the id of a row of rules that a form added."""
    before = SettingChange.select().count() + ImportBatch.select().count()
    rule_rows.add(
        "key_rate",
        {
            "rate": "13",
            "starts": f"{date(2030, 1, 1) + timedelta(days=before):%d.%m.%Y}",
            "source": "решение",
        },
        title="ключевая ставка",
        closes=True,
        actor=Actor(world.users["admin"].id),
        now=world.now,
    )
    return rule_rows.by_hand("key_rate")[0].public_id


def new_day_off(_world):
    """Return a day that an act made a day off."""
    day = date(2031, 1, 1) + timedelta(days=Holiday.select().count())
    Holiday.create(day=day, is_working=False, source="акт")
    return day.isoformat()


def new_shop(world):
    """Return the name of a shop that the office set; nobody asks its bank."""
    name = f"shop-{secrets.token_hex(4)}"
    AcquirerShop.create(
        name=name,
        version=1,
        config={"provider": "yookassa", "branches": [], "login": "1"},
        made_at=world.now,
    )
    return name


def open_shop(world):
    """Return the name of the shop whose bank stands in for all."""
    return next(iter(world.app.extensions["cabinet.shops"])).name
