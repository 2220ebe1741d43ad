"""Whose reading it is: the accounts that fit, and the empty form of one of them."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from cabinet.domain.metering import ReadingSource, ReadingState
from cabinet.domain.people import AccessLevel
from cabinet.domain.period import local_day
from cabinet.domain.readings import Registers
from cabinet.domain.searching import read
from cabinet.models import Account, Reading, User
from cabinet.models.base import reading, writing
from cabinet.services import audit, finding
from cabinet.services.access import AccountCard
from cabinet.services.account_card.finding import account_of
from cabinet.services.audit import Actor
from cabinet.services.finding import Hit
from cabinet.services.readings.facts import registers_of
from cabinet.services.readings.form import form_of
from cabinet.services.readings.quiet import card_of
from cabinet.services.readings.rows import FreshReading, ReadingRow
from cabinet.services.readings.shown import MeterForm, ReadingForm
from cabinet.services.staff import Member

#: Where what specialists enter comes from, the most usual first.
SOURCES = (ReadingSource.PHONE, ReadingSource.PAPER, ReadingSource.INSPECTOR)
#: As many as one digit tells apart.
MOST_HITS = 9
SUBJECT = "entering"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The accounts that fit; `is_cut` where there are more of them."""

    hits: tuple[Hit, ...]
    is_cut: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What is there for the month already; `who` is the specialist who entered it."""

    public_id: UUID
    registers: Registers
    taken_on: date
    received_at: datetime
    source: ReadingSource
    state: ReadingState
    who: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Blank:
    """The empty form of an account; `today` is the day at the account's branch."""

    reading: ReadingForm
    holder: str
    address: str
    today: date
    standing: Standing | None


def look_up(member: Member, typed: str, *, actor: Actor, now: datetime) -> Found:
    """Return the accounts that fit and note each that is shown in a list.

    A single one is noted by `blank_entry`, which shows it.
    """
    with reading():
        found = finding.look(member, read(typed), MOST_HITS)
    if found.only is not None:
        return Found(hits=(found.only,), is_cut=False)
    if len(found.hits) > 1:
        ids = [hit.account_id for hit in found.hits]
        with writing():
            audit.record_each(actor, "account.found", ids, now=now, subject=SUBJECT)
    return Found(hits=found.hits, is_cut=found.is_cut)


def blank_entry(
    member: Member,
    number: str,
    meter_id: UUID | None = None,
    *,
    actor: Actor,
    now: datetime,
) -> Blank:
    """Return the form of the account's meter and note who looked.

    Without a meter it is the one that waits for a reading. Raises AccountNotFound and
    MeterNotFoundError.
    """
    with writing():
        account = account_of(member, number)
        card = open_card(account)
        audit.record(
            actor, "account.looked", now=now, subject=SUBJECT, account_id=account.id
        )
        shown = form_of(card, meter_id, now=now)
        return Blank(
            reading=shown,
            holder=account.holder,
            address=account.address,
            today=local_day(now, card.zone),
            standing=_standing(shown.meter),
        )


def open_card(account: Account) -> AccountCard:
    """Return the account with nothing of it hidden."""
    return replace(card_of(account), level=AccessLevel.FULL)


def standing_of(row: Reading | ReadingRow | FreshReading, zones: int) -> Standing:
    """Return what stands, inside the open transaction."""
    user = User.get_or_none(User.id == row.user_id) if row.user_id else None
    is_staff = user is not None and user.role.is_staff
    return Standing(
        public_id=row.public_id,
        registers=registers_of(row, zones),
        taken_on=row.taken_on,
        received_at=row.received_at,
        source=row.source,
        state=row.state,
        who=user.name if user is not None and is_staff else "",
    )


def _standing(shown: MeterForm | None) -> Standing | None:
    if shown is None or shown.current is None:
        return None
    row = Reading.get(Reading.public_id == shown.current.public_id)
    return standing_of(row, len(shown.zones))
