"""Long random lives of payments: no event, however late or repeated, does what it may not."""

import random

import pytest

from cabinet.domain.errors import IllegalMoveError
from cabinet.domain.payments.states import (
    OPEN,
    PAID,
    UNPAID,
    Effect,
    PaymentEvent,
    PaymentState,
    move,
)

LIFE = 40
EVENTS = list(PaymentEvent)

#: Where a payment may go at all, told apart from the table.
ALLOWED = {
    PaymentState.CREATED: {PaymentState.SUBMITTING, PaymentState.EXPIRED},
    PaymentState.SUBMITTING: (OPEN - {PaymentState.CREATED})
    | {PaymentState.SUCCEEDED, PaymentState.CANCELED, PaymentState.FAILED},
    PaymentState.IN_DOUBT: {
        PaymentState.PENDING,
        PaymentState.WAITING,
        PaymentState.SUCCEEDED,
        PaymentState.CANCELED,
        PaymentState.FAILED,
    },
    PaymentState.PENDING: {
        PaymentState.WAITING,
        PaymentState.SUCCEEDED,
        PaymentState.CANCELED,
        PaymentState.EXPIRED,
    },
    PaymentState.WAITING: {PaymentState.SUCCEEDED, PaymentState.CANCELED},
    **{state: {PaymentState.WAITING, PaymentState.SUCCEEDED} for state in UNPAID},
    **{state: set(PAID) for state in PAID},
}


@pytest.mark.parametrize(
    "transitions", [20_000, pytest.param(1_000_000, marks=pytest.mark.long)]
)
def test_random_lives_make_no_illegal_move(transitions):
    chance = random.Random(20261126)
    made = 0
    while made < transitions:
        made += _live(chance)
    assert made >= transitions


def _live(chance):
    """Let one payment live; return how many of its events were taken."""
    state, taken, was_paid = PaymentState.CREATED, 0, False
    for _ in range(LIFE):
        event = chance.choice(EVENTS)
        try:
            found = move(state, event)
        except IllegalMoveError:
            continue
        taken += 1
        after = found.after
        if found.effect in {Effect.STAY, Effect.ALARM}:
            assert after is state
            continue
        assert after in ALLOWED[state], f"{state} -> {after} by {event}"
        assert (found.effect is Effect.FORCED) == (state in UNPAID)
        assert not was_paid or after in PAID
        was_paid = was_paid or after in PAID
        state = after
    return taken
