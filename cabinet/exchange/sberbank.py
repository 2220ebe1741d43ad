"""The usual registry of accepted payments of Sberbank: twelve columns without a header.

A contract may agree upon another layout: that is a saved profile.
"""

from cabinet.exchange import cells
from cabinet.exchange.faults import UnfitCell

HEADER = (
    "Дата",
    "Время",
    "Отделение",
    "Кассир",
    "Код операции",
    "ЛС",
    "ФИО",
    "Адрес",
    "Период",
    "Сумма",
    "К зачислению",
    "Комиссия",
)


def is_registry(first: list[str]) -> bool:
    """Tell by its first row whether a file is such a registry."""
    if len(first) != len(HEADER):
        return False
    try:
        cells.day(first[0])
        cells.clock_time(first[1])
        for cell in first[9:]:
            cells.money(cell)
    except UnfitCell:
        return False
    return True
