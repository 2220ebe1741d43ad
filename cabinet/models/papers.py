"""Papers of an organisation that billing handed over as files."""

from peewee import SQL, CharField, DateField, ForeignKeyField, UUIDField

from cabinet.domain.papers import PaperKind
from cabinet.models.accounts import Account
from cabinet.models.base import Base, MonthField, UtcDateTimeField, WordField
from cabinet.models.exchange import ImportBatch
from cabinet.models.files import StoredFile


class Paper(Base):
    """A document of an account (документ): an invoice, an act, and its file.

    A corrected one replaces the paper of the same kind and number; both are kept.
    """

    public_id = UUIDField(unique=True)
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    kind = WordField(PaperKind)
    number = CharField(max_length=80)
    month = MonthField()
    dated_on = DateField()
    file = ForeignKeyField(StoredFile, backref="+", on_delete="RESTRICT")
    batch = ForeignKeyField(ImportBatch, backref="+", null=True, on_delete="RESTRICT")
    received_at = UtcDateTimeField()
    replaced_at = UtcDateTimeField(null=True)


Paper.add_index(
    Paper.account,
    Paper.kind,
    Paper.number,
    unique=True,
    where=SQL("replaced_at IS NULL"),
    name="paper_live",
)
