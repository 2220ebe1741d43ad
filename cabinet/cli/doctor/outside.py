"""What goes over the network: mail, the mailbox, the public address, notices of banks."""

import smtplib
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx

from cabinet.cli.context import Context
from cabinet.cli.doctor.certificate import TIMEOUT, certificate
from cabinet.cli.doctor.shops import closed_to_us, shops_of
from cabinet.cli.doctor.words import FAULT, WARNING, WELL, Word
from cabinet.web.security import HEADERS

#: A year: less is no promise to a browser.
HSTS = 31536000


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
    said: list[Word] = []
    if parts.scheme == "https":
        host, port = parts.hostname or "", parts.port or 443
        said = list(certificate(host, port, context.clock.now()))
        yield from said
    try:
        answer = _get(f"{url}/login")
    except httpx.HTTPError as error:
        if not any(word.level == FAULT for word in said):
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


def _get(url: str) -> httpx.Response:
    """Ask as a browser of this machine would: by the roots the machine knows."""
    return httpx.get(
        url, timeout=TIMEOUT, trust_env=False, verify=ssl.create_default_context()
    )


def webhooks(context: Context) -> Iterator[Word]:
    """Ask for the addresses of notices from outside, as an acquirer would."""
    url, shops = context.settings.public_url, shops_of(context)
    for name in closed_to_us(context):
        yield Word(
            FAULT,
            f"{name}: ключи магазина не открываются этим CABINET_SECRET_KEY",
            "введите их заново на странице «Приём карт»",
        )
    if not shops:
        yield Word(WELL, "магазинов нет")
    elif not url:
        yield Word(
            WARNING,
            "адрес не задан: уведомлений банки не пришлют",
            "CABINET_PUBLIC_URL=https://…",
        )
    else:
        for shop in shops:
            yield _of_notices(url, shop.name)


def _of_notices(url: str, name: str) -> Word:
    try:
        answer = _get(f"{url}/webhooks/{name}")
    except httpx.HTTPError as error:
        return Word(
            FAULT,
            f"{name}: адрес уведомлений не открывается: {error}",
            "откройте его для банка; до того cabinet work узнаёт сам, за две минуты",
        )
    if answer.headers.get("X-Content-Type-Options") is None:
        return Word(
            FAULT,
            f"{name}: вместо кабинета ответил кто-то другой, код {answer.status_code}",
            "веб-сервер впереди должен пропускать /webhooks/ без проверок",
        )
    return Word(WELL, f"{name}: адрес уведомлений открыт, если идти с этой машины")
