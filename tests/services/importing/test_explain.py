"""What a charge is explained by where our own computation cannot reach."""

from datetime import date

from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource
from cabinet.domain.period import Month
from cabinet.domain.tariff import Category, Plan
from cabinet.domain.volume import Actual, Household, MeterLife
from cabinet.services.importing.explain import Explainer


def test_a_meter_of_other_zones_leaves_a_charge_unexplained_and_stops_nothing():
    opening = date(2025, 12, 31)
    meter = MeterLife(
        serial="1", digits=5, opening_on=opening, opening=(Energy(0), Energy(0))
    )
    reading = Actual(
        serial="1",
        period=Month(2026, 1),
        taken_on=date(2026, 1, 22),
        source=ReadingSource.CABINET,
        registers=(Energy(1), Energy(1)),
    )
    household = Household(
        plan=Plan.ONE, residents=1, norm=None, meters=(meter,), readings=(reading,)
    )
    explainer = Explainer({7: household}, {7: ("", Category.RURAL)}, {}, {"": []})
    assert explainer.charge(7, Month(2026, 1)) is None
    assert explainer.charge(7, Month(2026, 2)) is None
