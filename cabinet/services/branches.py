"""Branches of an installation: added by the administrator, each once, and set up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from peewee import IntegrityError

from cabinet.domain.errors import NotFound
from cabinet.domain.money import Money
from cabinet.domain.people import Role
from cabinet.models import AcquirerShop, Branch, SettingChange
from cabinet.models.base import database, lock, reading, writing
from cabinet.services import audit, setting_changes
from cabinet.services.audit import Actor
from cabinet.services.branch_faults import BranchFault, faults_of, faults_of_sums
from cabinet.services.staff import Member, branches_of

#: What a supervisor may say of an own branch; the rest decides about money.
CONTACTS = ("address", "phone", "hours", "email", "site")
#: What is said of a branch and may be said anew.
SETTINGS = (
    "name",
    "time_zone",
    "window_first",
    "window_last",
    "company",
    "inn",
    "kpp",
    "bic",
    "bank",
    "settlement_account",
    "correspondent_account",
    *CONTACTS,
    "opens_on_match",
    "least_evidence",
    "refund_alone_up_to",
    "recalculate_alone_up_to",
)
SUMS = frozenset({"least_evidence", "refund_alone_up_to", "recalculate_alone_up_to"})


class BranchTakenError(ValueError):
    """A branch has this code already."""


class BranchMissingError(NotFound):
    """No branch has this code, or it is another's."""


class BranchInUseError(ValueError):
    """Something stands on the branch: it cannot be taken back any more."""


class BranchFaultyError(ValueError):
    """What was said of the branch cannot be; carries every fault."""

    def __init__(self, faults: Iterable[BranchFault]) -> None:
        self.found = tuple(faults)
        super().__init__("; ".join(self.faults))

    @property
    def faults(self) -> list[str]:
        """Return a line for each."""
        return [one.words for one in self.found]


@dataclass(frozen=True, kw_only=True, slots=True)
class NewBranch:
    """What an administrator says of a branch; the requisites stand on its receipts."""

    code: str
    name: str
    region: str
    time_zone: str
    window_first: int
    window_last: int
    company: str
    inn: str
    kpp: str
    bic: str
    bank: str
    settlement_account: str
    correspondent_account: str
    address: str
    phone: str
    hours: str
    email: str
    site: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class BranchCard:
    """A branch as it is set; `version` is that of what was seen."""

    branch_id: int
    code: str
    region: str
    has_own_billing: bool
    values: dict[str, Any]
    version: int
    is_bare: bool

    @property
    def subject(self) -> str:
        """Return how its changes name it."""
        return f"branch:{self.branch_id}"


def choices() -> tuple[tuple[str, str], ...]:
    """Return the code and the name of each branch, by name."""
    with reading():
        query = Branch.select(Branch.code, Branch.name).order_by(Branch.name)
        return tuple(query.tuples())


def card(member: Member, code: str) -> BranchCard:
    """Return a branch of the member's; raises BranchMissingError."""
    with reading():
        row = _own(member, code)
        return BranchCard(
            branch_id=row.id,
            code=row.code,
            region=row.region,
            has_own_billing=row.own_billing,
            values={name: getattr(row, name) for name in SETTINGS},
            version=setting_changes.version_of(f"branch:{row.id}"),
            is_bare=_is_bare(row),
        )


def add_branch(new: NewBranch, *, now: datetime, actor: Actor = audit.SYSTEM) -> int:
    """Add a branch and return its id; raises BranchFaultyError or BranchTakenError."""
    values = {one.name: getattr(new, one.name) for one in fields(new)}
    if faults := list(faults_of(values)):
        raise BranchFaultyError(faults)
    try:
        with writing():
            row = Branch.create(**values)
            audit.record(
                actor,
                "branch.added",
                now=now,
                subject=f"branch:{row.id}",
                code=new.code,
            )
    except IntegrityError as error:
        raise BranchTakenError(new.code) from error
    return int(row.id)


def remove_branch(code: str, *, actor: Actor, now: datetime) -> None:
    """Take back a branch on which nothing stands yet; the log keeps its code.

    Raises BranchMissingError and BranchInUseError.
    """
    with writing():
        row = lock(Branch.select().where(Branch.code == code)).first()
        if row is None:
            raise BranchMissingError(code)
        if not _is_bare(row):
            raise BranchInUseError(code)
        try:
            with database.savepoint():
                row.delete_instance()
        except IntegrityError as error:
            raise BranchInUseError(code) from error
        audit.record(
            actor,
            "branch.removed",
            now=now,
            subject=f"branch:{row.id}",
            code=code,
        )


