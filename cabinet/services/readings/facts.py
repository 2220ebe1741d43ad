"""What the database knows of a meter when a reading of it comes."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar, cast

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.metering import BASE, ReadingSource, ReadingState
from cabinet.domain.period import Month, ReadingWindow, local_day
from cabinet.domain.readings import (
    Case,
    Closed,
    Dial,
    Registers,
    Slot,
    consumption,
    history_of,
    slot_of,
    usual,
    why_closed,
)
from cabinet.domain.tariff import ZONES, Plan, Zone
from cabinet.models import Bill, Meter, Reading
from cabinet.models.hot import Hot
from cabinet.services.access import AccountCard
from cabinet.services.readings.rows import (
    FEW,
    METERS,
    RECENT,
    RECENT_LOCKED,
    STANDING,
    STANDING_LOCKED,
    FreshReading,
    MeterRow,
    ReadingRow,
)

#: So many months before the present one are looked at.
YEAR = 12

#: The same is asked of a row and of a model.
SomeMeter = TypeVar("SomeMeter", MeterRow, Meter)


@dataclass(frozen=True, kw_only=True, slots=True)
class Base:
    """The last actual reading, or the registers the meter came with (no source)."""

    registers: Registers
    taken_on: date
    month: Month
    source: ReadingSource | None
    is_act: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """A meter, the month a reading counts in, and what stands there already."""

    card: AccountCard
    meter: MeterRow
    plan: Plan
    today: date
    slot: Slot
    base: Base
    current: ReadingRow | None
    closed: Closed | None
    predecessor: MeterRow | None
    last_id: int

    @property
    def zones(self) -> tuple[Zone, ...]:
        """Return the zones in the order of the registers."""
        return ZONES[self.plan]

    @property
    def dial(self) -> Dial:
        """Return the face of the registers."""
        return Dial(self.meter.digits, self.meter.decimals)

    @property
    def is_last_hidden(self) -> bool:
        """Tell whether the last reading is older than the user's access."""
        since = self.card.since
        return since is not None and self.base.taken_on < since

    def is_shown(self, row: ReadingRow | None) -> bool:
        """Tell whether there is such a reading and it is the user's to see."""
        since = self.card.since
        return row is not None and (since is None or row.taken_on >= since)

    @property
    def months(self) -> int:
        """Return how many periods the reading covers."""
        return max(self.slot.month.since(self.base.month), 1)

    @property
    def key(self) -> str:
        """Return the name of this state of the meter."""
        state = f"{self.meter.public_id} {self.slot.month} {self.last_id}"
        return hashlib.sha256(state.encode()).hexdigest()[:32]

    def case(self) -> Case:
        """Return the facts the checks need."""
        month = self.slot.month
        history = _billed(self.card.account_id, month) or self._read_before(month)
        floor = self.meter.unusual_floor
        return Case(
            zones=self.zones,
            dial=self.dial,
            last=self.base.registers,
            last_on=self.base.taken_on,
            taken_on=self.today,
            months=self.months,
            ratio=self.meter.ratio,
            phases=self.meter.phases,
            usual=usual(history, month),
            was_replaced=self.predecessor is not None,
            is_correction=self.slot.is_correction,
            **({} if floor is None else {"floor": floor}),
        )

    def _read_before(self, month: Month) -> dict[Month, Energy]:
        """Return what the months before took by the meter's own readings."""
        points = [
            (row.period, registers_of(row, self.meter.zones))
            for row in reversed(STANDING(self.meter.id))
            if row.period < month and row.state in BASE
        ]
        return history_of(points, dial=self.dial, ratio=self.meter.ratio)


def meters_of(card: AccountCard) -> list[MeterRow]:
    """Return the meters of the account, the newest first."""
    return METERS(card.account_id)


