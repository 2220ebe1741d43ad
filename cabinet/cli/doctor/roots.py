"""Which roots of certificates the telephones and browsers of customers know.

Sources: Let's Encrypt, «Standing on Our Own Two Feet» (ISRG Root X1 is in Android from
7.1.1); Google Trust Services, «Google, HTTPS, and device compatibility» (many devices
lack its roots, so GlobalSign signs them too); Sectigo, «Sectigo new Public Roots and
Issuing CAs Hierarchy» (R46 and E46, and USERTrust that signs them); help of Yandex
Browser, «National certification authority certificates» (who trusts the Ministry's root).
What Mozilla's list has, and since when a root exists, the certificates themselves say;
Android takes its own list from Mozilla's.
"""

import ssl
import warnings
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import NameOID

#: The day of Android 7.0: it knows no root that was made later.
ANDROID_7 = datetime(2016, 8, 22, tzinfo=UTC)
#: Made before that day, and in Android after 7.0 only.
LATE = frozenset(
    {"ISRG Root X1", "GTS Root R1", "GTS Root R2", "GTS Root R3", "GTS Root R4"}
)
#: What the Ministry of Digital Development signs with.
NATIONAL = "Russian Trusted "


class Known(Enum):
    """Who knows where a chain ends."""

    BY_ALL = "all"
    NOT_BY_OLD = "new"
    BY_RUSSIAN_BROWSERS = "national"
    BY_NOBODY = "own"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who knows the roots of a chain, and how the best of them is called."""

    known: Known
    root: str


def judge(
    chain: list[x509.Certificate], anchors: Iterable[x509.Certificate]
) -> Verdict | None:
    """Return who knows the roots the chain leads to, none where it leads to no root.

    `chain` is as it was sent, the portal's own certificate first; `anchors` are the roots
    this machine knows. A root that another one signed counts as both: a telephone stops
    at the first it knows.
    """
    anchors = list(anchors)
    found = [
        _judged(root) for name in _signers(chain) for root in _named(name, anchors)
    ]
    if not found:
        national = [n for n in map(_words, _signers(chain)) if n.startswith(NATIONAL)]
        return Verdict(Known.BY_RUSSIAN_BROWSERS, national[-1]) if national else None
    order = list(Known)
    return min(found, key=lambda one: order.index(one.known))


def last_signer(chain: list[x509.Certificate]) -> str:
    """Return who signed the last certificate that was sent, empty if none was."""
    return _words(chain[-1].issuer) if chain else ""


def parse(ders: Iterable[bytes]) -> list[x509.Certificate]:
    """Return the certificates that can be read."""
    found = []
    with warnings.catch_warnings():
        # Old roots have a serial number of nought, which is not what is asked here.
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        for der in ders:
            with suppress(ValueError):
                found.append(x509.load_der_x509_certificate(der))
    return found


def _signers(chain: list[x509.Certificate]) -> list[x509.Name]:
    """Return who signed the portal's certificate, who signed the signers, and so on."""
    names = [chain[0].issuer] if chain else []
    for name in names:
        for one in chain:
            if one.subject == name and one.issuer not in names:
                names.append(one.issuer)
    return names


def _named(name: x509.Name, anchors: list[x509.Certificate]) -> list[x509.Certificate]:
    return [root for root in anchors if root.subject == name]


def _judged(root: x509.Certificate) -> Verdict:
    words = _words(root.subject)
    if words.startswith(NATIONAL):
        return Verdict(Known.BY_RUSSIAN_BROWSERS, words)
    if root.subject.public_bytes() not in of_browsers():
        return Verdict(Known.BY_NOBODY, words)
    if words in LATE or root.not_valid_before_utc >= ANDROID_7:
        return Verdict(Known.NOT_BY_OLD, words)
    return Verdict(Known.BY_ALL, words)


def _words(name: x509.Name) -> str:
    """Return what people call it: its common name, or the unit old roots have instead."""
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME):
        if found := name.get_attributes_for_oid(kind):
            return str(found[0].value)
    return name.rfc4514_string()


@cache
def of_browsers() -> frozenset[bytes]:
    """Return the names of the roots that Mozilla's list has, as they are encoded."""
    import certifi

    text = Path(certifi.where()).read_text("utf-8")
    pieces = text.split("-----BEGIN CERTIFICATE-----")[1:]
    ders = (
        ssl.PEM_cert_to_DER_cert(
            "-----BEGIN CERTIFICATE-----"
            + piece.partition("-----END CERTIFICATE-----")[0]
            + "-----END CERTIFICATE-----"
        )
        for piece in pieces
    )
    return frozenset(one.subject.public_bytes() for one in parse(ders))
