"""What a mail server says of a letter it could not deliver (RFC 3464)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message

#: A notice carries the letter it is about at most; more is no notice.
MOST_BYTES = 1024 * 1024

_STATUS = re.compile(r"\s*([245]\.[0-9]{1,3}\.[0-9]{1,3})\b")
#: Of class 5 these speak of the address itself (RFC 3463): no such mailbox or host, a
#: mailbox that is closed, or no reason at all. A full mailbox and a letter that somebody
#: did not like are no fault of the address.
_DEAD = re.compile(r"5\.(0\.0|1\.\d+|2\.[01]|4\.4)")


@dataclass(frozen=True, slots=True)
class Bounce:
    """A letter that did not arrive: its own id, and the status it failed with.

    `is_for_good` tells that the address takes no mail, now or later.
    """

    message_id: str
    status: str
    is_for_good: bool


def read_bounce(raw: bytes) -> Bounce | None:
    """Return what the notice says, None for what is none or tells of no failure."""
    if len(raw) > MOST_BYTES:
        return None
    message = message_from_bytes(raw)
    if message.get_content_type() != "multipart/report":
        return None
    parts = list(message.walk())
    statuses = [
        status
        for part in parts
        if part.get_content_type() == "message/delivery-status"
        for status in _failures(part)
    ]
    message_id = next(_letter_ids(parts, message), "")
    if not statuses or not message_id:
        return None
    dead = [status for status in statuses if _DEAD.fullmatch(status)]
    return Bounce(message_id, (dead or statuses)[0], bool(dead))


def _failures(part: Message) -> Iterator[str]:
    """Yield the status of each recipient the letter did not reach."""
    blocks = part.get_payload()
    for block in blocks if isinstance(blocks, list) else ():
        if not isinstance(block, Message):
            continue
        action = str(block.get("Action", "")).strip().casefold()
        found = _STATUS.match(str(block.get("Status", "")))
        if action == "failed" and found:
            yield found[1]


def _letter_ids(parts: list[Message], notice: Message) -> Iterator[str]:
    """Yield the ids of the letter: those it had itself, then what the notice answers."""
    for part in parts:
        if part is not notice and part.get_content_type() not in (
            "text/rfc822-headers",
            "message/delivery-status",
        ):
            yield from _ids(part.get("Message-ID"))
        if part.get_content_type() == "text/rfc822-headers":
            text = part.get_payload(decode=True)
            headers = message_from_bytes(text if isinstance(text, bytes) else b"")
            yield from _ids(headers.get("Message-ID"))
    for name in ("In-Reply-To", "References", "X-Failed-Message-ID"):
        yield from _ids(notice.get(name))


def _ids(value: object) -> Iterator[str]:
    yield from re.findall(r"<([^<>\s]{1,200})>", str(value or ""))
