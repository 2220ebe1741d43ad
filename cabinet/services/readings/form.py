"""The form for sending readings."""

from datetime import date, datetime, timedelta
from uuid import UUID

from cabinet.domain.period import Month, local_day
from cabinet.domain.readings import Closed
from cabinet.models.base import reading
from cabinet.services.access import AccountCard, get_access
from cabinet.services.readings.facts import (
    Facts,
    closed_of,
    facts_of,
    meters_of,
    registers_of,
)
from cabinet.services.readings.refusals import MeterNotFoundError
from cabinet.services.readings.rows import MeterRow
from cabinet.services.readings.shown import (
    CurrentReading,
    MeterChoice,
    MeterForm,
    Phase,
    ReadingForm,
    Timing,
    ZoneField,
    number_of,
)

#: The end of a verification is told from so long before it on.
TOLD_BEFORE = timedelta(days=90)


def reading_form(
    user_id: int, account_id: int, meter_id: UUID | None = None, *, now: datetime
) -> ReadingForm:
    """Return the form of the meter, without one of the first that waits for a reading.

    A meter that takes none is shown, with the reason, when it is asked for or the
    account has no other. Raises AccountNotFoundError and MeterNotFoundError.
    """
    with reading():
        card = get_access(user_id, account_id, now=now)
        return form_of(card, meter_id, now=now)


def form_of(
    card: AccountCard, meter_id: UUID | None = None, *, now: datetime
) -> ReadingForm:
    """Return the same inside the open transaction; raises MeterNotFoundError."""
    meters = meters_of(card)
    known = [
        facts_of(card, meter, meters, now=now)
        for meter in _open_or_newest(meters, local_day(now, card.zone), meter_id)
    ]
    if meter_id is not None and meter_id not in {f.meter.public_id for f in known}:
        raise MeterNotFoundError(meter_id)
    shown = _first(known, meter_id)
    return ReadingForm(
        account=card,
        meter=None if shown is None else meter_form_of(shown),
        others=tuple(
            _choice(each) for each in known if each is not shown and each.closed is None
        ),
    )


def _open_or_newest(
    meters: list[MeterRow], today: date, meter_id: UUID | None
) -> list[MeterRow]:
    taking = [
        meter
        for meter in meters
        if closed_of(meter, today) is None or meter.public_id == meter_id
    ]
    return taking or meters[:1]


def _first(known: list[Facts], meter_id: UUID | None) -> Facts | None:
    """Return the meter asked for, else one that waits for a reading, else any."""
    wanted = [each for each in known if each.meter.public_id == meter_id]
    waiting = [each for each in known if each.closed is None and each.current is None]
    return next(iter(wanted + waiting + known), None)


def _choice(facts: Facts) -> MeterChoice:
    return MeterChoice(
        public_id=facts.meter.public_id,
        serial=facts.meter.serial,
        place=facts.meter.place,
        is_done=facts.is_shown(facts.current),
    )


def meter_form_of(facts: Facts) -> MeterForm:
    """Return what the meter's form asks and shows, inside the open transaction."""
    meter, is_hidden = facts.meter, facts.is_last_hidden
    until = meter.verified_until
    is_told = until is not None and until - facts.today <= TOLD_BEFORE
    return MeterForm(
        public_id=meter.public_id,
        serial=meter.serial,
        model=meter.model,
        place=meter.place,
        digits=meter.digits,
        decimals=meter.decimals,
        zones=tuple(
            ZoneField(zone=zone, number=number, last=None if is_hidden else last)
            for number, (zone, last) in enumerate(
                zip(facts.zones, facts.base.registers, strict=True), start=1
            )
        ),
        last_on=None if is_hidden else facts.base.taken_on,
        last_source=None if is_hidden else facts.base.source,
        timing=_timing(facts),
        closed=facts.closed,
        closed_on=_closed_on(facts),
        was_replaced=facts.predecessor is not None,
        verified_until=until if is_told else None,
        is_verification_over=until is not None and until < facts.today,
        current=_current(facts),
        key=facts.key,
    )


def _timing(facts: Facts) -> Timing:
    window, today, month = facts.card.window, facts.today, facts.slot.month
    phase = Phase.OPEN if window.is_open(today) else Phase.EARLY
    if today > window.closes_on(Month.of(today)):
        phase = Phase.LATE
    return Timing(
        month=month,
        phase=phase,
        opens_on=window.opens_on(month),
        closes_on=window.closes_on(month),
        last_closed_on=window.closes_on(window.period_of(today).previous),
        days_left=window.days_left(today),
        is_correction=facts.slot.is_correction,
    )


def _closed_on(facts: Facts) -> date | None:
    if facts.closed is Closed.REMOVED:
        return facts.meter.removed_on
    if facts.closed is Closed.CONTRACT_ENDED:
        return facts.meter.contract_ended_on
    return None


def _current(facts: Facts) -> CurrentReading | None:
    """Return what stands for the month, unless somebody sent it before the access."""
    row, since = facts.current, facts.card.since
    if row is None or (since is not None and row.taken_on < since):
        return None
    return CurrentReading(
        public_id=row.public_id,
        number=number_of(row.id),
        received_at=row.received_at,
        state=row.state,
        registers=registers_of(row, facts.meter.zones),
    )
