"""The production server: gunicorn's workers behind one command."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gthread import _DEFER, TConn, ThreadWorker

from cabinet.models.base import database
from cabinet.services import bulkheads
from cabinet.services.bulkheads import THREADS

TIMEOUT_SECONDS = 25
GRACE_SECONDS = 30
#: Seconds a thread waits for the first word on a new connection. Gunicorn's own are five:
#: a hundred connections that say nothing would hold every thread for half a minute.
FIRST_WORD_SECONDS = 0.02


class Worker(ThreadWorker):
    """Gunicorn's threads; who only opens a connection is not waited for by one."""

    def handle(self, conn: TConn) -> Any:
        """Answer, or leave the connection to the poller until something is said on it."""
        is_new = not conn.initialized and not conn.data_ready
        if is_new and not conn.wait_for_data(FIRST_WORD_SECONDS):
            return _DEFER
        return super().handle(conn)


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
    ) -> None:
        self.application = app
        bulkheads.share(workers)
        self.settings = {
            "bind": f"{host}:{port}",
            "workers": workers,
            # Browsers open connections in advance and say nothing on them: a worker of
            # one thread would wait for the first word and serve nobody.
            "worker_class": Worker,
            "threads": THREADS,
            "preload_app": True,
            "timeout": TIMEOUT_SECONDS,
            "graceful_timeout": grace,
            "keepalive": 5,
            "limit_request_line": 4094,
            "limit_request_fields": 60,
            "max_requests": 20_000,
            "max_requests_jitter": 2_000,
            "loglevel": "warning",
            # It would be one more way in, and a thread beside which workers are forked.
            "control_socket_disable": True,
            "post_fork": _forget_connections,
        }
        super().__init__()

    def load_config(self) -> None:
        """Hand our settings to gunicorn."""
        for name, value in self.settings.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        """Return the application."""
        return self.application


def _forget_connections(_server: object, _worker: object) -> None:
    """Start a worker without connections: two processes must not share one."""
    database.obj.dispose()
