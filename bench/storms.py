"""How readings are taken while a hundred people at once ask for what is dear.

`python -m bench.storms`: readings come at the moments of a schedule made beforehand, each
timed from its moment. Meanwhile a hundred sign in with a wrong password, or want a
document, a table, or a report of the office, and whoever is answered asks again a second
later.
"""

import asyncio
import os
import random
import secrets
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from time import monotonic
from urllib.parse import urlsplit

from bench.measure import machine, write
from bench.portal import Request, demo
from bench.portal import field as hidden
from bench.portal import portal as application
from bench.readers import Form, filled_form, give_readers
from bench.weights import portal
from cabinet.config import Clock, load
from cabinet.domain.people import Role
from cabinet.models import Session, User
from cabinet.models.base import writing
from cabinet.models.connection import close_database
from cabinet.services.sessions import hash_of, open_session

READERS = 24
#: Readings of each, one somewhere in each second; a meter takes twenty a day.
TIMES = 5
STORM = 100
#: Seconds until who was answered asks again.
AGAIN = 1.0
#: Seconds before a storm begins and after it ends.
CALM = 2.0
SEED = 8
#: Milliseconds of the 99th percentile of readings in a storm.
MOST = 1500
#: What the portal tells who finds no place, and with it when to come again.
BUSY = 503


@dataclass
class Told:
    """What was answered: the seconds of each answer, by its status."""

    waits: dict[int, list[float]] = field(default_factory=dict)
    without_again: int = 0

    def note(self, status: int, seconds: float, head: str) -> None:
        """Take down an answer."""
        self.waits.setdefault(status, []).append(seconds)
        self.without_again += status == BUSY and "retry-after:" not in head.lower()

    @property
    def counted(self) -> Counter[int]:
        """Return how many answers had each status."""
        return Counter({status: len(waits) for status, waits in self.waits.items()})

    def at(self, share: float, statuses: Sequence[int] = ()) -> float:
        """Return the milliseconds that this share of the answers did not exceed."""
        ordered = sorted(
            wait
            for status, waits in self.waits.items()
            for wait in waits
            if not statuses or status in statuses
        )
        return ordered[max(ceil(share * len(ordered)) - 1, 0)] * 1000 if ordered else 0


@dataclass(frozen=True)
class Storm:
    """What was answered in a storm: to those who sent readings, and to the others."""

    name: str
    readings: Told
    others: Told

    @property
    def is_kept(self) -> bool:
        """Tell whether every reading was taken in time, and who was refused told when."""
        is_taken = set(self.readings.waits) == {200}
        return (
            is_taken
            and self.readings.at(0.99) <= MOST
            and not self.others.without_again
            and not self.others.counted[500]
        )

    def row(self) -> str:
        """Return a line of the table."""
        shares = " | ".join(f"{self.readings.at(s):.0f}" for s in (0.5, 0.95, 0.99, 1))
        counted = self.others.counted
        made = sum(counted.values()) - counted[BUSY]
        taken = self.readings.counted
        others = f"{made} | {counted[BUSY]} | {self.others.at(1):.0f}"
        if not self.others.waits:
            others = " |  | "
        return (
            f"| {self.name} | {sum(taken.values())} | {sum(taken.values()) - taken[200]}"
            f" | {shares} | {others} |"
        )


def main() -> None:
    """Measure and write the section; ends with 1 when readings were starved."""
    with demo() as home:
        give_readers(home / "cabinet.sqlite3", READERS)
        app = application()
        forms = [filled_form(app, number) for number in range(READERS)]
        storms = {
            "none": [],
            "wrong passwords": _sign_ins(app),
            "documents": _pages(forms, "/bills/2026-09.pdf"),
            "tables": _pages(forms, "/history.xlsx"),
            "reports of the office": _reports(),
        }
        close_database()
        with portal() as url:
            asyncio.run(_warm_up(url, forms, storms))
            done = [
                asyncio.run(_storm(url, name, forms, asked, turn))
                for turn, (name, asked) in enumerate(storms.items())
            ]
    rows = "\n".join(each.row() for each in done)
    write("storms", f"{machine()}\n\n{HEADER}\n{rows}\n\n{WORDS}")
    sys.exit(not all(each.is_kept for each in done))


