"""Readings from a billing system: each once, late ones next month, newer ones first."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.metering import CURRENT, ReadingSource, ReadingState
from cabinet.domain.period import ReadingWindow
from cabinet.exchange.faults import UnfitCell
from cabinet.exchange.registry import check_digits
from cabinet.exchange.registry_rows import ReadingRow
from cabinet.models import Account, Bill, Branch, Meter, Reading
from cabinet.models.ids import ordered_id
from cabinet.services import bulk
from cabinet.services.importing.charges import is_counted
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.report import Outcome

#: Watt-hours by zone.
Registers = tuple[int, ...]
_NOON = time(12)

#: The fields of a reading, in the order in which they are given.
_READING = (
    "public_id",
    "meter",
    "period",
    "t1",
    "t2",
    "t3",
    "taken_on",
    "received_at",
    "source",
    "key",
    "batch",
    "state",
    "counted_in",
)
_STATE, _COUNTED_IN = _READING.index("state"), _READING.index("counted_in")
#: What stands in place of the zones that a meter of so many does not have.
_NO_ZONES = ((), (None, None), (None,), ())
_ACCEPTED = str(ReadingState.ACCEPTED)
_COUNTED = str(ReadingState.COUNTED)
_SUPERSEDED = str(ReadingState.SUPERSEDED)


class _Day(NamedTuple):
    """What a day is to the readings of a branch: its month, and as the driver takes it.

    The registry tells the day only; noon of the branch stands for its moment.
    """

    period: int
    taken_on: object
    received_at: object


class _Days:
    """The days of branches that have the same clocks and the same window."""

    def __init__(self, zone: ZoneInfo, window: ReadingWindow, now: datetime) -> None:
        self._zone = zone
        self._window = window
        self._now = now
        self._made: dict[date, _Day] = {}

    def of(self, day: date) -> _Day:
        """Return what a day is, worked out once."""
        found = self._made.get(day)
        if found is None:
            noon = datetime.combine(day, _NOON, self._zone).astimezone(UTC)
            found = self._made[day] = _Day(
                self._window.period_of(day).code,
                bulk.plain(Reading.taken_on, day),
                bulk.plain(Reading.received_at, min(noon, self._now)),
            )
        return found


class _Place(NamedTuple):
    """An account and what its branch says of its days."""

    account_id: int
    days: _Days


class _Meter(NamedTuple):
    """What a reading is checked against."""

    meter_id: int
    zones: int
    digits: int


@dataclass(slots=True)
class _Standing:
    """The current reading of a meter and a period."""

    public_id: str
    taken_on: date
    state: ReadingState
    is_kept: bool


def take_readings(rows: list[ReadingRow], intake: Intake) -> None:
    """Add the readings that are new.

    A reading counts in the month its branch's window gives it. The newest actual
    reading of a month is the current one, the others are superseded; estimates stand
    beside them. Unknown accounts and meters go into quarantine.
    """
    places = _places({row.account for row in rows}, intake)
    meters = _meters(place.account_id for place in places.values())
    accepted = [
        (row, places[row.account], meter)
        for row in rows
        if (meter := _find_meter(row, places, meters, intake)) is not None
    ]
    if accepted:
        _Shelf(accepted, intake).put_all()


class _Shelf:
    """The readings of some meters, those that stand there and those to be added."""

    def __init__(
        self, accepted: list[tuple[ReadingRow, _Place, _Meter]], intake: Intake
    ) -> None:
        self.accepted = accepted
        self.intake = intake
        self.billed = _billed({place.account_id for _, place, _ in accepted})
        #: By the meter: the day, the registers, and whether it is an estimate.
        self.known: dict[int, set[tuple[date, Registers, bool]]] = defaultdict(set)
        self.current: dict[tuple[int, int], _Standing] = {}
        self.added: dict[str, list[object]] = {}
        self.superseded: dict[str, ReadingState] = {}
        self.links: list[tuple[str, str]] = []
        self._look({meter.meter_id for _, _, meter in accepted})

    def put_all(self) -> None:
        """Put every accepted row in its place and write the result down."""
        for row, place, meter in self.accepted:
            self._put(row, place, meter)
        if self.added:
            self.intake.count(Outcome.NEW, len(self.added))
        stepped_back = _ids(self.superseded)
        for public_id, reading_id in stepped_back.items():
            before = {"state": self.superseded[public_id]}
            after = {"state": ReadingState.SUPERSEDED}
            self.intake.note(Reading, reading_id, before, after)
        bulk.update(
            Reading,
            '"state" = ?',
            [(_SUPERSEDED, reading_id) for reading_id in stepped_back.values()],
        )
        bulk.put(Reading, _READING, list(map(tuple, self.added.values())))
        ids = _ids({public_id for pair in self.links for public_id in pair})
        bulk.update(
            Reading,
            '"supersedes_id" = ?',
            [(ids[older], ids[newer]) for newer, older in self.links],
        )

    def _look(self, meter_ids: set[int]) -> None:
        query = (
            Reading.select(
                Reading.public_id,
                Reading.meter,
                Reading.period,
                Reading.taken_on,
                Reading.t1,
                Reading.t2,
                Reading.t3,
                Reading.source,
                Reading.state,
                Reading.act,
            )
            .where(
                bulk.among(Reading.meter, meter_ids),
                # What was taken back may come again.
                Reading.batch.is_null() | (Reading.state != ReadingState.WITHDRAWN),
            )
            .tuples()
        )
        for public_id, meter_id, period, taken_on, *rest in query:
            t1, t2, t3, source, state, act = rest
            registers = tuple(one.wh for one in (t1, t2, t3) if one is not None)
            is_estimate = source is ReadingSource.ESTIMATE
            self.known[meter_id].add((taken_on, registers, is_estimate))
            # The act of a check stands beside the reading of its month.
            if state in CURRENT and not is_estimate and not act:
                self.current[meter_id, period.code] = _Standing(
                    public_id.hex, taken_on, state, is_kept=True
                )

    def _put(self, row: ReadingRow, place: _Place, meter: _Meter) -> None:
        is_estimate = row.source is ReadingSource.ESTIMATE
        registers = tuple([one.wh for one in row.registers])
        known = self.known[meter.meter_id]
        key = row.taken_on, registers, is_estimate
        if key in known:
            self.intake.count(Outcome.SAME)
            return
        day = place.days.of(row.taken_on)
        basis = self.billed.get((place.account_id, day.period))
        is_billed = basis is not None and is_counted(row.source, basis)
        public_id = ordered_id(self.intake.now).hex
        self.added[public_id] = [
            public_id,
            meter.meter_id,
            day.period,
            *registers,
            *_NO_ZONES[len(registers)],
            day.taken_on,
            day.received_at,
            str(row.source),
            _key(row, registers),
            self.intake.batch_id,
            _COUNTED if is_billed else _ACCEPTED,
            day.period if is_billed else None,
        ]
        if not is_estimate:
            state = ReadingState.COUNTED if is_billed else ReadingState.ACCEPTED
            self._make_current(
                (meter.meter_id, day.period),
                _Standing(public_id, row.taken_on, state, is_kept=False),
            )

    def _make_current(self, place: tuple[int, int], new: _Standing) -> None:
        """Let the newer of two readings of a month stand and the older step back."""
        before = self.current.get(place)
        if before is not None and before.taken_on > new.taken_on:
            self._step_back(new.public_id)
            self.links.append((before.public_id, new.public_id))
            return
        if before is not None:
            self.links.append((new.public_id, before.public_id))
            if before.is_kept:
                self.superseded[before.public_id] = before.state
            else:
                self._step_back(before.public_id)
        self.current[place] = new

    def _step_back(self, public_id: str) -> None:
        """Let a reading that is to be added give way to another."""
        older = self.added[public_id]
        older[_STATE] = _SUPERSEDED
        older[_COUNTED_IN] = None


def _find_meter(
    row: ReadingRow,
    places: dict[str, _Place],
    meters: dict[tuple[int, str], _Meter],
    intake: Intake,
) -> _Meter | None:
    """Return the meter of a row, or refuse the row."""
    place = places.get(row.account)
    if place is None:
        intake.refuse(row, "account", "лицевой счёт не найден", Outcome.QUARANTINED)
        return None
    meter = meters.get((place.account_id, row.serial))
    if meter is None:
        intake.refuse(
            row, "serial", "у лицевого счёта нет такого счётчика", Outcome.QUARANTINED
        )
        return None
    if len(row.registers) != meter.zones:
        # The first one that is missing, or the first one too many.
        missing = f"t{min(meter.zones, len(row.registers)) + 1}"
        intake.refuse(
            row,
            missing,
            f"зон у счётчика {meter.zones}, показаний {len(row.registers)}",
        )
        return None
    try:
        check_digits(row.registers, meter.digits, ("t1", "t2", "t3"))
    except UnfitCell as error:
        intake.refuse(row, error.field, error.reason)
        return None
    return meter


def _key(row: ReadingRow, registers: Registers) -> str:
    """Return what makes the reading one: once a meter."""
    said = f"{row.taken_on} {row.source} {[*registers]}"
    return f"import:{hashlib.blake2s(said.encode(), digest_size=16).hexdigest()}"


def _places(numbers: Iterable[str], intake: Intake) -> dict[str, _Place]:
    query = (
        Account.select(
            Account.number,
            Account.id,
            Branch.time_zone,
            Branch.window_first,
            Branch.window_last,
        )
        .join(Branch)
        .where(bulk.among(Account.number, numbers), Account.branch.in_(intake.branches))
        .tuples()
    )
    days: dict[tuple[str, int, int], _Days] = {}
    places = {}
    for number, account_id, zone, *window in query:
        key = (zone, *window)
        if key not in days:
            days[key] = _Days(ZoneInfo(zone), ReadingWindow(*window), intake.now)
        places[number] = _Place(account_id, days[key])
    return places


def _meters(account_ids: Iterable[int]) -> dict[tuple[int, str], _Meter]:
    query = (
        Meter.select(Meter.account, Meter.serial, Meter.id, Meter.zones, Meter.digits)
        .where(bulk.among(Meter.account, account_ids))
        .tuples()
    )
    return {
        (account_id, serial): _Meter(meter_id, zones, digits)
        for account_id, serial, meter_id, zones, digits in query
    }


def _billed(account_ids: set[int]) -> dict[tuple[int, int], ChargeBasis]:
    """Return the accounts and months that are charged already, and by what."""
    query = Bill.select(Bill.account, Bill.month, Bill.basis).where(
        bulk.among(Bill.account, account_ids)
    )
    return {
        (account_id, month.code): basis for account_id, month, basis in query.tuples()
    }


def _ids(public_ids: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for chunk in bulk.chunks(public_ids, 500):
        query = Reading.select(Reading.public_id, Reading.id).where(
            Reading.public_id.in_(chunk)
        )
        found |= {public_id.hex: row_id for public_id, row_id in query.tuples()}
    return found
