"""Holders from a billing system: whose the contract of an account is, and since when."""

from datetime import date
from typing import Any

from cabinet.exchange.changes import HolderRow
from cabinet.models import Account
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.report import Outcome


def take_holders(rows: list[HolderRow], intake: Intake) -> None:
    """Change the holders that differ; those of unknown accounts go into quarantine.

    A day says that another holder had the contract before: nobody in a cabinet is shown
    what is older. Without one the name is only spelt anew.
    """
    known = _known([row.account for row in rows], intake)
    for row in rows:
        if row.account not in known:
            intake.refuse(row, "account", "лицевой счёт не найден", Outcome.QUARANTINED)
            continue
        account_id, holder, since = known[row.account]
        values: dict[str, Any] = {"holder": row.holder}
        if row.since is not None:
            values["holder_since"] = row.since
        before = {"holder": holder, "holder_since": since}
        if all(before[name] == value for name, value in values.items()):
            intake.count(Outcome.SAME)
            continue
        intake.note(Account, account_id, before, values)
        Account.update(values).where(Account.id == account_id).execute()
        intake.count(Outcome.CHANGED)


def _known(
    numbers: list[str], intake: Intake
) -> dict[str, tuple[int, str, date | None]]:
    query = Account.select(
        Account.number, Account.id, Account.holder, Account.holder_since
    ).where(Account.number.in_(numbers), Account.branch.in_(intake.branches))
    return {number: tuple(rest) for number, *rest in query.tuples()}
