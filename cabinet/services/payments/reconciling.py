"""A day of a shop beside the provider's register, every difference written down.

What the provider's own later word settles is settled by asking it, and a payment that this
database has lost is put back; the rest waits for a specialist. A provider that lists
nothing is asked about each payment of ours instead, and its file tells what we do not
know of.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cabinet.domain.money import Money
from cabinet.domain.payments.difference import Difference
from cabinet.domain.payments.order_number import read_number
from cabinet.domain.payments.seen import Seen, SeenPayment
from cabinet.domain.payments.states import PAID
from cabinet.gateways.base import Gateway
from cabinet.gateways.shops import OpenShop
from cabinet.models import (
    Payment,
    PaymentAttempt,
    Reconciliation,
    ReconciliationItem,
)
from cabinet.models.base import database, reading, writing
from cabinet.models.keyed import keyed
from cabinet.services import audit
from cabinet.services.audit import SYSTEM, Actor
from cabinet.services.payments.matching import (
    Found,
    compare,
    is_same_state,
    number_of,
    repeated,
    whole_of,
)
from cabinet.services.payments.moving import locked, observe
from cabinet.services.payments.recovering import is_ours, recover
from cabinet.services.payments.refused import refused_moves_noted

#: Providers keep the days of Moscow, wherever the branch is.
MOSCOW = ZoneInfo("Europe/Moscow")

REGISTER = "register"
ASKED = "asked"
FILE = "file"

#: What is written beside a payment that was put back by itself.
RECOVERED = "восстановлен по данным банка и зачислен"


@dataclass(slots=True)
class Tally:
    """What a run has found so far; sums are of what each side calls paid."""

    matched: int = 0
    ours: Money = field(default_factory=lambda: Money(0))
    theirs: Money = field(default_factory=lambda: Money(0))
    found: list[Found] = field(default_factory=list)
    known: set[int] = field(default_factory=set)

    def add(self, payment: Payment, seen: SeenPayment, found: Found | None) -> None:
        """Count a payment that both sides have."""
        self.known.add(payment.id)
        if payment.state in PAID:
            self.ours += payment.amount
        if seen.state is Seen.SUCCEEDED:
            self.theirs += whole_of(payment, seen).amount
        if found is None:
            self.matched += 1
        else:
            self.found.append(found)


def reconcile(
    shop: OpenShop,
    day: date,
    *,
    now: datetime,
    listed: Sequence[SeenPayment] | None = None,
    actor: Actor = SYSTEM,
) -> uuid.UUID:
    """Compare a day of Moscow and return the run's public id.

    `listed` is what a file says in place of the provider's own list. Raises
    UnclearError and RefusedError when the provider does not answer: nothing is written
    of the run then, and it is to be made again.
    """
    source = FILE
    if listed is None:
        listed = tuple(shop.gateway.register(day))
        source = REGISTER if listed else ASKED
    tally = Tally()
    twice = repeated(listed) if source == FILE else set()
    seen_ids: set[str] = set()
    for seen in listed:
        named = number_of(seen)
        if named in seen_ids:
            continue
        seen_ids.add(named)
        _match(shop, seen, tally, now)
        if named in twice:
            tally.found.append(
                _of(Difference.DUPLICATE, seen, payment=_ours(shop.name, seen))
            )
    for payment in _of_day(shop.name, day):
        if payment.id not in tally.known:
            _look_for(shop, payment, tally, now)
    return _store(shop.name, day, source, tally, actor=actor, now=now)


def newest(shop: str, day: date) -> Reconciliation | None:
    """Return the run of the day that counts."""
    runs = Reconciliation.select().where(
        Reconciliation.shop == shop, Reconciliation.day == day
    )
    found: Reconciliation | None = runs.order_by(Reconciliation.made_at.desc()).first()
    return found


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run came to; `recovered` is how many payments it put back."""

    matched: int
    differences: int
    open_ones: int
    recovered: int


