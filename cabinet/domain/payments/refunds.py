"""The states of a refund and the moves between them (возврат)."""

from enum import StrEnum

from cabinet.domain.errors import IllegalMoveError


class RefundState(StrEnum):
    """Where a refund stands (состояние возврата)."""

    REQUESTED = "requested"
    APPROVED = "approved"
    SUBMITTING = "submitting"
    IN_DOUBT = "in_doubt"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    REJECTED = "rejected"


class RefundEvent(StrEnum):
    """What happened to a refund (событие возврата)."""

    APPROVE = "approve"
    REJECT = "reject"
    SUBMIT = "submit"
    ACCEPTED = "accepted"
    UNCLEAR = "unclear"
    REFUSED = "refused"
    SEEN_PENDING = "seen_pending"
    SEEN_SUCCEEDED = "seen_succeeded"
    SEEN_CANCELED = "seen_canceled"


#: The money is on its way back or may be: it cannot be given back a second time.
TAKEN = frozenset(RefundState) - {RefundState.REJECTED}

_TABLE = """
                    requested  approved    submitting  in_doubt
    approve         approved   =           =           =
    reject          rejected   rejected    -           -
    submit          -          submitting  =           =
    accepted        -          -           pending     pending
    unclear         -          -           in_doubt    =
    refused         -          -           rejected    rejected
    seen_pending    -          -           pending     pending
    seen_succeeded  -          -           succeeded   succeeded
    seen_canceled   -          -           rejected    rejected

                    pending    succeeded  rejected
    approve         =          =          -
    reject          -          -          =
    submit          =          -          -
    accepted        =          =          =
    unclear         =          =          =
    refused         =          =          =
    seen_pending    =          =          =
    seen_succeeded  succeeded  =          succeeded
    seen_canceled   rejected   =          =
"""


def move(before: RefundState, event: RefundEvent) -> RefundState:
    """Return the state after the event; raises IllegalMoveError where it cannot be."""
    found = MOVES[before, event]
    if found is None:
        raise IllegalMoveError(before, event)
    return found


def _read(table: str) -> dict[tuple[RefundState, RefundEvent], RefundState | None]:
    moves: dict[tuple[RefundState, RefundEvent], RefundState | None] = {}
    for block in table.strip().split("\n\n"):
        head, *rows = (line.split() for line in block.splitlines())
        states = [RefundState(word) for word in head]
        for event, *cells in rows:
            for before, text in zip(states, cells, strict=True):
                after = before if text == "=" else text
                moves[before, RefundEvent(event)] = (
                    None if after == "-" else RefundState(after)
                )
    return moves


MOVES = _read(_TABLE)
