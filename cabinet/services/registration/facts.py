"""What of a request fits the contract: compared, never shown to who asks."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.domain.registration import Fact
from cabinet.models import Account, Branch, LedgerEntry, RegistrationRequest

#: A payment may be made to be known; a day later the account's owner has heard of it.
EVIDENCE_AGE = timedelta(hours=24)
#: The receipt in hand may be one payment behind.
LAST_PAYMENTS = 2
CODE_DIGITS = 8
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
    code = receipt_code_of(account_number, pepper=pepper)
    is_code = hmac.compare_digest(code.encode(), receipt_code.encode())
    if account is not None and is_code:
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
    code = receipt_code_of(row.account_number, pepper=pepper)
    if row.account_id is not None and row.receipt_code_hash == hash_of(code, pepper):
        matched.add(Fact.RECEIPT_CODE)
    return frozenset(matched)


def hash_of(receipt_code: str, pepper: str) -> str:
    """Return the keyed hash of a code from a receipt: what was typed is not kept."""
    text = f"typed-code:{receipt_code}".encode()
    return hmac.new(pepper.encode(), text, hashlib.sha256).hexdigest()


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
        )
        .order_by(LedgerEntry.effective_at.desc(), LedgerEntry.id.desc())
        .limit(20)
        .tuples()
    )
    sums = [-amount for amount, least in rows if -amount >= least]
    return tuple(sums[:LAST_PAYMENTS])


def receipt_code_of(account_number: str, *, pepper: str) -> str:
    """Return the code that is printed on the receipts of an account: eight digits.

    It is made from the number with the installation's own secret, so nothing that is
    kept gives it away.
    """
    digest = hmac.new(
        pepper.encode(), b"receipt-code:" + account_number.encode(), hashlib.sha256
    ).digest()
    return str(int.from_bytes(digest[:8]) % 10**CODE_DIGITS).zfill(CODE_DIGITS)
