"""YooKassa's interface, API v3. Source: https://yookassa.ru/developers/api."""

import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from cabinet.emulator import shops
from cabinet.emulator.bank import Bank, Notice, StateError, TakenError, Wanted
from cabinet.emulator.book import Deal
from cabinet.emulator.faults import Faults, told

PROVIDER = "yookassa"
LIVES = timedelta(hours=1)
CALLS = {
    "create": "start",
    "show": "ask",
    "list_payments": "list",
    "create_refund": "refund",
    "show_refund": "ask_refund",
    "list_refunds": "ask_refund",
}
MOST_KEY = 64
MOST_DESCRIPTION = 128
MOST_PAGE = 100
MONEY = re.compile(r"[0-9]{1,9}\.[0-9]{2}")
VAT_CODES = range(1, 13)
METHODS = ("bank_card", "sbp")


class RefusalError(Exception):
    """The error the interface answers with."""

    def __init__(
        self, code: str, words: str, parameter: str = "", status: int = 400
    ) -> None:
        super().__init__(words)
        self.code, self.words, self.parameter, self.status = (
            code,
            words,
            parameter,
            status,
        )


def make(bank: Bank, faults: Faults) -> Blueprint:
    """Return the interface of the bank."""
    api = Blueprint(PROVIDER, __name__, url_prefix="/yookassa/v3")
    bank.notices[PROVIDER] = _notice
    faults.watch(api, PROVIDER, CALLS)

    @api.before_request
    def sign_in() -> None:
        given = request.authorization
        merchant = given and shops.merchant(PROVIDER, given.username or "")
        if merchant is None or given is None or given.password != merchant.password:
            raise RefusalError(
                "invalid_credentials", "Error in shopId or secret key", "", 401
            )
        g.merchant = merchant

    @api.errorhandler(RefusalError)
    def refuse(error: RefusalError) -> Response:
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

    @api.post("/payments")
    def create() -> Response:
        key, body = _keyed()
        wanted = _wanted(body)
        try:
            deal = bank.create(wanted, key=key, body=json.dumps(body, sort_keys=True))
        except TakenError as error:
            raise RefusalError(
                "invalid_request", "Idempotence key duplicated", "Idempotence-Key"
            ) from error
        return jsonify(_payment(told(faults.tell_first(bank, deal))))

    @api.get("/payments/<uuid:number>")
    def show(number: uuid.UUID) -> Response:
        return jsonify(_payment(told(_mine(bank, number))))

    @api.get("/payments")
    def list_payments() -> Response:
        return _page(
            [
                _payment(told(bank.get(one.id)))
                for one in bank.book.deals(
                    "provider = ? AND shop = ? ORDER BY created_at DESC, id",
                    PROVIDER,
                    g.merchant.name,
                )
            ]
        )

    @api.post("/payments/<uuid:number>/capture")
    def capture(number: uuid.UUID) -> Response:
        _keyed()
        try:
            return jsonify(_payment(bank.capture(_mine(bank, number))))
        except StateError as error:
            raise RefusalError("invalid_request", "Wrong status", "status") from error

    @api.post("/payments/<uuid:number>/cancel")
    def cancel(number: uuid.UUID) -> Response:
        _keyed()
        deal = _mine(bank, number)
        if deal.state not in {"waiting", "canceled"}:
            raise RefusalError("invalid_request", "Wrong status", "status")
        return jsonify(_payment(bank.cancel(deal)))

    @api.post("/refunds")
    def create_refund() -> Response:
        key, body = _keyed()
        amount = _amount(body.get("amount"), "amount")
        try:
            deal = _mine(bank, uuid.UUID(str(body.get("payment_id"))))
        except ValueError as error:
            raise RefusalError(
                "invalid_request", "No such payment", "payment_id"
            ) from error
        try:
            made = bank.refund(
                deal,
                amount,
                words=str(body.get("description", "")),
                key=key,
                body=json.dumps(body, sort_keys=True),
            )
        except StateError as error:
            raise RefusalError(
                "invalid_request", "Not so much is left", "amount"
            ) from error
        except TakenError as error:
            raise RefusalError(
                "invalid_request", "Idempotence key duplicated", "Idempotence-Key"
            ) from error
        return jsonify(_refund(made))

    @api.get("/refunds/<uuid:number>")
    def show_refund(number: uuid.UUID) -> Response:
        rows = bank.book.rows(
            "SELECT refund.* FROM refund JOIN deal ON deal.id = refund.deal"
            " WHERE refund.id = ? AND deal.shop = ?",
            str(number),
            g.merchant.name,
        )
        if not rows:
            raise RefusalError("not_found", "No such refund", "refund_id", 404)
        return jsonify(_refund(rows[0]))

    @api.get("/refunds")
    def list_refunds() -> Response:
        rows = bank.book.rows(
            "SELECT refund.* FROM refund JOIN deal ON deal.id = refund.deal"
            " WHERE deal.shop = ? AND deal.provider = ? ORDER BY refund.created_at DESC",
            g.merchant.name,
            PROVIDER,
        )
        wanted = request.args.get("payment_id")
        return _page([_refund(row) for row in rows if wanted in {None, row["deal"]}])

    @api.errorhandler(HTTPException)
    def fail(error: HTTPException) -> Response:
        return refuse(
            RefusalError("invalid_request", error.name, "", error.code or 400)
        )

    return api


