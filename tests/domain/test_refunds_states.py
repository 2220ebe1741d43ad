"""The states of a refund: every pair of state and event is decided, each by name."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.errors import IllegalMoveError
from cabinet.domain.payments.refunds import (
    MOVES,
    TAKEN,
    RefundEvent,
    RefundState,
    move,
)

#: The second person, then the call and its answer, then what the provider tells.
STEPS = {
    ("requested", "approve"): "approved",
    ("requested", "reject"): "rejected",
    ("approved", "reject"): "rejected",
    ("approved", "submit"): "submitting",
    ("submitting", "accepted"): "pending",
    ("submitting", "unclear"): "in_doubt",
    ("submitting", "refused"): "rejected",
    ("submitting", "seen_pending"): "pending",
    ("submitting", "seen_succeeded"): "succeeded",
    ("submitting", "seen_canceled"): "rejected",
    ("in_doubt", "accepted"): "pending",
    ("in_doubt", "refused"): "rejected",
    ("in_doubt", "seen_pending"): "pending",
    ("in_doubt", "seen_succeeded"): "succeeded",
    ("in_doubt", "seen_canceled"): "rejected",
    ("pending", "seen_succeeded"): "succeeded",
    ("pending", "seen_canceled"): "rejected",
    # A truth that came late: the money did go back.
    ("rejected", "seen_succeeded"): "succeeded",
}

#: Told again, or an answer later than what is known already.
STAYS = {
    ("approved", "approve"),
    ("submitting", "approve"),
    ("submitting", "submit"),
    ("in_doubt", "approve"),
    ("in_doubt", "submit"),
    ("in_doubt", "unclear"),
    ("pending", "approve"),
    ("pending", "submit"),
    ("pending", "accepted"),
    ("pending", "unclear"),
    ("pending", "refused"),
    ("pending", "seen_pending"),
    ("succeeded", "approve"),
    ("succeeded", "accepted"),
    ("succeeded", "unclear"),
    ("succeeded", "refused"),
    ("succeeded", "seen_pending"),
    ("succeeded", "seen_succeeded"),
    ("succeeded", "seen_canceled"),
    ("rejected", "reject"),
    ("rejected", "accepted"),
    ("rejected", "unclear"),
    ("rejected", "refused"),
    ("rejected", "seen_pending"),
    ("rejected", "seen_canceled"),
}

RANK = {
    "requested": 0,
    "approved": 1,
    "submitting": 2,
    "in_doubt": 2,
    "pending": 3,
    "rejected": 4,
    "succeeded": 5,
}

CELLS = list(itertools.product(RefundState, RefundEvent))


@pytest.mark.parametrize(("before", "event"), CELLS)
def test_every_cell_is_decided(before, event):
    cell = (before.value, event.value)
    assert (cell in STEPS) + (cell in STAYS) <= 1
    if cell in STEPS:
        assert move(before, event) is RefundState(STEPS[cell])
    elif cell in STAYS:
        assert move(before, event) is before
    else:
        with pytest.raises(IllegalMoveError) as refused:
            move(before, event)
        assert (refused.value.before, refused.value.after) == (before, event)


def test_there_is_no_default_branch():
    assert set(MOVES) == set(CELLS)
    assert len(CELLS) == 7 * 9
    assert set(STEPS) | STAYS <= {(str(a), str(b)) for a, b in CELLS}


@pytest.mark.parametrize(("before", "event"), CELLS)
def test_no_rank_falls(before, event):
    after = MOVES[before, event]
    if after is not None:
        assert RANK[after] >= RANK[before]


def test_only_a_rejected_refund_frees_the_money():
    assert {*TAKEN} == {*RefundState} - {RefundState.REJECTED}


@given(st.lists(st.sampled_from(RefundEvent), max_size=40))
def test_nothing_is_sent_before_it_is_approved_nor_taken_back_after(events):
    state, is_approved, is_done = RefundState.REQUESTED, False, False
    for event in events:
        try:
            after = move(state, event)
        except IllegalMoveError:
            continue
        is_approved |= after is RefundState.APPROVED
        if after in {RefundState.SUBMITTING, RefundState.PENDING}:
            assert is_approved
        assert not is_done or after is RefundState.SUCCEEDED
        is_done |= after is RefundState.SUCCEEDED
        state = after
