"""The lane of plain months gives what the general computing gives, to the byte."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cabinet.domain.billing import Benefit
from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource
from cabinet.domain.money import Money
from cabinet.domain.period import Month, months
from cabinet.domain.tariff import Category, Plan
from cabinet.domain.volume import Actual, MeterLife
from cabinet.models import Branch, Meter
from cabinet.models.base import reading
from cabinet.services.balance_changes import Entry
from cabinet.services.billing import compute, runs, terms
from cabinet.services.billing.compute import Made, Said, draft_row, result_of
from cabinet.services.billing.history import Past
from cabinet.services.billing.inputs import AccountRow, Inputs, LastBill, Place
from cabinet.services.billing.plain_months import PlainMonths
from cabinet.services.billing.preview import Preview
from tests import billing
from tests.sharing import database_from, opened, template_of

MONTH = Month(2026, 9)
BEFORE = MONTH.previous
ZONE = ZoneInfo("Europe/Moscow")


def _bytes(row):
    """Return a draft as it is written, the order of its words included."""
    return json.dumps(row, ensure_ascii=False, default=repr)


def _both(place, rules, inputs, words):
    """Return the plain bill, after comparing it with the general one."""
    plain = PlainMonths(place, rules).bill(inputs, words)
    if plain is not None:
        said = Said(months=words, last={})
        made = result_of(place, rules, inputs, said, Past(place, []))
        assert isinstance(made, Made)
        quick = plain.draft_row(1, rules.vat_rate)
        slow = draft_row(1, made, rules.vat_rate) | {"readings": list(made.reading_ids)}
        assert _bytes(quick) == _bytes(slow)
        previews = Preview(), Preview()
        for preview, result in zip(previews, (plain, made), strict=True):
            preview.add(result)
        assert previews[0] == previews[1]
    return plain


@pytest.mark.parametrize("code", ["kursk", "murmansk", "smolensk", "tver"])
def test_ten_months_of_the_registry(readings_database, tmp_path, monkeypatch, code):
    """Every plain bill of the registry is compared, and they are the most."""
    found = []

    class Compared(PlainMonths):
        def __init__(self, place, rules):
            super().__init__(place, rules)
            self.asked = place, rules

        def bill(self, inputs, words):
            plain = _both(*self.asked, inputs, words)
            found.append(plain is not None)
            return plain

    monkeypatch.setattr(compute, "PlainMonths", Compared)
    with database_from(template_of(readings_database), tmp_path) as url, opened(url):
        Meter.update(verified_until=None).execute()
        branch = Branch.get(Branch.code == code)
        for month in months(Month(2026, 1), Month(2026, 10)):
            billing.bill(branch, month)
    assert len(found) > sum(found) > len(found) / 3


@pytest.fixture(scope="module")
def frame(readings_database, tmp_path_factory):
    """The month's place and rules, made once."""
    folder = tmp_path_factory.mktemp("plain")
    template = template_of(readings_database)
    with database_from(template, folder) as url, opened(url), reading():
        branch = Branch.get(Branch.code == "kursk")
        return runs.Frame(
            place=Place.of(branch, MONTH),
            rules=terms.load(branch, MONTH, billed_since=Month(2026, 1)),
        )


kopecks = st.integers(1, 5_000_00)
_AT = datetime(2026, 9, 1, tzinfo=ZONE)


@st.composite
def plain_inputs(draw):
    """An account whose month is plain: its debts unpaid, or one paid by one payment."""
    zones = draw(st.integers(1, 3))
    digits = draw(st.integers(3, 6))
    turn = 10**digits
    before = draw(st.lists(st.integers(0, turn - 1), min_size=zones, max_size=zones))
    used = draw(st.lists(st.integers(0, 999), min_size=zones, max_size=zones))
    is_paid = draw(st.booleans())
    debts, penalized = ([], []) if is_paid else _debts(draw)
    entries = []
    if is_paid:
        debts = [[BEFORE.code, "2026-09-15", "2026-09-15", draw(kopecks), 0, []]]
        entries = [_entry(-debts[0][3], draw(st.integers(0, 29)), draw(st.booleans()))]
    at = ["11", [one * 1000 for one in before], "2026-08-20"]
    first = MONTH.plus(-draw(st.integers(1, 7)))
    standing = {
        "at": at,
        "known": [[one.code, [90_000] * zones] for one in months(first, BEFORE)],
        "silent": [],
        "closing": sum(debt[3] + debt[4] for debt in debts),
        "debts": debts,
        "credits": [],
        "penalized": penalized,
    }
    if draw(st.booleans()):
        # Of the month after: it is no part of the bill, and the balance knows it.
        entries.append(_entry(-100, 31, named=False))
    return Inputs(
        account=AccountRow(
            account_id=1,
            number="460000000001",
            category=draw(st.sampled_from([Category.CITY_GAS, Category.RURAL])),
            residents=draw(st.integers(1, 4)),
            norm=draw(st.sampled_from([Energy(71_000), Energy(0), None])),
            is_heated=draw(st.booleans()),
            balance=_balance(standing, entries),
            opened_on=None,
            closed_on=None,
        ),
        meters=[
            MeterLife(
                serial="11",
                digits=digits,
                opening_on=date(2020, 1, 1),
                opening=(Energy(0),) * zones,
                ratio=draw(st.sampled_from([1, 1, 1, 20])),
                verified_until=draw(st.sampled_from([None, date(2026, 9, 25)])),
            )
        ],
        readings=[
            _reading(
                tuple(
                    Energy((one + more) % turn * 1000)
                    for one, more in zip(before, used, strict=True)
                ),
                draw(st.integers(1, 25)),
            )
        ],
        reading_ids=[5],
        last_bill=LastBill(BEFORE, Money(draw(kopecks)), standing, _AT),
        before=draw(st.one_of(st.none(), st.integers(0, 500_00).map(Money))),
        entries=entries,
    )


