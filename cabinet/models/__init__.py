"""Tables of the cabinet; services reach the database through them."""

from cabinet.models.accounts import Account, AccountAccess
from cabinet.models.bills import Bill, LedgerEntry
from cabinet.models.exchange import ImportBatch, ImportClaim, ImportRow
from cabinet.models.files import FileChunk, StoredFile
from cabinet.models.meters import Meter, Reading
from cabinet.models.people import Branch, Consent, Session, StaffBranch, User
from cabinet.models.tariffs import (
    DueRule,
    Holiday,
    KeyRate,
    Norm,
    OtherRule,
    Range,
    Rate,
    Tariff,
    VatRate,
)
from cabinet.models.work import Attempt, AuditEntry, Job, OutboxMessage

#: Every table, parents first.
MODELS = (
    Branch,
    User,
    StaffBranch,
    Session,
    Consent,
    ImportBatch,
    ImportRow,
    ImportClaim,
    StoredFile,
    FileChunk,
    Account,
    AccountAccess,
    Meter,
    Reading,
    Tariff,
    Rate,
    Range,
    Norm,
    KeyRate,
    VatRate,
    DueRule,
    OtherRule,
    Holiday,
    Bill,
    LedgerEntry,
    OutboxMessage,
    Job,
    AuditEntry,
    Attempt,
)

__all__ = [
    "MODELS",
    "Account",
    "AccountAccess",
    "Attempt",
    "AuditEntry",
    "Bill",
    "Branch",
    "Consent",
    "DueRule",
    "FileChunk",
    "Holiday",
    "ImportBatch",
    "ImportClaim",
    "ImportRow",
    "Job",
    "KeyRate",
    "LedgerEntry",
    "Meter",
    "Norm",
    "OtherRule",
    "OutboxMessage",
    "Range",
    "Rate",
    "Reading",
    "Session",
    "StaffBranch",
    "StoredFile",
    "Tariff",
    "User",
    "VatRate",
]
