"""Empty databases on a Postgres server: one is swept and given out again.

Copying the migrated database for each test takes three times as long as taking out the
few rows that a test has left.
"""

import secrets

import psycopg
from psycopg import sql

#: What changes when a test changes more than rows: such a database is thrown away.
SHAPE = """
SELECT (SELECT count(*) FROM pg_class), (SELECT max(oid) FROM pg_class),
       (SELECT count(*) FROM pg_attribute), (SELECT max(oid) FROM pg_constraint),
       (SELECT count(*) FROM pg_trigger WHERE tgenabled = 'O'),
       (SELECT max(oid) FROM pg_proc), (SELECT count(*) FROM pg_index)
"""
#: Every table has one of its own, `<table>_id_seq`.
SEQUENCES = "SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL"
OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class Spare:
    """Gives out databases like the template, and sweeps those that come back."""

    def __init__(self, template, *, url_of, on_server):
        self.template = template
        self.url_of = url_of
        self.on_server = on_server
        self.kept = []
        with self._in(template) as connection:
            self.counted = self._counted(connection)
        self.shapes = {}

    def take(self):
        """Return the name of a database that is as the template is."""
        if self.kept:
            return self.kept.pop()
        name = f"cabinet_{secrets.token_hex(6)}"
        # Through the log, as is the default, a copy takes four times as long.
        self.on_server(
            f'CREATE DATABASE "{name}" TEMPLATE "{self.template}" STRATEGY FILE_COPY'
        )
        with self._in(name) as connection:
            self.shapes[name] = connection.execute(SHAPE).fetchone()
        return name

    def give_back(self, name):
        """Sweep the database for the next, or drop it if it is not what it was."""
        with self._in(name) as connection:
            connection.execute(OTHERS)
            is_same = connection.execute(SHAPE).fetchone() == self.shapes[name]
            if is_same:
                self._sweep(connection)
        if is_same:
            self.kept.append(name)
        else:
            self.drop(name)

    def drop(self, name):
        """Drop the database, whoever is still in it."""
        self.on_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def close(self):
        """Drop what is left."""
        for name in self.kept:
            self.drop(name)

    def _sweep(self, connection):
        # Without triggers: some tables never lose a row.
        connection.execute("SET session_replication_role = replica")
        for name in self._counted(connection) - self.counted:
            table = sql.Identifier(name.removesuffix("_id_seq"))
            connection.execute(sql.SQL("DELETE FROM {}").format(table))
            connection.execute("SELECT setval(%s::regclass, 1, false)", [f'"{name}"'])

    def _counted(self, connection):
        """Return the sequences that have given a number: their tables have had rows."""
        return {name for (name,) in connection.execute(SEQUENCES).fetchall()}

    def _in(self, name):
        return psycopg.connect(self.url_of(name), autocommit=True)
