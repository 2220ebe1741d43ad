"""How the server stops: who has come is answered, who comes is refused, within its grace.

gunicorn's own stop leaves the door open with nobody behind it: whoever connects meanwhile
waits, and is torn off at the end. SIGINT makes it drop what it is doing, and so does a
second signal. Somebody who sends a file over a slow line would be cut off by a kill.
"""

import contextlib
import signal
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from selectors import EVENT_READ
from time import monotonic
from types import FrameType
from typing import Any

from gunicorn.arbiter import Arbiter
from gunicorn.workers.gthread import _DEFER, STOP_KEEPALIVE_LINGER

from cabinet.cli import patience
from cabinet.jobs.signals import STOPS, hear_and_do_nothing

#: Parts of the grace: until the first a request may still be coming, until the second one
#: that has come may wait for a thread. What has begun has all of it.
HEARD = 0.3
BEGUN = 0.9

_WORDS = "Кабинет перезапускается. Обновите страницу через минуту.\n".encode()
#: What a request is told that no thread has taken in time.
REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\n"
    b"Connection: close\r\n"
    b"Retry-After: 30\r\n"
    b"Cache-Control: no-store\r\n"
    b"X-Content-Type-Options: nosniff\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_WORDS), _WORDS)
)


def obey(server: Arbiter) -> None:
    """Let the server stop in the same way by SIGINT and SIGTERM; a second changes nothing."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        hear_and_do_nothing()
        # Whoever comes between the last look at the door and its closing would be torn
        # off; the system does not answer them at first, and then says that it is closed.
        for listener in server.LISTENERS:
            listener.listen(0)
        server.SIG_QUEUE.put_nowait(signal.SIGTERM)

    for number in STOPS:
        signal.signal(number, stop)


class Worker(patience.Worker):
    """A worker that takes in whoever has connected, closes the door and answers them all."""

    sockets: list[Any]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        #: The signals of the process it was forked of, and what came before its own.
        self.told: SimpleQueue[int] = SimpleQueue()
        self._began: float | None = None

    def init_signals(self) -> None:
        """Leave SIGINT, which a terminal sends to all, to the process that starts us."""
        super().init_signals()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        while not self.told.empty():
            if self.told.get() == signal.SIGTERM:
                self.handle_exit(signal.SIGTERM, None)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; told again, go on stopping."""
        if self._began is None:
            self._began = monotonic()
        super().handle_exit(sig, frame)

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001 - gunicorn's
        """Let people in, or not; when stopping, never again."""
        super().set_accept_enabled(enabled)
        self._shut_door()

    def finish_request(self, conn: Any, fs: "Future[Any]") -> None:
        """Part with a connection, or keep it; when stopping, briefly.

        gunicorn's own closes one that has not said anything yet: its request may be on
        the way.
        """
        has_failed = fs.cancelled() or fs.exception() is not None
        if self.alive or has_failed or fs.result() is not _DEFER:
            super().finish_request(conn, fs)
            return
        self.asked.pop(conn, None)
        conn.sock.setblocking(False)
        conn.timeout = monotonic() + STOP_KEEPALIVE_LINGER
        self.pending_conns.append(conn)
        heard = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, EVENT_READ, heard)

    def murder_pending(self) -> None:
        """Close what has waited long enough; as the grace ends, sooner and sooner."""
        super().murder_pending()
        if self._began is None:
            return
        self._shut_door()
        passed = monotonic() - self._began
        if passed > HEARD * self.cfg.graceful_timeout:
            self._listen_no_more()
        if passed > BEGUN * self.cfg.graceful_timeout:
            self._refuse()

    def _shut_door(self) -> None:
        """Take in who has connected already, and let nobody else connect."""
        if self._began is None or self._accepting:
            return
        for listener in self.sockets:
            before = -1
            while before < self.nr_conns:
                before = self.nr_conns
                self.accept(listener)
            listener.close()
        self.sockets = []

    def _listen_no_more(self) -> None:
        """Wait no longer for requests that are slow in coming: the portal says 503."""
        for conn, answer in self.asked.items():
            if answer.running():
                conn.sock.is_hushed = True

    def _refuse(self) -> None:
        """Tell those to come again whose request nobody has begun."""
        for conn, answer in list(self.asked.items()):
            if answer.cancel():
                del self.asked[conn]
                with contextlib.suppress(OSError):
                    conn.sock.setblocking(False)
                    conn.sock.send(REFUSAL)
