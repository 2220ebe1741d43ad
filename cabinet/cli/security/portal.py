"""The portal of these settings, asked without the network, as a stranger would ask it."""

from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any

import flask
from flask.helpers import get_debug_flag

from cabinet.cli.context import Context
from cabinet.cli.doctor.outside import changed_headers
from cabinet.cli.doctor.words import FAULT, WARNING, WELL, Word

PAGE = "/login"
FORGED, HONEST = "192.0.2.66", "198.51.100.7"
MOST_PROXIES = 2


def missing_of(headers: Any, *, is_https: bool) -> list[str]:
    """Return the headers of safety that are not what they should be, caches included."""
    wrong = changed_headers(headers, is_https=is_https)
    if headers.get("Cache-Control") != "no-store":
        wrong.append("Cache-Control")
    return wrong


def _app(context: Context) -> flask.Flask:
    from cabinet.app import create_app

    return create_app(context.settings, clock=context.clock)


def _asked(context: Context) -> Any:
    url = context.settings.public_url or "http://localhost"
    return _app(context).test_client().get(PAGE, base_url=url)


def headers(context: Context) -> Iterator[Word]:
    """Compare the headers of a page with what they should be, one by one."""
    answer = _asked(context)
    wrong = missing_of(answer.headers, is_https=context.settings.is_https)
    if wrong:
        yield Word(FAULT, f"не те: {', '.join(wrong)}", "поставьте кабинет заново")
    elif not context.settings.is_https:
        yield Word(
            FAULT, "кабинет не знает, что он за HTTPS", "CABINET_PUBLIC_URL=https://…"
        )
    else:
        yield Word(WELL, "все, и HSTS")


def cookies(context: Context) -> Iterator[Word]:
    """Look at each cookie a page sets."""
    answer = _asked(context)
    yield from of_cookies(answer.headers.getlist("Set-Cookie"))


def of_cookies(lines: list[str]) -> Iterator[Word]:
    """Tell which of the cookies set is not bound to the host, HTTPS and the browser."""
    found = [morsel for line in lines for morsel in SimpleCookie(line).values()]
    loose = [
        one.key
        for one in found
        if not (
            one.key.startswith("__Host-")
            and one["secure"]
            and one["httponly"]
            and one["path"] == "/"
            and not one["domain"]
            and one["samesite"] in {"Lax", "Strict"}
        )
    ]
    if loose:
        yield Word(
            FAULT,
            f"кука {', '.join(loose)} не привязана к имени и HTTPS",
            "CABINET_PUBLIC_URL=https://…",
        )
    elif not found:
        yield Word(
            WARNING,
            "страница входа не поставила куки: не проверено",
            "веб-сервер впереди не должен убирать Set-Cookie",
        )
    else:
        yield Word(WELL, ", ".join(f"{one.key} Secure HttpOnly" for one in found))


def hosts(context: Context) -> Iterator[Word]:
    """Ask under another name, as who wants letters with links of their own would."""
    answer = _app(context).test_client().get(PAGE, base_url="https://evil.example")
    if answer.status_code != 400:  # noqa: PLR2004 - Bad Request
        yield Word(
            FAULT,
            f"отвечает и под чужим именем, код {answer.status_code}",
            "задайте CABINET_PUBLIC_URL",
        )
        return
    yield Word(WELL, "под чужим именем не отвечает")


def proxies(context: Context) -> Iterator[Word]:
    """Forge X-Forwarded-For behind as many proxies as are trusted."""
    settings = context.settings
    count = settings.trusted_proxies
    seen = _seen(context, [FORGED, HONEST, *["10.0.0.1"] * (count - 1)][: count + 1])
    if seen == FORGED or (count and seen != HONEST):
        yield Word(
            FAULT,
            "поддельный X-Forwarded-For принят за адрес клиента",
            "CABINET_TRUSTED_PROXIES — ровно столько, сколько прокси впереди",
        )
    elif settings.is_https and not count:
        yield Word(
            FAULT,
            "за HTTPS всегда прокси, а CABINET_TRUSTED_PROXIES=0: все клиенты —"
            " один адрес, попытки считаются вместе",
            "CABINET_TRUSTED_PROXIES=1",
        )
    elif count > MOST_PROXIES:
        yield Word(
            WARNING,
            f"доверяете {count} прокси",
            "лишний прокси в счёте даёт подделать адрес",
        )
    else:
        yield Word(WELL, f"доверено {count}, подделка не проходит")


def _seen(context: Context, forwarded: list[str]) -> str:
    """Return the address the portal takes a request to be from."""
    app, seen = _app(context), []
    app.before_request_funcs.setdefault(None, []).insert(
        0, lambda: seen.append(flask.request.remote_addr)
    )
    app.test_client().get(
        "/healthz",
        base_url=context.settings.public_url or "http://localhost",
        headers={"X-Forwarded-For": ", ".join(forwarded)},
        environ_base={"REMOTE_ADDR": "10.0.0.9"},
    )
    return str(seen[0])


def debug(context: Context) -> Iterator[Word]:
    """Tell whether a fault would show the code, or run what is typed."""
    if get_debug_flag() or _app(context).debug:
        yield Word(FAULT, "включена", "уберите FLASK_DEBUG из окружения")
        return
    yield Word(WELL, "выключена")
