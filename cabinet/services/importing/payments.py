"""Payments from a bank's registry: each operation credited once."""

from collections import defaultdict
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.exchange.registry_rows import PaymentRow
from cabinet.models import Account, Branch, ImportClaim, LedgerEntry
from cabinet.models.base import on_sqlite
from cabinet.services import bulk
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.own import own_codes
from cabinet.services.importing.report import Outcome

#: The fields of a ledger row, in the order in which they are given.
_ENTRY = (
    "account",
    "kind",
    "amount",
    "month",
    "effective_at",
    "posted_at",
    "cause",
    "channel",
    "document",
    "batch",
)

#: What an operation code is unique among.
CLAIM = "payment"


def take_payments(rows: list[PaymentRow], intake: Intake) -> None:
    """Credit the payments that are new and keep the money of unknown accounts.

    An operation that came in another file is the same; twice in one file it is a
    repeat. A payment for an account that is not known waits in quarantine with its
    claim, so that it is not taken twice either. What the portal wrote out itself is in.
    """
    own = own_codes(rows)
    if own:
        for row in rows:
            if row.code in own:
                intake.amount += row.amount
                intake.count(Outcome.SAME)
        rows = [row for row in rows if row.code not in own]
    accounts = _accounts([row.account for row in rows], intake)
    claimed = _claim([row.code for row in rows], intake.batch_id)
    before = _credited_before([row.code for row in rows if row.code not in claimed])
    entries: list[tuple[object, ...]] = []
    credited: dict[int, int] = defaultdict(int)
    make = _Entries(intake)
    amount = held = 0
    for row in rows:
        known, kopecks = accounts.get(row.account), row.amount.kopecks
        if known is None:
            held += kopecks
            intake.refuse(
                row,
                "account",
                "лицевой счёт не найден, деньги ждут разбора",
                Outcome.QUARANTINED,
            )
            continue
        account_id, zone = known
        credit = account_id, kopecks
        if before and before.get(row.code, credit) != credit:
            intake.refuse(
                row, "code", "операция уже зачтена с другой суммой или счётом"
            )
            continue
        amount += kopecks
        if row.code not in claimed:
            intake.count(Outcome.SAME)
            continue
        credited[account_id] += kopecks
        entries.append(make.entry(row, account_id, zone))
    intake.amount += Money(amount)
    intake.held += Money(held)
    if entries:
        intake.count(Outcome.NEW, len(entries))
    bulk.put(LedgerEntry, _ENTRY, entries)
    add_to_balances({one: Money(-kopecks) for one, kopecks in credited.items()})


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


class _Entries:
    """Makes the ledger rows of payments, as the driver takes them."""

    def __init__(self, intake: Intake) -> None:
        self._batch_id = intake.batch_id
        self._posted_at = bulk.plain(LedgerEntry.posted_at, intake.now)
        self._is_text = on_sqlite()
        self._kind = str(EntryKind.PAYMENT)

    def entry(
        self, row: PaymentRow, account_id: int, zone: ZoneInfo
    ) -> tuple[object, ...]:
        """Return the ledger row of a payment."""
        paid_at = datetime.combine(row.paid_on, row.paid_at, zone)
        moment = paid_at.astimezone(UTC).replace(tzinfo=None)
        month = row.month
        return (
            account_id,
            self._kind,
            -row.amount.kopecks,
            None if month is None else month.code,
            moment.isoformat(" ") if self._is_text else moment,
            self._posted_at,
            _cause(self._batch_id, row.code),
            "registry",
            row.code,
            self._batch_id,
        )


def _claim(codes: list[str], batch_id: int) -> set[str]:
    """Claim the operations; returns those that nobody had claimed."""
    added = bulk.insert_unless_there(
        ImportClaim,
        {"kind": CLAIM, "batch": batch_id},
        "code",
        # The order of codes keeps two imports from waiting for each other in a circle.
        sorted(codes),
    )
    if added == len(codes):
        return set(codes)
    query = ImportClaim.select(ImportClaim.code).where(
        ImportClaim.kind == CLAIM,
        bulk.among(ImportClaim.code, codes),
        ImportClaim.batch == batch_id,
    )
    return {code for (code,) in query.tuples()}


def _credited_before(codes: list[str]) -> dict[str, tuple[int, int]]:
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
        causes[cause]: (account_id, -amount.kopecks)
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
