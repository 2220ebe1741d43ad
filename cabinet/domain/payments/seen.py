"""What a provider's own interface tells of a payment or a refund, in our words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cabinet.domain.money import Money

_NOTHING = Money(0)


class Seen(StrEnum):
    """The state a provider tells, whatever its own word is."""

    PENDING = "pending"
    WAITING = "waiting_for_capture"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


class Reason(StrEnum):
    """Why a payment did not go through; the page has a sentence for each."""

    CARD_EXPIRED = "card_expired"
    CALL_ISSUER = "call_issuer"
    COUNTRY_FORBIDDEN = "country_forbidden"
    FRAUD_SUSPECTED = "fraud_suspected"
    GENERAL_DECLINE = "general_decline"
    IDENTIFICATION_REQUIRED = "identification_required"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    INVALID_CARD = "invalid_card"
    ISSUER_UNAVAILABLE = "issuer_unavailable"
    LIMIT_EXCEEDED = "limit_exceeded"
    METHOD_RESTRICTED = "method_restricted"
    THREE_D_SECURE_FAILED = "3d_secure_failed"
    TIME_IS_OVER = "time_is_over"
    CANCELED_BY_CUSTOMER = "canceled_by_customer"
    CANCELED_BY_MERCHANT = "canceled_by_merchant"
    UNKNOWN = "unknown"


class FiscalState(StrEnum):
    """Where the receipt of the cash register stands (54-ФЗ).

    What was SENT with the payment may be all we know: not every provider tells more.
    """

    NONE = "none"
    SENT = "sent"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPayment:
    """A payment as the provider tells it when asked.

    `order` is our own number of the attempt, empty where the provider does not repeat
    it; `refunded` is what of it was given back; `currency` is the ISO 4217 letters;
    `accounts` is the numbers of accounts we sent along, where the provider repeats them,
    and `sent` all the words we sent along;
    `is_rest` tells that something went back, and that the amount may be what is left;
    with `is_returning` it is on its way back, and may yet not go.
    """

    provider_id: str
    order: str
    state: Seen
    amount: Money
    currency: str
    refunded: Money = _NOTHING
    reason: Reason | None = None
    fiscal: FiscalState = FiscalState.NONE
    is_test: bool = False
    paid_at: datetime | None = None
    accounts: str = ""
    is_rest: bool = False
    is_returning: bool = False
    sent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRefund:
    """A refund as the provider tells it when asked."""

    provider_id: str
    state: Seen
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRefund:
    """A refund as the provider lists it, of whatever payment of the shop.

    `key` begins the key of the call that asked for it and `account` is whose share went
    back; both are empty for a refund made in the provider's own pages.
    """

    provider_id: str
    payment_id: str
    amount: Money
    key: str
    account: str
