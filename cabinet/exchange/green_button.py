"""Green Button: an account's consumption as an Atom feed of ESPI resources.

The standard is NAESB REQ.21 (ESPI), namespace http://naesb.org/espi, with the order of
elements of its schema. Numbers are codes of the standard: 72 is watt-hours, 643 the
rouble of ISO 4217, money goes in hundred-thousandths of it.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from cabinet.domain.energy import Energy
from cabinet.domain.money import Money

ATOM = "http://www.w3.org/2005/Atom"
ESPI = "http://naesb.org/espi"
#: Names of resources are made from this and what they are of.
_NAMES = uuid.UUID("5f0e7e52-8f0b-4a3e-9a55-0c6b7a1d2e11")

_ELECTRICITY = 0
_WATT_HOURS = 72
_ROUBLE = 643
_FOR_THE_PERIOD = 32
_IN_A_KOPECK = 1000

register_namespace("", ATOM)
register_namespace("espi", ESPI)


@dataclass(frozen=True, slots=True)
class Interval:
    """Energy of a span of time; `ends` is the first moment after it."""

    starts: datetime
    ends: datetime
    energy: Energy


@dataclass(frozen=True, slots=True)
class Register:
    """What a register measured; `zone` is its number, T1 to T3, 0 for the only one."""

    title: str
    zone: int
    intervals: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a month was billed."""

    billed: Interval
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """An account: `key` tells it from others for ever and says nothing of it."""

    key: str
    title: str
    offset_seconds: int
    registers: tuple[Register, ...]
    summaries: tuple[Summary, ...]


def feed(usage: Usage, *, made_at: datetime) -> bytes:
    """Return the feed as XML."""
    root = Element(f"{{{ATOM}}}feed")
    writer = _Feed(root, usage.key, made_at)
    writer.head(root, "feed", usage.title)
    _link(root, "self", writer.point)
    writer.usage_point()
    writer.local_time(usage.offset_seconds)
    for number, register in enumerate(usage.registers, start=1):
        writer.register(number, register)
    for number, summary in enumerate(usage.summaries, start=1):
        writer.summary(number, summary)
    body: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return body


class _Feed:
    """A feed that is being written: every resource is an entry of it."""

    def __init__(self, root: Element, key: str, made_at: datetime) -> None:
        self.root = root
        self.key = key
        self.made_at = made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.point = f"UsagePoint/{uuid.uuid5(_NAMES, key)}"

    def head(self, parent: Element, what: str, title: str) -> None:
        name = uuid.uuid5(_NAMES, f"{self.key} {what}")
        _text(parent, f"{{{ATOM}}}id", f"urn:uuid:{name}")
        _text(parent, f"{{{ATOM}}}title", title)
        _text(parent, f"{{{ATOM}}}updated", self.made_at)

    def entry(
        self, path: str, title: str, kind: str, related: Iterable[str] = ()
    ) -> Element:
        """Begin an entry and return its resource, still empty."""
        entry = SubElement(self.root, f"{{{ATOM}}}entry")
        self.head(entry, path, title)
        _link(entry, "self", path)
        _link(entry, "up", path.rpartition("/")[0])
        for other in related:
            _link(entry, "related", other)
        content = SubElement(entry, f"{{{ATOM}}}content", {"type": "text/xml"})
        return SubElement(content, f"{{{ESPI}}}{kind}")

    def usage_point(self) -> None:
        related = [
            f"{self.point}/MeterReading",
            f"{self.point}/UsageSummary",
            "LocalTimeParameters/1",
        ]
        found = self.entry(self.point, "Usage", "UsagePoint", related)
        category = SubElement(found, f"{{{ESPI}}}ServiceCategory")
        _number(category, "kind", _ELECTRICITY)
        _number(found, "status", 1)

    def local_time(self, offset: int) -> None:
        found = self.entry("LocalTimeParameters/1", "Time", "LocalTimeParameters")
        # Russia keeps one time all the year (107-FZ of 03.06.2011).
        _text(found, f"{{{ESPI}}}dstEndRule", "00000000")
        _number(found, "dstOffset", 0)
        _text(found, f"{{{ESPI}}}dstStartRule", "00000000")
        _number(found, "tzOffset", offset)

    def register(self, number: int, register: Register) -> None:
        reading = f"{self.point}/MeterReading/{number}"
        kind = f"ReadingType/{number}"
        blocks = f"{reading}/IntervalBlock"
        self.entry(reading, register.title, "MeterReading", [kind, blocks])
        self.reading_type(kind, register)
        found = self.entry(f"{blocks}/1", register.title, "IntervalBlock")
        whole = Interval(
            register.intervals[0].starts, register.intervals[-1].ends, Energy(0)
        )
        _span(SubElement(found, f"{{{ESPI}}}interval"), whole)
        for interval in register.intervals:
            one = SubElement(found, f"{{{ESPI}}}IntervalReading")
            _span(SubElement(one, f"{{{ESPI}}}timePeriod"), interval)
            _number(one, "value", interval.energy.wh)
            if register.zone:
                _number(one, "tou", register.zone)

    def reading_type(self, path: str, register: Register) -> None:
        found = self.entry(path, register.title, "ReadingType")
        for name, value in (
            ("accumulationBehaviour", 4),  # what was used in each span
            ("commodity", 1),  # electricity, secondary metered
            ("dataQualifier", 12),
            ("flowDirection", 1),  # to the customer
            ("intervalLength", 0),  # months are not of one length
            ("kind", 12),  # energy
            ("phase", 0),
            ("powerOfTenMultiplier", 0),
            ("timeAttribute", _FOR_THE_PERIOD),
            ("uom", _WATT_HOURS),
        ):
            _number(found, name, value)

    def summary(self, number: int, summary: Summary) -> None:
        path = f"{self.point}/UsageSummary/{number}"
        found = self.entry(path, "Bill", "UsageSummary")
        billed = summary.billed
        _span(SubElement(found, f"{{{ESPI}}}billingPeriod"), billed)
        _number(found, "billLastPeriod", summary.amount.kopecks * _IN_A_KOPECK)
        _number(found, "currency", _ROUBLE)
        whole = SubElement(found, f"{{{ESPI}}}overallConsumptionLastPeriod")
        _number(whole, "powerOfTenMultiplier", 0)
        _number(whole, "timeStamp", int(billed.ends.timestamp()))
        _number(whole, "uom", _WATT_HOURS)
        _number(whole, "value", billed.energy.wh)
        _number(found, "statusTimeStamp", int(billed.ends.timestamp()))


def _span(parent: Element, interval: Interval) -> None:
    starts = int(interval.starts.timestamp())
    _number(parent, "duration", int(interval.ends.timestamp()) - starts)
    _number(parent, "start", starts)


def _number(parent: Element, name: str, value: int) -> None:
    _text(parent, f"{{{ESPI}}}{name}", str(value))


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


def _link(parent: Element, relation: str, path: str) -> None:
    SubElement(parent, f"{{{ATOM}}}link", {"rel": relation, "href": path})
