"""From an outbox row to a message: subject, plain text, HTML."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.policy import compat32
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, render_template
from flask_mail import Mail as FlaskMail
from flask_mail import Message

from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingState
from cabinet.domain.period import Month
from cabinet.domain.tariff import Zone
from cabinet.services.outbox import Mail


class Letter(Message):
    """A message whose long subject keeps its spaces.

    The newer policy of the standard library drops a space where it folds an encoded
    subject; the older one does not.
    """

    def _message(self) -> Any:
        made: Any = super()._message()
        made.policy = compat32.clone(linesep="\r\n")
        del made["Subject"]
        made["Subject"] = Header(self.subject, "utf-8", header_name="Subject")
        return made


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


def _as_it_is(row: dict[str, Any]) -> dict[str, Any]:
    return row


def _event(row: dict[str, Any]) -> dict[str, Any]:
    """Read what happened when, as clocks show it where the person is."""
    return row | {
        "at": datetime.fromisoformat(row["at"]),
        "zone": ZoneInfo(row["zone"]),
    }


KINDS = {
    "email_change_confirm": Kind("Подтвердите почту для личного кабинета", _as_it_is),
    "email_changed": Kind("Почта для входа в личный кабинет изменена", _event),
    "email_taken": Kind("С этой почтой уже есть личный кабинет", _as_it_is),
    "email_undone": Kind("Прежняя почта для входа в кабинет возвращена", _event),
    "new_device": Kind("Вход в личный кабинет с нового устройства", _event),
    "password_changed": Kind("Пароль от личного кабинета изменён", _event),
    "password_reset": Kind("Новый пароль для личного кабинета", _as_it_is),
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
    return Letter(
        subject=kind.subject.format(**words),
        recipients=[mail.recipient],
        sender=sender,
        body=render_template(f"mail/{mail.kind}.txt", **words),
        html=render_template(f"mail/{mail.kind}.html", **words),
        date=mail.created_at.timestamp(),
    )
