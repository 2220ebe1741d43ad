"""Answers for programs: JSON, and errors of one shape."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response, request

#: Where programs ask; every error there is JSON.
PREFIX = "/api/"

#: What a program is told where the error itself says no more.
WORDS = {
    HTTPStatus.BAD_REQUEST: "Запрос не разобран",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Поля заполнены неверно",
    HTTPStatus.UNAUTHORIZED: "Нужен действующий ключ в заголовке Authorization: Bearer",
    HTTPStatus.FORBIDDEN: "Ключ этого не разрешает",
    HTTPStatus.NOT_FOUND: "Такого нет, или у ключа нет доступа",
    HTTPStatus.METHOD_NOT_ALLOWED: "Этот адрес так не спрашивают",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Запрос слишком большой",
    HTTPStatus.TOO_MANY_REQUESTS: "Слишком часто. Повторите позже",
    HTTPStatus.SERVICE_UNAVAILABLE: "Сейчас не получается. Повторите через полминуты",
}
_OTHER = "Не получилось. Мы уже знаем об этом"


def is_asked() -> bool:
    """Tell whether the request came to an address for programs."""
    return request.path.startswith(PREFIX)


def answer(content: Mapping[str, Any], status: int = HTTPStatus.OK) -> Response:
    """Return the content as JSON with readable Cyrillic."""
    body = json.dumps(content, ensure_ascii=False)
    return Response(body + "\n", status, mimetype="application/json")


def failure(
    status: HTTPStatus,
    *,
    code: str = "",
    message: str = "",
    **more: object,
) -> Response:
    """Return an error: a word for the program, a sentence for people, what else helps."""
    error = {
        "code": code or status.name.lower(),
        "message": message or WORDS.get(status, _OTHER),
        **more,
    }
    return answer({"error": error}, status)