def summary(public_id: uuid.UUID) -> Summary:
    """Return what a run came to."""
    with reading():
        run = Reconciliation.get(Reconciliation.public_id == public_id)
        items = ReconciliationItem.select().where(
            ReconciliationItem.reconciliation == run
        )
        left = items.where(ReconciliationItem.closed_at.is_null())
        back = items.where(
            ReconciliationItem.closed_by.is_null(),
            ReconciliationItem.remark == RECOVERED,
        )
        return Summary(run.matched, run.differences, left.count(), back.count())


def _match(shop: OpenShop, seen: SeenPayment, tally: Tally, now: datetime) -> None:
    """Take one row of theirs; where the two disagree the provider itself is asked."""
    with reading():
        payment = _ours(shop.name, seen)
    if payment is not None and _is_another(payment, seen):
        if seen.state is Seen.SUCCEEDED:
            tally.theirs += seen.amount
            kind = Difference.MISSING_HERE
            if payment.state in PAID:
                kind = Difference.DUPLICATE
            tally.found.append(_of(kind, seen, payment=payment))
        return
    if payment is None:
        _take_back(shop, seen, tally, now)
        return
    if not is_same_state(payment.state, seen.state):
        fresh = _ask(shop.gateway, payment, seen)
        if fresh is not None:
            seen = fresh
            payment = _learn(shop, payment, fresh, now)
    with reading():
        found = compare(payment, seen)
    tally.add(payment, seen, found)


def _take_back(shop: OpenShop, seen: SeenPayment, tally: Tally, now: datetime) -> None:
    """Take what nobody here knows of: back if it is ours, else to be looked at."""
    fresh: SeenPayment | None = seen
    if not seen.sent and is_ours(shop, seen.order):
        # A file repeats less than the bank itself does when it is asked.
        fresh = _ask_there(shop.gateway, seen.provider_id, [seen.order])
    payment = fresh and recover(shop, fresh, source="reconciliation", now=now)
    if payment and fresh:
        with reading():
            found = compare(payment, fresh)
        tally.add(payment, fresh, found)
        if payment.state in PAID:
            whole = whole_of(payment, fresh)
            item = _of(Difference.MISSING_HERE, whole, payment=payment)
            tally.found.append(replace(item, remark=RECOVERED))
    elif seen.state is Seen.SUCCEEDED:
        tally.theirs += seen.amount
        tally.found.append(_of(Difference.MISSING_HERE, seen))


def _look_for(shop: OpenShop, payment: Payment, tally: Tally, now: datetime) -> None:
    """Ask about a payment of ours that the provider did not list."""
    seen = _ask(shop.gateway, payment, None)
    if seen is None:
        if payment.state in PAID:
            tally.known.add(payment.id)
            tally.ours += payment.amount
            tally.found.append(
                Found(
                    kind=Difference.MISSING_THERE,
                    provider_id=payment.provider_id or str(payment.public_id),
                    payment=payment,
                    ours=payment.amount,
                    our_state=payment.state.value,
                )
            )
        return
    if not is_same_state(payment.state, seen.state):
        payment = _learn(shop, payment, seen, now)
    with reading():
        found = compare(payment, seen)
    tally.add(payment, seen, found)


def _learn(
    shop: OpenShop, payment: Payment, seen: SeenPayment, now: datetime
) -> Payment:
    """Take the provider's own word, as the poller would."""
    noted = refused_moves_noted(f"payment:{payment.public_id}", now=now)
    with noted, writing():
        row = locked(payment.id)
        observe(row, seen, shop, source="reconciliation", now=now)
        return row


def _ask(
    gateway: Gateway, payment: Payment, seen: SeenPayment | None
) -> SeenPayment | None:
    provider_id = payment.provider_id or (seen.provider_id if seen else "")
    numbers = [
        one.number
        for one in PaymentAttempt.select().where(PaymentAttempt.payment == payment)
    ]
    return _ask_there(gateway, provider_id, numbers)


def _ask_there(
    gateway: Gateway, provider_id: str, numbers: Sequence[str]
) -> SeenPayment | None:
    # The provider may take ten seconds: no connection is held meanwhile.
    database.close()
    if provider_id:
        return gateway.ask(provider_id)
    for number in numbers:
        found = gateway.find(number)
        if found is not None:
            return found
    return None


