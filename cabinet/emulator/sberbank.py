"""Sberbank's interface (RBS). An error is told with 200, by `errorCode`.

Source: https://securepayments.sberbank.ru/wiki/doku.php/integration:api:rest:start.
"""

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, g, jsonify, request

from cabinet.emulator import shops
from cabinet.emulator.bank import Bank, Notice, StateError, TakenError, Wanted
from cabinet.emulator.book import Deal
from cabinet.emulator.faults import Faults, told

PROVIDER = "sberbank"
CALLS = {
    "register": "start",
    "register_hold": "start",
    "show": "ask",
    "refund": "refund",
}
STATES = {"pending": 0, "waiting": 1, "succeeded": 2, "canceled": 6, "unknown": 99}
PAYMENT_STATES = {
    "pending": "CREATED",
    "waiting": "APPROVED",
    "succeeded": "DEPOSITED",
    "canceled": "DECLINED",
}
#: `actionCode` of the reasons of our cards.
ACTION_CODES = {
    "": 0,
    "3d_secure_failed": -2006,
    "call_issuer": 107,
    "card_expired": 101,
    "country_forbidden": -2012,
    "expired_on_confirmation": -2007,
    "fraud_suspected": -2003,
    "insufficient_funds": 116,
    "invalid_card_number": 111,
    "payment_method_limit_exceeded": 121,
    "payment_method_restricted": 104,
}
DECLINED = 2001
MOST_NUMBER = 32


