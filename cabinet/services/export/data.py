"""What there is to take along, as rows of plain values; nothing that is another's.

Rows have Russian names: they are read by people first. Values are our own types, their
words are put in where the file is written.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import Case, Query

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.outgoing import own_code
from cabinet.domain.people import AccessLevel
from cabinet.models import (
    AuditEntry,
    Bill,
    Consent,
    Invitation,
    LedgerEntry,
    Meter,
    OutboxMessage,
    Payment,
    Question,
    QuestionMessage,
    Reading,
    RegistrationRequest,
    ServiceRequest,
    Session,
    StoredFile,
    Subscription,
    UsabilityRating,
    User,
)
from cabinet.services.access import AccountCard, accounts_of
from cabinet.services.bills.months import is_shown
from cabinet.services.taken_back import stands

Row = dict[str, Any]

#: What moved a balance apart from the bills.
_PAID = (
    EntryKind.PAYMENT,
    EntryKind.REFUND,
    EntryKind.CORRECTION,
    EntryKind.REVERSAL,
)

_CHANNELS = {"registry": "реестр платежей", "card": "карта на сайте"}


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountData:
    """An account as its user sees it; who only sends readings sees their own."""

    card: AccountCard
    readings: tuple[Row, ...]
    charges: tuple[Row, ...]
    payments: tuple[Row, ...]

    @property
    def is_owners(self) -> bool:
        """Tell whether bills and history are the user's to see."""
        return self.card.level is AccessLevel.FULL


def person(user_id: int) -> Row:
    """Return who it is."""
    user = User.get_by_id(user_id)
    return {
        "почта": user.email,
        "имя": user.name,
        "кабинет открыт": user.created_at,
    }


def accounts_data(user_id: int, *, now: datetime) -> Iterator[AccountData]:
    """Yield the accounts, one in memory at a time."""
    for card in accounts_of(user_id, now=now):
        is_owners = card.level is AccessLevel.FULL
        yield AccountData(
            card=card,
            readings=tuple(_readings(user_id, card)),
            charges=tuple(_charges(card, now)) if is_owners else (),
            payments=tuple(_payments(card)) if is_owners else (),
        )


def records(user_id: int, *, now: datetime) -> Iterator[tuple[str, Iterator[Row]]]:
    """Yield the lists about the person, each read row by row."""
    mine = User.get_by_id(user_id)
    yield (
        "согласия",
        _rows(
            Consent.select(
                Consent.document,
                Consent.version,
                Consent.given,
                Consent.at,
                Consent.channel,
            ).where(Consent.user == user_id),
            ("документ", "версия", "дано", "когда", "способ"),
        ),
    )
    yield (
        "сеансы",
        _rows(
            Session.select(
                Session.device,
                Session.created_at,
                Session.last_seen_at,
                Session.revoked_at,
            ).where(Session.user == user_id),
            ("устройство", "вход", "последний раз", "завершён"),
        ),
    )
    yield (
        "подписки",
        _rows(
            Subscription.select(
                Subscription.kind, Subscription.since, Subscription.ended_at
            ).where(Subscription.user == user_id),
            ("письмо", "с", "по"),
        ),
    )
    yield (
        "заявки на регистрацию",
        _rows(
            RegistrationRequest.select(
                RegistrationRequest.account_number,
                RegistrationRequest.email,
                RegistrationRequest.created_at,
            ).where(
                (RegistrationRequest.user == user_id)
                | (RegistrationRequest.email == mine.email)
            ),
            ("лицевой счёт", "почта", "когда"),
        ),
    )
    yield (
        "обращения",
        _rows(
            QuestionMessage.select(
                Question.id,
                Question.topic,
                QuestionMessage.at,
                QuestionMessage.author,
                QuestionMessage.text,
            )
            .join(Question)
            .where(Question.user == user_id, QuestionMessage.shown_at <= now)
            .order_by(Question.id, QuestionMessage.at, QuestionMessage.id),
            ("номер", "тема", "когда", "кто", "текст"),
        ),
    )
    yield (
        "заявки на счётчик",
        _rows(
            ServiceRequest.select(
                ServiceRequest.id,
                ServiceRequest.kind,
                ServiceRequest.state,
                ServiceRequest.created_at,
                ServiceRequest.first_choice,
                ServiceRequest.second_choice,
                ServiceRequest.phone,
                ServiceRequest.words,
                ServiceRequest.planned_on,
                ServiceRequest.note,
            )
            .where(ServiceRequest.asked_by == user_id)
            .order_by(ServiceRequest.id),
            (
                "номер",
                "вид",
                "состояние",
                "когда",
                "удобный день",
                "другой день",
                "телефон",
                "слова",
                "назначено на",
                "ответ",
            ),
        ),
    )
    yield (
        "оценки удобства",
        _rows(
            UsabilityRating.select(
                UsabilityRating.at, UsabilityRating.rating, UsabilityRating.words
            )
            .where(
                UsabilityRating.user == user_id, UsabilityRating.rating.is_null(False)
            )
            .order_by(UsabilityRating.id),
            ("когда", "оценка от 1 до 5", "слова"),
        ),
    )
    yield (
        "приглашения",
        _rows(
            Invitation.select(
                Invitation.email, Invitation.created_at, Invitation.revoked_at
            ).where(Invitation.invited_by == user_id),
            ("почта", "когда", "отозвано"),
        ),
    )
    yield (
        "платежи картой",
        _rows(
            Payment.select(
                Payment.created_at,
                Payment.amount,
                Payment.state,
                Payment.paid_at,
                Payment.email,
            )
            .where(Payment.user == user_id)
            .order_by(Payment.id),
            ("начат", "сумма", "состояние", "оплачен", "почта для чека"),
        ),
    )
    yield (
        "письма",
        _rows(
            OutboxMessage.select(
                OutboxMessage.kind,
                OutboxMessage.recipient,
                OutboxMessage.created_at,
                OutboxMessage.sent_at,
            ).where(
                OutboxMessage.user == user_id, OutboxMessage.recipient == mine.email
            ),
            ("вид", "кому", "когда", "отправлено"),
        ),
    )
    yield (
        "журнал",
        _rows(
            AuditEntry.select(
                AuditEntry.at, AuditEntry.action, AuditEntry.subject
            ).where(
                (AuditEntry.actor_id == user_id)
                | (AuditEntry.subject == f"user:{user_id}")
            ),
            ("когда", "событие", "с чем"),
        ),
    )


