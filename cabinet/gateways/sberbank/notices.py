"""Sberbank's notices: parameters of an address or of a form, with a checksum.

The checksum is made over `key;value;` of every parameter but itself and `sign_alias`,
sorted by key: HMAC-SHA256 of a shared key, or RSA with SHA-512 of the bank's key.
"""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA512

from cabinet.gateways.answers import WrongShapeError
from cabinet.gateways.base import NotOursError

MOST_FIELDS = 100
UNSIGNED = frozenset({"checksum", "sign_alias"})


def parameters(body: bytes, query: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters of a GET or of a POST; raises ValueError for none."""
    if "mdOrder" in query:
        return dict(query)
    pairs = parse_qsl(
        body.decode("utf-8"),
        keep_blank_values=True,
        strict_parsing=True,
        errors="strict",
        max_num_fields=MOST_FIELDS,
    )
    found = dict(pairs)
    if len(found) < len(pairs):
        raise WrongShapeError("a parameter comes twice")
    return found


def signed_text(found: Mapping[str, str]) -> bytes:
    """Return what the checksum is made over."""
    pairs = sorted((key, found[key]) for key in found if key not in UNSIGNED)
    return "".join(f"{key};{value};" for key, value in pairs).encode("utf-8")


def checksum(found: Mapping[str, str], secret: str) -> str:
    """Return the checksum by the shared key, upper-case."""
    key = secret.encode("utf-8")
    return hmac.new(key, signed_text(found), hashlib.sha256).hexdigest().upper()


def check(found: Mapping[str, str], secret: str, key: RSAPublicKey | None) -> None:
    """Raise NotOursError unless the checksum proves the parameters."""
    told = found.get("checksum", "").upper()
    if secret:
        ours = checksum(found, secret)
        if hmac.compare_digest(ours.encode(), told.encode("utf-8")):
            return
    if key is not None:
        try:
            key.verify(bytes.fromhex(told), signed_text(found), PKCS1v15(), SHA512())
        except (InvalidSignature, ValueError) as error:
            raise NotOursError("the checksum is not the bank's") from error
        return
    raise NotOursError("the checksum is not of our key")
