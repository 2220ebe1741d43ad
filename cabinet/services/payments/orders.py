"""What a bank is asked to take for a payment, and what it is told of it."""

from datetime import timedelta
from urllib.parse import urlsplit

from cabinet.domain.payments.sent import SentShare, pack
from cabinet.gateways.base import (
    PAGE_SECONDS,
    FiscalItem,
    FiscalReceipt,
    Method,
    Order,
)
from cabinet.gateways.shops import OpenShop
from cabinet.models import Account, Payment, PaymentAttempt, PaymentShare


def order_of(payment: Payment, attempt: PaymentAttempt, shop: OpenShop) -> Order:
    """Return what the provider is asked to take: the call of an attempt."""
    shares = _shares(payment)
    numbers = ", ".join(share.account.number for share in shares)
    return Order(
        key=attempt.key,
        number=attempt.number,
        amount=payment.amount,
        description=f"Электроэнергия, лицевой счёт {numbers}"[:128],
        return_url=attempt.return_url,
        notice_url=f"{origin_of(attempt)}/webhooks/{shop.name}",
        method=Method(payment.method),
        receipt=_receipt(payment, shares, shop),
        metadata={
            "payment": str(payment.public_id),
            "accounts": numbers[:500],
            "order": attempt.number,
            # Whose payment it is, where several installations use one shop.
            "installation": urlsplit(attempt.return_url).netloc,
            "environment": shop.environment,
            "user": str(payment.user_id or ""),
            **pack(map(_sent, shares)),
        },
        lives_seconds=PAGE_SECONDS,
        expires_at=attempt.sent_at + timedelta(seconds=PAGE_SECONDS),
    )


def origin_of(attempt: PaymentAttempt) -> str:
    """Return the portal's own address, as it was when the payment was begun."""
    parts = urlsplit(attempt.return_url)
    return f"{parts.scheme}://{parts.netloc}"


def sent_shares(payment: Payment) -> list[SentShare]:
    """Return what an order tells of whom the payment is for."""
    return [_sent(share) for share in _shares(payment)]


def _shares(payment: Payment) -> list[PaymentShare]:
    return list(
        PaymentShare.select(PaymentShare, Account)
        .join(Account)
        .where(PaymentShare.payment == payment)
        .order_by(Account.number)
    )


def _sent(share: PaymentShare) -> SentShare:
    return SentShare(
        account=share.account.number, amount=share.amount, month=share.month
    )


def _receipt(
    payment: Payment, shares: list[PaymentShare], shop: OpenShop
) -> FiscalReceipt | None:
    if not payment.email or not shop.settings.receipts:
        return None
    return FiscalReceipt(
        email=payment.email,
        items=tuple(
            FiscalItem(
                description=f"Электроэнергия, счёт {share.account.number}",
                amount=share.amount,
                vat_code=shop.settings.vat_code,
            )
            for share in shares
        ),
        tax_system=shop.settings.tax_system,
    )
