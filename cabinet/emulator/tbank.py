"""T-Bank's interface (eacq v2): JSON with a token. Source: https://developer.tbank.ru/eacq."""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from cabinet.emulator import shops
from cabinet.emulator import tbank_shapes as shapes
from cabinet.emulator.bank import OVER, Bank, StateError, TakenError, Wanted
from cabinet.emulator.book import Deal
from cabinet.emulator.faults import Faults
from cabinet.emulator.notices import Notice
from cabinet.emulator.tbank_shapes import RefusalError

PROVIDER = "tbank"
CALLS = {
    "init": "start",
    "state": "ask",
    "check_order": "find",
    "confirm": "capture",
    "cancel": "refund",
    "qr": "qr",
}
STATES = {
    "pending": "NEW",
    "waiting": "AUTHORIZED",
    "succeeded": "CONFIRMED",
    "canceled": "REJECTED",
    "unknown": "SOMETHING_NEW",
}
#: States of a payment that ended without money, by their reason.
ENDS = {
    "3d_secure_failed": "AUTH_FAIL",
    "expired_on_capture": "REVERSED",
    OVER: "DEADLINE_EXPIRED",
}
FAILED = frozenset({"REJECTED", "AUTH_FAIL"})

#: `ErrorCode` of the reasons of our cards.
ERRORS = {
    "3d_secure_failed": "101",
    "call_issuer": "1001",
    "card_expired": "1054",
    "country_forbidden": "1057",
    "fraud_suspected": "1034",
    "general_decline": "99",
    "identification_required": "1119",
    "insufficient_funds": "1051",
    "internal_timeout": "1030",
    "invalid_card_number": "1014",
    "invalid_csc": "1082",
    "issuer_unavailable": "1091",
    "payment_method_limit_exceeded": "1061",
    "payment_method_restricted": "1062",
}
NO_ERROR = "0"
BAD_STATE, BAD_TOKEN, NO_TERMINAL, NOT_FOUND = "8", "204", "202", "255"
WRONG = shapes.WRONG


def make(bank: Bank, faults: Faults) -> Blueprint:
    """Return the interface of the bank."""
    api = Blueprint(PROVIDER, __name__, url_prefix="/tbank/v2")
    calls = _Calls(bank, faults)
    bank.notices.make[PROVIDER] = notice
    bank.notices.tells_hold.add(PROVIDER)
    faults.watch(api, PROVIDER, CALLS)
    api.before_request(_sign_in)
    api.register_error_handler(RefusalError, _refuse)
    api.register_error_handler(HTTPException, _fail)
    routes: tuple[tuple[str, str, Callable[[], Response]], ...] = (
        ("Init", "init", calls.init),
        ("GetState", "state", calls.state),
        ("CheckOrder", "check_order", calls.check_order),
        ("Confirm", "confirm", calls.confirm),
        ("Cancel", "cancel", calls.cancel),
        ("GetQr", "qr", calls.qr),
    )
    for path, name, view in routes:
        api.add_url_rule(f"/{path}", name, view, methods=["POST"])
    return api


def token(body: Mapping[str, object], password: str) -> str:
    """Return the signature: SHA-256 of the root values, joined in the order of keys."""
    values = {
        key: str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in body.items()
        if key != "Token" and value is not None and not isinstance(value, dict | list)
    }
    values["Password"] = password
    joined = "".join(values[key] for key in sorted(values))
    return hashlib.sha256(joined.encode()).hexdigest()


def notice(deal: Deal, event: str) -> Notice | None:
    """Return the notice of an event, signed; repeated until the answer is OK."""
    merchant = shops.named(deal.shop)
    status = "AUTHORIZED" if event == "waiting" else _status(deal)
    is_failed = status in FAILED
    is_whole = status not in {"PARTIAL_REFUNDED", "PARTIAL_REVERSED"}
    body: dict[str, Any] = {
        "TerminalKey": merchant.login,
        "OrderId": deal.number,
        "Success": not is_failed,
        "Status": status,
        "PaymentId": int(deal.id),
        "ErrorCode": ERRORS[deal.reason] if is_failed else NO_ERROR,
        "Amount": deal.amount if is_whole else _left(deal),
    }
    if deal.card:
        body |= {
            "CardId": int(deal.id[-6:]),
            "Pan": deal.card,
            "ExpDate": "1230",
        }
    body["Token"] = token(body, merchant.password)
    return deal.notice_url, json.dumps(body).encode(), "application/json", "OK"


