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


def _as_written(row: dict[str, Any]) -> dict[str, Any]:
    return row


def _delegation(row: dict[str, Any]) -> dict[str, Any]:
    last_day = row.get("last_day")
    return row | {"last_day": last_day and date.fromisoformat(last_day)}


def _leaving(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"closes_on": date.fromisoformat(row["closes_on"])}


KINDS = {
    "access_added": Kind("Ваш лицевой счёт увидит ещё один человек", _as_written),
    "access_disputed": Kind("Доступ к лицевому счёту приостановлен", _as_written),
    "delegation_accepted": Kind("Приглашение приняли: {who}", _delegation),
    "delegation_revoked": Kind("Доступ к лицевому счёту закрыт", _delegation),
    "invitation": Kind("Вам открывают доступ к лицевому счёту", _delegation),
    "leaving_started": Kind("Ваш личный кабинет будет закрыт", _leaving),
    "reading_confirmation": Kind("{heading}, номер {number}", _reading),
    "registration_code": Kind("Код для регистрации: {code}", _as_written),
    "registration_expired": Kind("Заявка {number} закрыта без ответа", _as_written),
    "registration_opened": Kind("Доступ к лицевому счёту открыт", _as_written),
    "registration_refused": Kind("Доступ к лицевому счёту не открыт", _as_written),
    "set_password": Kind("Задайте пароль личного кабинета", _as_written),
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
