"""How long the server listens to somebody who speaks slowly.

gunicorn waits for ever for the rest of a request that has begun, and each one that waits
holds a thread: sixteen slow connections would be the whole portal. Behind a proxy that
gathers requests first there are none; an office may have no proxy, and one may be
misconfigured.
"""

import socket
from errno import ECONNRESET
from time import monotonic
from typing import Any

from gunicorn.workers.gthread import _DEFER, TConn, ThreadWorker

#: Seconds for a request to come, and the bytes that buy one second more: who sends a
#: photograph over a slow line is heard to the end, who sends a letter at a time is not.
BEGIN_SECONDS = 15
BYTES_A_SECOND = 8 * 1024
#: Seconds for a piece of the answer to be taken.
TAKE_SECONDS = 60
#: Seconds a thread waits for the first word on a new connection. Gunicorn's own are five:
#: a hundred connections that say nothing would hold every thread for half a minute.
FIRST_WORD_SECONDS = 0.02


class Patient(socket.socket):
    """A connection that is given up when its request takes too long to come."""

    @classmethod
    def of(cls, plain: socket.socket) -> "Patient":
        """Take over the connection."""
        made = cls(plain.family, plain.type, plain.proto, fileno=plain.detach())
        made.begin()
        return made

    def begin(self) -> None:
        """Wait for another request; the time begins when somebody listens to it."""
        self._until: float | None = None

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Return what has come; who is too slow is gone (ConnectionResetError)."""
        now = monotonic()
        if self._until is None:
            self._until = now + BEGIN_SECONDS
        if now >= self._until:
            raise ConnectionResetError(ECONNRESET, "too slow")
        self.settimeout(self._until - now)
        try:
            came = super().recv(size, flags)
        except TimeoutError as error:
            raise ConnectionResetError(ECONNRESET, "too slow") from error
        finally:
            self.settimeout(TAKE_SECONDS)
        self._until += len(came) / BYTES_A_SECOND
        return came


class Worker(ThreadWorker):
    """gunicorn's worker with threads, whose connections are patient ones."""

    def enqueue_req(self, conn: Any) -> None:
        """Let a thread take the request: another one each time."""
        if isinstance(conn.sock, Patient):
            conn.sock.begin()
        else:
            conn.sock = Patient.of(conn.sock)
        super().enqueue_req(conn)

    def handle(self, conn: TConn) -> Any:
        """Answer, or leave the connection to the poller until something is said on it."""
        is_new = not conn.initialized and not conn.data_ready
        if is_new and not conn.wait_for_data(FIRST_WORD_SECONDS):
            return _DEFER
        return super().handle(conn)
