"""Every charge of the sample registry, computed anew, line by line."""

from collections import Counter, defaultdict
from datetime import timedelta

import pytest

from cabinet.domain import charge, volume
from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource
from cabinet.domain.money import Money
from cabinet.domain.period import Month, ReadingWindow, months
from cabinet.domain.tariff import Plan, RangeLimit, Rate
from cabinet.exchange.dated import DATED
from cabinet.exchange.delimited import Table
from cabinet.exchange.profiles import Faulty, Rows, recognise
from cabinet.exchange.registry import REGISTRIES

WINDOW = ReadingWindow(20, 25)
MONTHS = tuple(months(Month(2026, 1), Month(2026, 10)))
REGIONS = {
    "Курск": "Курская область",
    "Мурманск": "Мурманская область",
    "Смоленск": "Смоленская область",
    "Тверь": "Тверская область",
}


def read(path, profiles):
    with path.open("rb") as stream:
        table = Table(path.name, stream)
        rows = Rows(table, recognise(profiles, table))
        return [row for row in rows if not isinstance(row, Faulty)]


def read_registry(path):
    """The rows of a file of the registry that can be taken."""
    return read(path, REGISTRIES)


@pytest.fixture(scope="module")
def registry(request):
    from pathlib import Path

    import cabinet

    folder = Path(cabinet.__path__[0]) / "data" / "registry"
    return {
        name: read(folder / f"{name}.csv", REGISTRIES)
        for name in ("accounts", "meters", "readings", "charges")
    } | {"rates": read(folder.parent / "tariffs.csv", DATED)}


LIMITS = tuple(
    RangeLimit(number=number, limit=Energy.from_kwh(kwh), starts=MONTHS[0].starts)
    for number, kwh in ((1, 3900), (2, 6000))
)


def present(registers):
    return tuple(register for register in registers if register is not None)


def households(registry):
    meters, readings = defaultdict(list), defaultdict(list)
    for row in registry["meters"]:
        meters[row.account].append(row)
    for row in registry["readings"]:
        readings[row.account].append(row)
    for account in {row.account: row for row in registry["accounts"]}.values():
        own = sorted(meters[account.account], key=lambda row: row.opening_on)
        digits = {row.serial: row.digits for row in own}
        yield (
            account,
            volume.Household(
                plan=Plan.of_zones(own[0].zones),
                residents=account.residents,
                norm=account.norm,
                meters=tuple(
                    volume.MeterLife(
                        serial=row.serial,
                        digits=row.digits,
                        ratio=row.ratio,
                        opening_on=row.opening_on,
                        opening=present(row.opening),
                        removed_on=row.removed_on,
                        closing=present(row.closing) or None,
                    )
                    for row in own
                ),
                readings=tuple(
                    volume.Actual(
                        serial=row.serial,
                        period=WINDOW.period_of(row.taken_on),
                        taken_on=row.taken_on,
                        source=row.source,
                        registers=present(row.registers),
                    )
                    for row in readings[account.account]
                    if row.source is not ReadingSource.ESTIMATE
                    and row.registers[0].kwh < 10 ** digits[row.serial]
                ),
            ),
        )


def rates_of(registry, account, plan):
    return tuple(
        Rate(
            zone=row.zone,
            range_number=row.range_number,
            price=row.price,
            starts=row.starts,
            ends=row.ends,
        )
        for row in registry["rates"]
        if row.region == REGIONS[account.branch]
        and row.category == account.category
        and row.plan == plan
    )


def test_all_four_thousand_account_months_add_up(registry):
    told = {(row.account, row.month): row for row in registry["charges"]}
    seen = Counter()
    wrong = []
    total = Money(0)
    late = 0
    for account, household in households(registry):
        late += sum(one.taken_on.day > WINDOW.last_day for one in household.readings)
        computed = charge.charges(
            household, rates_of(registry, account, household.plan), LIMITS, MONTHS
        )
        for one in computed:
            row = told[account.account, one.month]
            assert sum(line.energy.wh for line in one.lines) == one.volume.total.wh
            assert one.charged == Money.total(line.amount for line in one.lines)
            total += one.charged + one.recalculated
            seen[one.volume.basis] += 1
            seen["resumed"] += one.volume.resumed is not None
            seen["ranges"] += any(line.range_number > 1 for line in one.lines)
            stretches = one.volume.stretches
            seen["replaced"] += any(part.source is None for part in stretches)
            seen["rollover"] += any(
                after < before
                for part in stretches
                for before, after in zip(part.before, part.after, strict=True)
            )
            seen["zero"] += not one.volume.total
            found = (one.volume.total, one.volume.basis, one.charged, one.recalculated)
            if found != (row.energy, row.basis, row.charged, row.recalculated):
                wrong.append((account.account, one.month, found, row))
    assert wrong == []
    assert total == Money.total(r.charged + r.recalculated for r in told.values())
    assert seen == {
        ChargeBasis.ACTUAL: 3831,
        ChargeBasis.AVERAGE: 153,
        ChargeBasis.NORM: 16,
        "resumed": 90,
        "ranges": 73,
        "replaced": 10,
        "rollover": 11,
        "zero": 54,
    }
    assert sum(seen[basis] for basis in ChargeBasis) == 4000
    assert late == 12


def test_days_of_the_registry_lie_in_its_months(registry):
    last = MONTHS[-1].ends + timedelta(days=31)
    assert all(row.taken_on < last for row in registry["readings"])
