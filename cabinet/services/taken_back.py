"""Ledger rows of imports that were taken back: they and their reversals cancel out.

The ledger keeps both. Whoever tells what a debt is made of, or which payments there
are, leaves both out.
"""

from peewee import Expression

from cabinet.domain.loads import LoadState
from cabinet.models import ImportBatch, LedgerEntry


def stands() -> Expression:
    """Match the ledger rows that were not taken back with their import."""
    undone = ImportBatch.select(ImportBatch.id).where(
        ImportBatch.state == LoadState.UNDONE
    )
    return LedgerEntry.batch.is_null() | LedgerEntry.batch.not_in(undone)
