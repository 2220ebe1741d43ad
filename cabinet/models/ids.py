"""Identifiers of rows that come by millions a month: those of a time lie together."""

import secrets
from datetime import datetime
from uuid import UUID


def ordered_id(now: datetime) -> UUID:
    """Return an identifier that nobody guesses and that begins with its moment.

    UUID version 7 (RFC 9562, 5.7): the milliseconds of Unix time in 48 bits, 74 bits of
    chance. Each change of a row writes into each of its indexes. In one of chance ids that
    is a page of its own for each row; of these the rows of a month lie together, and those
    of one millisecond in any order.
    """
    milliseconds = int(now.timestamp() * 1000)
    chance = secrets.randbits(74)
    return UUID(
        int=milliseconds << 80
        | 0x7 << 76
        | chance >> 62 << 64
        | 0b10 << 62
        | chance & (1 << 62) - 1
    )
