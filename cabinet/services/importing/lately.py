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
from cabinet.domain.volume import Actual, MeterLife
from cabinet.exchange.registry_rows import ChargeRow
from cabinet.models import Meter, Reading
from cabinet.services import bulk
from cabinet.services.metered import ReadingRow, reading_rows


@dataclass(frozen=True, slots=True)
class Asked:
    """Which months are asked for of an account, and whether all go by readings."""

    first: Month
    last: Month
    is_read: bool

    @classmethod
    def of(cls, rows: Iterable[ChargeRow]) -> "Asked":
        """Return what the charges of an account ask for."""
        rows = list(rows)
        months = [row.month for row in rows]
        return cls(
            first=min(months),
            last=max(months),
            is_read=all(row.basis is ChargeBasis.ACTUAL for row in rows),
        )


@dataclass(frozen=True, slots=True)
class Lately:
    """The readings that were read, and for whom the reading to begin from."""

    rows: list[ReadingRow]
    begins: dict[int, Actual]

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
            return cls(list(reading_rows(mine, has_estimates=True)), {})
        since = min(one.first for one in asked.values()).previous
        till = max(one.last for one in asked.values())
        late = list(
            reading_rows(mine, Reading.period.between(since, till), has_estimates=True)
        )
        before: dict[int, list[ReadingRow]] = defaultdict(list)
        for row in late:
            if row.period.next == asked[row.account_id].first:
                before[row.account_id].append(row)
        begins = {
            account_id: begin
            for account_id, rows in before.items()
            if asked[account_id].is_read
            and (begin := _begin(rows, meters[account_id])) is not None
        }
        others = [one for one in account_ids if one not in begins]
        early = (
            reading_rows(
                bulk.among(Meter.account, others),
                Reading.period < since,
                has_estimates=True,
            )
            if others
            else ()
        )
        return cls([*early, *late], begins)


def _begin(rows: list[ReadingRow], meters: list[MeterLife]) -> Actual | None:
    """Return the only reading of a month, if it is an ordinary one of a known meter."""
    if len(rows) != 1 or rows[0].source is ReadingSource.ESTIMATE or rows[0].act:
        return None
    reading = rows[0].counting_in(rows[0].period)
    for meter in meters:
        if meter.serial == reading.serial:
            is_fit = len(reading.registers) == len(meter.opening)
            return reading if is_fit and reading.taken_on >= meter.opening_on else None
    return None
