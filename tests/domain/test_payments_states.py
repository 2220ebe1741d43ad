"""The states of a payment: every pair of state and event is decided, each by name."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.errors import IllegalMoveError
from cabinet.domain.payments.states import (
    ASKED,
    MOVES,
    OPEN,
    PAID,
    UNPAID,
    Effect,
    Move,
    PaymentEvent,
    PaymentState,
    move,
)

#: What the answer to our own call does while nobody knows what became of it.
ANSWERED = {
    ("submitting", "accepted"): "pending",
    ("submitting", "unclear"): "in_doubt",
    ("submitting", "refused"): "failed",
    ("in_doubt", "accepted"): "pending",
    ("in_doubt", "refused"): "failed",
}

#: What the provider told when asked, where it moves the payment forward.
TOLD = {
    (before, event): after
    for before in ("submitting", "in_doubt", "pending", "waiting_for_capture")
    for event, after in (
        ("seen_pending", "pending"),
        ("seen_waiting", "waiting_for_capture"),
        ("seen_succeeded", "succeeded"),
        ("seen_canceled", "canceled"),
    )
    if (before, event)
    not in {
        ("pending", "seen_pending"),
        ("waiting_for_capture", "seen_pending"),
        ("waiting_for_capture", "seen_waiting"),
    }
}

AFTERWARDS = {
    ("created", "submit"): "submitting",
    ("created", "expire"): "expired",
    ("pending", "expire"): "expired",
    ("succeeded", "refund_part"): "partially_refunded",
    ("succeeded", "refund_whole"): "refunded",
    ("partially_refunded", "refund_whole"): "refunded",
    ("succeeded", "dispute"): "disputed",
    ("partially_refunded", "dispute"): "disputed",
    ("refunded", "dispute"): "disputed",
    ("disputed", "dispute_won"): "succeeded",
    ("disputed", "dispute_lost"): "charged_back",
}

STEPS = ANSWERED | TOLD | AFTERWARDS

#: A truth that came after we had given the payment up.
FORCED = {
    (before, event): after
    for before in ("canceled", "failed", "expired")
    for event, after in (
        ("seen_waiting", "waiting_for_capture"),
        ("seen_succeeded", "succeeded"),
    )
}

#: Money that was taken and is told not to be, and more given back than was paid.
ALARMS = {
    ("succeeded", "seen_canceled"),
    ("partially_refunded", "seen_canceled"),
    ("disputed", "seen_canceled"),
    ("refunded", "refund_part"),
    ("refunded", "refund_whole"),
    ("charged_back", "refund_part"),
    ("charged_back", "refund_whole"),
}

#: A late answer of our own call, in every state after the call.
LATE = {
    (before, event)
    for before in (
        "pending",
        "waiting_for_capture",
        "succeeded",
        "canceled",
        "failed",
        "expired",
        "partially_refunded",
        "refunded",
        "disputed",
        "charged_back",
    )
    for event in ("accepted", "unclear", "refused")
} | {("in_doubt", "unclear")}

#: The same thing told again, or an older one told late.
OLD = {
    ("submitting", "submit"),
    ("in_doubt", "submit"),
    ("pending", "submit"),
    ("pending", "seen_pending"),
    ("waiting_for_capture", "seen_pending"),
    ("waiting_for_capture", "seen_waiting"),
    ("canceled", "seen_pending"),
    ("canceled", "seen_canceled"),
    ("failed", "seen_pending"),
    ("failed", "seen_canceled"),
    ("expired", "seen_pending"),
    ("expired", "seen_canceled"),
    ("succeeded", "seen_pending"),
    ("succeeded", "seen_waiting"),
    ("succeeded", "seen_succeeded"),
    ("partially_refunded", "seen_pending"),
    ("partially_refunded", "seen_waiting"),
    ("partially_refunded", "seen_succeeded"),
    ("partially_refunded", "refund_part"),
    ("refunded", "seen_pending"),
    ("refunded", "seen_waiting"),
    ("refunded", "seen_succeeded"),
    ("refunded", "seen_canceled"),
    ("disputed", "seen_pending"),
    ("disputed", "seen_waiting"),
    ("disputed", "seen_succeeded"),
    ("disputed", "refund_part"),
    ("disputed", "refund_whole"),
    ("disputed", "dispute"),
    ("charged_back", "seen_pending"),
    ("charged_back", "seen_waiting"),
    ("charged_back", "seen_succeeded"),
    ("charged_back", "seen_canceled"),
    ("charged_back", "dispute"),
    ("charged_back", "dispute_won"),
    ("charged_back", "dispute_lost"),
}

#: How sure a state is; what is surer is never overwritten by what is less so.
RANK = {
    "created": 0,
    "submitting": 1,
    "in_doubt": 1,
    "pending": 2,
    "waiting_for_capture": 3,
    "canceled": 4,
    "failed": 4,
    "expired": 4,
    "succeeded": 5,
    "partially_refunded": 6,
    "refunded": 7,
    "disputed": 8,
    "charged_back": 9,
}

CELLS = list(itertools.product(PaymentState, PaymentEvent))


def test_the_expectations_do_not_overlap_and_name_what_exists():
    parts = [set(STEPS), set(FORCED), ALARMS, LATE, OLD]
    assert sum(map(len, parts)) == len(set().union(*parts))
    assert set().union(*parts) <= {(str(a), str(b)) for a, b in CELLS}
    assert len(STEPS) == len(ANSWERED) + len(TOLD) + len(AFTERWARDS)


@pytest.mark.parametrize(("before", "event"), CELLS)
def test_every_cell_is_decided(before, event):
    cell = (before.value, event.value)
    if cell in STEPS:
        assert move(before, event) == Move(PaymentState(STEPS[cell]), Effect.STEP)
    elif cell in FORCED:
        assert move(before, event) == Move(PaymentState(FORCED[cell]), Effect.FORCED)
    elif cell in ALARMS:
        assert move(before, event) == Move(before, Effect.ALARM)
    elif cell in LATE | OLD:
        assert move(before, event) == Move(before, Effect.STAY)
    else:
        with pytest.raises(IllegalMoveError) as refused:
            move(before, event)
        assert (refused.value.before, refused.value.after) == (before, event)


def test_there_is_no_default_branch():
    assert set(MOVES) == set(CELLS)
    assert len(CELLS) == 13 * 14


@pytest.mark.parametrize(("before", "event"), CELLS)
def test_no_rank_falls(before, event):
    made = MOVES[before, event]
    if made is None:
        return
    if made.effect is Effect.FORCED:
        # The one way back: a hold that was found after we gave up waiting.
        assert RANK[before] == 4
        assert made.after in {PaymentState.WAITING, PaymentState.SUCCEEDED}
        return
    if event is PaymentEvent.DISPUTE_WON:
        assert (before, made.after) in {
            (PaymentState.DISPUTED, PaymentState.SUCCEEDED),
            (PaymentState.CHARGED_BACK, PaymentState.CHARGED_BACK),
        }
        return
    assert RANK[made.after] >= RANK[before]


def test_every_state_is_open_paid_or_unpaid():
    assert {*OPEN} == {
        PaymentState.CREATED,
        PaymentState.SUBMITTING,
        PaymentState.IN_DOUBT,
        PaymentState.PENDING,
        PaymentState.WAITING,
    }
    assert {*ASKED} == {*OPEN} - {PaymentState.CREATED}
    assert len(OPEN) + len(PAID) + len(UNPAID) == len(PaymentState)
    assert set(PaymentState) == OPEN | PAID | UNPAID


@given(st.lists(st.sampled_from(PaymentEvent), max_size=60))
def test_whatever_happens_paid_money_stays_paid(events):
    state, was_paid = PaymentState.CREATED, False
    for event in events:
        try:
            state = move(state, event).after
        except IllegalMoveError:
            continue
        assert not was_paid or state in PAID
        was_paid = state in PAID


@given(
    st.lists(
        st.sampled_from(
            [
                PaymentEvent.SEEN_PENDING,
                PaymentEvent.SEEN_WAITING,
                PaymentEvent.ACCEPTED,
                PaymentEvent.UNCLEAR,
                PaymentEvent.SEEN_SUCCEEDED,
            ]
        ),
        max_size=12,
    )
)
def test_any_order_of_what_is_told_ends_in_the_surest(events):
    state = PaymentState.SUBMITTING
    for event in events:
        state = move(state, event).after
    if PaymentEvent.SEEN_SUCCEEDED in events:
        assert state is PaymentState.SUCCEEDED
    elif PaymentEvent.SEEN_WAITING in events:
        assert state is PaymentState.WAITING
