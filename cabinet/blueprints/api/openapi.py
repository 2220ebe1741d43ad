"""The door described for programs: OpenAPI 3.1, made where the answers are made."""

from typing import Any

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.metering import ReadingSource, ReadingState
from cabinet.domain.readings import Answer, Question
from cabinet.domain.tariff import Zone
from cabinet.services.readings import Phase

Part = dict[str, Any]

_MONEY = {
    "type": "string",
    "pattern": r"^-?[0-9]+\.[0-9]{2}$",
    "description": "roubles and kopecks",
    "examples": ["1234.56"],
}
_KWH = {"type": "number", "description": "kilowatt-hours"}
_DAY = {"type": "string", "format": "date"}
_MOMENT = {"type": "string", "format": "date-time"}
_MONTH = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$", "examples": ["2026-10"]}
_TEXT = {"type": "string"}
_YES = {"type": "boolean"}
_UUID = {"type": "string", "format": "uuid"}


def _maybe(part: Part) -> Part:
    """Return the same or null."""
    return {"anyOf": [part, {"type": "null"}]}


def _words(enum: Any) -> Part:
    return {"type": "string", "enum": [str(word) for word in enum]}


def _object(**properties: Part) -> Part:
    """Return an object that has all of these and nothing else."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(part: Part) -> Part:
    return {"type": "array", "items": part}


def _ref(name: str) -> Part:
    return {"$ref": f"#/components/schemas/{name}"}


_REGISTERS = {
    "type": "object",
    "properties": dict.fromkeys(("t1", "t2", "t3"), _KWH),
    "additionalProperties": False,
    "description": "by zone: one, day and night, or peak, night and half-peak",
}

_SCHEMAS: Part = {
    "Account": _object(
        id=_TEXT | {"description": "its name in addresses"},
        number=_TEXT,
        title=_TEXT,
        can_see_bills=_YES,
        is_owner=_YES,
        until=_maybe(_DAY),
    ),
    "Window": _object(
        is_open=_YES,
        month=_MONTH,
        opens_on=_DAY,
        closes_on=_DAY,
        days_left={"type": "integer", "minimum": 0},
    ),
    "Meter": _object(
        id=_UUID,
        serial=_TEXT,
        model=_TEXT,
        place=_TEXT,
        digits={"type": "integer", "minimum": 1},
        takes_readings=_YES,
        registers=_list(_object(name=_TEXT, zone=_words(Zone), last=_maybe(_KWH))),
        last_on=_maybe(_DAY),
        month=_object(month=_MONTH, phase=_words(Phase), closes_on=_DAY),
        current=_maybe(
            _object(
                id=_UUID,
                number=_TEXT,
                received_at=_MOMENT,
                state=_words(ReadingState),
                registers=_REGISTERS,
            )
        ),
    ),
    "Reading": _object(
        meter=_TEXT,
        month=_MONTH,
        taken_on=_maybe(_DAY),
        state=_maybe(_words(ReadingState)),
        source=_maybe(_words(ReadingSource)),
        counted_in=_maybe(_MONTH),
        registers=_REGISTERS,
        used=_maybe(_KWH),
        used_a_year_ago=_maybe(_KWH),
    ),
    "NewReading": {
        "type": "object",
        "properties": {
            "registers": {
                "type": "object",
                "properties": {
                    name: {"anyOf": [_KWH, _TEXT]} for name in ("t1", "t2", "t3")
                },
                "additionalProperties": False,
                "minProperties": 1,
            },
            "month": _MONTH | {"description": "refuse it if it would count in another"},
            "answers": _list(_words(Answer)),
            "comment": _TEXT | {"maxLength": 1000},
        },
        "required": ["registers"],
        "additionalProperties": False,
    },
    "TakenReading": _object(
        id=_UUID,
        number=_TEXT,
        meter=_UUID,
        month=_MONTH,
        state=_words(ReadingState),
        received_at=_MOMENT,
        registers=_REGISTERS,
        used=_maybe(_KWH),
        estimate=_maybe(_MONEY),
    ),
    "Question": _object(
        question=_words(Question),
        zones=_list(_words(Zone)),
        used=_maybe(_KWH),
        answers=_list(
            _object(answer=_words(Answer), registers=_REGISTERS, used=_maybe(_KWH))
        ),
    ),
    "Balance": _object(
        balance=_maybe(_MONEY),
        last_bill=_maybe(
            _object(month=_MONTH, added=_MONEY, due_on=_DAY, is_overdue=_YES)
        ),
        next_bill_on=_DAY,
    ),
    "Bill": _object(month=_MONTH, added=_MONEY),
    "Movements": _object(
        **{"from": _DAY, "to": _DAY},
        opening=_MONEY,
        closing=_MONEY,
        rows=_list(
            _object(
                on=_DAY,
                kind=_words(EntryKind),
                amount=_MONEY,
                balance=_MONEY,
                month=_maybe(_MONTH),
            )
        ),
    ),
    "Error": _object(
        error={
            "type": "object",
            "properties": {
                "code": _TEXT,
                "message": _TEXT,
                "fields": {"type": "object", "additionalProperties": _TEXT},
                "month": _MONTH,
                "asked": _ref("Question"),
            },
            "required": ["code", "message"],
            "additionalProperties": False,
        }
    ),
}

_ERRORS = {
    "401": "no key, or one that does not work",
    "403": "the key does not reach so far",
    "404": "there is no such thing, or not for this key",
    "429": "too many questions an hour",
    "503": "come again in half a minute",
}
_SLUG = {"name": "account", "in": "path", "required": True, "schema": _TEXT}
_METER = {"name": "meter", "in": "path", "required": True, "schema": _UUID}
_PERIOD = [
    {"name": name, "in": "query", "schema": _DAY, "description": words}
    for name, words in (("from", "a year ago at first"), ("to", "today at first"))
]
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": _TEXT | {"maxLength": 255},
    "description": "the same key with the same registers is the same reading",
}


def _content(schema: Part) -> Part:
    return {"application/json": {"schema": schema}}


def _failures(**more: str) -> Part:
    told = _ERRORS | {status.lstrip("_"): words for status, words in more.items()}
    return {
        status: {"description": words, "content": _content(_ref("Error"))}
        for status, words in told.items()
    }


def _get(summary: str, schema: Part, *parameters: Part, **more: str) -> Part:
    return {
        "get": {
            "summary": summary,
            "parameters": list(parameters),
            "responses": {
                "200": {"description": "so it is", "content": _content(schema)}
            }
            | _failures(**more),
        }
    }


_NO_PERIOD = {"_422": "the days were not understood"}

_PATHS: Part = {
    "/accounts": _get(
        "accounts the key opens", _object(accounts=_list(_ref("Account")))
    ),
    "/accounts/{account}": _get("one account", _ref("Account"), _SLUG),
    "/accounts/{account}/window": _get(
        "when readings are taken", _ref("Window"), _SLUG
    ),
    "/accounts/{account}/meters": _get(
        "meters that take readings", _object(meters=_list(_ref("Meter"))), _SLUG
    ),
    "/accounts/{account}/readings": _get(
        "readings of a period",
        _object(readings=_list(_ref("Reading"))),
        _SLUG,
        *_PERIOD,
        **_NO_PERIOD,
    ),
    "/accounts/{account}/meters/{meter}/readings": {
        "post": {
            "summary": "send a reading; the key must be one to send readings",
            "parameters": [_SLUG, _METER, _KEY],
            "requestBody": {"required": True, "content": _content(_ref("NewReading"))},
            "responses": {
                "201": {
                    "description": "it was taken",
                    "content": _content(_ref("TakenReading")),
                }
            }
            | _failures(
                _409="something is asked, or the meter or the month takes none",
                _413="the body is too long",
                _422="the reading was not understood",
            ),
        }
    },
    "/accounts/{account}/balance": _get("what is owed", _ref("Balance"), _SLUG),
    "/accounts/{account}/bills": _get(
        "months that have a bill", _object(bills=_list(_ref("Bill"))), _SLUG
    ),
    "/accounts/{account}/payments": _get(
        "what changed the balance", _ref("Movements"), _SLUG, *_PERIOD, **_NO_PERIOD
    ),
}


def document(address: str) -> Part:
    """Return the document for a portal at the address."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "cabinet",
            "version": "1",
            "description": "A customer's accounts for the customer's own programs.",
        },
        "servers": [{"url": f"{address}/api/v1"}],
        "security": [{"key": []}],
        "paths": _PATHS,
        "components": {
            "schemas": _SCHEMAS,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }
