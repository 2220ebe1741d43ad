"""People of the back office."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from peewee import IntegrityError, Query

from cabinet.domain.errors import NotFound
from cabinet.domain.people import Role
from cabinet.models import Branch, StaffBranch, User
from cabinet.models.base import lock, writing
from cabinet.services import audit, credentials, passwords


class EmailTakenError(ValueError):
    """Somebody already signs in with this e-mail."""


class BranchUnknownError(LookupError):
    """No branch has this code."""


class StaffUnknownError(NotFound):
    """Nobody of the back office is this, or signs in with this e-mail."""


class LastAdminError(ValueError):
    """Nobody else could set anything any more."""


def id_of(email: str) -> int:
    """Return the user's id of a member of staff; raises StaffUnknownError."""
    user = User.get_or_none(User.email == email.strip().casefold())
    if user is None or not user.role.is_staff:
        raise StaffUnknownError(email)
    return int(user.id)


@dataclass(frozen=True, slots=True)
class Member:
    """Who works in the back office; an admin in every branch."""

    user_id: int
    role: Role


def branches_of(member: Member) -> Query:
    """Return the query of the ids of the branches the member of staff works in."""
    if member.role is Role.ADMIN:
        return Branch.select(Branch.id)
    return StaffBranch.select(StaffBranch.branch).where(
        StaffBranch.user == member.user_id
    )


def offices_of(member: Member) -> tuple[tuple[str, str], ...]:
    """Return the code and the name of each branch of the member of staff, by name."""
    query = Branch.select(Branch.code, Branch.name).where(
        Branch.id.in_(branches_of(member))
    )
    return tuple(query.order_by(Branch.name).tuples())


def add_staff(
    email: str,
    name: str,
    role: Role,
    *,
    branches: tuple[str, ...],
    password: str,
    now: datetime,
) -> int:
    """Add a member of staff to the branches and return the user's id.

    Raises passwords.PasswordRefusedError, EmailTakenError or BranchUnknownError.
    """
    passwords.check(password, role, own=(email,))
    password_hash = credentials.hash_password(password)
    try:
        with writing():
            user = User.create(
                email=email.strip().casefold(),
                name=name,
                role=role,
                password_hash=password_hash,
                created_at=now,
            )
            put_in(user.id, branches)
            audit.record(
                audit.SYSTEM,
                "staff.added",
                now=now,
                subject=f"user:{user.id}",
                role=str(role),
            )
    except IntegrityError as error:
        raise EmailTakenError(email) from error
    return int(user.id)


def lock_with_admins(user_id: int) -> list[User]:
    """Lock all admins and the user inside the open transaction and return them.

    In one order, so that two who lock them wait for one another and never deadlock.
    """
    query = User.select().where((User.role == Role.ADMIN) | (User.id == user_id))
    return list(lock(query.order_by(User.id)))


def branches_by_code(codes: Sequence[str]) -> dict[str, int]:
    """Return the ids of branches by their codes; raises BranchUnknownError."""
    query = Branch.select(Branch.code, Branch.id).where(Branch.code.in_(list(codes)))
    found = dict(query.tuples())
    for code in codes:
        if code not in found:
            raise BranchUnknownError(code)
    return found


def put_in(user_id: int, branches: Sequence[str]) -> None:
    """Let a member of staff work in the branches too; raises BranchUnknownError."""
    for branch_id in branches_by_code(branches).values():
        StaffBranch.create(user=user_id, branch=branch_id)
