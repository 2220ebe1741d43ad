"""T-Bank's interface (eacq v2): JSON with a token. Source: https://developer.tbank.ru/eacq."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from cabinet.emulator import shops
from cabinet.emulator.bank import Bank, Notice, StateError, TakenError, Wanted
from cabinet.emulator.book import Deal
from cabinet.emulator.faults import Faults, told

PROVIDER = "tbank"
CALLS = {
    "init": "start",
    "state": "ask",
    "check_order": "find",
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
#: `ErrorCode` of the reasons of our cards.
ERRORS = {
    "3d_secure_failed": "101",
    "call_issuer": "1001",
    "card_expired": "1054",
    "country_forbidden": "1057",
    "fraud_suspected": "1034",
    "insufficient_funds": "1051",
    "invalid_card_number": "1014",
    "issuer_unavailable": "1091",
    "payment_method_limit_exceeded": "1061",
    "payment_method_restricted": "1057",
}
DECLINED = "1005"
LIVES = timedelta(hours=24)
MOST_NUMBER = 50
MOST_DESCRIPTION = 140


class RefusalError(Exception):
    """The error the interface answers with."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words


def make(bank: Bank, faults: Faults) -> Blueprint:
    """Return the interface of the bank."""
    api = Blueprint(PROVIDER, __name__, url_prefix="/tbank/v2")
    bank.notices[PROVIDER] = _notice
    faults.watch(api, PROVIDER, CALLS)

    @api.before_request
    def sign_in() -> None:
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise RefusalError("9999", "Неверный формат запроса")
        merchant = shops.merchant(PROVIDER, str(body.get("TerminalKey", "")))
        if merchant is None:
            raise RefusalError("202", "Терминал заблокирован")
        ours = token(body, merchant.password)
        if not hmac.compare_digest(ours, str(body.get("Token", "")).lower()):
            raise RefusalError(
                "204", "Неверный токен. Проверьте пару TerminalKey/SecretKey"
            )
        g.merchant, g.body, g.now = merchant, body, bank.now

    @api.errorhandler(RefusalError)
    def refuse(error: RefusalError) -> Response:
        return jsonify(
            {
                "Success": False,
                "ErrorCode": error.code,
                "Message": error.words,
                "Details": "",
            }
        )

    @api.post("/Init")
    def init() -> Response:
        try:
            deal = faults.tell_first(bank, bank.create(_wanted()))
        except TakenError:
            raise RefusalError(
                "8", "Неверный статус заказа: номер уже использован"
            ) from None
        page = f"{request.host_url}pay/{deal.id}"
        return jsonify(_told(deal) | {"PaymentURL": page})

    @api.post("/GetState")
    def state() -> Response:
        return jsonify(_told(told(_mine(bank))))

    @api.post("/CheckOrder")
    def check_order() -> Response:
        number = str(g.body.get("OrderId", ""))
        deal = bank.by_number(PROVIDER, g.merchant.name, number)
        if deal is None:
            raise RefusalError("255", "Заказ не найден")
        fields = ("PaymentId", "Amount", "Status", "Success", "ErrorCode", "Message")
        one = _told(told(deal))
        return jsonify(
            {
                "TerminalKey": g.merchant.login,
                "OrderId": number,
                "Success": True,
                "ErrorCode": "0",
                "Message": "OK",
                "Payments": [{name: one[name] for name in fields}],
            }
        )

    @api.post("/Confirm")
    def confirm() -> Response:
        try:
            return jsonify(_told(bank.capture(_mine(bank))))
        except StateError:
            raise RefusalError("8", "Неверный статус транзакции") from None

    @api.post("/Cancel")
    def cancel() -> Response:
        deal = _mine(bank)
        amount = g.body.get("Amount", deal.amount - deal.refunded)
        if not isinstance(amount, int) or amount <= 0:
            raise RefusalError("9999", "Неверная сумма")
        try:
            if deal.state == "succeeded":
                key = str(g.body.get("ExternalRequestId", ""))
                body = json.dumps([deal.id, amount])
                bank.refund(deal, amount, key=key, body=body)
            else:
                bank.cancel(deal)
        except (StateError, TakenError):
            raise RefusalError("8", "Неверный статус транзакции") from None
        after = _told(bank.get(deal.id))
        return jsonify(
            after | {"OriginalAmount": deal.amount, "NewAmount": after["Amount"]}
        )

    @api.post("/GetQr")
    def qr() -> Response:
        deal = _mine(bank)
        page = f"{request.host_url}pay/{deal.id}"
        return jsonify(_told(deal) | {"Data": page})

    return api


