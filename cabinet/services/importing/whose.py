"""Which imports a member of staff may see, and whose data they see in them."""

import re
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from peewee import Expression

from cabinet.domain.errors import NotFound
from cabinet.domain.loads import MONEY, LoadState, RowQueue, RowState
from cabinet.domain.people import Role
from cabinet.models import Account, ImportBatch, ImportRow
from cabinet.services import audit
from cabinet.services.staff import Member, branches_of

_BETWEEN = re.compile(r"[\s-]")
_NUMBER = re.compile(r"[0-9]{4,20}")


class LoadNotFoundError(NotFound):
    """There is no such import, or not for this member of staff."""


def seen_by(member: Member | None) -> Expression:
    """Match the imports of the member's branches; an admin sees those of all as well.

    Without a member an administrator acts at the machine.
    """
    everything: Expression = ImportBatch.id.is_null(False)
    if member is None or member.role is Role.ADMIN:
        return everything
    mine: Expression = ImportBatch.branch.in_(branches_of(member))
    return mine


def waits(member: Member, queue: RowQueue) -> Expression:
    """Match the rows that wait in the queue for their account.

    Of a query that joins the import of each row.
    """
    matched: Expression = (
        (ImportRow.state == str(RowState.QUARANTINED))
        & (ImportBatch.state == LoadState.COMMITTED)
        & lies_in(queue)
        & seen_by(member)
    )
    return matched


def lies_in(queue: RowQueue) -> Expression:
    """Match the imports whose rows wait in the queue."""
    is_money = queue is RowQueue.MONEY
    matched: Expression = (
        ImportBatch.kind == MONEY if is_money else ImportBatch.kind != MONEY
    )
    return matched


def batch_of(member: Member | None, public_id: UUID) -> ImportBatch:
    """Return the import inside the open transaction; raises LoadNotFoundError."""
    found: ImportBatch | None = (
        ImportBatch.select()
        .where(
            ImportBatch.public_id == public_id,
            ImportBatch.part_of.is_null(),
            seen_by(member),
        )
        .first()
    )
    if found is None:
        raise LoadNotFoundError(public_id)
    return found


def note_look(
    actor: audit.Actor,
    action: str,
    cells: Iterable[str],
    *,
    subject: str = "",
    now: datetime,
) -> None:
    """Note who looked at rows, for each account of ours that they name.

    Inside the open transaction.
    """
    words = {_BETWEEN.sub("", cell) for cell in cells}
    numbers = [word for word in words if _NUMBER.fullmatch(word)]
    query = Account.select(Account.id).where(Account.number.in_(numbers)).tuples()
    ids = [account_id for (account_id,) in query] if numbers else []
    for account_id in ids or [None]:
        audit.record(actor, action, now=now, subject=subject, account_id=account_id)
