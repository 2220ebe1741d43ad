"""Constructed account-months: every figure worked out by hand stands in the fixture.

The test checks the arithmetic of the fixture first, then the bill against it.
"""

import math
import re
from datetime import date
from fractions import Fraction

import pytest

from cabinet.domain.billing import BillCase, Order, OrderReason, Terms, bill_month
from cabinet.domain.charge import RatePrices
from cabinet.domain.covering import Change
from cabinet.domain.energy import Energy
from cabinet.domain.money import Money, Price
from cabinet.domain.penalty import PenaltyRules
from cabinet.domain.period import Month
from cabinet.domain.tariff import Plan, Zone
from cabinet.domain.volume import Silence
from tests.domain.constructed_form import ACTUAL
from tests.domain.constructed_months import CASES
from tests.domain.prices import HEATING, ORDINARY
from tests.domain.test_penalty import CAPS, KEY_RATES, SHARES

# The last month whose bill was due on the 10th.
LAST_OF_THE_TENTH = Month(2026, 2)
PENALTIES = PenaltyRules(key_rates=KEY_RATES, caps=CAPS, shares=SHARES)

TOKEN = re.compile(r"\s*((?:\d{1,3}(?: \d{3})+|\d+)(?:,\d+)?|[−+×/()])")
STEP = re.compile(r"\s+(=|→|half-even|down to Wh|down to)\s+")


def half_up(value, places):
    scaled = abs(value) * 10**places
    whole = math.floor(scaled + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole, 10**places)


MARKS = {
    "=": lambda value: value,
    "→": lambda value: half_up(value, 2),
    "half-even": round,
    "down to": math.floor,
    "down to Wh": lambda value: Fraction(math.floor(value * 1000), 1000),
}


class Sum:
    """A sum, difference, product or quotient of figures, with brackets."""

    def __init__(self, text):
        self.tokens, at = [], 0
        text = text.strip()
        while at < len(text):
            found = TOKEN.match(text, at)
            if found is None:
                raise ValueError(f"not arithmetic: {text!r}")
            self.tokens.append(found[1])
            at = found.end()
        self.tokens.reverse()

    def value(self):
        found = self.terms()
        if self.tokens:
            raise ValueError(f"left over: {self.tokens}")
        return found

    def takes(self, marks):
        return self.tokens.pop() if self.tokens and self.tokens[-1] in marks else ""

    def terms(self):
        found = self.factors()
        while mark := self.takes("+−"):
            more = self.factors()
            found += more if mark == "+" else -more
        return found

    def factors(self):
        found = self.figure()
        while mark := self.takes("×/"):
            more = self.figure()
            found = found * more if mark == "×" else found / more
        return found

    def figure(self):
        if self.takes("−"):
            return -self.figure()
        if self.takes("("):
            found = self.terms()
            if not self.takes(")"):
                raise ValueError("a bracket is not closed")
            return found
        if not self.tokens:
            raise ValueError("a figure is missing")
        return Fraction(self.tokens.pop().replace(" ", "").replace(",", "."))


def figure(text):
    """Return the last figure of a row of equal ones; ValueError if they are not."""
    first, *steps = STEP.split(text.strip())
    value = Sum(first).value()
    for mark, side in zip(steps[::2], steps[1::2], strict=True):
        told = Sum(side).value()
        if MARKS[mark](value) != told:
            raise ValueError(f"{value} {mark} {told} in {text!r}")
        value = told
    return value


def exact(value, parts):
    scaled = value * parts
    if scaled.denominator != 1:
        raise ValueError(f"finer than {parts} parts: {value}")
    return int(scaled)


def energy(text):
    return Energy(exact(figure(text), 1000))


def money(text):
    return Money(exact(figure(text), 100))


def total(told, sums):
    """Return what is told, or the only sum; what is told is the sum of all."""
    added = Money.total(sums)
    assert told or len(sums) < 2, "the sum of several lines is to be told"
    return money(told) if told else added


def charge_line(text):
    """Read "single 1: 120 × 5,87 = 704,40", where the 120 may be worked out before."""
    head, row = text.split(": ")
    zone, number = head.split()
    *made, row = row.split("; ")
    amount, price = STEP.split(row)[0].split(" × ")
    assert all(energy(one) == energy(amount) for one in made), text
    return Zone(zone), int(number), energy(amount), Price.parse(price), money(row)


def settled_line(text):
    """Read "single: 261 − 130 − 110 = 21; 21 × 6,52 = 136,92"."""
    zone, row = text.split(": ")
    amount, cost = row.split("; ")
    factor, price = STEP.split(cost)[0].split(" × ")
    assert energy(factor) == energy(amount), text
    return Zone(zone), 1, energy(amount), Price.parse(price), money(cost)


def benefit_line(text):
    title, row = text.split(": ")
    amount, cost = row.split("; ")
    return title, energy(amount), money(cost)


def penalty_line(text):
    """Return the month, the sum of all days and what of it this bill adds."""
    month, row = text.split(": ")
    days, *less = row.split("; ")
    whole = money(days)
    if less:
        assert Sum(less[0].split(" − ")[0]).value() * 100 == whole.kopecks, text
    return Month.parse(month), whole, money(less[0]) if less else whole


