"""Sberbank's interface (RBS). An error is told with 200, by `errorCode`.

Source: https://securepayments.sberbank.ru/wiki/doku.php/integration:api:rest:start.
"""

import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from cabinet.emulator import sberbank_shapes as shapes
from cabinet.emulator import shops
from cabinet.emulator.bank import OVER, Bank, StateError, TakenError, Wanted
from cabinet.emulator.book import Deal
from cabinet.emulator.faults import Faults
from cabinet.emulator.notices import Notice
from cabinet.emulator.sberbank_shapes import (
    CURRENCY,
    MISSING,
    NOT_FOUND,
    REGISTER,
    SYSTEM,
    USED,
    WRONG,
    RefusalError,
    check_bundle,
    only,
    read_json,
    whole,
)

PROVIDER = "sberbank"
CALLS = {
    "register": "start",
    "register_hold": "start",
    "show": "ask",
    "deposit": "capture",
    "reverse": "cancel",
    "decline": "cancel",
    "refund": "refund",
    "list_orders": "list",
}
STATES = {"pending": 0, "waiting": 1, "succeeded": 2, "canceled": 6, "unknown": 99}
REVERSED, REFUNDED, ASKED = 3, 4, 5
PAYMENT_STATES = {0: "CREATED", 1: "APPROVED", 2: "DEPOSITED", 3: "REVERSED"}
PAYMENT_STATES |= {4: "REFUNDED", 5: "CREATED", 6: "DECLINED"}

#: `actionCode` of the reasons of our cards.
ACTION_CODES = {
    "": 0,
    "3d_secure_failed": -2006,
    "call_issuer": 107,
    "canceled_by_merchant": -100,
    "card_expired": 101,
    "country_forbidden": -2012,
    "expired_on_capture": 0,
    OVER: -2007,
    "fraud_suspected": -2003,
    "general_decline": 5,
    "identification_required": 1,
    "insufficient_funds": 116,
    "internal_timeout": 151018,
    "invalid_card_number": 111,
    "invalid_csc": 71015,
    "issuer_unavailable": 907,
    "payment_method_limit_exceeded": 121,
    "payment_method_restricted": 120,
}
NO_ATTEMPTS = -100
CURRENCIES = {"RUB": "643", "KZT": "398"}

#: `operation` and `status` of the notices.
OPERATIONS = {
    "waiting": ("approved", "1"),
    "succeeded": ("deposited", "1"),
    "canceled": ("deposited", "0"),
    "expired": ("declinedByTimeout", "1"),
    "reversed": ("reversed", "1"),
    "refunded": ("refunded", "1"),
}

MOST_NUMBER = 32
MOST_DESCRIPTION = 512
MOST_PARAMS = 1024
DEFAULT_LIFE = 1200
MOST_LIFE = 999_999_999
URL = re.compile(r"https?://[^\s/]+(/\S*)?")


def make(bank: Bank, faults: Faults) -> Blueprint:
    """Return the interface of the bank."""
    api = Blueprint(PROVIDER, __name__, url_prefix="/sberbank/payment/rest")
    calls = _Calls(bank, faults)
    bank.notices.make[PROVIDER] = notice
    bank.notices.tells_hold.add(PROVIDER)
    faults.watch(api, PROVIDER, CALLS)
    api.before_request(_sign_in)
    api.register_error_handler(RefusalError, _refuse)
    api.register_error_handler(HTTPException, _fail)
    routes: tuple[tuple[str, str, Callable[[], Response]], ...] = (
        ("register.do", "register", calls.register),
        ("registerPreAuth.do", "register_hold", calls.register_hold),
        ("getOrderStatusExtended.do", "show", calls.show),
        ("deposit.do", "deposit", calls.deposit),
        ("reverse.do", "reverse", calls.reverse),
        ("decline.do", "decline", calls.decline),
        ("refund.do", "refund", calls.refund),
        ("getLastOrdersForMerchants.do", "list_orders", calls.list_orders),
    )
    for path, name, view in routes:
        api.add_url_rule(f"/{path}", name, view, methods=["POST"])
    return api


def checksum(told: dict[str, str], secret: str) -> str:
    """Return the checksum of a notice: HMAC-SHA256 of `key;value;`, keys in order."""
    text = "".join(f"{key};{told[key]};" for key in sorted(told))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest().upper()


