"""The signature of T-Bank's requests and notices."""

import hashlib
import hmac
from collections.abc import Mapping


def token(values: Mapping[str, object], password: str) -> str:
    """Return SHA-256 of the values and the password, joined in the order of their keys.

    Only values of the root count: objects, lists and the token itself are left out;
    yes and no are written `true` and `false`.
    """
    told = {key: _text(value) for key, value in values.items() if _counts(key, value)}
    told["Password"] = password
    joined = "".join(told[key] for key in sorted(told))
    return hashlib.sha256(joined.encode("utf-8")).hexdigest()


def is_proved(values: Mapping[str, object], password: str) -> bool:
    """Tell whether the values carry their own signature."""
    told = values.get("Token")
    if not isinstance(told, str):
        return False
    ours = token(values, password)
    return hmac.compare_digest(ours.encode(), told.lower().encode("utf-8"))


def _counts(key: str, value: object) -> bool:
    return key != "Token" and value is not None and not isinstance(value, dict | list)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
