"""Due days, and holes and overlaps of dated rows."""

from datetime import date

import pytest

from cabinet.domain.dated import Flaw
from cabinet.domain.due import DueRuleMissing
from cabinet.domain.money import Price
from cabinet.domain.period import Month, Span
from cabinet.domain.tariff import Category, Plan, Zone
from cabinet.models import (
    DueRule,
    Holiday,
    KeyRate,
    Norm,
    OtherRule,
    Range,
    Rate,
    Tariff,
    VatRate,
)
from cabinet.services import dated_rules
from cabinet.services.dated_rules import DueDays


@pytest.fixture
def rules(db):
    DueRule.create(
        kind="household", day=10, starts=date(2012, 1, 1), ends=date(2026, 3, 1)
    )
    DueRule.create(kind="household", day=15, starts=date(2026, 3, 1))


def shift():
    OtherRule.create(
        rule="due_shift",
        key="household",
        value="next_working_day",
        starts=date(2026, 1, 1),
    )


@pytest.mark.parametrize(
    ("month", "due"),
    [
        (Month(2026, 2), date(2026, 3, 10)),
        (Month(2026, 3), date(2026, 4, 15)),
        (Month(2025, 12), date(2026, 1, 10)),
        # A Sunday stays the due day where no rule moves it.
        (Month(2026, 10), date(2026, 11, 15)),
    ],
)
def test_a_month_is_due_by_the_rule_of_its_own_time(rules, month, due):
    assert DueDays.load().due_on(month) == due


def test_a_due_day_moves_to_a_working_day_where_a_rule_says_so(rules):
    shift()
    assert DueDays.load().due_on(Month(2026, 10)) == date(2026, 11, 16)


def test_the_working_calendar_beats_the_weekday(rules):
    shift()
    Holiday.create(day=date(2026, 11, 16), is_working=False)
    assert DueDays.load().due_on(Month(2026, 10)) == date(2026, 11, 17)
    Holiday.create(day=date(2026, 11, 15), is_working=True)
    assert DueDays.load().due_on(Month(2026, 10)) == date(2026, 11, 15)


def test_a_month_without_a_rule_is_told(rules):
    with pytest.raises(DueRuleMissing):
        DueDays.load().due_on(Month(2011, 12))


def test_no_rows_have_no_faults(db):
    assert dated_rules.check() == ()


def test_holes_and_overlaps_are_found_in_every_table(db):
    KeyRate.create(rate=1600, starts=date(2026, 1, 1), ends=date(2026, 2, 1))
    KeyRate.create(rate=1500, starts=date(2026, 2, 16))
    DueRule.create(kind="household", day=10, starts=date(2026, 1, 1))
    DueRule.create(kind="household", day=15, starts=date(2026, 3, 1))
    found = [(one.table, one.key, one.flaw, one.days) for one in dated_rules.check()]
    assert found == [
        ("key_rate", (), Flaw.HOLE, Span(date(2026, 2, 1), date(2026, 2, 16))),
        ("due", ("household",), Flaw.OVERLAP, Span(date(2026, 3, 1), None)),
    ]


def test_a_region_needs_every_price_on_each_of_its_days(db):
    year = {"starts": date(2026, 1, 1), "ends": date(2027, 1, 1)}
    for plan, zones in ((Plan.ONE, [Zone.SINGLE]), (Plan.TWO, [Zone.DAY])):
        tariff = Tariff.create(
            region="Тверская область", category=Category.RURAL, plan=plan
        )
        for zone in zones:
            Rate.create(
                tariff=tariff, zone=zone, range_number=1, price=Price(1), **year
            )
    missing = {one.key[2:] for one in dated_rules.check()}
    assert missing == {
        (Plan.TWO, Zone.NIGHT, 1),
        (Plan.THREE, Zone.PEAK, 1),
        (Plan.THREE, Zone.NIGHT, 1),
        (Plan.THREE, Zone.HALF_PEAK, 1),
    }


def test_an_open_price_needs_the_others_open_too(db):
    tariff = Tariff.create(
        region="Тверская область", category=Category.RURAL, plan=Plan.ONE
    )
    for number, ends in ((1, None), (2, date(2027, 1, 1))):
        Rate.create(
            tariff=tariff,
            zone=Zone.SINGLE,
            range_number=number,
            price=Price(1),
            starts=date(2026, 1, 1),
            ends=ends,
        )
    found = [one for one in dated_rules.check() if one.key[2] is Plan.ONE]
    assert [(one.key[4], one.days) for one in found] == [
        (2, Span(date(2027, 1, 1), None))
    ]


@pytest.mark.parametrize(
    "model", [Rate, Range, Norm, KeyRate, VatRate, DueRule, OtherRule]
)
def test_every_dated_row_of_the_package_names_its_source(dated, model):
    rows = list(model.select())
    assert rows
    assert [row.id for row in rows if not row.source] == []