def facts_of(
    card: AccountCard,
    meter: MeterRow,
    meters: list[MeterRow],
    *,
    now: datetime,
    is_locking: bool = False,
) -> Facts:
    """Return what is known of one of the account's meters.

    `is_locking` keeps its readings as they are until the transaction ends.
    """
    today = local_day(now, card.zone)
    slot, base, recent = _standing_on(
        card.window, today, meter, (RECENT_LOCKED if is_locking else RECENT)(meter.id)
    )
    if (base.source is None or base.is_act) and len(recent) == FEW:
        every = (STANDING_LOCKED if is_locking else STANDING)(meter.id)
        slot, base, recent = _standing_on(card.window, today, meter, every)
    return Facts(
        card=card,
        meter=meter,
        plan=Plan.of_zones(meter.zones),
        today=today,
        slot=slot,
        base=base,
        current=next(
            (row for row in recent if row.period == slot.month and not row.act), None
        ),
        closed=closed_of(meter, today),
        predecessor=predecessor_of(meter, meters, card.window, slot.month),
        last_id=meter.last_id or 0,
    )


def closed_of(meter: MeterRow, today: date) -> Closed | None:
    """Return why the meter takes no readings, None when it does."""
    return why_closed(
        meter.status,
        removed_on=meter.removed_on,
        ended_on=meter.contract_ended_on,
        day=today,
    )


def registers_of(row: ReadingRow | FreshReading | Reading, zones: int) -> Registers:
    """Return the registers of a reading in the order T1, T2, T3."""
    return _known((row.t1, row.t2, row.t3), zones)


def used_before(facts: Facts) -> Registers | None:
    """Return what the meter before this one used since its last actual reading.

    None when there was none, or when its closing registers are not known.
    """
    old = facts.predecessor
    if old is None or old.closing_t1 is None or old.zones != facts.meter.zones:
        return None
    base = _base(old, STANDING(old.id), facts.slot.month)
    return consumption(
        base.registers,
        _known((old.closing_t1, old.closing_t2, old.closing_t3), old.zones),
        dial=Dial(old.digits, old.decimals),
        ratio=old.ratio,
        rolled_over=True,
    )


def _standing_on(
    window: ReadingWindow, today: date, meter: MeterRow, recent: list[ReadingRow]
) -> tuple[Slot, Base, list[ReadingRow]]:
    """Return the month of the day, and what the reading before it was, by the rows.

    They are the newest that stand. A period has one, and acts of control checks beside
    it; where the base is a reading of an earlier month, no older row says anything.
    """
    counted = {row.period for row in recent if row.state is ReadingState.COUNTED}
    slot = slot_of(window, today, counted)
    return slot, _base(meter, recent, slot.month), recent


def _known(values: tuple[Energy | None, ...], zones: int) -> Registers:
    """Return the values of the meter's zones; the columns of its others are empty."""
    return cast("Registers", values[:zones])


def _base(meter: MeterRow, recent: list[ReadingRow], month: Month) -> Base:
    for row in recent:
        # What a check found in the month stands under what is sent after it.
        if (row.period < month or row.act) and row.state in BASE:
            return Base(
                registers=registers_of(row, meter.zones),
                taken_on=row.taken_on,
                month=row.period,
                source=row.source,
                is_act=bool(row.act),
            )
    opening = (meter.opening_t1, meter.opening_t2, meter.opening_t3)
    return Base(
        registers=_known(opening, meter.zones),
        taken_on=meter.opening_on,
        month=Month.of(meter.opening_on),
        source=None,
    )


def predecessor_of(
    meter: SomeMeter, meters: Sequence[SomeMeter], window: ReadingWindow, month: Month
) -> SomeMeter | None:
    """Return the meter this one replaced in the month."""
    put_in = meter.installed_on
    if put_in is None or window.period_of(put_in) != month:
        return None
    for other in meters:
        gone = other.removed_on
        if (
            other.id != meter.id
            and gone is not None
            and gone <= put_in
            and Month.of(gone) >= month.previous
        ):
            return other
    return None


def _billed(account_id: int, month: Month) -> Mapping[Month, Energy]:
    """Return what was billed for the months of the last year that were read."""
    return dict(_VOLUMES(account_id, month.plus(-YEAR)))


_VOLUMES = Hot(
    lambda account_id, first: (
        Bill.select(Bill.month, Bill.volume)
        .where(
            Bill.account == account_id,
            Bill.month >= first,
            Bill.basis == ChargeBasis.ACTUAL,
        )
        .tuples()
    ),
    Bill.account,
    Bill.month,
)
