"""The lane of plain charges gives what the general computing gives, to the byte."""

import io
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cabinet.domain.energy import Energy
from cabinet.domain.money import Money, Price
from cabinet.domain.period import Month, months
from cabinet.domain.tariff import ZONES, Category, Plan, RangeLimit, Rate
from cabinet.domain.volume import Household, MeterLife, ZonesDiffer, volumes
from cabinet.exchange.registry_rows import ChargeRow
from cabinet.services.importing import explain, import_file
from cabinet.services.importing.explain import Explainer, Payer, Prices
from cabinet.services.importing.lately import Lately
from cabinet.services.importing.quiet import QuietAccount
from cabinet.services.metered import KeptReading
from cabinet.services.prices import TariffKey
from tests.bringing import DATA, NOW

ACCOUNT = 7
PAYER = Payer("", Category.RURAL, 2, Energy.from_kwh(50))
OPENED = date(2025, 12, 31)
MONTHS = list(months(Month(2026, 1), Month(2026, 10)))
#: The second range begins here, and the price changes within this month.
LIMIT = RangeLimit(number=1, limit=Energy.from_kwh(400), starts=date(2020, 1, 1))
CHANGED = date(2026, 4, 15)


@pytest.mark.timeout(600)
def test_every_plain_charge_of_the_registry(dated, monkeypatch):
    """All are compared, and they are the most."""
    found = []

    class Compared(QuietAccount):
        def told(self, row, code):
            told = super().told(row, code)
            if told is not None:
                assert told == self.explainer.explain(self.account_id, row)
            found.append(told)
            return told

    class Comparing(Explainer):
        def plain(self, account_id):
            account = super().plain(account_id)
            if account is not None:
                account.explainer, account.account_id = self, account_id
            return account

    monkeypatch.setattr(explain, "QuietAccount", Compared)
    monkeypatch.setattr("cabinet.services.importing.charges.Explainer", Comparing)
    for kind in ("accounts", "meters", "readings", "charges"):
        data = (DATA / "registry" / f"{kind}.csv").read_bytes()
        import_file(f"{kind}.csv", io.BytesIO(data), now=NOW)
    told = [one for one in found if one is not None]
    assert len(found) > len(told) > len(found) * 0.95
    explained = [is_explained for _, is_explained in told]
    assert all(explained)


def _prices():
    """Return prices of all plans, dearer in the second range and from a day on."""
    spans = ((date(2020, 1, 1), CHANGED, 0), (CHANGED, None, 333_333))
    rates = {
        TariffKey("", Category.RURAL, plan): [
            Rate(
                zone=zone,
                range_number=number,
                price=Price(4_123_457 * number + 10_000 * place + more),
                starts=starts,
                ends=ends,
            )
            for place, zone in enumerate(ZONES[plan])
            for number in (1, 2)
            for starts, ends, more in spans
        ]
        for plan in (Plan.ONE, Plan.TWO)
    }
    return Prices(rates, {"": [LIMIT]})


@st.composite
def _meters(draw, zones):
    """Draw a meter, or one and what replaced it, closed as it should be or not."""
    old = MeterLife(
        serial='7/а"',
        digits=3,
        opening_on=OPENED,
        opening=(Energy.from_kwh(10),) * zones,
        ratio=draw(st.sampled_from((1, 1, 3))),
    )
    if draw(st.booleans()):
        return [old]
    removed_on = date(2026, 3, 20)
    if draw(st.sampled_from((True, True, False))):
        closing = tuple(
            Energy.from_kwh(draw(st.integers(10, 999))) for _ in range(zones)
        )
        old = replace(old, removed_on=removed_on, closing=closing)
    zones = draw(st.sampled_from((zones, zones, 3 - zones)))
    new = MeterLife(
        serial="8",
        digits=draw(st.sampled_from((3, 4))),
        opening_on=removed_on,
        opening=(Energy(0),) * zones,
    )
    return [old, new]


