"""The form of constructed account-months: what went in, and what each bill must say.

Every expected figure is written with the arithmetic it comes from, as a person with a
pencil would: "1120 − 1000 = 120". The marks between the sides:

    =             equal exactly
    →             rounded half up to kopecks
    half-even     rounded to a whole number, a half to the even one
    down to       rounded down to a whole number
    down to Wh    rounded down to thousandths

Lines of a charge: "zone range: kWh × price = sum". Lines of a recalculation:
"zone: kWh; kWh × price = sum". Orders: "reason: sum". Benefits: "title: kWh; sum". Penalties: "month of the
debt: all days so far; less what was charged before". Payments: "day: sum", or
"day: sum for month".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from cabinet.domain.billing import Benefit, Standing
from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.covering import Credit, MonthDebt
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource
from cabinet.domain.money import Money, Price
from cabinet.domain.period import Month
from cabinet.domain.tariff import Plan, Rate, Zone
from cabinet.domain.volume import (
    Actual,
    Carried,
    Household,
    Known,
    Mark,
    MeterLife,
    Quiet,
    Silence,
)
from tests.domain.prices import rates

ACTUAL, AVERAGE, NORM = ChargeBasis.ACTUAL, ChargeBasis.AVERAGE, ChargeBasis.NORM
UNVERIFIED, UNMETERED = Silence.UNVERIFIED, Silence.UNMETERED

KURSK_RATES = rates()


@dataclass(frozen=True, kw_only=True)
class Bill:
    """A month and its expected bill; `home` is the household from this month on."""

    month: str
    basis: ChargeBasis
    kwh: tuple[str, ...]
    lines: tuple[str, ...]
    closing: str
    charged: str = ""
    earlier: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    recalculated: str = ""
    benefits: tuple[str, ...] = ()
    penalties: tuple[str, ...] = ()
    opening: str = "0"
    pays: tuple[str, ...] = ()
    silence: Silence | None = None
    home: Household | None = None
    due_on: str = ""
    in_season: bool = False


@dataclass(frozen=True, kw_only=True)
class Case:
    """An account and its bills, month after month."""

    name: str
    source: str
    home: Household
    bills: tuple[Bill, ...]
    before: Standing = field(default_factory=Standing)
    rates: tuple[Rate, ...] = KURSK_RATES
    benefits: tuple[Benefit, ...] = ()
    social_norm: int | None = None
    is_heated: bool = False


def kwh(amounts):
    amounts = amounts if isinstance(amounts, tuple) else (amounts,)
    return tuple(Energy.from_kwh(one) for one in amounts)


def day(text):
    return date.fromisoformat(text)


def meter(opening=1000, on="2025-12-25", serial="1", digits=5, ratio=1, **more):
    """A meter that hangs; `removed`, `closing` and `verified_until` where it has them."""
    removed, until = more.get("removed"), more.get("verified_until")
    closing = more.get("closing")
    return MeterLife(
        serial=serial,
        digits=digits,
        opening_on=day(on),
        opening=kwh(opening),
        ratio=ratio,
        removed_on=removed and day(removed),
        closing=None if closing is None else kwh(closing),
        verified_until=until and day(until),
    )


def read(on, *shown, serial="1", period="", act=""):
    """A reading of its own month, unless another period is told."""
    source = ReadingSource.INSPECTOR if act else ReadingSource.CABINET
    return Actual(
        serial=serial,
        period=Month.parse(period or on[:7]),
        taken_on=day(on),
        source=source,
        registers=kwh(shown),
        act=act,
    )


def home(*readings, meters=None, plan=Plan.ONE, residents=2, norm=100, **more):
    """Two people with a norm of 100 kWh each and one meter, unless told otherwise."""
    opened, closed = more.pop("opened", None), more.pop("closed", None)
    return Household(
        plan=plan,
        residents=residents,
        norm=Energy.from_kwh(norm),
        meters=(meter(),) if meters is None else tuple(meters),
        readings=readings,
        opened_on=opened and day(opened),
        closed_on=closed and day(closed),
        **more,
    )


def carried(at, *known, on, silent=(), silence=Silence.UNREAD):
    """Registers last counted, months known up to then, and the silent ones since.

    `silent` are pairs of the energy charged and its basis.
    """
    last = Month.of(day(on))
    return Carried(
        at=Mark("1", kwh(at), day(on)),
        known=tuple(
            Known(last.plus(step - len(known)), kwh(one))
            for step, one in enumerate(known, start=1)
        ),
        silent=tuple(
            Quiet(last.plus(step), kwh(one), basis, silence)
            for step, (one, basis) in enumerate(silent, start=1)
        ),
    )


def after(at, *known, on="2026-08-22", silent=()):
    """Everything paid up to then."""
    return Standing(carried=carried(at, *known, on=on, silent=silent))


def owed(month, due_on, main, penalty="0", paid=()):
    return MonthDebt(
        month=Month.parse(month),
        due_on=day(due_on),
        newest_due_on=day(due_on),
        main=Money.parse(main),
        penalty=Money.parse(penalty),
        paid=paid,
    )


def standing(closing, *debts, at=1000, on="2026-03-22", advance="", **more):
    """What was to be paid, the debts it is made of, penalties charged for them."""
    penalized: Mapping[str, str] = more.pop("penalized", {})
    return Standing(
        carried=more.pop("carried", None) or carried(at, on=on),
        closing=Money.parse(closing),
        debts=debts,
        credits=(Credit(1, Money.parse(advance), None),) if advance else (),
        penalized={
            Month.parse(month): Money.parse(amount)
            for month, amount in penalized.items()
        },
    )


def own_rates(*rows):
    """Rates of our own: (zone, range, price, from) and, where it ends, the day after."""
    return tuple(
        Rate(
            zone=Zone(zone),
            range_number=number,
            price=Price.parse(price),
            starts=day(starts),
            ends=day(ends[0]) if ends else None,
        )
        for zone, number, price, starts, *ends in rows
    )


def benefit(title, percent, people=1, starts="2026-01-01", ends=None):
    return Benefit(
        title=title,
        percent=percent * 100,
        people=people,
        starts=day(starts),
        ends=ends and day(ends),
    )


def steady(first, count, opening="0", **bill):
    """Months in a row that come to the same, each paid whole on the 10th of the next.

    `opening` is that of the first, paid in it; `closing` that of each.
    """
    found = []
    for step in range(count):
        month = Month.parse(first).plus(step)
        pays = () if opening == "0" else (f"{month}-10: {opening}",)
        found.append(Bill(month=str(month), opening=opening, pays=pays, **bill))
        opening = bill["closing"]
    return tuple(found)


def away(month, opening, closing, price="5,87", pays=(), penalties=(), orders=()):
    """A month in which the meter stood still: nothing but the debt moves."""
    return Bill(
        month=month,
        basis=ACTUAL,
        kwh=("1000 − 1000 = 0",),
        lines=(f"single 1: 0 × {price} = 0,00",),
        opening=opening,
        pays=pays,
        penalties=penalties,
        orders=orders,
        closing=closing,
    )