def token(body: Mapping[str, object], password: str) -> str:
    """Return the signature: SHA-256 of the root values, joined in the order of keys."""
    values = {
        key: str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in body.items()
        if key != "Token" and value is not None and not isinstance(value, dict | list)
    }
    values["Password"] = password
    return hashlib.sha256(
        "".join(values[key] for key in sorted(values)).encode()
    ).hexdigest()


def _wanted() -> Wanted:
    body = g.body
    amount, number = body.get("Amount"), body.get("OrderId")
    if not isinstance(amount, int) or isinstance(amount, bool) or amount < 1:
        raise RefusalError("9999", "Поле Amount заполнено неверно")
    if not isinstance(number, str) or not 0 < len(number) <= MOST_NUMBER:
        raise RefusalError("9999", "Поле OrderId заполнено неверно")
    if len(str(body.get("Description", ""))) > MOST_DESCRIPTION:
        raise RefusalError("9999", "Поле Description слишком длинное")
    receipt = body.get("Receipt")
    if receipt and sum(item["Amount"] for item in receipt["Items"]) != amount:
        raise RefusalError("308", "Сумма позиций чека не равна сумме платежа")
    due = body.get("RedirectDueDate")
    lives = LIVES
    if due:
        try:
            lives = datetime.fromisoformat(due) - g.now()
        except (TypeError, ValueError):
            raise RefusalError(
                "9999", "Поле RedirectDueDate заполнено неверно"
            ) from None
    return Wanted(
        provider=PROVIDER,
        shop=g.merchant.name,
        number=number,
        amount=amount,
        method="card",
        return_url=body.get("SuccessURL", ""),
        fail_url=body.get("FailURL", ""),
        notice_url=body.get("NotificationURL", ""),
        lives=lives,
        is_two_stage=body.get("PayType") == "T",
        more={
            "data": body.get("DATA") or {},
            "description": body.get("Description", ""),
        },
    )


def _mine(bank: Bank) -> Deal:
    try:
        deal = bank.get(str(g.body.get("PaymentId", "")))
    except LookupError:
        deal = None
    if deal is None or (deal.provider, deal.shop) != (PROVIDER, g.merchant.name):
        raise RefusalError("255", "Платёж не найден")
    return deal


def _status(deal: Deal) -> str:
    if deal.state == "succeeded" and deal.refunded:
        return "REFUNDED" if deal.refunded == deal.amount else "PARTIAL_REFUNDED"
    if deal.step == "code" and deal.state == "pending":
        return "3DS_CHECKING"
    by_reason = {
        "expired_on_confirmation": "DEADLINE_EXPIRED",
        "canceled_by_merchant": "CANCELED",
    }
    if deal.state == "canceled":
        return by_reason.get(deal.reason, "REJECTED")
    return STATES[deal.state]


def _told(deal: Deal) -> dict[str, Any]:
    status = _status(deal)
    is_refused = status == "REJECTED"
    left = deal.amount - deal.refunded if status == "PARTIAL_REFUNDED" else deal.amount
    return {
        "TerminalKey": g.merchant.login,
        "OrderId": deal.number,
        "PaymentId": deal.id,
        "Amount": left,
        "Status": status,
        "Success": not is_refused,
        "ErrorCode": ERRORS.get(deal.reason, DECLINED) if is_refused else "0",
        "Message": "Отклонено" if is_refused else "OK",
    }


def _notice(deal: Deal, event: str) -> Notice | None:
    merchant = next(one for one in shops.MERCHANTS if one.name == deal.shop)
    status = _status(deal) if event.startswith("refund:") else STATES.get(event, "")
    if event == "authorized":
        status = "AUTHORIZED"
    if event == "canceled":
        status = _status(deal)
    if not status or event == "pending":
        return None
    body: dict[str, Any] = {
        "TerminalKey": merchant.login,
        "OrderId": deal.number,
        "Success": status != "REJECTED",
        "Status": status,
        "PaymentId": int(deal.id),
        "ErrorCode": ERRORS.get(deal.reason, DECLINED) if status == "REJECTED" else "0",
        "Amount": deal.amount,
        "Pan": "220070******0000",
    }
    body["Token"] = token(body, merchant.password)
    return deal.notice_url, json.dumps(body).encode(), "application/json", "OK"
