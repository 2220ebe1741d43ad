"""Where a message goes: a mail server, with a timeout, or a file."""

import smtplib
import ssl
from pathlib import Path
from typing import Protocol

from flask_mail import Message

from cabinet.config.settings import MailSettings

TIMEOUT_SECONDS = 10


class Sender(Protocol):
    """Takes one message away."""

    def send(self, message: Message, name: str) -> None:
        """Send the message; raises OSError or smtplib.SMTPException."""


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
        with smtplib.SMTP(
            settings.server, settings.port, timeout=TIMEOUT_SECONDS
        ) as server:
            if settings.use_tls:
                server.starttls(context=ssl.create_default_context())
            if settings.user:
                server.login(settings.user, settings.password)
            server.sendmail(
                settings.sender, [str(to) for to in message.send_to], message.as_bytes()
            )


def sender_of(settings: MailSettings, home: Path) -> Sender:
    """Return the server's sender, or the folder's where no server is set."""
    return SmtpSender(settings) if settings.server else FileSender(home / "mail")
