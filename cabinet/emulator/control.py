"""What tests may do to the bank, and what it really holds. For this machine alone."""

import hmac
from http import HTTPStatus

from flask import Blueprint, Response, abort, jsonify, request

from cabinet.emulator.bank import Bank
from cabinet.emulator.cards import BY_NUMBER
from cabinet.emulator.faults import KINDS, LIES, NOTICES, Faults


def make(bank: Bank, faults: Faults, token: str) -> Blueprint:
    """Return the addresses under `/emulator`; each call carries the token."""
    control = Blueprint("control", __name__, url_prefix="/emulator")

    @control.before_request
    def prove() -> None:
        given = request.headers.get("X-Emulator-Token", "")
        is_here = request.remote_addr in {"127.0.0.1", "::1"}
        if not is_here or not hmac.compare_digest(given.encode(), token.encode()):
            abort(HTTPStatus.FORBIDDEN)

    @control.post("/faults")
    def plant() -> Response:
        asked = request.get_json()
        if asked.get("kind") not in KINDS:
            abort(HTTPStatus.UNPROCESSABLE_ENTITY)
        # A lie is told where a payment is read; notices have a place of their own.
        place = "notice" if asked["kind"] in NOTICES else asked.get("call", "")
        if asked["kind"] in LIES and not place:
            place = "ask"
        faults.plant(
            provider=asked.get("provider", ""),
            call=place,
            kind=asked["kind"],
            times=int(asked.get("times", 1)),
        )
        return jsonify({})

    @control.delete("/faults")
    def clear() -> Response:
        faults.clear()
        return jsonify({})

    @control.get("/state")
    def state() -> Response:
        rows = bank.book.rows("SELECT * FROM deal ORDER BY created_at, id")
        refunds = bank.book.rows("SELECT * FROM refund ORDER BY created_at, id")
        notices = bank.book.rows(
            "SELECT id, deal, event, tries, due_at, taken_at FROM notice ORDER BY id"
        )
        return jsonify(
            {
                "payments": [dict(row) for row in rows],
                "refunds": [dict(row) for row in refunds],
                "notices": [dict(row) for row in notices],
            }
        )

    @control.post("/pay/<deal_id>")
    def pay(deal_id: str) -> Response:
        """Act as the customer: a card's number, or `leave`."""
        asked = request.get_json()
        try:
            deal = bank.get(deal_id)
        except LookupError:
            abort(HTTPStatus.NOT_FOUND)
        if asked.get("leave"):
            after = bank.leave(deal)
        elif asked.get("late"):
            after = bank.succeed(deal)
        else:
            after = bank.take_card(deal, BY_NUMBER[asked["card"]])
            if asked.get("code"):
                after = bank.take_code(after, asked["code"])
        return jsonify({"state": after.state})

    return control
