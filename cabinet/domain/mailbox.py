"""E-mail addresses: as people type them, and as others may see them."""

import re

MAX_LENGTH = 254

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(
    rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@(?:{_LABEL}\.)+{_LABEL}"
)


def read_mailbox(text: str) -> str | None:
    """Return the address in small letters, None for what no mail reaches."""
    address = text.strip().casefold()
    if len(address) > MAX_LENGTH or not _ADDRESS.fullmatch(address):
        return None
    return address


def masked(address: str) -> str:
    """Return «и***@example.org»: enough to be recognised, too little to be used."""
    name, at, domain = address.partition("@")
    return f"{name[:1]}***{at}{domain}" if address else ""
