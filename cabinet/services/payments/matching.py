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
    there, is_on_its_way = refunded_of(payment, seen), on_its_way(payment)
    whole = whole_of(payment, seen)
    is_known = seen.is_returning and is_on_its_way
    if seen.currency != "RUB" or (whole.amount != payment.amount and not is_known):
        return told
    if not is_same_state(payment.state, seen.state):
        return replace(told, kind=Difference.STATE)
    back = given_back(payment)
    if seen.is_rest and there is not None and there < back and not is_on_its_way:
        return replace(told, ours=payment.amount - back)
    if there is not None and there > back and not is_on_its_way:
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
    """Return what went back in all; None where the bank tells only that something did.

    What is still on its way has not gone back. A bank that tells what is left tells of a
    sum beside it only when all is back.
    """
    if not seen.is_rest:
        return seen.refunded
    if seen.is_returning:
        return None
    if seen.refunded:
        return payment.amount
    is_told = seen.state is Seen.SUCCEEDED and seen.amount < payment.amount
    return payment.amount - seen.amount if is_told else None


def whole_of(payment: Payment, seen: SeenPayment) -> SeenPayment:
    """Return the payment as the bank has it with what went back of it, if that is told."""
    is_told = payment.state in PAID and refunded_of(payment, seen) is not None
    return replace(seen, amount=payment.amount) if seen.is_rest and is_told else seen


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


def on_its_way(payment: Payment) -> bool:
    """Tell whether a refund of ours is asked for and not at its end."""
    query = Refund.select().where(
        Refund.payment == payment, Refund.state.in_(sorted(ON_ITS_WAY))
    )
    return bool(query.exists())