def _sign_in() -> None:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise RefusalError(WRONG, "Неверный формат запроса")
    merchant = shops.merchant(PROVIDER, str(body.get("TerminalKey", "")))
    if merchant is None:
        raise RefusalError(NO_TERMINAL, "Терминал заблокирован")
    ours, told = token(body, merchant.password), body.get("Token")
    if not isinstance(told, str) or not hmac.compare_digest(
        ours.encode(), told.lower().encode()
    ):
        words = "Неверный токен. Проверьте пару TerminalKey/SecretKey"
        raise RefusalError(BAD_TOKEN, words)
    g.merchant, g.body = merchant, body


def _refuse(error: RefusalError) -> Response:
    return jsonify(
        Success=False, ErrorCode=error.code, Message=error.words, Details=error.details
    )


def _fail(error: HTTPException) -> Response:
    response = _refuse(RefusalError(WRONG, error.name))
    response.status_code = error.code or 400
    return response


class _Calls:
    def __init__(self, bank: Bank, faults: Faults) -> None:
        self._bank = bank
        self._faults = faults

    def init(self) -> Response:
        asked = shapes.init(g.body, self._bank.now())
        wanted = Wanted(
            provider=PROVIDER,
            shop=g.merchant.name,
            number=asked.number,
            amount=asked.amount,
            method="",
            return_url=asked.success_url,
            fail_url=asked.fail_url,
            notice_url=asked.notice_url,
            lives=asked.lives,
            is_two_stage=asked.is_two_stage,
            more={
                "data": asked.data,
                "description": asked.description,
                "origin": request.host_url.rstrip("/"),
            },
        )
        # An order may be begun anew, but not once it took money.
        with self._bank.book.writing():
            before = self._bank.of_number(PROVIDER, g.merchant.name, asked.number)
            if any(one.state in {"waiting", "succeeded"} for one in before):
                words = "Неверный статус транзакции"
                raise RefusalError(BAD_STATE, words, "Заказ с таким OrderId оплачен")
            deal = self._bank.create(wanted)
        answer = _told(deal) | {"PaymentURL": f"{request.host_url}pay/{deal.id}"}
        self._faults.tell_first(self._bank, deal)
        return jsonify(answer)

    def state(self) -> Response:
        shapes.only(g.body, {"PaymentId", "IP"})
        deal = self._mine()
        return jsonify(_told(self._faults.told(deal)))

    def check_order(self) -> Response:
        shapes.only(g.body, {"OrderId"})
        number = g.body.get("OrderId")
        found = self._bank.of_number(PROVIDER, g.merchant.name, str(number))
        if not found:
            raise RefusalError(NOT_FOUND, "Заказ не найден")
        fields = ("PaymentId", "Amount", "Status", "Success", "ErrorCode", "Message")
        told = [_told(self._faults.told(one)) for one in found]
        return jsonify(
            TerminalKey=g.merchant.login,
            OrderId=number,
            Success=True,
            ErrorCode=NO_ERROR,
            Message="OK",
            Details="",
            Payments=[{name: one[name] for name in fields} for one in told],
        )

    def confirm(self) -> Response:
        shapes.only(g.body, {"PaymentId", "Amount", "IP", "Receipt"})
        deal, amount = self._mine(), shapes.amount(g.body, default=None)
        try:
            return jsonify(_told(self._bank.capture(deal, amount)))
        except StateError:
            raise RefusalError(BAD_STATE, "Неверный статус транзакции") from None

    def cancel(self) -> Response:
        known = {"PaymentId", "Amount", "IP", "Receipt", "ExternalRequestId"}
        shapes.only(g.body, known)
        deal, amount = self._mine(), shapes.amount(g.body, default=None)
        before = _left(deal)
        request_id = g.body.get("ExternalRequestId")
        if request_id is not None and not isinstance(request_id, str):
            raise RefusalError(WRONG, "Поле ExternalRequestId заполнено неверно")
        try:
            after = self._given_back(deal, amount, request_id)
        except (StateError, TakenError):
            raise RefusalError(BAD_STATE, "Неверный статус транзакции") from None
        answer = _told(after)
        del answer["Amount"]
        is_open = after.state == "canceled"
        return jsonify(
            answer
            | {
                "OriginalAmount": deal.amount if is_open else before,
                "NewAmount": 0 if is_open else _left(after),
                "ExternalRequestId": request_id,
            }
        )

    def qr(self) -> Response:
        shapes.only(g.body, {"PaymentId", "DataType"})
        deal = self._mine()
        if g.body.get("DataType", "PAYLOAD") != "PAYLOAD":
            raise RefusalError(WRONG, "Учебный банк даёт только PAYLOAD")
        if deal.state != "pending":
            raise RefusalError(BAD_STATE, "Неверный статус транзакции")
        answer = _told(deal)
        return jsonify(
            {name: answer[name] for name in ("TerminalKey", "OrderId", "Success")}
            | {
                "ErrorCode": NO_ERROR,
                "Message": "OK",
                "Data": f"{request.host_url}sbp/{deal.id}",
                "PaymentId": int(deal.id),
            }
        )

    def _given_back(
        self, deal: Deal, amount: int | None, request_id: str | None
    ) -> Deal:
        if deal.state == "succeeded":
            whole = deal.captured - deal.refunded if amount is None else amount
            self._bank.refund(deal, whole, request=request_id)
            return self._bank.get(deal.id)
        is_part = amount is not None and amount != _left(deal)
        if deal.state == "waiting" and is_part and amount is not None:
            return self._bank.release(deal, amount)
        return self._bank.cancel(deal)

    def _mine(self) -> Deal:
        number = g.body.get("PaymentId")
        # Written both ways in the documentation: a text and a number.
        if isinstance(number, bool) or not isinstance(number, str | int):
            raise RefusalError(WRONG, "Поле PaymentId заполнено неверно")
        deal = self._bank.of_shop(PROVIDER, g.merchant.name, str(number))
        if deal is None:
            raise RefusalError(NOT_FOUND, "Платёж не найден")
        return deal