def _mine(bank: Bank, number: uuid.UUID) -> Deal:
    try:
        deal = bank.get(str(number))
    except LookupError:
        deal = None
    if deal is None or (deal.provider, deal.shop) != (PROVIDER, g.merchant.name):
        raise RefusalError("not_found", "No such payment", "payment_id", 404)
    return deal


def _keyed() -> tuple[str, dict[str, Any]]:
    """Return the key and the body of a call that changes something."""
    key = request.headers.get("Idempotence-Key", "")
    if not 0 < len(key) <= MOST_KEY:
        raise RefusalError(
            "invalid_request", "Idempotence key is missing", "Idempotence-Key"
        )
    body = request.get_json(silent=True) if request.get_data() else {}
    if not isinstance(body, dict):
        raise RefusalError("invalid_request", "Not a JSON object")
    return key, body


def _wanted(body: dict[str, Any]) -> Wanted:
    amount = _amount(body.get("amount"), "amount")
    confirmation = body.get("confirmation")
    if not isinstance(confirmation, dict) or confirmation.get("type") != "redirect":
        raise RefusalError("invalid_request", "Redirect is needed", "confirmation.type")
    return_url = confirmation.get("return_url")
    if not isinstance(return_url, str) or not re.match(r"https?://", return_url):
        raise RefusalError("invalid_request", "No address", "confirmation.return_url")
    description = body.get("description", "")
    if not isinstance(description, str) or len(description) > MOST_DESCRIPTION:
        raise RefusalError("invalid_request", "Too long", "description")
    data = body.get("payment_method_data", {"type": "bank_card"})
    if not isinstance(data, dict) or data.get("type") not in METHODS:
        raise RefusalError(
            "invalid_request", "Unknown method", "payment_method_data.type"
        )
    metadata = body.get("metadata") or {}
    _check_metadata(metadata)
    if "receipt" in body:
        _check_receipt(body["receipt"], amount)
    origin = re.match(r"https?://[^/]+", return_url)
    return Wanted(
        provider=PROVIDER,
        shop=g.merchant.name,
        number="",
        amount=amount,
        method=data["type"],
        return_url=return_url,
        fail_url=return_url,
        # The address stands in the shop's settings: here it is the portal that asked.
        notice_url=f"{origin[0] if origin else ''}/webhooks/{g.merchant.name}",
        lives=LIVES,
        is_two_stage=body.get("capture") is not True,
        more={
            "description": description,
            "metadata": metadata,
            "has_receipt": "receipt" in body,
            "origin": request.host_url.rstrip("/"),
        },
    )


def _amount(told_amount: object, parameter: str) -> int:
    if not isinstance(told_amount, dict) or told_amount.get("currency") != "RUB":
        raise RefusalError(
            "invalid_request", "Unsupported currency", f"{parameter}.currency"
        )
    value = told_amount.get("value")
    if not isinstance(value, str) or not MONEY.fullmatch(value):
        raise RefusalError("invalid_request", "Not a sum", f"{parameter}.value")
    kopecks = int(value.replace(".", ""))
    if kopecks < 1:
        raise RefusalError("invalid_request", "Too small", f"{parameter}.value")
    return kopecks


def _check_metadata(metadata: object) -> None:
    if not isinstance(metadata, dict) or len(metadata) > 16:  # noqa: PLR2004 - documented
        raise RefusalError("invalid_request", "Too many", "metadata")
    for key, value in metadata.items():
        if len(key) > 32 or not isinstance(value, str) or len(value) > 512:  # noqa: PLR2004
            raise RefusalError("invalid_request", "Too long", f"metadata.{key}")


