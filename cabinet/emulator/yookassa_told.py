"""Payments and refunds as YooKassa tells them.

Source: https://yookassa.ru/developers/api#payment_object.
"""

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

from cabinet.emulator import shops
from cabinet.emulator.book import Deal

#: How soon after the money the cash register has its receipt.
REGISTERED_AFTER = timedelta(seconds=2)

#: What the shop gets of ten thousand kopecks.
INCOME = 9650
WHOLE = 10_000

STATES = {
    "pending": "pending",
    "waiting": "waiting_for_capture",
    "succeeded": "succeeded",
    "canceled": "canceled",
    "unknown": "on_the_moon",
}
#: What a list may be asked for.
STATUSES = frozenset(STATES.values()) - {STATES["unknown"]}

#: Who canceled, by the reason; the others are the card's bank's.
PARTIES = {
    "canceled_by_merchant": "merchant",
    "expired_on_confirmation": "yoo_money",
    "expired_on_capture": "yoo_money",
    "fraud_suspected": "yoo_money",
    "internal_timeout": "yoo_money",
}


def payment(deal: Deal, now: datetime) -> dict[str, Any]:
    """Return the payment as it stands at `now`."""
    is_taken = deal.state == "succeeded"
    made: dict[str, Any] = {
        "id": deal.id,
        "status": STATES[deal.state],
        "amount": _money(deal.captured if is_taken else deal.amount, deal),
        "recipient": {
            "account_id": shops.named(deal.shop).login,
            "gateway_id": "100700",
        },
        "created_at": _moment(deal.created_at),
        "test": True,
        "paid": deal.state in {"waiting", "succeeded"},
        "refundable": is_taken and deal.refunded < deal.captured,
        "metadata": deal.more["metadata"],
    }
    if deal.more["description"]:
        made["description"] = deal.more["description"]
    if deal.more.get("merchant_customer_id"):
        made["merchant_customer_id"] = deal.more["merchant_customer_id"]
    if deal.method or deal.card:
        made["payment_method"] = _method(deal)
    if deal.state == "pending":
        made["confirmation"] = {
            "type": "redirect",
            "return_url": deal.return_url,
            "confirmation_url": f"{deal.more['origin']}/pay/{deal.id}",
        }
    if deal.state == "waiting":
        made["expires_at"] = _moment(deal.expires_at)
    if made["paid"] and deal.card:
        made["authorization_details"] = {
            "rrn": deal.id.replace("-", "")[:12],
            "auth_code": "000000",
            "three_d_secure": {
                "applied": deal.deed == "asks_code",
                "method_completed": False,
                "challenge_completed": deal.deed == "asks_code",
            },
        }
    if is_taken:
        made["captured_at"] = _moment(deal.paid_at or deal.created_at)
        made["refunded_amount"] = _money(deal.refunded, deal)
        made["income_amount"] = _money(deal.captured * INCOME // WHOLE, deal)
    if deal.state == "canceled":
        made["cancellation_details"] = {
            "party": PARTIES.get(deal.reason, "payment_network"),
            "reason": deal.reason,
        }
    if deal.more["has_receipt"]:
        made["receipt_registration"] = _registration(deal, now)
    return made


def _registration(deal: Deal, now: datetime) -> str:
    if deal.state == "canceled":
        return "canceled"
    if deal.paid_at is None:
        return "pending"
    is_registered = now >= deal.paid_at + REGISTERED_AFTER
    return "succeeded" if is_registered else "pending"


def _method(deal: Deal) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": deal.method or "bank_card",
        "id": deal.id,
        "saved": False,
        "status": "inactive",
    }
    if deal.card:
        made["title"] = f"Bank card *{deal.card[-4:]}"
        made["card"] = {
            "first6": deal.card[:6],
            "last4": deal.card[-4:],
            "expiry_month": "12",
            "expiry_year": "2030",
            "card_type": "Mir",
            "issuer_country": "RU",
            "issuer_name": "Учебный банк",
        }
    return made


def refund(row: sqlite3.Row) -> dict[str, Any]:
    """Return the refund."""
    made = {
        "id": row["id"],
        "payment_id": row["deal"],
        "status": "succeeded",
        "created_at": _moment(datetime.fromisoformat(row["created_at"])),
        "amount": {"value": _value(row["amount"]), "currency": "RUB"},
    }
    if row["words"]:
        made["description"] = row["words"]
    return made


def _money(kopecks: int, deal: Deal) -> dict[str, str]:
    return {"value": _value(kopecks), "currency": deal.more.get("currency", "RUB")}


def _value(kopecks: int) -> str:
    return f"{kopecks // 100}.{kopecks % 100:02}"


def _moment(moment: datetime) -> str:
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