@st.composite
def _readings(draw, meters):
    """Draw what was read: mostly once a month and more each time, but not always."""
    found, shown = [], {one.serial: [10, 10] for one in meters}
    kinds = ("once",) * 6 + ("not",) * 3 + ("twice", "guess", "act", "odd", "other")
    for month in MONTHS:
        kind = draw(st.sampled_from(kinds))
        for _ in range({"not": 0, "twice": 2}.get(kind, 1)):
            is_new = month.number > 3 or (month.number == 3 and draw(st.booleans()))
            meter = meters[-1 if is_new != (kind == "other") else 0]
            at = shown[meter.serial] = [
                one + draw(st.integers(0, 450)) for one in shown[meter.serial]
            ]
            day = month.starts + timedelta(days=draw(st.integers(14, 24)))
            if kind == "odd":
                day -= timedelta(days=draw(st.integers(1, 70)))
            found.append(
                KeptReading(
                    account_id=ACCOUNT,
                    reading_id=len(found) + 1,
                    serial=meter.serial,
                    period=month.code,
                    counted_in=None,
                    state="accepted",
                    taken_on=day.isoformat(),
                    source="estimate" if kind == "guess" else "phone",
                    act="17/26" if kind == "act" else "",
                    t1=at[0] % 1000 * 1000,
                    t2=at[1] % 1000 * 1000 if len(meter.opening) > 1 else None,
                    t3=None,
                )
            )
    return found


@settings(
    max_examples=300,
    deadline=None,
    # What is drawn in the test waits for what it computes.
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.data())
def test_whatever_was_read_and_whatever_is_charged(data):
    meters = data.draw(_meters(data.draw(st.sampled_from((1, 2)))))
    lately = Lately(data.draw(_readings(meters)), {})
    explainer = Explainer({ACCOUNT: PAYER}, {ACCOUNT: meters}, lately, _prices())
    plain = explainer.plain(ACCOUNT)
    walk = _from_the_start(meters, lately)
    for month, volume in zip(MONTHS, walk, strict=False):
        charge = explainer.charge(ACCOUNT, month)
        # Plain months that are passed over leave the others what they are.
        assert charge.volume == volume
        energy, charged, recalculated = data.draw(
            st.sampled_from([(0, 0, 0)] * 4 + [(1000, 0, 0), (0, 1, 0), (0, 0, 5)])
        )
        row = ChargeRow(
            line=2,
            raw=(),
            account="4600000007",
            month=month,
            energy=charge.volume.total + Energy(energy),
            basis=charge.volume.basis,
            charged=charge.charged + Money(charged),
            penalty=Money(0),
            recalculated=charge.recalculated + Money(recalculated),
        )
        told = plain.told(row, month.code)
        assert told is None or told == explainer.explain(ACCOUNT, row)


def _from_the_start(meters, lately):
    """Yield the volumes as the general computing gives them, month by month."""
    rows = [row.row() for row in lately.readings.get(ACCOUNT, ())]
    household = Household(
        plan=Plan.of_zones(len(meters[0].opening)),
        residents=PAYER.residents,
        norm=PAYER.norm,
        meters=tuple(meters),
        readings=tuple(
            row.counting_in(row.period) for row in rows if row.source != "estimate"
        ),
    )
    try:
        yield from volumes(household, MONTHS)
    except ZonesDiffer:
        return


def test_months_that_were_read_are_plain_and_others_are_not():
    """Else the comparison above would compare nothing."""
    meter = MeterLife(serial="1", digits=5, opening_on=OPENED, opening=(Energy(0),))
    shown = {1: 100, 2: 200, 3: 900, 5: 1000, 6: 1100}
    readings = [
        KeptReading(
            ACCOUNT, number, "1", 202600 + number, None, "accepted",
            date(2026, number, 20), "phone", "", kwh * 1000, None, None,
        )
        for number, kwh in shown.items()
    ]  # fmt: skip
    lately = Lately(readings, {})
    explainer = Explainer({ACCOUNT: PAYER}, {ACCOUNT: [meter]}, lately, _prices())
    plain = explainer.plain(ACCOUNT)
    found = {}
    for month in MONTHS[:6]:
        charge = explainer.charge(ACCOUNT, month)
        row = ChargeRow(
            line=2,
            raw=(),
            account="4600000007",
            month=month,
            energy=charge.volume.total,
            basis=charge.volume.basis,
            charged=charge.charged,
            penalty=Money(0),
            recalculated=charge.recalculated,
        )
        told = plain.told(row, month.code)
        found[month.number] = told is not None
        assert told in (None, explainer.explain(ACCOUNT, row))
        assert told is None or told[1]
    assert found == dict.fromkeys(range(1, 7), True)
