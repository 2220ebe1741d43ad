"""How much slower a page is than the same SQL and template in a bare Flask view.

`python -m bench.pages`: the home page and a reading, in process and over gunicorn.
"""

import http.client
import os
import shutil
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

from flask import Flask

from bench.floor import Noted, floor_app, note
from bench.measure import HEADER, Pair, compare, machine, repeat, write
from bench.portal import Request, demo, portal, signed_in
from bench.readers import filled_form, give_readers
from cabinet.cli.server import Server
from cabinet.models.connection import close_database, open_database

ROUNDS = 9
PAGES = 40
READINGS = 6
#: One for each reading: the floor is measured twice a round, and both warm up first.
SENDERS = READINGS * (2 * ROUNDS + 2)


def main() -> None:
    """Measure and write the section of docs/bench.md."""
    with demo() as home:
        app = portal()
        base, fresh = home / "cabinet.sqlite3", home / "fresh.sqlite3"
        give_readers(base, SENDERS)
        cookie = signed_in(app)
        page = Request("/", cookie=cookie)
        readings = [filled_form(app, number).request() for number in range(SENDERS)]
        close_database()
        with closing(sqlite3.connect(base)) as connection:
            connection.execute("VACUUM INTO ?", (str(fresh),))

        stage = _Stage(app, fresh)
        noted_page = [note(app, page)]
        noted_readings = [note(app, request) for request in readings]
        refused = [noted for noted in noted_readings if noted.status != 200]
        if refused:
            message = f"{len(refused)} readings were refused: {refused[0].status}"
            raise SystemExit(message)

        pairs = [
            stage.measure("home page, in process", [page], noted_page, PAGES, _direct),
            stage.measure(
                "reading sent, in process", readings, noted_readings, READINGS, _direct
            ),
            stage.measure("home page, gunicorn", [page], noted_page, PAGES, _served),
            stage.measure(
                "reading sent, gunicorn", readings, noted_readings, READINGS, _served
            ),
        ]
    write("pages", _section(pairs, noted_page[0], noted_readings[0]))


def _section(pairs: list[Pair], page: Noted, reading: Noted) -> str:
    rows = "\n".join(pair.row() for pair in pairs)
    return (
        f"{machine()}\n\n{HEADER}\n{rows}\n\n"
        f"The home page: {len(page.statements)} statements, {page.length} bytes."
        f" A reading: {len(reading.statements)} statements with a commit that reaches the"
        f" disk, {reading.length} bytes. {ROUNDS} rounds in turns; SQLite, WAL,"
        " `synchronous=FULL`; over gunicorn one worker of threads and a new connection"
        " for each request. The floor: the same statements and values over `sqlite3`, the"
        " same template and context, a bare Flask view."
    )


class _Stage:
    """Runs a pair on fresh copies of the same database."""

    def __init__(self, app: Flask, fresh: Path) -> None:
        self.app = app
        self.fresh = fresh
        self.number = 0

    def measure(
        self,
        name: str,
        requests: list[Request],
        noted: list[Noted],
        times: int,
        over: Callable[..., Any],
    ) -> Pair:
        ours_path, floor_path = self._copy("ours"), self._copy("floor")
        close_database()
        open_database(f"sqlite:///{ours_path}")
        first = requests[0]
        method = first.environ["REQUEST_METHOD"]
        bare = floor_app(self.app, first.path, method, noted, floor_path)
        with over(self.app) as ours, over(bare) as floor:
            return compare(
                name,
                repeat(_sender(ours, requests), times),
                repeat(_sender(floor, requests), times),
                rounds=ROUNDS,
            )

    def _copy(self, name: str) -> Path:
        self.number += 1
        path = self.fresh.with_name(f"{name}-{self.number}.sqlite3")
        shutil.copyfile(self.fresh, path)
        return path


def _sender(
    send: Callable[[Request], int], requests: list[Request]
) -> Callable[[], None]:
    """Return an act that sends the next request; one alone is sent for ever."""
    queue = cycle(requests) if len(requests) == 1 else iter(requests)

    def act() -> None:
        status = send(next(queue))
        if status != 200:
            message = f"answered {status}"
            raise SystemExit(message)

    return act


@contextmanager
def _direct(app: Flask) -> Iterator[Callable[[Request], int]]:
    yield lambda request: request.send(app)[0]


@contextmanager
def _served(app: Flask) -> Iterator[Callable[[Request], int]]:
    """Serve from a process of its own, as the portal does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    child = os.fork()
    if child == 0:
        try:
            Server(app, host="127.0.0.1", port=port, workers=1).run()
        finally:
            # What the parent will clean up is not the child's.
            os._exit(0)
    try:
        _wait(port)
        yield lambda request: _fetch(port, request)
    finally:
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)


def _wait(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    message = "the server did not start"
    raise SystemExit(message)


def _fetch(port: int, request: Request) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = dict(request.headers)
    if request.body:
        headers["Content-Type"] = request.environ["CONTENT_TYPE"]
    connection.request(
        request.environ["REQUEST_METHOD"], request.path, request.body or None, headers
    )
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


if __name__ == "__main__":
    main()
