"""Readings out of the ordinary that wait for a specialist in the demonstration."""

import uuid
from datetime import datetime, timedelta
from itertools import cycle
from zoneinfo import ZoneInfo

from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource, ReadingState
from cabinet.domain.period import Month, local_day
from cabinet.models import Account, Branch, Meter, Reading
from cabinet.services.demo.people import ACCOUNTS

#: As many as the queue shows at once, and one more: its last page is not its first.
COUNT = 26
#: What is sent beside the last reading, why it is looked at, and the customer's words.
_DOUBTS = (
    (Energy.from_kwh(1480), "unusual", "Ставили обогреватель"),
    (Energy.from_kwh(-120), "lower", "В прошлый раз ошиблись"),
    (Energy.from_kwh(0), "same", ""),
    (Energy.from_kwh(26_000), "impossible", ""),
    (Energy.from_kwh(95), "review", "Счётчик мигает, проверьте, пожалуйста"),
)


def add_doubts(month: Month, now: datetime) -> None:
    """Add the readings of the month that are missing, inside the open transaction.

    They are of nobody's meters, with one zone and a reading of the month before.
    """
    if Reading.select().where(Reading.state == ReadingState.NEEDS_REVIEW).exists():
        return
    last = (
        Reading.select(Reading.t1, Meter.id, Meter.digits, Branch.time_zone)
        .join(Meter)
        .join(Account)
        .join(Branch)
        .where(
            Reading.period == month.previous,
            Reading.state == ReadingState.COUNTED,
            Meter.zones == 1,
            Meter.removed_on.is_null(),
            Account.number.not_in([one.number for one in ACCOUNTS]),
        )
        .order_by(Reading.id)
        .limit(COUNT)
        .tuples()
    )
    for hours, ((t1, meter_id, digits, zone), doubt) in enumerate(
        zip(last, cycle(_DOUBTS), strict=False), start=2
    ):
        more, reason, comment = doubt
        received_at = now - timedelta(hours=hours)
        Reading.create(
            public_id=uuid.uuid4(),
            meter=meter_id,
            period=month,
            t1=max(Energy(0), min(t1 + more, Energy.from_kwh(10**digits - 1))),
            taken_on=local_day(received_at, ZoneInfo(zone)),
            received_at=received_at,
            source=ReadingSource.CABINET,
            state=ReadingState.NEEDS_REVIEW,
            key=f"demo:doubt:{meter_id}",
            reason=reason,
            comment=comment,
        )
