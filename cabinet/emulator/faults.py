"""Harm done to calls on demand: what acquirers have been seen to do.

A fault waits for a call of its provider (`""` is any) and is used up by it. `before`
kinds do nothing else, `after` kinds do the call and spoil its answer. What depends on
chance depends on the fault's seed and on how often it was used.
"""

import errno
import random
import socket
import struct
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Self

from flask import Blueprint, Response, g, jsonify, request

from cabinet.emulator import notices
from cabinet.emulator.bank import Bank
from cabinet.emulator.book import Book, Deal, insert
from cabinet.emulator.cards import Deed

#: Faults of a call's answer, and those of notices.
CALLS = (
    "500-before",
    "500-after",
    "502-html",
    "timeout-before",
    "timeout-after",
    "reset",
    "reset-before",
    "reset-after",
    "slow-loris",
    "broken-json",
    "truncated",
    "empty",
    "429",
    "huge",
)
LIES = ("wrong-amount", "wrong-currency", "unknown-state")
NOTICES = notices.KINDS
FIRST = "notice-first"
LATER = "success-after-cancel"
KINDS = (*CALLS, *LIES, *NOTICES, FIRST, LATER)

#: Other words for the same.
ALIASES = {"unknown-status": "unknown-state"}

#: What `seconds` of a fault is when it is not told.
SECONDS = {"late-notice": 30, LATER: 5}

BEFORE = frozenset({"500-before", "502-html", "timeout-before", "reset-before", "429"})
FIRST_WAITS = 3.0

ERRORS = {
    "500-before": (500, "internal_server_error"),
    "500-after": (500, "internal_server_error"),
    "429": (429, "too_many_requests"),
}

