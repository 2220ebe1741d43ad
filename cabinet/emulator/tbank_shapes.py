"""What T-Bank takes: fields, types and lengths of its calls.

Source: https://developer.tbank.ru/eacq/api/init.
"""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

WRONG = "9999"
RECEIPT_WRONG = "308"
LIVES = timedelta(hours=24)
LONGEST_LIFE = timedelta(days=90)
MOST_NUMBER = 36
MOST_DESCRIPTION = 140
MOST_DATA = 20
MOST_DATA_KEY = 20
MOST_DATA_VALUE = 100
MOST_SUM = 10**10
URL = re.compile(r"https?://[^\s/]+(/\S*)?")
TAXATIONS = frozenset(
    {"osn", "usn_income", "usn_income_outcome", "envd", "esn", "patent"}
)
TAXES = frozenset(
    {
        "none", "vat0", "vat5", "vat7", "vat10", "vat20", "vat22", "vat105", "vat107",
        "vat110", "vat120", "vat122",
    }
)  # fmt: skip
INIT = frozenset(
    {
        "Amount", "OrderId", "Description", "CustomerKey", "Recurrent", "PayType",
        "Language", "NotificationURL", "SuccessURL", "FailURL", "RedirectDueDate",
        "DATA", "Receipt", "Shops", "Descriptor", "IP",
    }
)  # fmt: skip


class RefusalError(Exception):
    """The error the interface answers with."""

    def __init__(self, code: str, words: str, details: str = "") -> None:
        super().__init__(words)
        self.code, self.words, self.details = code, words, details


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A payment that was asked for in the right shape; money in kopecks."""

    number: str
    amount: int
    description: str
    success_url: str
    fail_url: str
    notice_url: str
    lives: timedelta
    is_two_stage: bool
    data: dict[str, str]


def init(body: dict[str, Any], now: datetime) -> Asked:
    """Read the body of Init; raises RefusalError with the field's name in its words."""
    only(body, INIT)
    asked = amount(body, default=0)
    number = body.get("OrderId")
    if not isinstance(number, str) or not 0 < len(number) <= MOST_NUMBER:
        raise _wrong("OrderId")
    description = body.get("Description", "")
    if not isinstance(description, str) or len(description) > MOST_DESCRIPTION:
        raise _wrong("Description")
    if body.get("PayType", "O") not in {"O", "T"}:
        raise _wrong("PayType")
    if body.get("Language", "ru") not in {"ru", "en"}:
        raise _wrong("Language")
    urls = {}
    for name in ("NotificationURL", "SuccessURL", "FailURL"):
        urls[name] = body.get(name, "")
        if not isinstance(urls[name], str) or (
            name in body and not URL.fullmatch(urls[name])
        ):
            raise _wrong(name)
    if "Receipt" in body:
        _check_receipt(body["Receipt"], asked or 0)
    return Asked(
        number=number,
        amount=asked or 0,
        description=description,
        success_url=urls["SuccessURL"],
        fail_url=urls["FailURL"] or urls["SuccessURL"],
        notice_url=urls["NotificationURL"],
        lives=_lives(body.get("RedirectDueDate"), now),
        is_two_stage=body.get("PayType") == "T",
        data=_data(body.get("DATA", {})),
    )


def only(body: dict[str, Any], known: AbstractSet[str]) -> None:
    """Refuse a field that is not known."""
    for name in body:
        if name not in known and name not in {"TerminalKey", "Token"}:
            raise _wrong(name)


def amount(body: dict[str, Any], *, default: int | None) -> int | None:
    """Return the kopecks of a call; without a default the whole is None."""
    told = body.get("Amount", default)
    if told is None:
        return None
    if type(told) is not int or not 0 < told < MOST_SUM:
        raise _wrong("Amount")
    return told


def _wrong(name: str) -> RefusalError:
    return RefusalError(WRONG, "Неверные параметры", f"Поле {name} заполнено неверно")


def _lives(told: object, now: datetime) -> timedelta:
    if told is None:
        return LIVES
    try:
        due = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        due = None
    if due is None or due.tzinfo is None:
        raise _wrong("RedirectDueDate")
    lives = due - now
    if not timedelta(0) < lives <= LONGEST_LIFE:
        raise _wrong("RedirectDueDate")
    return lives


def _data(told: object) -> dict[str, str]:
    if not isinstance(told, dict) or len(told) > MOST_DATA:
        raise _wrong("DATA")
    for key, value in told.items():
        if (
            len(key) > MOST_DATA_KEY
            or not isinstance(value, str)
            or len(value) > MOST_DATA_VALUE
        ):
            raise _wrong("DATA")
    return told


def _check_receipt(receipt: object, asked: int) -> None:
    """Refuse a receipt that the cash register would not take (54-ФЗ)."""
    if not isinstance(receipt, dict):
        raise _wrong("Receipt")
    if not (receipt.get("Email") or receipt.get("Phone")):
        raise RefusalError(RECEIPT_WRONG, "Неверные параметры чека", "Email или Phone")
    if receipt.get("Taxation") not in TAXATIONS:
        raise RefusalError(RECEIPT_WRONG, "Неверные параметры чека", "Taxation")
    items = receipt.get("Items")
    if not isinstance(items, list) or not items:
        raise RefusalError(RECEIPT_WRONG, "Неверные параметры чека", "Items")
    try:
        total = sum(item["Amount"] for item in items)
        is_right = all(
            0 < len(item["Name"]) <= 128  # noqa: PLR2004 - documented
            and item["Tax"] in TAXES
            and item["Price"] * item["Quantity"] == item["Amount"]
            for item in items
        )
    except (KeyError, TypeError):
        is_right, total = False, 0
    if not is_right or total != asked:
        raise RefusalError(RECEIPT_WRONG, "Сумма позиций чека не равна сумме платежа")
