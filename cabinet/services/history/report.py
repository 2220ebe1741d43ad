"""The report: which months it has, what each shows, what they come to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingState
from cabinet.domain.money import Money
from cabinet.domain.people import AccessLevel
from cabinet.domain.period import MONTHS_IN_YEAR, Month, local_day, months
from cabinet.models.base import reading
from cabinet.services.access import AccountCard, get_access
from cabinet.services.history.entries import Entry, MeterWalk
from cabinet.services.history.facts import BillFacts, MeterFacts, bills_of, meters_of
from cabinet.services.history.outlook import Outlook, outlook
from cabinet.services.history.shown import (
    Charged,
    Comparison,
    Days,
    History,
    HistoryRow,
    MeterHistory,
    Recent,
    Totals,
    ZoneFigure,
)
from cabinet.services.history.units import ByZone, Unit, Units

#: Months that tables hold at once.
PIECE = MONTHS_IN_YEAR

_DAY = timedelta(days=1)


def history(
    user_id: int,
    account_id: int,
    period: Days | Recent,
    *,
    till: Month | None = None,
    is_whole: bool = False,
    now: datetime,
) -> History:
    """Return the readings of the period and what they come to.

    Tables hold the newest year of it, or the year that ends with `till`, or all of it.
    What the coming reading may come to is told beside the newest months only.
    Raises AccountNotFoundError, also for a delegate who may only send readings.
    """
    with reading():
        card = get_access(user_id, account_id, now=now, level=AccessLevel.FULL)
        meters = meters_of(card)
        bills = bills_of(card, now=now)
        report = _Report(card, meters, bills)
        today = local_day(now, card.zone)
        coming = None if is_whole or till else report.outlook(today)
    return report.of(period, till=till, is_whole=is_whole, today=today, coming=coming)


@dataclass(frozen=True, slots=True)
class _Range:
    """The months asked for, as far as they are known; empty when `first` is later."""

    first: Month
    last: Month
    starts: date
    ends: date

    def has(self, month: Month) -> bool:
        return self.first <= month <= self.last


class _Report:
    """An account's readings and bills, put in order once."""

    def __init__(
        self,
        card: AccountCard,
        meters: list[MeterFacts],
        bills: dict[Month, BillFacts],
    ) -> None:
        self.card = card
        self.meters = meters
        self.bills = bills
        self.walks = [MeterWalk(at, meter, card) for at, meter in enumerate(meters)]
        self.entries = [entry for walk in self.walks for entry in walk.entries()]
        self.units = Units(self.entries)
        self.shown = [entry for entry in self.entries if not entry.is_hidden]

    def outlook(self, today: date) -> Outlook | None:
        """Return the forecast of the meter that hangs; inside the open transaction."""
        hanging = [meter for meter in self.meters if meter.removed_on is None]
        if not hanging:
            return None
        return outlook(self.card.account_id, self.units.all, hanging[-1].zones, today)

    def of(
        self,
        period: Days | Recent,
        *,
        till: Month | None,
        is_whole: bool,
        today: date,
        coming: Outlook | None,
    ) -> History:
        span = self._range(period, today)
        shown_from, shown_till = self._piece(span, till)
        earlier = None
        if is_whole:
            shown_from, shown_till = span.first, span.last
        elif span.first < shown_from:
            earlier = self._piece(span, shown_from.previous)
        rows = self._rows(span)
        return History(
            account=self.card,
            starts=span.starts,
            ends=span.ends,
            first=span.first,
            last=span.last,
            shown_from=shown_from,
            shown_till=shown_till,
            earlier=earlier,
            totals=self._totals(span, [row for part in rows for row in part]),
            meters=self._meters(rows, shown_from, shown_till),
            has_meter=bool(self.meters),
            coming=coming,
            first_reading=min(
                (one.month for one in self.shown if one.is_counted), default=None
            ),
        )

    def _piece(self, span: _Range, till: Month | None) -> tuple[Month, Month]:
        """Return the months that tables hold, `till` or the newest the last of them."""
        last = min(max(till or span.last, span.first), span.last)
        return max(span.first, last.plus(1 - PIECE)), last

    def _range(self, period: Days | Recent, today: date) -> _Range:
        """Return the months of the period that may hold something.

        The month that is on counts once it has a reading or a bill.
        """
        this = Month.of(today)
        known = {entry.month for entry in self.shown} | set(self.bills)
        newest = max([*known, this.previous])
        oldest = min(known, default=newest.next)
        if self.card.since is not None:
            oldest = max(oldest, Month.of(self.card.since))
        if isinstance(period, Days):
            first, last = (
                Month.of(min(day, newest.ends)) for day in (period.first, period.last)
            )
            starts, ends = period.first, period.last
        else:
            last = newest
            back = period.value or max(last.since(oldest) + 1, 1)
            first = last.plus(1 - back)
            starts, ends = first.starts, last.ends - _DAY
        return _Range(
            first=max(first, oldest),
            last=min(max(last, oldest.previous), newest),
            starts=starts,
            ends=ends,
        )

    def _meters(
        self, rows: list[list[HistoryRow]], shown_from: Month, shown_till: Month
    ) -> tuple[MeterHistory, ...]:
        """Return the meters that have rows in these months, the newest meter first."""
        found = []
        for meter, own in zip(reversed(self.meters), reversed(rows), strict=True):
            inside = tuple(row for row in own if shown_from <= row.month <= shown_till)
            if inside:
                found.append(
                    MeterHistory(
                        serial=meter.serial,
                        model=meter.model,
                        place=meter.place,
                        zones=meter.zones,
                        ratio=meter.ratio,
                        removed_on=meter.removed_on,
                        rows=inside,
                    )
                )
        return tuple(found)

    def _rows(self, span: _Range) -> list[list[HistoryRow]]:
        """Return the rows of each meter, the newest first."""
        if span.first > span.last:
            return [[] for _ in self.meters]
        by_meter: list[list[Entry]] = [[] for _ in self.meters]
        for entry in self.entries:
            by_meter[entry.meter].append(entry)
        owners = self._owners(span)
        return [
            self._rows_of(walk, own, owners, span)
            for walk, own in zip(self.walks, by_meter, strict=True)
        ]

    def _owners(self, span: _Range) -> dict[Month, int]:
        """Return the newest meter that hung in each month: bills stand with it."""
        return {month: walk.at for walk in self.walks for month in _hung(walk, span)}

    def _rows_of(
        self, walk: MeterWalk, own: list[Entry], owners: dict[Month, int], span: _Range
    ) -> list[HistoryRow]:
        standing = {entry.month for entry in own}
        rows = [
            self._row(entry, is_owner=owners.get(entry.month) == walk.at)
            for entry in own
            if span.has(entry.month) and not entry.is_hidden
        ]
        rows += [
            self._silent(month, is_owner=owners[month] == walk.at)
            for month in _hung(walk, span)
            if month not in standing
        ]
        # Of two rows of a month the closing register is the newer.
        rows.sort(key=lambda row: (row.month, row.is_closing), reverse=True)
        return rows

    def _row(self, entry: Entry, *, is_owner: bool) -> HistoryRow:
        before, together = self._beside(entry)
        told = entry.reading
        return HistoryRow(
            month=entry.month,
            zones=_figures(entry, before),
            used=entry.total,
            before=_total(before),
            state=told.state if told else None,
            source=told.source if told else None,
            taken_on=entry.taken_on,
            counted_in=told.counted_in if told else None,
            reason=told.reason if told else "",
            is_closing=told is None,
            rolled_over=entry.rolled_over,
            used_since=entry.since if entry.since < entry.month else None,
            together=together,
            charged=None
            if entry.is_counted or not is_owner
            else self._charged(entry.month),
            settled_in=None if entry.is_counted else self._settled_in(entry.month),
        )

    def _beside(self, entry: Entry) -> tuple[ByZone | None, Energy | None]:
        """Return the energy a year ago, and that of all meters if there are more."""
        unit = self.units.by_month.get(entry.month)
        if unit is None:
            return self._past(entry.month), None
        # Figures of a month with two meters stand with the newer one.
        if entry is not unit.entries[-1]:
            return None, None
        is_shared = len(unit.entries) > 1
        return self.units.year_before(unit), unit.total if is_shared else None

    def _past(self, month: Month) -> ByZone | None:
        return self.units.year_before(Unit(month, month))

    def _silent(self, month: Month, *, is_owner: bool) -> HistoryRow:
        settled_in = self._settled_in(month)
        return HistoryRow(
            month=month,
            before=None if settled_in else _total(self._past(month)),
            charged=self._charged(month) if is_owner else None,
            settled_in=settled_in,
        )

    def _charged(self, month: Month) -> Charged | None:
        """Return what the bill of a month counted without a reading of it."""
        bill = self.bills.get(month)
        unit = self.units.by_month.get(month)
        by_reading = unit is not None and unit.last == month
        if bill is None or (by_reading and bill.basis is ChargeBasis.ACTUAL):
            return None
        return Charged(bill.basis, bill.volume)

    def _settled_in(self, month: Month) -> Month | None:
        unit = self.units.by_month.get(month)
        if unit is None or unit.last == month or unit.by_zone is None:
            return None
        return unit.last

    def _totals(self, span: _Range, rows: list[HistoryRow]) -> Totals | None:
        if not rows:
            return None
        silent = [
            row.charged.energy
            for row in rows
            if row.charged and not (row.settled_in and span.has(row.settled_in))
        ]
        bills = [bill for month, bill in self.bills.items() if span.has(month)]
        return Totals(
            months=span.last.since(span.first) + 1,
            used=Energy.total(row.used for row in rows if row.used is not None),
            waiting=sum(row.state is ReadingState.NEEDS_REVIEW for row in rows),
            silent=Energy.total(silent),
            silent_months=len(silent),
            bills=len(bills),
            billed=Money.total(bill.added for bill in bills),
            comparison=self._comparison(span),
        )

    def _comparison(self, span: _Range) -> Comparison | None:
        """Compare the months of the period that are known in both years."""
        count, now, before = 0, Energy(0), Energy(0)
        for unit in self.units.all:
            total = unit.total
            past = self.units.year_before(unit) if span.has(unit.last) else None
            if total is not None and past is not None:
                count += unit.months
                now += total
                before += Energy.total(past.values())
        return Comparison(count, now, before) if count else None


def _hung(walk: MeterWalk, span: _Range) -> Iterable[Month]:
    """Return the months of the range in which the meter hung."""
    return months(max(walk.starts, span.first), walk.ends(span.last))


def _total(by_zone: ByZone | None) -> Energy | None:
    return None if by_zone is None else Energy.total(by_zone.values())


def _figures(entry: Entry, before: ByZone | None) -> tuple[ZoneFigure, ...]:
    used = entry.used or (None,) * len(entry.registers)
    return tuple(
        ZoneFigure(
            zone=zone,
            number=number,
            register=register,
            used=part,
            before=(before or {}).get(zone),
        )
        for number, (zone, register, part) in enumerate(
            zip(entry.zones, entry.registers, used, strict=False), start=1
        )
    )