def _debts(draw):
    """Debts of some months, the older ones perhaps with penalties charged already."""
    debts, penalized = [], []
    for month in months(MONTH.plus(-draw(st.integers(0, 5))), BEFORE):
        due = month.next.starts.replace(day=15).isoformat()
        main, penalty = draw(st.integers(0, 5_000_00)), draw(st.sampled_from([0, 120]))
        if main or penalty:
            debts.append([month.code, due, due, main, penalty, []])
        if month < Month(2026, 7) and draw(st.booleans()) and main:
            penalized.append([month.code, draw(st.integers(1, 50))])
    return debts, penalized


def _entry(kopecks, day, named, kind=EntryKind.PAYMENT, entry_id=100):
    at = _AT + timedelta(days=day, hours=7)
    month = BEFORE if named else None
    return Entry(entry_id, 1, kind, Money(kopecks), month, at, None)


def _reading(registers, day):
    return Actual(
        serial="11",
        period=MONTH,
        taken_on=date(2026, 9, day),
        source=ReadingSource.CABINET,
        registers=registers,
    )


def _balance(standing, entries):
    return Money(standing["closing"] + sum(one.amount.kopecks for one in entries))


@settings(max_examples=300)
@given(drawn=plain_inputs(), said=st.booleans())
def test_any_plain_month(frame, drawn, said):
    words = {100: Month(2026, 6)} if said else {}
    plain = _both(frame.place, frame.rules, drawn, words)
    usual = drawn.last_bill.standing
    is_within = sum(debt[3] > 0 for debt in usual["debts"]) == len(usual["debts"])
    assert plain is not None or not is_within or usual["penalized"] or _is_much(drawn)


def _is_much(drawn):
    """Tell whether the month may go over the first range: 3 zones at a ratio of 20."""
    return drawn.meters[0].ratio > 1 or 10 ** drawn.meters[0].digits < 1001


def _with_meter(drawn, **fields):
    drawn.meters = [replace(drawn.meters[0], **fields)]


def _with_reading(drawn, **fields):
    drawn.readings = [replace(drawn.readings[0], **fields)]


def _with_standing(drawn, **fields):
    kept = drawn.last_bill.standing | fields
    drawn.last_bill = drawn.last_bill._replace(standing=kept)
    _settle(drawn)


def _with_entries(drawn, *entries):
    drawn.entries = list(entries)
    _settle(drawn)


def _settle(drawn):
    balance = _balance(drawn.last_bill.standing, drawn.entries)
    drawn.account = drawn.account._replace(balance=balance)


def _paid_of(drawn, debt, *, day):
    """Owe one month's debt and pay it on the day."""
    _with_standing(drawn, debts=[debt], penalized=[], closing=debt[3] + debt[4])
    _with_entries(drawn, _entry(-debt[3] or -1, day, named=False))


def _read_twice(drawn):
    one = drawn.readings[0]
    drawn.readings = [one, replace(one, taken_on=date(2026, 9, 28))]
    drawn.reading_ids = [5, 6]


def _change_meters(drawn):
    old = drawn.meters[0]
    new = replace(old, serial="12", opening_on=date(2026, 9, 10))
    drawn.meters = [old, new]


def _benefit(drawn):
    drawn.benefits = [
        Benefit(title="Ветеран", percent=5000, people=1, starts=date(2020, 1, 1))
    ]


