"""Taking a reading: once, whole, with its trace in the audit log."""

import hashlib
import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource, ReadingState
from cabinet.domain.people import AccessLevel
from cabinet.domain.period import Month
from cabinet.domain.readings import (
    REVIEWS,
    Answer,
    Asked,
    Question,
    Registers,
    Taken,
    Typed,
    check,
    digits_of,
    read_registers,
)
from cabinet.models import Meter, Reading
from cabinet.models.base import lock, on_sqlite, reading, writing
from cabinet.models.hot import Added, Hot
from cabinet.models.ids import ordered_id
from cabinet.services import audit, files, limits
from cabinet.services.access import AccountCard, get_access
from cabinet.services.audit import Actor
from cabinet.services.readings.confirmation import confirmation_of
from cabinet.services.readings.estimate import Estimator
from cabinet.services.readings.facts import (
    Facts,
    facts_of,
    meters_of,
    registers_of,
    used_before,
)
from cabinet.services.readings.refusals import (
    MeterClosedError,
    MeterNotFoundError,
    MonthChangedError,
    ProofMissingError,
    ReadingAskedError,
)
from cabinet.services.readings.rows import WITH_KEYS, FreshReading, ReadingRow
from cabinet.services.readings.shown import (
    Confirmation,
    Estimate,
    FewDigits,
    Preview,
    Way,
)
from cabinet.services.readings.told import Told, to_json

MAX_COMMENT = 1000
PHOTO = "reading_photo"

#: What a customer may no longer repeat: the answer would be somebody else's decision.
_ENDED = frozenset({ReadingState.REJECTED, ReadingState.WITHDRAWN})


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """What came for a meter: the values, the form they came in, and who sent them.

    `whose` is against whom the readings of a day are counted.
    """

    values: Sequence[str]
    key: str
    month: Month | None
    whose: str
    source: ReadingSource = ReadingSource.CABINET
    user_id: int | None = None
    answers: Collection[Answer] = ()
    comment: str = ""
    photo: files.Content | None = None


#: Takes a reading and what is told about it, or raises with a question.
Judge = Callable[[Facts, Typed, Sent], tuple[Taken, Told]]


def submit_reading(
    user_id: int,
    account_id: int,
    meter_id: uuid.UUID,
    values: Sequence[str],
    *,
    key: str,
    month: Month | None = None,
    answers: Collection[Answer] = (),
    comment: str = "",
    photo: files.Content | None = None,
    source: ReadingSource = ReadingSource.CABINET,
    actor: Actor,
    pepper: str,
    now: datetime,
) -> Confirmation:
    """Take what was typed for the zones of a meter and return what was taken.

    `key` and `month` come from the form, or from the program that is the `source`. The same key with the same values is the same
    reading, however often and at once it comes; so are the values that already stand.
    Raises NotAReadingError for what cannot be a reading, ReadingAskedError (nothing is
    taken) for a question, MonthChangedError, MeterClosedError, ProofMissingError,
    TooManyAttemptsError, and NotFound for what is somebody else's.
    """
    sent = Sent(
        values=values,
        key=key,
        month=month,
        whose=f"meter:{meter_id}",
        user_id=user_id,
        answers=answers,
        comment=comment,
        photo=photo,
        source=source,
    )
    with writing():
        card = get_access(user_id, account_id, now=now)
        facts = locked_facts(card, meter_id, now)
        row = take(facts, sent, judge, actor=actor, pepper=pepper, now=now)
        return confirmation_of(card, row, facts.meter, user_id=user_id, now=now)


def take(
    facts: Facts, sent: Sent, judge: Judge, *, actor: Actor, pepper: str, now: datetime
) -> Reading | FreshReading:
    """Take what was sent for a locked meter, once, inside the open transaction.

    Returns the reading that stands for it, a fresh one if it was taken just now.
    """
    typed = read_registers(sent.values, facts.zones, facts.dial)
    known = WITH_KEYS(facts.meter.id, sent.key, _corrected(sent.key, typed.registers))
    row = _repeated(facts, typed.registers, known)
    if row is None and facts.closed is not None:
        raise MeterClosedError(facts.closed)
    row = row or _standing(facts, typed.registers, sent.answers)
    if row is not None:
        stands: Reading = Reading.get_by_id(row.id)
        return stands
    if sent.month is not None and sent.month != facts.slot.month:
        raise MonthChangedError(sent.month, facts.slot.month)
    taken, told = judge(facts, typed, sent)
    limits.count(limits.READING_DAY, sent.whose, pepper=pepper, now=now)
    if sent.photo:
        _count_photo(sent, pepper, now)
    key = _free_key(typed.registers, sent.key, known)
    fresh = _write(facts, sent, taken, told, key=key, now=now)
    _trace(fresh, facts.meter.account_id, actor, now)
    return fresh


