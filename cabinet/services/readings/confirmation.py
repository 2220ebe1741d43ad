"""What was taken: the page one can come back to, and its copy by mail."""

from datetime import datetime
from uuid import UUID

from cabinet.domain.errors import NotFound
from cabinet.domain.metering import CURRENT, ReadingState
from cabinet.domain.people import AccessLevel
from cabinet.domain.period import local_day
from cabinet.domain.tariff import ZONES, Plan
from cabinet.models import Meter, OutboxMessage, Reading, ReviewDecision, User
from cabinet.models.base import reading, writing
from cabinet.models.hot import Hot
from cabinet.services import audit, outbox
from cabinet.services.access import AccountCard, get_access
from cabinet.services.audit import Actor
from cabinet.services.readings import told
from cabinet.services.readings.facts import registers_of
from cabinet.services.readings.refusals import ReadingNotFoundError
from cabinet.services.readings.rows import FreshReading, MeterRow
from cabinet.services.readings.shown import (
    Confirmation,
    Review,
    TakenZone,
    number_of,
)

MAIL = "reading_confirmation"


def get_confirmation(user_id: int, reading_id: UUID, *, now: datetime) -> Confirmation:
    """Return what was taken; raises ReadingNotFoundError."""
    with reading():
        card, row = _find(user_id, reading_id, now)
        return confirmation_of(card, row, row.meter, user_id=user_id, now=now)


def mail_confirmation(
    user_id: int, reading_id: UUID, *, link: str, actor: Actor, now: datetime
) -> Confirmation:
    """Put a copy of the confirmation into the outbox, once for each reader.

    It goes to the address the user signs in with and leads to the page at `link`. Raises ReadingNotFoundError.
    """
    with writing():
        card, row = _find(user_id, reading_id, now)
        shown = confirmation_of(card, row, row.meter, user_id=user_id, now=now)
        email = User.select(User.email).where(User.id == user_id).scalar()
        if email and _put(shown, user_id, email, link, now):
            audit.record(
                actor,
                "reading.mailed",
                now=now,
                subject=f"reading:{row.id}",
                account_id=card.account_id,
            )
        return confirmation_of(card, row, row.meter, user_id=user_id, now=now)


_NEWER = Hot(
    lambda reading_id: (
        Reading.select(Reading.public_id)
        .where(Reading.supersedes == reading_id)
        .order_by(Reading.id.desc())
        .limit(1)
        .tuples()
    ),
    Reading.supersedes,
)
_MAILED = Hot(
    lambda key: (
        OutboxMessage.select(OutboxMessage.recipient)
        .where(OutboxMessage.key == key)
        .tuples()
    ),
    OutboxMessage.key,
)


_DECIDED = Hot(
    lambda reading_id, correction_id: (
        ReviewDecision.select(
            ReviewDecision.kind,
            ReviewDecision.made_at,
            ReviewDecision.words,
            Reading.t1,
            Reading.t2,
            Reading.t3,
        )
        .join(Reading, on=ReviewDecision.reading == Reading.id)
        .where(
            (ReviewDecision.reading == reading_id)
            | (ReviewDecision.correction == correction_id),
            ReviewDecision.undone_at.is_null(),
        )
        .tuples()
    ),
    ReviewDecision.reading,
    ReviewDecision.correction,
)


def confirmation_of(
    card: AccountCard,
    row: Reading | FreshReading,
    meter: Meter | MeterRow,
    *,
    user_id: int,
    now: datetime,
) -> Confirmation:
    """Return what was taken, inside the open transaction.

    After one that was taken in this very transaction nothing can have come yet.
    """
    if isinstance(row, FreshReading):
        then, newer, mail = row.told, None, None
    else:
        then = told.from_json(row.told)
        newer = _NEWER.first(row.id)
        mail = _MAILED.first(_mail_key(row.public_id, user_id))
    closes_on = card.window.closes_on(row.period)
    is_sum_hidden = card.level is AccessLevel.READINGS
    is_open = row.state in CURRENT - {ReadingState.COUNTED}
    return Confirmation(
        account=card,
        public_id=row.public_id,
        number=number_of(row.id),
        meter_id=meter.public_id,
        meter_serial=meter.serial,
        state=row.state,
        month=row.period,
        received_at=row.received_at,
        zones=_zones(row, meter, then),
        used=then.total,
        estimate=None if is_sum_hidden else then.estimate,
        is_sum_hidden=is_sum_hidden,
        is_cut=then.is_cut,
        rolled_over=row.rolled_over,
        correct_until=(
            closes_on if is_open and local_day(now, card.zone) <= closes_on else None
        ),
        replaces=number_of(row.supersedes_id) if row.supersedes_id else None,
        replaced_by=newer and newer[0],
        reason=row.reason if row.state is ReadingState.REJECTED else "",
        comment=row.comment,
        has_photo=row.photo_id is not None,
        mailed_to=mail and mail[0],
        review=_review(row, meter.zones),
    )


def _review(row: Reading | FreshReading, zones: int) -> Review | None:
    """Return what a specialist decided of a reading that was under review."""
    if row.reviewed_at is None:
        return None
    found = _DECIDED.first(row.id, row.id)
    if found is None:
        return None
    kind, made_at, words, *sent = found
    return Review(kind, made_at, words, tuple(sent[:zones]))


def _find(user_id: int, reading_id: UUID, now: datetime) -> tuple[AccountCard, Reading]:
    row = (
        Reading.select(Reading, Meter)
        .join(Meter)
        .where(Reading.public_id == reading_id)
        .first()
    )
    if row is None:
        raise ReadingNotFoundError(reading_id)
    try:
        card = get_access(user_id, row.meter.account_id, now=now)
    except NotFound as error:
        raise ReadingNotFoundError(reading_id) from error
    if card.since is not None and row.taken_on < card.since:
        raise ReadingNotFoundError(reading_id)
    return card, row


def _zones(
    row: Reading | FreshReading, meter: Meter | MeterRow, then: told.Told
) -> tuple[TakenZone, ...]:
    registers = registers_of(row, meter.zones)
    unknown = (None,) * meter.zones
    return tuple(
        TakenZone(zone=zone, number=number, register=register, last=last, used=used)
        for number, (zone, register, last, used) in enumerate(
            zip(
                ZONES[Plan.of_zones(meter.zones)],
                registers,
                then.last or unknown,
                then.used or unknown,
                strict=True,
            ),
            start=1,
        )
    )


def _put(
    shown: Confirmation, user_id: int, email: str, link: str, now: datetime
) -> bool:
    return outbox.put(
        MAIL,
        key=_mail_key(shown.public_id, user_id),
        recipient=email,
        context={
            "number": shown.number,
            "state": str(shown.state),
            "account": shown.account.number,
            "meter": shown.meter_serial,
            "month": str(shown.month),
            "zones": [
                [str(each.zone), each.number, str(each.register.kwh)]
                for each in shown.zones
            ],
            "link": link,
        },
        user_id=user_id,
        now=now,
    )


def _mail_key(reading_id: UUID, user_id: int) -> str:
    return f"{MAIL}:{reading_id}:{user_id}"
