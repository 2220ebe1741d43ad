"""The history of an account's readings: a report for a period."""

from cabinet.services.history.report import history
from cabinet.services.history.shown import (
    Charged,
    Comparison,
    Days,
    History,
    HistoryRow,
    MeterHistory,
    Recent,
    Totals,
    ZoneFigure,
)

__all__ = [
    "Charged",
    "Comparison",
    "Days",
    "History",
    "HistoryRow",
    "MeterHistory",
    "Recent",
    "Totals",
    "ZoneFigure",
    "history",
]
