"""The office's mailbox, read over IMAP (RFC 3501)."""

import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self

from cabinet.config.settings import MailboxSettings

#: Of each answer of the server.
TIMEOUT_SECONDS = 20.0


class MailboxError(Exception):
    """The mailbox cannot be read now; the words are the server's."""


class Mailbox:
    """An open mailbox: what nobody has read yet, and marking it."""

    def __init__(self, connection: imaplib.IMAP4) -> None:
        self._connection = connection

    @classmethod
    @contextmanager
    def open(cls, settings: MailboxSettings) -> Iterator[Self]:
        """Sign in, open the folder, and leave it at the end; raises MailboxError."""
        connection = None
        try:
            connection = _connected(settings)
            connection.login(settings.user, settings.password)
            _said(connection.select(_quoted(settings.folder)))
            yield cls(connection)
        except (imaplib.IMAP4.error, OSError) as error:
            raise MailboxError(str(error)) from error
        finally:
            if connection is not None:
                with suppress(imaplib.IMAP4.error, OSError):
                    connection.logout()

    def unseen(self, most: int) -> list[str]:
        """Return the numbers (UID) of what nobody has read, the oldest first."""
        (found,) = _said(self._connection.uid("search", "UNSEEN", "UNFLAGGED"))
        return [number.decode() for number in (found or b"").split()[:most]]

    def size(self, number: str) -> int:
        """Return the bytes of the message, without fetching it."""
        answer = _said(self._connection.uid("fetch", number, "(RFC822.SIZE)"))
        line = next((each for each in answer if isinstance(each, bytes)), b"")
        _, _, rest = line.partition(b"RFC822.SIZE ")
        return int(rest.split(b" ")[0].rstrip(b")") or 0)

    def fetch(self, number: str) -> bytes:
        """Return the whole message; the server goes on calling it unread."""
        answer = _said(self._connection.uid("fetch", number, "(BODY.PEEK[])"))
        return next((each[1] for each in answer if isinstance(each, tuple)), b"")

    def mark(self, number: str, *flags: str) -> None:
        """Set flags on the message: seen, or flagged for people."""
        self._connection.uid("store", number, "+FLAGS", f"({' '.join(flags)})")


def _connected(settings: MailboxSettings) -> imaplib.IMAP4:
    if not settings.use_tls:
        return imaplib.IMAP4(settings.server, settings.port, TIMEOUT_SECONDS)
    return imaplib.IMAP4_SSL(
        settings.server,
        settings.port,
        ssl_context=ssl.create_default_context(),
        timeout=TIMEOUT_SECONDS,
    )


def _said(answer: tuple[str, list[Any]]) -> list[Any]:
    """Return what the server said; raises the library's error unless it said OK."""
    state, lines = answer
    if state != "OK":
        words = b" ".join(each for each in lines if isinstance(each, bytes))
        raise imaplib.IMAP4.error(words.decode("ascii", "replace"))
    return lines


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
