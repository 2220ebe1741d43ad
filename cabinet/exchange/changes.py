"""What changes on an account: its holder, and a meter for another one."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cabinet.domain.energy import Energy
from cabinet.exchange import cells
from cabinet.exchange.faults import UnfitCell
from cabinet.exchange.profiles import Column, Profile
from cabinet.exchange.registry import check_digits, register_columns, registers_of
from cabinet.exchange.registry_rows import Registers

_ACCOUNT = Column("account", ("ЛС", "Лицевой счёт", "Номер ЛС"), cells.account_number)
_CLOSING = {"closing_t1": "Кон.Т1", "closing_t2": "Кон.Т2", "closing_t3": "Кон.Т3"}
_OPENING = {"opening_t1": "Нач.Т1", "opening_t2": "Нач.Т2", "opening_t3": "Нач.Т3"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderRow:
    """Who an account's contract is with; `since` where another one had it before."""

    line: int
    raw: tuple[str, ...] = field(default=(), repr=False, compare=False)
    account: str
    holder: str
    since: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacementRow:
    """A meter taken off and another one hung on a day, with what both showed."""

    line: int
    raw: tuple[str, ...] = field(default=(), repr=False, compare=False)
    account: str
    old_serial: str
    replaced_on: date
    closing: Registers
    serial: str
    model: str
    digits: int
    ratio: int
    verified_until: date | None
    opening: Registers


def _replacement(**values: Any) -> ReplacementRow:
    closing: tuple[Energy, ...] = registers_of(values, _CLOSING)
    opening: tuple[Energy, ...] = registers_of(values, _OPENING)
    if not closing:
        raise UnfitCell("пустая ячейка", field="closing_t1")
    if not opening:
        raise UnfitCell("пустая ячейка", field="opening_t1")
    if values["serial"] == values["old_serial"]:
        raise UnfitCell("снят и поставлен один и тот же счётчик", field="serial")
    check_digits(opening, values["digits"], tuple(_OPENING))
    values["model"] = values["model"] or ""
    values["ratio"] = values["ratio"] or 1
    return ReplacementRow(closing=closing, opening=opening, **values)


HOLDERS = Profile(
    kind="holders",
    make=HolderRow,
    columns=(
        _ACCOUNT,
        Column("holder", ("ФИО", "Абонент", "Наименование"), cells.text(240)),
        Column(
            "since",
            ("Владеет с", "Договор с", "Собственник с"),
            cells.optional(cells.day),
            needed=False,
        ),
    ),
)

REPLACEMENTS = Profile(
    kind="replacements",
    make=_replacement,
    columns=(
        _ACCOUNT,
        Column("old_serial", ("Снятый счётчик", "Старый счётчик"), cells.text(40)),
        Column("replaced_on", ("Дата замены", "Заменён"), cells.day),
        *register_columns(_CLOSING),
        Column("serial", ("Новый счётчик", "Установленный счётчик"), cells.text(40)),
        Column(
            "model", ("Модель", "Тип"), cells.optional(cells.text(80)), needed=False
        ),
        Column("digits", ("Разрядность",), cells.whole_number(3, 9)),
        Column(
            "ratio",
            ("Ктр",),
            cells.optional(cells.whole_number(1, 99_999)),
            needed=False,
        ),
        Column(
            "verified_until", ("Поверка до",), cells.optional(cells.day), needed=False
        ),
        *register_columns(_OPENING),
    ),
)