def _count_photo(sent: Sent, pepper: str, now: datetime) -> None:
    """Count a photograph against its sender, and what the sender's files take."""
    if sent.user_id is None:
        return
    who = f"user:{sent.user_id}"
    limits.count(limits.UPLOAD_DAY, who, pepper=pepper, now=now)
    free_at = files.full_until(sent.user_id, limits.UPLOAD_BYTES)
    if free_at is not None:
        raise limits.TooManyAttemptsError(limits.UPLOAD_DAY, who, free_at)


def preview_reading(
    user_id: int,
    account_id: int,
    meter_id: uuid.UUID,
    values: Sequence[str],
    *,
    answers: Collection[Answer] = (),
    now: datetime,
) -> Preview | None:
    """Return the question the values raise, None when they raise none; writes nothing.

    Raises NotAReadingError for what cannot be a reading and NotFound for what is
    somebody else's.
    """
    with reading():
        card = get_access(user_id, account_id, now=now)
        meters = meters_of(card)
        meter = next((each for each in meters if each.public_id == meter_id), None)
        if meter is None:
            raise MeterNotFoundError(meter_id)
        facts = facts_of(card, meter, meters, now=now)
        typed = read_registers(values, facts.zones, facts.dial)
        asked = check(facts.case(), typed.registers, answers)
        if isinstance(asked, Taken):
            return None
        return _preview(facts, typed, asked, Estimator(facts, used_before(facts)))


_LOCKED = Hot(
    lambda public_id, account_id: lock(
        Meter.select(Meter.id)
        .where(Meter.public_id == public_id, Meter.account == account_id)
        .tuples()
    ),
    Meter.public_id,
    Meter.account,
)


def locked_facts(card: AccountCard, meter_id: uuid.UUID, now: datetime) -> Facts:
    """Lock the meter, so that its readings come one after another."""
    if not on_sqlite():  # where the transaction is the lock
        _LOCKED(meter_id, card.account_id)
    meters = meters_of(card)
    meter = next((each for each in meters if each.public_id == meter_id), None)
    if meter is None:
        raise MeterNotFoundError(meter_id)
    return facts_of(card, meter, meters, now=now, is_locking=True)


def _repeated(
    facts: Facts, registers: Registers, known: Iterable[ReadingRow]
) -> ReadingRow | None:
    """Return what the same form with the same values brought before."""
    for row in known:
        same = registers_of(row, facts.meter.zones) == registers
        if same and row.state not in _ENDED and facts.is_shown(row):
            return row
    return None


def _standing(
    facts: Facts, registers: Registers, answers: Collection[Answer]
) -> ReadingRow | None:
    """Return the month's reading when it shows these values already."""
    row = facts.current
    if row is None or not facts.is_shown(row):
        return None
    if registers_of(row, facts.meter.zones) != registers:
        return None
    asks_review = any(answer in REVIEWS for answer in answers)
    if asks_review and row.state is not ReadingState.NEEDS_REVIEW:
        return None
    return row


def _free_key(registers: Registers, key: str, known: Iterable[ReadingRow]) -> str:
    """Return the form's key, or another where Back brought the form other values."""
    taken = {row.key for row in known}
    names = (key, _corrected(key, registers))
    return next((name for name in names if name not in taken), uuid.uuid4().hex)


def _corrected(key: str, registers: Registers) -> str:
    values = " ".join(str(each.wh) for each in registers)
    return hashlib.sha256(f"{key} {values}".encode()).hexdigest()[:32]


