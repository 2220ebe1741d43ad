"""Filling an empty cabinet with the demonstration; a second time changes nothing."""

from collections.abc import Iterator
from datetime import datetime
from importlib.resources import files

from cabinet.models import Account, AccountAccess, Branch, StaffBranch, User
from cabinet.models.base import writing
from cabinet.services import credentials
from cabinet.services.demo.branches import make_branches
from cabinet.services.demo.people import PASSWORD, PEOPLE, DemoPerson
from cabinet.services.importing import import_file

#: Files of the package, in the order in which they depend on each other.
FILES = (
    "tariffs.csv",
    "rules.csv",
    "key_rate.csv",
    "norms.csv",
    "registry/accounts.csv",
    "registry/meters.csv",
    "registry/readings.csv",
    "registry/charges.csv",
    "registry/payments.csv",
)


def load_demo(*, now: datetime) -> Iterator[str]:
    """Fill the database and yield a line for each step done.

    Every step is whole or not at all and looks first whether it is done: a load that
    was interrupted goes on where it stopped.
    """
    with writing():
        make_branches()
    for name in FILES:
        path = files("cabinet").joinpath("data", name)
        with path.open("rb") as stream:
            report = import_file(path.name, stream, now=now)
        if report.seen_at is None:
            yield f"{path.name}: {report.good} rows"
    with writing():
        added = _add_people(now)
    if added:
        yield f"{added} people"


def _add_people(now: datetime) -> int:
    """Add the people who are missing; they share one password and so one hash."""
    emails = {email for (email,) in User.select(User.email).tuples()}
    missing = [person for person in PEOPLE if person.email not in emails]
    if missing:
        password_hash = credentials.hash_password(PASSWORD)
        for person in missing:
            _add_person(person, password_hash, now)
    return len(missing)


def _add_person(person: DemoPerson, password_hash: str, now: datetime) -> None:
    user = User.create(
        email=person.email,
        name=person.name,
        role=person.role,
        password_hash=password_hash,
        created_at=now,
    )
    for branch in Branch.select().where(Branch.code.in_(person.branches)):
        StaffBranch.create(user=user, branch=branch)
    for position, access in enumerate(person.accesses):
        AccountAccess.create(
            user=user,
            account=Account.get(Account.number == access.number),
            level=access.level,
            slug=access.slug,
            label=access.label,
            position=position,
            evidence="demo",
            since=access.since,
            granted_at=now,
        )
