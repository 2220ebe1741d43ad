"""Which imports a member of staff may see, and what they act on."""

from uuid import UUID

from peewee import Expression

from cabinet.domain.errors import NotFound
from cabinet.domain.people import Role
from cabinet.models import ImportBatch
from cabinet.services.staff import Member, branches_of


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


def batch_of(member: Member | None, public_id: UUID) -> ImportBatch:
    """Return the import inside the open transaction; raises LoadNotFoundError."""
    found: ImportBatch | None = (
        ImportBatch.select()
        .where(ImportBatch.public_id == public_id, seen_by(member))
        .first()
    )
    if found is None:
        raise LoadNotFoundError(public_id)
    return found
