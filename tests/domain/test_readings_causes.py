"""What a specialist is told of a reading out of the ordinary."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.readings import (
    Answer,
    Around,
    Cause,
    Likely,
    Obstacle,
    Taken,
    check,
    consumption,
    has_rolled_over,
    likely_cause,
    obstacle,
)
from tests.domain.test_readings_checks import case, kwh


@pytest.mark.parametrize(
    ("last", "typed", "expected"),
    [
        # Through zero: five digits, 99 986 is followed by 11.
        ((99_986,), (11,), Likely(Cause.ROLLED_OVER)),
        ((4634, 2142), (2203, 4772), Likely(Cause.SWAPPED, kwh(4772, 2203))),
        ((4634, 2142), (6975, 2203), Likely(Cause.TOTAL_TYPED, kwh(4772, 2203))),
        ((4634,), (47_728,), Likely(Cause.EXTRA_DIGIT, kwh(4772))),
        # A digit twice, not the last one.
        ((4634,), (44_772,), Likely(Cause.EXTRA_DIGIT, kwh(4772))),
        ((4634, 2142), (4772, 29_203), Likely(Cause.EXTRA_DIGIT, kwh(4772, 2203))),
        ((4634,), (0,), Likely(Cause.ZERO_TYPED, kwh(4634))),
        ((4634,), (472,), Likely(Cause.MISSING_DIGIT)),
        # Too much, and no digit to drop makes it likely.
        ((4634,), (9999,), None),
        # Nothing to be said of an ordinary one, nor of one that did not change.
        ((4634,), (4772,), None),
        ((4634,), (4634,), None),
    ],
)
def test_the_cause_is_told_by_the_registers(last, typed, expected):
    assert likely_cause(case(*last), kwh(*typed)) == expected


def test_of_several_digits_that_may_go_the_most_usual_is_told():
    # 48 810 is 4 810 or 4 880 without a digit; the red one would be too much.
    found = likely_cause(case(4400), kwh(48_810))
    assert found == Likely(Cause.EXTRA_DIGIT, kwh(4810))


def test_a_register_of_one_digit_may_stand_beside():
    found = likely_cause(case(5, 4634), kwh(5, 44_772))
    assert found == Likely(Cause.EXTRA_DIGIT, kwh(5, 4772))


def test_a_meter_put_in_this_month_is_the_cause():
    assert likely_cause(case(4634, was_replaced=True), kwh(12)).cause is Cause.REPLACED
    said = likely_cause(case(4634), kwh(12), Answer.REPLACED)
    assert said == Likely(Cause.REPLACED)


def test_what_stood_before_may_be_too_high():
    around = Around(earlier=kwh(4500), earlier_months=2)
    found = likely_cause(case(4700), kwh(4650), around=around)
    assert found == Likely(Cause.LAST_TOO_HIGH)


@pytest.mark.parametrize(
    ("earlier", "typed"),
    [
        (None, 4650),  # Nobody knows what stood before.
        ((4690,), 4650),  # It was as high.
        ((1000,), 4650),  # The reading would be too much since then.
    ],
)
def test_what_stood_before_may_be_right(earlier, typed):
    around = Around(earlier=earlier and kwh(*earlier))
    assert likely_cause(case(4700), kwh(typed), around=around) is None


def test_the_customer_is_believed_where_the_registers_say_nothing():
    found = likely_cause(case(4700), kwh(4650), Answer.LAST_WAS_WRONG)
    assert found == Likely(Cause.LAST_TOO_HIGH)
    better = likely_cause(case(4700), kwh(470), Answer.LAST_WAS_WRONG)
    assert better == Likely(Cause.MISSING_DIGIT)


def test_an_estimate_since_the_last_reading_may_be_too_high():
    around = Around(estimate=kwh(4900))
    assert likely_cause(case(4634), kwh(4772), around=around) == Likely(
        Cause.ESTIMATE_TOO_HIGH
    )
    around = Around(estimate=kwh(4700))
    assert likely_cause(case(4634), kwh(4772), around=around) is None


def test_what_is_proposed_would_be_taken_without_a_question():
    for last, typed in [((4634,), (44_772,)), ((4634, 2142), (2203, 4772))]:
        found = likely_cause(case(*last), kwh(*typed))
        assert isinstance(check(case(*last), found.registers), Taken)


@given(st.integers(0, 99_999), st.integers(0, 99_999))
def test_a_proposal_never_falls(last, typed):
    found = likely_cause(case(last), kwh(typed))
    if found is not None and found.registers is not None:
        assert found.registers >= kwh(last)


# What may stand ---------------------------------------------------------------------


def test_a_rising_reading_may_stand_however_odd():
    assert obstacle(case(4634), kwh(99_999)) is None
    assert obstacle(case(4634), kwh(4634)) is None


def test_a_fallen_one_stands_only_through_zero():
    assert obstacle(case(4634), kwh(4633)) is Obstacle.FELL
    assert obstacle(case(99_986), kwh(11)) is None
    assert has_rolled_over(case(99_986), kwh(11))
    assert not has_rolled_over(case(4634), kwh(4633))
    assert not has_rolled_over(case(4634), kwh(4772))


def test_it_may_not_be_above_what_followed():
    assert obstacle(case(4634), kwh(4772), Around(following=kwh(4800))) is None
    above = obstacle(case(4634), kwh(9450), Around(following=kwh(4800)))
    assert above is Obstacle.FOLLOWED
    around = Around(following=kwh(11))
    assert obstacle(case(99_800), kwh(99_986), around) is None


@given(st.integers(0, 99_999), st.integers(0, 99_999))
def test_what_may_stand_is_charged_no_more_than_is_plausible_through_zero(last, typed):
    """Billing takes a register that fell for one that went through zero."""
    asked = case(last)
    if obstacle(asked, kwh(typed)) is None and typed < last:
        used = consumption(
            asked.last, kwh(typed), dial=asked.dial, ratio=1, rolled_over=True
        )
        assert sum(each.wh for each in used) <= asked.plausible_up_to.wh
