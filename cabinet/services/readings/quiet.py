"""Readings from who may send and see nothing: no figures, no questions.

What would be asked about goes to an operator. The answer must not become a way to find
the last reading by trying, so whatever replaces a reading goes to an operator too: who
guesses learns whether one guess a month looks usual, and no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from cabinet.domain.metering import ReadingSource, ReadingState
from cabinet.domain.people import AccessLevel, AccountKind
from cabinet.domain.period import Month, ReadingWindow
from cabinet.domain.readings import Answer, Asked, Taken, Typed, check
from cabinet.domain.tariff import ZONES, Plan
from cabinet.models import Account, Branch, Meter, Reading
from cabinet.services.access import AccountCard
from cabinet.services.audit import Actor
from cabinet.services.readings import told
from cabinet.services.readings.facts import Facts, facts_of, meters_of, registers_of
from cabinet.services.readings.form import meter_form_of
from cabinet.services.readings.refusals import (
    AlreadySentError,
    MeterNotFoundError,
    ReadingNotFoundError,
)
from cabinet.services.readings.rows import FreshReading
from cabinet.services.readings.shown import ReadingForm, TakenZone, number_of
from cabinet.services.readings.submit import Sent, locked_facts, take

#: Why an operator looks at a reading that replaces another.
AGAIN = "again"
#: So many digits of the serial number are named.
DIGITS = 4

_OWN = frozenset({ReadingState.SUBMITTED, ReadingState.NEEDS_REVIEW})


@dataclass(frozen=True, kw_only=True, slots=True)
class QuietForm:
    """A form that shows nothing of the meter but what it takes to read it.

    `is_sent` tells that a reading stands which only its owner or the office may
    replace. `may_repeat`: the last reading may be sent once more with a button.
    """

    reading: ReadingForm
    is_sent: bool
    may_repeat: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class QuietTaken:
    """What was taken: the sender's own figures, nothing worked out of them.

    `user_id` is whose letter led to it, where one did.
    """

    public_id: UUID
    user_id: int | None
    account_id: int
    branch_id: int
    account_number: str
    meter_serial: str
    number: str
    month: Month
    state: ReadingState
    received_at: datetime
    zone: ZoneInfo
    zones: tuple[TakenZone, ...]
    is_cut: bool


def card_of(account: Account) -> AccountCard:
    """Return the account without whose it is and where."""
    branch = account.branch
    return AccountCard(
        account_id=account.id,
        slug="",
        number=account.number,
        label="",
        holder="",
        address="",
        level=AccessLevel.READINGS,
        is_organisation=account.kind is AccountKind.ORGANISATION,
        since=None,
        until=None,
        is_owner=False,
        branch_id=branch.id,
        branch_code=branch.code,
        branch_phone=branch.phone,
        branch_hours=branch.hours,
        zone=ZoneInfo(branch.time_zone),
        window=ReadingWindow(branch.window_first, branch.window_last),
    )


def quiet_form(
    card: AccountCard, meter_id: UUID, *, is_known: bool, now: datetime
) -> QuietForm:
    """Return the form of the meter, inside the open transaction.

    `is_known` tells that the sender may see the account, at another place. Raises
    MeterNotFoundError.
    """
    meters = meters_of(card)
    meter = next((each for each in meters if each.public_id == meter_id), None)
    if meter is None:
        raise MeterNotFoundError(meter_id)
    facts = facts_of(card, meter, meters, now=now)
    # Nothing is dated from the last day of the calendar on: all of it is hidden.
    hidden = replace(facts, card=replace(card, since=date.max))
    return QuietForm(
        reading=ReadingForm(
            account=card,
            meter=replace(
                meter_form_of(hidden), serial=masked(meter.serial), model="", place=""
            ),
            others=(),
        ),
        is_sent=_is_anothers(facts),
        may_repeat=is_known and not facts.is_last_hidden,
    )


def take_quietly(
    card: AccountCard,
    meter_id: UUID,
    values: Sequence[str] | None,
    *,
    key: str,
    month: Month | None,
    user_id: int | None,
    actor: Actor,
    pepper: str,
    now: datetime,
) -> Reading | FreshReading:
    """Take the values inside the open transaction, without them the last ones again.

    Raises NotAReadingError, MonthChangedError, MeterClosedError, AlreadySentError,
    TooManyAttemptsError, and MeterNotFoundError.
    """
    facts = locked_facts(card, meter_id, now)
    if _is_anothers(facts):
        raise AlreadySentError(facts.slot.month)
    answers = set()
    if values is None:
        if facts.is_last_hidden:
            raise MeterNotFoundError(meter_id)
        values = [str(each.kwh) for each in facts.base.registers]
        answers = {Answer.SAME_IS_RIGHT}
    sent = Sent(
        values=values,
        key=key,
        month=month,
        # A stranger's tries must not use up the owner's.
        whose=f"guest:{meter_id}",
        source=ReadingSource.GUEST,
        user_id=user_id,
        answers=answers,
    )
    return take(facts, sent, _judge, actor=actor, pepper=pepper, now=now)


def taken_of(public_id: UUID) -> QuietTaken:
    """Return what was taken, inside the open transaction."""
    row = (
        Reading.select(Reading, Meter, Account, Branch)
        .join(Meter)
        .join(Account)
        .join(Branch)
        .where(Reading.public_id == public_id)
        .first()
    )
    if row is None:
        raise ReadingNotFoundError(public_id)
    meter = row.meter
    registers = registers_of(row, meter.zones)
    return QuietTaken(
        public_id=row.public_id,
        user_id=row.user_id,
        account_id=meter.account_id,
        branch_id=meter.account.branch_id,
        account_number=meter.account.number,
        meter_serial=masked(meter.serial),
        number=number_of(row.id),
        month=row.period,
        state=row.state,
        received_at=row.received_at,
        zone=ZoneInfo(meter.account.branch.time_zone),
        zones=tuple(
            TakenZone(zone=zone, number=number, register=register, last=None, used=None)
            for number, (zone, register) in enumerate(
                zip(ZONES[Plan.of_zones(meter.zones)], registers, strict=True), start=1
            )
        ),
        is_cut=told.from_json(row.told).is_cut,
    )


def last_digits(serial: str) -> str:
    """Return the last four digits of a serial number; a short one gets zeros."""
    digits = "".join(c for c in serial if c.isascii() and c.isdigit())
    return digits[-DIGITS:].zfill(DIGITS)


def masked(serial: str) -> str:
    """Return the serial number as far as the sender knows it: «…4547»."""
    return f"…{last_digits(serial)}"


def _is_anothers(facts: Facts) -> bool:
    """Tell whether a reading stands that was not sent without signing in."""
    row = facts.current
    if row is None:
        return False
    return row.source is not ReadingSource.GUEST or row.state not in _OWN


def _judge(facts: Facts, typed: Typed, sent: Sent) -> tuple[Taken, told.Told]:
    """Take the reading; what would be asked about waits for an operator."""
    case = facts.case()
    result = check(case, typed.registers, sent.answers)
    if isinstance(result, Asked):
        result = check(case, typed.registers, {*sent.answers, Answer.REVIEW})
    assert isinstance(result, Taken)  # noqa: S101 - REVIEW answers every question
    if facts.current is not None and not result.doubt:
        result = replace(result, state=ReadingState.NEEDS_REVIEW, doubt=AGAIN)
    nothing = told.Told(last=None, used=None, estimate=None, is_cut=typed.is_cut)
    return result, nothing
