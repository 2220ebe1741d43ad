"""What stands beside readings under review: four queries, however many they are."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.metering import BASE, CURRENT, ReadingSource
from cabinet.domain.period import MONTHS_IN_YEAR, Month, ReadingWindow, months
from cabinet.domain.readings import Around, Case, Dial, Registers, history_of, usual
from cabinet.domain.readings.case import CORRECTION
from cabinet.domain.tariff import ZONES, Plan
from cabinet.models import Bill, Meter, Reading
from cabinet.services.readings.facts import predecessor_of, registers_of

#: So many months are drawn as bars.
DRAWN = 2 * MONTHS_IN_YEAR


class Known(NamedTuple):
    """A reading that stands on a meter."""

    reading_id: int
    period: Month
    registers: Registers
    taken_on: date
    is_estimate: bool
    is_base: bool
    act: str
    rolled_over: bool


@dataclass(frozen=True, slots=True)
class Base:
    """What a difference starts from."""

    registers: Registers
    taken_on: date
    month: Month


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands on meters and was billed to accounts, read at once."""

    standing: dict[int, list[Known]]
    billed: dict[int, dict[Month, tuple[ChargeBasis, Energy]]]
    meters: dict[int, list[Meter]]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewFacts:
    """What a decision about a reading rests on."""

    case: Case
    around: Around
    base: Base
    registers: Registers
    months: tuple[Energy | None, ...]


def facts_of(rows: Sequence[Reading]) -> list[ReviewFacts]:
    """Return the facts of each reading; they come with meter, account and branch."""
    beside = _beside(rows)
    return [_facts(row, beside) for row in rows]


def _beside(rows: Sequence[Reading]) -> Beside:
    zones = {row.meter_id: row.meter.zones for row in rows}
    accounts = {row.meter.account_id for row in rows}
    beside = Beside(defaultdict(list), defaultdict(dict), defaultdict(list))
    if not rows:
        return beside
    query = (
        Reading.select(
            Reading.meter,
            Reading.id,
            Reading.period,
            Reading.t1,
            Reading.t2,
            Reading.t3,
            Reading.taken_on,
            Reading.source,
            Reading.state,
            Reading.act,
            Reading.rolled_over,
        )
        .where(Reading.meter.in_(list(zones)), Reading.state.in_(list(CURRENT)))
        .order_by(Reading.period, Reading.taken_on, Reading.id)
    )
    for (
        meter_id,
        row_id,
        period,
        t1,
        t2,
        t3,
        taken_on,
        source,
        state,
        *rest,
    ) in query.tuples():
        beside.standing[meter_id].append(
            Known(
                row_id,
                period,
                (t1, t2, t3)[: zones[meter_id]],
                taken_on,
                source is ReadingSource.ESTIMATE,
                state in BASE,
                *rest,
            )
        )
    first = min(row.period for row in rows).plus(-DRAWN)
    bills = Bill.select(Bill.account, Bill.month, Bill.basis, Bill.volume).where(
        Bill.account.in_(list(accounts)), Bill.month >= first
    )
    for account_id, month, basis, volume in bills.tuples():
        beside.billed[account_id][month] = (basis, volume)
    for meter in (
        Meter.select()
        .where(Meter.account.in_(list(accounts)))
        .order_by(Meter.installed_on.desc(), Meter.id.desc())
    ):
        beside.meters[meter.account_id].append(meter)
    return beside


def _facts(row: Reading, beside: Beside) -> ReviewFacts:
    meter = row.meter
    account = meter.account
    known = beside.standing[meter.id]
    bases = _bases(row, known)
    base = bases[0]
    window = ReadingWindow(account.branch.window_first, account.branch.window_last)
    billed = beside.billed[account.id]
    read = _read_before(row, known)
    floor = account.branch.unusual_floor
    case = Case(
        zones=ZONES[Plan.of_zones(meter.zones)],
        dial=Dial(meter.digits, meter.decimals),
        last=base.registers,
        last_on=base.taken_on,
        taken_on=row.taken_on,
        months=max(row.period.since(base.month), 1),
        ratio=meter.ratio,
        phases=meter.phases,
        usual=usual(_actual(billed, row.period) or read, row.period),
        was_replaced=predecessor_of(
            meter, beside.meters[account.id], window, row.period
        )
        is not None,
        is_correction=row.reason == CORRECTION,
        **({} if floor is None else {"floor": floor}),
    )
    return ReviewFacts(
        case=case,
        around=_around(row, known, bases),
        base=base,
        registers=registers_of(row, meter.zones),
        months=_months(row.period, billed, read),
    )


def _bases(row: Reading, known: Sequence[Known]) -> list[Base]:
    """Return what a difference may start from, the newest first, the opening last."""
    found = [
        Base(one.registers, one.taken_on, one.period)
        for one in reversed(known)
        if one.is_base
        and not one.is_estimate
        and one.reading_id != row.id
        and (one.period < row.period or (one.act and one.taken_on <= row.taken_on))
    ]
    meter = row.meter
    opening = (meter.opening_t1, meter.opening_t2, meter.opening_t3)[: meter.zones]
    return [*found, Base(opening, meter.opening_on, Month.of(meter.opening_on))]


def _around(row: Reading, known: Sequence[Known], bases: Sequence[Base]) -> Around:
    base = bases[0]
    earlier = bases[1] if len(bases) > 1 else None
    estimates = [
        one.registers
        for one in known
        if one.is_estimate and base.month < one.period <= row.period
    ]
    later = [
        one
        for one in known
        if one.is_base and not one.is_estimate and one.period > row.period
    ]
    is_plain = later and not (later[0].act or later[0].rolled_over)
    return Around(
        earlier=earlier.registers if earlier else None,
        earlier_months=max(row.period.since(earlier.month), 1) if earlier else 1,
        estimate=estimates[-1] if estimates else None,
        following=later[0].registers if is_plain else None,
    )


def _actual(
    billed: dict[Month, tuple[ChargeBasis, Energy]], month: Month
) -> dict[Month, Energy]:
    """Return what was billed by readings in the year before the month."""
    return {
        each: volume
        for each, (basis, volume) in billed.items()
        if basis is ChargeBasis.ACTUAL and month.plus(-MONTHS_IN_YEAR) <= each < month
    }


def _read_before(row: Reading, known: Sequence[Known]) -> dict[Month, Energy]:
    meter = row.meter
    points = [
        (one.period, one.registers)
        for one in known
        if one.is_base and not one.is_estimate and one.period < row.period
    ]
    return history_of(
        points, dial=Dial(meter.digits, meter.decimals), ratio=meter.ratio
    )


def _months(
    month: Month,
    billed: dict[Month, tuple[ChargeBasis, Energy]],
    read: dict[Month, Energy],
) -> tuple[Energy | None, ...]:
    """Return what each month of two years took: as billed, else as read."""
    return tuple(
        billed[each][1] if each in billed else read.get(each)
        for each in months(month.plus(-DRAWN), month.previous)
    )
