"""Connections to Postgres that outlive the machine they lead to.

While the primary of a replicated Postgres is gone, whoever connects waits for a machine
that says nothing. The library's own pool makes everybody wait behind them, those included
who have a connection already; here each waits for themselves.
"""

import heapq
import select
from contextlib import nullcontext
from time import monotonic
from typing import Any

from peewee import PostgresqlDatabase
from playhouse.pool import (
    MaxConnectionsExceeded,
    PoolConnection,
    PooledPostgresqlDatabase,
)

#: What libpq is told unless the address says otherwise: seconds to reach one machine, and
#: how soon one that fell silent in the middle of a statement is given up.
PATIENCE = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "3",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}


class Pool(PooledPostgresqlDatabase):
    """A pool whose locks are never held while a connection is being made.

    Of several machines the one that took the last connection is asked first.
    """

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        # What it guards is each thread's own.
        self._lock = nullcontext()
        self._opening = 0
        self._last = 0

    def _connect(self) -> Any:
        with self._pool_lock:
            conn = self._idle()
            if conn is not None:
                return conn
            if len(self._in_use) + self._opening >= self._max_connections:
                raise MaxConnectionsExceeded("Exceeded maximum connections.")
            self._opening += 1
        made = None
        try:
            made = self._open()
        finally:
            with self._pool_available:
                self._opening -= 1
                if made is not None:
                    self._use(made, monotonic())
                else:
                    self._pool_available.notify()
        return made

    def _idle(self) -> Any:
        """Return a connection nobody uses, None when there is none that works."""
        while self._connections:
            stamp, _, conn = heapq.heappop(self._connections)
            if self._is_closed(conn) or (self._stale_timeout and self._is_stale(stamp)):
                self._close_raw(conn)
            else:
                self._use(conn, stamp)
                return conn
        return None

    def _use(self, conn: Any, made_at: float) -> None:
        self._in_use[self.conn_key(conn)] = PoolConnection(made_at, conn, monotonic())

    def _is_stale(self, timestamp: float) -> bool:
        """Tell whether the connection is old, whatever becomes of the clock."""
        return bool(monotonic() - timestamp > self._stale_timeout)

    def _is_closed(self, conn: Any) -> bool:
        """Tell whether the connection is of no use, without asking the server.

        A server that was stopped has said so and closed it. Nothing else comes to one
        that lies idle: whatever is there to be read, another is opened.
        """
        if super()._is_closed(conn):
            return True
        poll = select.poll()
        poll.register(conn.fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def _open(self) -> Any:
        """Connect to the first machine that takes writes, the last one before others."""
        hosts = str(self.connect_params.get("host") or "").split(",")
        ports = str(self.connect_params.get("port") or "").split(",")
        if len(hosts) == 1:
            return PostgresqlDatabase._connect(self)  # noqa: SLF001 - our own base
        if len(ports) == 1:
            ports *= len(hosts)
        order = [*range(self._last, len(hosts)), *range(self._last)]
        params = self.connect_params | {
            "host": ",".join(hosts[place] for place in order),
            "port": ",".join(ports[place] for place in order),
        }
        conn = self._adapter.connect(self, **params)
        conn.autocommit = True
        there = (conn.info.host, str(conn.info.port))
        self._last = next(
            (
                place
                for place, here in enumerate(zip(hosts, ports, strict=True))
                if here == there
            ),
            0,
        )
        return conn
