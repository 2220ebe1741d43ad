"""The schema of the migrations is the schema of the models, on both databases."""

import re
from pathlib import Path

import peewee
import pytest
from playhouse.migrations import Runner
from playhouse.schema_diff import diff_models

import cabinet.migrations
from cabinet.models import MODELS, AuditEntry, LedgerEntry, migrate
from cabinet.models.base import (
    NestedTransactionError,
    database,
    on_sqlite,
    reading,
    writing,
)
from cabinet.models.triggers import found_triggers, trigger_names
from tests import factories

MIGRATIONS = Path(cabinet.migrations.__path__[0])


#: Indexes of expressions, another on each database: no model can say them.
BY_HAND = {"account_number_end", "user_email_begin"}


def test_models_and_migrations_agree(db):
    *difference, indexes = diff_models(database.obj, MODELS)
    assert [list(part) for part in difference] == [[], [], [], []]
    assert {one.name for one in indexes} == BY_HAND


def test_nothing_is_missing_after_migrating(db):
    assert migrate.missing_migrations() == []
    assert migrate.migrate() == []


def test_every_migration_can_be_taken_back_and_applied_again(db):
    runner = Runner(database.obj, str(MIGRATIONS))
    names = [migration.name for migration in runner.migrations()]
    for name in reversed(names):
        assert runner.down() == [name]
    assert set(database.get_tables()) == {"schema_migration"}
    assert migrate.migrate() == names
    assert trigger_names() <= found_triggers()


def test_migrations_import_only_peewee():
    for path in MIGRATIONS.glob("[0-9]*.py"):
        imports = re.findall(r"^(?:from|import) (\S+)", path.read_text(), re.MULTILINE)
        assert set(imports) <= {"peewee"}, path.name


def test_append_only_tables_have_their_triggers(db):
    assert trigger_names() <= found_triggers()


def test_a_ledger_row_can_be_neither_changed_nor_deleted(db):
    account = factories.make_account()
    bill = factories.make_bill(account)
    row = LedgerEntry.get(LedgerEntry.bill == bill)
    for statement in (
        LedgerEntry.update(channel="x").where(LedgerEntry.id == row.id),
        LedgerEntry.delete().where(LedgerEntry.id == row.id),
    ):
        with pytest.raises(peewee.PeeweeException, match="append only"), writing():
            statement.execute()
    assert LedgerEntry.select().count() == 1


def test_an_audit_row_cannot_be_changed(db, now):
    AuditEntry.create(at=now, action="x")
    with pytest.raises(peewee.PeeweeException, match="append only"), writing():
        AuditEntry.update(action="y").execute()


def test_a_use_case_inside_a_use_case_is_refused(db):
    with reading(), pytest.raises(NestedTransactionError), writing():
        pass


def test_sqlite_keeps_what_it_acknowledged(db):
    if not on_sqlite():
        return
    assert database.pragma("synchronous") == 2
    assert database.pragma("journal_mode") == "wal"
    assert database.pragma("foreign_keys") == 1


def test_column_types_are_what_they_were(db):
    types = {
        f"{model._meta.table_name}.{field.column_name}": field.field_type
        for model in MODELS
        for field in model._meta.sorted_fields
    }
    assert types["ledger_entry.amount"] == "BIGINT"
    assert types["reading.t1"] == "BIGINT"
    assert types["rate.price"] == "BIGINT"
    assert types["bill.month"] == "INT"
    assert types["meter.public_id"] == "UUID"
