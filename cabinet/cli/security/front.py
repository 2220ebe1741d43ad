"""The public address: what a stranger on the internet gets from it."""

import socket
import ssl
import warnings
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx

from cabinet.cli.context import Context
from cabinet.cli.doctor.certificate import TIMEOUT
from cabinet.cli.doctor.words import FAULT, WARNING, WELL, Word
from cabinet.cli.security import portal
from cabinet.web.security import HEADERS

OLD = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
NEW = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
#: What is for this machine alone, or for nobody.
CLOSED = (
    "/metrics",
    "/.env",
    "/.git/config",
    "/secret-key",
    "/cabinet.sqlite3",
    "/backups/",
    "/erased.txt",
)
UNSET = Word(WARNING, "адрес не задан: не проверено", "CABINET_PUBLIC_URL=https://…")


def _get(url: str) -> httpx.Response:
    return httpx.get(url, timeout=TIMEOUT, trust_env=False)


def _unopened(url: str, error: httpx.HTTPError) -> Word:
    text = f"{url} не открывается: {error}: не проверено"
    return Word(WARNING, text, "cabinet doctor скажет почему; затем ещё раз")


def headers(context: Context) -> Iterator[Word]:
    """Compare what comes through with what the portal sends."""
    url = context.settings.public_url
    if not url:
        yield UNSET
        return
    try:
        answer = _get(url + portal.PAGE)
    except httpx.HTTPError as error:
        yield _unopened(url, error)
        return
    wrong = portal.missing_of(answer.headers, is_https=context.settings.is_https)
    doubled = [name for name in HEADERS if len(answer.headers.get_list(name)) > 1]
    if wrong or doubled:
        yield Word(
            FAULT,
            f"заголовки изменены по дороге: {', '.join([*wrong, *doubled])}",
            "веб-сервер впереди не должен добавлять и убирать их",
        )
    told = [
        f"{name}: {answer.headers[name]}"
        for name in ("Server", "X-Powered-By", "Via")
        if any(sign.isdigit() for sign in answer.headers.get(name, ""))
    ]
    if told:
        yield Word(
            WARNING,
            f"видно, что впереди: {'; '.join(told)}",
            "в nginx: server_tokens off",
        )
    yield from portal.of_cookies(answer.headers.get_list("Set-Cookie"))
    if not wrong and not doubled:
        yield Word(WELL, f"{url}: заголовки на месте")


def plain(context: Context) -> Iterator[Word]:
    """Ask without HTTPS: only a way to HTTPS may answer."""
    if not context.settings.is_https:
        yield UNSET
        return
    host = urlsplit(context.settings.public_url).hostname or ""
    try:
        answer = _get(f"http://{host}{portal.PAGE}")
    except httpx.HTTPError:
        yield Word(WELL, "без HTTPS не отвечает никто")
        return
    yield from of_plain(answer.status_code, answer.headers.get("Location", ""))


def of_plain(status: int, location: str) -> Iterator[Word]:
    """Tell whether an answer over plain HTTP leads to HTTPS at once."""
    if status in {301, 308} and location.startswith("https://"):
        yield Word(WELL, "ведёт на HTTPS")
        return
    yield Word(
        FAULT,
        f"без HTTPS отвечает {status}",
        "веб-сервер впереди: с порта 80 только 301 на https://",
    )


def versions(context: Context) -> Iterator[Word]:
    """Try the versions of TLS one by one."""
    parts = urlsplit(context.settings.public_url)
    if parts.scheme != "https":
        yield UNSET
        return
    host, port = parts.hostname or "", parts.port or 443
    taken = {version: _takes(host, port, version) for version in (*OLD, *NEW)}
    old = [one.name for one in OLD if taken[one]]
    if not any(taken[one] for one in NEW):
        yield Word(
            WARNING,
            f"{host}:{port} не отвечает по TLS 1.2 и 1.3: не проверено",
            "cabinet doctor скажет почему; затем ещё раз",
        )
    elif old:
        yield Word(
            FAULT,
            f"принимает старое: {', '.join(old)}",
            "в nginx: ssl_protocols TLSv1.2 TLSv1.3",
        )
    else:
        yield Word(
            WELL, ", ".join(one.name for one in NEW if taken[one]) + ", старых нет"
        )


def _takes(host: str, port: int, version: ssl.TLSVersion) -> bool:
    """Tell whether a handshake of just this version ends well, whoever answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with warnings.catch_warnings():
            # Old versions are what is asked about.
            warnings.simplefilter("ignore", DeprecationWarning)
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = version
        with (
            socket.create_connection((host, port), timeout=TIMEOUT) as bare,
            context.wrap_socket(bare, server_hostname=host),
        ):
            return True
    except (OSError, ValueError):
        return False


def closed(context: Context) -> Iterator[Word]:
    """Ask for what is not for strangers."""
    url = context.settings.public_url
    if not url:
        yield UNSET
        return
    try:
        opened = [
            path for path in CLOSED if _get(url + path).status_code == httpx.codes.OK
        ]
    except httpx.HTTPError as error:
        yield _unopened(url, error)
        return
    if opened:
        yield Word(
            FAULT,
            f"открыто всем: {', '.join(opened)}",
            "/metrics — только своим; файлов данных веб-сервер не отдаёт",
        )
        return
    yield Word(WELL, f"{', '.join(CLOSED[:2])} и прочее закрыто")
