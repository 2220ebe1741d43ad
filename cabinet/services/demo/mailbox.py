"""The mail that the demonstration sent: files in a folder, read as plain text."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import cast

from cabinet.domain.errors import NotFound

#: The list shows no more; older letters stay in the folder.
MOST_LISTED = 50
_LONGEST_TEXT = 100_000


class LetterNotFoundError(NotFound):
    """There is no letter with this number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter as it was sent; `text` is its plain part, `files` its attachments."""

    number: int
    subject: str
    sender: str
    recipient: str
    sent_at: datetime | None
    text: str
    files: tuple[str, ...]


def letters(folder: Path) -> tuple[Letter, ...]:
    """Return the newest letters of the folder, newest first."""
    numbers = sorted(
        (int(path.stem) for path in folder.glob("*.eml") if path.stem.isdecimal()),
        reverse=True,
    )
    return tuple(get_letter(folder, number) for number in numbers[:MOST_LISTED])


def get_letter(folder: Path, number: int) -> Letter:
    """Return one letter; raises LetterNotFoundError."""
    path = folder / f"{number:08}.eml"
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise LetterNotFoundError(number) from error
    message = message_from_bytes(raw, policy=policy.default)
    return Letter(
        number=number,
        subject=_header(message, "Subject"),
        sender=_header(message, "From"),
        recipient=_header(message, "To"),
        sent_at=_sent_at(message),
        text=_text(message),
        files=tuple(
            part.get_filename() or "без имени" for part in message.iter_attachments()
        ),
    )


def _header(message: EmailMessage, name: str) -> str:
    return " ".join(str(message.get(name, "")).split())


def _sent_at(message: EmailMessage) -> datetime | None:
    try:
        found = parsedate_to_datetime(str(message.get("Date")))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    if body is None:
        return ""
    payload = cast("bytes", body.get_payload(decode=True))
    return payload.decode("utf-8", "replace")[:_LONGEST_TEXT].strip()