def set_branch(code: str, values: Mapping[str, bool | Money], *, now: datetime) -> None:
    """Change settings of a branch by command, each noted with what it was.

    Raises BranchMissingError, and BranchFaultyError for a sum below zero.
    """
    if faults := list(faults_of_sums(values)):
        raise BranchFaultyError(faults)
    with writing():
        row = lock(Branch.select().where(Branch.code == code)).first()
        if row is None:
            raise BranchMissingError(code)
        _put(row, values, actor=audit.SYSTEM, now=now)


def save(
    member: Member,
    code: str,
    values: Mapping[str, Any],
    *,
    version: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Set what was typed of a branch; what is so already is no change.

    A supervisor sets the contacts only, the rest of what they say is left as it is.
    Raises BranchMissingError, BranchFaultyError and ChangedMeanwhileError.
    """
    names = SETTINGS if member.role is Role.ADMIN else CONTACTS
    wanted = {name: values[name] for name in names if name in values}
    with writing():
        row = _own(member, code, is_locked=True)
        if any(getattr(row, name) != value for name, value in wanted.items()):
            setting_changes.check_version(f"branch:{row.id}", version)
            _check(row, wanted)
            _put(row, wanted, actor=actor, now=now)


def put_back(
    member: Member, change: SettingChange, *, actor: Actor, now: datetime
) -> None:
    """Set what a change had found, inside the open transaction.

    Raises BranchMissingError, BranchFaultyError and ChangedMeanwhileError.
    """
    branch_id = int(change.subject.partition(":")[2])
    code = Branch.select(Branch.code).where(Branch.id == branch_id).scalar()
    row = _own(member, code or "", is_locked=True)
    last = setting_changes.get_last(change.id)
    if member.role is not Role.ADMIN and not set(last.before) <= set(CONTACTS):
        raise BranchMissingError(code)
    values = {name: _read(name, kept) for name, kept in last.before.items()}
    _check(row, values)
    _put(row, values, actor=actor, now=now, reverts=last.id)


def _is_bare(row: Branch) -> bool:
    """Tell whether no row of any table is of the branch, and no shop takes its money."""
    known = Branch._meta.backrefs.items()  # noqa: SLF001 - the way peewee names it
    shops = AcquirerShop.select(AcquirerShop.config).tuples()
    return not any(
        model.select().where(field == row).exists() for field, model in known
    ) and not any(row.code in config["branches"] for (config,) in shops)


def _own(member: Member, code: str, *, is_locked: bool = False) -> Branch:
    query = Branch.select().where(
        Branch.code == code, Branch.id.in_(branches_of(member))
    )
    row: Branch | None = (lock(query) if is_locked else query).first()
    if row is None:
        raise BranchMissingError(code)
    return row


def _check(row: Branch, values: Mapping[str, Any]) -> None:
    """Refuse what cannot be together with what stays; raises BranchFaultyError.

    What was wrong before, as requisites of an earlier check, keeps nobody from changing
    something else.
    """
    now = {one.name: getattr(row, one.name) for one in fields(NewBranch)}
    known = set(faults_of(now))
    said = now | {name: values[name] for name in values if name in now}
    found = [*faults_of(said), *faults_of_sums(values)]
    if faults := [one for one in found if one not in known]:
        raise BranchFaultyError(faults)


def _put(
    row: Branch,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    now: datetime,
    reverts: int | None = None,
) -> None:
    before = {name: _told(getattr(row, name)) for name in values}
    after = {name: _told(value) for name, value in values.items()}
    subject = f"branch:{row.id}"
    if not setting_changes.write(
        subject, before, after, actor=actor, now=now, reverts=reverts
    ):
        return
    Branch.update(dict(values)).where(Branch.id == row.id).execute()
    setting_changes.note(subject, "branch.set", before, after, actor=actor, now=now)


def _told(value: Any) -> Any:
    """Return a setting as logs keep it: sums in kopecks."""
    return value.kopecks if isinstance(value, Money) else value


def _read(name: str, kept: Any) -> Any:
    return Money(kept) if name in SUMS else kept
