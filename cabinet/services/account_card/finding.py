"""Finding accounts by a part of their number, in the branches of a member of staff."""

from dataclasses import dataclass
from datetime import date, datetime

from peewee import SQL, Expression, ModelSelect, fn

from cabinet.domain.errors import NotFound
from cabinet.models import Account, Branch
from cabinet.models.base import on_sqlite, writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.staff import Member, branches_of

MOST = 50
#: Fewer digits are anybody's; of so many at the end of a number there is an index.
LEAST_DIGITS = 3


class AccountNotFound(NotFound):
    """There is no such account, or it is in another branch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """An account whose number begins or ends with what was asked for."""

    number: str
    holder: str
    address: str
    branch: str
    closed_on: date | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What was found, at most `MOST` of it; `is_cut` where there is more."""

    hits: tuple[Hit, ...]
    is_cut: bool


def find_accounts(
    member: Member, digits: str, *, actor: Actor, now: datetime
) -> Found | None:
    """Return the accounts whose number begins with the digits, then those it ends with.

    None where the digits are too few. Whose data was looked at is noted, an entry for
    each account shown.
    """
    if len(digits) < LEAST_DIGITS:
        return None
    with writing():
        rows = list(_accounts(member).where(*_begins(digits)).limit(MOST + 1))
        # A whole number need not be looked for at the end of others.
        is_whole = any(row.number == digits for row in rows)
        if len(rows) <= MOST and not is_whole:
            known = [row.id for row in rows]
            more = _accounts(member).where(*_ends(digits), Account.id.not_in(known))
            rows.extend(more.limit(MOST + 1 - len(rows)))
        for row in rows[:MOST]:
            audit.record(actor, "account.found", now=now, account_id=row.id)
        return Found(
            hits=tuple(
                Hit(
                    number=row.number,
                    holder=row.holder,
                    address=row.address,
                    branch=row.branch.name,
                    closed_on=row.closed_on,
                )
                for row in rows[:MOST]
            ),
            is_cut=len(rows) > MOST,
        )


def account_of(member: Member, number: str) -> Account:
    """Return the account with its branch, inside the open transaction.

    Raises AccountNotFound, the same for an account of another branch.
    """
    account: Account | None = _accounts(member).where(Account.number == number).first()
    if account is None:
        raise AccountNotFound(number)
    return account


def _accounts(member: Member) -> ModelSelect:
    return (
        Account.select(Account, Branch)
        .join(Branch)
        .where(Account.branch.in_(branches_of(member)))
        .order_by(Account.number)
    )


def _begins(digits: str) -> list[Expression]:
    """Match numbers that begin so, as a span that the index of numbers serves."""
    conditions = [Account.number >= digits, Account.number.startswith(digits)]
    following = str(int(digits) + 1).zfill(len(digits))
    if len(following) == len(digits):
        conditions.append(Account.number < following)
    return conditions


def _ends(digits: str) -> list[Expression]:
    """Match numbers that end so; the index of their last three digits finds them.

    The count is written out: an index of an expression serves no bound value in it.
    """
    take = fn.SUBSTR if on_sqlite() else fn.RIGHT
    count = SQL(str(-LEAST_DIGITS if on_sqlite() else LEAST_DIGITS))
    last = take(Account.number, count) == digits[-LEAST_DIGITS:]
    return [last, Account.number.endswith(digits)]
