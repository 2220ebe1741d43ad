"""The return file of a billing system: which readings it has counted, in which month."""

from dataclasses import dataclass, field
from datetime import date

from cabinet.domain.period import Month
from cabinet.exchange import cells
from cabinet.exchange.profiles import Column, Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedRow:
    """A reading, named by its meter and its day, and the month whose bill has it."""

    line: int
    raw: tuple[str, ...] = field(default=(), repr=False, compare=False)
    account: str
    serial: str
    taken_on: date
    counted_in: Month


COUNTED = Profile(
    kind="counted",
    make=CountedRow,
    columns=(
        Column("account", ("ЛС", "Лицевой счёт", "Номер ЛС"), cells.account_number),
        Column(
            "serial",
            ("Заводской №", "Номер счётчика", "Серийный номер"),
            cells.text(40),
        ),
        Column("taken_on", ("Дата", "Дата показаний"), cells.day),
        Column(
            "counted_in", ("Учтено в квитанции за", "Учтено за", "Учтено"), cells.month
        ),
    ),
)
