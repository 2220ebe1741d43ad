"""Addresses that take no mail: what a mail server says of our own letters.

A letter carries its number and a keyed mark in its Message-ID. A notice that cannot name
them is about no letter of ours, whoever sent it, and changes nothing.
"""

import hashlib
import hmac
import re
from datetime import datetime
from enum import StrEnum

from cabinet.exchange.bounces import Bounce
from cabinet.models import OutboxMessage, User
from cabinet.models.base import lock, writing
from cabinet.services import audit, outbox

_ID = re.compile(r"([0-9]{1,18})\.([0-9a-f]{32})@[^@]+")


class Outcome(StrEnum):
    """What a notice changed."""

    MARKED = "marked"
    KNOWN = "known"
    FOR_NOW = "for now"
    CHANGED = "changed"
    FORGED = "forged"


def message_id(number: int, *, address: str, pepper: str) -> str:
    """Return the Message-ID of a letter that is sent from this address."""
    domain = address.rpartition("@")[2].strip("<> ") or "localhost"
    return f"{number}.{_mark(number, pepper)}@{domain}"


def number_of(letter_id: str, *, pepper: str) -> int | None:
    """Return the number of the letter of ours with the Message-ID, None for others."""
    found = _ID.fullmatch(letter_id)
    if found is None or not hmac.compare_digest(found[2], _mark(int(found[1]), pepper)):
        return None
    return int(found[1])


def take_bounce(bounce: Bounce, *, pepper: str, now: datetime) -> Outcome:
    """Mark the address a letter of ours did not reach, once.

    FOR_NOW is a failure that may pass, CHANGED one of an address nobody has any more.
    """
    number = number_of(bounce.message_id, pepper=pepper)
    if number is None:
        return Outcome.FORGED
    with writing():
        letter = OutboxMessage.get_or_none(OutboxMessage.id == number)
        if letter is None or letter.sent_at is None:
            return Outcome.FORGED
        if not bounce.is_for_good:
            return Outcome.FOR_NOW
        user = lock(User.select().where(User.email == letter.recipient)).first()
        if user is None:
            return Outcome.CHANGED
        if user.email_failed_at is not None:
            return Outcome.KNOWN
        User.update(email_failed_at=now).where(User.id == user.id).execute()
        outbox.drop_asked_for(letter.recipient, now=now)
        audit.record(
            audit.SYSTEM,
            "email.failed",
            now=now,
            subject=f"user:{user.id}",
            status=bounce.status,
        )
    return Outcome.MARKED


def _mark(number: int, pepper: str) -> str:
    signed = hmac.new(pepper.encode(), f"letter:{number}".encode(), hashlib.sha256)
    return signed.hexdigest()[:32]
