"""Reconciliations as a specialist sees them: days of shops, and one day up close."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from peewee import fn

from cabinet.domain.money import Money
from cabinet.domain.payments.difference import Difference
from cabinet.domain.payments.seen import SeenPayment
from cabinet.gateways.base import RefusedError, UnclearError
from cabinet.gateways.shops import Shops
from cabinet.models import (
    Account,
    Beat,
    Payment,
    PaymentShare,
    Reconciliation,
    ReconciliationItem,
    User,
)
from cabinet.models.base import reading, writing
from cabinet.services import audit, beats
from cabinet.services.audit import SYSTEM, Actor
from cabinet.services.payments import reconciling
from cabinet.services.payments.differences import TO_ATTACH, shops_of
from cabinet.services.payments.matching import REFUNDED_THERE
from cabinet.services.payments.moving import PaymentNotFoundError
from cabinet.services.staff import Member

#: Days shown, the newest first; and differences shown of one day.
DAYS = 31
MOST = 500
#: The hour of Moscow after which yesterday is compared: banks have closed it by then.
HOUR = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class RunShown:
    """The run of a day that counts; `open_ones` is what nobody has closed."""

    public_id: uuid.UUID
    shop: str
    day: date
    source: str
    made_at: datetime
    matched: int
    differences: int
    open_ones: int
    ours: Money
    theirs: Money


@dataclass(frozen=True, kw_only=True, slots=True)
class Days:
    """The shops of whoever looks, and their runs by day."""

    shops: tuple[str, ...]
    days: tuple[tuple[date, tuple[RunShown | None, ...]], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemShown:
    """A difference; `account` is what stands in the form that puts money on it."""

    item: int
    kind: Difference
    payment: uuid.UUID | None
    provider_id: str
    order: str
    accounts: str
    ours: Money | None
    theirs: Money | None
    our_state: str
    their_state: str
    closed_at: datetime | None
    closed_by: str
    remark: str
    account: str
    may_attach: bool
    may_note: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class RunCard:
    """A run and its differences; an old one is no longer the one that counts."""

    run: RunShown
    is_newest: bool
    items: tuple[ItemShown, ...]


def days(
    member: Member, shops: Shops, *, today: date, actor: Actor, now: datetime
) -> Days:
    """Return the last month of the shops whose money the member of staff may see.

    A look is noted; no account is on the page.
    """
    names = sorted(shops_of(member, shops))
    with writing():
        audit.record(actor, "reconciliations.listed", now=now, shops=names)
        rows = list(
            Reconciliation.select()
            .where(
                Reconciliation.shop.in_(names),
                Reconciliation.day > today - timedelta(days=DAYS),
            )
            .order_by(Reconciliation.made_at)
        )
        counts = {(row.day, row.shop): row for row in rows}
        left = _open_ones([row.id for row in counts.values()])
        shown = {key: _shown(row, left.get(row.id, 0)) for key, row in counts.items()}
        known = sorted({day for day, _shop in shown}, reverse=True)
        return Days(
            shops=tuple(names),
            days=tuple(
                (day, tuple(shown.get((day, name)) for name in names)) for day in known
            ),
        )


def run_card(
    member: Member,
    public_id: uuid.UUID,
    shops: Shops,
    *,
    actor: Actor,
    now: datetime,
) -> RunCard:
    """Return a run and note who looked; raises PaymentNotFoundError."""
    with writing():
        run = Reconciliation.get_or_none(
            Reconciliation.public_id == public_id,
            Reconciliation.shop.in_(sorted(shops_of(member, shops))),
        )
        if run is None:
            raise PaymentNotFoundError(public_id)
        rows = list(
            ReconciliationItem.select(ReconciliationItem, Payment, User)
            .join(Payment, "LEFT OUTER JOIN")
            .switch(ReconciliationItem)
            .join(User, "LEFT OUTER JOIN", on=ReconciliationItem.closed_by == User.id)
            .where(ReconciliationItem.reconciliation == run)
            .order_by(
                ReconciliationItem.closed_at.is_null().desc(), ReconciliationItem.id
            )
            .limit(MOST)
        )
        accounts = _accounts(rows)
        audit.record_each(
            actor,
            "reconciliation.looked",
            _account_ids(rows),
            now=now,
            subject=f"reconciliation:{public_id}",
        )
        newest = reconciling.newest(run.shop, run.day)
        left = _open_ones([run.id])
        return RunCard(
            run=_shown(run, left.get(run.id, 0)),
            is_newest=newest is not None and newest.id == run.id,
            items=tuple(_item(row, accounts) for row in rows),
        )


def reconcile_due(shops: Shops, *, now: datetime) -> int:
    """Compare yesterday of each shop that has no run yet, from six in the morning.

    A shop whose bank does not answer is tried again at the next turn, and does not keep
    the others waiting. Returns how many were compared.
    """
    here = now.astimezone(reconciling.MOSCOW)
    if here.hour < HOUR:
        return 0
    yesterday = here.date() - timedelta(days=1)
    made = 0
    for shop in shops:
        if _is_compared(shop.name, yesterday):
            continue
        try:
            reconciling.reconcile(shop, yesterday, now=now)
        except (UnclearError, RefusedError) as error:
            with writing():
                audit.record(
                    SYSTEM,
                    "reconciliation.failed",
                    now=now,
                    subject=f"shop:{shop.name}",
                    day=yesterday.isoformat(),
                    why=type(error).__name__,
                )
            continue
        made += 1
    return made


def note_day(shops: Shops, *, now: datetime) -> None:
    """Write down that yesterday is compared for every shop, once, or is awaited.

    Whoever looks sees since when it is not. Where there is no shop nothing is awaited.
    """
    here = now.astimezone(reconciling.MOSCOW)
    if here.hour < HOUR:
        return
    yesterday = here.date() - timedelta(days=1)
    names = [shop.name for shop in shops]
    is_whole = bool(names) and all(_is_compared(name, yesterday) for name in names)
    with writing():
        row = Beat.get_or_none(Beat.name == beats.RECONCILIATION)
        told = row.told if row else {}
        day, count = yesterday.isoformat(), len(names)
        if is_whole and (told.get("day"), told.get("shops")) != (day, count):
            beats.put(
                beats.RECONCILIATION,
                now=now,
                told={"made": True, "shops": count, "day": day},
            )
        elif bool(names) != bool(told.get("shops")):
            # The first shop has come, or the last one has gone.
            beats.put(beats.RECONCILIATION, now=now, told={"shops": count})


def _is_compared(shop: str, day: date) -> bool:
    """Tell whether the day has a run; one of before it was over is none of the day."""
    over = datetime.combine(day + timedelta(days=1), time(), reconciling.MOSCOW)
    with reading():
        last = reconciling.newest(shop, day)
    return last is not None and bool(last.made_at >= over)


def reconcile_file(
    member: Member,
    shop_name: str,
    day: date,
    listed: Sequence[SeenPayment],
    shops: Shops,
    *,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Compare a day with the bank's file.

    Raises PaymentNotFoundError for a shop that is not theirs, UnclearError and
    RefusedError as `reconcile` does.
    """
    with reading():
        shop = shops_of(member, shops).get(shop_name)
    if shop is None:
        raise PaymentNotFoundError(shop_name)
    return reconciling.reconcile(shop, day, listed=listed, actor=actor, now=now)


