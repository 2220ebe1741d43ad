"""YooKassa's interface, API v3. Source: https://yookassa.ru/developers/api."""

import hmac
import json
import sqlite3
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from cabinet.emulator import shops, yookassa_told
from cabinet.emulator import yookassa_shapes as shapes
from cabinet.emulator.bank import Bank, StateError, TakenError, Wanted, as_it_was
from cabinet.emulator.book import Deal
from cabinet.emulator.faults import Faults
from cabinet.emulator.notices import Notice
from cabinet.emulator.yookassa_shapes import RefusalError

PROVIDER = "yookassa"
LIVES = timedelta(hours=1)
MOST_KEY = 64
MOST_PAGE = 100
DEFAULT_PAGE = "10"

CALLS = {
    "create": "start",
    "show": "ask",
    "list_payments": "list",
    "create_refund": "refund",
    "show_refund": "ask_refund",
    "list_refunds": "ask_refund",
}
EVENTS = {
    "waiting": "payment.waiting_for_capture",
    "succeeded": "payment.succeeded",
    "canceled": "payment.canceled",
    "expired": "payment.canceled",
}


def make(bank: Bank, faults: Faults) -> Blueprint:
    """Return the interface of the bank."""
    api = Blueprint(PROVIDER, __name__, url_prefix="/yookassa/v3")
    calls = _Calls(bank, faults)
    bank.notices.make[PROVIDER] = calls.notice
    faults.watch(api, PROVIDER, CALLS)
    api.before_request(_sign_in)
    api.register_error_handler(RefusalError, _refuse)
    api.register_error_handler(HTTPException, _fail)
    routes: tuple[tuple[str, str, str, Callable[..., Response]], ...] = (
        ("POST", "/payments", "create", calls.create),
        ("GET", "/payments", "list_payments", calls.list_payments),
        ("GET", "/payments/<number>", "show", calls.show),
        ("POST", "/payments/<number>/capture", "capture", calls.capture),
        ("POST", "/payments/<number>/cancel", "cancel", calls.cancel),
        ("POST", "/refunds", "create_refund", calls.create_refund),
        ("GET", "/refunds", "list_refunds", calls.list_refunds),
        ("GET", "/refunds/<number>", "show_refund", calls.show_refund),
    )
    for method, path, name, view in routes:
        api.add_url_rule(path, name, view, methods=[method])
    return api


def _sign_in() -> None:
    given = request.authorization
    login = given.username if given is not None else None
    merchant = shops.merchant(PROVIDER, login or "")
    told = (given.password if given is not None else None) or ""
    if merchant is None or not hmac.compare_digest(
        told.encode(), merchant.password.encode()
    ):
        raise RefusalError("Error in shopId or secret key", "", 401)
    g.merchant = merchant


def _refuse(error: RefusalError) -> Response:
    body = {
        "type": "error",
        "id": str(uuid.uuid4()),
        "code": error.code,
        "description": error.words,
    }
    if error.parameter:
        body["parameter"] = error.parameter
    response = jsonify(body)
    response.status_code = error.status
    return response


def _fail(error: HTTPException) -> Response:
    return _refuse(RefusalError(error.name, "", error.code or 400))