HEADER = (
    "| a storm of | readings | not taken | median, ms | p95, ms | p99, ms | worst, ms"
    " | others served | told to come again | their longest wait, ms |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)
WORDS = (
    f"{READERS} customers send {TIMES} readings each, one a second at a moment drawn"
    f" beforehand (seed {SEED}), timed from that moment; {STORM} others ask at once, and"
    f" again {AGAIN:g} s after each answer, all with new connections from the loopback of"
    " the same machine and its cores. `cabinet serve` with its two workers of eight"
    f" threads, SQLite. It ends with 1 unless every reading is taken, with p99 at most"
    f" {MOST} ms, and each 503 says when to come again."
)


def _sign_ins(app: object) -> list[Request]:
    """Return tries to sign in as people who are not there: a check all the same."""
    cookie = f"sid={secrets.token_urlsafe(32)}"
    _, body = Request("/login", cookie=cookie).send(app)
    token = hidden(body.decode(), "csrf_token")
    return [
        Request(
            "/login",
            cookie=cookie,
            data={
                "login": f"nobody{number}@example.org",
                "password": "a wrong phrase",
                "csrf_token": token,
            },
        )
        for number in range(STORM)
    ]


def _pages(forms: list[Form], path: str) -> list[Request]:
    return [Request(path, cookie=forms[n % READERS].cookie) for n in range(STORM)]


def _reports() -> list[Request]:
    """Return what the office opens: the debts of all, by people of the demonstration."""
    now = Clock.of(load(os.environ)).now()
    with writing():
        cookies = [
            open_session(user, on_shared_computer=False, device="", now=now)
            for user in User.select().where(User.role == Role.OPERATOR)
        ]
        # They have shown the second factor.
        Session.update(has_factor=True, expires_at=now + timedelta(days=1)).where(
            Session.sid_hash.in_([hash_of(cookie) for cookie in cookies])
        ).execute()
    path = "/staff/reports/debts"
    return [
        Request(path, cookie=f"sid={cookies[n % len(cookies)]}") for n in range(STORM)
    ]


async def _warm_up(
    url: str, forms: list[Form], storms: dict[str, list[Request]]
) -> None:
    """Let both workers load what each answer needs, one request after the other."""
    told = Told()
    for asked in storms.values():
        for request in asked[:4]:
            await _ask(url, request, monotonic(), told)
    for form in forms[:4]:
        await _ask(url, Request("/readings", cookie=form.cookie), monotonic(), told)


async def _storm(
    url: str, name: str, forms: list[Form], asked: list[Request], turn: int
) -> Storm:
    readings, others = Told(), Told()
    begins = monotonic() + (CALM if asked else 0)
    ends = begins + TIMES
    chance = random.Random(SEED + turn)
    readers = [
        _send(
            url,
            [form.with_more(turn * TIMES + n).request() for n in range(TIMES)],
            [begins + n + chance.random() for n in range(TIMES)],
            readings,
        )
        for form in forms
    ]
    crowd = [_insist(url, request, begins, ends, others) for request in asked]
    await asyncio.gather(*readers, *crowd)
    return Storm(name, readings, others)


async def _send(
    url: str, requests: list[Request], moments: list[float], told: Told
) -> None:
    for request, due in zip(requests, moments, strict=True):
        await asyncio.sleep(max(due - monotonic(), 0))
        await _ask(url, request, due, told)


async def _insist(
    url: str, request: Request, begins: float, ends: float, told: Told
) -> None:
    await asyncio.sleep(max(begins - monotonic(), 0))
    while monotonic() < ends:
        await _ask(url, request, monotonic(), told)
        await asyncio.sleep(AGAIN)


async def _ask(url: str, request: Request, due: float, told: Told) -> None:
    """Ask over a connection of its own and take down the answer, or that none came."""
    address = urlsplit(url)
    method = request.environ["REQUEST_METHOD"]
    headers = {"Host": address.netloc, "Connection": "close", **request.headers}
    if method == "POST":
        headers["Content-Type"] = request.environ["CONTENT_TYPE"]
        headers["Content-Length"] = str(len(request.body))
    lines = [f"{method} {request.path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    try:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write("\r\n".join([*lines, "", ""]).encode() + bytes(request.body))
        answer = await reader.read(-1)
        writer.close()
    except OSError:
        answer = b""
    head = answer.partition(b"\r\n\r\n")[0].decode("latin-1")
    status = int(head.split()[1]) if head else 0
    told.note(status, monotonic() - due, head)


if __name__ == "__main__":
    main()