def judge(facts: Facts, typed: Typed, sent: Sent) -> tuple[Taken, Told]:
    """Take the reading, or raise with the question and what each answer would mean."""
    case, answers = facts.case(), sent.answers
    estimator = Estimator(facts, used_before(facts))
    result = check(case, typed.registers, answers)
    if isinstance(result, Asked):
        raise ReadingAskedError(_preview(facts, typed, result, estimator))
    if result.needs_proof and not (sent.photo or sent.comment):
        asked = check(case, typed.registers, set(answers) - set(REVIEWS))
        assert isinstance(asked, Asked)  # noqa: S101 - what needs proof is asked about
        raise ProofMissingError(_preview(facts, typed, asked, estimator))
    is_hidden = facts.is_last_hidden
    return result, Told(
        last=None if is_hidden else facts.base.registers,
        used=None if is_hidden else result.used,
        estimate=estimator.estimate(result.used),
        is_cut=typed.is_cut,
    )


def _preview(facts: Facts, typed: Typed, asked: Asked, estimator: Estimator) -> Preview:
    is_hidden = facts.is_last_hidden
    is_sum_hidden = facts.card.level is AccessLevel.READINGS

    def estimate(used: Registers | None) -> Estimate | None:
        return None if is_sum_hidden else estimator.estimate(used)

    return Preview(
        asked=asked,
        last=None if is_hidden else facts.base.registers,
        used=None if is_hidden else asked.total,
        estimate=estimate(asked.used),
        ways=tuple(
            Way(
                answer=offer.answer,
                registers=offer.registers,
                used=None if is_hidden else offer.total,
                estimate=estimate(offer.used),
            )
            for offer in asked.offers
        ),
        few=() if is_hidden else _few(facts, typed, asked),
    )


def _few(facts: Facts, typed: Typed, asked: Asked) -> tuple[FewDigits, ...]:
    """Return the registers that are lower because a digit may be missing.

    A register that has gone through zero has few digits, and misses none.
    """
    has_turned = any(offer.answer is Answer.ROLLED_OVER for offer in asked.offers)
    if asked.question is not Question.LOWER or has_turned:
        return ()
    zones = zip(facts.zones, typed.digits, facts.base.registers, strict=True)
    return tuple(
        FewDigits(zone=zone, number=number, typed=digits, before=digits_of(last))
        for number, (zone, digits, last) in enumerate(zones, start=1)
        if digits < digits_of(last)
    )


def _write(
    facts: Facts, sent: Sent, taken: Taken, told: Told, *, key: str, now: datetime
) -> FreshReading:
    before = facts.current
    if before is not None:
        Reading.update(
            state=ReadingState.SUPERSEDED, version=Reading.version + 1
        ).where(Reading.id == before.id).execute()
    photo_id = None
    if sent.photo:
        stored = files.store(sent.photo, purpose=PHOTO, owner_id=sent.user_id, now=now)
        photo_id = stored.id
    t1, t2, t3 = _columns(*taken.registers)
    fresh = FreshReading(
        id=0,
        public_id=ordered_id(now),
        user_id=sent.user_id,
        period=facts.slot.month,
        t1=t1,
        t2=t2,
        t3=t3,
        taken_on=facts.today,
        received_at=now,
        source=sent.source,
        state=taken.state,
        rolled_over=taken.rolled_over,
        told=told,
        comment=sent.comment[:MAX_COMMENT],
        reason=taken.doubt,
        photo_id=photo_id,
        supersedes_id=before and before.id,
    )
    number = _ADD(
        public_id=fresh.public_id,
        meter=facts.meter.id,
        period=fresh.period,
        t1=t1,
        t2=t2,
        t3=t3,
        taken_on=fresh.taken_on,
        received_at=now,
        source=fresh.source,
        state=fresh.state,
        key=key,
        user=fresh.user_id,
        rolled_over=fresh.rolled_over,
        answers=sorted(str(answer) for answer in sent.answers),
        told=to_json(told),
        comment=fresh.comment,
        reason=fresh.reason,
        photo=fresh.photo_id,
        supersedes=fresh.supersedes_id,
        stood_as=before and before.state,
    )
    return fresh._replace(id=number)


_ADD = Added(Reading)


def _columns(
    t1: Energy, t2: Energy | None = None, t3: Energy | None = None
) -> tuple[Energy, Energy | None, Energy | None]:
    """Return the registers as their columns take them."""
    return t1, t2, t3


def _trace(row: FreshReading, account_id: int, actor: Actor, now: datetime) -> None:
    audit.record(
        actor,
        "reading.submitted",
        now=now,
        subject=f"reading:{row.id}",
        account_id=account_id,
        state=str(row.state),
        source=str(row.source),
        supersedes=row.supersedes_id,
    )
