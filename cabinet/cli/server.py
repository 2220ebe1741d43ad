"""The production server: gunicorn's workers behind one command."""

import ctypes
import gc
from collections.abc import Callable
from logging import LogRecord
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger

from cabinet.cli import stopping
from cabinet.config import logs
from cabinet.config.watching import LogForm
from cabinet.jobs.signals import hear_no_more
from cabinet.models.base import database
from cabinet.services import bulkheads
from cabinet.services.bulkheads import THREADS

TIMEOUT_SECONDS = 25
GRACE_SECONDS = 30
#: Bytes of the first line of a request and of a header, and how many headers it has: more
#: than any browser sends. How long a body may be, each page says itself (cabinet.app).
MOST_LINE = 4094
MOST_HEADER = 8190
MOST_HEADERS = 60
#: What gunicorn says with the sender's address or the address asked for in it, and what
#: is written in its place.
TELLING = {
    "Invalid request from": "a request that cannot be read was refused",
    "Error handling request": "a request failed in the server",
}


class Server(BaseApplication):
    """Runs the portal until SIGINT or SIGTERM, finishing what has begun."""

    def __init__(
        self,
        app: Flask,
        *,
        host: str,
        port: int,
        workers: int,
        grace: int = GRACE_SECONDS,
        log: LogForm = LogForm.TEXT,
    ) -> None:
        self.application = app
        bulkheads.share(workers)
        self.settings = {
            "bind": f"{host}:{port}",
            "workers": workers,
            # Browsers open connections in advance and say nothing on them: a worker of
            # one thread would wait for the first word and serve nobody.
            "worker_class": stopping.Worker,
            "threads": THREADS,
            "preload_app": True,
            "timeout": TIMEOUT_SECONDS,
            "graceful_timeout": grace,
            "keepalive": 5,
            "limit_request_line": MOST_LINE,
            "limit_request_fields": MOST_HEADERS,
            "limit_request_field_size": MOST_HEADER,
            "max_requests": 20_000,
            "max_requests_jitter": 2_000,
            "loglevel": "warning",
            "logger_class": _log_of(log),
            # It would be one more way in, and a thread beside which workers are forked.
            "control_socket_disable": True,
            "when_ready": _begin,
            "on_exit": _end,
            "post_fork": _begin_worker,
        }
        super().__init__()

    def load_config(self) -> None:
        """Hand our settings to gunicorn."""
        for name, value in self.settings.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        """Return the application."""
        return self.application


def _begin(server: Arbiter) -> None:
    stopping.obey(server)
    _share()


def _end(_server: Arbiter) -> None:
    hear_no_more()


def _share() -> None:
    """Let the workers have what is loaded in common.

    A collection writes into every object it looks at, and each worker would get a copy
    of its own of the pages they lie on. Nothing is collected before: it would take a
    tenth of the start, and what was loaded is needed.
    """
    gc.freeze()
    _give_back()


#: What the C library's `mallopt` calls its settings (malloc.h), and what they are set to.
#: Left to itself it keeps what a password's check took, 19 MiB, in each of the threads.
HEAP = (
    (-3, 2**20),  # M_MMAP_THRESHOLD: as much goes back to the system at once
    (-1, 2**20),  # M_TRIM_THRESHOLD: so does as much at a heap's end
    (-8, 2),  # M_ARENA_MAX: heaps that the threads share
)


def _give_back() -> None:
    """Let memory that is free go back to the system; only glibc has to be told."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    for name, value in HEAP:
        mallopt(name, value)


def _log_of(form: LogForm) -> type[Logger]:
    """Return gunicorn's log, written as ours is and as discreetly."""

    class Log(Logger):
        def setup(self, cfg: object) -> None:
            super().setup(cfg)
            for handler in self.error_log.handlers:
                handler.setFormatter(logs.formatter(form))
                handler.addFilter(_say_no_address)

    return Log


def _say_no_address(record: LogRecord) -> bool:
    for begin, words in TELLING.items():
        if str(record.msg).startswith(begin):
            record.msg, record.args = words, ()
    return True


def _begin_worker(server: Arbiter, worker: stopping.Worker) -> None:
    """Start a worker without connections: two processes must not share one."""
    database.obj.dispose()
    worker.told = server.SIG_QUEUE
