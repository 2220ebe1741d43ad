"""How much energy a month has: by readings, by the average, by the norm.

Rules for utility services approved by the Government's decree 354: readings (paragraph
42), the average of up to six months for up to three periods in a row (59 «б»), then the
norm (60); a meter whose verification is over counts no more (81(12) «д»), the average
stands for it however long (59 «г»); what readings show when they resume settles the
silent months, and what a control check finds settles what was sent before it (61).
"""

from cabinet.domain.volume.counting import month_volume, volumes
from cabinet.domain.volume.fitting import Unfit, why_unfit
from cabinet.domain.volume.replanning import by_plan
from cabinet.domain.volume.values import (
    MOST_PERIODS_BY_AVERAGE,
    NORM_SHARES,
    Actual,
    Carried,
    Household,
    Known,
    Mark,
    MeterLife,
    MeterMissing,
    MonthVolume,
    NormMissing,
    Quiet,
    Registers,
    Resumed,
    Silence,
    Stretch,
    ZonesDiffer,
)

__all__ = [
    "MOST_PERIODS_BY_AVERAGE",
    "NORM_SHARES",
    "Actual",
    "Carried",
    "Household",
    "Known",
    "Mark",
    "MeterLife",
    "MeterMissing",
    "MonthVolume",
    "NormMissing",
    "Quiet",
    "Registers",
    "Resumed",
    "Silence",
    "Stretch",
    "Unfit",
    "ZonesDiffer",
    "by_plan",
    "month_volume",
    "volumes",
    "why_unfit",
]
