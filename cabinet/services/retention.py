"""What is kept for how long: every term of the public data policy, and who ends it.

The policy's section «Сколько храним» has a line for each rule here and for each of
KEPT, word for word; a test compares them. What has a term is removed by the worker.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cabinet.domain.loads import AT_WORK, NOT_IN, LoadState
from cabinet.domain.questions import QuestionState
from cabinet.domain.registration import TokenPurpose
from cabinet.models import (
    HomeNote,
    ImportBatch,
    ImportRow,
    Invitation,
    Leaving,
    Notice,
    OneTimeToken,
    OutboxMessage,
    OutFile,
    Payment,
    PersonalKey,
    Question,
    QuestionFile,
    Reading,
    ServiceRequest,
    Session,
    StoredFile,
    UsabilityRating,
)
from cabinet.models.base import writing
from cabinet.services import audit, audit_term, tokens
from cabinet.services.audit import SYSTEM
from cabinet.services.importing.loads import PURPOSE as LOAD
from cabinet.services.outgoing.making import PURPOSE as OUT

#: Rows of one kind and turn: nobody who writes waits long for it.
MOST = 1000
YEAR = timedelta(days=365)
MONTH = timedelta(days=30)
#: A device or a network that was not seen for so long is a new one again.
QUARTER = timedelta(days=90)
AUDIT = audit_term.TERM

Sweep = Callable[[datetime], int]


@dataclass(frozen=True, slots=True)
class Rule:
    """A term: its line of the policy, and what removes rows that are past it.

    Without a `sweep` it is another job's: `by` names it.
    """

    name: str
    words: str
    sweep: Sweep | None = None
    by: str = ""


#: What has no term of the cabinet's own.
KEPT = (
    (
        "Начисления, платежи и показания – пока есть договор и ещё пять лет. Этого требует"
        " закон о бухгалтерском учёте № 402-ФЗ."
    ),
)


def sweep(*, secret: str, now: datetime) -> int:
    """Remove what is past its term, so many of each kind, and return how many rows."""
    counts = {}
    for rule in RULES:
        if rule.sweep is not None:
            with writing():
                counts[rule.name] = rule.sweep(now)
    counts = {name: count for name, count in counts.items() if count}
    if counts:
        with writing():
            audit.record(SYSTEM, "data.expired", now=now, rows=counts)
    removed = audit_term.remove(before=now - AUDIT, secret=secret, now=now)
    return sum(counts.values()) + removed


def _sessions(now: datetime) -> int:
    over = Session.revoked_at.is_null(False) | (Session.expires_at <= now)
    return _delete(Session, over & (Session.last_seen_at <= now - QUARTER))


def _links(now: datetime) -> int:
    return _delete(OneTimeToken, OneTimeToken.expires_at <= now - MONTH)


def _letters(now: datetime) -> int:
    """Empty letters that left or failed; that there was one stays, so none comes twice."""
    over = (OutboxMessage.sent_at <= now - MONTH) | (
        OutboxMessage.failed_at <= now - MONTH
    )
    return _update(
        OutboxMessage,
        over & ((OutboxMessage.recipient != "") | (OutboxMessage.error != "")),
        recipient="",
        context={},
        error="",
    )


def _notes(now: datetime) -> int:
    read = HomeNote.closed_at <= now - MONTH
    return _delete(HomeNote, read | (HomeNote.not_before <= now - YEAR))


def _invitations(now: datetime) -> int:
    """Forget whom an invitation was sent to that nobody accepted."""
    waits = tokens.LASTS[TokenPurpose.INVITATION]
    return _update(
        Invitation,
        Invitation.access.is_null()
        & (Invitation.email != "")
        & (Invitation.created_at <= now - waits - MONTH),
        email="",
        revoked_at=now,
    )


def _files(now: datetime) -> int:
    """Delete files past their term; a reading stays without its photograph."""
    over = [
        file_id
        for (file_id,) in StoredFile.select(StoredFile.id)
        .where(StoredFile.expires_at <= now, StoredFile.purpose.not_in([OUT, LOAD]))
        .limit(MOST)
        .tuples()
    ]
    Reading.update(photo=None).where(Reading.photo.in_(over)).execute()
    QuestionFile.update(file=None).where(QuestionFile.file.in_(over)).execute()
    ServiceRequest.update(photo=None).where(ServiceRequest.photo.in_(over)).execute()
    ImportRow.update(file=None).where(ImportRow.file.in_(over)).execute()
    return int(StoredFile.delete().where(StoredFile.id.in_(over)).execute())


def _keys(now: datetime) -> int:
    return _delete(PersonalKey, PersonalKey.revoked_at <= now - MONTH)


def _out_files(now: datetime) -> int:
    """Delete what was made for other systems; that it was made stays."""
    over = _ids(
        StoredFile.select(StoredFile.id)
        .where(StoredFile.expires_at <= now, StoredFile.purpose == OUT)
        .limit(MOST)
    )
    OutFile.update(file=None).where(OutFile.file.in_(over)).execute()
    return int(StoredFile.delete().where(StoredFile.id.in_(over)).execute())


def _loads(now: datetime) -> int:
    """Delete files that came in; what became of their rows stays.

    One that is being worked on is kept until that is over; one that nobody wanted in is
    thrown away with it.
    """
    over = _ids(
        StoredFile.select(StoredFile.id)
        .join(ImportBatch, on=(ImportBatch.file == StoredFile.id))
        .where(StoredFile.expires_at <= now, ImportBatch.state.not_in(AT_WORK))
        .limit(MOST)
    )
    ImportBatch.update(state=LoadState.DROPPED).where(
        ImportBatch.file.in_(over), ImportBatch.state.in_(NOT_IN)
    ).execute()
    ImportBatch.update(file=None).where(ImportBatch.file.in_(over)).execute()
    # Nobody wanted them in: what was said of their rows is nobody's business.
    dropped = ImportBatch.select(ImportBatch.id).where(
        ImportBatch.state == LoadState.DROPPED
    )
    rows = _delete(ImportRow, ImportRow.batch.in_(dropped))
    return rows + int(StoredFile.delete().where(StoredFile.id.in_(over)).execute())


def _notices(now: datetime) -> int:
    return _update(
        Notice,
        (Notice.body != b"") & (Notice.received_at <= now - QUARTER),
        body=b"",
    )


def _payers(now: datetime) -> int:
    return _update(
        Payment,
        (Payment.email != "") & (Payment.created_at <= now - AUDIT),
        email="",
    )


def _questions(now: datetime) -> int:
    """Delete dialogues that are over; what was merged into another goes with it."""
    over = (Question.state == QuestionState.CLOSED) & (
        Question.changed_at <= now - AUDIT
    )
    some = _ids(
        Question.select(Question.id)
        .where(over, Question.merged_into.is_null())
        .order_by(Question.id)
        .limit(MOST)
    )
    Question.delete().where(Question.merged_into.in_(some)).execute()
    return int(Question.delete().where(Question.id.in_(some)).execute())


def _meter_requests(now: datetime) -> int:
    """Take telephones and words from what is over; that it was done stays."""
    over = ServiceRequest.slot.is_null() & (ServiceRequest.changed_at <= now - AUDIT)
    said = (
        (ServiceRequest.phone != "")
        | (ServiceRequest.words != "")
        | (ServiceRequest.note != "")
    )
    some = ServiceRequest.select(ServiceRequest.id).where(over & said).limit(MOST)
    return int(
        ServiceRequest.update(phone="", words="", note="")
        .where(ServiceRequest.id.in_(_ids(some)))
        .execute()
    )


def _ratings(now: datetime) -> int:
    return _delete(UsabilityRating, UsabilityRating.at <= now - AUDIT)


def _leavings(now: datetime) -> int:
    over = (Leaving.done_at <= now - AUDIT) | (Leaving.undone_at <= now - AUDIT)
    return _delete(Leaving, over)


def _delete(model: Any, over: Any) -> int:
    some = model.select(model.id).where(over).order_by(model.id).limit(MOST)
    return int(model.delete().where(model.id.in_(_ids(some))).execute())


def _update(model: Any, over: Any, **values: object) -> int:
    some = model.select(model.id).where(over).order_by(model.id).limit(MOST)
    return int(model.update(**values).where(model.id.in_(_ids(some))).execute())


def _ids(query: Any) -> list[int]:
    return [row_id for (row_id,) in query.tuples()]


RULES = (
    Rule(
        "cabinet",
        "Данные кабинета – пока он открыт. После закрытия есть семь дней, чтобы"
        " передумать. Потом данные удаляются.",
        by="erase_due",
    ),
    Rule("draft", "Заявку, которую не подтвердили кодом, – сутки.", by="expire"),
    Rule(
        "refused",
        "Почту и сумму из заявки, по которой отказали или не успели ответить, – 30 дней.",
        by="expire",
    ),
    Rule(
        "sessions",
        "Когда, с какого устройства и из какой сети вы входили, – 90 дней после выхода."
        " Вместо адреса храним отпечаток, по которому его не узнать.",
        _sessions,
    ),
    Rule(
        "attempts",
        "Счётчики попыток входа и отправки форм – от минуты до 30 дней.",
        by="limits.sweep",
    ),
    Rule("links", "Одноразовые ссылки из писем – 30 дней после их срока.", _links),
    Rule(
        "letters",
        "Тексты писем и адреса, на которые они ушли, – 30 дней после отправки.",
        _letters,
    ),
    Rule(
        "notes",
        "Сообщения на главной – 30 дней после того, как вы их убрали, непрочитанные – год.",
        _notes,
    ),
    Rule(
        "invitations",
        "Почту человека, который не принял ваше приглашение, – 37 дней.",
        _invitations,
    ),
    Rule("export", "Архив с вашими данными – семь дней.", by="exports.sweep"),
    Rule("files", "Фотографии счётчика и файлы обращений – год.", _files),
    Rule(
        "questions",
        "Обращения и ответы на них – три года после последнего сообщения.",
        _questions,
    ),
    Rule("ratings", "Оценки удобства и слова к ним – три года.", _ratings),
    Rule(
        "meter_requests",
        "Телефон и слова в заявках на счётчик – три года после их завершения.",
        _meter_requests,
    ),
    Rule(
        "keys",
        "Ключи программ и календаря – 30 дней после того, как вы их отозвали.",
        _keys,
    ),
    Rule("outs", "Файлы для расчётной системы, банка и бухгалтерии – год.", _out_files),
    Rule(
        "loads",
        "Файлы, которые специалисты загрузили, – 30 дней.",
        _loads,
    ),
    Rule("notices", "Сообщения банка об оплате – 90 дней.", _notices),
    Rule(
        "payers",
        "Почту для чека – три года: на неё придёт чек, если деньги вернут.",
        _payers,
    ),
    Rule("acts", "Акты об уничтожении данных – три года.", _leavings),
    Rule("audit", "Журнал действий – три года, без имён и адресов.", by="audit_term"),
)
