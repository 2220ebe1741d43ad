"""Who people are to the cabinet: roles and what access to an account allows."""

from enum import StrEnum


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


class AccessLevel(StrEnum):
    """What an access to an account allows (уровень доступа)."""

    FULL = "full"
    READINGS = "readings"


class AccountKind(StrEnum):
    """Who holds the contract (вид абонента)."""

    HOUSEHOLD = "household"
    ORGANISATION = "organisation"


class LetterKind(StrEnum):
    """A letter that is sent to whoever asked for it (вид письма)."""

    REMINDER = "reminder"
    BILL = "bill"
