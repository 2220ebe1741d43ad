"""How long the server listens to somebody who speaks slowly.

gunicorn waits for ever for the rest of a request that has begun, and each one that waits
holds a thread: sixteen slow connections would be the whole portal. Behind a proxy that
gathers requests first there are none; an office may have no proxy, and one may be
misconfigured. Whoever does not part when the answer is there holds nobody either.
"""

import contextlib
import socket
from collections import deque
from concurrent.futures import Future
from errno import ECONNRESET
from functools import partial
from selectors import EVENT_READ
from time import monotonic
from typing import Any

from gunicorn.workers.gthread import _DEFER, TConn, ThreadWorker

#: Seconds for a request to come, and the bytes that buy one second more: who sends a
#: photograph over a slow line is heard to the end, who sends a letter at a time is not.
BEGIN_SECONDS = 15
BYTES_A_SECOND = 8 * 1024
#: Seconds after which whoever waits for a word looks whether it is still to be heard.
LOOK_SECONDS = 1
#: Seconds for a piece of the answer to be taken.
TAKE_SECONDS = 60
#: Seconds a thread waits for the first word on a new connection. Gunicorn's own are five:
#: a hundred connections that say nothing would hold every thread for half a minute.
FIRST_WORD_SECONDS = 0.02
#: Seconds for the other side to part after the last answer, and the bytes of what it still
#: sends that are read meanwhile: unread ones would make the system tear the answer off.
PART_SECONDS = 2
MOST_UNREAD = 16 * 1024 * 1024


class Patient(socket.socket):
    """A connection that is given up when its request takes too long to come."""

    #: Set by whoever stops the process: nobody listens to what still comes.
    is_hushed = False

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
        if self._until is None:
            self._until = monotonic() + BEGIN_SECONDS
        try:
            came = self._came(size, flags, self._until)
        finally:
            self.settimeout(TAKE_SECONDS)
        self._until += len(came) / BYTES_A_SECOND
        return came

    def _came(self, size: int, flags: int, until: float) -> bytes:
        while (left := until - monotonic()) > 0 and not self.is_hushed:
            self.settimeout(min(left, LOOK_SECONDS))
            with contextlib.suppress(TimeoutError):
                return super().recv(size, flags)
        raise ConnectionResetError(ECONNRESET, "too slow")


class Worker(ThreadWorker):
    """gunicorn's worker with threads, whose connections are patient ones."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        #: Connections whose request a thread has, or is yet to take.
        self.asked: dict[Any, Future[Any]] = {}
        self._parting: deque[Any] = deque()

    def enqueue_req(self, conn: Any) -> None:
        """Let a thread take the request: another one each time."""
        if isinstance(conn.sock, Patient):
            conn.sock.begin()
        else:
            conn.sock = Patient.of(conn.sock)
        self.asked[conn] = answer = self.tpool.submit(self.handle, conn)
        answer.add_done_callback(
            lambda answer: self.method_queue.defer(self.finish_request, conn, answer)
        )

    def handle(self, conn: TConn) -> Any:
        """Answer, or leave the connection to the poller until something is said on it."""
        is_new = not conn.initialized and not conn.data_ready
        if is_new and not conn.wait_for_data(FIRST_WORD_SECONDS):
            return _DEFER
        return super().handle(conn)

    def finish_request(self, conn: Any, fs: "Future[Any]") -> None:
        """Part with a connection, or keep it; waiting for nobody.

        gunicorn's own waits here until the other side parts too, and the process takes
        nobody in meanwhile.
        """
        self.asked.pop(conn, None)
        if fs.cancelled() or (fs.exception() is None and not fs.result()):
            self._part(conn)
        else:
            super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Close what has waited long enough for a word, or for its end."""
        super().murder_pending()
        now = monotonic()
        while self._parting and self._parting[0].timeout <= now:
            self._end(self._parting[0])

    def _part(self, conn: Any) -> None:
        """Say that no more comes, and close when the other side has said so too."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
        except OSError:
            self.nr_conns -= 1
            conn.close()
            return
        conn.timeout, conn.unread = monotonic() + PART_SECONDS, MOST_UNREAD
        self._parting.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self._hear_last, conn))

    def _hear_last(self, conn: Any, _sock: object) -> None:
        try:
            came = len(socket.socket.recv(conn.sock, 64 * 1024))
        except BlockingIOError:
            return
        except OSError:
            came = 0
        conn.unread -= came
        if not came or conn.unread <= 0:
            self._end(conn)

    def _end(self, conn: Any) -> None:
        self.poller.unregister(conn.sock)
        self._parting.remove(conn)
        self.nr_conns -= 1
        conn.close()
