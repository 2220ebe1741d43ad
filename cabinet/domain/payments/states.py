"""The states of a card payment and what each event does in each of them.

Every cell of state and event stands in the table; there is no default. A payment moves
by what the provider's own interface says when it is asked, never by a notice's body.
"""

from dataclasses import dataclass
from enum import StrEnum

from cabinet.domain.errors import IllegalMoveError


class PaymentState(StrEnum):
    """Where a payment stands (состояние платежа)."""

    CREATED = "created"
    SUBMITTING = "submitting"
    IN_DOUBT = "in_doubt"
    PENDING = "pending"
    WAITING = "waiting_for_capture"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"
    FAILED = "failed"
    EXPIRED = "expired"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    CHARGED_BACK = "charged_back"


class PaymentEvent(StrEnum):
    """What happened to a payment (событие платежа).

    The first four are our own call and its answer; `SEEN_*` is what the provider told
    when asked; a refund is whole when nothing of the payment is left.
    """

    SUBMIT = "submit"
    ACCEPTED = "accepted"
    UNCLEAR = "unclear"
    REFUSED = "refused"
    SEEN_PENDING = "seen_pending"
    SEEN_WAITING = "seen_waiting"
    SEEN_SUCCEEDED = "seen_succeeded"
    SEEN_CANCELED = "seen_canceled"
    EXPIRE = "expire"
    REFUND_PART = "refund_part"
    REFUND_WHOLE = "refund_whole"
    DISPUTE = "dispute"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"


class Effect(StrEnum):
    """How an event is taken: `FORCED` is a late truth, `ALARM` is for an operator."""

    STEP = "step"
    STAY = "stay"
    FORCED = "forced"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Move:
    """The state after the event, and how it was taken."""

    after: PaymentState
    effect: Effect


#: The money has come: exactly one payment is posted in these, and none in the others.
PAID = frozenset(
    {
        PaymentState.SUCCEEDED,
        PaymentState.PARTIALLY_REFUNDED,
        PaymentState.REFUNDED,
        PaymentState.DISPUTED,
        PaymentState.CHARGED_BACK,
    }
)

#: It may still go either way: never offer to pay again.
OPEN = frozenset(
    {
        PaymentState.CREATED,
        PaymentState.SUBMITTING,
        PaymentState.IN_DOUBT,
        PaymentState.PENDING,
        PaymentState.WAITING,
    }
)

#: The provider has heard of it and has not said its last word.
ASKED = OPEN - {PaymentState.CREATED}

#: No money was taken, as far as is known.
UNPAID = frozenset({PaymentState.CANCELED, PaymentState.FAILED, PaymentState.EXPIRED})

#: `-` never happens, `=` changes nothing, `!` calls an operator; a word is the state
#: after, and `>` before it a truth that came late.
_TABLE = """
                      created     submitting           in_doubt
    submit            submitting  =                    =
    accepted          -           pending              pending
    unclear           -           in_doubt             =
    refused           -           failed               failed
    seen_pending      -           pending              pending
    seen_waiting      -           waiting_for_capture  waiting_for_capture
    seen_succeeded    -           succeeded            succeeded
    seen_canceled     -           canceled             canceled
    expire            expired     -                    -
    refund_part       -           -                    -
    refund_whole      -           -                    -
    dispute           -           -                    -
    dispute_won       -           -                    -
    dispute_lost      -           -                    -

                      pending              waiting_for_capture  succeeded
    submit            =                    -                    -
    accepted          =                    =                    =
    unclear           =                    =                    =
    refused           =                    =                    =
    seen_pending      =                    =                    =
    seen_waiting      waiting_for_capture  =                    =
    seen_succeeded    succeeded            succeeded            =
    seen_canceled     canceled             canceled             !
    expire            expired              -                    -
    refund_part       -                    -                    partially_refunded
    refund_whole      -                    -                    refunded
    dispute           -                    -                    disputed
    dispute_won       -                    -                    -
    dispute_lost      -                    -                    -

                      canceled              failed                expired
    submit            -                     -                     -
    accepted          =                     =                     =
    unclear           =                     =                     =
    refused           =                     =                     =
    seen_pending      =                     =                     =
    seen_waiting      >waiting_for_capture  >waiting_for_capture  >waiting_for_capture
    seen_succeeded    >succeeded            >succeeded            >succeeded
    seen_canceled     =                     =                     =
    expire            -                     -                     -
    refund_part       -                     -                     -
    refund_whole      -                     -                     -
    dispute           -                     -                     -
    dispute_won       -                     -                     -
    dispute_lost      -                     -                     -

                      partially_refunded  refunded  disputed      charged_back
    submit            -                   -         -             -
    accepted          =                   =         =             =
    unclear           =                   =         =             =
    refused           =                   =         =             =
    seen_pending      =                   =         =             =
    seen_waiting      =                   =         =             =
    seen_succeeded    =                   =         =             =
    seen_canceled     !                   =         !             =
    expire            -                   -         -             -
    refund_part       =                   !         =             !
    refund_whole      refunded            !         =             !
    dispute           disputed            disputed  =             =
    dispute_won       -                   -         succeeded     =
    dispute_lost      -                   -         charged_back  =
"""


def move(before: PaymentState, event: PaymentEvent) -> Move:
    """Return what the event does; raises IllegalMoveError where it cannot happen."""
    found = MOVES[before, event]
    if found is None:
        raise IllegalMoveError(before, event)
    return found


def _cell(before: PaymentState, text: str) -> Move | None:
    if text == "-":
        return None
    if text == "=":
        return Move(before, Effect.STAY)
    if text == "!":
        return Move(before, Effect.ALARM)
    effect = Effect.FORCED if text.startswith(">") else Effect.STEP
    return Move(PaymentState(text.removeprefix(">")), effect)


def _read(table: str) -> dict[tuple[PaymentState, PaymentEvent], Move | None]:
    moves: dict[tuple[PaymentState, PaymentEvent], Move | None] = {}
    for block in table.strip().split("\n\n"):
        head, *rows = (line.split() for line in block.splitlines())
        states = [PaymentState(word) for word in head]
        for event, *cells in rows:
            for before, text in zip(states, cells, strict=True):
                moves[before, PaymentEvent(event)] = _cell(before, text)
    return moves


MOVES = _read(_TABLE)
