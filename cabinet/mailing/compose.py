"""From an outbox row to a message: subject, plain text, HTML."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Flask, current_app, render_template
from flask_mail import Mail as FlaskMail
from flask_mail import Message

from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingState
from cabinet.domain.period import Month
from cabinet.domain.tariff import Zone
from cabinet.services.outbox import Mail


class UnknownMailError(Exception):
    """No template is known for the kind."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of mail: its subject, which says it all, and how its row is read."""

    subject: str
    read: Callable[[dict[str, Any]], dict[str, Any]]


def _reading(row: dict[str, Any]) -> dict[str, Any]:
    is_checked = row["state"] == ReadingState.NEEDS_REVIEW
    return row | {
        "heading": "Показания приняты" + (" на проверку" if is_checked else ""),
        "month": Month.parse(row["month"]),
        "zones": [
            (Zone(zone), number, Energy.from_kwh(kwh))
            for zone, number, kwh in row["zones"]
        ],
    }


def _reminder(row: dict[str, Any]) -> dict[str, Any]:
    closes_on = date.fromisoformat(row["closes_on"])
    return row | {
        "month": Month.parse(row["month"]),
        "closes_on": closes_on,
        "until": current_app.jinja_env.filters["day"](closes_on),
    }


KINDS = {
    "reading_confirmation": Kind("{heading}, номер {number}", _reading),
    "reading_reminder": Kind("Передайте показания до {until}", _reminder),
}


def register(app: Flask) -> None:
    """Let messages be made; sending is ours, with a timeout."""
    FlaskMail(app)


def compose(mail: Mail, *, sender: str) -> Message:
    """Return the message of the mail; needs an application context."""
    if mail.kind not in KINDS:
        raise UnknownMailError(mail.kind)
    kind = KINDS[mail.kind]
    words = kind.read(mail.context)
    stop = words.get("stop_link")
    return Message(
        # Where a long subject is folded, a hard space would swallow the one before.
        subject=kind.subject.format(**words).replace("\u00a0", " "),
        recipients=[mail.recipient],
        sender=sender,
        body=render_template(f"mail/{mail.kind}.txt", **words),
        html=render_template(f"mail/{mail.kind}.html", **words),
        date=mail.created_at.timestamp(),
        extra_headers={"List-Unsubscribe": f"<{stop}>"} if stop else None,
    )
