"""People of the back office."""

from dataclasses import dataclass
from datetime import datetime

from peewee import IntegrityError, Query

from cabinet.domain.people import Role
from cabinet.models import Branch, StaffBranch, User
from cabinet.models.base import writing
from cabinet.services import audit, credentials

MIN_PASSWORD = 12


class EmailTakenError(ValueError):
    """Somebody already signs in with this e-mail."""


class BranchUnknownError(LookupError):
    """No branch has this code."""


class PasswordTooShortError(ValueError):
    """A password of staff has at least twelve characters."""


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


def add_staff(
    email: str,
    name: str,
    role: Role,
    *,
    branches: tuple[str, ...],
    password: str,
    now: datetime,
) -> int:
    """Add a member of staff to the branches and return the user's id."""
    if len(password) < MIN_PASSWORD:
        raise PasswordTooShortError(MIN_PASSWORD)
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
            for code in branches:
                branch = Branch.get_or_none(Branch.code == code)
                if branch is None:
                    raise BranchUnknownError(code)
                StaffBranch.create(user=user, branch=branch)
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
