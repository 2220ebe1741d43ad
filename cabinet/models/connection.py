"""Opening the database the settings name."""

from urllib.parse import parse_qsl, unquote, urlsplit

import orjson
from peewee import PostgresqlDatabase, SqliteDatabase
from playhouse.pool import PooledPostgresqlDatabase

from cabinet.models.base import WRITERS_WAIT, database
from cabinet.models.pool import PATIENCE, Pool

#: What SQLite is told on every connection. `synchronous=FULL` because with NORMAL a
#: power cut loses acknowledged commits; `secure_delete` because what is erased must not
#: stay in the file's free pages.
PRAGMAS = (
    ("journal_mode", "wal"),
    ("synchronous", "full"),
    ("foreign_keys", 1),
    ("busy_timeout", WRITERS_WAIT * 1000),
    ("cache_size", -16000),
    ("secure_delete", 1),
)

#: Where Postgres listens, unless its address says otherwise.
PORT = 5432


def open_database(url: str) -> None:
    """Point every model at the database of the URL; connections open when needed.

    `sqlite:///relative`, `sqlite:////absolute` or `postgresql://user:password@host/name?host=/socket/folder`.
    Nodes of a replicated Postgres stand side by side, and the one that takes writes is
    found: `postgresql://user@one:5432,two:5432/name?target_session_attrs=read-write`.
    """
    close_database()
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        database.initialize(SqliteDatabase(parts.path[1:], pragmas=PRAGMAS))
        return
    database.initialize(_postgres(url))


def close_database() -> None:
    """Close every connection of this process, if any was opened."""
    opened = database.obj
    if isinstance(opened, PooledPostgresqlDatabase):
        opened.close_all()
    elif opened is not None:
        opened.close()


def _postgres(url: str) -> PostgresqlDatabase:
    from psycopg.types.json import set_json_loads  # noqa: PLC0415 - heavy, and of Postgres alone

    set_json_loads(orjson.loads)
    parts = urlsplit(url)
    hosts, ports = _servers(parts.netloc)
    query = {**PATIENCE, **dict(parse_qsl(parts.query))}
    return Pool(
        unquote(parts.path.removeprefix("/")),
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        host=query.pop("host", "") or hosts,
        port=query.pop("port", "") or ports,
        max_connections=int(query.pop("max_connections", 8)),
        stale_timeout=300,
        timeout=10,
        prefer_psycopg3=True,
        **query,
    )


def _servers(netloc: str) -> tuple[str | None, str]:
    """Return the hosts and the ports of an address with commas, as libpq takes them."""
    named = netloc.rpartition("@")[2].split(",")
    each = [urlsplit(f"//{text}") for text in named]
    hosts = ",".join(one.hostname or "" for one in each)
    return hosts or None, ",".join(str(one.port or PORT) for one in each)
