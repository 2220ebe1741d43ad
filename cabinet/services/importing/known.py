"""What the rows of a file may name."""

from cabinet.domain.people import AccountKind
from cabinet.models import Account
from cabinet.services.importing.intake import Intake


def accounts_of(
    numbers: list[str], intake: Intake
) -> dict[str, tuple[int, AccountKind]]:
    """Return the id and the kind of the accounts that exist, by number."""
    query = Account.select(Account.number, Account.id, Account.kind).where(
        Account.number.in_(numbers), Account.branch.in_(intake.branches)
    )
    return {number: (account_id, kind) for number, account_id, kind in query.tuples()}
