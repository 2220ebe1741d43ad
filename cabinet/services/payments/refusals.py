"""Why a payment is not started; each has its words on the page."""

from uuid import UUID

from cabinet.domain.money import Money


class AmountError(ValueError):
    """The sum is below the least or above the most that one payment takes."""

    def __init__(self, amount: Money, least: Money, most: Money) -> None:
        super().__init__(f"{amount.kopecks} kopecks")
        self.amount = amount
        self.least = least
        self.most = most


class SeveralPayeesError(ValueError):
    """The accounts belong to branches with different payees."""


class NoShopError(LookupError):
    """The branch takes no cards: the code on the receipt remains."""


class TooManyOpenError(Exception):
    """The account has as many open payments as are allowed."""


class InDoubtError(Exception):
    """The customer's payment of the account is in doubt: not again before it is known."""

    def __init__(self, public_id: UUID) -> None:
        super().__init__(str(public_id))
        self.public_id = public_id


class OthersInDoubtError(Exception):
    """Somebody else's payment of the account is in doubt: told without its particulars."""


class KeyTakenError(ValueError):
    """The form's key came with other accounts or another sum than the first time."""
