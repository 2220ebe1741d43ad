"""A copy of the whole database as a file, taken while it is in use, and put back."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from peewee import SQL, PostgresqlDatabase, Table, fn

from cabinet.models.base import database, on_sqlite
from cabinet.models.connection import close_database

#: Pages of a copy between two of which others may write.
_PAGES = 2000
_FIRST_BYTES = {"sqlite": b"SQLite format 3\0", "postgres": b"PGDMP"}
_QUIET = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1")
#: Takes away every table and function of ours, whichever version made it.
_EMPTY = """
DO $$ DECLARE words text; BEGIN
FOR words IN
    SELECT format('DROP TABLE IF EXISTS %s CASCADE', oid::regclass) FROM pg_class
    WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
    UNION ALL
    SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', oid::regprocedure) FROM pg_proc
    WHERE pronamespace = current_schema()::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
LOOP EXECUTE words; END LOOP;
END $$;
"""


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


def is_recovering() -> bool:
    """Tell whether the server still replays what others have written, and only reads."""
    if on_sqlite():
        return False
    (found,) = database.execute_sql("SELECT pg_is_in_recovery()").fetchone()
    return bool(found)


def put(path: Path) -> None:
    """Let the open database be what the file holds; nobody else may use it meanwhile.

    What a SQLite database was stays beside it as `….before-restore`. Raises
    SnapshotError.
    """
    if not on_sqlite():
        close_database()
        _pour(path)
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


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603 - a program of the system, our own words
        [_found(program), *arguments, database.obj.database],
        env=_environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    _refuse(program, done.returncode, done.stderr)


def _pour(path: Path) -> None:
    """Let Postgres hold what the copy does and nothing else, whole or not at all.

    pg_restore itself takes away what the copy knows of only; what a newer version has
    made would stand in the way, at once or at the next upgrade. So it only tells what to
    do, and the word to keep it is said when it has come to its end.
    """
    words = (*_QUIET, f"--dbname={database.obj.database}")
    with (
        TemporaryFile("w+") as said,
        TemporaryFile("w+") as told,
        subprocess.Popen(  # noqa: S603 - a program of the system, our own words
            [_found("pg_restore"), "--no-owner", "--file=-", str(path)],
            stdout=subprocess.PIPE,
            stderr=said,
            env=_environ(),
        ) as source,
        subprocess.Popen(  # noqa: S603
            [_found("psql"), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=told,
            env=_environ(),
        ) as target,
    ):
        assert source.stdout  # noqa: S101 - asked for above
        assert target.stdin  # noqa: S101
        # Who ended early has said why.
        with suppress(BrokenPipeError):
            target.stdin.write(f"BEGIN;\n{_EMPTY}".encode())
            shutil.copyfileobj(source.stdout, target.stdin)
            if not source.wait():
                target.stdin.write(b"\nCOMMIT;\n")
            target.stdin.flush()
        source.stdout.close()
        with suppress(BrokenPipeError):
            target.stdin.close()
        target.wait()
        source.wait()
        told.seek(0)
        _refuse("psql", target.returncode, told.read())
        said.seek(0)
        _refuse("pg_restore", source.returncode, said.read())


def _found(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise SnapshotError(f"{program} is missing: install postgresql-client")
    return found


def _refuse(program: str, code: int, stderr: str) -> None:
    if code:
        last = stderr.strip().splitlines() or ["no word of it"]
        raise SnapshotError(f"{program}: {last[-1]}")


def _environ() -> dict[str, str]:
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", **_address(database.obj)}


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
