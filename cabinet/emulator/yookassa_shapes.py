"""What YooKassa takes: fields, types and lengths, each refused by its name.

Source: https://yookassa.ru/developers/api#create_payment.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

MOST_WORDS = 128
MOST_REFUND_WORDS = 250
MOST_KEYS = 16
MOST_KEY_NAME = 32
MOST_VALUE = 512
MOST_ITEMS = 80
MONEY = re.compile(r"[0-9]{1,9}\.[0-9]{2}")
URL = re.compile(r"https?://[^\s/]+(/\S*)?")
VAT_CODES = range(1, 13)
TAX_SYSTEMS = range(1, 7)
METHODS = ("bank_card", "sbp")

PAYMENT = frozenset(
    {
        "airline", "amount", "capture", "client_ip", "confirmation", "deal",
        "description", "fraud_data", "merchant_customer_id", "metadata",
        "payment_method_data", "payment_method_id", "payment_order", "payment_token",
        "receipt", "receiver", "recipient", "save_payment_method", "statements",
        "transfers",
    }
)  # fmt: skip
CAPTURE = frozenset({"amount", "receipt", "airline", "transfers", "deal"})
REFUND = frozenset(
    {"payment_id", "amount", "description", "receipt", "sources", "deal", "metadata"}
)
RECEIPT = frozenset(
    {
        "customer", "items", "internet", "phone", "email", "tax_system_code",
        "timezone", "receipt_industry_details", "receipt_operational_details",
    }
)  # fmt: skip

COMPARES: dict[str, Callable[[datetime, datetime], bool]] = {
    "created_at.gte": operator.ge,
    "created_at.gt": operator.gt,
    "created_at.lte": operator.le,
    "created_at.lt": operator.lt,
}

CODES = {
    401: "invalid_credentials",
    403: "forbidden",
    404: "not_found",
    429: "too_many_requests",
}


class RefusalError(Exception):
    """The error the interface answers with."""

    def __init__(self, words: str, parameter: str = "", status: int = 400) -> None:
        super().__init__(words)
        self.code = CODES.get(status, "invalid_request")
        self.words, self.parameter, self.status = words, parameter, status


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A payment that was asked for in the right shape; money in kopecks."""

    amount: int
    is_captured: bool
    method: str
    return_url: str
    description: str
    metadata: dict[str, str]
    customer: str


def payment(body: dict[str, Any]) -> Asked:
    """Read the body of a new payment; raises RefusalError with the field's name."""
    only(body, PAYMENT)
    asked = amount(body.get("amount"), "amount")
    is_captured = body.get("capture", False)
    if not isinstance(is_captured, bool):
        raise RefusalError("True or false", "capture")
    confirmation = _object(body, "confirmation")
    if confirmation.get("type") != "redirect":
        raise RefusalError("Only redirect is emulated", "confirmation.type")
    return_url = confirmation.get("return_url")
    if not isinstance(return_url, str) or not URL.fullmatch(return_url):
        raise RefusalError("Not an address", "confirmation.return_url")
    method = ""
    if "payment_method_data" in body:
        method = _object(body, "payment_method_data").get("type", "")
        if method not in METHODS:
            raise RefusalError("Unknown method", "payment_method_data.type")
    if "receipt" in body:
        check_receipt(body["receipt"], asked)
    return Asked(
        amount=asked,
        is_captured=is_captured,
        method=method,
        return_url=return_url,
        description=text(body, "description", MOST_WORDS),
        metadata=_metadata(body.get("metadata")),
        customer=text(body, "merchant_customer_id", 200),
    )


def only(body: dict[str, Any], known: frozenset[str]) -> None:
    """Refuse a field that is not known."""
    for name in body:
        if name not in known:
            raise RefusalError("Unknown parameter", name)


def amount(told: object, parameter: str) -> int:
    """Return the kopecks of an amount in roubles."""
    if not isinstance(told, dict):
        raise RefusalError("Not an amount", parameter)
    if told.get("currency") != "RUB":
        raise RefusalError("Unsupported currency", f"{parameter}.currency")
    value = told.get("value")
    if not isinstance(value, str) or not MONEY.fullmatch(value):
        raise RefusalError("Not a sum", f"{parameter}.value")
    kopecks = int(value.replace(".", ""))
    if kopecks < 1:
        raise RefusalError("Too small", f"{parameter}.value")
    return kopecks


def text(body: dict[str, Any], name: str, most: int) -> str:
    """Return a text that may be missing."""
    told = body.get(name)
    if told is None:
        return ""
    if not isinstance(told, str) or len(told) > most:
        raise RefusalError("Not a text, or too long", name)
    return told


def moment(told: str, parameter: str) -> datetime:
    """Return the moment of a question; it needs an offset."""
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise RefusalError("Not a moment", parameter)
    return found


def check_receipt(receipt: object, asked: int) -> None:
    """Refuse a receipt that the cash register would not take (54-ФЗ)."""
    if not isinstance(receipt, dict):
        raise RefusalError("Not a receipt", "receipt")
    for name in receipt:
        if name not in RECEIPT:
            raise RefusalError("Unknown parameter", f"receipt.{name}")
    customer = receipt.get("customer")
    customer = customer if isinstance(customer, dict) else receipt
    if not (customer.get("email") or customer.get("phone")):
        raise RefusalError("Email or phone is needed", "receipt.customer")
    if receipt.get("tax_system_code", 1) not in TAX_SYSTEMS:
        raise RefusalError("Unknown code", "receipt.tax_system_code")
    items = receipt.get("items")
    if not isinstance(items, list) or not 0 < len(items) <= MOST_ITEMS:
        raise RefusalError("From 1 to 80 items", "receipt.items")
    total = sum(_item(item, f"receipt.items[{n}]") for n, item in enumerate(items))
    if total != asked:
        raise RefusalError("The items are another sum", "receipt.items")


def _item(item: object, parameter: str) -> int:
    if not isinstance(item, dict):
        raise RefusalError("Not an item", parameter)
    if item.get("vat_code") not in VAT_CODES or isinstance(item["vat_code"], bool):
        raise RefusalError("Unknown code", f"{parameter}.vat_code")
    description = item.get("description")
    if not isinstance(description, str) or not 0 < len(description) <= MOST_WORDS:
        raise RefusalError("From 1 to 128 characters", f"{parameter}.description")
    try:
        quantity = Decimal(str(item.get("quantity")))
    except InvalidOperation:
        quantity = Decimal(0)
    if not quantity.is_finite() or quantity <= 0:
        raise RefusalError("Not a quantity", f"{parameter}.quantity")
    price = amount(item.get("amount"), f"{parameter}.amount")
    total = price * quantity
    return int(total.to_integral_value())


def _object(body: dict[str, Any], name: str) -> dict[str, Any]:
    told = body.get(name)
    if not isinstance(told, dict):
        raise RefusalError("Not an object", name)
    return told


def _metadata(told: object) -> dict[str, str]:
    if told is None:
        return {}
    if not isinstance(told, dict) or len(told) > MOST_KEYS:
        raise RefusalError("Up to 16 keys", "metadata")
    for key, value in told.items():
        if (
            len(key) > MOST_KEY_NAME
            or not isinstance(value, str)
            or len(value) > MOST_VALUE
        ):
            raise RefusalError("A text up to 512 by a key up to 32", f"metadata.{key}")
    return told
