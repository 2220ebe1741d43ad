"""The register of a shop that an acquirer sends as a file: one row for each order.

Headers are those of the banks' own exports; sums are roubles.
"""

from dataclasses import dataclass
from typing import IO, Any

from cabinet.domain.money import Money
from cabinet.domain.payments.seen import Seen, SeenPayment
from cabinet.exchange import cells
from cabinet.exchange.delimited import Table
from cabinet.exchange.faults import Fault, UnfitCell
from cabinet.exchange.profiles import Column, Faulty, Profile, Rows, bind

#: The banks' words for where an order stands. What was given back was paid first.
STATES = {
    "succeeded": Seen.SUCCEEDED,
    "оплачен": Seen.SUCCEEDED,
    "оплачено": Seen.SUCCEEDED,
    "завершён": Seen.SUCCEEDED,
    "завершен": Seen.SUCCEEDED,
    "завершено": Seen.SUCCEEDED,
    "подтверждён": Seen.SUCCEEDED,
    "подтвержден": Seen.SUCCEEDED,
    "успешно": Seen.SUCCEEDED,
    "deposited": Seen.SUCCEEDED,
    "confirmed": Seen.SUCCEEDED,
    "возвращён": Seen.SUCCEEDED,
    "возвращен": Seen.SUCCEEDED,
    "возврат": Seen.SUCCEEDED,
    "refunded": Seen.SUCCEEDED,
    "partial_refunded": Seen.SUCCEEDED,
    "waiting_for_capture": Seen.WAITING,
    "подтверждён банком": Seen.WAITING,
    "удержан": Seen.WAITING,
    "approved": Seen.WAITING,
    "authorized": Seen.WAITING,
    "pending": Seen.PENDING,
    "создан": Seen.PENDING,
    "зарегистрирован": Seen.PENDING,
    "created": Seen.PENDING,
    "new": Seen.PENDING,
    "canceled": Seen.CANCELED,
    "отменён": Seen.CANCELED,
    "отменен": Seen.CANCELED,
    "отклонён": Seen.CANCELED,
    "отклонен": Seen.CANCELED,
    "declined": Seen.CANCELED,
    "reversed": Seen.CANCELED,
    "rejected": Seen.CANCELED,
    "deadline_expired": Seen.CANCELED,
}

_CURRENCIES = {
    "": "RUB",
    "rub": "RUB",
    "rur": "RUB",
    "643": "RUB",
    "810": "RUB",
    "руб": "RUB",
    "руб.": "RUB",
    "₽": "RUB",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """What the file lists, and what of it could not be read."""

    rows: tuple[SeenPayment, ...]
    faults: tuple[Fault, ...]


def read_register(name: str, stream: IO[bytes]) -> Register:
    """Read the file; raises `UnusableFile` when it is no such register."""
    rows: list[SeenPayment] = []
    faults: list[Fault] = []
    table = Table(name, stream)
    for row in Rows(table, bind(PROFILE, table)):
        if isinstance(row, Faulty):
            faults.extend(row.faults)
        else:
            rows.append(row)
    return Register(rows=tuple(rows), faults=tuple(faults))


def _make(
    *,
    line: int,  # noqa: ARG001 - a profile tells it to every row
    raw: tuple[str, ...],  # noqa: ARG001 - a profile tells it to every row
    provider_id: str | None,
    order: str | None,
    amount: Money,
    state: Seen,
    **rest: Any,
) -> SeenPayment:
    if not provider_id and not order:
        raise UnfitCell("нет ни номера заказа, ни номера платежа в банке")
    return SeenPayment(
        provider_id=provider_id or "",
        order=order or "",
        state=state,
        amount=amount,
        currency=rest["currency"] or "RUB",
        accounts=rest["accounts"] or "",
    )


def _currency(raw: str) -> str:
    """Read the currency as its three letters; an unknown one stays as it is written."""
    word = raw.strip()
    return _CURRENCIES.get(word.casefold(), word.upper()[:3])


PROFILE = Profile(
    kind="acquirer",
    columns=(
        Column(
            "provider_id",
            (
                "Номер платежа в банке",
                "Уникальный номер заказа",
                "Уникальный номер заказа в системе",
                "Идентификатор платежа",
                "ID платежа",
                "mdOrder",
                "orderId",
                "PaymentId",
                "provider_id",
            ),
            cells.optional(cells.text(64)),
            needed=False,
        ),
        Column(
            "order",
            (
                "Номер заказа",
                "Номер заказа в системе магазина",
                "Номер заказа магазина",
                "orderNumber",
                "merchantOrderNumber",
                "order",
            ),
            cells.optional(cells.text(64)),
            needed=False,
        ),
        Column(
            "amount",
            (
                "Сумма",
                "Сумма платежа",
                "Сумма заказа",
                "Сумма операции",
                "Сумма, руб",
                "Сумма операции, руб",
                "amount",
            ),
            cells.positive_money,
        ),
        Column(
            "state",
            (
                "Состояние",
                "Статус",
                "Статус платежа",
                "Статус заказа",
                "Состояние заказа",
                "status",
                "state",
            ),
            cells.word(STATES),
        ),
        Column("currency", ("Валюта", "currency"), _currency, needed=False),
        Column(
            "accounts",
            ("Лицевой счёт", "Лицевые счета", "accounts"),
            cells.optional(cells.text(500)),
            needed=False,
        ),
    ),
    make=_make,
)
