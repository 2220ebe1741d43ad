"""The clock: whether somebody keeps it right, and what other clocks say.

Nobody is asked who is not asked anyway: the service of this machine, the database, what
is written already; over the network the mail server, the acquirers and the public address.
"""

import re
import shutil
import smtplib
import ssl
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx
from peewee import fn

from cabinet.cli.context import Context
from cabinet.cli.doctor.certificate import TIMEOUT
from cabinet.cli.doctor.shops import shops_of
from cabinet.cli.doctor.words import FAULT, WARNING, WELL, Word
from cabinet.models import AuditEntry, Beat
from cabinet.models.base import reading
from cabinet.services.readiness import APART, seconds_apart

#: Seconds: others tell whole ones, and their answer travels.
FAR = 5
_HALF = timedelta(seconds=0.5)
_SERVICE = "включите службу времени: timedatectl set-ntp true (или chrony)"
#: The moment in a greeting, as Exim and Sendmail have it; Postfix tells none.
_DATE = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), .+")


def clock(context: Context) -> Iterator[Word]:
    """Look at the clock from inside: its service, the database, what is written."""
    now = context.clock.now()
    if context.settings.is_demo:
        yield Word(WELL, f"{now:%Y-%m-%d %H:%M:%S} UTC")
        return
    is_kept = is_synchronized()
    said = [*_of_database(now), *_of_rows(now)]
    yield from said
    if is_kept is False:
        yield Word(WARNING, "служба времени этих часов не сверяет", _SERVICE)
    elif not said:
        kept = ", сверяет служба времени" if is_kept else ""
        yield Word(WELL, f"{now:%Y-%m-%d %H:%M:%S} UTC{kept}")


def others(context: Context) -> Iterator[Word]:
    """Compare the clock with those of the servers this installation talks to."""
    if context.settings.is_demo:
        yield Word(WELL, "пример: часы сдвинуты нарочно")
        return
    own = urlsplit(context.settings.public_url).hostname or ""
    heard = dict(_heard(context))
    alike = [name for name, apart in heard.items() if abs(apart) <= FAR]
    others_alike = [name for name in alike if name != own]
    for name, apart in heard.items():
        if abs(apart) > FAR:
            word = "спешат" if apart > 0 else "отстают"
            yield Word(
                # Somebody else's may be wrong; ours are where nobody agrees with them.
                WARNING if others_alike else FAULT,
                f"часы этой машины {word} против {name} на {abs(apart):.0f} с",
                _SERVICE,
            )
    if len(alike) < len(heard):
        return
    if others_alike:
        yield Word(WELL, f"сходятся с {', '.join(others_alike)}")
    elif is_synchronized():
        yield Word(WELL, "сверяет служба времени")
    else:
        yield Word(WARNING, "сверить часы не с кем", _SERVICE)


def is_synchronized() -> bool | None:
    """Tell whether a service keeps the clock right; none where nobody can tell."""
    program = shutil.which("timedatectl")
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - a program of the system, our own words
            [program, "show", "--property=NTPSynchronized", "--value"],
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return {"yes": True, "no": False}.get(done.stdout.strip())


def _of_database(now: datetime) -> Iterator[Word]:
    apart = seconds_apart(now)
    if apart is not None and abs(apart) > APART:
        yield Word(
            FAULT,
            f"часы базы и этой машины разошлись на {abs(apart):.0f} с",
            "включите на обеих службу времени (chrony, systemd-timesyncd)",
        )


def _of_rows(now: datetime) -> Iterator[Word]:
    """Tell of a clock that is behind what was written by it, or by another machine's."""
    with reading():
        written = [AuditEntry.select(fn.MAX(AuditEntry.at)).scalar()]
        written.append(Beat.select(fn.MAX(Beat.at)).scalar())
    last = max((at for at in written if at is not None), default=None)
    if last is not None and (last - now).total_seconds() > APART:
        yield Word(
            FAULT,
            f"в базе уже есть запись от {last:%Y-%m-%d %H:%M:%S} UTC, а часы отстают:"
            f" {now:%Y-%m-%d %H:%M:%S}",
            "поставьте верное время на всех машинах кабинета: timedatectl",
        )


def _heard(context: Context) -> Iterator[tuple[str, float]]:
    """Yield by how many seconds the clock is ahead of each server that tells the time."""
    settings = context.settings
    if settings.public_url:
        yield from _by_http(context, f"{settings.public_url}/healthz")
    if settings.mail.server:
        yield from _by_greeting(context, settings.mail.server, settings.mail.port)
    asked = set()
    for shop in shops_of(context):
        if shop.base_url not in asked:
            asked.add(shop.base_url)
            roots = str(shop.certificates) if shop.certificates else None
            yield from _by_http(context, shop.base_url, roots)


def _by_http(
    context: Context, url: str, roots: str | None = None
) -> Iterator[tuple[str, float]]:
    begun = context.clock.now()
    try:
        answer = httpx.head(
            url,
            timeout=TIMEOUT,
            trust_env=False,
            verify=ssl.create_default_context(cafile=roots),
        )
    except httpx.HTTPError:
        # Who looks at that address tells of it.
        return
    name = urlsplit(url).hostname or url
    yield from _apart(context, name, begun, answer.headers.get("Date", ""))


def _by_greeting(context: Context, host: str, port: int) -> Iterator[tuple[str, float]]:
    begun = context.clock.now()
    try:
        server = smtplib.SMTP(timeout=TIMEOUT)
        _, greeting = server.connect(host, port)
        server.close()
    except (OSError, smtplib.SMTPException):
        return
    found = _DATE.search(greeting.decode("ascii", "replace"))
    yield from _apart(context, host, begun, found[0] if found else "")


def _apart(
    context: Context, name: str, begun: datetime, told: str
) -> Iterator[tuple[str, float]]:
    ended = context.clock.now()
    if not told or (ended - begun).total_seconds() > FAR:
        return
    try:
        theirs = parsedate_to_datetime(told)
    except ValueError:
        return
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=UTC)
    middle = begun + (ended - begun) / 2
    yield name, (middle - (theirs + _HALF)).total_seconds()
