"""The key by which a form that is sent twice does its work once."""

import secrets

KEY_BYTES = 16
_LENGTH = 2 * KEY_BYTES
_DIGITS = frozenset("0123456789abcdef")


def once_of(key: str | None) -> str:
    """Return the key that came with a form, a new one when it is none of ours."""
    key = key or ""
    is_ours = len(key) == _LENGTH and _DIGITS.issuperset(key)
    return key if is_ours else secrets.token_hex(KEY_BYTES)
