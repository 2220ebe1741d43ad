"""Secrets as the database keeps them: encrypted with a key that does not lie in it."""

import base64
import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class SealBrokenError(ValueError):
    """The installation's secret is another one now: what was sealed is to be said anew."""


def seal(values: Mapping[str, str], *, purpose: str, pepper: str) -> str:
    """Return the values as they may be kept."""
    text = json.dumps(dict(values), ensure_ascii=False).encode()
    return _cipher(purpose, pepper).encrypt(text).decode()


def unseal(kept: str, *, purpose: str, pepper: str) -> dict[str, str]:
    """Return the values; raises SealBrokenError."""
    from cryptography.fernet import InvalidToken  # noqa: PLC0415 - few need it

    try:
        text = _cipher(purpose, pepper).decrypt(kept.encode())
    except InvalidToken as error:
        raise SealBrokenError(purpose) from error
    found: dict[str, str] = json.loads(text)
    return found


@cache
def _cipher(purpose: str, pepper: str) -> "Fernet":
    # The library takes a tenth of a second to load.
    from cryptography.fernet import Fernet  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

    info = f"cabinet {purpose}".encode()
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=info)
    return Fernet(base64.urlsafe_b64encode(key.derive(pepper.encode())))