#: What is left of an answer's body, and its media type.
TORN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "broken-json": (lambda _: b'{"id": ', "application/json"),
    "truncated": (lambda body: body[: len(body) // 2], "application/json"),
    "empty": (lambda _: b"", "text/html"),
    "huge": (lambda body: b" " * 3 * 1024 * 1024 + body, "application/json"),
}

#: How long a card makes the bank lie or fall silent.
TROUBLE = timedelta(minutes=1)
LYING_CARDS = {
    Deed.WRONG_AMOUNT: ("wrong-amount", None),
    Deed.WRONG_CURRENCY: ("wrong-currency", None),
    Deed.UNKNOWN_STATE: ("unknown-state", TROUBLE),
    Deed.READS_500: ("500-after", TROUBLE),
    Deed.READS_BROKEN: ("broken-json", TROUBLE),
    Deed.READS_HANG: ("timeout-after", TROUBLE),
}


class Faults:
    """The faults that wait for a call."""

    def __init__(
        self, book: Book, hang_seconds: float, clock: Callable[[], datetime]
    ) -> None:
        self._book = book
        self._hang = hang_seconds
        self._now = clock

    def plant(
        self,
        *,
        provider: str,
        call: str,
        kind: str,
        times: int,
        seed: int = 0,
        seconds: int | None = None,
    ) -> None:
        """Let the next calls go wrong."""
        with self._book.writing() as book:
            insert(
                book,
                "fault",
                provider=provider,
                call=call,
                kind=kind,
                times=times,
                seed=seed,
                seconds=SECONDS.get(kind, 0) if seconds is None else seconds,
            )

    def clear(self) -> None:
        """Forget every fault."""
        with self._book.writing() as book:
            book.execute("DELETE FROM fault")

    def watch(self, blueprint: Blueprint, provider: str, calls: dict[str, str]) -> None:
        """Let the calls of an interface go wrong; `calls` names its views."""

        def before() -> Response | None:
            name = (request.endpoint or "").rpartition(".")[2]
            g.fault = self._take(provider, calls.get(name, name))
            return self._spoiled(Response("")) if g.fault in BEFORE else None

        def after(response: Response) -> Response:
            if g.get("fault", "") and g.fault not in BEFORE:
                return self._spoiled(response)
            return response

        blueprint.before_request(before)
        blueprint.after_request(after)

    def tell_first(self, bank: Bank, deal: Deal) -> Deal:
        """Take the money and send the notice before the call itself is answered."""
        if g.get("fault", "") != FIRST or deal.state != "pending":
            return deal
        deal = bank.succeed(deal)
        until = time.monotonic() + FIRST_WAITS
        query = "SELECT id FROM notice WHERE deal = ? AND tries = 0"
        while time.monotonic() < until and self._book.rows(query, deal.id):
            time.sleep(0.02)
        return deal

    def told(self, deal: Deal, *, is_alone: bool = True) -> Deal:
        """Return the payment as it is told: a card or a fault may make the bank lie.

        A card's trouble with answers meets questions about its payment alone.
        """
        fault = g.get("fault", "") or self._of_card(deal)
        if fault in CALLS and is_alone:
            g.fault = fault
        if fault == "wrong-amount":
            amount = deal.amount - 1 if deal.amount > 1 else 2
            return replace(deal, amount=amount, captured=deal.captured and amount)
        if fault == "unknown-state":
            return replace(deal, state="unknown")
        if fault == "wrong-currency":
            return replace(deal, more={**deal.more, "currency": "KZT"})
        return deal

    def _of_card(self, deal: Deal) -> str:
        """Return what the card of the payment does to questions about it."""
        fault, lasts = LYING_CARDS.get(Deed(deal.deed or Deed.PAYS), ("", None))
        decided_at = deal.paid_at or deal.held_at
        is_over = lasts is not None and (
            decided_at is None or self._now() >= decided_at + lasts
        )
        return "" if decided_at is None or is_over else fault

    def _take(self, provider: str, call: str) -> str:
        """Return the kind of fault that meets the call; reading costs no lock."""
        query = (
            "SELECT * FROM fault WHERE times > 0 AND provider IN (?, '')"
            " AND call IN (?, '') ORDER BY id LIMIT 1"
        )
        if not self._book.rows(query, provider, call):
            return ""
        with self._book.writing() as book:
            row = book.execute(query, (provider, call)).fetchone()
            if row is None:
                return ""
            book.execute(
                "UPDATE fault SET times = times - 1, used = used + 1 WHERE id = ?",
                (row["id"],),
            )
        if row["kind"] != "reset":
            return str(row["kind"])
        chance = random.Random(f"{row['seed']}:{row['used']}")  # noqa: S311 - repeatable, no secret
        return chance.choice(("reset-before", "reset-after"))

    def _spoiled(self, response: Response) -> Response:  # noqa: PLR0911 - a line a fault
        if g.fault in ERRORS:
            return _error(*ERRORS[g.fault])
        if g.fault in TORN:
            tear, kind = TORN[g.fault]
            return Response(tear(response.get_data()), mimetype=kind)
        match g.fault:
            case "502-html":
                return Response("<html><h1>502 Bad Gateway</h1></html>", 502)
            case "timeout-before" | "timeout-after":
                time.sleep(self._hang)
                return Response("Gateway Timeout", 504)
            case "reset-before" | "reset-after":
                return Response(_HangUp(_socket()))
            case "slow-loris":
                drops = self._dripping(response.get_data())
                return Response(drops, mimetype="application/json")
        return response

    def _dripping(self, body: bytes) -> Iterator[bytes]:
        """Give a byte a second, until it has lasted long enough."""
        until = time.monotonic() + self._hang
        for place in range(len(body)):
            left = until - time.monotonic()
            if left > 0:
                time.sleep(min(1.0, left))
            yield body[place : place + 1]


def _error(status: int, code: str) -> Response:
    response = jsonify(
        type="error", id=str(uuid.uuid4()), code=code, description="Planted"
    )
    response.status_code = status
    return response


def _socket() -> socket.socket | None:
    environ = request.environ
    found: socket.socket | None = environ.get("gunicorn.socket") or environ.get(
        "werkzeug.socket"
    )
    return found


class _HangUp:
    """A body that cuts the connection: the caller sees it reset."""

    def __init__(self, connection: socket.socket | None) -> None:
        self._connection = connection

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        if self._connection is not None:
            with suppress(OSError):
                at_once = struct.pack("ii", 1, 0)
                self._connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, at_once
                )
        raise ConnectionResetError(errno.ECONNRESET, "planted")
