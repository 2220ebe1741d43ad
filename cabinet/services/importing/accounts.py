"""Accounts from a billing system: added, brought up to date, never removed."""

from operator import attrgetter

from cabinet.domain.people import AccountKind
from cabinet.domain.tariff import Category
from cabinet.exchange.registry_rows import AccountRow
from cabinet.models import Account, Branch
from cabinet.services import bulk
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.report import Outcome

#: What is worked out of a row, what it says, and what it may say, the route the last.
_ALWAYS = ("branch", "kind")
_OF_ROW = ("holder", "address", "category", "residents")
_IF_TOLD = ("rooms", "norm", "area", "opened_on", "els", "izhku", "route")


def take_accounts(rows: list[AccountRow], intake: Intake) -> None:
    """Add the accounts that are new and change those that differ."""
    branches = _branches(intake)
    fields = [*_ALWAYS, *_OF_ROW, *(name for name in _IF_TOLD if intake.has(name))]
    pick = attrgetter(*fields[len(_ALWAYS) :])
    has_route = intake.has("route")
    known = _known([row.account for row in rows], fields)
    added: list[tuple[object, ...]] = []
    for row in rows:
        branch_id = branches.get(row.branch.casefold())
        if branch_id is None:
            intake.refuse(row, "branch", "нет такого филиала")
            continue
        # Whose account it is shows in its category.
        is_firm = row.category is Category.ORGANISATION
        kind = AccountKind.ORGANISATION if is_firm else AccountKind.HOUSEHOLD
        content = (branch_id, kind, *pick(row))
        if has_route:
            content = (*content[:-1], content[-1] or "")
        if row.account not in known:
            added.append((row.account, *content))
            continue
        account_id, whose, before = known[row.account]
        if whose not in branches.values():
            intake.refuse(row, "account", "такой лицевой счёт есть в другом филиале")
            continue
        if before == content:
            intake.count(Outcome.SAME)
            continue
        values = dict(zip(fields, content, strict=True))
        intake.note(Account, account_id, dict(zip(fields, before, strict=True)), values)
        Account.update(values).where(Account.id == account_id).execute()
        intake.count(Outcome.CHANGED)
    _add(added, fields, intake)


def _add(added: list[tuple[object, ...]], fields: list[str], intake: Intake) -> None:
    """Add new accounts, of each its number and the fields."""
    if not added:
        return
    intake.count(Outcome.NEW, len(added))
    columns = dict(zip(("number", *fields), zip(*added, strict=True), strict=True))
    batch = [intake.batch_id] * len(added)
    bulk.insert_columns(
        Account, {"norm": [None] * len(added), **columns, "batch": batch}
    )


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
