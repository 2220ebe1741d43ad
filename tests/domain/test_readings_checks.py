from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingState
from cabinet.domain.readings import Answer, Asked, Case, Dial, Question, Taken, check
from cabinet.domain.tariff import ZONES, Plan, Zone


def kwh(*amounts):
    return tuple(Energy.from_kwh(amount) for amount in amounts)


def case(*last, **facts):
    given_facts = {
        "zones": ZONES[Plan.of_zones(len(last))],
        "dial": Dial(5),
        "last": kwh(*last),
        "last_on": date(2026, 10, 22),
        "taken_on": date(2026, 11, 22),
        "usual": Energy.from_kwh(160),
        **facts,
    }
    return Case(**given_facts)


def offered(asked):
    return [offer.answer for offer in asked.offers]


def offer(asked, answer):
    (found,) = (each for each in asked.offers if each.answer is answer)
    return found


def test_an_ordinary_reading_is_taken_without_a_question():
    assert check(case(4634), kwh(4772)) == Taken(
        registers=kwh(4772), used=kwh(138), state=ReadingState.SUBMITTED
    )


def test_two_zones_are_taken_as_one():
    taken = check(case(4634, 2142), kwh(4772, 2203))
    assert taken.used == kwh(138, 61)
    assert taken.total == Energy.from_kwh(199)


# Zero -------------------------------------------------------------------------------


def test_zero_asks_for_what_the_meter_shows():
    asked = check(case(4634), kwh(0))
    assert asked.question is Question.ZERO
    assert offered(asked) == [Answer.IDLE, Answer.REPLACED, Answer.REVIEW]
    assert offer(asked, Answer.IDLE).registers == kwh(4634)
    assert asked.total is None


def test_nothing_used_is_taken_at_the_last_reading():
    taken = check(case(4634), kwh(4634), {Answer.IDLE})
    assert (taken.used, taken.state) == (kwh(0), ReadingState.SUBMITTED)


def test_zero_in_one_zone_keeps_the_other():
    asked = check(case(4634, 2142), kwh(4772, 0))
    assert asked.zones == (Zone.NIGHT,)
    assert offer(asked, Answer.IDLE).registers == kwh(4772, 2142)


def test_zero_may_be_a_roll_over():
    asked = check(case(99990), kwh(0))
    assert offer(asked, Answer.ROLLED_OVER).used == kwh(10)
    taken = check(case(99990), kwh(0), {Answer.ROLLED_OVER})
    assert (taken.used, taken.rolled_over) == (kwh(10), True)


def test_zero_on_a_new_meter_is_only_the_same():
    assert check(case(0), kwh(0)).question is Question.SAME


# The same ---------------------------------------------------------------------------


def test_the_same_is_asked_once():
    asked = check(case(4634), kwh(4634))
    assert asked.question is Question.SAME
    assert offered(asked) == [Answer.SAME_IS_RIGHT, Answer.REVIEW]
    taken = check(case(4634), kwh(4634), {Answer.SAME_IS_RIGHT})
    assert (taken.used, taken.state) == (kwh(0), ReadingState.SUBMITTED)


def test_one_zone_may_stay_the_same():
    assert isinstance(check(case(4634, 2142), kwh(4772, 2142)), Taken)


# Lower ------------------------------------------------------------------------------


def test_lower_than_the_last_is_asked():
    asked = check(case(4634), kwh(4512))
    assert (asked.question, asked.zones) == (Question.LOWER, (Zone.SINGLE,))
    assert offered(asked) == [
        Answer.LAST_WAS_WRONG,
        Answer.REPLACED,
        Answer.REVIEW,
    ]


@pytest.mark.parametrize(
    "answer", [Answer.LAST_WAS_WRONG, Answer.REPLACED, Answer.REVIEW]
)
def test_an_operator_looks_at_what_the_customer_explains(answer):
    taken = check(case(4634), kwh(4512), {answer})
    assert (taken.state, taken.used, taken.total) == (
        ReadingState.NEEDS_REVIEW,
        None,
        None,
    )
    assert taken.doubt == (Question.LOWER if answer is Answer.REVIEW else answer)


def test_an_operator_may_be_asked_to_look_at_anything():
    taken = check(case(4634), kwh(4772), {Answer.REVIEW})
    assert (taken.state, taken.doubt) == (ReadingState.NEEDS_REVIEW, Answer.REVIEW)


