"""The history of readings as a table to keep."""

from collections.abc import Iterator
from decimal import Decimal

from cabinet.domain.energy import Energy
from cabinet.exchange.spreadsheet import Cell
from cabinet.services.history import History, MeterHistory
from cabinet.web import reading_words as words
from cabinet.web.filters import NBSP
from cabinet.web.filters import month as month_text
from cabinet.web.zones import zone_name

COLUMNS = (
    "Месяц",
    "Счётчик",
    "Зона",
    "Показание",
    "Дата",
    "Источник",
    "Состояние",
    "Расход, кВт·ч",
    "Год назад, кВт·ч",
    "Примечание",
)


def lines(report: History) -> Iterator[tuple[Cell, ...]]:
    """Yield the report line by line."""
    for meter in report.meters:
        yield from _lines_of(meter)


def _lines_of(meter: MeterHistory) -> Iterator[tuple[Cell, ...]]:
    """Yield a line a zone; a month without a reading has one line."""
    for row in meter.rows:
        head = (_plain(month_text(row.month)), meter.serial)
        origin = (row.taken_on, words.source(row), _plain(words.state(row)))
        notes = _plain(", ".join(words.notes(row)))
        if not row.zones:
            yield (*head, "", None, *origin, None, _kwh(row.before), notes)
        for zone in row.zones:
            name = zone_name(zone.zone, zone.number) if len(meter.zones) > 1 else ""
            energy = (_kwh(zone.used), _kwh(zone.before))
            yield (*head, name, _kwh(zone.register), *origin, *energy, notes)


def _kwh(energy: Energy | None) -> Decimal | int | None:
    if energy is None:
        return None
    kwh = energy.kwh
    return int(kwh) if kwh == int(kwh) else kwh


def _plain(text: str) -> str:
    """Return the text with spaces that spreadsheets can search for."""
    return text.replace(NBSP, " ")
