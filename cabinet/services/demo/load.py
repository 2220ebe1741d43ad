"""Filling an empty cabinet with the demonstration; a second time changes nothing."""

import io
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import cast

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.charge import MonthCharge
from cabinet.domain.people import LetterKind
from cabinet.domain.period import months
from cabinet.exchange.registry import BASES
from cabinet.models import (
    Account,
    AccountAccess,
    Branch,
    StaffBranch,
    Subscription,
    User,
)
from cabinet.models.base import reading, writing
from cabinet.services import credentials, documents, factors
from cabinet.services.demo import registries
from cabinet.services.demo.branches import make_branches
from cabinet.services.demo.contents import add_contents
from cabinet.services.demo.doubts import add_doubts
from cabinet.services.demo.people import (
    ACCOUNTS,
    FIRST_BILL,
    LAST_MONTH,
    PASSWORD,
    PEOPLE,
    DemoPerson,
)
from cabinet.services.demo.questions import add_questions
from cabinet.services.demo.ratings import add_ratings
from cabinet.services.demo.registries import DemoCharge
from cabinet.services.demo.requests import add_requests
from cabinet.services.demo.works import add_works
from cabinet.services.importing import import_file
from cabinet.services.importing.explain import Explainer

CHARGES = "registry/charges.csv"
#: Files of the package, in the order in which they depend on each other.
FILES = (
    "tariffs.csv",
    "rules.csv",
    "key_rate.csv",
    "norms.csv",
    "registry/accounts.csv",
    "registry/meters.csv",
    "registry/readings.csv",
    CHARGES,
    "registry/payments.csv",
    "organisation/accounts.csv",
    "organisation/meters.csv",
    "organisation/readings.csv",
    "organisation/papers.csv",
)


def load_demo(
    *, pepper: str, now: datetime, words: Mapping[str, str] = MappingProxyType({})
) -> Iterator[str]:
    """Fill the database and yield a line for each step done.

    The secrets of staff's one-time codes are encrypted with the pepper; `words` are the
    company's own in public documents.

    Every step is whole or not at all and looks first whether it is done: a load that
    was interrupted goes on where it stopped.
    """
    with writing():
        make_branches()
        add_contents(now)
        is_complete = not _missing_people()
    texts = len(list(documents.load(words, now=now)))
    if texts:
        yield f"{texts} public documents"
    # People come last. Later their readings change what a new load would compute.
    if is_complete:
        return
    for name in FILES:
        path = Path(str(files("cabinet"))) / "data" / name
        data = path.read_bytes()
        if name == CHARGES:
            data = registries.charges_of_others(data)
        yield from _bring(path.name, data, now, path.parent)
    yield from _bring("demo-accounts.csv", registries.accounts_csv(), now)
    yield from _bring("demo-meters.csv", registries.meters_csv(), now)
    yield from _bring("demo-readings.csv", registries.readings_csv(), now)
    charges = _charges()
    yield from _bring("demo-charges.csv", registries.charges_csv(charges), now)
    paid = registries.payments_csv(charges)
    yield from _bring("demo-payments.csv", paid, now)
    unknown = registries.payments_of_unknown_csv()
    yield from _bring("demo-unknown.csv", unknown, now, branch=registries.MISTYPED_IN)
    with writing():
        added = _add_people(pepper, now)
        add_requests(now)
        add_questions(pepper, now)
        add_works(now)
        add_doubts(LAST_MONTH.next, now)
        add_ratings(now)
        Branch.update(own_billing=True).where(
            Branch.code == registries.OWN_BILLING
        ).execute()
    yield f"{added} people"


def _bring(
    name: str,
    data: bytes,
    now: datetime,
    folder: Path | None = None,
    *,
    branch: str = "",
) -> Iterator[str]:
    report = import_file(name, io.BytesIO(data), branch=branch, folder=folder, now=now)
    if report.seen_at is None:
        yield f"{name}: {report.good} rows"


def _charges() -> list[DemoCharge]:
    """Return what the named customers are charged, by their readings and the prices."""
    words = {basis: word for word, basis in BASES.items()}
    charges = []
    with reading():
        numbers = [account.number for account in ACCOUNTS]
        ids = dict(
            Account.select(Account.number, Account.id)
            .where(Account.number.in_(numbers))
            .tuples()
        )
        explainer = Explainer.load(list(ids.values()))
        for account in ACCOUNTS:
            first = max(account.first_month, FIRST_BILL)
            for month in months(first, LAST_MONTH):
                # Every month of a named customer has readings and prices.
                charge = cast(
                    "MonthCharge", explainer.charge(ids[account.number], month)
                )
                basis: ChargeBasis = charge.volume.basis
                charges.append(
                    DemoCharge(
                        account=account,
                        month=month,
                        kwh=int(charge.volume.total.kwh),
                        basis=words[basis],
                        charged=charge.charged,
                        recalculated=charge.recalculated,
                    )
                )
    return charges


def _add_people(pepper: str, now: datetime) -> int:
    """Add the people who are missing; they share one password and so one hash."""
    password_hash = credentials.hash_password(PASSWORD)
    missing = _missing_people()
    for person in missing:
        user_id = _add_person(person, password_hash, now)
        if person.factor:
            factors.add(user_id, person.factor, pepper=pepper, now=now)
    return len(missing)


def _missing_people() -> list[DemoPerson]:
    emails = [person.email for person in PEOPLE]
    query = User.select(User.email).where(User.email.in_(emails))
    known = {email for (email,) in query.tuples()}
    return [person for person in PEOPLE if person.email not in known]


def _add_person(person: DemoPerson, password_hash: str, now: datetime) -> int:
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
        account = Account.get(Account.number == access.number)
        if person.is_reminded:
            Subscription.create(
                user=user, account=account, kind=LetterKind.REMINDER, since=now
            )
        AccountAccess.create(
            user=user,
            account=account,
            level=access.level,
            slug=access.slug,
            label=access.label,
            position=position,
            evidence="demo",
            since=access.since,
            granted_at=now,
            granted_by=User.get_or_none(User.email == access.granted_by),
        )
    return int(user.id)
