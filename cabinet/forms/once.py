"""The key by which a form that is sent twice does its work once."""

import secrets

from flask_wtf import FlaskForm
from wtforms import HiddenField

KEY_BYTES = 16
_LENGTH = 2 * KEY_BYTES
_DIGITS = frozenset("0123456789abcdef")


def once_of(key: str | None) -> str:
    """Return the key that came with a form, a new one when it is none of ours."""
    key = key or ""
    is_ours = len(key) == _LENGTH and _DIGITS.issuperset(key)
    return key if is_ours else secrets.token_hex(KEY_BYTES)


class OnceForm(FlaskForm):
    """A form that may be sent once: `key` tells one from the next."""

    key = HiddenField()

    @property
    def once(self) -> str:
        """Return the key of the form, a new one when it has none of ours."""
        return once_of(self.key.data)
