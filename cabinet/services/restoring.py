"""What a copy of the database must forget before anybody uses it again, and must learn.

Between the copy and now people signed out, links were used and letters left, and money
went to the bank and back: what the copy says of all that is no longer so.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from peewee import Field, fn

from cabinet.domain.payments.refunds import RefundEvent, RefundState
from cabinet.domain.people import Role
from cabinet.gateways.shops import OpenShop
from cabinet.models import (
    AuditEntry,
    Beat,
    Job,
    Notice,
    OneTimeToken,
    OutboxMessage,
    Payment,
    Refund,
    SecondFactor,
    Session,
    User,
)
from cabinet.models.base import writing
from cabinet.services import audit, factors, outbox
from cabinet.services.payments import reconciling, refunds_back
from cabinet.services.payments.reconciling import MOSCOW
from cabinet.services.payments.refund_moves import locked_refund, take_refund

#: Acquirers are asked from so long before the copy: a payment may have ended after it.
LOOK_BACK = timedelta(hours=48)
MAIL = "database_restored"
#: The entry of the log that says as of which moment the database was brought back.
RESTORED = "database.restored"
#: Who of the office must know that what customers sent is lost.
TOLD = (Role.ADMIN, Role.SUPERVISOR)


def standing_since(now: datetime) -> datetime | None:
    """Return as of which moment a database stands that others have brought back.

    It is the last moment that a visit, the worker or the log has left in it: what the
    database knows is as new as that or newer, so a bank is asked rather for too much.
    Where nobody has used it since it was last made fit, what was begun then goes on, from
    the same moment. None where it tells of no moment at all. Its schema may be an older
    one.
    """
    beat = _last(Beat.at) if Beat.table_exists() else None
    used = max(filter(None, (_last(Session.last_seen_at), beat)), default=None)
    made_fit = _last_entry()
    if made_fit is not None and (used is None or used <= made_fit.at):
        return _moment_of(made_fit)
    found = max(filter(None, (used, _last(AuditEntry.at))), default=None)
    return found and min(found, now)


def last_restored() -> datetime | None:
    """Return as of which moment the database was last brought back; None if it never was."""
    found = _last_entry()
    return found and _moment_of(found)


def _last(field: Field) -> datetime | None:
    found: datetime | None = field.model.select(fn.MAX(field)).scalar()
    return found


def _last_entry() -> AuditEntry | None:
    found: AuditEntry | None = (
        AuditEntry.select(AuditEntry.at, AuditEntry.details)
        .where(AuditEntry.action == RESTORED)
        .order_by(AuditEntry.id.desc())
        .first()
    )
    return found


def _moment_of(entry: AuditEntry) -> datetime:
    return datetime.fromisoformat(entry.details["taken_at"])


@dataclass(frozen=True, slots=True)
class Voided:
    """How many of each kind were ended."""

    sessions: int
    links: int
    letters: int


def void(*, taken_at: datetime, now: datetime) -> Voided:
    """End sessions, one-time links and leases; no code shown until now counts again.

    A letter that waited in the copy may have left since: it leaves again, rather twice
    than never, unless it holds a link or a code, which no longer work. Whatever the bank
    was to be asked about is asked about at once, and a refund that was to be sent may
    have been: the bank is asked before it is sent again. Noted in the log with the moment
    of the copy.
    """
    with writing():
        made = Voided(
            sessions=Session.update(revoked_at=now)
            .where(Session.revoked_at.is_null())
            .execute(),
            links=OneTimeToken.update(used_at=now)
            .where(OneTimeToken.used_at.is_null())
            .execute(),
            letters=OutboxMessage.update(failed_at=now, error="restored")
            .where(
                OutboxMessage.sent_at.is_null(),
                OutboxMessage.failed_at.is_null(),
                OutboxMessage.is_secret,
            )
            .execute(),
        )
        OutboxMessage.update(lease_until=None).execute()
        Job.update(lease_until=None).where(Job.done_at.is_null()).execute()
        SecondFactor.update(last_step=factors.step_at(now)).execute()
        Payment.update(ask_at=now).where(Payment.ask_at.is_null(False)).execute()
        Notice.update(next_at=now).where(Notice.next_at.is_null(False)).execute()
        _doubt_refunds(taken_at, now)
        audit.record(
            audit.SYSTEM,
            RESTORED,
            now=now,
            taken_at=taken_at.isoformat(),
            sessions=made.sessions,
            links=made.links,
            letters=made.letters,
        )
    return made


def _doubt_refunds(taken_at: datetime, now: datetime) -> None:
    """Let nobody send what may have been sent since: its key, or the bank, decides."""
    rows = list(Refund.select().where(Refund.state == RefundState.APPROVED))
    for row in rows:
        payment, refund = locked_refund(row.id)
        # A call made after the copy has its key at the bank for longer than this says.
        refund.sent_at = taken_at
        for event in (RefundEvent.SUBMIT, RefundEvent.UNCLEAR):
            take_refund(payment, refund, event, now=now)
    Refund.update(ask_at=now).where(Refund.ask_at.is_null(False)).execute()


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a bank told of the time since the copy.

    `payments` and `refunds` were put back; `left` is what a specialist must look at, and
    `unheard` of how many payments the bank did not tell whether anything went back.
    """

    payments: int = 0
    refunds: int = 0
    left: int = 0
    unheard: int = 0

    def __add__(self, other: "Learnt") -> "Learnt":
        return Learnt(
            self.payments + other.payments,
            self.refunds + other.refunds,
            self.left + other.left,
            self.unheard + other.unheard,
        )


