"""Readings out of the ordinary that wait for a specialist in the demonstration."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import cycle
from zoneinfo import ZoneInfo

from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource, ReadingState
from cabinet.domain.period import Month, local_day
from cabinet.models import Account, Branch, Meter, Reading
from cabinet.models.ids import ordered_id
from cabinet.services.demo.people import ACCOUNTS

#: As many as the queue shows at once, and one more: its last page is not its first.
COUNT = 26
#: So many of them are of meters with two zones, which somebody took one for the other.
SWAPPED = 3

Made = Callable[[Energy], Energy]


def _more(kwh: int) -> Made:
    """Return what is sent so much beside the last reading."""
    return lambda last: last + Energy.from_kwh(kwh)


def _twice_a_digit(last: Energy) -> Energy:
    """Return the next reading with its first digit typed twice."""
    shown = _shown(last)
    return Energy.from_kwh(int(shown[0] + shown))


def _without_a_digit(last: Energy) -> Energy:
    """Return the next reading without its second digit."""
    shown = _shown(last)
    return Energy.from_kwh(int(shown[0] + shown[2:]))


def _shown(last: Energy) -> str:
    """Return the digits of an ordinary reading a month later."""
    return str(int((last + Energy.from_kwh(140)).kwh))


#: What is sent, why it is looked at, and the customer's words.
_DOUBTS: tuple[tuple[Made, str, str], ...] = (
    (_more(1480), "unusual", "Ставили обогреватель"),
    (_more(-120), "lower", "В прошлый раз ошиблись"),
    (_more(0), "same", "Уезжали на месяц"),
    (_twice_a_digit, "impossible", ""),
    (_more(95), "review", "Счётчик мигает, проверьте, пожалуйста"),
    (_without_a_digit, "lower", ""),
    (_more(26_000), "impossible", ""),
    (_more(-2000), "replaced", "На прошлой неделе поставили новый счётчик"),
)


def add_doubts(month: Month, now: datetime) -> None:
    """Add the readings of the month that are missing, inside the open transaction.

    They are of nobody's meters with a reading of the month before.
    """
    if Reading.select().where(Reading.state == ReadingState.NEEDS_REVIEW).exists():
        return
    rows = [
        *_of_zones(2, month, SWAPPED),
        *_of_zones(1, month, COUNT - SWAPPED),
    ]
    kinds = cycle(_DOUBTS)
    for hours, (meter, last) in enumerate(rows, start=2):
        received_at = now - timedelta(hours=hours)
        if len(last) > 1:
            sent, reason, comment = last[::-1], "lower", ""
        else:
            make, reason, comment = next(kinds)
            sent = (_on_dial(make(last[0]), meter.digits),)
        Reading.create(
            public_id=ordered_id(received_at),
            meter=meter,
            period=month,
            taken_on=local_day(received_at, ZoneInfo(meter.account.branch.time_zone)),
            received_at=received_at,
            source=ReadingSource.CABINET,
            state=ReadingState.NEEDS_REVIEW,
            key=f"demo:doubt:{meter.id}",
            reason=reason,
            comment=comment,
            **dict(zip(("t1", "t2"), sent, strict=False)),
        )


def _of_zones(
    zones: int, month: Month, most: int
) -> list[tuple[Meter, tuple[Energy, ...]]]:
    """Return nobody's meters and their registers of the month before."""
    query = (
        Reading.select(Reading, Meter, Account, Branch)
        .join(Meter)
        .join(Account)
        .join(Branch)
        .where(
            Reading.period == month.previous,
            Reading.state == ReadingState.COUNTED,
            Meter.zones == zones,
            Meter.removed_on.is_null(),
            Account.number.not_in([one.number for one in ACCOUNTS]),
        )
        .order_by(Reading.id)
        .limit(most)
    )
    return [(row.meter, (row.t1, row.t2)[:zones]) for row in query]


def _on_dial(sent: Energy, digits: int) -> Energy:
    """Return what fits on the meter's face."""
    return max(Energy(0), min(sent, Energy.from_kwh(10**digits - 1)))