def _left(deal: Deal) -> int:
    if deal.state == "succeeded":
        return deal.captured - deal.refunded
    return deal.amount - deal.released


def _status(deal: Deal) -> str:
    if deal.state == "succeeded" and deal.refunded:
        return "PARTIAL_REFUNDED" if deal.refunded < deal.captured else "REFUNDED"
    if deal.state == "waiting" and deal.released:
        return "PARTIAL_REVERSED"
    if deal.state == "canceled" and deal.reason == "canceled_by_merchant":
        return "REVERSED" if deal.held_at else "CANCELED"
    if deal.state == "canceled":
        return ENDS.get(deal.reason, "REJECTED")
    if deal.state == "pending":
        shown = "FORM_SHOWED" if deal.is_shown else "NEW"
        return {"code": "3DS_CHECKING", "card": "AUTHORIZING"}.get(deal.step, shown)
    return STATES[deal.state]


def _told(deal: Deal) -> dict[str, Any]:
    status = _status(deal)
    is_failed = status in FAILED
    is_part = status in {"PARTIAL_REFUNDED", "PARTIAL_REVERSED"}
    return {
        "TerminalKey": shops.named(deal.shop).login,
        "OrderId": deal.number,
        "PaymentId": deal.id,
        "Amount": _left(deal) if is_part else deal.captured or deal.amount,
        "Status": status,
        "Success": not is_failed,
        "ErrorCode": ERRORS[deal.reason] if is_failed else NO_ERROR,
        "Message": "Операция отклонена" if is_failed else "OK",
        "Details": "",
    }