class _Calls:
    """The calls; each answers with the object as it is then."""

    def __init__(self, bank: Bank, faults: Faults) -> None:
        self._bank = bank
        self._faults = faults

    def create(self) -> Response:
        body = _body()
        wanted = _wanted(body)
        origin = request.host_url.rstrip("/")
        wanted.more["origin"] = origin
        answer = self._once(body, lambda: self._told(self._bank.create(wanted)))
        self._faults.tell_first(self._bank, self._bank.get(answer["id"]))
        return jsonify(answer)

    def show(self, number: str) -> Response:
        return jsonify(self._told(self._faults.told(self._mine(number))))

    def list_payments(self) -> Response:
        asked = _question({"payment_method"})
        found = self._bank.book.deals(
            "provider = ? AND shop = ? ORDER BY created_at DESC, id DESC",
            PROVIDER,
            g.merchant.name,
        )
        deals = [self._bank.get(one.id) for one in found]
        rows = [
            (one.created_at, one.id, yookassa_told.STATES[one.state], one)
            for one in deals
        ]
        return self._page(
            asked,
            rows,
            lambda one: self._told(self._faults.told(one, is_alone=False)),
        )

    def capture(self, number: str) -> Response:
        body = _body()
        shapes.only(body, shapes.CAPTURE)
        deal = self._mine(number)
        amount = shapes.amount(body["amount"], "amount") if "amount" in body else None

        def act() -> dict[str, Any]:
            try:
                return self._told(self._bank.capture(deal, amount))
            except StateError as error:
                raise RefusalError("The payment cannot be captured") from error

        return jsonify(self._once([number, "capture", body], act))

    def cancel(self, number: str) -> Response:
        body = _body()
        shapes.only(body, frozenset())
        deal = self._mine(number)

        def act() -> dict[str, Any]:
            if deal.state == "pending":
                raise RefusalError("The payment is not held")
            try:
                return self._told(self._bank.cancel(deal))
            except StateError as error:
                raise RefusalError("The payment cannot be canceled") from error

        return jsonify(self._once([number, "cancel", body], act))

    def create_refund(self) -> Response:
        body = _body()
        shapes.only(body, shapes.REFUND)
        amount = shapes.amount(body.get("amount"), "amount")
        words = shapes.text(body, "description", shapes.MOST_REFUND_WORDS)
        number = body.get("payment_id")
        deal = isinstance(number, str) and self._bank.of_shop(
            PROVIDER, g.merchant.name, number
        )
        if not deal:
            raise RefusalError("Payment doesn't exist", "payment_id")
        if "receipt" in body:
            shapes.check_receipt(body["receipt"], amount)

        def act() -> dict[str, Any]:
            try:
                return yookassa_told.refund(
                    self._bank.refund(deal, amount, words=words)
                )
            except StateError as error:
                raise RefusalError("Not so much is left", "amount") from error

        return jsonify(self._once(body, act))

    def show_refund(self, number: str) -> Response:
        rows = self._refunds("refund.id = ?", number)
        if not rows:
            raise RefusalError("Refund doesn't exist", "refund_id", 404)
        return jsonify(yookassa_told.refund(rows[0]))

    def list_refunds(self) -> Response:
        asked = _question({"payment_id"})
        wanted = asked.get("payment_id")
        rows = [
            (datetime.fromisoformat(row["created_at"]), row["id"], "succeeded", row)
            for row in self._refunds("1 = 1 ORDER BY refund.created_at DESC")
            if wanted in {None, row["deal"]}
        ]
        return self._page(asked, rows, yookassa_told.refund)

    def notice(self, deal: Deal, event: str) -> Notice | None:
        """Return the notice of an event, with the object as it is then."""
        if event.startswith("refund:"):
            query = "SELECT * FROM refund WHERE id = ?"
            refund = self._bank.book.rows(query, event.removeprefix("refund:"))[0]
            name, told = "refund.succeeded", yookassa_told.refund(refund)
        elif event in EVENTS:
            is_past = event == "waiting" != deal.state
            seen = as_it_was(deal, "waiting") if is_past else deal
            name, told = EVENTS[event], self._told(seen)
        else:
            return None
        body = {"type": "notification", "event": name, "object": told}
        text = json.dumps(body, ensure_ascii=False)
        return deal.notice_url, text.encode(), "application/json", ""

    def _mine(self, number: str) -> Deal:
        deal = self._bank.of_shop(PROVIDER, g.merchant.name, number)
        if deal is None:
            raise RefusalError("Payment doesn't exist", "payment_id", 404)
        return deal

    def _refunds(self, condition: str, *values: object) -> list[sqlite3.Row]:
        return self._bank.book.rows(
            "SELECT refund.* FROM refund JOIN deal ON deal.id = refund.deal"  # noqa: S608 - our own conditions
            f" WHERE deal.provider = ? AND deal.shop = ? AND {condition}",
            PROVIDER,
            g.merchant.name,
            *values,
        )

    def _once(self, asked: object, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        key = request.headers.get("Idempotence-Key", "")
        text = json.dumps([request.path, asked], sort_keys=True)
        try:
            return self._bank.once(g.merchant.name, key, text, act)
        except TakenError as error:
            raise RefusalError(
                "The key was used with another request", "Idempotence-Key"
            ) from error

    def _page(
        self,
        asked: dict[str, str],
        rows: list[tuple[datetime, str, str, Any]],
        show: Callable[[Any], dict[str, Any]],
    ) -> Response:
        """Return a page of rows, the newest first; the cursor is the last one shown."""
        limit = asked.get("limit", DEFAULT_PAGE)
        if not (limit.isascii() and limit.isdecimal() and 0 < int(limit) <= MOST_PAGE):
            raise RefusalError("From 1 to 100", "limit")
        for name, fits in shapes.COMPARES.items():
            if name in asked:
                moment = shapes.moment(asked[name], name)
                rows = [row for row in rows if fits(_to_millisecond(row[0]), moment)]
        if "status" in asked:
            if asked["status"] not in yookassa_told.STATUSES:
                raise RefusalError("Unknown status", "status")
            rows = [row for row in rows if row[2] == asked["status"]]
        if "cursor" in asked:
            places = [n for n, row in enumerate(rows) if row[1] == asked["cursor"]]
            if not places:
                raise RefusalError("Unknown cursor", "cursor")
            rows = rows[places[0] + 1 :]
        size = int(limit)
        page: dict[str, Any] = {
            "type": "list",
            "items": [show(row[3]) for row in rows[:size]],
        }
        if len(rows) > size:
            page["next_cursor"] = rows[size - 1][1]
        return jsonify(page)

    def _told(self, deal: Deal) -> dict[str, Any]:
        return yookassa_told.payment(deal, self._bank.now())


def _body() -> dict[str, Any]:
    """Return the body of a call that changes something; it needs a key."""
    key = request.headers.get("Idempotence-Key", "")
    if not 0 < len(key) <= MOST_KEY:
        raise RefusalError("Idempotence key is missing or too long", "Idempotence-Key")
    if not request.get_data():
        return {}
    if request.mimetype != "application/json":
        raise RefusalError("Unsupported media type", "", 415)
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise RefusalError("Not a JSON object")
    return body


def _wanted(body: dict[str, Any]) -> Wanted:
    asked = shapes.payment(body)
    return Wanted(
        provider=PROVIDER,
        shop=g.merchant.name,
        number="",
        amount=asked.amount,
        method=asked.method,
        return_url=asked.return_url,
        fail_url=asked.return_url,
        notice_url="",
        lives=LIVES,
        is_two_stage=not asked.is_captured,
        more={
            "description": asked.description,
            "metadata": asked.metadata,
            "merchant_customer_id": asked.customer,
            "has_receipt": "receipt" in body,
        },
    )


def _question(more: set[str]) -> dict[str, str]:
    asked = request.args.to_dict()
    known = {*shapes.COMPARES, "limit", "cursor", "status", *more}
    for name in asked:
        if name not in known or len(request.args.getlist(name)) > 1:
            raise RefusalError("Unknown or repeated parameter", name)
    return asked


def _to_millisecond(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
