"""Acts of control checks: what one would change, and writing it down once.

What a check found settles what was sent before it (decree 354, paragraph 61): the act
is a reading beside that of its month, and the next bill recalculates.
"""

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime

from cabinet.domain.metering import CURRENT, ReadingSource, ReadingState
from cabinet.domain.period import Month, local_day
from cabinet.domain.volume import Actual
from cabinet.models import Account, Meter, Reading
from cabinet.models.base import lock, writing
from cabinet.models.ids import ordered_id
from cabinet.models.keyed import keyed
from cabinet.services import audit
from cabinet.services.account_card.finding import account_of
from cabinet.services.account_card.supposing import (
    Prospect,
    ReadingWish,
    actual_of,
    check_day,
    meter_of,
    prospect_of,
)
from cabinet.services.audit import Actor
from cabinet.services.billing import what_if
from cabinet.services.billing.what_if import NextBill, Supposition
from cabinet.services.metered import present
from cabinet.services.staff import Member

MAX_NUMBER = 40
MAX_REMARK = 1000


class ActKnown(ValueError):
    """The meter has an act of this number; carries its day."""

    def __init__(self, day: date) -> None:
        super().__init__(str(day))
        self.day = day


class KeyTaken(ValueError):
    """The form was sent before with something else in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActWish:
    """An act as it was typed: its number, the reading it found, a remark."""

    number: str
    reading: ReadingWish
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActProspect:
    """What an act would change in the next bill.

    `counts_in` is the month whose bill takes it in: later than the next bill's where
    that one is still to come. `contrary` is the day of a reading that waits, is newer
    and shows less than the act.
    """

    prospect: Prospect
    counts_in: Month
    contrary: date | None


def blank_act(member: Member, number: str, *, actor: Actor, now: datetime) -> Prospect:
    """Return the account an act is to be entered for, and note who looked.

    `as_is` is None where it has no next bill that could take an act in. Raises
    AccountNotFound.
    """
    with writing():
        account = account_of(member, number)
        _note_look(account, actor, now)
        return _as_is(account, now)


def preview_act(
    member: Member, number: str, wish: ActWish, *, actor: Actor, now: datetime
) -> ActProspect:
    """Return what the act would change; nothing is written but who looked.

    Raises AccountNotFound, MeterUnknown, ReadingUnfit, ActKnown, NothingToBill, and
    NotAReadingError for what cannot be registers.
    """
    with writing():
        account = account_of(member, number)
        _note_look(account, actor, now)
        bill = what_if.next_bill(account, now=now)
        meter = meter_of(account, wish.reading.serial)
        act = _checked(bill, meter, wish, now)
        counts_in = max(bill.month, Month.of(act.taken_on))
        prospect = replace(
            prospect_of(account, bill.month),
            is_over=bill.is_over,
            is_drafted=bill.is_drafted,
            as_is=what_if.computed(bill),
        )
        if counts_in == bill.month:
            supposed = what_if.computed(bill, Supposition(reading=act))
            prospect = replace(prospect, supposed=supposed)
        return ActProspect(
            prospect=prospect, counts_in=counts_in, contrary=_contrary(bill, act)
        )


@keyed
def enter_act(
    member: Member,
    number: str,
    wish: ActWish,
    *,
    key: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> None:
    """Write the act down; the same key again is the same act, however often it comes.

    Raises KeyTaken where the key came with another act, and all that `preview_act` does.
    """
    with writing():
        account = account_of(member, number)
        write_act(account, wish, key=key, by=member.user_id, actor=actor, now=now)


def write_act(
    account: Account,
    wish: ActWish,
    *,
    key: uuid.UUID,
    by: int,
    actor: Actor,
    now: datetime,
) -> Reading:
    """Write the act down inside the open transaction; the same key is the same act.

    Raises what `enter_act` does, and IntegrityError where somebody was quicker.
    """
    meter = meter_of(account, wish.reading.serial)
    lock(Meter.select(Meter.id).where(Meter.id == meter.id)).first()
    known = _written(meter, wish, key)
    if known is not None:
        return known
    bill = what_if.next_bill(account, now=now)
    act = _checked(bill, meter, wish, now)
    row = Reading.create(
        public_id=ordered_id(now),
        meter=meter,
        period=Month.of(act.taken_on),
        taken_on=act.taken_on,
        received_at=now,
        source=ReadingSource.ACT,
        state=ReadingState.ACCEPTED,
        key=key.hex,
        act=act.act,
        comment=wish.remark[:MAX_REMARK],
        reviewed_by=by,
        reviewed_at=now,
        **dict(zip(("t1", "t2", "t3"), act.registers, strict=False)),
    )
    audit.record(
        actor,
        "reading.act_entered",
        now=now,
        subject=f"reading:{row.id}",
        account_id=account.id,
        act=act.act,
    )
    return row


def _written(meter: Meter, wish: ActWish, key: uuid.UUID) -> Reading | None:
    """Return the act the form brought before; raises KeyTaken for another."""
    row = Reading.get_or_none(Reading.meter == meter, Reading.key == key.hex)
    if row is None:
        return None
    said = actual_of(meter, wish.reading, month=row.period, act=wish.number)
    registers = present((row.t1, row.t2, row.t3))
    written = (row.act, row.taken_on, registers)
    if written != (said.act, said.taken_on, said.registers):
        raise KeyTaken(key)
    return row


def _checked(bill: NextBill, meter: Meter, wish: ActWish, now: datetime) -> Actual:
    """Return the act as a reading of the next bill; raises what is wrong with it."""
    act = actual_of(meter, wish.reading, month=bill.month, act=wish.number)
    check_day(bill, wish.reading, local_day(now, bill.place.zone))
    known = (
        Reading.select(Reading.taken_on)
        .where(
            Reading.meter == meter,
            Reading.act == wish.number,
            Reading.state.in_(list(CURRENT)),
        )
        .first()
    )
    if known is not None:
        raise ActKnown(known.taken_on)
    return act


def _contrary(bill: NextBill, act: Actual) -> date | None:
    """Return the day of a newer reading that waits and shows less than the act."""
    for one in bill.inputs.readings:
        if one.serial != act.serial or one.taken_on <= act.taken_on or one.act:
            continue
        pairs = zip(one.registers, act.registers, strict=False)
        if any(later < found for later, found in pairs):
            return one.taken_on
    return None


def _as_is(account: Account, now: datetime) -> Prospect:
    try:
        bill = what_if.next_bill(account, now=now)
    except what_if.NothingToBill as nothing:
        return prospect_of(account, nothing.month)
    return replace(
        prospect_of(account, bill.month),
        is_over=bill.is_over,
        is_drafted=bill.is_drafted,
        as_is=what_if.computed(bill),
    )


def _note_look(account: Account, actor: Actor, now: datetime) -> None:
    audit.record(
        actor,
        "account.looked",
        now=now,
        subject="control-act",
        account_id=account.id,
    )
