"""Append-only tables and the triggers that keep them so, declared in one place."""

from collections.abc import Iterable

from peewee import Database

from cabinet.models.base import database, on_sqlite

#: From `audit_entry` and `audit_seal` what `audit_cut` says was removed may be deleted.
APPEND_ONLY = (
    "ledger_entry",
    "allocation",
    "audit_entry",
    "audit_seal",
    "audit_cut",
    "consent",
    "payment_step",
    "service_request_step",
    "setting_change",
    "acquirer_shop",
)

#: What keeps the words of the search as the accounts are.
OF_SEARCH = frozenset(
    f"search_{table}_{act}"
    for table in ("account", "meter")
    for act in ("new", "changed", "gone")
)


def trigger_names(tables: Iterable[str] = APPEND_ONLY) -> set[str]:
    """Return the names every database of ours must have."""
    kept = {f"{table}_no_{act}" for table in tables for act in ("update", "delete")}
    return kept | OF_SEARCH


def found_triggers() -> set[str]:
    """Return the names of the triggers that work in the open database."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if on_sqlite()
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    )
    db: Database = database.obj
    return {name for (name,) in db.execute_sql(query).fetchall()}
