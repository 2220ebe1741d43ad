"""Readings from a billing system: each once, late ones next month, newer ones first."""

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.metering import CURRENT, ReadingSource, ReadingState
from cabinet.domain.period import Month, ReadingWindow
from cabinet.exchange.faults import UnfitCell
from cabinet.exchange.registry import check_digits
from cabinet.exchange.registry_rows import ReadingRow
from cabinet.models import Account, Bill, Branch, Meter, Reading
from cabinet.services import bulk
from cabinet.services.importing.charges import is_counted
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.report import Outcome

_NOON = time(12)


@dataclass(frozen=True, slots=True)
class _Place:
    """An account and what its branch says of its months."""

    account_id: int
    zone: ZoneInfo
    window: ReadingWindow


@dataclass(frozen=True, slots=True)
class _Meter:
    """What a reading is checked against."""

    meter_id: int
    zones: int
    digits: int


@dataclass(slots=True)
class _Standing:
    """The current reading of a meter and a period."""

    public_id: uuid.UUID
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
        self.known: set[tuple[int, date, tuple[Energy, ...], bool]] = set()
        self.current: dict[tuple[int, Month], _Standing] = {}
        self.added: dict[uuid.UUID, dict[str, Any]] = {}
        self.superseded: dict[uuid.UUID, ReadingState] = {}
        self.links: list[tuple[uuid.UUID, uuid.UUID]] = []
        self._look({meter.meter_id for _, _, meter in accepted})

    def put_all(self) -> None:
        """Put every accepted row in its place and write the result down."""
        for row, place, meter in self.accepted:
            self._put(row, place, meter)
        stepped_back = _ids(self.superseded)
        for public_id, reading_id in stepped_back.items():
            before = {"state": self.superseded[public_id]}
            after = {"state": ReadingState.SUPERSEDED}
            self.intake.note(Reading, reading_id, before, after)
        bulk.update(
            Reading,
            '"state" = ?',
            [
                (str(ReadingState.SUPERSEDED), reading_id)
                for reading_id in stepped_back.values()
            ],
        )
        bulk.insert(Reading, list(self.added.values()))
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
            registers = tuple(value for value in (t1, t2, t3) if value is not None)
            is_estimate = source is ReadingSource.ESTIMATE
            self.known.add((meter_id, taken_on, registers, is_estimate))
            # The act of a check stands beside the reading of its month.
            if state in CURRENT and not is_estimate and not act:
                self.current[meter_id, period] = _Standing(
                    public_id, taken_on, state, is_kept=True
                )

    def _put(self, row: ReadingRow, place: _Place, meter: _Meter) -> None:
        is_estimate = row.source is ReadingSource.ESTIMATE
        key = (meter.meter_id, row.taken_on, row.registers, is_estimate)
        if key in self.known:
            self.intake.count(Outcome.SAME)
            return
        self.intake.count(Outcome.NEW)
        period = place.window.period_of(row.taken_on)
        values = _values(row, place, meter, period, self.intake)
        basis = self.billed.get((place.account_id, period))
        is_billed = basis is not None and is_counted(row.source, basis)
        values["state"] = ReadingState.COUNTED if is_billed else ReadingState.ACCEPTED
        values["counted_in"] = period if is_billed else None
        self.added[values["public_id"]] = values
        if not is_estimate:
            self._make_current(values)

    def _make_current(self, values: dict[str, Any]) -> None:
        """Let the newer of two readings of a month stand and the older step back."""
        place = (values["meter"], values["period"])
        before = self.current.get(place)
        if before is not None and before.taken_on > values["taken_on"]:
            values["state"] = ReadingState.SUPERSEDED
            values["counted_in"] = None
            self.links.append((before.public_id, values["public_id"]))
            return
        if before is not None:
            self.links.append((values["public_id"], before.public_id))
            if before.is_kept:
                self.superseded[before.public_id] = before.state
            else:
                older = self.added[before.public_id]
                older["state"] = ReadingState.SUPERSEDED
                older["counted_in"] = None
        self.current[place] = _Standing(
            values["public_id"], values["taken_on"], values["state"], is_kept=False
        )


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


def _values(
    row: ReadingRow, place: _Place, meter: _Meter, period: Month, intake: Intake
) -> dict[str, Any]:
    registers = [*row.registers, None, None][:3]
    said = f"{row.taken_on} {row.source} {[one.wh for one in row.registers]}"
    digest = hashlib.blake2s(said.encode(), digest_size=16).hexdigest()
    # The registry tells the day only; noon of the branch stands for its moment.
    noon = datetime.combine(row.taken_on, _NOON, place.zone).astimezone(UTC)
    return {
        "public_id": uuid.uuid4(),
        "meter": meter.meter_id,
        "period": period,
        "t1": registers[0],
        "t2": registers[1],
        "t3": registers[2],
        "taken_on": row.taken_on,
        "received_at": min(noon, intake.now),
        "source": row.source,
        "key": f"import:{digest}",
        "batch": intake.batch_id,
    }


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
    return {
        number: _Place(account_id, ZoneInfo(zone), ReadingWindow(first, last))
        for number, account_id, zone, first, last in query
    }


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


def _billed(account_ids: set[int]) -> dict[tuple[int, Month], ChargeBasis]:
    """Return the accounts and months that are charged already, and by what."""
    query = Bill.select(Bill.account, Bill.month, Bill.basis).where(
        bulk.among(Bill.account, account_ids)
    )
    return {(account_id, month): basis for account_id, month, basis in query.tuples()}


def _ids(public_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    found: dict[uuid.UUID, int] = {}
    for chunk in bulk.chunks(public_ids, 500):
        query = Reading.select(Reading.public_id, Reading.id).where(
            Reading.public_id.in_(chunk)
        )
        found.update(query.tuples())
    return found
