"""What tests may do to the bank, and what it really holds. For this machine alone."""

import hmac
import re
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from cabinet.emulator.bank import Bank
from cabinet.emulator.cards import BY_NUMBER
from cabinet.emulator.faults import ALIASES, FIRST, KINDS, LATER, LIES, NOTICES, Faults
from cabinet.emulator.shops import MERCHANTS, PATHS

TABLES = ("event", "refund", "fault")

#: Where faults that are not a call's own wait: a lie is told where a payment is read.
PLACES = dict.fromkeys(LIES, "ask") | dict.fromkeys((*NOTICES, LATER), "notice")
PLACES[FIRST] = "start"


def make(bank: Bank, faults: Faults, token: str) -> Blueprint:
    """Return the addresses under `/emulator`; each call carries the token."""
    control = Blueprint("control", __name__, url_prefix="/emulator")
    views = _Views(bank, faults, token)
    control.before_request(views.prove)
    control.add_url_rule("/faults", "plant", views.plant, methods=["POST"])
    control.add_url_rule("/faults", "clear", views.clear, methods=["DELETE"])
    control.add_url_rule("/shops", "shops", views.set_shop, methods=["POST"])
    control.add_url_rule("/state", "state", views.state)
    control.add_url_rule("/pay/<deal_id>", "pay", views.pay, methods=["POST"])
    return control


class _Views:
    def __init__(self, bank: Bank, faults: Faults, token: str) -> None:
        self._bank = bank
        self._faults = faults
        self._token = token.encode()

    def prove(self) -> None:
        given = request.headers.get("X-Emulator-Token", "")
        try:
            is_here = ip_address(request.remote_addr or "").is_loopback
        except ValueError:
            is_here = False
        if not is_here or not hmac.compare_digest(given.encode(), self._token):
            abort(HTTPStatus.FORBIDDEN)

    def plant(self) -> Response:
        asked = _asked("provider", "call", "kind", "times", "seed", "seconds")
        kind = ALIASES.get(asked.get("kind", ""), asked.get("kind"))
        provider = asked.get("provider", "")
        numbers = [asked.get(name, 0) for name in ("times", "seed", "seconds")]
        if (
            kind not in KINDS
            or provider not in {"", *PATHS}
            or not all(type(number) is int and number >= 0 for number in numbers)
        ):
            abort(HTTPStatus.UNPROCESSABLE_ENTITY)
        place = asked.get("call", "")
        if kind in {*NOTICES, LATER} or not place:
            place = PLACES.get(kind, place)
        self._faults.plant(
            provider=provider,
            call=place,
            kind=kind,
            times=asked.get("times", 1),
            seed=asked.get("seed", 0),
            seconds=asked.get("seconds"),
        )
        return jsonify({})

    def clear(self) -> Response:
        self._faults.clear()
        return jsonify({})

    def set_shop(self) -> Response:
        """Change where a shop's notices go, as its settings do; empty is the portal."""
        asked = _asked("shop", "notice_url")
        shop, url = asked.get("shop"), str(asked.get("notice_url", ""))
        if shop not in {one.name for one in MERCHANTS} or not re.match(
            r"https?://|$", url
        ):
            abort(HTTPStatus.UNPROCESSABLE_ENTITY)
        self._bank.notices.set_address(shop, url)
        return jsonify({})

    def state(self) -> Response:
        rows = self._bank.book.rows
        attempts: dict[int, list[dict[str, str]]] = {}
        for row in rows("SELECT * FROM attempt ORDER BY id"):
            told = {"at": row["at"], "outcome": row["outcome"]}
            attempts.setdefault(row["notice"], []).append(told)
        payments = rows("SELECT * FROM deal ORDER BY created_at, id")
        notices = rows(
            "SELECT id, deal, event, url, tries, due_at, taken_at FROM notice ORDER BY id"
        )
        tables = {
            f"{name}s": [dict(row) for row in rows(f"SELECT * FROM {name}")]  # noqa: S608 - our own names
            for name in TABLES
        }
        return jsonify(
            payments=[dict(row) for row in payments],
            notices=[
                {**dict(row), "attempts": attempts.get(row["id"], [])}
                for row in notices
            ],
            **tables,
        )

    def pay(self, deal_id: str) -> Response:
        """Act as the customer: a card's number and perhaps a code, `sbp` or `leave`."""
        asked = _asked("card", "code", "leave", "late", "sbp")
        try:
            deal = self._bank.get(deal_id)
        except LookupError:
            abort(HTTPStatus.NOT_FOUND)
        if asked.get("leave"):
            after = self._bank.leave(deal)
        elif asked.get("late") or asked.get("sbp"):
            after = self._bank.succeed(deal)
        else:
            card = BY_NUMBER.get(str(asked.get("card")))
            if card is None:
                abort(HTTPStatus.UNPROCESSABLE_ENTITY)
            after = self._bank.take_card(deal, card)
            if asked.get("code"):
                after = self._bank.take_code(after, asked["code"])
        return jsonify(state=after.state, step=after.step)


def _asked(*known: str) -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or set(body) - set(known):
        abort(HTTPStatus.UNPROCESSABLE_ENTITY)
    return body
