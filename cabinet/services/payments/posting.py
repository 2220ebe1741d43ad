"""The money of a payment on its accounts, once, and the number of its receipt."""

from datetime import datetime
from zoneinfo import ZoneInfo

from peewee import IntegrityError

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.payments.seen import FiscalState
from cabinet.domain.period import local_day
from cabinet.models import (
    Account,
    Branch,
    LedgerEntry,
    Payment,
    PaymentAttempt,
    PaymentReceipt,
    PaymentShare,
    ReceiptSeries,
)
from cabinet.models.base import database, lock
from cabinet.services import outbox

#: How money that came this way is called in the ledger.
CHANNEL = "card"


def post(payment: Payment, *, now: datetime) -> PaymentReceipt:
    """Write the shares down inside the open transaction; a second time cannot be.

    The unique cause of each entry decides it, whatever the code above does.
    """
    branch = Branch.get_by_id(payment.branch_id)
    receipt = _numbered(payment, branch, now)
    document = receipt.title
    # In the order of accounts: two payments never wait for each other in a circle.
    shares = list(
        PaymentShare.select(PaymentShare, Account)
        .join(Account)
        .where(PaymentShare.payment == payment)
        .order_by(PaymentShare.account)
    )
    for share in shares:
        LedgerEntry.create(
            account=share.account_id,
            kind=EntryKind.PAYMENT,
            amount=-share.amount,
            month=share.month,
            effective_at=payment.paid_at,
            posted_at=now,
            cause=cause_of(payment, share.account_id),
            channel=CHANNEL,
            document=document,
        )
        Account.update(balance=Account.balance - share.amount).where(
            Account.id == share.account_id
        ).execute()
    if payment.email:
        outbox.put(
            "payment_receipt",
            key=f"payment-receipt:{payment.public_id}",
            recipient=payment.email,
            user_id=payment.user_id,
            context={
                "number": document,
                "kopecks": payment.amount.kopecks,
                "shares": [
                    (share.account.number, share.amount.kopecks) for share in shares
                ],
                "at": payment.paid_at.isoformat(),
                "zone": branch.time_zone,
                "company_name": branch.company,
                "link": _page_of(payment),
                "has_cheque": payment.fiscal is not FiscalState.NONE,
            },
            now=now,
        )
    return receipt


def _page_of(payment: Payment) -> str:
    """Return the whole address of the payment's page, where the bank led back to."""
    attempts = PaymentAttempt.select().where(PaymentAttempt.payment == payment)
    url: str = attempts.order_by(PaymentAttempt.id.desc()).get().return_url
    return url


def cause_of(payment: Payment, account_id: int) -> str:
    """Return what makes the entry of a share the only one."""
    return f"payment:{payment.public_id}:{account_id}"


def _numbered(payment: Payment, branch: Branch, now: datetime) -> PaymentReceipt:
    """Give the payment the next number of the year: the locked series has no gaps."""
    year = local_day(payment.paid_at, ZoneInfo(branch.time_zone)).year
    mine = ReceiptSeries.year == year
    if not ReceiptSeries.update(last=ReceiptSeries.last).where(mine).execute():
        try:
            with database.savepoint():
                ReceiptSeries.create(year=year)
        except IntegrityError:
            pass
    series = lock(ReceiptSeries.select().where(mine)).get()
    ReceiptSeries.update(last=series.last + 1).where(mine).execute()
    return PaymentReceipt.create(
        payment=payment, year=year, number=series.last + 1, issued_at=now
    )