def learn(shop: OpenShop, *, taken_at: datetime, now: datetime) -> Learnt:
    """Ask a bank for each day since 48 hours before the copy, and take what it tells.

    A second time changes nothing. Raises UnclearError and RefusedError when the bank
    does not answer; what was taken until then stays.
    """
    since = taken_at - LOOK_BACK
    day, last = since.astimezone(MOSCOW).date(), now.astimezone(MOSCOW).date()
    found, open_ones = Learnt(), {}
    before = _count_refunds(shop)
    while day <= last:
        told = reconciling.summary(reconciling.reconcile(shop, day, now=now))
        found += Learnt(payments=told.recovered)
        open_ones[day] = told.open_ones
        day += timedelta(days=1)
    back = refunds_back.bring_back(shop, since=since, now=now)
    for day in [day for day, count in open_ones.items() if count and back.posted]:
        # What the day told before of money that went back is so no more.
        told = reconciling.summary(reconciling.reconcile(shop, day, now=now))
        open_ones[day] = told.open_ones
    left = sum(open_ones.values())
    return found + Learnt(
        refunds=_count_refunds(shop) - before,
        left=max(left, back.left),
        unheard=back.unheard,
    )


def _count_refunds(shop: OpenShop) -> int:
    """Return how many refunds have succeeded: some come back with their payments.

    While the worker lives those it ends meanwhile are among them.
    """
    done = (Payment.shop == shop.name) & (Refund.state == RefundState.SUCCEEDED)
    return int(Refund.select().join(Payment).where(done).count())


def tell(found: Learnt, *, taken_at: datetime, now: datetime, link: str) -> int:
    """Write to whoever leads the office what is lost; returns to how many."""
    with writing():
        people = User.select().where(
            User.role.in_(TOLD),
            User.disabled_at.is_null(),
            User.email.is_null(False),
        )
        return sum(
            outbox.put(
                MAIL,
                key=f"{MAIL}:{now.isoformat()}:{user.id}",
                recipient=user.email,
                context={
                    "at": taken_at.isoformat(),
                    "until": now.isoformat(),
                    "zone": MOSCOW.key,
                    "payments": found.payments,
                    "refunds": found.refunds,
                    "left": found.left,
                    "link": link,
                },
                user_id=user.id,
                now=now,
            )
            for user in people
        )
