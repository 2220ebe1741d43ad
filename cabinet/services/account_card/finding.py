"""An account by its number, in the branches of a member of staff."""

from cabinet.domain.errors import NotFound
from cabinet.models import Account, Branch
from cabinet.services.staff import Member, branches_of


class AccountNotFound(NotFound):
    """There is no such account, or it is in another branch."""


def account_of(member: Member, number: str) -> Account:
    """Return the account with its branch, inside the open transaction.

    Raises AccountNotFound, the same for an account of another branch.
    """
    account: Account | None = (
        Account.select(Account, Branch)
        .join(Branch)
        .where(Account.number == number, Account.branch.in_(branches_of(member)))
        .first()
    )
    if account is None:
        raise AccountNotFound(number)
    return account
