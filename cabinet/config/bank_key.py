"""The key a bank signs its notices with: a certificate or the key itself, in PEM."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate


class NotRsaError(ValueError):
    """The key is of another kind than the bank signs with."""


def read_bank_key(path: Path) -> RSAPublicKey:
    """Return the bank's key; raises OSError, or ValueError for what is no RSA key."""
    text = path.read_bytes()
    is_key = b"BEGIN PUBLIC KEY" in text
    found = (
        load_pem_public_key(text)
        if is_key
        else load_pem_x509_certificate(text).public_key()
    )
    if not isinstance(found, RSAPublicKey):
        raise NotRsaError(path.name)
    return found
