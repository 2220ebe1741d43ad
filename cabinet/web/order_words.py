"""The words of recalculations that somebody ordered, for pages, receipts and statements."""

from flask import Flask

from cabinet.domain.billing import Order, OrderReason, OrderState
from cabinet.domain.money import Money
from cabinet.web.filters import NBSP, kwh, money, price, short_date
from cabinet.web.filters import month as month_text
from cabinet.web.zones import zone_title

REASONS = {
    OrderReason.ABSENCE: "Временное отсутствие",
    OrderReason.READINGS: "Ошибка в показаниях",
    OrderReason.COURT: "Решение суда",
    OrderReason.QUALITY: "Некачественная услуга",
    OrderReason.OTHER: "Иное",
}

#: What the reason rests on; «Правила» are those of the decree 354.
LAWS = {
    OrderReason.ABSENCE: "пункты 86–97 Правил",
    OrderReason.READINGS: "пункты 31 «г» и 61 Правил",
    OrderReason.COURT: "статья 13 Гражданского процессуального кодекса",
    OrderReason.QUALITY: "пункты 98–103 Правил",
    OrderReason.OTHER: "пункт 31 «г» Правил",
}

STATES = {
    OrderState.ASKED: "ждёт второго специалиста",
    OrderState.AGREED: "ждёт квитанции",
    OrderState.DRAFTED: "в посчитанной квитанции",
    OrderState.TAKEN: "в квитанции",
    OrderState.WITHDRAWN: "отозван",
}

#: So many signs of a reason in its own words stand on a page that is full.
_FEW = 40


def reason(order: Order) -> str:
    """Return the reason with what was said of it; of another one its own words."""
    if order.reason is OrderReason.OTHER:
        return order.words
    return ", ".join(filter(None, (REASONS[order.reason], order.words)))


def paper(order: Order) -> str:
    """Return «документ № 12 от 05.11.2026»."""
    return f"документ №{NBSP}{order.document} от {short_date(order.document_on)}"


def span(order: Order) -> str:
    """Return «август 2026», or «август 2026 – октябрь 2026»."""
    if order.first == order.last:
        return month_text(order.first)
    return f"{month_text(order.first)} – {month_text(order.last)}"


def sums(order: Order) -> str:
    """Return how the sum came to be: «−100 кВт·ч × 5,87 ₽ = −587,00 ₽»."""
    if not order.lines:
        return "сумма по документу"
    if not order.is_by_price:
        energy = f"{kwh(order.energy)}{NBSP}кВт·ч"
        return f"{energy}, сумма по документу"
    return ", ".join(
        f"{zone_title(line.zone).lower() + ' ' if len(order.lines) > 1 else ''}"
        f"{kwh(line.energy)}{NBSP}кВт·ч × {price(line.price)}{NBSP}₽ = "
        f"{money(line.amount)}{NBSP}₽"
        for line in order.lines
    )


def told(order: Order) -> str:
    """Return the whole explanation, as it stands on a receipt after the sum."""
    return (
        f"{reason(order)}, {paper(order)}, за {span(order)}: {sums(order)}"
        f" ({LAWS[order.reason]})."
    )


def short(order: Order) -> str:
    """Return the explanation for a page that is full: the reason, its paper, the law."""
    why = order.words if order.reason is OrderReason.OTHER else REASONS[order.reason]
    why = why if len(why) <= _FEW else f"{why[:_FEW].rstrip()}…"
    return f"{why}, {paper(order)} ({LAWS[order.reason]})."


def brief(order: Order) -> str:
    """Return the explanation in a line of a statement: «решение суда, документ № 1…»."""
    why = reason(order)
    amount: Money = order.amount
    return (
        f"{why[:1].lower()}{why[1:]}, {paper(order)}, за {span(order)}: "
        f"{money(amount)}{NBSP}₽"
    )


def register(app: Flask) -> None:
    """Give the templates the whole explanation of an order, and the short one."""
    app.jinja_env.filters.update(ordered=told, ordered_short=short)
