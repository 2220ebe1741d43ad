"""What Sberbank takes: parameters of a form, each refused by its name.

Source: https://securepayments.sberbank.ru/wiki/doku.php/integration:api:rest:start.
"""

import json
from typing import Any

from flask import request

USED, CURRENCY, MISSING, WRONG, NOT_FOUND, SYSTEM = 1, 3, 4, 5, 6, 7
MOST_SUM = 10**12
SIGNED_IN = frozenset({"userName", "password", "language", "merchantLogin"})
REGISTER = frozenset(
    {
        "orderNumber", "amount", "currency", "returnUrl", "failUrl",
        "dynamicCallbackUrl", "description", "pageView", "clientId", "jsonParams",
        "sessionTimeoutSecs", "expirationDate", "bindingId", "features", "orderBundle",
        "taxSystem", "additionalOfdParams", "email", "phone", "postAddress",
        "autocompletionDate",
    }
)  # fmt: skip


class RefusalError(Exception):
    """The error the interface answers with."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words


def only(*known: str) -> None:
    """Refuse a parameter that is not known."""
    for name in request.form:
        if name not in SIGNED_IN and name not in known:
            raise RefusalError(WRONG, f"Неизвестный параметр {name}")


def whole(name: str, default: int | None = None) -> int:
    """Return a whole number from 1."""
    text = request.form.get(name, "")
    if not text and default is not None:
        return default
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < MOST_SUM):
        raise RefusalError(WRONG, f"Неверное значение параметра {name}")
    return int(text)


def read_json(name: str) -> dict[str, Any]:
    """Return a parameter that is an object of JSON; a missing one is empty."""
    try:
        found = json.loads(request.form.get(name) or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise RefusalError(WRONG, f"Неверное значение параметра {name}")
    return found


def check_bundle(bundle: dict[str, Any], amount: int) -> None:
    """Refuse a receipt whose lines are another sum or lack what the register prints."""
    if not bundle:
        return
    try:
        customer, items = bundle["customerDetails"], bundle["cartItems"]["items"]
        total = sum(item["itemAmount"] for item in items)
        is_whole = all(
            item["positionId"] and item["name"] and item["quantity"]["value"]
            and item["itemCode"] and item["tax"]["taxType"] is not None
            for item in items
        )  # fmt: skip
        is_reached = bool(customer.get("email") or customer.get("phone"))
    except (KeyError, TypeError, AttributeError):
        raise RefusalError(WRONG, "Неверное значение параметра orderBundle") from None
    if total != amount or not is_whole or not is_reached:
        raise RefusalError(WRONG, "Сумма позиций корзины не равна сумме заказа")
