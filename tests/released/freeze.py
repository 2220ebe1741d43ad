"""Freeze the schema of a version, with a few rows of its demonstration, for all time.

`python -m tests.released.freeze VERSION --database ADDRESS`: ADDRESS is any database of a
Postgres server. `--tree FOLDER` freezes another checkout, as it was at an older commit.
What is written beside this file is never written again: `test_released.py` upgrades each
to the version at hand.
"""

import argparse
import gzip
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from cabinet.models import filling
from cabinet.models.base import database
from cabinet.models.connection import close_database, open_database
from cabinet.services import moving

HERE = Path(__file__).parent
#: Whoever signs in keeps their accounts; of the others and of what was loaded, a few.
KEPT = """
DELETE FROM account WHERE id NOT IN (SELECT account_id FROM account_access)
AND id NOT IN (SELECT id FROM account ORDER BY id LIMIT 4)
"""
#: A photo weighs as much as all the rest.
PHOTOS = "DELETE FROM stored_file WHERE id > (SELECT min(id) FROM stored_file)"
FEW = ("import_claim", "import_row", "usability_rating")
#: Words of accounts: no reference holds them.
LOOSE = ("search_word", "search_due")
MOST_BYTES = 200 * 1024


def main():
    """Write the two files of a version."""
    parser = argparse.ArgumentParser()
    parser.add_argument("version")
    parser.add_argument("--database", required=True)
    parser.add_argument("--tree", type=Path, default=HERE.parent.parent)
    wanted = parser.parse_args()
    folder = HERE / wanted.version
    if folder.exists():
        sys.exit(f"{folder} is frozen already")
    with tempfile.TemporaryDirectory() as work:
        path = Path(work) / "cabinet.sqlite3"
        run(wanted.tree, work, f"sqlite:///{path}", "demo")
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            prune(connection)
            lines = "\n".join(connection.iterdump())
        name = f"cabinet_freeze_{secrets.token_hex(6)}"
        with psycopg.connect(wanted.database, autocommit=True) as server:
            server.execute(f'CREATE DATABASE "{name}"')
            url = urlsplit(wanted.database)._replace(path=f"/{name}").geturl()
            try:
                run(wanted.tree, work, url, "migrate")
                pour(path, url)
                dumped = dump(url)
            finally:
                server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    folder.mkdir()
    for file, text in (("sqlite", lines), ("postgres", dumped)):
        packed = gzip.compress(text.encode(), 9, mtime=0)
        if len(packed) > MOST_BYTES:
            shutil.rmtree(folder)
            sys.exit(f"{file}: {len(packed)} bytes: keep fewer rows")
        (folder / f"{file}.sql.gz").write_bytes(packed)
        sys.stdout.write(f"{folder.name}/{file}.sql.gz: {len(packed)} bytes\n")


def run(tree, home, url, *words):
    """Run `cabinet …` of a checkout."""
    environ = {
        "CABINET_MODE": "demo",
        "CABINET_HOME": str(home),
        "CABINET_DATABASE_URL": url,
        "PATH": os.defpath,
        "PYTHONPATH": str(tree.resolve()),
    }
    subprocess.run(
        [sys.executable, "-c", "from cabinet.cli import main; main()", *words],
        env=environ,
        cwd=home,
        stdout=subprocess.DEVNULL,
        check=True,
    )


def prune(connection):
    """Take away most accounts and all that hangs on them, past every trigger."""
    triggers = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall()
    tables = {
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        )
    }
    connection.execute("PRAGMA foreign_keys = OFF")
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(KEPT)
    connection.execute(PHOTOS)
    for table in tables & set(FEW):
        connection.execute(
            f"DELETE FROM {table} WHERE id NOT IN (SELECT id FROM {table} LIMIT 20)"
        )
    while lost := connection.execute("PRAGMA foreign_key_check").fetchall():
        for table, row, *_ in lost:
            connection.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (row,))
    for table in tables & set(LOOSE):
        connection.execute(
            f"DELETE FROM {table} WHERE account_id NOT IN (SELECT id FROM account)"
        )
    for _, words in triggers:
        connection.execute(words)
    connection.execute("VACUUM")


def pour(path, url):
    """Put the rows into the tables that the migrations of the version have made."""
    with moving._snapshot(path) as source:
        open_database(url)
        with database.transaction():
            tables = filling.columns()
            with filling.bare():
                for table, columns in tables.items():
                    moving._copy(source, table, columns, lambda *_: None)
            filling.number_on()
    close_database()


def dump(url):
    """Return the database in SQL that needs no program of Postgres to be read."""
    done = subprocess.run(
        [
            *("pg_dump", "--no-owner", "--no-privileges"),
            *("--rows-per-insert=50", f"--dbname={url}"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    # What begins so is for psql alone; the rest runs on any connection.
    return "\n".join(line for line in lines if not line.startswith(("\\", "--")))


if __name__ == "__main__":
    main()
