"""Meters and readings as the domain takes them, read for many accounts at once."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple, TypeVar

from peewee import OP, Expression, Query

from cabinet.domain.energy import Energy
from cabinet.domain.metering import BASE, ReadingSource, ReadingState
from cabinet.domain.period import Month
from cabinet.domain.volume import Actual, MeterLife
from cabinet.models import Meter, Reading, hot
from cabinet.models.base import database
from cabinet.models.meters import TO_COUNT

T = TypeVar("T")


def meter_lives(which: Expression) -> dict[int, list[MeterLife]]:
    """Return the meters of the accounts that match, in the order they hung."""
    found: dict[int, list[MeterLife]] = defaultdict(list)
    query = (
        Meter.select(
            Meter.account,
            Meter.serial,
            Meter.digits,
            Meter.opening_on,
            Meter.ratio,
            Meter.removed_on,
            Meter.verified_until,
            Meter.opening_t1,
            Meter.opening_t2,
            Meter.opening_t3,
            Meter.closing_t1,
            Meter.closing_t2,
            Meter.closing_t3,
        )
        .where(which)
        .order_by(Meter.opening_on, Meter.id)
    )
    for row in hot.read(query):
        account_id, serial, digits, opening_on, ratio, removed_on, until, *shown = row
        found[account_id].append(
            MeterLife(
                serial=serial,
                digits=digits,
                opening_on=opening_on,
                opening=present(shown[:3]),
                ratio=ratio,
                removed_on=removed_on,
                closing=present(shown[3:]) or None,
                verified_until=until,
            )
        )
    return found


class ReadingRow(NamedTuple):
    """A reading that a volume may rest on, as it is kept."""

    account_id: int
    reading_id: int
    serial: str
    period: Month
    counted_in: Month | None
    state: ReadingState
    taken_on: date
    source: ReadingSource
    act: str
    t1: Energy
    t2: Energy | None
    t3: Energy | None

    def counting_in(self, month: Month) -> Actual:
        """Return the reading as one that counts in the month."""
        return Actual(
            serial=self.serial,
            period=month,
            taken_on=self.taken_on,
            source=self.source,
            registers=present((self.t1, self.t2, self.t3)),
            act=self.act,
        )


class KeptReading(NamedTuple):
    """The same as the database gives it: codes, words, watt-hours; the day of its kind."""

    account_id: int
    reading_id: int
    serial: str
    period: int
    counted_in: int | None
    state: str
    taken_on: date | str
    source: str
    act: str
    t1: int
    t2: int | None
    t3: int | None

    @property
    def day(self) -> str:
        """Return the day it was taken on, as ISO writes it."""
        day = self.taken_on
        return day if isinstance(day, str) else day.isoformat()

    def row(self) -> ReadingRow:
        """Return it in the words of the domain."""
        counted, t2, t3 = self.counted_in, self.t2, self.t3
        return ReadingRow(
            account_id=self.account_id,
            reading_id=self.reading_id,
            serial=self.serial,
            period=Month.from_code(self.period),
            counted_in=None if counted is None else Month.from_code(counted),
            state=ReadingState(self.state),
            taken_on=date.fromisoformat(self.day),
            source=ReadingSource(self.source),
            act=self.act,
            t1=Energy(self.t1),
            t2=None if t2 is None else Energy(t2),
            t3=None if t3 is None else Energy(t3),
        )


def waits_for_a_bill() -> Expression:
    """Match readings that no bill has counted, by the index of these."""
    return Expression(Reading.state, OP.IN, TO_COUNT)


def reading_rows(
    *conditions: Expression, has_estimates: bool = False
) -> list[ReadingRow]:
    """Return the readings that match, in the order they were written.

    What is under review or was refused is left out, and so are estimates unless they are
    asked for.
    """
    if not has_estimates:
        conditions = (*conditions, Reading.source != ReadingSource.ESTIMATE)
    return hot.read(_readings(*conditions).order_by(Reading.id), ReadingRow)


def kept_readings(*conditions: Expression) -> list[KeptReading]:
    """Return the readings that match, estimates as well, as they are kept, in any order.

    For many thousands of which few are looked at closely.
    """
    found = database.execute(_readings(*conditions)).fetchall()
    return list(map(KeptReading._make, found))


def _readings(*conditions: Expression) -> Query:
    query: Query = (
        Reading.select(
            Meter.account,
            Reading.id,
            Meter.serial,
            Reading.period,
            Reading.counted_in,
            Reading.state,
            Reading.taken_on,
            Reading.source,
            Reading.act,
            Reading.t1,
            Reading.t2,
            Reading.t3,
        )
        .join(Meter)
        .where(*conditions, Reading.state.in_(list(BASE)))
    )
    return query


def present(registers: Iterable[T | None]) -> tuple[T, ...]:
    """Return the registers a meter has."""
    return tuple([register for register in registers if register is not None])
