"""Who people are to the cabinet: roles and what access to an account allows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What a user may do (роль)."""

    CUSTOMER = "customer"
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"

    @property
    def is_staff(self) -> bool:
        """Tell whether the role belongs to the back office."""
        return self is not Role.CUSTOMER


#: Named one by one, staff are found by the index of roles; «no customer» reads everybody.
STAFF = tuple(role for role in Role if role.is_staff)


class AccessLevel(StrEnum):
    """What an access to an account allows (уровень доступа)."""

    FULL = "full"
    READINGS = "readings"


class AccountKind(StrEnum):
    """Who holds the contract (вид абонента)."""

    HOUSEHOLD = "household"
    ORGANISATION = "organisation"


class EndReason(StrEnum):
    """Why a specialist ends somebody's access to an account (причина закрытия).

    `moved-out`: the contract is with somebody else now.
    """

    MOVED_OUT = "moved-out"
    WRONG_PERSON = "wrong-person"
    UNKNOWN_TO_HOLDER = "unknown-to-holder"
    ASKED_FOR = "asked-for"
    LEFT_WORK = "left-work"


class NoteKind(StrEnum):
    """What a cabinet tells whom letters do not reach (сообщение в кабинете)."""

    ACCESS_ADDED = "access_added"
    ACCESS_DISPUTED = "access_disputed"
    ACCESS_ENDED = "access_ended"
    CARD_REPLACED = "card_replaced"
    DELEGATION_ACCEPTED = "delegation_accepted"
    DELEGATION_REVOKED = "delegation_revoked"
    QUESTION_ANSWERED = "question_answered"
    READING_CORRECTED = "reading_corrected"
    READING_RETURNED = "reading_returned"
    REQUEST_CHANGED = "request_changed"
    REGISTRATION_EXPIRED = "registration_expired"
    REGISTRATION_OPENED = "registration_opened"
    REGISTRATION_REFUSED = "registration_refused"


class LetterKind(StrEnum):
    """A letter that is sent to whoever asked for it (вид письма)."""

    REMINDER = "reminder"
    BILL = "bill"
    VERIFICATION = "verification"


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenLeaving:
    """A cabinet that closes at `due_at` unless its owner changes their mind."""

    public_id: UUID
    requested_at: datetime
    due_at: datetime