class RefusalError(Exception):
    """The error the interface answers with."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words


def make(bank: Bank, faults: Faults) -> Blueprint:
    """Return the interface of the bank."""
    api = Blueprint(PROVIDER, __name__, url_prefix="/sberbank/payment/rest")
    bank.notices[PROVIDER] = _notice
    faults.watch(api, PROVIDER, CALLS)

    @api.before_request
    def sign_in() -> None:
        merchant = shops.merchant(PROVIDER, request.form.get("userName", ""))
        if merchant is None or request.form.get("password") != merchant.password:
            raise RefusalError(5, "Доступ запрещён")
        g.merchant = merchant

    @api.errorhandler(RefusalError)
    def refuse(error: RefusalError) -> Response:
        # A text here, a number there, as the bank itself does.
        code: object = (
            str(error.code) if request.endpoint != f"{PROVIDER}.show" else error.code
        )
        return jsonify({"errorCode": code, "errorMessage": error.words})

    @api.post("/register.do")
    def register() -> Response:
        return _registered(bank, faults, is_two_stage=False)

    @api.post("/registerPreAuth.do")
    def register_hold() -> Response:
        return _registered(bank, faults, is_two_stage=True)

    @api.post("/getOrderStatusExtended.do")
    def show() -> Response:
        return jsonify(_order(bank, told(_mine(bank))))

    @api.post("/deposit.do")
    def deposit() -> Response:
        return _done(lambda: bank.capture(_mine(bank)))

    @api.post("/reverse.do")
    def reverse() -> Response:
        return _done(lambda: bank.cancel(_mine(bank)))

    @api.post("/decline.do")
    def decline() -> Response:
        return _done(lambda: bank.cancel(_mine(bank)))

    @api.post("/refund.do")
    def refund() -> Response:
        amount = _whole("amount")
        return _done(lambda: bank.refund(_mine(bank), amount))

    return api


def _registered(bank: Bank, faults: Faults, *, is_two_stage: bool) -> Response:
    form, number = request.form, request.form.get("orderNumber", "")
    if not 0 < len(number) <= MOST_NUMBER:
        raise RefusalError(4, "Номер заказа не может быть пуст")
    if not form.get("returnUrl", "").startswith(("http://", "https://")):
        raise RefusalError(4, "URL возврата не может быть пуст")
    if form.get("currency", "643") != "643":
        raise RefusalError(3, "Неизвестная валюта")
    amount, lives = _whole("amount"), form.get("sessionTimeoutSecs", "1200")
    try:
        more = json.loads(form.get("jsonParams") or "{}")
        bundle = json.loads(form.get("orderBundle") or "{}")
    except ValueError:
        raise RefusalError(8, "Неверный JSON") from None
    items = bundle.get("cartItems", {}).get("items", [])
    if items and sum(item["itemAmount"] for item in items) != amount:
        raise RefusalError(8, "Сумма позиций чека не равна сумме заказа")
    wanted = Wanted(
        provider=PROVIDER,
        shop=g.merchant.name,
        number=number,
        amount=amount,
        method="card",
        return_url=form["returnUrl"],
        fail_url=form.get("failUrl") or form["returnUrl"],
        notice_url=form.get("dynamicCallbackUrl", ""),
        lives=timedelta(seconds=int(lives) if lives.isdecimal() else 1200),
        is_two_stage=is_two_stage,
        more={"params": more, "description": form.get("description", "")},
    )
    try:
        deal = faults.tell_first(bank, bank.create(wanted))
    except TakenError:
        raise RefusalError(1, "Заказ с таким номером уже обработан") from None
    page = f"{request.host_url}pay/{deal.id}"
    return jsonify({"orderId": deal.id, "formUrl": page})


def _whole(name: str) -> int:
    text = request.form.get(name, "")
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 10**12):
        raise RefusalError(5, f"Неверное значение параметра {name}")
    return int(text)


def _mine(bank: Bank) -> Deal:
    order_id, number = request.form.get("orderId"), request.form.get("orderNumber", "")
    try:
        deal = (
            bank.get(order_id)
            if order_id
            else bank.by_number(PROVIDER, g.merchant.name, number)
        )
    except LookupError:
        deal = None
    if deal is None or (deal.provider, deal.shop) != (PROVIDER, g.merchant.name):
        raise RefusalError(6, "Заказ не найден")
    return deal


def _done(act: Any) -> Response:
    try:
        act()
    except StateError:
        raise RefusalError(
            7, "Операция невозможна для текущего состояния платежа"
        ) from None
    return jsonify({"errorCode": "0", "errorMessage": "Успешно"})


def _order(bank: Bank, deal: Deal) -> dict[str, Any]:
    status = STATES[deal.state]
    if deal.refunded:
        status = 4
    if deal.reason == "canceled_by_merchant":
        status = 3
    if deal.step == "code":
        status = 5
    taken = deal.amount if deal.state == "succeeded" else 0
    currencies = {"RUB": "643", "KZT": "398"}
    return {
        "errorCode": 0,
        "errorMessage": "Успешно",
        "orderNumber": deal.number,
        "orderStatus": status,
        "actionCode": ACTION_CODES.get(deal.reason, DECLINED)
        if deal.state != "pending"
        else -100,
        "actionCodeDescription": "",
        "amount": deal.amount,
        "currency": currencies[deal.more.get("currency", "RUB")],
        "date": int(deal.created_at.timestamp() * 1000),
        **(
            {"authDateTime": int(deal.paid_at.timestamp() * 1000)}
            if deal.paid_at
            else {}
        ),
        "orderDescription": deal.more["description"],
        "merchantOrderParams": [
            {"name": name, "value": str(value)}
            for name, value in deal.more["params"].items()
        ],
        "attributes": [{"name": "mdOrder", "value": deal.id}],
        "paymentAmountInfo": {
            "paymentState": "REFUNDED"
            if deal.refunded
            else PAYMENT_STATES.get(deal.state, "UNKNOWN"),
            "approvedAmount": taken,
            "depositedAmount": taken,
            "refundedAmount": deal.refunded,
        },
    }


def _notice(deal: Deal, event: str) -> Notice | None:
    operations = {
        "waiting": ("approved", "1"),
        "succeeded": ("deposited", "1"),
        "canceled": ("deposited", "0"),
    }
    if event.startswith("refund:"):
        operation, status = "refunded", "1"
    elif event in operations:
        operation, status = operations[event]
    else:
        return None
    told_of = {
        "mdOrder": deal.id,
        "orderNumber": deal.number,
        "operation": operation,
        "status": status,
    }
    secret = next(one.notice_secret for one in shops.MERCHANTS if one.name == deal.shop)
    text = "".join(f"{key};{told_of[key]};" for key in sorted(told_of))
    sign = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest().upper()
    query = urlencode({**told_of, "checksum": sign})
    return f"{deal.notice_url}?{query}", b"", "", ""
