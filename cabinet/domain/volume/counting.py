"""Counting a month: its readings, what stands in for them, what they settle."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import WH_IN_KWH, Energy
from cabinet.domain.metering import ReadingSource
from cabinet.domain.period import Month
from cabinet.domain.tariff import ZONES
from cabinet.domain.volume.estimating import (
    Estimate,
    added,
    estimate,
    mean,
    part,
    shaped,
)
from cabinet.domain.volume.values import (
    MOST_OF_AVERAGE,
    Actual,
    Carried,
    Household,
    Known,
    Mark,
    MeterLife,
    MeterMissing,
    MonthVolume,
    Quiet,
    Registers,
    Resumed,
    Silence,
    Stretch,
    ZonesDiffer,
)

_NOTHING = Energy(0)


def volumes(household: Household, months: Iterable[Month]) -> Iterator[MonthVolume]:
    """Yield the volume of each month in turn.

    The first month begins at the first meter's opening register; without meters every
    month goes by the norm. Raises NormMissing, ZonesDiffer, and ValueError for a month
    that does not follow the one before.
    """
    carried = Carried()
    before: Month | None = None
    for month in months:
        if before is not None and month != before.next:
            raise ValueError(f"{month} does not follow {before}")
        before = month
        volume, carried = month_volume(household, carried, month)
        yield volume


def month_volume(
    household: Household, carried: Carried, month: Month
) -> tuple[MonthVolume, Carried]:
    """Return the volume of a month and what the next one takes over from it.

    Meters before the one last read may be left out of the household, and readings of
    other months. Raises NormMissing, ZonesDiffer, MeterMissing.
    """
    return _Count(household, carried, month).made()


@dataclass(frozen=True, slots=True)
class _Place:
    """A meter and the registers its next stretch starts from."""

    meter: MeterLife
    registers: Registers
    on: date

    @classmethod
    def opening(cls, meter: MeterLife) -> "_Place":
        return cls(meter, meter.opening, meter.opening_on)

    def until(self, reading: Actual) -> Stretch:
        return self._stretch(
            reading.registers, reading.taken_on, reading.source, reading.act
        )

    def after(self, reading: Actual) -> "_Place":
        return _Place(self.meter, reading.registers, reading.taken_on)

    def until_closing(self) -> Stretch | None:
        meter = self.meter
        if meter.closing is None or meter.removed_on is None:
            return None
        return self._stretch(meter.closing, meter.removed_on, None)

    def _stretch(
        self,
        after: Registers,
        on: date,
        source: ReadingSource | None,
        act: str = "",
    ) -> Stretch:
        return Stretch(
            serial=self.meter.serial,
            ratio=self.meter.ratio,
            digits=self.meter.digits,
            before=self.registers,
            before_on=self.on,
            after=after,
            after_on=on,
            source=source,
            act=act,
        )


class _Count:
    """The count of one month."""

    def __init__(self, household: Household, carried: Carried, month: Month) -> None:
        self.household = household
        self.month = month
        #: The meter that counts now, where it was read last, and those hung after it.
        self.places = _places(household.meters, carried.at, month)
        self.known = carried.known[-MOST_OF_AVERAGE:]
        self.silent = carried.silent
        #: The days of the month before a meter out of order gave way.
        self.unmeasured: tuple[date, date] | None = None
        self.is_over = household.is_over(month)

    def made(self) -> tuple[MonthVolume, Carried]:
        stretches, unclosed = self._stretches()
        if stretches:
            volume = self._read(stretches, unclosed)
        else:
            volume = self._unread(unclosed)
        at = None
        if self.places:
            place = self.places[0]
            at = Mark(place.meter.serial, place.registers, place.on)
        return volume, Carried(at=at, known=self.known, silent=self.silent)

    def _stretches(self) -> tuple[list[Stretch], str | None]:
        """Return the stretches that end in the month, and the meter not closed.

        They run from where the account was read last through every replacement to the
        newest reading of the month; a closing register alone does not end a month.
        """
        found: list[Stretch] = []
        closings: list[Stretch] = []
        rest = self.places
        while rest:
            place, *rest = rest
            for reading in self._readings(place):
                if len(reading.registers) != len(place.registers):
                    raise ZonesDiffer(self.month, place.meter.serial)
                found += [*closings, place.until(reading)]
                closings = []
                place = place.after(reading)
                self.places = [place, *rest]
            gone_on = self._gone_on(place) if rest else None
            if gone_on is not None:
                if not found:
                    self.silent = self._still_open(gone_on)
                self.places = rest
                closings = []
                continue
            closing = place.until_closing()
            if closing is None:
                break
            closings.append(closing)
        waits = any(self._readings(later) for later in rest)
        return found, place.meter.serial if waits else None

    def _gone_on(self, place: _Place) -> date | None:
        """Return the day a meter out of order gave way: what stood in for it is final."""
        removed_on = place.meter.removed_on
        if removed_on is None or place.meter.counts_on(removed_on):
            return None
        if removed_on >= self.month.ends:
            return None
        if removed_on >= self.month.starts:
            self.unmeasured = (max(self.month.starts, place.on), removed_on)
        return removed_on

    def _still_open(self, gone_on: date) -> tuple[Quiet, ...]:
        """Return the silent months that the meter hung next is to settle.

        Of the month the other one was taken away in it is the days since.
        """
        found = []
        for quiet in self.silent:
            month = quiet.month
            days = (month.ends - max(gone_on, month.starts)).days
            if days > 0:
                by_zone = part(quiet.by_zone, days, month)
                found.append(replace(quiet, by_zone=by_zone))
        return tuple(found)

    def _readings(self, place: _Place) -> list[Actual]:
        """Return the month's last act of a check and its newest reading, if it is later.

        What was read before the registers that were charged to says nothing of the
        energy since, unless it is an act.
        """
        meter = place.meter
        mine = [
            one
            for one in self.household.by_month.get(self.month, ())
            if one.serial == meter.serial
            and meter.counts_on(one.taken_on)
            and (one.act or one.taken_on >= place.on)
        ]
        mine.sort(key=lambda one: (one.taken_on, bool(one.act), one.registers))
        if len(mine) < 2:  # noqa: PLR2004 - nothing to choose from
            return mine
        acts = [at for at, one in enumerate(mine) if one.act]
        newest = len(mine) - 1
        return [mine[at] for at in sorted({*acts[-1:], newest})]

    def _read(self, stretches: list[Stretch], unclosed: str | None) -> MonthVolume:
        zones = len(self.places[0].registers)
        act = next((one.act for one in reversed(stretches) if one.act), "")
        bridge = self._bridge(zones)
        earlier: Registers = ()
        resumed: Resumed | None = None
        is_measure = bridge is None
        if self.silent:
            own, resumed = self._settled(stretches, zones, act)
        elif act:
            own, resumed, is_own = self._checked(stretches, zones, act)
            is_measure = is_measure and is_own
        else:
            parts = [one.used for one in stretches if len(one.before) == zones]
            others = [one.used for one in stretches if len(one.before) != zones]
            own = added(parts) if parts else (_NOTHING,) * zones
            # Of two replacements in a month by other plans all go by the first's.
            earlier = added(shaped(one, len(others[0])) for one in others)
        if is_measure:
            whole = added([own, shaped(earlier, zones)]) if earlier else own
            self.known = (*self.known, Known(self.month, whole))[-MOST_OF_AVERAGE:]
        self.silent = ()
        bridged = () if bridge is None else bridge.by_zone
        return MonthVolume(
            month=self.month,
            basis=ChargeBasis.ACTUAL,
            by_zone=added([own, bridged]) if bridged else own,
            earlier=earlier,
            stretches=tuple(stretches),
            mean_of=() if bridge is None else bridge.mean_of,
            resumed=resumed,
            bridged=bridged,
            bridged_days=None if bridge is None else self.unmeasured,
            unclosed=unclosed,
        )

    def _bridge(self, zones: int) -> Estimate | None:
        """Return what stands for the month's days before a meter out of order went."""
        if self.unmeasured is None or self.unmeasured[0] >= self.unmeasured[1]:
            return None
        return estimate(
            self.household,
            self.known,
            self.month,
            zones=zones,
            silence=Silence.UNVERIFIED,
            silent=1,
            days=self.unmeasured,
        )

    def _settled(
        self, stretches: list[Stretch], zones: int, act: str
    ) -> tuple[Registers, Resumed | None]:
        """Return the month's own part of what silent months end with, and the rest.

        The own part is a whole number of kilowatt-hours, rounded down, never below zero;
        what was read after a check is the month's own besides. After the account was
        closed nothing is: what is read then was used before.
        """
        at = _last_act(stretches)
        whole = added(shaped(one.used, zones) for one in stretches[: at + 1])
        later = [shaped(one.used, zones) for one in stretches[at + 1 :]]
        parts = len(self.silent) + 1
        if self.is_over:
            parts -= 1
        share = tuple(
            Energy(max(one.wh, 0) // (parts * WH_IN_KWH) * WH_IN_KWH) for one in whole
        )
        own = (_NOTHING,) * zones if self.is_over else share
        settled = [
            one
            for one in self.silent
            if self.household.settles_norm or one.basis is not ChargeBasis.NORM
        ]
        kept = len(self.silent) - len(settled)
        if not settled:
            return added([own, *later]), None
        return added([own, *later]), Resumed(
            months=tuple(one.month for one in settled),
            measured=tuple(
                all_ - mine - each * kept
                for all_, mine, each in zip(whole, own, share, strict=True)
            ),
            counted=added(shaped(one.by_zone, zones) for one in settled),
            act=act,
        )

    def _checked(
        self, stretches: list[Stretch], zones: int, act: str
    ) -> tuple[Registers, Resumed | None, bool]:
        """Return the month's own part of what a check ends with, and the rest.

        Up to the check a month has its average at most, all of it where none is known;
        what the check found beyond is settled. Tells as well whether the own part
        measures a month.
        """
        at = _last_act(stretches)
        found = added(shaped(one.used, zones) for one in stretches[: at + 1])
        above = tuple(max(part, _NOTHING) for part in found)
        usual = mean(self.known, zones) or above
        own = tuple(min(part, most) for part, most in zip(above, usual, strict=True))
        beyond = tuple(all_ - mine for all_, mine in zip(found, own, strict=True))
        resumed = None
        if any(beyond):
            resumed = Resumed(
                months=(), measured=beyond, counted=(_NOTHING,) * zones, act=act
            )
        later = [shaped(one.used, zones) for one in stretches[at + 1 :]]
        return added([own, *later]), resumed, bool(later) or any(own)

    def _unread(self, unclosed: str | None) -> MonthVolume:
        plan = self.household.plan
        zones = len(self.places[0].registers if self.places else ZONES[plan])
        if self.is_over:
            return MonthVolume(
                month=self.month,
                basis=ChargeBasis.ACTUAL,
                by_zone=(_NOTHING,) * zones,
                silence=Silence.CLOSED,
                unclosed=unclosed,
            )
        silence = self._silence()
        silent = len(self.silent) + 1
        made = estimate(
            self.household,
            self.known,
            self.month,
            zones=zones,
            silence=silence,
            silent=silent,
        )
        open_part = made.by_zone
        if self.unmeasured is not None:
            days = (self.month.ends - self.unmeasured[1]).days
            open_part = part(made.by_zone, days, self.month)
        quiet = Quiet(self.month, open_part, made.basis, silence)
        self.silent = (*self.silent, quiet)
        return MonthVolume(
            month=self.month,
            basis=made.basis,
            by_zone=made.by_zone,
            mean_of=made.mean_of,
            silent=silent,
            silence=silence,
            unclosed=unclosed,
        )

    def _silence(self) -> Silence:
        """Tell why no reading counts: the meter's last day in order decides."""
        if not self.places:
            return Silence.UNMETERED
        meter = self.places[0].meter
        last = self.month.ends - timedelta(days=1)
        if meter.removed_on is not None:
            last = min(last, meter.removed_on)
        if not meter.counts_on(last):
            return Silence.UNVERIFIED
        return Silence.UNREAD


def _last_act(stretches: list[Stretch]) -> int:
    """Return the place of the last one that a check ended, of the last one if none did."""
    acts = [place for place, one in enumerate(stretches) if one.act]
    return acts[-1] if acts else len(stretches) - 1


def _places(meters: Iterable[MeterLife], at: Mark | None, month: Month) -> list[_Place]:
    """Return where each meter is read from, from the one that was read last on."""
    places = [_Place.opening(meter) for meter in meters]
    if at is None:
        return places
    for number, place in enumerate(places):
        if place.meter.serial == at.serial:
            here = _Place(place.meter, at.registers, at.on)
            return [here, *places[number + 1 :]]
    raise MeterMissing(month, at.serial)
