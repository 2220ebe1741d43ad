"""What forms carry along: a key to do their work once, the state their page showed."""

import secrets

from flask_wtf import FlaskForm
from wtforms import HiddenField

from cabinet.forms.typed import whole_number

KEY_BYTES = 16
MOST_VERSION_DIGITS = 8
NO_VERSION = -1
_LENGTH = 2 * KEY_BYTES
_DIGITS = frozenset("0123456789abcdef")


def once_of(key: str | None) -> str:
    """Return the key that came with a form, a new one when it is none of ours."""
    key = key or ""
    is_ours = len(key) == _LENGTH and _DIGITS.issuperset(key)
    return key if is_ours else secrets.token_hex(KEY_BYTES)


class VersionedForm(FlaskForm):
    """A form that tells which state of a row its page showed."""

    version = HiddenField()

    @property
    def seen_version(self) -> int:
        """Return the version, one that never was when it is none of ours."""
        said = whole_number(self.version.data, MOST_VERSION_DIGITS)
        return NO_VERSION if said is None else said


class OnceForm(FlaskForm):
    """A form that may be sent once: `key` tells one from the next."""

    key = HiddenField()

    @property
    def once(self) -> str:
        """Return the key of the form, a new one when it has none of ours."""
        return once_of(self.key.data)
