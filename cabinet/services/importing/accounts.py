"""Accounts from a billing system: added, brought up to date, never removed."""

from typing import Any

from cabinet.domain.people import AccountKind
from cabinet.domain.tariff import Category
from cabinet.exchange.registry_rows import AccountRow
from cabinet.models import Account, Branch
from cabinet.services import bulk
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.report import Outcome

_ALWAYS = ("branch", "holder", "address", "category", "residents", "kind")
_IF_TOLD = ("rooms", "norm", "area", "opened_on", "route")


def take_accounts(rows: list[AccountRow], intake: Intake) -> None:
    """Add the accounts that are new and change those that differ."""
    branches = _branches(intake)
    fields = [*_ALWAYS, *(name for name in _IF_TOLD if intake.has(name))]
    known = _known([row.account for row in rows], fields)
    added: list[dict[str, Any]] = []
    for row in rows:
        values = {name: _value(row, name) for name in fields}
        branch_id = branches.get(row.branch.casefold())
        if branch_id is None:
            intake.refuse(row, "branch", "нет такого филиала")
            continue
        values["branch"] = branch_id
        content = tuple(values.values())
        if row.account not in known:
            added.append(
                {
                    "number": row.account,
                    "batch": intake.batch_id,
                    "norm": None,
                    **values,
                }
            )
            intake.count(Outcome.NEW)
            continue
        account_id, whose, before = known[row.account]
        if whose not in branches.values():
            intake.refuse(row, "account", "такой лицевой счёт есть в другом филиале")
            continue
        if before == content:
            intake.count(Outcome.SAME)
            continue
        intake.note(Account, account_id, dict(zip(fields, before, strict=True)), values)
        Account.update(values).where(Account.id == account_id).execute()
        intake.count(Outcome.CHANGED)
    bulk.insert(Account, added)


def _value(row: AccountRow, name: str) -> object:
    """Return what the row says; whose account it is shows in its category."""
    if name == "kind":
        is_firm = row.category is Category.ORGANISATION
        return AccountKind.ORGANISATION if is_firm else AccountKind.HOUSEHOLD
    if name == "route":
        return row.route or ""
    return getattr(row, name)


def _branches(intake: Intake) -> dict[str, int]:
    """Return branches by their name, code and region."""
    query = Branch.select(Branch.id, Branch.name, Branch.code, Branch.region).where(
        Branch.id.in_(intake.branches)
    )
    return {
        word.casefold(): branch_id
        for branch_id, *words in query.tuples()
        for word in words
    }


def _known(
    numbers: list[str], fields: list[str]
) -> dict[str, tuple[int, int, tuple[object, ...]]]:
    """Return the accounts that exist: id, branch and the values the file can tell."""
    columns = [Account._meta.fields[name] for name in fields]  # noqa: SLF001 - peewee's own way to a column
    query = Account.select(Account.number, Account.id, Account.branch, *columns).where(
        bulk.among(Account.number, numbers)
    )
    return {
        number: (account_id, branch_id, tuple(values))
        for number, account_id, branch_id, *values in query.tuples()
    }
