"""The history of readings as a table to keep."""

from collections.abc import Iterator

from cabinet.exchange.spreadsheet import Cell, kwh_cell
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
            yield (*head, "", None, *origin, None, kwh_cell(row.before), notes)
        for zone in row.zones:
            name = zone_name(zone.zone, zone.number) if len(meter.zones) > 1 else ""
            energy = (kwh_cell(zone.used), kwh_cell(zone.before))
            yield (*head, name, kwh_cell(zone.register), *origin, *energy, notes)


def _plain(text: str) -> str:
    """Return the text with spaces that spreadsheets can search for."""
    return text.replace(NBSP, " ")
