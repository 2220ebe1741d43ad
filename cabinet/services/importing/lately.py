"""Readings of some accounts, no older than their months rest on.

A month that was read, after a month that was read, rests on the two readings alone:
years of them need not be gone through for it. What is asked for of others is read whole.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.metering import ReadingSource
from cabinet.domain.period import Month
from cabinet.domain.volume import MeterLife
from cabinet.exchange.registry_rows import ChargeRow
from cabinet.models import Meter, Reading
from cabinet.services import bulk
from cabinet.services.metered import KeptReading, kept_readings, present


@dataclass(frozen=True, slots=True)
class Asked:
    """Which months are asked for of an account, and whether all go by readings."""

    first: Month
    last: Month
    is_read: bool

    @classmethod
    def of(cls, rows: Iterable[ChargeRow]) -> "Asked":
        """Return what the charges of an account ask for."""
        asked = [(row.month.code, row.basis is ChargeBasis.ACTUAL) for row in rows]
        return cls(
            first=Month.from_code(min(asked)[0]),
            last=Month.from_code(max(asked)[0]),
            is_read=all(is_read for _, is_read in asked),
        )


class Lately:
    """The readings that were read, by account, and for whom the one to begin from."""

    def __init__(
        self, readings: Iterable[KeptReading], begins: dict[int, KeptReading]
    ) -> None:
        self.begins = begins
        self.readings: dict[int, list[KeptReading]] = defaultdict(list)
        for row in readings:
            self.readings[row.account_id].append(row)

    @classmethod
    def load(
        cls,
        account_ids: list[int],
        meters: Mapping[int, list[MeterLife]],
        asked: Mapping[int, Asked],
    ) -> "Lately":
        """Read them inside the open transaction; of who is not asked for, all."""
        mine = bulk.among(Meter.account, account_ids)
        if not asked:
            return cls(kept_readings(mine), {})
        since = min(one.first for one in asked.values()).previous
        till = max(one.last for one in asked.values())
        late = kept_readings(mine, Reading.period.between(since, till))
        wanted = {
            account_id: one.first.previous.code
            for account_id, one in asked.items()
            if one.is_read
        }
        before: dict[int, list[KeptReading]] = defaultdict(list)
        for row in late:
            if row.period == wanted.get(row.account_id):
                before[row.account_id].append(row)
        begins = {
            account_id: rows[0]
            for account_id, rows in before.items()
            if len(rows) == 1 and _is_begin(rows[0], meters[account_id])
        }
        others = [one for one in account_ids if one not in begins]
        early = (
            kept_readings(bulk.among(Meter.account, others), Reading.period < since)
            if others
            else ()
        )
        return cls([*early, *late], begins)


def _is_begin(kept: KeptReading, meters: list[MeterLife]) -> bool:
    """Tell whether a month's only reading is an ordinary one of a known meter."""
    if kept.source == ReadingSource.ESTIMATE or kept.act:
        return False
    registers = present((kept.t1, kept.t2, kept.t3))
    for meter in meters:
        if meter.serial == kept.serial:
            is_fit = len(registers) == len(meter.opening)
            return is_fit and kept.day >= meter.opening_on.isoformat()
    return False
