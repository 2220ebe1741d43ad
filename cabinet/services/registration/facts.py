"""What of a request fits the contract: compared, never shown to who asks."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.registration import Fact
from cabinet.models import Account, Branch, LedgerEntry, RegistrationRequest
from cabinet.services.taken_back import stands

#: A payment may be made to be known; a day later the account's owner has heard of it.
EVIDENCE_AGE = timedelta(hours=24)
#: The receipt in hand may be one payment behind.
LAST_PAYMENTS = 2
CODE_DIGITS = 8
#: Receipts of so many months count beside the one that runs.
CODE_MONTHS = 3
_NOBODY = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """The account of the number, None where there is none, and the facts that fit."""

    account_id: int | None
    matched: frozenset[Fact]


def compare(
    account_number: str,
    *,
    amount: Money | None,
    receipt_code: str,
    pepper: str,
    now: datetime,
) -> Compared:
    """Compare what was typed with the contract, inside the open transaction.

    A number nobody has asks the database the same questions as one that is there.
    """
    account = Account.get_or_none(Account.number == account_number)
    account_id = account.id if account else _NOBODY
    payments = last_payments(account_id, now=now)
    matched = set()
    if amount is not None and amount in payments:
        matched.add(Fact.PAYMENT)
    fits = [
        hmac.compare_digest(code.encode(), receipt_code.encode())
        for code in _codes(account_number, pepper, now)
    ]
    if account is not None and any(fits):
        matched.add(Fact.RECEIPT_CODE)
    return Compared(
        account_id=account.id if account else None, matched=frozenset(matched)
    )


def compare_kept(row: RegistrationRequest, *, pepper: str) -> frozenset[Fact]:
    """Compare what is kept of a request with the contract as it was when it was asked.

    Of a code from a receipt only its hash is kept.
    """
    matched = set()
    payments = last_payments(row.account_id or _NOBODY, now=row.created_at)
    if row.amount is not None and row.amount in payments:
        matched.add(Fact.PAYMENT)
    codes = _codes(row.account_number, pepper, row.created_at)
    hashes = {hash_of(code, pepper) for code in codes}
    if row.account_id is not None and row.receipt_code_hash in hashes:
        matched.add(Fact.RECEIPT_CODE)
    return frozenset(matched)


def hash_of(receipt_code: str, pepper: str) -> str:
    """Return the keyed hash of a code from a receipt: what was typed is not kept."""
    text = f"typed-code:{receipt_code}".encode()
    return hmac.new(pepper.encode(), text, hashlib.sha256).hexdigest()


def _codes(account_number: str, pepper: str, now: datetime) -> tuple[str, ...]:
    """Return the codes that count: of the month that runs and of the three before."""
    month = Month.of(now.date())
    return tuple(
        receipt_code_of(account_number, month.plus(-ago), pepper=pepper)
        for ago in range(CODE_MONTHS + 1)
    )


def last_payments(account_id: int, *, now: datetime) -> tuple[Money, ...]:
    """Return the sums of the last payments that count as evidence, newest first."""
    rows = (
        LedgerEntry.select(LedgerEntry.amount, Branch.least_evidence)
        .join(Account)
        .join(Branch)
        .where(
            LedgerEntry.account == account_id,
            LedgerEntry.kind == EntryKind.PAYMENT,
            LedgerEntry.effective_at <= now - EVIDENCE_AGE,
            stands(),
        )
        .order_by(LedgerEntry.effective_at.desc(), LedgerEntry.id.desc())
        .limit(20)
        .tuples()
    )
    sums = [-amount for amount, least in rows if -amount >= least]
    return tuple(sums[:LAST_PAYMENTS])


def receipt_code_of(account_number: str, month: Month, *, pepper: str) -> str:
    """Return the code printed on an account's receipt of the month: eight digits.

    It is made from both with the installation's own secret, so nothing that is kept
    gives it away, and who held a receipt once does not know the codes of later ones.
    """
    text = f"receipt-code:{account_number}:{month}".encode()
    digest = hmac.new(pepper.encode(), text, hashlib.sha256).digest()
    return str(int.from_bytes(digest[:8]) % 10**CODE_DIGITS).zfill(CODE_DIGITS)