def notice(deal: Deal, event: str) -> Notice | None:
    """Return the notice of an event: an address to be fetched."""
    name = "refunded" if event.startswith("refund:") else event
    if name == "canceled" and deal.reason == "canceled_by_merchant" and deal.held_at:
        name = "reversed"
    if name not in OPERATIONS:
        return None
    operation, status = OPERATIONS[name]
    told = {
        "mdOrder": deal.id,
        "orderNumber": deal.number,
        "operation": operation,
        "status": status,
    }
    told["checksum"] = checksum(told, shops.named(deal.shop).notice_secret)
    joint = "&" if "?" in deal.notice_url else "?"
    return f"{deal.notice_url}{joint}{urlencode(told)}", b"", "", ""


def _sign_in() -> None:
    merchant = shops.merchant(PROVIDER, request.form.get("userName", ""))
    given = request.form.get("password", "")
    if merchant is None or not hmac.compare_digest(
        given.encode(), merchant.password.encode()
    ):
        raise RefusalError(WRONG, "Доступ запрещён")
    g.merchant = merchant
    if request.args or any(
        len(request.form.getlist(name)) > 1 for name in request.form
    ):
        raise RefusalError(WRONG, "Параметр указан дважды или в адресе")


def _refuse(error: RefusalError) -> Response:
    # A text here, a number there, as the bank itself does.
    is_number = request.endpoint == f"{PROVIDER}.show"
    code: object = error.code if is_number else str(error.code)
    return jsonify(errorCode=code, errorMessage=error.words)


def _fail(error: HTTPException) -> Response:
    response = Response(error.name)
    response.status_code = error.code or 400
    return response


class _Calls:
    def __init__(self, bank: Bank, faults: Faults) -> None:
        self._bank = bank
        self._faults = faults

    def register(self) -> Response:
        return self._registered(is_two_stage=False)

    def register_hold(self) -> Response:
        return self._registered(is_two_stage=True)

    def show(self) -> Response:
        only("orderId", "orderNumber", "merchantOrderNumber")
        return jsonify(_order(self._faults.told(self._mine())))

    def deposit(self) -> Response:
        only("orderId", "amount", "depositItems", "jsonParams")
        text = request.form.get("amount", "")
        # Nought is the whole.
        amount = None if text == "0" else whole("amount")
        return self._done(lambda deal: self._bank.capture(deal, amount))

    def reverse(self) -> Response:
        only("orderId", "amount", "jsonParams")
        return self._done(self._reverse)

    def decline(self) -> Response:
        only("orderId", "orderNumber")
        return self._done(self._decline)

    def refund(self) -> Response:
        only(
            "orderId", "amount", "refundItems", "jsonParams", "expectedDepositedAmount"
        )
        amount = whole("amount")
        read_json("refundItems")
        return self._done(lambda deal: self._bank.refund(deal, amount))

    def list_orders(self) -> Response:
        asked = shapes.listing()
        found = self._bank.book.deals(
            "provider = ? AND shop = ? ORDER BY created_at, id",
            PROVIDER,
            g.merchant.name,
        )
        deals = [self._bank.get(one.id) for one in found]
        rows = [
            one
            for one in deals
            if PAYMENT_STATES[_status(one)] in asked.states
            and asked.is_within(one.created_at if asked.is_by_created else one.paid_at)
        ]
        first = asked.page * asked.size
        return jsonify(
            errorCode="0",
            errorMessage="Успешно",
            orderStatuses=[
                _order(self._faults.told(one, is_alone=False))
                for one in rows[first : first + asked.size]
            ],
            totalCount=len(rows),
            page=asked.page,
            pageSize=asked.size,
        )

    def _reverse(self, deal: Deal) -> object:
        if deal.state != "waiting":
            raise StateError(deal.state)
        return self._bank.cancel(deal)

    def _decline(self, deal: Deal) -> object:
        if deal.state != "pending":
            raise StateError(deal.state)
        return self._bank.cancel(deal)

    def _registered(self, *, is_two_stage: bool) -> Response:
        wanted = _wanted(is_two_stage=is_two_stage)
        try:
            deal = self._bank.create(wanted)
        except TakenError:
            raise RefusalError(USED, "Заказ с таким номером уже обработан") from None
        self._faults.tell_first(self._bank, deal)
        return jsonify(orderId=deal.id, formUrl=f"{request.host_url}pay/{deal.id}")

    def _mine(self) -> Deal:
        form = request.form
        number = form.get("orderNumber", "")
        if form.get("orderId"):
            deal = self._bank.of_shop(PROVIDER, g.merchant.name, form["orderId"])
            found = [] if deal is None else [deal]
        elif number:
            found = self._bank.of_number(PROVIDER, g.merchant.name, number)
        else:
            raise RefusalError(WRONG, "orderId не указан")
        if not found:
            raise RefusalError(NOT_FOUND, "Незарегистрированный OrderId")
        return found[0]

    def _done(self, act: Callable[[Deal], object]) -> Response:
        try:
            act(self._mine())
        except StateError:
            words = "Операция невозможна для текущего состояния платежа"
            raise RefusalError(SYSTEM, words) from None
        return jsonify(errorCode="0", errorMessage="Успешно")


