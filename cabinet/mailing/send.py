"""Where a message goes: a mail server, with a timeout, or a file."""

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import Protocol

from flask_mail import Message

from cabinet.config.settings import MailSettings

#: Seconds for each word of the server, and for a whole letter: one that says a little
#: now and then would hold the sender for hours, and the lease of its letters would end.
TIMEOUT_SECONDS = 10
TOTAL_SECONDS = 45


class ServerAwayError(Exception):
    """The mail server is not to be spoken to: no letter is at fault, all wait."""


class Sender(Protocol):
    """Takes one message away."""

    def send(self, message: Message, name: str) -> None:
        """Send the message.

        Raises ServerAwayError, OSError or smtplib.SMTPException.
        """


class FileSender:
    """Puts each message into a folder: the demo's mail, and a server without one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: Message, name: str) -> None:
        """Write the message as `name.eml`, whole or not at all."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.folder / f"{name}.part"
        part.write_bytes(message.as_bytes())
        part.replace(self.folder / f"{name}.eml")


class SmtpSender:
    """Hands each message to a mail server."""

    def __init__(self, settings: MailSettings) -> None:
        self.settings = settings

    def send(self, message: Message, name: str) -> None:
        """Send the message over SMTP with a timeout and a checked certificate."""
        del name
        settings = self.settings
        with self._opened() as server:
            try:
                server.sendmail(
                    settings.sender,
                    [str(to) for to in message.send_to],
                    message.as_bytes(),
                )
            except _OF_THE_LETTER:
                raise
            except OSError as error:
                raise ServerAwayError(_told(error)) from error

    @contextlib.contextmanager
    def _opened(self) -> Iterator[smtplib.SMTP]:
        """Give a server that is signed in at, and shut it whatever it still says.

        A letter that was taken is sent, though the farewell is not answered.
        """
        settings = self.settings
        server = smtplib.SMTP(timeout=TIMEOUT_SECONDS)
        timer = Timer(TOTAL_SECONDS, _shut, [server])
        timer.start()
        try:
            try:
                _connect(server, settings)
            except (OSError, smtplib.SMTPException) as error:
                raise ServerAwayError(_told(error)) from error
            yield server
            with contextlib.suppress(OSError, smtplib.SMTPException):
                server.quit()
        finally:
            timer.cancel()
            server.close()


#: `smtplib`'s errors are all `OSError`; these are answers about one letter.
_OF_THE_LETTER = (
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPDataError,
    smtplib.SMTPNotSupportedError,
)


def _connect(server: smtplib.SMTP, settings: MailSettings) -> None:
    # The name that a certificate is checked against is kept by the constructor alone.
    server._host = settings.server  # type: ignore[attr-defined]  # noqa: SLF001
    code, words = server.connect(settings.server, settings.port)
    if code != _READY:
        raise smtplib.SMTPConnectError(code, words)
    if settings.use_tls:
        server.starttls(context=ssl.create_default_context())
    if settings.user:
        server.login(settings.user, settings.password)


_READY = 220


def _shut(server: smtplib.SMTP) -> None:
    """Shut the connection under whoever waits for a word on it."""
    if server.sock is not None:
        with contextlib.suppress(OSError):
            # Of a TLS socket too: its own would take its state away from the reader.
            socket.socket.shutdown(server.sock, socket.SHUT_RDWR)


def _told(error: Exception) -> str:
    """Return the error by its kind: what a server says may name a person."""
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return str(error)  # the library's own words
    return type(error).__name__


def sender_of(settings: MailSettings, home: Path) -> Sender:
    """Return the server's sender, or the folder's where no server is set."""
    return SmtpSender(settings) if settings.server else FileSender(home / "mail")
