"""From an outbox row to a message: subject, plain text, HTML."""

from dataclasses import dataclass

from flask import render_template
from flask_mail import Message

from cabinet.services.outbox import Mail

#: The subject says the whole message.
SUBJECTS = {
    "reading_confirmation": "Показания приняты: номер {number}",
}


@dataclass(frozen=True, slots=True)
class UnknownMailError(Exception):
    """No template is known for the kind."""

    kind: str


def compose(mail: Mail, *, sender: str) -> Message:
    """Return the message of the mail; needs an application context."""
    if mail.kind not in SUBJECTS:
        raise UnknownMailError(mail.kind)
    return Message(
        subject=SUBJECTS[mail.kind].format(**mail.context),
        recipients=[mail.recipient],
        sender=sender,
        body=render_template(f"mail/{mail.kind}.txt", **mail.context),
        html=render_template(f"mail/{mail.kind}.html", **mail.context),
        date=mail.created_at.timestamp(),
    )
