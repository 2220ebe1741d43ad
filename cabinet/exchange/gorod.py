"""The lines above the rows of a registry of the system «Город»: `#FILESUM` and others.

Documented are `#FILESUM sum`, `#TYPE number` and `#SERVICE code`; some senders add words
of their own in `#NOTE`. The columns below them are agreed upon in a contract.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from cabinet.exchange import cells
from cabinet.exchange.control import Control
from cabinet.exchange.faults import UnfitCell, UnusableFile

NO_HEAD = "в начале файла нет строк #FILESUM и #SERVICE"
NO_ROWS = "под строками с # нет ни одной строки"
DEBTS = "#TYPE 7: это реестр долгов для системы «Город», а не платежи"

Line = tuple[int, str]

_SUM, _TYPE, _SERVICE, _NOTE = "FILESUM", "TYPE", "SERVICE", "NOTE"
_WORDS = {
    _TYPE: "вид реестра",
    _SERVICE: "код услуги",
    _NOTE: "примечание отправителя:",
}
_LINE = re.compile(r"\s*#([A-Z]{2,20})(?:[\s:=;]+(.*))?", re.IGNORECASE)
#: A registry of what is owed: name, address, account, balance, service.
_OF_DEBTS, _DEBT_COLUMNS = "7", 5
_LONGEST = 120


@dataclass(slots=True)
class Head:
    """What the lines above the rows say; `last` is the last of them."""

    last: int = 0
    control: Control | None = None
    told: dict[str, str] = field(default_factory=dict)
    strange: list[str] = field(default_factory=list)

    @property
    def notes(self) -> list[str]:
        """Return what an operator should read of it."""
        known = [
            f"{words} {self.told[name]}"
            for name, words in _WORDS.items()
            if self.told.get(name)
        ]
        return known + [f"строка #{name} не понята" for name in self.strange]

    def check(self, first: Sequence[str], *, has_header: bool) -> None:
        """Raise `UnusableFile` for what are no payments."""
        is_of_debts = self.told.get(_TYPE) == _OF_DEBTS
        if is_of_debts and not has_header and len(first) == _DEBT_COLUMNS:
            raise UnusableFile(DEBTS)

    def take(self, number: int, name: str, value: str) -> None:
        """Take a line in; raises `UnusableFile` for a sum that is none."""
        self.last = number
        if name == _SUM:
            self._take_sum(number, value)
        elif name == _NOTE:
            self.told[name] = f"{self.told.get(name, '')} {value}".strip()[:_LONGEST]
        elif name in _WORDS:
            self.told[name] = value[:_LONGEST]
        else:
            self.strange.append(name)

    def _take_sum(self, number: int, value: str) -> None:
        try:
            amount = cells.money(value)
        except UnfitCell as error:
            raise UnusableFile(f"#{_SUM}: {error.reason}", line=number) from error
        if self.control is not None and self.control.sums != (amount,):
            raise UnusableFile(f"#{_SUM} стоит дважды с разными суммами", line=number)
        self.control = Control(number, None, (amount,), "", f"#{_SUM}")


def part(lines: Sequence[Line]) -> tuple[Head | None, list[Line]]:
    """Part the head of a registry from its first lines; None where there is none.

    Raises `UnusableFile` for a control sum that is none.
    """
    found = []
    for number, line in lines:
        match = _LINE.fullmatch(line)
        if match is None:
            break
        found.append((number, match[1].upper(), _printable(match[2] or "")))
    # A `#TYPE` alone is what PowerShell writes above a table of its own.
    if not {_SUM, _SERVICE} & {name for _, name, _ in found}:
        return None, list(lines)
    head = Head()
    for number, name, value in found:
        head.take(number, name, value)
    return head, list(lines[len(found) :])


def _printable(text: str) -> str:
    """Return the text on one line, without signs that cannot be seen."""
    seen = "".join(sign if sign.isprintable() else " " for sign in text)
    # Spreadsheets that the file went through leave empty cells behind.
    return " ".join(seen.rstrip("; ,\t").split())
