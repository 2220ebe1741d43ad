"""What a specialist entered today, the newest first.

The accounts in it need no new entry in the audit log: that the same specialist entered
these readings on the same day is in it already.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from uuid import UUID

from peewee import ModelSelect

from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource, ReadingState
from cabinet.domain.money import Money
from cabinet.domain.period import Month, local_day
from cabinet.domain.readings import Registers
from cabinet.domain.tariff import ZONES, Plan, Zone
from cabinet.models import Account, Meter, Reading
from cabinet.models.base import reading
from cabinet.services.entering.looking import SOURCES
from cabinet.services.readings import told
from cabinet.services.readings.facts import registers_of
from cabinet.services.staff import Member, branches_of

#: How long what was entered may be taken back.
UNDO = timedelta(minutes=10)
MOST_ROWS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Entered:
    """A reading that was entered; `undo_until` is None when it is past undoing."""

    public_id: UUID
    account_number: str
    meter_id: UUID
    serial: str
    zones: tuple[Zone, ...]
    registers: Registers
    month: Month
    source: ReadingSource
    state: ReadingState
    received_at: datetime
    used: Energy | None
    estimate: Money | None
    undo_until: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Log:
    """The newest entries of the day, and how many there are in all."""

    rows: tuple[Entered, ...]
    count: int

    def find(self, public_id: UUID | None) -> Entered | None:
        """Return the entry with the id."""
        return next((row for row in self.rows if row.public_id == public_id), None)


def entries_of(member: Member, zone: tzinfo, *, now: datetime) -> Log:
    """Return what the member entered since midnight in the zone."""
    midnight = datetime.combine(local_day(now, zone), time(), zone)
    with reading():
        query = own_entries(member).where(Reading.received_at >= midnight)
        standing = Reading.state != ReadingState.WITHDRAWN
        return Log(
            rows=tuple(
                _entered(row, now)
                for row in query.order_by(Reading.id.desc()).limit(MOST_ROWS)
            ),
            count=query.where(standing).count(),
        )


def own_entries(member: Member) -> ModelSelect:
    """Return the query of what the member entered in the branches of theirs."""
    return (
        Reading.select(Reading, Meter, Account)
        .join(Meter)
        .join(Account)
        .where(
            Reading.user == member.user_id,
            Reading.source.in_([str(source) for source in SOURCES]),
            Account.branch.in_(branches_of(member)),
        )
    )


def is_undoable(row: Reading, now: datetime) -> bool:
    """Tell whether it is fresh, stands, and nobody decided about it."""
    return (
        row.state in (ReadingState.SUBMITTED, ReadingState.NEEDS_REVIEW)
        and row.reviewed_at is None
        and now < row.received_at + UNDO
    )


def _entered(row: Reading, now: datetime) -> Entered:
    meter, then = row.meter, told.from_json(row.told)
    return Entered(
        public_id=row.public_id,
        account_number=meter.account.number,
        meter_id=meter.public_id,
        serial=meter.serial,
        zones=ZONES[Plan.of_zones(meter.zones)],
        registers=registers_of(row, meter.zones),
        month=row.period,
        source=row.source,
        state=row.state,
        received_at=row.received_at,
        used=then.total,
        estimate=None if then.estimate is None else then.estimate.total,
        undo_until=row.received_at + UNDO if is_undoable(row, now) else None,
    )