def _check_receipt(receipt: object, amount: int) -> None:
    if not isinstance(receipt, dict):
        raise RefusalError("invalid_request", "Not a receipt", "receipt")
    customer = receipt.get("customer") or {}
    if not (customer.get("email") or customer.get("phone")):
        raise RefusalError("invalid_request", "Email or phone", "receipt.customer")
    items = receipt.get("items") or []
    total = 0
    for item in items:
        if item.get("vat_code") not in VAT_CODES:
            raise RefusalError(
                "invalid_request", "Unknown code", "receipt.items.vat_code"
            )
        if not 0 < len(item.get("description", "")) <= MOST_DESCRIPTION:
            raise RefusalError("invalid_request", "Length", "receipt.items.description")
        total += int(
            _amount(item.get("amount"), "receipt.items.amount")
            * float(item["quantity"])
        )
    if not items or total != amount:
        raise RefusalError(
            "invalid_request", "The items are another sum", "receipt.items"
        )


def _page(items: list[dict[str, Any]]) -> Response:
    """Return a page of the list; the cursor is how many were shown."""
    args = request.args
    compare = {
        "created_at.gte": lambda told_at, moment: told_at >= moment,
        "created_at.gt": lambda told_at, moment: told_at > moment,
        "created_at.lt": lambda told_at, moment: told_at < moment,
        "created_at.lte": lambda told_at, moment: told_at <= moment,
    }
    for name, fits in compare.items():
        if name in args:
            moment = _read_moment(args[name], name)
            items = [
                one
                for one in items
                if fits(_read_moment(one["created_at"], name), moment)
            ]
    if "status" in args:
        items = [one for one in items if one["status"] == args["status"]]
    limit, start = args.get("limit", "10"), args.get("cursor", "0")
    if not (limit.isdecimal() and 0 < int(limit) <= MOST_PAGE and start.isdecimal()):
        raise RefusalError("invalid_request", "Out of range", "limit")
    first, size = int(start), int(limit)
    page: dict[str, Any] = {"type": "list", "items": items[first : first + size]}
    if first + size < len(items):
        page["next_cursor"] = str(first + size)
    return jsonify(page)


def _read_moment(text: str, parameter: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise RefusalError("invalid_request", "Not a moment", parameter)
    return moment


def _payment(deal: Deal) -> dict[str, Any]:
    names = {"waiting": "waiting_for_capture"}
    is_paid = deal.state in {"waiting", "succeeded"}
    made: dict[str, Any] = {
        "id": deal.id,
        "status": names.get(deal.state, deal.state),
        "paid": is_paid,
        "amount": _money(deal.amount, deal),
        "created_at": _moment(deal.created_at),
        "description": deal.more["description"],
        "metadata": deal.more["metadata"],
        "recipient": {"account_id": "100500", "gateway_id": "100700"},
        "refundable": deal.state == "succeeded" and deal.refunded < deal.amount,
        "test": True,
        "payment_method": {"type": deal.method, "id": deal.id, "saved": False},
    }
    if deal.state == "pending":
        made["confirmation"] = {
            "type": "redirect",
            "confirmation_url": f"{deal.more['origin']}/pay/{deal.id}",
        }
    if deal.state == "succeeded":
        made["captured_at"] = _moment(deal.paid_at or deal.created_at)
        made["refunded_amount"] = _money(deal.refunded, deal)
        made["income_amount"] = _money(deal.amount - deal.amount * 28 // 1000, deal)
    if deal.state == "canceled":
        made["cancellation_details"] = {
            "party": "merchant"
            if deal.reason == "canceled_by_merchant"
            else "payment_network",
            "reason": deal.reason,
        }
    if deal.more["has_receipt"]:
        registered = {"succeeded": "succeeded", "canceled": "canceled"}
        made["receipt_registration"] = registered.get(deal.state, "pending")
    return made


def _refund(row: Any) -> dict[str, Any]:
    return {
        "id": row["id"],
        "status": "succeeded",
        "amount": {"value": _value(row["amount"]), "currency": "RUB"},
        "created_at": _moment(datetime.fromisoformat(row["created_at"])),
        "payment_id": row["deal"],
        "description": row["words"],
    }


def _notice(deal: Deal, event: str) -> Notice | None:
    names = {
        "waiting": "payment.waiting_for_capture",
        "succeeded": "payment.succeeded",
        "canceled": "payment.canceled",
    }
    if event.startswith("refund:"):
        refund_id = event.removeprefix("refund:")
        told_of = {"id": refund_id, "status": "succeeded", "payment_id": deal.id}
        body: dict[str, Any] = {"event": "refund.succeeded", "object": told_of}
    elif event in names:
        body = {"event": names[event], "object": _payment(deal)}
    else:
        return None
    text = json.dumps({"type": "notification", **body}, ensure_ascii=False)
    return deal.notice_url, text.encode(), "application/json", ""


def _money(kopecks: int, deal: Deal) -> dict[str, str]:
    return {"value": _value(kopecks), "currency": deal.more.get("currency", "RUB")}


def _value(kopecks: int) -> str:
    return f"{kopecks // 100}.{kopecks % 100:02}"


def _moment(moment: datetime) -> str:
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