def test_the_worked_roll_over_is_offered_and_taken():
    asked = check(case(99986), kwh(11))
    assert asked.question is Question.LOWER
    assert offer(asked, Answer.ROLLED_OVER).used == kwh(25)
    assert offer(asked, Answer.ROLLED_OVER).total == Energy.from_kwh(25)
    assert check(case(99986), kwh(11), {Answer.ROLLED_OVER}) == Taken(
        registers=kwh(11),
        used=kwh(25),
        state=ReadingState.SUBMITTED,
        rolled_over=True,
    )


def test_the_ratio_multiplies_the_roll_over():
    taken = check(case(99986, ratio=20), kwh(11), {Answer.ROLLED_OVER})
    assert taken.used == kwh(500)


def test_a_roll_over_that_would_be_unusual_is_not_believed():
    asked = check(case(4634), kwh(4512), {Answer.ROLLED_OVER})
    assert asked.question is Question.LOWER
    assert Answer.ROLLED_OVER not in offered(asked)


def test_a_roll_over_of_a_register_that_rose_changes_nothing():
    taken = check(case(4634), kwh(4772), {Answer.ROLLED_OVER})
    assert not taken.rolled_over


def test_swapped_zones_are_found():
    asked = check(case(4634, 2142), kwh(2203, 4772))
    swapped = offer(asked, Answer.SWAPPED)
    assert (swapped.registers, swapped.used) == (kwh(4772, 2203), kwh(138, 61))
    assert isinstance(
        check(case(4634, 2142), swapped.registers, {Answer.SWAPPED}), Taken
    )


def test_of_three_zones_the_likeliest_order_is_offered():
    three = case(500, 2000, 4000)
    asked = check(three, kwh(2020, 4050, 530))
    assert offer(asked, Answer.SWAPPED).registers == kwh(530, 2020, 4050)


def test_the_total_typed_for_a_zone_is_found():
    two = case(4634, 2142, usual=Energy.from_kwh(200))
    asked = check(two, kwh(6975, 2203))
    assert asked.question is Question.UNUSUAL
    assert offer(asked, Answer.TOTAL_TYPED).registers == kwh(4772, 2203)


def test_the_total_typed_and_zones_swapped_are_found_together():
    asked = check(case(4634, 2142), kwh(2203, 6975))
    assert asked.question is Question.LOWER
    assert offer(asked, Answer.TOTAL_TYPED).registers == kwh(4772, 2203)


# Higher -----------------------------------------------------------------------------


def test_up_to_three_times_the_usual_is_taken():
    assert isinstance(check(case(4634), kwh(4634 + 480)), Taken)


def test_more_is_asked_once_and_then_taken():
    asked = check(case(4634), kwh(4634 + 481))
    assert (asked.question, asked.times) == (Question.UNUSUAL, 3)
    assert asked.total == Energy.from_kwh(481)
    assert offered(asked) == [Answer.UNUSUAL_IS_RIGHT, Answer.REVIEW]
    taken = check(case(4634), kwh(4634 + 481), {Answer.UNUSUAL_IS_RIGHT})
    assert taken.state is ReadingState.SUBMITTED


def test_below_the_floor_nothing_is_unusual():
    small = case(4634, usual=Energy.from_kwh(10))
    assert isinstance(check(small, kwh(4934)), Taken)
    assert check(small, kwh(4935)).times == 30


@pytest.mark.parametrize("usual", [None, Energy(0)])
def test_where_nothing_is_usual_there_is_no_times(usual):
    asked = check(case(4634, usual=usual), kwh(5000))
    assert (asked.question, asked.times) == (Question.UNUSUAL, None)


def test_several_months_may_take_several_times_as_much():
    months = case(4634, months=3, last_on=date(2026, 8, 22))
    assert isinstance(check(months, kwh(4634 + 1440)), Taken)
    assert check(months, kwh(4634 + 1441)).times == 3


def test_the_red_digit_is_found():
    asked = check(case(477), kwh(4910))
    assert asked.question is Question.UNUSUAL
    assert offer(asked, Answer.RED_DIGIT).registers == kwh(491)


def test_the_red_digit_of_one_zone_is_found():
    asked = check(case(477, 300), kwh(4910, 320))
    assert offer(asked, Answer.RED_DIGIT).registers == kwh(491, 320)


def test_a_meter_with_fractions_may_miss_its_comma():
    asked = check(case(477, dial=Dial(5, 1)), kwh(4915))
    assert offer(asked, Answer.RED_DIGIT).registers == (Energy(491_500),)


