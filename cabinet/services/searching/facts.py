"""What accounts are found by, read for many of them at once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from cabinet.domain.searching import Facts
from cabinet.models import Account, AccountAccess, Branch, Meter, User
from cabinet.services import bulk


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """An account: what it is found by, and what is shown of it when it is."""

    account_id: int
    branch_id: int
    branch: str
    closed_on: date | None
    facts: Facts


def known(ids: Sequence[int], *, with_emails: bool = False) -> list[Known]:
    """Return the accounts, those that there are, in the order of their ids."""
    serials = defaultdict(list)
    meters = Meter.select(Meter.account, Meter.serial).where(
        bulk.among(Meter.account, ids)
    )
    for account_id, serial in meters.order_by(Meter.id).tuples():
        serials[account_id].append(serial)
    emails = _emails(ids) if with_emails else {}
    query = (
        Account.select(
            Account.id,
            Account.branch,
            Branch.name,
            Account.closed_on,
            Account.number,
            Account.holder,
            Account.address,
            Account.phone,
        )
        .join(Branch)
        .where(bulk.among(Account.id, ids))
        .order_by(Account.id)
    )
    return [
        Known(
            account_id=account_id,
            branch_id=branch_id,
            branch=branch,
            closed_on=closed_on,
            facts=Facts(
                number=number,
                holder=holder,
                address=address,
                phone=phone,
                serials=tuple(serials[account_id]),
                emails=tuple(emails.get(account_id, ())),
            ),
        )
        for account_id, branch_id, branch, closed_on, number, holder, address, phone in (
            query.tuples()
        )
    ]


def _emails(ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the addresses of those who may see the accounts now."""
    found = defaultdict(list)
    query = (
        AccountAccess.select(AccountAccess.account, User.email)
        .join(User, on=AccountAccess.user)
        .where(
            bulk.among(AccountAccess.account, ids),
            AccountAccess.ended_at.is_null(),
            User.email.is_null(False),
        )
    )
    for account_id, email in query.tuples():
        found[account_id].append(email)
    return found