def _open_ones(ids: Sequence[int]) -> dict[int, int]:
    rows = (
        ReconciliationItem.select(
            ReconciliationItem.reconciliation, fn.COUNT(ReconciliationItem.id)
        )
        .where(
            ReconciliationItem.reconciliation.in_(ids),
            ReconciliationItem.closed_at.is_null(),
        )
        .group_by(ReconciliationItem.reconciliation)
        .tuples()
    )
    return dict(rows)


def _accounts(rows: Sequence[ReconciliationItem]) -> dict[int, str]:
    """Return the number of the first account of each payment that is named."""
    shares = (
        PaymentShare.select(PaymentShare, Account)
        .join(Account)
        .where(PaymentShare.payment.in_([row.payment_id for row in rows]))
        .order_by(PaymentShare.id.desc())
    )
    return {share.payment_id: share.account.number for share in shares}


def _account_ids(rows: Sequence[ReconciliationItem]) -> set[int]:
    """Return the ids of all accounts on the page: of payments, and named by the bank."""
    shares = PaymentShare.select(PaymentShare.account).where(
        PaymentShare.payment.in_([row.payment_id for row in rows])
    )
    numbers = {one.strip() for row in rows for one in row.accounts.split(",")}
    named = Account.select(Account.id).where(Account.number.in_(numbers))
    return {share.account_id for share in shares} | {one.id for one in named}


def _shown(run: Reconciliation, open_ones: int) -> RunShown:
    return RunShown(
        public_id=run.public_id,
        shop=run.shop,
        day=run.day,
        source=run.source,
        made_at=run.made_at,
        matched=run.matched,
        differences=run.differences,
        open_ones=open_ones,
        ours=run.ours,
        theirs=run.theirs,
    )


def _item(row: ReconciliationItem, accounts: dict[int, str]) -> ItemShown:
    is_open = row.closed_at is None
    first = row.accounts.split(",")[0].strip()
    return ItemShown(
        item=row.id,
        kind=row.kind,
        payment=row.payment.public_id if row.payment_id else None,
        provider_id=row.provider_id,
        order=row.order,
        accounts=row.accounts,
        ours=row.ours,
        theirs=row.theirs,
        our_state=row.our_state,
        their_state=row.their_state,
        closed_at=row.closed_at,
        closed_by=row.closed_by.name if row.closed_by_id else "",
        remark=row.remark,
        account=first or accounts.get(row.payment_id, ""),
        may_attach=is_open and row.kind in TO_ATTACH,
        may_note=is_open and row.their_state == REFUNDED_THERE,
    )
