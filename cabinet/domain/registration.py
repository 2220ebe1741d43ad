"""Getting in: the states of a request to register and what one-time links are for."""

from enum import StrEnum

from cabinet.domain.errors import IllegalMoveError


class RegistrationState(StrEnum):
    """Where a request to register stands (состояние заявки на регистрацию).

    `draft` waits for the code from the letter, `waiting` for a specialist.
    """

    DRAFT = "draft"
    WAITING = "waiting"
    OPENED = "opened"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


#: Which state may follow which; back to `waiting` is a specialist's undo.
MOVES: dict[RegistrationState, frozenset[RegistrationState]] = {
    RegistrationState.DRAFT: frozenset(
        {RegistrationState.WAITING, RegistrationState.EXPIRED}
    ),
    RegistrationState.WAITING: frozenset(
        {
            RegistrationState.OPENED,
            RegistrationState.REFUSED,
            RegistrationState.EXPIRED,
            RegistrationState.WITHDRAWN,
        }
    ),
    RegistrationState.OPENED: frozenset({RegistrationState.WAITING}),
    RegistrationState.REFUSED: frozenset({RegistrationState.WAITING}),
    RegistrationState.EXPIRED: frozenset(),
    RegistrationState.WITHDRAWN: frozenset(),
}


def move(before: RegistrationState, after: RegistrationState) -> RegistrationState:
    """Return the state after; raises IllegalMoveError for a move that is not there."""
    if after not in MOVES[before]:
        raise IllegalMoveError(before, after)
    return after


class Fact(StrEnum):
    """What of a request fits the contract (совпавший факт); each is strong evidence.

    A number of an account is no evidence: it stands on every receipt in a letter box.
    """

    PAYMENT = "payment"
    RECEIPT_CODE = "receipt-code"


class Refusal(StrEnum):
    """Why a specialist refuses (причина отказа)."""

    NO_ACCOUNT = "no-account"
    FACTS_DIFFER = "facts-differ"
    NOT_HOLDER = "not-holder"
    CLOSED = "closed"
    REPEATED = "repeated"


class TokenPurpose(StrEnum):
    """What a one-time link is for (назначение ссылки)."""

    SET_PASSWORD = "set-password"  # noqa: S105 - a word, not a password
    RESET_PASSWORD = "reset-password"  # noqa: S105 - the same
    NOT_ME = "not-me"
    CHANGE_EMAIL = "change-email"
    UNDO_EMAIL = "undo-email"
    INVITATION = "invitation"
    REMINDER = "reminder"
    STOP_REMINDERS = "stop-reminders"
    CARD = "card"
