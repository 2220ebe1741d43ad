"""Sends the notices until they are taken, and does what a slow card put off."""

import http.client
import logging
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit

from cabinet.emulator.bank import Bank
from cabinet.emulator.book import insert, text_of

log = logging.getLogger(__name__)

#: Seconds before each repeat; the last one goes on for a day.
PAUSES = (1, 5, 15, 60, 300, 900, 3600)
MOST_TRIES = 32

TIMEOUT = 10
IDLE = 0.1
OK = 200
MOST_ANSWER = 1000

#: Notices on their way at once, in all and to one address: a shop that hangs does not
#: hold up the others.
AT_ONCE = 12
TO_ONE = 4


class Sender:
    """A thread that works off the queue of notices; `pace` shortens the pauses."""

    def __init__(self, bank: Bank, *, pace: float = 1.0) -> None:
        self._bank = bank
        self._pace = pace
        self._stop = threading.Event()
        self._busy: dict[int, str] = {}
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin; the threads end with the process."""
        for work in (self._do_due, *[self._send_one] * AT_ONCE):
            thread = threading.Thread(target=self._run, args=(work,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """End after the notices that are being sent."""
        self._stop.set()
        for thread in self._threads:
            thread.join(TIMEOUT)

    def turn(self) -> int:
        """Do what is due now; returns how much it was."""
        done = self._bank.do_due()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            rows = self._due(50)
            list(pool.map(self._send, rows))
        return done + len(rows)

    def _run(self, work: Callable[[], int]) -> None:
        while not self._stop.is_set():
            try:
                done = work()
            except Exception:
                # One bad turn must not end the notices of a day.
                log.exception("a turn of the sender failed")
                done = 0
            if not done:
                self._stop.wait(IDLE)
        self._bank.book.close()

    def _do_due(self) -> int:
        return self._bank.do_due()

    def _send_one(self) -> int:
        rows = self._due(1)
        for row in rows:
            self._send(row)
        return len(rows)

    def _due(self, most: int) -> list[sqlite3.Row]:
        """Take notices no other thread is sending; a new process sends them again."""
        with self._lock:
            due = self._bank.book.rows(
                "SELECT * FROM notice WHERE due_at <= ? ORDER BY due_at, id LIMIT 300",
                text_of(self._bank.now()),
            )
            taken: list[sqlite3.Row] = []
            for row in due:
                host = urlsplit(row["url"]).netloc
                busy = list(self._busy.values()).count(host)
                if row["id"] not in self._busy and busy < TO_ONE and len(taken) < most:
                    self._busy[row["id"]] = host
                    taken.append(row)
        return taken

    def _send(self, row: sqlite3.Row) -> None:
        try:
            outcome, is_taken = _deliver(row)
            self._note(row, outcome, is_taken=is_taken)
        finally:
            with self._lock:
                self._busy.pop(row["id"], None)

    def _note(self, row: sqlite3.Row, outcome: str, *, is_taken: bool) -> None:
        now = self._bank.now()
        pause = PAUSES[min(row["tries"], len(PAUSES) - 1)] * self._pace
        is_over = is_taken or row["tries"] + 1 >= MOST_TRIES
        with self._bank.book.writing() as book:
            book.execute(
                "UPDATE notice SET tries = tries + 1, due_at = ?, taken_at = ?"
                " WHERE id = ?",
                (
                    None if is_over else text_of(now + timedelta(seconds=pause)),
                    text_of(now) if is_taken else None,
                    row["id"],
                ),
            )
            insert(book, "attempt", notice=row["id"], at=text_of(now), outcome=outcome)


def _deliver(row: sqlite3.Row) -> tuple[str, bool]:
    """Send the notice; return what came of it and whether the shop took it."""
    parts = urlsplit(row["url"])
    kind = (
        http.client.HTTPSConnection
        if parts.scheme == "https"
        else http.client.HTTPConnection
    )
    target = parts.path or "/"
    if parts.query:
        target = f"{target}?{parts.query}"
    headers = {"User-Agent": "practice-bank", "Connection": "close"}
    if row["body"]:
        headers["Content-Type"] = row["media_type"]
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
    try:
        method = "POST" if row["body"] else "GET"
        connection.request(method, target, row["body"] or None, headers)
        answer = connection.getresponse()
        said = answer.read(MOST_ANSWER).decode("utf-8", "replace")
    except (OSError, ValueError, http.client.HTTPException) as error:
        return type(error).__name__, False
    finally:
        connection.close()
    return str(answer.status), answer.status == OK and row["answer"] in {"", said}