def order(text):
    """Read "court: −300,50"; which months it is of changes nothing in the bill."""
    reason, row = text.split(": ")
    return Order(
        reason=OrderReason(reason),
        first=Month(2025, 12),
        last=Month(2025, 12),
        amount=money(row),
        document="17",
        document_on=date(2026, 1, 1),
    )


def payment(text, key):
    on, row = text.split(": ")
    amount, *named = row.split(" for ")
    on = date.fromisoformat(on)
    return Change(
        amount=-money(amount),
        month=Month.of(on),
        on=on,
        due_on=on,
        key=key,
        named=Month.parse(named[0]) if named else None,
    )


def due_on(bill, month):
    if bill.due_on:
        return date.fromisoformat(bill.due_on)
    return month.ends.replace(day=10 if month <= LAST_OF_THE_TENTH else 15)


def terms_of(case, bill):
    month = Month.parse(bill.month)
    norm = case.social_norm
    return Terms(
        month=month,
        due_on=due_on(bill, month),
        prices=RatePrices(dict.fromkeys(Plan, case.rates), month),
        limits=ORDINARY,
        heating_limits=HEATING if bill.in_season else ORDINARY,
        penalties=PENALTIES,
        social_norm=norm if norm is None else Energy.from_kwh(norm),
    )


def told_lines(lines):
    return tuple(
        (one.zone, one.range_number, one.energy, one.price, one.amount) for one in lines
    )


def check_volume(volume, bill):
    assert volume.basis is bill.basis
    assert volume.by_zone == tuple(map(energy, bill.kwh))
    assert volume.earlier == tuple(map(energy, bill.earlier))
    guessed = None if bill.basis is ACTUAL else Silence.UNREAD
    assert volume.silence is (bill.silence or guessed)


def check_prices(made, bill):
    lines = tuple(map(charge_line, bill.lines))
    assert told_lines(made.charge.lines) == lines
    settled = tuple(map(settled_line, bill.settled))
    assert told_lines(one for one in made.charge.settled if one.energy) == settled
    charged = total(bill.charged, [line[-1] for line in lines])
    recalculated = total(bill.recalculated, [line[-1] for line in settled])
    assert (made.charge.charged, made.charge.recalculated) == (charged, recalculated)
    ordered = Money.total(one.amount for one in map(order, bill.orders))
    assert made.recalculated == recalculated + ordered
    return charged + made.recalculated


def check_extras(made, bill):
    benefits = tuple(map(benefit_line, bill.benefits))
    assert benefits == tuple(
        (one.title, one.energy, one.amount) for one in made.benefits
    )
    penalties = tuple(map(penalty_line, bill.penalties))
    assert penalties == tuple(
        (one.month, one.total, one.amount) for one in made.penalties if one.amount
    )
    benefit = Money.total(line[-1] for line in benefits)
    penalty = Money.total(line[-1] for line in penalties)
    assert (made.benefit, made.penalty) == (benefit, penalty)
    return penalty - benefit


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_every_month_comes_to_what_was_worked_out_by_hand(case):
    household, stood, key = case.home, case.before, 100
    for bill in case.bills:
        household = bill.home or household
        changes = tuple(
            payment(text, key + step) for step, text in enumerate(bill.pays, start=1)
        )
        key += len(changes)
        made, stood = bill_month(
            BillCase(
                household=household,
                standing=stood,
                changes=changes,
                benefits=case.benefits,
                is_heated=case.is_heated,
                orders=tuple(map(order, bill.orders)),
            ),
            terms_of(case, bill),
        )
        check_volume(made.charge.volume, bill)
        added = check_prices(made, bill) + check_extras(made, bill)
        opening, closing = money(bill.opening), money(bill.closing)
        paid = -Money.total(change.amount for change in changes)
        assert (made.opening, made.paid) == (opening, paid)
        assert opening + added - paid == closing
        assert made.closing == stood.closing == closing


def test_there_are_enough_months():
    assert sum(len(case.bills) for case in CASES) >= 64
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    assert all(case.source for case in CASES)


def test_the_months_of_a_case_follow_one_another():
    for case in CASES:
        first = Month.parse(case.bills[0].month)
        found = [Month.parse(bill.month) for bill in case.bills]
        assert found == [first.plus(step) for step in range(len(found))]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("100 000 − 99 986 + 11 = 25", "25"),
        ("(100 + 130 + 70) / 3 = 100", "100"),
        ("0,5 × 5,87 = 2,935 → 2,94", "2,94"),
        ("−0,5 × 5,87 → −2,94", "−2,94"),
        ("215 / 2 half-even 108", "108"),
        ("213 / 2 half-even 106", "106"),
        ("261 / 2 down to 130", "130"),
        ("3 900 × 5 / 7 down to Wh 2 785,714", "2785,714"),
    ],
)
def test_arithmetic_is_read_as_it_is_written(text, value):
    assert figure(text) == figure(value)


@pytest.mark.parametrize(
    "text",
    ["2 × 2 = 5", "2,935 → 2,93", "2 ×", "(2", "2 + x", "2 2", "3 / 2 down to 2"],
)
def test_wrong_arithmetic_is_refused(text):
    with pytest.raises(ValueError, match=r"\w"):
        figure(text)
