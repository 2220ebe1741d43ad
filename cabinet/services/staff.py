"""People of the back office."""

from dataclasses import dataclass
from datetime import datetime

from peewee import IntegrityError, Query

from cabinet.domain.people import Role
from cabinet.models import Branch, StaffBranch, User
from cabinet.models.base import lock, writing
from cabinet.services import audit, credentials, passwords, sessions


class EmailTakenError(ValueError):
    """Somebody already signs in with this e-mail."""


class BranchUnknownError(LookupError):
    """No branch has this code."""


class StaffUnknownError(LookupError):
    """Nobody of the back office signs in with this e-mail."""


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
            _put_in(user.id, branches)
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


def change_role(
    email: str, role: Role, *, branches: tuple[str, ...], now: datetime
) -> int:
    """Give a member of staff another role and branches; return the user's id.

    Their sessions end, so that nothing of the earlier role stays open. Raises
    StaffUnknownError or BranchUnknownError; a customer never becomes staff.
    """
    with writing():
        user_id = id_of(email)
        lock(User.select(User.id).where(User.id == user_id)).first()
        User.update(role=role).where(User.id == user_id).execute()
        StaffBranch.delete().where(StaffBranch.user == user_id).execute()
        _put_in(user_id, branches)
        sessions.end_all(user_id, now=now)
        audit.record(
            audit.SYSTEM,
            "staff.role_changed",
            now=now,
            subject=f"user:{user_id}",
            role=str(role),
            branches=list(branches),
        )
    return user_id


def _put_in(user_id: int, branches: tuple[str, ...]) -> None:
    for code in branches:
        branch = Branch.get_or_none(Branch.code == code)
        if branch is None:
            raise BranchUnknownError(code)
        StaffBranch.create(user=user_id, branch=branch)
