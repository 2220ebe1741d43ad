"""A copy of the whole database as a file, taken while it is in use, and put back."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from peewee import SQL, PostgresqlDatabase, Table, fn

from cabinet.models.base import database, on_sqlite
from cabinet.models.connection import close_database

#: Pages of a copy between two of which others may write.
_PAGES = 2000
_FIRST_BYTES = {"sqlite": b"SQLite format 3\0", "postgres": b"PGDMP"}


class SnapshotError(Exception):
    """The copy cannot be taken or put back; the words tell why."""


def engine() -> str:
    """Return the kind of the open database: `sqlite` or `postgres`."""
    return "sqlite" if on_sqlite() else "postgres"


def take(path: Path) -> None:
    """Copy the open database into a new file, as it is at one moment.

    SQLite by its online backup, Postgres by `pg_dump`; others go on writing. Raises
    SnapshotError.
    """
    path.touch(mode=0o600)
    if not on_sqlite():
        _run("pg_dump", "--format=custom", "--no-owner", f"--file={path}")
        return
    source = str(database.obj.database)
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as there,
        closing(sqlite3.connect(path)) as here,
    ):
        there.backup(here, pages=_PAGES, sleep=0.01)


def is_copy(path: Path) -> str:
    """Return the engine whose copy the file is, an empty word for any other file."""
    with path.open("rb") as handle:
        first = handle.read(16)
    kinds = (kind for kind, word in _FIRST_BYTES.items() if first.startswith(word))
    return next(kinds, "")


def size() -> int:
    """Return how many bytes the open database takes."""
    if on_sqlite():
        path = Path(database.obj.database)
        return path.stat().st_size if path.exists() else 0
    (found,) = database.execute_sql(
        "SELECT pg_database_size(current_database())"
    ).fetchone()
    return int(found)


def has_tables() -> bool:
    """Tell whether the open database holds anything."""
    if on_sqlite() and not Path(database.obj.database).exists():
        return False
    return bool(database.get_tables())


def put(path: Path) -> None:
    """Let the open database be what the file holds; nobody else may use it meanwhile.

    What a SQLite database was stays beside it as `….before-restore`. Raises
    SnapshotError.
    """
    if not on_sqlite():
        close_database()
        _run(
            "pg_restore",
            "--clean",
            "--if-exists",
            "--no-owner",
            "--exit-on-error",
            "--single-transaction",
            f"--dbname={database.obj.database}",
            str(path),
            names_database=False,
        )
        return
    target = Path(database.obj.database)
    close_database()
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.restoring")
    shutil.copyfile(path, part)
    with closing(sqlite3.connect(part)) as copy:
        copy.execute("PRAGMA journal_mode = delete")
    part.chmod(0o600)
    for name in ("", "-wal", "-shm"):
        old = target.with_name(target.name + name)
        if old.exists():
            old.replace(target.with_name(f"{target.name}.before-restore{name}"))
    part.replace(target)


def faults() -> Iterator[str]:
    """Yield what the database itself finds wrong with its files and references."""
    if not on_sqlite():
        # What pg_restore brought went through every constraint; here the rows are read.
        for name in database.get_tables():
            Table(name).bind(database.obj).select(fn.COUNT(SQL("*"))).scalar()
        return
    for (word,) in database.execute_sql("PRAGMA integrity_check"):
        if word != "ok":
            yield str(word)
    for row in database.execute_sql("PRAGMA foreign_key_check"):
        yield f"{row[0]}, row {row[1]}: no {row[2]}"


def _run(program: str, *arguments: str, names_database: bool = True) -> None:
    found = shutil.which(program)
    if found is None:
        raise SnapshotError(f"{program} is missing: install postgresql-client")
    address = _address(database.obj)
    command = [found, *arguments]
    if names_database:
        command.append(database.obj.database)
    done = subprocess.run(  # noqa: S603 - a program of the system, our own words
        command,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", **address},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines() or ["no word of it"]
        raise SnapshotError(f"{program}: {last[-1]}")


def _address(opened: PostgresqlDatabase) -> dict[str, str]:
    """Return where the server is, in the variables its programs read."""
    params: dict[str, Any] = opened.connect_params
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "sslmode": "PGSSLMODE",
        "sslrootcert": "PGSSLROOTCERT",
        "target_session_attrs": "PGTARGETSESSIONATTRS",
        "connect_timeout": "PGCONNECT_TIMEOUT",
    }
    return {
        variable: str(params[name])
        for name, variable in names.items()
        if params.get(name)
    }