def _ours(shop: str, seen: SeenPayment) -> Payment | None:
    """Return our payment by the provider's number, else by the number of an attempt."""
    mine = Payment.shop == shop
    if seen.provider_id:
        found = Payment.get_or_none(mine, Payment.provider_id == seen.provider_id)
        if found is not None:
            return found
    if not seen.order:
        return None
    attempts = Payment.select().join(PaymentAttempt)
    return attempts.where(mine, PaymentAttempt.number == seen.order).first()


def _is_another(payment: Payment, seen: SeenPayment) -> bool:
    """Tell whether the order of our payment was registered there a second time."""
    numbers = {payment.provider_id, seen.provider_id}
    return None not in numbers and "" not in numbers and len(numbers) > 1


def _of_day(shop: str, day: date) -> Iterator[Payment]:
    """Yield the payments begun on the day of Moscow that the provider has heard of."""
    starts = datetime.combine(day, time(), MOSCOW).astimezone(UTC)
    ends = datetime.combine(day + timedelta(days=1), time(), MOSCOW).astimezone(UTC)
    with reading():
        rows = list(
            Payment.select()
            .where(
                Payment.shop == shop,
                Payment.created_at >= starts,
                Payment.created_at < ends,
                Payment.provider_id.is_null(False) | Payment.state.in_(sorted(PAID)),
            )
            .order_by(Payment.id)
        )
    yield from rows


def _of(
    kind: Difference, seen: SeenPayment, *, payment: Payment | None = None
) -> Found:
    return Found(
        kind=kind,
        provider_id=number_of(seen),
        payment=payment,
        ours=payment and payment.amount,
        theirs=seen.amount,
        our_state=payment.state.value if payment else "",
        their_state=seen.state.value,
        order=seen.order,
        accounts=seen.accounts or _named(seen.order),
    )


def _named(order: str) -> str:
    """Return the accounts that the number of an order tells, where it is one of ours."""
    named = read_number(order)
    return ", ".join(named.accounts) if named else ""


@keyed
def _store(
    shop: str,
    day: date,
    source: str,
    tally: Tally,
    *,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    with writing():
        before = newest(shop, day)
        closed = {} if before is None else _closings(before)
        if before is not None and before.made_at >= now:
            now = before.made_at + timedelta(microseconds=1)
        unique = {(one.provider_id, one.kind): one for one in tally.found}
        run = Reconciliation.create(
            public_id=uuid.uuid4(),
            shop=shop,
            day=day,
            source=source,
            made_at=now,
            matched=tally.matched,
            differences=len(unique),
            ours=tally.ours,
            theirs=tally.theirs,
        )
        for found in unique.values():
            ReconciliationItem.create(
                reconciliation=run,
                kind=found.kind,
                payment=found.payment,
                provider_id=found.provider_id,
                ours=found.ours,
                theirs=found.theirs,
                our_state=found.our_state,
                their_state=found.their_state,
                order=found.order,
                accounts=found.accounts[:500],
                **(_by_itself(found, now) or closed.get(found.key, {})),
            )
        audit.record(
            actor,
            "reconciliation.made",
            now=now,
            subject=f"reconciliation:{run.public_id}",
            shop=shop,
            day=day.isoformat(),
            differences=len(unique),
        )
        return uuid.UUID(str(run.public_id))


def _by_itself(found: Found, now: datetime) -> dict[str, object]:
    """Return the closing of a difference that needs nobody."""
    return {"closed_at": now, "remark": found.remark} if found.remark else {}


def _closings(run: Reconciliation) -> dict[tuple[object, ...], dict[str, object]]:
    """Return how the differences of a run were closed: unchanged ones stay so."""
    rows = ReconciliationItem.select().where(
        ReconciliationItem.reconciliation == run,
        ReconciliationItem.closed_at.is_null(False),
    )
    kept: dict[tuple[object, ...], dict[str, object]] = {}
    for row in rows:
        sums = (row.ours, row.theirs, row.our_state, row.their_state)
        kept[row.kind, row.provider_id, *sums] = {
            "closed_at": row.closed_at,
            "closed_by": row.closed_by_id,
            "remark": row.remark,
        }
    return kept
