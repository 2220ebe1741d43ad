"""Entering a reading for somebody: checked as the customer's own, once, with its trace."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from cabinet.domain.metering import ReadingSource
from cabinet.domain.period import Month
from cabinet.domain.readings import REVIEWS, Answer, Taken, Typed
from cabinet.models.base import writing
from cabinet.services.account_card.finding import account_of
from cabinet.services.audit import Actor
from cabinet.services.entering.log import UNDO
from cabinet.services.entering.looking import Standing, open_card, standing_of
from cabinet.services.readings.facts import Facts
from cabinet.services.readings.refusals import ProofMissingError, ReadingAskedError
from cabinet.services.readings.submit import Sent, judge, locked_facts, take
from cabinet.services.readings.told import Told
from cabinet.services.staff import Member


class DayUnfitError(ValueError):
    """The day is still to come, or before the last reading; carries the days that fit."""

    def __init__(self, least: date, most: date) -> None:
        super().__init__(f"not from {least} to {most}")
        self.least = least
        self.most = most


class ReplacesError(ValueError):
    """Something stands for the month that the form did not show."""

    def __init__(self, standing: Standing) -> None:
        super().__init__(standing.public_id)
        self.standing = standing


class AlreadyThereError(ReplacesError):
    """These very values are there, and not since just now: there is nothing to enter."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What was typed for a meter of an account.

    `day` is when the meter was read, None is today. `seen` is what stood for the month
    when the form was made, and what the new reading may replace.
    """

    number: str
    meter_id: UUID
    values: Sequence[str]
    source: ReadingSource
    key: str
    day: date | None = None
    month: Month | None = None
    seen: UUID | None = None
    answers: Collection[Answer] = ()
    comment: str = ""


def enter_reading(
    member: Member, entry: Entry, *, actor: Actor, pepper: str, now: datetime
) -> UUID:
    """Take the reading and return its id; the same form again is the same reading.

    The month it counts in is that of the day it is entered, as with a customer. Raises
    AccountNotFound, ReplacesError, AlreadyThereError, DayUnfitError, and all that
    `submit_reading` does.
    """
    sent = Sent(
        values=entry.values,
        key=entry.key,
        month=entry.month,
        # What specialists enter must not use up the customer's tries.
        whose=f"desk:{entry.meter_id}",
        user_id=member.user_id,
        answers=entry.answers,
        comment=entry.comment,
        source=entry.source,
    )
    with writing():
        card = open_card(account_of(member, entry.number))
        facts = locked_facts(card, entry.meter_id, now)
        day = entry.day or facts.today

        def judged(facts: Facts, typed: Typed, sent: Sent) -> tuple[Taken, Told]:
            _check_standing(facts, entry.seen)
            return _judged(facts, typed, sent)

        read = replace(facts, today=day)
        _check_day(facts, day)
        row = take(read, sent, judged, actor=actor, pepper=pepper, now=now)
        if row.user_id != member.user_id or row.received_at <= now - UNDO:
            raise AlreadyThereError(standing_of(row, facts.meter.zones))
        public_id: UUID = row.public_id
        return public_id


def _judged(facts: Facts, typed: Typed, sent: Sent) -> tuple[Taken, Told]:
    """Take the reading or ask; whoever reviews it is to read why, so words are wanted."""
    answers = frozenset(sent.answers) - frozenset(REVIEWS)
    if sent.comment or answers == frozenset(sent.answers):
        return judge(facts, typed, sent)
    try:
        return judge(facts, typed, replace(sent, answers=answers))
    except ReadingAskedError as error:
        raise ProofMissingError(error.preview) from error


def _check_day(facts: Facts, day: date) -> None:
    least = min(facts.base.taken_on, facts.today)
    if not least <= day <= facts.today:
        raise DayUnfitError(least, facts.today)


def _check_standing(facts: Facts, seen: UUID | None) -> None:
    row = facts.current
    if row is not None and row.public_id != seen:
        raise ReplacesError(standing_of(row, facts.meter.zones))
