"""What goes over the network: mail, the mailbox, the public address, notices of banks."""

import shutil
import smtplib
import socket
import ssl
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from cabinet.cli.context import Context
from cabinet.cli.doctor.words import FAULT, WARNING, WELL, Word
from cabinet.web.security import HEADERS

TIMEOUT = 10
#: A year: less is no promise to a browser.
HSTS = 31536000
#: A certificate is renewed long before that by whatever renews it.
DAYS_LEFT = 14
#: Roots that telephones with Android 7 and older know; Let's Encrypt's own is not there.
NEW_ROOTS = ("ISRG Root",)


def mail(context: Context) -> Iterator[Word]:
    """Sign in at the mail server, and send nothing."""
    settings = context.settings.mail
    if not settings.server:
        yield Word(
            WELL if context.settings.is_demo else FAULT,
            "письма ложатся в папку mail, никому не уходят",
            "" if context.settings.is_demo else "задайте CABINET_MAIL_SERVER",
        )
        return
    try:
        with smtplib.SMTP(settings.server, settings.port, timeout=TIMEOUT) as server:
            if settings.use_tls:
                server.starttls(context=ssl.create_default_context())
            if settings.user:
                server.login(settings.user, settings.password)
            server.noop()
    except (OSError, smtplib.SMTPException) as error:
        yield Word(
            FAULT,
            f"{settings.server}:{settings.port}: {error}",
            "проверьте CABINET_MAIL_…; открыт ли порт наружу",
        )
        return
    yield Word(WELL, f"{settings.server}:{settings.port} принимает")
    if not settings.use_tls:
        yield Word(WARNING, "письма уходят без TLS", "CABINET_MAIL_TLS=1")


def mailbox(context: Context) -> Iterator[Word]:
    """Sign in at the mailbox of answers."""
    from cabinet.gateways.mailbox import Mailbox, MailboxError

    settings = context.settings.mailbox
    if not settings:
        yield Word(WELL, "не задан: ответы на письма не читаются")
        return
    try:
        with Mailbox.open(settings):
            yield Word(WELL, f"{settings.server}: открывается")
    except MailboxError as error:
        yield Word(FAULT, f"{settings.server}: {error}", "проверьте CABINET_MAILBOX_…")


def address(context: Context) -> Iterator[Word]:
    """Open the portal as a customer does: certificate, chain, headers."""
    url = context.settings.public_url
    if not url:
        yield Word(WARNING, "адрес не задан", "CABINET_PUBLIC_URL=https://…")
        return
    parts = urlsplit(url)
    if parts.scheme == "https":
        yield from _certificate(
            parts.hostname or "", parts.port or 443, context.clock.now()
        )
    try:
        answer = httpx.get(f"{url}/login", timeout=TIMEOUT, trust_env=False)
    except httpx.HTTPError as error:
        yield Word(
            FAULT,
            f"{url} не открывается: {error}",
            "имя в DNS, порт 443, веб-сервер впереди, cabinet serve",
        )
        return
    if answer.status_code != httpx.codes.OK:
        yield Word(
            FAULT, f"{url}/login отвечает {answer.status_code}", "лог cabinet serve"
        )
        return
    wrong = changed_headers(answer.headers, is_https=parts.scheme == "https")
    if wrong:
        yield Word(
            FAULT,
            f"заголовки изменены по дороге: {', '.join(wrong)}",
            "веб-сервер впереди не должен добавлять и убирать заголовки безопасности",
        )
        return
    yield Word(WELL, f"{url} открывается, заголовки на месте")


def changed_headers(headers: Any, *, is_https: bool) -> list[str]:
    """Return the headers of safety that are not as the portal sends them."""
    wrong = [name for name, value in HEADERS.items() if headers.get(name) != value]
    told = headers.get("Strict-Transport-Security", "")
    age = told.partition("max-age=")[2].partition(";")[0]
    if is_https and not (age.isdigit() and int(age) >= HSTS):
        wrong.append("Strict-Transport-Security")
    return wrong


def _certificate(host: str, port: int, now: datetime) -> Iterator[Word]:
    try:
        with (
            socket.create_connection((host, port), timeout=TIMEOUT) as plain,
            ssl.create_default_context().wrap_socket(
                plain, server_hostname=host
            ) as tls,
        ):
            told = tls.getpeercert() or {}
    except ssl.SSLError as error:
        yield Word(
            FAULT,
            f"сертификат {host} не подходит: {error}",
            "отдавайте всю цепочку (fullchain) и продлевайте её",
        )
        return
    except OSError:
        # Nobody is there: what follows says it.
        return
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), UTC)
    left = (ends - now).days
    if left < DAYS_LEFT:
        yield Word(
            WARNING, f"сертификат кончается через {left} дн.", "продлите сертификат"
        )
    root = _root_of(host, port)
    if root.startswith(NEW_ROOTS):
        yield Word(
            WARNING,
            f"корень цепочки «{root}»: Android 7.1 и старше его не знает",
            "возьмите сертификат центра со старым корнем, см. docs/ru/установка.md",
        )


def _root_of(host: str, port: int) -> str:
    """Return who signed the last certificate of the chain, empty if nobody can tell."""
    program = shutil.which("openssl")
    if program is None:
        return ""
    done = subprocess.run(  # noqa: S603 - a program of the system, our own words
        [
            *(program, "s_client", "-connect", f"{host}:{port}"),
            *("-servername", host, "-showcerts"),
        ],
        input="",
        capture_output=True,
        text=True,
        timeout=2 * TIMEOUT,
        check=False,
    )
    issuers = [
        line.partition("CN")[2].lstrip(" =")
        for line in done.stdout.splitlines()
        if line.lstrip().startswith("i:")
    ]
    return issuers[-1] if issuers else ""


def webhooks(context: Context) -> Iterator[Word]:
    """Ask for the addresses of notices from outside, as an acquirer would."""
    url, shops = context.settings.public_url, context.settings.shops
    if not shops or not url:
        yield Word(WELL, "магазинов нет" if not shops else "адрес не задан")
        return
    for shop in shops:
        try:
            answer = httpx.get(
                f"{url}/webhooks/{shop.name}", timeout=TIMEOUT, trust_env=False
            )
        except httpx.HTTPError as error:
            yield Word(
                FAULT,
                f"{shop.name}: адрес уведомлений не открывается: {error}",
                "откройте его для банка; до того cabinet work узнаёт сам, за две минуты",
            )
            continue
        if answer.headers.get("X-Content-Type-Options") is None:
            yield Word(
                FAULT,
                f"{shop.name}: вместо кабинета ответил кто-то другой,"
                f" код {answer.status_code}",
                "веб-сервер впереди должен пропускать /webhooks/ без проверок",
            )
        else:
            yield Word(WELL, f"{shop.name}: адрес уведомлений открыт")
