"""What a program sends: a reading as JSON, understood or refused field by field."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cabinet.domain.period import Month
from cabinet.domain.readings import Answer

MAX_BODY = 16 * 1024
MAX_VALUE = 40
MAX_COMMENT = 1000
REGISTERS = ("t1", "t2", "t3")
FIELDS = frozenset({"registers", "month", "answers", "comment"})
_ANSWERS = {str(answer): answer for answer in Answer}


class NotUnderstood(ValueError):
    """The body is none of ours; carries what is wrong by the name of the field."""

    def __init__(self, **fields: str) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """A reading that a program sends; `key` makes it the same one however often."""

    values: tuple[str, ...]
    month: Month | None
    answers: frozenset[Answer]
    comment: str
    key: str


def read_wish(body: bytes, idempotency_key: str) -> Wish:
    """Return what was sent; raises NotUnderstood."""
    sent = _object(body)
    strange = sorted(set(sent) - FIELDS)
    if strange:
        raise NotUnderstood(**{strange[0][:MAX_VALUE]: "Такого поля нет"})
    return Wish(
        values=_values(sent.get("registers")),
        month=_month(sent.get("month")),
        answers=_answers(sent.get("answers", [])),
        comment=_comment(sent.get("comment", "")),
        key=_key(idempotency_key),
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        sent = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise NotUnderstood(body="Нужен JSON") from error
    if not isinstance(sent, dict):
        raise NotUnderstood(body="Нужен объект JSON")
    return sent


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _values(registers: object) -> tuple[str, ...]:
    """Return the registers as people type them; numbers and texts are taken."""
    if not isinstance(registers, Mapping) or not registers:
        raise NotUnderstood(registers='Нужны показания, например {"t1": 4772}')
    strange = sorted(set(registers) - set(REGISTERS))
    if strange:
        raise NotUnderstood(registers="Регистры называются t1, t2, t3")
    for value in registers.values():
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        # Of a text a dash is a filler, as in what people type.
        if not (isinstance(value, str) or (is_number and value >= 0)):
            raise NotUnderstood(registers="Показание: число от нуля или строка цифр")
    texts = (str(registers.get(name, "")) for name in REGISTERS)
    return tuple(text[:MAX_VALUE] for text in texts)


def _month(value: object) -> Month | None:
    if value is None:
        return None
    try:
        return Month.parse(value if isinstance(value, str) else "")
    except ValueError as error:
        raise NotUnderstood(month="Месяц пишется так: 2026-11") from error


def _answers(value: object) -> frozenset[Answer]:
    known = isinstance(value, list) and all(
        isinstance(word, str) and word in _ANSWERS for word in value
    )
    if not known:
        raise NotUnderstood(answers=f"Ответы: {', '.join(_ANSWERS)}")
    assert isinstance(value, list)  # noqa: S101 - for the checker of types
    return frozenset(_ANSWERS[word] for word in value)


def _comment(value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_COMMENT:
        raise NotUnderstood(comment=f"Строка не длиннее {MAX_COMMENT} знаков")
    return value.replace("\0", "").strip()


def _key(given: str) -> str:
    """Return the key of the reading; without one each sending is a new one."""
    if not given:
        return secrets.token_hex(16)
    return hashlib.sha256(given.encode()).hexdigest()[:32]
