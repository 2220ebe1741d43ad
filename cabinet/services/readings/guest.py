"""Readings without signing in.

The account's number and the last four digits of the meter's serial number let one send
a reading, and learn nothing: neither name nor address, neither debt nor last reading.
"""

import hmac
from collections.abc import Sequence
from datetime import datetime

from cabinet.domain.period import Month
from cabinet.models import Account, Branch, Meter
from cabinet.models.base import reading, writing
from cabinet.services import audit, limits
from cabinet.services.access import AccountCard
from cabinet.services.audit import Actor
from cabinet.services.readings import ticket as tickets
from cabinet.services.readings.quiet import (
    QuietForm,
    QuietTaken,
    card_of,
    last_digits,
    quiet_form,
    take_quietly,
    taken_of,
)
from cabinet.services.readings.refusals import MeterNotFoundError

PROVED = "guest-meter"
TAKEN = "guest-taken"


class WrongPairError(Exception):
    """No account has this number, or no meter of it ends so; it is not told which."""


def prove_meter(
    number: str,
    digits: str,
    *,
    address: str,
    actor: Actor,
    pepper: str,
    now: datetime,
) -> str:
    """Return a ticket for the meter of the account whose serial number ends so.

    Raises WrongPairError, and TooManyAttemptsError before it looks; only what is wrong
    counts, against the account and against the address it comes from.
    """
    number = "".join(c for c in number if c.isascii() and c.isdigit())
    tries = (
        (limits.GUEST_ACCOUNT_DAY, number),
        (limits.GUEST_ADDRESS_HOUR, address),
    )
    with writing():
        # Counted before the look, as at the sign-in: many at once are counted too.
        for limit, who in tries:
            limits.count(limit, who, pepper=pepper, now=now)
        # Few columns: to make whole rows of a meter that is there takes time that tells.
        meters = list(
            Meter.select(Meter.id, Meter.public_id, Meter.serial, Meter.account)
            .join(Account)
            .where(Account.number == number)
            .order_by(Meter.removed_on.is_null().desc(), Meter.id.desc())
            .tuples()
        )
        fitting = (each for each in meters if _ends_so(each[2], digits))
        meter_id, public_id, *_ = next(fitting, (None, None))
        audit.record(
            actor,
            "guest.refused" if meter_id is None else "guest.proved",
            now=now,
            subject="" if meter_id is None else f"meter:{meter_id}",
            account_id=meters[0][3] if meters else None,
        )
        for limit, who in tries if meter_id else ():
            limits.give_back(limit, who, pepper=pepper, now=now)
    if public_id is None:
        raise WrongPairError
    return tickets.issue(PROVED, public_id, pepper=pepper, now=now)


def guest_form(ticket: str, *, pepper: str, now: datetime) -> QuietForm:
    """Return the form the ticket is for; raises TicketNotFoundError."""
    meter_id = tickets.read(PROVED, ticket, pepper=pepper, now=now)
    with reading():
        return quiet_form(_card(meter_id), meter_id, is_known=False, now=now)


def submit_as_guest(
    ticket: str,
    values: Sequence[str],
    *,
    key: str,
    month: Month | None,
    actor: Actor,
    pepper: str,
    now: datetime,
) -> str:
    """Take a guest's reading and return a receipt of it.

    The same checks, the same window and the same care for what comes twice as with
    `submit_reading`, but nothing is asked: see `take_quietly` for what it raises. Also
    raises TicketNotFoundError.
    """
    meter_id = tickets.read(PROVED, ticket, pepper=pepper, now=now)
    with writing():
        row = take_quietly(
            _card(meter_id),
            meter_id,
            values,
            key=key,
            month=month,
            user_id=None,
            actor=actor,
            pepper=pepper,
            now=now,
        )
        return tickets.issue(TAKEN, row.public_id, pepper=pepper, now=now)


def receipt_of(taken: QuietTaken, *, pepper: str, now: datetime) -> str:
    """Return what shows once more what was taken, for as long as a ticket lasts."""
    return tickets.issue(TAKEN, taken.public_id, pepper=pepper, now=now)


def guest_taken(receipt: str, *, pepper: str, now: datetime) -> QuietTaken:
    """Return what was taken; raises TicketNotFoundError."""
    reading_id = tickets.read(TAKEN, receipt, pepper=pepper, now=now)
    with reading():
        return taken_of(reading_id)


def _ends_so(serial: str, digits: str) -> bool:
    return hmac.compare_digest(last_digits(serial).encode(), digits.encode())


def _card(meter_id: object) -> AccountCard:
    account = (
        Account.select(Account, Branch)
        .join(Branch)
        .switch(Account)
        .join(Meter, on=Meter.account == Account.id)
        .where(Meter.public_id == meter_id)
        .first()
    )
    if account is None:
        raise MeterNotFoundError(meter_id)
    return card_of(account)
