"""Payments from a bank's registry: each operation credited once."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.exchange.registry_rows import PaymentRow
from cabinet.models import Account, Branch, ImportClaim, LedgerEntry
from cabinet.services import bulk
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.own import own_codes
from cabinet.services.importing.report import Outcome

#: What an operation code is unique among.
CLAIM = "payment"


def take_payments(rows: list[PaymentRow], intake: Intake) -> None:
    """Credit the payments that are new and keep the money of unknown accounts.

    An operation that came in another file is the same; twice in one file it is a
    repeat. A payment for an account that is not known waits in quarantine with its
    claim, so that it is not taken twice either. What the portal wrote out itself is in.
    """
    own = own_codes(rows)
    for row in rows:
        if row.code in own:
            intake.amount += row.amount
            intake.count(Outcome.SAME)
    rows = [row for row in rows if row.code not in own]
    accounts = _accounts([row.account for row in rows], intake)
    claimed = _claim([row.code for row in rows], intake.batch_id)
    before = _credited_before([row.code for row in rows if row.code not in claimed])
    entries: list[dict[str, Any]] = []
    credited: dict[int, Money] = defaultdict(lambda: Money(0))
    for row in rows:
        known = accounts.get(row.account)
        if known is None:
            intake.held += row.amount
            intake.refuse(
                row,
                "account",
                "лицевой счёт не найден, деньги ждут в карантине",
                Outcome.QUARANTINED,
            )
            continue
        account_id, zone = known
        if before.get(row.code, (account_id, row.amount)) != (account_id, row.amount):
            intake.refuse(
                row, "code", "операция уже зачтена с другой суммой или счётом"
            )
            continue
        intake.amount += row.amount
        if row.code not in claimed:
            intake.count(Outcome.SAME)
            continue
        intake.count(Outcome.NEW)
        credited[account_id] += row.amount
        entries.append(_entry(row, account_id, zone, intake))
    bulk.insert(LedgerEntry, entries)
    add_to_balances({account_id: -sum_ for account_id, sum_ in credited.items()})


def add_to_balances(changes: dict[int, Money]) -> None:
    """Change what the accounts owe, in the transaction of their ledger rows."""
    bulk.update(
        Account,
        '"balance" = "balance" + ?',
        # The order of ids keeps two imports from waiting for each other in a circle.
        [
            (change.kopecks, account_id)
            for account_id, change in sorted(changes.items())
        ],
    )


def _entry(
    row: PaymentRow, account_id: int, zone: ZoneInfo, intake: Intake
) -> dict[str, Any]:
    paid_at = datetime.combine(row.paid_on, row.paid_at, zone)
    return {
        "account": account_id,
        "kind": EntryKind.PAYMENT,
        "amount": -row.amount,
        "month": row.month,
        "effective_at": paid_at.astimezone(UTC),
        "posted_at": intake.now,
        "cause": _cause(intake.batch_id, row.code),
        "channel": "registry",
        "document": row.code,
        "batch": intake.batch_id,
    }


def _claim(codes: list[str], batch_id: int) -> set[str]:
    """Claim the operations; returns those that nobody had claimed."""
    added = bulk.insert(
        ImportClaim,
        # The order of codes keeps two imports from waiting for each other in a circle.
        [{"kind": CLAIM, "code": code, "batch": batch_id} for code in sorted(codes)],
        unless_there=True,
    )
    if added == len(codes):
        return set(codes)
    query = ImportClaim.select(ImportClaim.code).where(
        ImportClaim.kind == CLAIM,
        bulk.among(ImportClaim.code, codes),
        ImportClaim.batch == batch_id,
    )
    return {code for (code,) in query.tuples()}


def _credited_before(codes: list[str]) -> dict[str, tuple[int, Money]]:
    """Return whom and how much the operations of other files credited."""
    if not codes:
        return {}
    claims = ImportClaim.select(ImportClaim.batch, ImportClaim.code).where(
        ImportClaim.kind == CLAIM, bulk.among(ImportClaim.code, codes)
    )
    causes = {_cause(batch_id, code): code for batch_id, code in claims.tuples()}
    query = LedgerEntry.select(
        LedgerEntry.cause, LedgerEntry.account, LedgerEntry.amount
    ).where(
        LedgerEntry.kind == EntryKind.PAYMENT, bulk.among(LedgerEntry.cause, causes)
    )
    return {
        causes[cause]: (account_id, -amount)
        for cause, account_id, amount in query.tuples()
    }


def _cause(batch_id: int, code: str) -> str:
    return f"import:{batch_id}:{code}"


def _accounts(numbers: list[str], intake: Intake) -> dict[str, tuple[int, ZoneInfo]]:
    query = (
        Account.select(Account.number, Account.id, Branch.time_zone)
        .join(Branch)
        .where(bulk.among(Account.number, numbers), Account.branch.in_(intake.branches))
        .tuples()
    )
    return {number: (account_id, ZoneInfo(zone)) for number, account_id, zone in query}
