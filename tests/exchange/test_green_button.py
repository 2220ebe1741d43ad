"""Green Button, read back by an independent parser of the standard."""

import io
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from greenbutton_objects import enums, parse

from cabinet.domain.energy import Energy
from cabinet.domain.money import Money
from cabinet.exchange.green_button import Interval, Register, Summary, Usage, feed

NAMES = {"atom": "http://www.w3.org/2005/Atom", "espi": "http://naesb.org/espi"}
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
MONTHS = [datetime(2026, number, 1, tzinfo=UTC) for number in (8, 9, 10, 11)]


def intervals(*kwh):
    return tuple(
        Interval(starts, ends, Energy.from_kwh(each))
        for starts, ends, each in zip(MONTHS, MONTHS[1:], kwh, strict=False)
    )


@pytest.fixture
def usage():
    return Usage(
        key="kursk 1",
        title="cabinet",
        offset_seconds=10_800,
        registers=(
            Register("СЧ-1 T1", 1, intervals(100, 110, 120)),
            Register("СЧ-1 T2", 2, intervals(50, 55, 60)),
        ),
        summaries=tuple(
            Summary(one, Money(812_40)) for one in intervals(150, 165, 180)
        ),
    )


def test_another_parser_reads_what_was_measured(usage):
    (point,) = parse.parse_feed(io.BytesIO(feed(usage, made_at=NOW)))
    assert point.serviceCategory is enums.ServiceKind.electricity
    readings = {each.title: each for each in point.meterReadings}
    assert set(readings) == {"СЧ-1 T1", "СЧ-1 T2"}
    day = readings["СЧ-1 T1"]
    kind = day.readingType
    assert kind.uom is enums.UomType.wattHours
    assert kind.accumulationBehaviour is enums.AccumulationBehaviourType.deltaData
    assert kind.flowDirection is enums.FlowDirectionType.forward
    assert kind.timeAttribute is enums.TimeAttributeType.forTheSpecifiedPeriod
    assert kind.commodity is enums.CommodityType.electricity
    assert kind.kind is enums.KindType.energy
    assert kind.powerOfTenMultiplier == 0
    found = [
        (each.timePeriod.start, each.timePeriod.duration, each.value)
        for each in day.intervalReadings
    ]
    assert found == [
        (MONTHS[0], timedelta(days=31), 100_000),
        (MONTHS[1], timedelta(days=30), 110_000),
        (MONTHS[2], timedelta(days=31), 120_000),
    ]


def test_bills_and_time_stand_as_the_schema_orders_them(usage):
    tree = ET.fromstring(feed(usage, made_at=NOW))
    summary = tree.find(".//espi:UsageSummary", NAMES)
    names = [each.tag.partition("}")[2] for each in summary]
    assert names == [
        "billingPeriod",
        "billLastPeriod",
        "currency",
        "overallConsumptionLastPeriod",
        "statusTimeStamp",
    ]
    # Hundred-thousandths of a rouble.
    assert summary.find("espi:billLastPeriod", NAMES).text == "81240000"
    assert summary.find("espi:currency", NAMES).text == "643"
    assert tree.find(".//espi:tzOffset", NAMES).text == "10800"
    zones = [each.text for each in tree.findall(".//espi:tou", NAMES)]
    assert zones == ["1", "1", "1", "2", "2", "2"]


def test_entries_are_linked_as_the_standard_wants_them(usage):
    tree = ET.fromstring(feed(usage, made_at=NOW))
    found = {}
    for entry in tree.iterfind("atom:entry", NAMES):
        links = [
            (each.get("rel"), each.get("href"))
            for each in entry.iterfind("atom:link", NAMES)
        ]
        (kind,) = entry.find("atom:content", NAMES)
        here, up = dict(links)["self"], dict(links)["up"]
        related = [href for rel, href in links if rel == "related"]
        assert here.rpartition("/")[0] == up
        assert entry.find("atom:updated", NAMES).text == "2026-11-22T09:00:00Z"
        found.setdefault(kind.tag.partition("}")[2], []).append((here, up, related))
    ups = [up for entries in found.values() for _, up, _ in entries]
    heres = [here for entries in found.values() for here, *_ in entries]
    for entries in found.values():
        for _, _, related in entries:
            assert all(href in heres or href in ups for href in related)
    assert {kind: len(entries) for kind, entries in found.items()} == {
        "UsagePoint": 1,
        "LocalTimeParameters": 1,
        "MeterReading": 2,
        "ReadingType": 2,
        "IntervalBlock": 2,
        "UsageSummary": 3,
    }
    (point, _, _), *_ = found["UsagePoint"]
    (link,) = tree.iterfind("atom:link", NAMES)
    assert (link.get("rel"), link.get("href")) == ("self", point)


def test_every_entry_has_a_name_of_its_own_that_stays(usage):
    def names(made_at):
        tree = ET.fromstring(feed(usage, made_at=made_at))
        return [each.text for each in tree.findall(".//atom:id", NAMES)]

    found = names(NOW)
    assert len(set(found)) == len(found)
    assert all(each.startswith("urn:uuid:") for each in found)
    assert names(NOW + timedelta(days=9)) == found


def test_an_account_without_readings_is_a_feed_too():
    usage = Usage(
        key="k", title="cabinet", offset_seconds=0, registers=(), summaries=()
    )
    (point,) = parse.parse_feed(io.BytesIO(feed(usage, made_at=NOW)))
    assert point.meterReadings == set()
