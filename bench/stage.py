"""Where a pair is measured: copies of one database, in process or over gunicorn."""

import http.client
import os
import shutil
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

from flask import Flask

from bench.floor import Noted, check, floor_app, note
from bench.measure import Pair, compare, repeat
from bench.portal import Request
from cabinet.cli.server import Server
from cabinet.models import Session
from cabinet.models.connection import close_database, open_database

#: What the portal takes the moment of a request from.
CLOCK = "cabinet.clock"


def fresh_copy(home: Path) -> Path:
    """Return a copy of the portal's database as it is now, whose file nobody has open."""
    base, fresh = home / "cabinet.sqlite3", home / "fresh.sqlite3"
    close_database()
    with closing(sqlite3.connect(base)) as connection:
        connection.execute("VACUUM INTO ?", (str(fresh),))
    return fresh


def note_each(app: Flask, requests: list[Request]) -> list[Noted]:
    """Return what the portal does for each request; end if it refuses one."""
    noted = [note(app, request) for request in requests]
    refused = [one.status for one in noted if one.status != 200]
    if refused:
        message = f"{len(refused)} of {requests[0].path} were refused: {refused[0]}"
        raise SystemExit(message)
    return noted


class Stage:
    """Runs a pair on fresh copies of the same database."""

    def __init__(self, app: Flask, fresh: Path, *, rounds: int) -> None:
        self.app = app
        self.rounds = rounds
        self.fresh = fresh
        self.number = 0

    def measure(
        self,
        name: str,
        requests: list[Request],
        noted: list[Noted],
        times: int,
        over: Callable[..., Any],
        *,
        keeps_parts: bool = False,
    ) -> Pair:
        """Return ours beside the floor; `noted` are its answers, for each request."""
        ours_path, floor_path = self._copy("ours"), self._copy("floor")
        close_database()
        open_database(f"sqlite:///{ours_path}")
        first = requests[0]
        method = first.environ["REQUEST_METHOD"]
        tried = floor_app(self.app, first.path, method, noted[:1], self._copy("tried"))
        check(tried, first, noted[0])
        bare = floor_app(
            self.app, first.path, method, noted, floor_path, keeps_parts=keeps_parts
        )
        with over(self.app) as ours, over(bare) as floor:
            us = _Counted(repeat(_sender(ours, requests), times), ours.clock, times)
            it = _Counted(repeat(_sender(floor, requests), times), floor.clock, times)
            pair = compare(name, us, it, rounds=self.rounds)
        # The first round of each is not measured; the floor is measured twice a round.
        spent = Pair(name, us.spent[1:], it.spent[1::2], it.spent[2::2])
        return replace(pair, processor=spent)

    def _copy(self, name: str) -> Path:
        self.number += 1
        path = self.fresh.with_name(f"{name}-{self.number}.sqlite3")
        shutil.copyfile(self.fresh, path)
        # Whoever sends a reading has just opened its form: when a session was seen is
        # written down once in five minutes, and bringing all of them here takes longer.
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(
                "UPDATE session SET last_seen_at = ?",
                (Session.last_seen_at.db_value(self.app.extensions[CLOCK].now()),),
            )
        return path


class _Counted:
    """A round that also notes the processor's seconds of one act, on the average."""

    def __init__(
        self, round_: Callable[[], float], clock: Callable[[], float], times: int
    ) -> None:
        self._round = round_
        self._clock = clock
        self._times = times
        self.spent: list[float] = []

    def __call__(self) -> float:
        began = self._clock()
        seconds = self._round()
        self.spent.append((self._clock() - began) / self._times)
        return seconds


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


class Direct:
    """Sends to an application of this process."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def __call__(self, request: Request) -> int:
        """Return the status of the answer."""
        return request.send(self._app)[0]

    def clock(self) -> float:
        """Return the seconds of the processor this process has taken."""
        return time.process_time()


class Served:
    """Sends to a server that was started here."""

    def __init__(self, port: int, server: int) -> None:
        self._port = port
        self._server = server

    def __call__(self, request: Request) -> int:
        """Return the status of the answer."""
        return _fetch(self._port, request)

    def clock(self) -> float:
        """Return the seconds of the processor the server and its workers have taken."""
        told = Path(f"/proc/{self._server}/task/{self._server}/children").read_text()
        # The kernel's clock of a process, by its number: see clock_getcpuclockid(3).
        numbers = [self._server, *map(int, told.split())]
        return sum(time.clock_gettime((~number << 3) | 2) for number in numbers)


@contextmanager
def direct(app: Flask) -> Iterator[Direct]:
    """Ask in this process."""
    yield Direct(app)


@contextmanager
def served(app: Flask, workers: int = 1) -> Iterator[Served]:
    """Serve from a process of its own, as the portal does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    child = os.fork()
    if child == 0:
        try:
            Server(app, host="127.0.0.1", port=port, workers=workers).run()
        finally:
            # What the parent will clean up is not the child's.
            os._exit(0)
    try:
        _wait(port)
        yield Served(port, child)
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
        headers["Content-Type"] = request.environ.get("CONTENT_TYPE", "text/plain")
    connection.request(
        request.environ["REQUEST_METHOD"], request.path, request.body or None, headers
    )
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status
