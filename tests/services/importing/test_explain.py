"""What a charge is explained by where our own computation cannot reach."""

from datetime import date

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.tariff import Category
from cabinet.domain.volume import MeterLife
from cabinet.exchange.registry_rows import ChargeRow
from cabinet.services.importing.explain import Explainer, Payer, Prices
from cabinet.services.importing.lately import Lately
from cabinet.services.importing.plain import NOTHING
from cabinet.services.metered import KeptReading


def test_a_meter_of_other_zones_leaves_a_charge_unexplained_and_stops_nothing():
    opening = date(2025, 12, 31)
    meter = MeterLife(
        serial="1", digits=5, opening_on=opening, opening=(Energy(0), Energy(0))
    )
    reading = KeptReading(
        account_id=7,
        reading_id=1,
        serial="1",
        period=202601,
        counted_in=None,
        state="accepted",
        taken_on="2026-01-22",
        source="cabinet",
        act="",
        t1=1,
        t2=None,
        t3=None,
    )
    payer = Payer("", Category.RURAL, 1, None)
    explainer = Explainer({7: payer}, {7: [meter]}, Lately([reading], {}), Prices())
    row = ChargeRow(
        line=2,
        raw=(),
        account="7",
        month=Month(2026, 1),
        energy=Energy(1000),
        basis=ChargeBasis.ACTUAL,
        charged=Money(100),
        penalty=Money(0),
        recalculated=Money(0),
    )
    plain = explainer.plain(7)
    assert plain is not None
    assert plain.told(row, 202601) is None
    assert explainer.explain(7, row) == (NOTHING, False)
    assert explainer.charge(7, Month(2026, 1)) is None
    assert explainer.charge(7, Month(2026, 2)) is None
