"""What every acquirer can do for us, and the three ways a call ends badly."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from typing import Protocol
from uuid import UUID

from cabinet.domain.money import Money
from cabinet.domain.payments.seen import (
    ListedRefund,
    Reason,
    SeenPayment,
    SeenRefund,
)

_NOTHING = Money(0)


#: How long a page lasts where the provider is told so.
PAGE_SECONDS = 1200


class UnclearError(Exception):
    """Nobody knows whether the provider did it: a timeout, a 5xx, an unreadable answer."""


class RefusedError(Exception):
    """The provider understood and did not do it; `words` is its own text, for staff."""

    def __init__(
        self, code: str, words: str = "", reason: Reason | None = None
    ) -> None:
        super().__init__(f"{code}: {words}")
        self.code = code
        self.words = words
        self.reason = reason


class NotOursError(Exception):
    """A notice that the provider's rule does not prove: not from the provider."""


class Method(StrEnum):
    """How the customer pays on the provider's page."""

    CARD = "card"
    SBP = "sbp"


@dataclass(frozen=True, slots=True, kw_only=True)
class FiscalItem:
    """A line of the cash register's receipt (54-ФЗ), codes as YooKassa lists them.

    `vat_code` 11 is 22 %, 12 is 22/122 (from 1 January 2026).
    """

    description: str
    amount: Money
    vat_code: int
    subject: str = "service"
    mode: str = "full_payment"


@dataclass(frozen=True, slots=True, kw_only=True)
class FiscalReceipt:
    """What goes to the cash register; the items add up to the payment's amount."""

    email: str
    items: tuple[FiscalItem, ...]
    tax_system: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A payment to be started.

    `key` is the idempotency key, written down before the call; `number` is our number
    of the attempt, unique, of digits, letters and hyphens: at most 32, or as many as the
    provider's `number_signs`.
    `metadata` goes to the provider's register, so that a lost database can be rebuilt.
    `expires_at` is when the page closes, for a provider that takes a moment; one that
    takes a span gets `lives_seconds`.
    """

    key: UUID
    number: str
    amount: Money
    description: str
    return_url: str
    notice_url: str
    method: Method = Method.CARD
    receipt: FiscalReceipt | None = None
    metadata: Mapping[str, str]
    lives_seconds: int = PAGE_SECONDS
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The payment at the provider and the address of its page.

    `pay_url` is empty when a repeated call finds nothing left to be paid.
    """

    provider_id: str
    pay_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundOrder:
    """A refund to be asked for; `key` is its own idempotency key.

    `account` is whose share goes back, told to a provider that repeats it.
    `refunded_before` is what of the payment was given back earlier: a provider without
    refunds of their own tells only how much is given back in all, so one payment has
    one refund on its way at a time.
    """

    key: UUID
    provider_id: str
    amount: Money
    payment_amount: Money
    reason: str
    account: str = ""
    receipt: FiscalReceipt | None = None
    refunded_before: Money = _NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a proved notice is about; it moves nothing, it only says what to ask."""

    provider_id: str
    order: str
    event: str


class Gateway(Protocol):
    """One shop at one provider.

    Calls raise UnclearError when it is not known whether they were done and
    RefusedError when they were not; each ends within the shop's timeouts. Arguments
    without a keyword come by position: not every provider needs all of them.
    """

    #: How a call whose answer was lost is repeated: with the same key, or, where the
    #: provider has none, only after asking by our number.
    repeats_by_key: bool
    #: How long the page may be paid on after the payment was registered.
    page_lasts: timedelta
    #: What a notice is answered with once it is stored.
    notice_answer: str
    #: Whether refunds have a list of their own; else each payment tells what went back.
    lists_refunds: bool
    #: The longest number of an order, where it may be all that comes back of one; nothing
    #: where what was sent along always does.
    number_signs: int

    def start(self, order: Order) -> Started:
        """Register the payment and return the address of the provider's page."""

    def ask(self, provider_id: str) -> SeenPayment | None:
        """Return the payment as the provider has it, None when it knows none such."""

    def find(
        self, number: str, sent_at: datetime | None = None, /
    ) -> SeenPayment | None:
        """Return the payment by our own number, None when the provider has none.

        `sent_at` is when the call was sent: a provider that does not search by our
        number is asked for the list of the day that begins an hour before.
        """

    def refund(self, order: RefundOrder) -> SeenRefund:
        """Give back a part or the whole."""

    def ask_refund(self, order: RefundOrder, refund_id: str, /) -> SeenRefund | None:
        """Return the refund as the provider has it; `refund_id` may be empty."""

    def register(self, day: date, /) -> Iterator[SeenPayment]:
        """Return the payments of the day of Moscow, as far as the provider lists them."""

    def refunds(self, since: datetime, /) -> Iterator[ListedRefund]:
        """Return the refunds made since the moment, where the provider lists them."""

    def read_notice(
        self,
        body: bytes,
        headers: Mapping[str, str],
        query: Mapping[str, str],
        address: IPv4Address | IPv6Address | None,
        /,
    ) -> Notice:
        """Return what the notice is about.

        Raises NotOursError for one that the provider's rule does not prove, ValueError
        for one that cannot be read.
        """
