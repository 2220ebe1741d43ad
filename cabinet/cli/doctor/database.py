"""The database: that it takes a row, that it keeps what it took, its schema."""

from collections.abc import Callable, Iterator

from peewee import PeeweeException

from cabinet.cli.context import Context
from cabinet.cli.doctor.words import FAULT, WARNING, WELL, Word, in_line
from cabinet.models import snapshot
from cabinet.models.base import database, on_sqlite, writing
from cabinet.models.migrate import missing_migrations, unknown_migrations
from cabinet.services import readiness

#: What to do where nobody reaches it.
AWAY = "запущена ли база, верен ли CABINET_DATABASE_URL"
#: The oldest Postgres it is tried with.
OLDEST = 150000
#: When the log last could not be taken to the copies; nothing if it could since.
_ARCHIVE = """
SELECT CASE WHEN current_setting('archive_mode') <> 'off'
    AND last_failed_time > COALESCE(last_archived_time, '-infinity')
    THEN last_failed_time AT TIME ZONE 'UTC' END
FROM pg_stat_archiver
"""


class _TakenBackError(Exception):
    """Ends the transaction of the trial."""


def take_back(act: Callable[[], object]) -> None:
    """Do something in a transaction of its own, and take it back."""
    try:
        with writing():
            act()
            raise _TakenBackError  # noqa: TRY301 - that nothing stays is the point
    except _TakenBackError:
        return


def answers(context: Context) -> Iterator[Word]:
    """Write a row and keep it; on SQLite, read the whole file through as well."""
    try:
        with writing():
            readiness.write_row(context.clock.now())
        yield Word(WELL, f"{snapshot.engine()}: пишет и читает")
    except PeeweeException as error:
        is_away = database.is_closed()
        yield Word(
            FAULT,
            f"не отвечает: {in_line(error)}",
            AWAY if is_away else "проверьте CABINET_DATABASE_URL и cabinet migrate",
        )
        return
    if on_sqlite():
        for fault in snapshot.faults():
            yield Word(FAULT, fault, "восстановите базу из копии: cabinet restore")


def lasting(_context: Context) -> Iterator[Word]:
    """Tell whether what was acknowledged outlives a power cut."""
    said = list(_sqlite() if on_sqlite() else _postgres())
    yield from said or [Word(WELL, "подтверждённое переживёт сбой питания")]


def _sqlite() -> Iterator[Word]:
    (mode,) = database.execute_sql("PRAGMA journal_mode").fetchone()
    if mode != "wal":
        yield Word(
            FAULT,
            f"журнал SQLite: {mode}, нужен wal",
            "положите базу на местный диск: сетевая папка не годится",
        )


def _postgres() -> Iterator[Word]:
    for name, bad, remedy in (
        ("fsync", "off", "fsync = on в postgresql.conf"),
        ("full_page_writes", "off", "full_page_writes = on в postgresql.conf"),
        ("synchronous_commit", "off", "synchronous_commit = on в postgresql.conf"),
    ):
        (value,) = database.execute_sql(f"SHOW {name}").fetchone()
        if value == bad:
            text = (
                f"{name} = {bad}: при сбое пропадут подтверждённые показания и платежи"
            )
            yield Word(FAULT, text, remedy)
    yield from _archive()
    (version,) = database.execute_sql("SHOW server_version_num").fetchone()
    if int(version) < OLDEST:
        yield Word(WARNING, f"Postgres {version}", "обновите до Postgres 15 или новее")


def _archive() -> Iterator[Word]:
    """Tell of a log that is to go to the copies and does not: it stays and fills the disk."""
    (failed,) = database.execute_sql(_ARCHIVE).fetchone()
    if failed is not None:
        yield Word(
            FAULT,
            f"журнал базы не уходит в копии ({failed:%Y-%m-%d %H:%M} UTC) и копится на диске",
            "на главной базе: pgbackrest --stanza=cabinet check",
        )


def schema(_context: Context) -> Iterator[Word]:
    """Tell which migrations are missing, and which this version does not know."""
    unknown = unknown_migrations()
    if unknown:
        yield Word(
            WARNING,
            f"база новее программы: {', '.join(unknown)}",
            "поставьте ту версию, которой база обновлена",
        )
    missing = missing_migrations()
    if missing:
        yield Word(FAULT, f"не хватает: {', '.join(missing)}", "cabinet upgrade")
        return
    yield Word(WELL, "все обновления применены")
