"""From an outbox row to a message: subject, plain text, HTML."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from email.header import Header
from email.policy import compat32
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, current_app, render_template
from flask_mail import Mail as FlaskMail
from flask_mail import Message

from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingState
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.tariff import Zone
from cabinet.exchange.replies import MARK
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


def _reviewed(row: dict[str, Any]) -> dict[str, Any]:
    return row | {
        "month": Month.parse(row["month"]),
        "registers": [
            (Energy.from_kwh(sent), Energy.from_kwh(written))
            for sent, written in row["registers"]
        ],
    }


def _as_written(row: dict[str, Any]) -> dict[str, Any]:
    return row


def _delegation(row: dict[str, Any]) -> dict[str, Any]:
    last_day = row.get("last_day")
    return row | {"last_day": last_day and date.fromisoformat(last_day)}


def _question(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"due_on": date.fromisoformat(row["due_on"])}


def _request(row: dict[str, Any]) -> dict[str, Any]:
    """Read what became of a request; the subject says all that matters."""
    heading = REQUEST_ACTS[row["act"]]
    day = row["day"] and date.fromisoformat(row["day"])
    if day and row["act"] in {"planned", "moved"}:
        words = current_app.jinja_env.filters
        heading += f": {words['day'](day)}, {words['visit_hours'](row['hours'])}"
    return row | {
        "heading": heading,
        "due_on": date.fromisoformat(row["due_on"]),
        "day": day,
    }


def _leaving(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"closes_on": date.fromisoformat(row["closes_on"])}


def _head(row: dict[str, Any]) -> dict[str, Any]:
    day = date.fromisoformat(row["day"])
    return row | {"day_word": current_app.jinja_env.filters["date"](day)}


def _event(row: dict[str, Any]) -> dict[str, Any]:
    """Read what happened when, as clocks show it where the person is."""
    return row | {
        "at": datetime.fromisoformat(row["at"]),
        "zone": ZoneInfo(row["zone"]),
    }


#: What happened to somebody's second factor.
FACTOR_EVENTS = {
    "enrolled": "Подключены одноразовые коды",
    "recovered": "Вход по запасному коду",
    "codes_renewed": "Созданы новые запасные коды",
    "reset": "Одноразовые коды отключены",
    "guessed": "Много неверных одноразовых кодов",
}


#: What was done with a request for work on a meter.
REQUEST_ACTS = {
    "asked": "принята",
    "changed": "удобные дни записаны",
    "planned": "назначен день",
    "moved": "день изменён",
    "missed": "не смогли выполнить",
    "done": "выполнена",
    "refused": "отказ",
    "cancelled": "отменена",
}


#: What of a sign-in was not there before.
SIGN_INS = {
    "device": "Вход в личный кабинет с нового устройства",
    "network": "Вход в личный кабинет из новой сети",
    "both": "Вход в личный кабинет с нового устройства",
}


def _sign_in(row: dict[str, Any]) -> dict[str, Any]:
    new = row.get("new", "device")
    return _event(row) | {"new": new, "heading": SIGN_INS[new]}


def _restored(row: dict[str, Any]) -> dict[str, Any]:
    return _event(row) | {"until": datetime.fromisoformat(row["until"])}


def _factor(row: dict[str, Any]) -> dict[str, Any]:
    return _event(row) | {"heading": FACTOR_EVENTS[row["event"]]}


def _reminder(row: dict[str, Any]) -> dict[str, Any]:
    closes_on = date.fromisoformat(row["closes_on"])
    return row | {
        "month": Month.parse(row["month"]),
        "closes_on": closes_on,
        "until": current_app.jinja_env.filters["day"](closes_on),
    }


def _verification(row: dict[str, Any]) -> dict[str, Any]:
    """Read until when a meter is verified, as it is on the day of writing."""
    until, today = (date.fromisoformat(row[key]) for key in ("until", "today"))
    word = "кончилась" if until < today else "кончается"
    return row | {
        "until": until,
        "days_left": (until - today).days,
        "heading": f"Поверка счётчика {word} {current_app.jinja_env.filters['day'](until)}",
    }


def _bill(row: dict[str, Any]) -> dict[str, Any]:
    month = Month.parse(row["month"])
    return row | {
        "month": month,
        "month_word": current_app.jinja_env.filters["month"](month),
    }


def _payment(row: dict[str, Any]) -> dict[str, Any]:
    amount = Money(row["kopecks"])
    return _event(row) | {
        "amount": amount,
        "sum": current_app.jinja_env.filters["money"](amount),
        "has_cheque": row.get("has_cheque", True),
        "shares": [(number, Money(kopecks)) for number, kopecks in row["shares"]],
    }


def _refund(row: dict[str, Any]) -> dict[str, Any]:
    amount = Money(row["kopecks"])
    money = current_app.jinja_env.filters["money"]
    return _event(row) | {"amount": amount, "sum": money(amount)}


KINDS = {
    "access_added": Kind("Ваш лицевой счёт увидит ещё один человек", _as_written),
    "access_disputed": Kind("Доступ к лицевому счёту приостановлен", _as_written),
    "access_ended": Kind("Доступ к лицевому счёту закрыт", _as_written),
    "audit_head": Kind("Голова журнала действий за {day_word}", _head),
    "bill_ready": Kind("Готова квитанция за {month_word}", _bill),
    "card_replaced": Kind("Напечатана новая карточка для входа", _as_written),
    "database_restored": Kind("Кабинет восстановлен: что потеряно", _restored),
    "delegation_accepted": Kind("Приглашение приняли: {who}", _delegation),
    "delegation_revoked": Kind("Доступ к лицевому счёту закрыт", _delegation),
    "invitation": Kind("Вам открывают доступ к лицевому счёту", _delegation),
    "leaving_started": Kind("Ваш личный кабинет будет закрыт", _leaving),
    "factor_changed": Kind("{heading}: вход в личный кабинет", _factor),
    "email_change_confirm": Kind("Подтвердите почту для личного кабинета", _as_written),
    "email_changed": Kind("Почта для входа в личный кабинет изменена", _event),
    "email_taken": Kind("С этой почтой уже есть личный кабинет", _as_written),
    "email_undone": Kind("Прежняя почта для входа в кабинет возвращена", _event),
    "key_made": Kind("Создан ключ для программы", _event),
    "new_device": Kind("{heading}", _sign_in),
    "password_changed": Kind("Пароль от личного кабинета изменён", _event),
    "password_reset": Kind("Новый пароль для личного кабинета", _as_written),
    "payment_receipt": Kind("Оплата {sum} ₽ прошла, квитанция {number}", _payment),
    "reading_confirmation": Kind("{heading}, номер {number}", _reading),
    "reading_corrected": Kind("Мы исправили показания {number}", _reviewed),
    "reading_returned": Kind("Показания {number} не приняты", _reviewed),
    "reading_reminder": Kind("Передайте показания до {until}", _reminder),
    "refund_made": Kind("Возвращаем {sum} ₽ по квитанции {number}", _refund),
    "request_changed": Kind("Заявка {number}: {heading}", _request),
    "registration_code": Kind("Код для регистрации: {code}", _as_written),
    "registration_expired": Kind("Заявка {number} закрыта без ответа", _as_written),
    "question_answered": Kind("Ответ на обращение {number}", _as_written),
    "question_not_taken": Kind("Письмо к обращению {number} не принято", _as_written),
    "question_taken": Kind("Обращение {number} принято", _question),
    "registration_opened": Kind("Доступ к лицевому счёту открыт", _as_written),
    "registration_refused": Kind("Доступ к лицевому счёту не открыт", _as_written),
    "set_password": Kind("Задайте пароль личного кабинета", _as_written),
    "staff_invited": Kind("Вас приглашают работать в кабинете", _as_written),
    "verification_ends": Kind("{heading}", _verification),
}


#: Letters that may be answered where the office's mailbox is read: the answer lands in
#: the dialogue.
ANSWERED = {"question_answered", "question_not_taken", "question_taken"}


def register(app: Flask) -> None:
    """Let messages be made; sending is ours, with a timeout."""
    FlaskMail(app)


def _stopping(link: str) -> dict[str, str]:
    """Return the headers by which a mail program stops the letters (RFC 8058)."""
    return {
        "List-Unsubscribe": f"<{link}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def compose(mail: Mail, *, sender: str) -> Message:
    """Return the message of the mail; needs an application context."""
    if mail.kind not in KINDS:
        raise UnknownMailError(mail.kind)
    kind = KINDS[mail.kind]
    words = kind.read(mail.context)
    stop = words.get("stop_link")
    mailbox = current_app.extensions["cabinet.settings"].mailbox
    is_read = bool(mailbox) and mail.kind in ANSWERED
    if mail.kind in ANSWERED:
        words = words | {"reply_mark": MARK if is_read else ""}
    return Letter(
        # Where a long subject is folded, a hard space would swallow the one before.
        subject=kind.subject.format(**words).replace("\u00a0", " "),
        recipients=[mail.recipient],
        sender=sender,
        reply_to=mailbox.address if is_read else None,
        body=render_template(f"mail/{mail.kind}.txt", **words),
        html=render_template(f"mail/{mail.kind}.html", **words),
        date=mail.created_at.timestamp(),
        extra_headers=_stopping(stop) if stop else None,
    )
