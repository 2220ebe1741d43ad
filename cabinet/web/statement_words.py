"""The words of a row of the statement, and the document it leads to."""

from dataclasses import dataclass

from flask import url_for

from cabinet.domain.allocation import Covered, Part
from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.services.statement import KindTotal, StatementRow
from cabinet.web import order_words
from cabinet.web.filters import NBSP, money
from cabinet.web.filters import month as month_text

ROWS = {
    EntryKind.OPENING: "Перенесено из прежнего учёта",
    EntryKind.CHARGE: "Начислено",
    EntryKind.RECALCULATION: "Перерасчёт",
    EntryKind.PENALTY: "Пени",
    EntryKind.BENEFIT: "Льгота",
    EntryKind.PAYMENT: "Оплата",
    EntryKind.REFUND: "Возврат денег",
    EntryKind.CORRECTION: "Исправление",
    EntryKind.REVERSAL: "Отмена операции",
}

TOTALS = {
    EntryKind.OPENING: "Перенесено из прежнего учёта",
    EntryKind.CHARGE: "Начислено",
    EntryKind.RECALCULATION: "Перерасчёты",
    EntryKind.PENALTY: "Пени",
    EntryKind.BENEFIT: "Льготы",
    EntryKind.PAYMENT: "Оплачено",
    EntryKind.REFUND: "Возвращено вам",
    EntryKind.CORRECTION: "Исправления",
    EntryKind.REVERSAL: "Отменено",
}

#: What stands in a total as people say it: «оплачено 500», not «минус 500».
_TAKING = frozenset({EntryKind.PAYMENT, EntryKind.BENEFIT})

#: Where a payment came from.
CHANNELS = {
    "card": "картой в личном кабинете",
    "registry": "по реестру банка",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What a row says: its name, lines on it, the document it leads to."""

    title: str
    notes: tuple[str, ...]
    document: str = ""
    url: str = ""

    @property
    def known(self) -> str:
        """Return what is known of the row, apart from its name."""
        return ", ".join(filter(None, (*self.notes, self.document)))


def told(row: StatementRow) -> Told:
    """Return the words of a row and its document.

    The one place that decides them, for the page, the table and the printed statement.
    """
    title = ROWS[row.kind]
    month = "" if row.month is None else f" за {month_text(row.month)}"
    match row.kind:
        case EntryKind.CHARGE if row.receipt is not None:
            document = f"квитанция за {month_text(row.receipt)}"
            return Told(title, (), document, url_for("bills.show", month=row.receipt))
        case EntryKind.PAYMENT | EntryKind.REFUND:
            origin = origin_of(row.channel, row.document)
            notes = filter(None, (origin, covered(row.covers, -row.amount)))
            url = _page_of(row)
            return Told(title, tuple(notes), "о платеже" if url else "", url)
        case EntryKind.RECALCULATION:
            return Told(title + month, tuple(map(order_words.brief, row.orders)))
        case _:
            return Told(title + month, ())


def origin_of(channel: str, document: str) -> str:
    """Return where a payment came from: «по реестру банка, № 17»."""
    number = f"№{NBSP}{document}" if document else ""
    return ", ".join(filter(None, (CHANNELS.get(channel, ""), number)))


def _page_of(row: StatementRow) -> str:
    """Return the page of the reader's own card payment, nothing for any other."""
    if row.payment is None:
        return ""
    return url_for("payments.show", public_id=row.payment)


def covered(parts: tuple[Part, ...], amount: Money) -> str:
    """Return which months a payment covered: «зачтено за октябрь 2026»."""
    if len(parts) == 1 and parts[0].amount == amount:
        return f"зачтено {_place(parts[0])}"
    told = (f"{_place(part)} {money(part.amount)}{NBSP}₽" for part in parts)
    text = ", ".join(told)
    return f"зачтено {text}" if text else ""


def _place(part: Part) -> str:
    """Return what a part of a payment covers, after «зачтено»."""
    if part.month is None:
        return "в аванс"
    penalty = "в пени " if part.covers is Covered.PENALTY else ""
    return f"{penalty}за {month_text(part.month)}"


def total(one: KindTotal) -> tuple[str, Money]:
    """Return what the rows of a kind are called together, and their sum as it is said."""
    return TOTALS[one.kind], -one.amount if one.kind in _TAKING else one.amount


def balance(owed: Money) -> str:
    """Return «долг 12,40 ₽», «переплата 5,00 ₽» or «долга нет»."""
    if not owed:
        return "долга нет"
    word, sum_ = ("долг", owed) if owed > Money(0) else ("переплата", -owed)
    return f"{word} {money(sum_)}{NBSP}₽"