TWISTS = {
    "a check": lambda one: _with_reading(one, act="А-1"),
    "read before the registers charged": lambda one: _with_reading(
        one, taken_on=date(2026, 8, 19)
    ),
    "verification over": lambda one: _with_meter(one, verified_until=date(2026, 8, 31)),
    "removed": lambda one: _with_meter(
        one, removed_on=date(2026, 9, 28), closing=one.readings[0].registers
    ),
    "two readings": _read_twice,
    "no reading": lambda one: (one.readings.clear(), one.reading_ids.clear()),
    "another meter": _change_meters,
    "a benefit": _benefit,
    "closed in the month": lambda one: setattr(
        one, "account", one.account._replace(closed_on=date(2026, 9, 20))
    ),
    "closed before it": lambda one: setattr(
        one, "account", one.account._replace(closed_on=date(2026, 9, 1))
    ),
    "another plan": lambda one: setattr(one, "plan", Plan.TWO),
    "a payment came late": lambda one: setattr(
        one, "account", one.account._replace(balance=one.account.balance - Money(1))
    ),
    "an advance": lambda one: _with_standing(
        one, credits=[[7, 100, None]], debts=[], penalized=[], closing=-100
    ),
    "a silent month": lambda one: _with_standing(
        one,
        silent=[
            [BEFORE.code, [9_000] * len(one.meters[0].opening), "average", "unread"]
        ],
    ),
    "paid in part before": lambda one: _paid_of(
        one,
        [202607, "2026-08-15", "2026-08-15", 900, 0, [["2026-08-20", 500]]],
        day=3,
    ),
    "unpaid after a late part": lambda one: (
        _with_standing(
            one,
            debts=[[202605, "2026-06-15", "2026-06-15", 9, 0, [["2026-08-20", 90000]]]],
            penalized=[],
            closing=9,
        ),
        _with_entries(one),
    ),
    "paid after the days that are free": lambda one: _paid_of(
        one, [202607, "2026-08-15", "2026-08-15", 900_00, 0, []], day=28
    ),
    "paid on the last free day": lambda one: _paid_of(
        one, [202607, "2026-08-15", "2026-08-15", 900_00, 0, []], day=13
    ),
    "paid with a penalty left": lambda one: _paid_of(
        one, [202607, "2026-08-15", "2026-08-15", 900, 50, []], day=3
    ),
    "only a penalty owed, and money came": lambda one: _paid_of(
        one, [202607, "2026-08-15", "2026-08-15", 0, 50, []], day=3
    ),
    "paid in part": lambda one: (
        _paid_of(one, [BEFORE.code, "2026-09-15", "2026-09-15", 900, 0, []], day=3),
        _with_entries(one, _entry(-500, 3, named=True)),
    ),
    "paid too much": lambda one: (
        _paid_of(one, [BEFORE.code, "2026-09-15", "2026-09-15", 900, 0, []], day=3),
        _with_entries(one, _entry(-901, 3, named=True)),
    ),
    "two payments": lambda one: _with_entries(
        one, _entry(-50, 2, named=False), _entry(-50, 5, named=False, entry_id=101)
    ),
    "a refund": lambda one: _with_entries(
        one, _entry(500, 2, named=False, kind=EntryKind.REFUND)
    ),
    "more was charged for the delay than it costs": lambda one: (
        _with_standing(
            one,
            debts=[[202605, "2026-06-15", "2026-06-15", 900_00, 0, []]],
            penalized=[[202605, 1_000_00]],
            closing=900_00,
        ),
        _with_entries(one),
    ),
    "a debt of the month itself": lambda one: (
        _with_standing(
            one,
            debts=[[MONTH.code, "2026-09-10", "2026-09-10", 900, 0, []]],
            penalized=[],
            closing=900,
        ),
        _with_entries(one),
    ),
    "due on the last free day": lambda one: (
        _with_standing(
            one,
            debts=[[202607, "2026-08-31", "2026-08-31", 900_00, 0, []]],
            penalized=[],
            closing=900_00,
        ),
        _with_entries(one),
    ),
    "due a day before it": lambda one: (
        _with_standing(
            one,
            debts=[[202607, "2026-08-30", "2026-08-30", 900_00, 0, []]],
            penalized=[],
            closing=900_00,
        ),
        _with_entries(one),
    ),
    "over the first range": lambda one: _with_meter(one, ratio=400),
    "a month left out": lambda one: setattr(
        one, "last_bill", one.last_bill._replace(month=BEFORE.previous)
    ),
    "no bill before": lambda one: setattr(one, "last_bill", None),
}


@pytest.mark.parametrize("twist", TWISTS)
@settings(max_examples=25)
@given(drawn=plain_inputs())
def test_what_is_not_plain_is_left_or_the_same(frame, twist, drawn):
    """One thing is out of the ordinary, everything else as plain as can be."""
    TWISTS[twist](drawn)
    _both(frame.place, frame.rules, drawn, {})
