"""What Sberbank takes: parameters of a form, each refused by its name.

Source: https://securepayments.sberbank.ru/wiki/doku.php/integration:api:rest:start.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
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


LIST = ("from", "to", "size", "page", "transactionStates", "merchants")
LIST_STATES = frozenset(
    {"CREATED", "APPROVED", "DEPOSITED", "DECLINED", "REVERSED", "REFUNDED"}
)
MOST_SIZE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Which orders are asked for; both ends are within."""

    starts: datetime
    ends: datetime
    states: frozenset[str]
    is_by_created: bool
    page: int
    size: int

    def is_within(self, moment: datetime | None) -> bool:
        """Tell whether the moment is asked for, as the bank does by whole seconds."""
        if moment is None:
            return False
        return self.starts <= moment.replace(microsecond=0) <= self.ends


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


def listing() -> Listing:
    """Read what getLastOrdersForMerchants.do is asked for."""
    only(*LIST, "searchByCreatedDate")
    for name in LIST:
        if name not in request.form and name != "page":
            raise RefusalError(WRONG, f"Не указан параметр {name}")
    size, text = whole("size"), request.form.get("page", "0")
    states = frozenset(request.form["transactionStates"].split(","))
    if size > MOST_SIZE or not (text.isascii() and text.isdecimal()):
        raise RefusalError(WRONG, "Неверное значение параметра size или page")
    if not states <= LIST_STATES:
        raise RefusalError(WRONG, "Неверное значение параметра transactionStates")
    return Listing(
        starts=_moment("from"),
        ends=_moment("to"),
        states=states,
        is_by_created=request.form.get("searchByCreatedDate") == "true",
        page=int(text),
        size=size,
    )


def _moment(name: str) -> datetime:
    try:
        found = datetime.strptime(f"{request.form[name]} +0300", "%Y%m%d%H%M%S %z")
    except ValueError:
        raise RefusalError(WRONG, f"Неверное значение параметра {name}") from None
    return found.astimezone(UTC)
