"""Databases on a Postgres server that are swept after a test and given out again.

Copying the template for each test takes three times as long as taking out the few rows
that a test has left, and putting back those of the template that it has changed.
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
#: Every table has one of its own, named after it.
SEQUENCES = """
SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL
"""
SUFFIX = "_id_seq"
#: These number no rows, and no template has any in them.
UNNUMBERED = ("search_word", "search_due")
COPY_OUT = sql.SQL("COPY {} TO STDOUT")
COPY_IN = sql.SQL("COPY {} FROM STDIN")
MARK = sql.SQL("SELECT count(*), max(xmin::text::bigint) FROM {}")
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
            self.rows = {
                table: self._rows(connection, table)
                for table in self._tables(connection)
            }
        self.shapes = {}
        self.marks = {}

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
            self.marks[name] = self._marks(connection)
        return name

    def give_back(self, name):
        """Sweep the database for the next, or drop it if it is not what it was."""
        with self._in(name) as connection:
            connection.execute(OTHERS)
            is_same = connection.execute(SHAPE).fetchone() == self.shapes[name]
            if is_same:
                self._sweep(connection, name)
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

    def _sweep(self, connection, name):
        # Without triggers: some tables never lose a row.
        connection.execute("SET session_replication_role = replica")
        for table in set(self._tables(connection)) - set(self.rows):
            self._refill(connection, table, b"", None)
        for table in UNNUMBERED:
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
        marks = self._marks(connection)
        changed = [one for one in marks if marks[one] != self.marks[name][one]]
        for table in changed:
            self._refill(connection, table, *self.rows[table])
        if changed:
            self.marks[name] = self._marks(connection)

    def _refill(self, connection, table, rows, last):
        """Let the table have these rows alone, and go on numbering after the last."""
        where = sql.Identifier(table)
        connection.execute(sql.SQL("DELETE FROM {}").format(where))
        if rows:
            with connection.cursor().copy(COPY_IN.format(where)) as copy:
                copy.write(rows)
        connection.execute(
            "SELECT setval(%s::regclass, %s, %s)",
            [f'"{table}{SUFFIX}"', last or 1, last is not None],
        )

    def _rows(self, connection, table):
        """Return the rows of a table as Postgres copies them, and its last number."""
        where = sql.Identifier(table)
        with connection.cursor().copy(COPY_OUT.format(where)) as copy:
            rows = b"".join(copy)
        return rows, self._tables(connection)[table]

    def _marks(self, connection):
        """Return what is another as soon as a table of the template is written to.

        The number of rows, the last transaction that wrote one, the last id given.
        """
        counted = self._tables(connection)
        marks = {}
        for table in self.rows:
            where = sql.Identifier(table)
            marks[table] = (
                counted[table],
                *connection.execute(MARK.format(where)).fetchone(),
            )
        return marks

    def _tables(self, connection):
        """Return the tables that have had rows, and the last id each has given."""
        rows = connection.execute(SEQUENCES).fetchall()
        return {name.removesuffix(SUFFIX): last for name, last in rows}

    def _in(self, name):
        return psycopg.connect(self.url_of(name), autocommit=True)
