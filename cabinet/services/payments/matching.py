"""One payment here beside one at the provider: whether they tell the same."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from peewee import fn

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.domain.payments.difference import Difference
from cabinet.domain.payments.seen import Seen, SeenPayment
from cabinet.domain.payments.states import OPEN, PAID, UNPAID, PaymentState
from cabinet.models import LedgerEntry, Payment, PaymentShare, Refund
from cabinet.services.payments.posting import cause_of
from cabinet.services.payments.refund_moves import ON_ITS_WAY, given_back

#: What is told of a payment whose money went back there and not here.
REFUNDED_THERE = "refunded"

_SAME = {
    Seen.SUCCEEDED: PAID,
    Seen.CANCELED: UNPAID,
    # Nothing has come yet: what has run out here is closed there a little later.
    Seen.PENDING: OPEN | UNPAID,
    Seen.WAITING: OPEN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One difference; sums and states as each side tells them.

    With a `remark` it is closed by itself.
    """

    kind: Difference
    provider_id: str
    payment: Payment | None = None
    ours: Money | None = None
    theirs: Money | None = None
    our_state: str = ""
    their_state: str = ""
    order: str = ""
    accounts: str = ""
    remark: str = ""

    @property
    def key(self) -> tuple[object, ...]:
        """Return what makes it the same difference in another run."""
        sums = (self.ours, self.theirs, self.our_state, self.their_state)
        return (self.kind, self.provider_id, *sums)


def is_same_state(state: PaymentState, seen: Seen) -> bool:
    """Tell whether both sides agree on whether the money has come."""
    return state in _SAME[seen]


def compare(payment: Payment, seen: SeenPayment) -> Found | None:
    """Return how they differ; what went back is compared where it is told."""
    told = Found(
        kind=Difference.AMOUNT,
        provider_id=payment.provider_id or number_of(seen),
        payment=payment,
        ours=payment.amount,
        theirs=seen.amount,
        our_state=payment.state.value,
        their_state=seen.state.value,
        order=seen.order,
        accounts=seen.accounts,
    )
    there = refunded_of(payment, seen)
    is_rest = seen.is_rest and payment.state in PAID and there is not None
    amount = payment.amount if is_rest else seen.amount
    if (amount, seen.currency) != (payment.amount, "RUB"):
        return told
    if not is_same_state(payment.state, seen.state):
        return replace(told, kind=Difference.STATE)
    back = given_back(payment)
    if there is not None and there > back and not _is_on_its_way(payment):
        return replace(
            told,
            kind=Difference.STATE,
            ours=back,
            theirs=there,
            their_state=REFUNDED_THERE,
        )
    posted = posted_of(payment)
    if posted != (payment.amount if payment.state in PAID else Money(0)):
        return replace(told, ours=posted)
    return None


def refunded_of(payment: Payment, seen: SeenPayment) -> Money | None:
    """Return what went back in all; None where the bank tells only that something did."""
    if not seen.is_rest or seen.refunded:
        return seen.refunded
    is_told = seen.state is Seen.SUCCEEDED and seen.amount < payment.amount
    return payment.amount - seen.amount if is_told else None


def posted_of(payment: Payment) -> Money:
    """Return what the ledger holds of the payment."""
    shares = PaymentShare.select().where(PaymentShare.payment == payment)
    causes = [cause_of(payment, share.account_id) for share in shares]
    found = (
        LedgerEntry.select(fn.SUM(LedgerEntry.amount))
        .where(LedgerEntry.kind == EntryKind.PAYMENT, LedgerEntry.cause.in_(causes))
        .scalar()
    )
    return Money(-int(found or 0))


def repeated(listed: Iterable[SeenPayment]) -> set[str]:
    """Return the numbers that are listed as paid more than once."""
    once: set[str] = set()
    twice: set[str] = set()
    for seen in listed:
        if seen.state is Seen.SUCCEEDED:
            named = number_of(seen)
            (twice if named in once else once).add(named)
    return twice


def number_of(seen: SeenPayment) -> str:
    """Return what the provider calls the payment; a file may know only our number."""
    return seen.provider_id or seen.order


def _is_on_its_way(payment: Payment) -> bool:
    query = Refund.select().where(
        Refund.payment == payment, Refund.state.in_(sorted(ON_ITS_WAY))
    )
    return bool(query.exists())
