"""What somebody answers from their own mail program to a letter of ours (RFC 5322)."""

import hashlib
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import parseaddr

#: A message with five photos at most; more is left to people.
MOST_BYTES = 25 * 1024 * 1024
#: Stands in our letters; what a mail program quotes begins below it.
MARK = "-- Пишите ответ выше этой строки --"

_AUTOMATIC_PRECEDENCE = {"bulk", "junk", "list", "auto_reply"}
_BLOCKS = {"br", "div", "li", "p", "td", "tr", "h1", "h2", "h3", "h4"}
#: What is not words of who writes: others' text, and what is never seen.
_LEFT_OUT = {"blockquote", "head", "script", "style", "title"}
_QUOTED = re.compile(r"\s*>")
#: The line a mail program puts above what it quotes: «26.11.2026, 10:12, Энергосбыт:».
_INTRODUCTION = re.compile(r".*(\d{4}|@).*:\s*")


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file of the message, as it came."""

    name: str
    data: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """A message that answers: ids of the letters it may answer, nearest first.

    `mark` is the same for the same message. `sender` is the bare address. A message is
    `is_automatic` that nobody wrote: it is never answered (RFC 3834).
    """

    mark: str
    answers: tuple[str, ...]
    sender: str
    text: str
    files: tuple[Enclosure, ...]
    is_automatic: bool


def read_reply(raw: bytes) -> Reply | None:
    """Return the message, None for what is too large or cannot be read."""
    if len(raw) > MOST_BYTES:
        return None
    try:
        message = message_from_bytes(raw, policy=policy.default)
        return Reply(
            mark=hashlib.sha256(raw).hexdigest(),
            answers=tuple(_answered(message)),
            sender=parseaddr(str(message.get("From", "")))[1].casefold(),
            text=own_words(_text(message)),
            files=tuple(_files(message)),
            is_automatic=_is_automatic(message),
        )
    except (LookupError, ValueError, AttributeError, TypeError):
        # The parser takes anything; headers that break its rules come out of it.
        return None


def own_words(text: str) -> str:
    """Return what was written, without what was quoted below it."""
    lines = text.replace("\r\n", "\n").replace("\u00a0", " ").split("\n")
    end = next((at for at, line in enumerate(lines) if MARK in line), len(lines))
    kept = lines[:end]
    while kept and (not kept[-1].strip() or _QUOTED.match(kept[-1])):
        kept.pop()
    if len(kept) < len(lines) and kept and _INTRODUCTION.fullmatch(kept[-1]):
        kept.pop()
    return "\n".join(line.rstrip() for line in kept).strip()


def _answered(message: EmailMessage) -> Iterator[str]:
    for name in ("In-Reply-To", "References"):
        found = re.findall(r"<([^<>\s]{1,200})>", str(message.get(name, "")))
        yield from reversed(found)


def _is_automatic(message: EmailMessage) -> bool:
    submitted = str(message.get("Auto-Submitted", "no")).strip().casefold()
    precedence = str(message.get("Precedence", "")).strip().casefold()
    return (
        submitted != "no"
        or precedence in _AUTOMATIC_PRECEDENCE
        or any(
            message.get(name) for name in ("List-Id", "X-Autoreply", "X-Autorespond")
        )
        or message.get_content_type() == "multipart/report"
    )


def _text(message: EmailMessage) -> str:
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    text = _words_of(part)
    return _seen(text) if part.get_content_type() == "text/html" else text


def _seen(text: str) -> str:
    """Return the words of a page, each block on a line of its own."""
    import nh3  # noqa: PLC0415 - for those who answer by mail in HTML alone

    whole = nh3.clean(text, tags=_BLOCKS, attributes={}, clean_content_tags=_LEFT_OUT)
    lines = re.sub(r"\s+", " ", whole.replace("&nbsp;", " "))
    return html.unescape(re.sub(r" ?</?[a-z0-9]+> ?", "\n", lines))


def _words_of(part: MIMEPart) -> str:
    data = part.get_payload(decode=True)
    body = data if isinstance(data, bytes) else b""
    for charset in (part.get_content_charset("utf-8"), "utf-8", "cp1251"):
        try:
            return body.decode(charset)
        except (LookupError, UnicodeDecodeError):
            continue
    return body.decode("utf-8", "replace")


def _files(message: EmailMessage) -> Iterator[Enclosure]:
    """Yield what was attached; pictures of a signature stand inside and do not count."""
    for part in message.walk():
        if part.is_multipart() or part.get_content_disposition() != "attachment":
            continue
        data = part.get_payload(decode=True)
        if isinstance(data, bytes):
            yield Enclosure(part.get_filename() or "файл", data)