def photos(user_id: int, card: AccountCard) -> Iterator[tuple[str, int]]:
    """Yield a name and the file of each photograph the user sent for the account."""
    query = (
        Reading.select(Reading.id, Reading.period, StoredFile.media_type, StoredFile.id)
        .join(Meter)
        .switch(Reading)
        .join(StoredFile)
        .where(Meter.account == card.account_id, StoredFile.owner == user_id)
        .order_by(Reading.id)
    )
    for reading_id, period, media_type, file_id in list(query.tuples()):
        ending = media_type.rpartition("/")[2].replace("jpeg", "jpg")
        yield f"{period} {reading_id}.{ending}", file_id
    asked = (
        ServiceRequest.select(ServiceRequest.id, StoredFile.id)
        .join(StoredFile)
        .where(ServiceRequest.account == card.account_id, StoredFile.owner == user_id)
        .order_by(ServiceRequest.id)
    )
    for request_id, file_id in list(asked.tuples()):
        yield f"заявка {request_id}.jpg", file_id


def _readings(user_id: int, card: AccountCard) -> Iterator[Row]:
    query = (
        Reading.select(Reading, Meter)
        .join(Meter)
        .where(Meter.account == card.account_id)
        .order_by(Reading.period, Reading.id)
    )
    for row in query.iterator():
        is_mine = row.user_id == user_id
        is_hidden = card.since is not None and row.taken_on < card.since
        if not is_mine and (card.level is not AccessLevel.FULL or is_hidden):
            continue
        yield {
            "месяц": row.period,
            "счётчик": row.meter.serial,
            "дата": row.taken_on,
            "Т1": row.t1,
            "Т2": row.t2,
            "Т3": row.t3,
            "получено": row.received_at,
            "источник": row.source,
            "состояние": row.state,
            "передали вы": is_mine,
            "ваш комментарий": row.comment if is_mine else "",
        }


def _charges(card: AccountCard, now: datetime) -> Iterator[Row]:
    query = (
        Bill.select()
        .where(Bill.account == card.account_id, Bill.published_at <= now)
        .order_by(Bill.month)
    )
    for row in query.iterator():
        if is_shown(card, row.month):
            yield {
                "месяц": row.month,
                "квитанция": row.number,
                "основание": row.basis,
                "расход, кВт·ч": row.volume,
                "начислено": row.charged,
                "перерасчёт": row.recalculated,
                "пени": row.penalty,
                "льгота": row.benefit,
                "срок оплаты": row.due_on,
            }


def _payments(card: AccountCard) -> Iterator[Row]:
    query = (
        LedgerEntry.select(LedgerEntry, Case(None, [(stands(), 1)], 0).alias("is_in"))
        .where(LedgerEntry.account == card.account_id, LedgerEntry.kind.in_(_PAID))
        .order_by(LedgerEntry.effective_at, LedgerEntry.id)
    )
    for row in query.iterator():
        local = row.effective_at.astimezone(card.zone)
        day = local.date()
        is_payment = row.kind is EntryKind.PAYMENT and row.is_in
        if card.since is None or day >= card.since:
            yield {
                "дата": day,
                "время": f"{local:%H:%M:%S}",
                # Without one a row is no payment to be taken in again.
                "код операции": own_code(row.id) if is_payment else "",
                "вид": row.kind,
                "сумма": -row.amount,
                "за месяц": row.month,
                "способ": _CHANNELS.get(row.channel, row.channel),
                "документ": row.document,
            }


def _rows(query: Query, names: tuple[str, ...]) -> Iterator[Row]:
    for row in query.tuples().iterator():
        yield dict(zip(names, row, strict=True))
