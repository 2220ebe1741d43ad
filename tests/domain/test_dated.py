"""Holes and overlaps of dated rows."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.dated import Finding, Flaw, find_on, findings
from cabinet.domain.period import Span


@dataclass(frozen=True)
class Row:
    starts: date
    ends: date | None
    key: str = "one"


def day(number):
    return date(2026, 1, 1) + timedelta(days=number - 1)


def rows(*spans):
    return [Row(day(first), last and day(last)) for first, last in spans]


def told(found):
    return [(one.flaw, one.days) for one in found]


def checked(*spans, **kwargs):
    return told(findings(rows(*spans), lambda row: row.key, **kwargs))


def test_rows_that_follow_one_another_are_right():
    assert checked((1, 10), (10, 20), (20, None)) == []


def test_the_order_of_rows_does_not_matter():
    assert checked((20, None), (1, 10), (10, 20)) == []


def test_a_day_without_a_row_is_a_hole():
    assert checked((1, 10), (11, 20)) == [(Flaw.HOLE, Span(day(10), day(11)))]


def test_a_day_with_two_rows_is_an_overlap():
    assert checked((1, 11), (10, 20)) == [(Flaw.OVERLAP, Span(day(10), day(11)))]


def test_a_row_without_an_end_overlaps_what_follows():
    assert checked((1, None), (10, None)) == [(Flaw.OVERLAP, Span(day(10)))]


def test_a_row_inside_another_is_an_overlap():
    assert checked((1, None), (10, 20)) == [(Flaw.OVERLAP, Span(day(10), day(20)))]


def test_overlaps_that_touch_are_one():
    assert checked((1, 30), (5, 10), (10, 15), (20, 25)) == [
        (Flaw.OVERLAP, Span(day(5), day(15))),
        (Flaw.OVERLAP, Span(day(20), day(25))),
    ]


def test_three_rows_on_a_day_are_one_overlap():
    assert checked((1, 20), (5, 15), (6, 10)) == [(Flaw.OVERLAP, Span(day(5), day(15)))]


@pytest.mark.parametrize("last", [5, 4])
def test_a_row_without_a_day_is_told_and_covers_nothing(last):
    assert checked((1, 5), (5, last), (7, None)) == [
        (Flaw.EMPTY, Span(day(5), day(last))),
        (Flaw.HOLE, Span(day(5), day(7))),
    ]


def test_needed_days_before_and_after_the_rows_are_holes():
    assert checked((5, 10), needed=Span(day(1), day(20))) == [
        (Flaw.HOLE, Span(day(1), day(5))),
        (Flaw.HOLE, Span(day(10), day(20))),
    ]


def test_rows_that_end_leave_a_hole_where_days_are_needed_for_good():
    assert checked((1, 10), needed=Span(day(1))) == [(Flaw.HOLE, Span(day(10)))]
    assert checked((1, None), needed=Span(day(1))) == []


def test_rows_wider_than_what_is_needed_are_right():
    assert checked((1, 30), needed=Span(day(5), day(20))) == []


def test_a_hole_outside_the_needed_days_is_still_a_hole():
    assert checked((1, 3), (4, 30), needed=Span(day(10), day(20))) == [
        (Flaw.HOLE, Span(day(3), day(4)))
    ]


def test_keys_are_apart():
    found = findings(
        [Row(day(1), day(5), "b"), Row(day(1), None, "a"), Row(day(6), None, "b")],
        lambda row: row.key,
        needed=Span(day(1)),
        keys=("c", "a"),
    )
    assert found == (
        Finding(key="c", flaw=Flaw.HOLE, days=Span(day(1))),
        Finding(key="b", flaw=Flaw.HOLE, days=Span(day(5), day(6))),
    )


def test_a_key_without_rows_is_right_where_no_day_is_needed():
    assert findings([], lambda row: row.key, keys=("a",)) == ()


def test_the_row_in_force_on_a_day():
    first, second = rows((1, 10), (10, None))
    assert find_on([first, second], day(9)) is first
    assert find_on([first, second], day(10)) is second
    assert find_on([first, second], day(1) - timedelta(days=1)) is None


SPANS = st.lists(
    st.tuples(st.integers(1, 30), st.none() | st.integers(1, 40)), max_size=6
)


@given(SPANS)
def test_every_day_is_told_by_the_rows_that_hold_it(spans):
    found = checked(*spans, needed=Span(day(1), day(45)), keys=("one",))
    for number in range(1, 45):
        this = day(number)
        held = sum(Span(row.starts, row.ends).contains(this) for row in rows(*spans))
        marks = [
            flaw
            for flaw, days in found
            if flaw is not Flaw.EMPTY and days.contains(this)
        ]
        wanted = {0: [Flaw.HOLE], 1: []}.get(held, [Flaw.OVERLAP])
        assert marks == wanted