def test_more_than_the_wires_carry_goes_to_an_operator():
    month = case(4634)
    limit = 13_800 * 24 * 31 // 1000
    assert check(month, kwh(4634 + limit)).question is Question.UNUSUAL
    asked = check(month, kwh(4634 + limit + 1), {Answer.UNUSUAL_IS_RIGHT})
    assert (asked.question, asked.needs_proof) == (Question.IMPOSSIBLE, True)
    assert offered(asked) == [Answer.REPLACED, Answer.REVIEW]
    taken = check(month, kwh(4634 + limit + 1), {Answer.REVIEW})
    assert (taken.state, taken.needs_proof) == (ReadingState.NEEDS_REVIEW, True)


def test_three_phases_carry_three_times_as_much():
    three = case(4634, phases=3)
    asked = check(three, kwh(4634 + 30_000))
    assert (asked.question, asked.needs_proof) == (Question.UNUSUAL, False)
    assert check(three, kwh(4634 + 31_000)).question is Question.IMPOSSIBLE


def test_a_reading_of_the_same_day_has_a_day_of_energy():
    today = case(4634, last_on=date(2026, 11, 22), usual=Energy.from_kwh(500))
    assert isinstance(check(today, kwh(4634 + 331)), Taken)
    assert check(today, kwh(4634 + 332)).question is Question.IMPOSSIBLE


# To an operator by rule -------------------------------------------------------------


@pytest.mark.parametrize(
    ("fact", "doubt"), [("was_replaced", "replaced"), ("is_correction", "correction")]
)
def test_what_an_operator_must_see_is_taken_for_review(fact, doubt):
    taken = check(case(4634, **{fact: True}), kwh(4772))
    assert (taken.state, taken.used) == (ReadingState.NEEDS_REVIEW, kwh(138))
    assert taken.doubt == doubt


# Properties -------------------------------------------------------------------------

REGISTER = st.integers(0, 99_999)


@st.composite
def cases(draw):
    zones = draw(st.integers(1, 3))
    last = draw(st.lists(REGISTER, min_size=zones, max_size=zones))
    made = case(
        *last,
        usual=draw(st.none() | st.integers(0, 5000).map(Energy.from_kwh)),
        months=draw(st.integers(1, 12)),
        ratio=draw(st.sampled_from([1, 20])),
        phases=draw(st.sampled_from([1, 3])),
    )
    near = st.integers(-50, 2000)
    now = [
        (value + draw(near)) % 100_000 if draw(st.booleans()) else draw(REGISTER)
        for value in last
    ]
    return made, kwh(*draw(st.permutations(now)))


@given(cases(), st.sets(st.sampled_from(Answer)))
def test_what_is_taken_unasked_can_be(pair, answers):
    made, registers = pair
    result = check(made, registers, answers)
    if isinstance(result, Taken) and result.state is ReadingState.SUBMITTED:
        assert all(used >= Energy(0) for used in result.used)
        assert result.total <= made.impossible_above
        assert result.registers == registers


@given(cases())
def test_no_question_is_a_dead_end(pair):
    made, registers = pair
    open_ends = [(registers, frozenset(), 0)]
    while open_ends:
        values, answers, depth = open_ends.pop()
        assert depth < 4
        result = check(made, values, answers)
        if isinstance(result, Asked):
            assert offered(result)[-1] is Answer.REVIEW
            assert len(set(offered(result))) == len(offered(result))
            open_ends += [
                (each.registers, answers | {each.answer}, depth + 1)
                for each in result.offers
            ]


@given(cases())
def test_an_offer_tells_what_would_be_taken(pair):
    made, registers = pair
    result = check(made, registers)
    for each in getattr(result, "offers", ()):
        after = check(made, each.registers, {each.answer})
        if isinstance(after, Taken):
            assert (after.registers, after.used) == (each.registers, each.used)
        else:
            assert after.question in {Question.SAME, Question.IMPOSSIBLE}


@given(cases())
def test_an_operator_always_takes_it(pair):
    made, registers = pair
    taken = check(made, registers, {Answer.REVIEW})
    assert taken.state is ReadingState.NEEDS_REVIEW


@given(REGISTER, st.integers(1, 300))
def test_every_small_roll_over_is_offered(last, used):
    now = (last + used) % 100_000
    result = check(case(last, usual=None), kwh(now))
    if now < last:
        assert offer(result, Answer.ROLLED_OVER).used == kwh(used)
    else:
        assert result.used == kwh(used)
