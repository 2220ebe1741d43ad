"""Sends the notices until they are taken, and does what a slow card put off."""

import logging
import threading
import urllib.error
import urllib.request
from datetime import UTC, timedelta

from cabinet.emulator.bank import Bank

log = logging.getLogger(__name__)

PAUSES = (1, 5, 15, 60, 300, 900, 3600)
TIMEOUT = 10
IDLE = 0.2
OK = 200


class Sender:
    """A thread that works off the queue of notices; `pace` shortens the pauses."""

    def __init__(self, bank: Bank, *, pace: float = 1.0) -> None:
        self._bank = bank
        self._pace = pace
        self._stop = threading.Event()
        # The environment's proxies are not for this machine's own addresses.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def start(self) -> None:
        """Begin; the thread ends with the process."""
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        """End after the notice that is being sent."""
        self._stop.set()

    def turn(self) -> int:
        """Do what is due now; returns how much it was."""
        done = self._bank.do_due()
        now = self._bank.now().astimezone(UTC).isoformat(timespec="microseconds")
        due = self._bank.book.rows(
            "SELECT * FROM notice WHERE due_at <= ? ORDER BY due_at, id LIMIT 50", now
        )
        for row in due:
            is_taken = self._is_taken(row)
            pause = PAUSES[min(row["tries"], len(PAUSES) - 1)] * self._pace
            again = self._bank.now() + timedelta(seconds=pause)
            moment = again.astimezone(UTC).isoformat(timespec="microseconds")
            with self._bank.book.writing() as book:
                book.execute(
                    "UPDATE notice SET tries = tries + 1, due_at = ?, taken_at = ?"
                    " WHERE id = ?",
                    (
                        None if is_taken else moment,
                        now if is_taken else None,
                        row["id"],
                    ),
                )
        return done + len(due)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                done = self.turn()
            except Exception:
                # One bad turn must not end the notices of a day.
                log.exception("a turn of the sender failed")
                done = 0
            if not done:
                self._stop.wait(IDLE)

    def _is_taken(self, row: object) -> bool:
        values = dict(row)  # type: ignore[call-overload]
        asked = urllib.request.Request(  # noqa: S310 - the shop's own address
            values["url"],
            data=values["body"] or None,
            headers={"Content-Type": values["media_type"]} if values["body"] else {},
        )
        try:
            with self._opener.open(asked, timeout=TIMEOUT) as answer:
                said = answer.read(1000).decode("utf-8", "replace")
                return answer.status == OK and values["answer"] in {"", said}
        except (OSError, ValueError):
            return False
