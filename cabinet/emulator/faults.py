"""Harm done to calls on demand: what acquirers have been seen to do.

A fault waits for a call of its provider (`""` is any) and is used up by it. `before`
kinds do nothing else, `after` kinds do the call and spoil its answer.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from flask import Blueprint, Response, g, request

from cabinet.emulator.bank import Bank
from cabinet.emulator.book import Book, Deal

#: Faults of a call's answer, and those of notices.
CALLS = (
    "500-before",
    "500-after",
    "502-html",
    "timeout-before",
    "timeout-after",
    "reset",
    "reset-after",
    "slow-loris",
    "broken-json",
    "truncated",
    "empty",
    "429",
    "huge",
)
LIES = ("wrong-amount", "wrong-currency", "unknown-state")
NOTICES = ("duplicate-notice", "reordered-notice", "no-notice", "late-notice")
FIRST = "notice-first"
KINDS = (*CALLS, *LIES, *NOTICES, FIRST)

BEFORE = frozenset({"500-before", "502-html", "timeout-before", "reset", "429"})
HUGE = 3 * 1024 * 1024


class Faults:
    """The faults that wait for a call."""

    def __init__(self, book: Book, hang_seconds: float) -> None:
        self._book = book
        self._hang = hang_seconds

    def plant(self, *, provider: str, call: str, kind: str, times: int) -> None:
        """Let the next calls go wrong."""
        with self._book.writing() as book:
            book.execute(
                "INSERT INTO fault (provider, call, kind, times) VALUES (?, ?, ?, ?)",
                (provider, call, kind, times),
            )

    def clear(self) -> None:
        """Forget every fault."""
        with self._book.writing() as book:
            book.execute("DELETE FROM fault")

    def watch(self, blueprint: Blueprint, provider: str, calls: dict[str, str]) -> None:
        """Let the calls of an interface go wrong; `calls` names its views."""

        @blueprint.before_request
        def before() -> Response | None:
            name = (request.endpoint or "").rpartition(".")[2]
            g.fault = self._take(provider, calls.get(name, name))
            return self._spoiled(Response("")) if g.fault in BEFORE else None

        @blueprint.after_request
        def after(response: Response) -> Response:
            if g.get("fault", "") and g.fault not in BEFORE:
                return self._spoiled(response)
            return response

    def tell_first(self, bank: Bank, deal: Deal) -> Deal:
        """Take the money and send the notice before the call itself is answered."""
        if g.get("fault", "") != FIRST:
            return deal
        deal = bank.succeed(deal)
        time.sleep(min(1.0, self._hang / 4))
        return deal

    def _take(self, provider: str, call: str) -> str:
        query = (
            "SELECT id, kind FROM fault WHERE times > 0 AND provider IN (?, '')"
            " AND call IN (?, '') ORDER BY id LIMIT 1"
        )
        if not self._book.rows(query, provider, call):
            return ""
        with self._book.writing() as book:
            row = book.execute(query, (provider, call)).fetchone()
            if row is None:
                return ""
            book.execute(
                "UPDATE fault SET times = times - 1 WHERE id = ?", (row["id"],)
            )
            return str(row["kind"])

    def _spoiled(self, response: Response) -> Response:  # noqa: PLR0911 - a line a fault
        match g.fault:
            case "500-before" | "500-after":
                return Response("Internal Server Error", 500)
            case "502-html":
                return Response("<html><h1>502 Bad Gateway</h1></html>", 502)
            case "429":
                return Response("{}", 429, mimetype="application/json")
            case "timeout-before" | "timeout-after":
                time.sleep(self._hang)
                return Response("Gateway Timeout", 504)
            case "reset" | "reset-after":
                _hang_up()
                return Response("", 500)
            case "slow-loris":
                return Response(
                    self._dripping(response.get_data()), mimetype="application/json"
                )
            case "broken-json":
                return Response('{"id": ', mimetype="application/json")
            case "truncated":
                whole = response.get_data()
                return Response(whole[: len(whole) // 2], mimetype="application/json")
            case "empty":
                return Response("")
            case "huge":
                return Response(
                    b" " * HUGE + response.get_data(), mimetype="application/json"
                )
        return response

    def _dripping(self, body: bytes) -> Iterator[bytes]:
        until = time.monotonic() + self._hang
        for place in range(len(body)):
            if time.monotonic() < until:
                time.sleep(min(0.5, self._hang / 20))
            yield body[place : place + 1]


def _hang_up() -> None:
    """Cut the connection under the answer, where the server lets us."""
    connection = request.environ.get("gunicorn.socket")
    if connection is not None:
        with suppress(OSError):
            connection.shutdown(2)


def told(deal: Deal) -> Deal:
    """Return the payment as it is told: a card or a fault may make the bank lie."""
    lies = {deal.deed.replace("_", "-"), g.get("fault", "")}
    if "wrong-amount" in lies:
        return replace(deal, amount=deal.amount - 1 if deal.amount > 1 else 2)
    if "unknown-state" in lies:
        return replace(deal, state="unknown")
    if "wrong-currency" in lies:
        return replace(deal, more={**deal.more, "currency": "KZT"})
    return deal
