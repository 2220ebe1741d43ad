"""What finishing a request changes: meters, verification, the act of a control check.

Each kind of work returns what it changed, so that it can be taken back for ten minutes
while no bill and no reading stands on it.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from peewee import IntegrityError

from cabinet.domain.energy import Energy
from cabinet.domain.errors import IllegalMoveError
from cabinet.domain.metering import BASE, MeterStatus, ReadingSource, ReadingState
from cabinet.domain.questions import UNDO
from cabinet.domain.requests import RequestAct, RequestState, move
from cabinet.exchange.registry_rows import Registers
from cabinet.models import (
    Account,
    Bill,
    BillDraft,
    Meter,
    Reading,
    ServiceRequest,
    ServiceRequestStep,
)
from cabinet.models.base import database, lock, writing
from cabinet.services import account_card, replacing
from cabinet.services.account_card import ActWish
from cabinet.services.audit import Actor
from cabinet.services.metered import present
from cabinet.services.requests import rows, told
from cabinet.services.requests.rows import ChangedMeanwhileError
from cabinet.services.requests.told import LinkOf
from cabinet.services.staff import Member

MAX_NOTE = 500
MAX_ACT = 40


class WorkUnfitError(ValueError):
    """The meters say something against the work; carries the field and the reason."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


class StandsError(ValueError):
    """Something stands on what finishing changed, so it cannot be taken back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hung:
    """A meter that hangs since a day; with `closing` it took the place of another one.

    `is_sure` is said of registers that are less than those known before.
    """

    replaced_on: date
    serial: str
    model: str
    digits: int
    ratio: int
    verified_until: date | None
    opening: Registers
    closing: Registers = ()
    is_sure: bool = False


@dataclass(frozen=True, slots=True)
class Verified:
    """The meter was verified and counts until a day."""

    until: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """How a request ended: the number of the act, words to the customer, the work.

    `work` is nothing where no figure of a meter changes.
    """

    act: str
    note: str = ""
    work: Hung | Verified | ActWish | None = None


def finish(
    member: Member,
    public_id: UUID,
    version: int,
    done: Done,
    *,
    link_of: LinkOf,
    actor: Actor,
    now: datetime,
) -> None:
    """Write down how the request ended, with what changed of the account's meters.

    Raises RequestNotFoundError, ChangedMeanwhileError, WorkUnfitError, and for the act
    of a control check what `account_card.enter_act` does.
    """
    with writing():
        row = rows.of_branch(member, public_id, locked=True)
        rows.check(row, version)
        before = rows.snapshot(row)
        try:
            row.state = move(row.kind, row.state, RequestState.DONE)
        except IllegalMoveError as error:
            raise ChangedMeanwhileError(public_id) from error
        row.act, row.note, row.reason = done.act, done.note, ""
        changed = _carry_out(row, done, member, actor=actor, now=now)
        step = rows.step(
            row,
            RequestAct.DONE,
            user_id=member.user_id,
            actor=actor,
            now=now,
            before=before | {"work": changed},
            paper=done.act,
        )
        told.tell(row, step, link_of=link_of, not_before=now + UNDO)


def take_back(row: ServiceRequest, step: ServiceRequestStep) -> None:
    """Undo what finishing changed, inside the open transaction; raises StandsError."""
    changed = step.before["work"]
    if not changed:
        return
    if _is_billed(row.account_id, step.at):
        raise StandsError(row.public_id)
    for name, undo in _UNDO:
        if name in changed:
            undo(changed)


def last_registers(meter: Meter) -> tuple[Registers, date] | None:
    """Return what the meter showed last, as far as it may be believed, and when."""
    found = (
        Reading.select()
        .where(
            Reading.meter == meter.id,
            Reading.state.in_(list(BASE)),
            Reading.source != ReadingSource.ESTIMATE,
        )
        .order_by(Reading.taken_on.desc(), Reading.id.desc())
        .first()
    )
    if found is None:
        return None
    return present((found.t1, found.t2, found.t3)), found.taken_on


def typed(energy: Energy) -> str:
    """Return a register as people type it: «4634» or «0,4»."""
    text = f"{energy.kwh:f}"
    return text.rstrip("0").rstrip(".").replace(".", ",") if "." in text else text


def _carry_out(
    row: ServiceRequest, done: Done, member: Member, *, actor: Actor, now: datetime
) -> dict[str, Any]:
    work = done.work
    if isinstance(work, Hung):
        _check_day(row, work.replaced_on, "replaced_on", now)
        return _replace(row, work) if work.closing else _hang(row, work)
    if isinstance(work, Verified):
        return _verify(row, work)
    if isinstance(work, ActWish):
        try:
            with database.savepoint():
                reading = account_card.write_act(
                    Account.get_by_id(row.account_id),
                    work,
                    key=uuid.UUID(str(row.public_id)),
                    by=member.user_id,
                    actor=actor,
                    now=now,
                )
        except IntegrityError as error:
            raise ChangedMeanwhileError(row.public_id) from error
        return {"reading": reading.id}
    return {}


def _check_day(row: ServiceRequest, day: date, field: str, now: datetime) -> None:
    if day > rows.today_of(row, now):
        raise WorkUnfitError(field, "Эта дата ещё не наступила")


def _replace(row: ServiceRequest, work: Hung) -> dict[str, Any]:
    old = _locked(row)
    fault = replacing.fault(work, old)
    if fault is not None:
        raise WorkUnfitError(fault.field, _sentence(fault.reason))
    known = last_registers(old)
    if known is not None:
        _check_known(known, work)
    values = replacing.removal(work)
    before = {name: getattr(old, name) for name in values}
    replacing.take_off(old, work)
    return {"old": old.id, "was": _plain(before)} | _hang(row, work)


def _check_known(known: tuple[Registers, date], work: Hung) -> None:
    """Refuse what contradicts the readings there are, until somebody is sure of it."""
    registers, taken_on = known
    if work.replaced_on < taken_on:
        raise WorkUnfitError(
            "replaced_on", f"Показания есть от {taken_on:%d.%m.%Y}: замена позже"
        )
    for number, (closing, last) in enumerate(
        zip(work.closing, registers, strict=False), start=1
    ):
        if closing < last and not work.is_sure:
            raise WorkUnfitError(
                f"closing_t{number}",
                f"Меньше последнего показания ({typed(last)} кВт·ч). Проверьте",
            )


def _hang(row: ServiceRequest, work: Hung) -> dict[str, Any]:
    try:
        with database.savepoint():
            new = replacing.hang(row.account_id, work)
    except IntegrityError as error:
        raise WorkUnfitError(
            "serial", "Счётчик с таким номером у этого счёта уже был"
        ) from error
    return {"new": new.id}


def _verify(row: ServiceRequest, work: Verified) -> dict[str, Any]:
    meter = _locked(row)
    before = meter.verified_until
    if before is not None and work.until <= before:
        raise WorkUnfitError(
            "verified_until", f"Сейчас записано {before:%d.%m.%Y}: новая дата позже"
        )
    meter.verified_until = work.until
    meter.save()
    return {
        "verified": meter.id,
        "until": work.until.isoformat(),
        "was_until": before and before.isoformat(),
    }


def _locked(row: ServiceRequest) -> Meter:
    meter = lock(Meter.select().where(Meter.id == row.meter_id)).first()
    if meter is None or meter.removed_on is not None:
        raise WorkUnfitError("serial", "Этот счётчик уже снят")
    return meter


def _is_billed(account_id: int, since: datetime) -> bool:
    """Tell whether a bill was made since, or is being made."""
    later = Bill.account == account_id, Bill.published_at >= since
    return (
        Bill.select().where(*later).exists()
        or BillDraft.select().where(BillDraft.account == account_id).exists()
    )


def _unhang(changed: dict[str, Any]) -> None:
    try:
        with database.savepoint():
            Meter.delete().where(Meter.id == changed["new"]).execute()
    except IntegrityError as error:
        # A reading or a request is of the new meter.
        raise StandsError(changed["new"]) from error


def _put_back(changed: dict[str, Any]) -> None:
    was = {
        name: None if value is None else _WAS[name.partition("_t")[0]](value)
        for name, value in changed["was"].items()
    }
    Meter.update(was).where(Meter.id == changed["old"]).execute()


def _unverify(changed: dict[str, Any]) -> None:
    meter = Meter.get_by_id(changed["verified"])
    if meter.verified_until != date.fromisoformat(changed["until"]):
        raise StandsError(meter.serial)
    was = changed["was_until"]
    meter.verified_until = date.fromisoformat(was) if was else None
    meter.save()


def _withdraw(changed: dict[str, Any]) -> None:
    """Withdraw the act: as with an import, beside the moves of readings."""
    taken = (
        Reading.update(
            state=ReadingState.WITHDRAWN, key=None, version=Reading.version + 1
        )
        .where(
            Reading.id == changed["reading"],
            Reading.state == ReadingState.ACCEPTED,
            Reading.counted_in.is_null(),
        )
        .execute()
    )
    if not taken:
        raise StandsError(changed["reading"])


#: What was changed, and how it is undone, in the order in which it must be.
_UNDO: tuple[tuple[str, Callable[[dict[str, Any]], None]], ...] = (
    ("new", _unhang),
    ("old", _put_back),
    ("verified", _unverify),
    ("reading", _withdraw),
)
_WAS: dict[str, Callable[[Any], Any]] = {
    "removed_on": date.fromisoformat,
    "status": MeterStatus,
    "closing": Energy,
}


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Return values of a meter as they are kept in a history."""
    return {
        name: value.wh
        if isinstance(value, Energy)
        else value.isoformat()
        if isinstance(value, date)
        else value and str(value)
        for name, value in values.items()
    }


def _sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:]
