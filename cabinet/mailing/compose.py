"""From an outbox row to a message: subject, plain text, HTML."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Flask, render_template
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


def _delegation(row: dict[str, Any]) -> dict[str, Any]:
    last_day = row.get("last_day")
    return row | {"last_day": last_day and date.fromisoformat(last_day)}


KINDS = {
    "delegation_accepted": Kind("Приглашение приняли: {who}", _delegation),
    "delegation_revoked": Kind("Доступ к лицевому счёту закрыт", _delegation),
    "invitation": Kind("Вам открывают доступ к лицевому счёту", _delegation),
    "reading_confirmation": Kind("{heading}, номер {number}", _reading),
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
    return Message(
        subject=kind.subject.format(**words),
        recipients=[mail.recipient],
        sender=sender,
        body=render_template(f"mail/{mail.kind}.txt", **words),
        html=render_template(f"mail/{mail.kind}.html", **words),
        date=mail.created_at.timestamp(),
    )
