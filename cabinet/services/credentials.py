"""Passwords: argon2id, the same time for every failure, as many at once as may be."""

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cabinet.services import bulkheads

MAX_LENGTH = 128

#: 19 MiB, two passes, one lane: some 22 ms a check.
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


def hash_password(password: str) -> str:
    """Return the argon2id hash of the password; raises bulkheads.BusyError."""
    with bulkheads.PASSWORDS.place():
        return _hasher.hash(_normal(password))


def matches(password_hash: str | None, password: str) -> bool:
    """Tell whether the password fits.

    Without a hash a dummy is checked, so that an unknown user costs the same time.
    Raises bulkheads.BusyError.
    """
    known = password_hash is not None and len(password) <= MAX_LENGTH
    try:
        with bulkheads.PASSWORDS.place():
            _hasher.verify(
                password_hash if known and password_hash else _dummy(),
                _normal(password[:MAX_LENGTH]),
            )
    except (VerificationError, InvalidHashError):
        return False
    return known


def is_outdated(password_hash: str) -> bool:
    """Tell whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password)


@cache
def _dummy() -> str:
    return _hasher.hash("nobody's password")