def _wanted(*, is_two_stage: bool) -> Wanted:
    only(*REGISTER)
    form = request.form
    for name in ("orderNumber", "amount", "returnUrl"):
        if not form.get(name):
            raise RefusalError(MISSING, f"{name} не может быть пуст")
    if len(form["orderNumber"]) > MOST_NUMBER:
        raise RefusalError(WRONG, "orderNumber длиннее 32 знаков")
    for name in ("returnUrl", "failUrl", "dynamicCallbackUrl"):
        if form.get(name) and not URL.fullmatch(form[name]):
            raise RefusalError(WRONG, f"Неверное значение параметра {name}")
    if form.get("currency", "643") != "643":
        raise RefusalError(CURRENCY, "Неизвестная валюта")
    description = form.get("description", "")
    if len(description) > MOST_DESCRIPTION or re.search(r"[%+\r\n]", description):
        raise RefusalError(WRONG, "Неверное значение параметра description")
    amount = whole("amount")
    seconds = whole("sessionTimeoutSecs", DEFAULT_LIFE)
    params = read_json("jsonParams")
    is_long = len(form.get("jsonParams", "")) > MOST_PARAMS
    if is_long or not all(isinstance(value, str) for value in params.values()):
        raise RefusalError(WRONG, "Неверное значение параметра jsonParams")
    check_bundle(read_json("orderBundle"), amount)
    return Wanted(
        provider=PROVIDER,
        shop=g.merchant.name,
        number=form["orderNumber"],
        amount=amount,
        method="",
        return_url=form["returnUrl"],
        fail_url=form.get("failUrl") or form["returnUrl"],
        notice_url=form.get("dynamicCallbackUrl", ""),
        lives=timedelta(seconds=min(seconds, MOST_LIFE)),
        is_two_stage=is_two_stage,
        more={
            "params": params,
            "description": description,
            "origin": request.host_url.rstrip("/"),
        },
    )


def _status(deal: Deal) -> int:
    status = STATES[deal.state]
    if deal.state == "succeeded" and deal.refunded:
        return REFUNDED
    if deal.state == "canceled" and deal.held_at:
        return REVERSED
    if deal.state == "pending" and deal.step == "code":
        return ASKED
    return status


def _order(deal: Deal) -> dict[str, Any]:
    status = _status(deal)
    held = deal.amount if deal.held_at or deal.captured else 0
    is_pending = deal.state == "pending"
    made: dict[str, Any] = {
        "errorCode": "0",
        "errorMessage": "Успешно",
        "orderNumber": deal.number,
        "orderStatus": status,
        "actionCode": NO_ATTEMPTS if is_pending else ACTION_CODES[deal.reason],
        "actionCodeDescription": "",
        "amount": deal.amount,
        "currency": CURRENCIES[deal.more.get("currency", "RUB")],
        "date": _milliseconds(deal.created_at),
        "ip": "127.0.0.1",
        "merchantOrderParams": [
            {"name": name, "value": value}
            for name, value in deal.more["params"].items()
        ],
        "transactionAttributes": [],
        "attributes": [{"name": "mdOrder", "value": deal.id}],
        "terminalId": "20000000",
        "paymentAmountInfo": {
            "paymentState": PAYMENT_STATES.get(status, "CREATED"),
            "approvedAmount": held,
            "depositedAmount": deal.captured,
            "refundedAmount": deal.refunded,
        },
        "bankInfo": {"bankName": "УЧЕБНЫЙ БАНК", "bankCountryCode": "RU"},
    }
    if deal.more["description"]:
        made["orderDescription"] = deal.more["description"]
    authorized_at = deal.held_at or deal.paid_at
    if authorized_at:
        made["authDateTime"] = _milliseconds(authorized_at)
        made["authRefNum"] = deal.id.replace("-", "")[:12]
    if deal.card:
        made["cardAuthInfo"] = {
            "maskedPan": deal.card.replace("******", "**"),
            "expiration": "203012",
            "cardholderName": "UCHEBNAYA KARTA",
            "approvalCode": "123456",
            "paymentSystem": "MIR",
        }
    return made


def _milliseconds(moment: Any) -> int:
    return int(moment.timestamp() * 1000)
