"""The charge of a plain month, explained in whole numbers as it is kept.

A meter that was read once in the month and once in the month before: most charges are of
this kind, and the general computing costs several times as much. What is written is what `snapshot` would pack of the same charge; a test
holds both to the same bytes. Whatever is not plain is left to the general computing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from operator import itemgetter
from typing import NamedTuple

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.charge import RatePrices
from cabinet.domain.energy import WH_IN_KWH, Energy
from cabinet.domain.metering import ReadingSource
from cabinet.domain.money import PRODUCT_IN_KOPECK, Money, divide_half_up
from cabinet.domain.period import Month
from cabinet.domain.pricing import FIRST_RANGE, price_month
from cabinet.domain.tariff import ZONES, Plan, RangeLimit, RateMissing
from cabinet.domain.volume import MeterLife
from cabinet.exchange.registry_rows import ChargeRow
from cabinet.services import bulk
from cabinet.services.bills.lines import pack_line
from cabinet.services.bills.snapshot import Snapshot, pack
from cabinet.services.metered import KeptReading, present

#: What is kept of a bill, and whether its sums are those of our own computation.
Told = tuple[str, bool]
#: The prices of a month and the limits of its ranges.
Priced = tuple[RatePrices, tuple[RangeLimit, ...]]

#: What a bill keeps that nothing is told of.
NOTHING = bulk.encode(pack(Snapshot()))
_REST = '"mean_of":0,"silent":0,"resumed":0,"next_norm":false,"recalculation":null}'
_ESTIMATE = str(ReadingSource.ESTIMATE)
_JANUARY = 1
_HALF = PRODUCT_IN_KOPECK // 2
#: The zones of a meter of so many registers.
_ZONES = {len(zones): tuple(map(str, zones)) for zones in ZONES.values()}
_BY_PERIOD = itemgetter(KeptReading._fields.index("period"))


def previous(code: int) -> int:
    """Return the code of the month before."""
    return code - 1 if code % 100 > _JANUARY else code - 89


class First(NamedTuple):
    """The first range of a plan in a month: its zones, their prices, where it ends."""

    zones: tuple[str, ...]
    micro: tuple[int, ...]
    limit: int


class Prices:
    """The first ranges of a region and a category, made once for all its accounts."""

    def __init__(self, priced: Callable[[Month], Priced]) -> None:
        self._priced = priced
        self._made: dict[tuple[int, int], First | None] = {}

    def first(self, code: int, zones: int) -> First | None:
        """Return the first range, None where a price changes or is missing."""
        key = code, zones
        if key not in self._made:
            self._made[key] = self._first(Month.from_code(code), Plan.of_zones(zones))
        return self._made[key]

    def _first(self, month: Month, plan: Plan) -> First | None:
        prices, limits = self._priced(month)
        steady = prices[plan].steady
        found = [steady.get((zone, FIRST_RANGE)) for zone in ZONES[plan]]
        micro = tuple(price.micro for price in found if price is not None)
        if len(micro) < len(found) or not limits:
            return None
        return First(tuple(map(str, ZONES[plan])), micro, limits[0].limit.wh)

    def last(self, code: int, energies: list[int]) -> tuple[str, int | None]:
        """Return the lines of what is settled in a month, and their sum.

        At the last prices the month has in the first range.
        """
        prices, _ = self._priced(Month.from_code(code))
        plan = Plan.of_zones(len(energies))
        found = [prices[plan].last.get((zone, FIRST_RANGE)) for zone in ZONES[plan]]
        micro = [price.micro for price in found if price is not None]
        if len(micro) < len(found):
            return "", None
        return priced_lines(_ZONES[len(energies)], micro, energies)

    def lines(self, code: int, used: list[int]) -> tuple[str, int | None]:
        """Return the lines of a month of several ranges or prices, and their sum."""
        prices, limits = self._priced(Month.from_code(code))
        parts = [(prices[Plan.of_zones(len(used))], tuple(map(Energy, used)))]
        try:
            lines = price_month(parts, limits)
        except RateMissing:
            return "", None
        text = bulk.encode([pack_line(one) for one in lines])
        return text, Money.total(one.amount for one in lines).kopecks


class Dial(NamedTuple):
    """What the months of a meter have in common.

    `turn` is what its registers start over from. Its readings count once it
    `is_reached`: the meters before it are closed.
    """

    place: int
    serial: str
    encoded: str
    zones: tuple[str, ...]
    turn: int
    ratio: int
    opened: str
    is_reached: bool


class Mark(NamedTuple):
    """What a meter showed on a day, and who says so."""

    registers: tuple[int, ...]
    day: str
    source: str
    dial: Dial


class PlainAccount:
    """An account whose months are plain where a meter was read month after month."""

    def __init__(
        self,
        meters: Sequence[MeterLife],
        readings: Iterable[KeptReading],
        prices: Prices,
    ) -> None:
        """Take its meters as they hung and its readings, all that its months rest on."""
        self.prices = prices
        self._dials = {one.serial: one for one in _dials(meters)}
        #: By the code of a month its one reading, None where there is more to say.
        self.read: dict[int, Mark | None] = {}
        #: The code of the month before the first of all.
        self.opened = 0
        if self._look(readings):
            self._begin(meters[0])

    def told(self, row: ChargeRow, code: int) -> Told | None:
        """Return what is kept of the charge of a month; None if it is not plain."""
        before, after = self.read.get(previous(code)), self.read.get(code)
        if after is None or before is None or before.dial is not after.dial:
            return None
        used = used_between(before, after)
        if sum(used) != row.energy.wh or row.basis is not ChargeBasis.ACTUAL:
            return NOTHING, False
        lines, charged = self.lines(code, used)
        if charged != row.charged.kopecks:
            return NOTHING, False
        found = registers(before, after, used)
        text = f'{{"registers":{found},"lines":{lines},{_REST}'
        return text, not row.recalculated.kopecks

    def is_plain(self, code: int) -> bool:
        """Tell whether a meter was read once in the month and once in the one before."""
        before, after = self.read.get(previous(code)), self.read.get(code)
        if before is None or after is None:
            return False
        return before.dial is after.dial

    def mark(self, code: int) -> Mark | None:
        """Return what the meter showed in a month that was read once."""
        return self.read.get(code)

    def used_in(self, code: int) -> list[int]:
        """Return the energy of a plain month by zone."""
        before, after = self.read[previous(code)], self.read[code]
        if before is None or after is None:
            raise ValueError(code)
        return used_between(before, after)

    def lines(self, code: int, used: list[int]) -> tuple[str, int | None]:
        """Return the lines of a month as they are kept, and what they come to.

        They come to nothing known where a price is missing.
        """
        first = self.prices.first(code, len(used))
        if first is None or sum(used) > first.limit:
            return self.prices.lines(code, used)
        return priced_lines(first.zones, first.micro, used)

    def _look(self, readings: Iterable[KeptReading]) -> bool:
        """Note the readings; tell whether each goes on from the one before."""
        read = self.read
        last, place = "", 0
        for one in sorted(readings, key=_BY_PERIOD):
            (_, _, serial, period, _, _, day, source, act, *shown) = one
            if source == _ESTIMATE:
                continue
            dial = self._dials[serial]
            day = day if isinstance(day, str) else day.isoformat()
            if day < last or dial.place < place:
                # It says nothing of what was used since, and maybe others do not.
                read.clear()
                return False
            last, place = day, dial.place
            registers = present(shown)
            is_plain = (
                period not in read
                and not act
                and day >= dial.opened
                and dial.is_reached
                and len(registers) == len(dial.zones)
            )
            read[period] = Mark(registers, day, source, dial) if is_plain else None
        return True

    def _begin(self, meter: MeterLife) -> None:
        """Let the first month of all begin at the register the first meter began with."""
        first = Month.of(meter.opening_on + timedelta(days=1))
        before = self.opened = first.previous.code
        registers = tuple(one.wh for one in meter.opening)
        dial = self._dials[meter.serial]
        self.read |= dict.fromkeys(code for code in self.read if code <= before)
        self.read.setdefault(before, Mark(registers, dial.opened, "", dial))


def _dials(meters: Iterable[MeterLife]) -> Iterator[Dial]:
    is_reached = True
    for place, meter in enumerate(meters):
        yield Dial(
            place=place,
            serial=meter.serial,
            encoded=bulk.encode(meter.serial),
            zones=_ZONES[len(meter.opening)],
            turn=10**meter.digits * WH_IN_KWH,
            ratio=meter.ratio,
            opened=meter.opening_on.isoformat(),
            is_reached=is_reached,
        )
        is_reached = is_reached and meter.closing is not None


def priced_lines(
    zones: Sequence[str], micro: Sequence[int], energies: Sequence[int]
) -> tuple[str, int]:
    """Return lines of the first range as a bill keeps them, and what they come to."""
    lines = []
    total = 0
    for zone, price, wh in zip(zones, micro, energies, strict=True):
        product = price * wh
        # Above nought, as nearly all are, half up is this.
        kopecks = (
            (product + _HALF) // PRODUCT_IN_KOPECK
            if product >= 0
            else divide_half_up(product, PRODUCT_IN_KOPECK)
        )
        total += kopecks
        lines.append(
            f'{{"zone":"{zone}","range":{FIRST_RANGE},"wh":{wh},"price":{price}'
            f',"kopecks":{kopecks}}}'
        )
    return f"[{','.join(lines)}]", total


def used_between(before: Mark, after: Mark) -> list[int]:
    """Return the energy by zone between two marks of a meter."""
    turn, ratio = after.dial.turn, after.dial.ratio
    return [
        (now - then) % turn * ratio
        for then, now in zip(before.registers, after.registers, strict=True)
    ]


def registers(before: Mark, after: Mark, used: list[int]) -> str:
    """Return what a meter showed by zone, as a bill keeps it."""
    dial = after.dial
    head = f'{{"serial":{dial.encoded},"zone":"'
    since = f',"before_on":"{before.day}","after":'
    until = f',"after_on":"{after.day}","source":"{after.source}","turn":'
    tail = f',"ratio":{dial.ratio},"wh":'
    found = []
    rows = zip(dial.zones, before.registers, after.registers, used, strict=True)
    for zone, then, now, wh in rows:
        turn = dial.turn if now < then else "null"
        found.append(
            f'{head}{zone}","before":{then}{since}{now}{until}{turn}{tail}{wh}'
            ',"removed":false}'
        )
    return f"[{','.join(found)}]"
