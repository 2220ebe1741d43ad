"""How long fifty customers at once wait for the home page and for a reading taken.

`python -m bench.load`: requests come at the moments of a schedule made beforehand, and
each is timed from its moment, whether or not the answers before it have come: a server
that stops for a second is charged for everybody who would have come in that second.
"""

import asyncio
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from urllib.parse import urlsplit

from bench.browser import Figure
from bench.measure import machine, write
from bench.portal import Request, demo
from bench.portal import portal as application
from bench.readers import Form, filled_form, give_readers
from bench.weights import portal
from bench.wire import Connection
from cabinet.models.connection import close_database

CLIENTS = 50
#: Requests of each client: a meter takes twenty readings a day at the most.
TIMES = 12
#: Seconds between two requests of a client, somewhere inside which each of them falls.
PAUSE = 2.0
SEED = 6

#: Milliseconds of the 95th percentile a page and a fragment may take.
PAGE, FRAGMENT = 100, 60


@dataclass(frozen=True)
class Run:
    """The milliseconds of every answer, from the moment it was due to be asked for."""

    what: str
    waits: Sequence[float]
    refused: int

    def at(self, share: float) -> float:
        """Return the wait that this share of the answers did not exceed."""
        ordered = sorted(self.waits)
        return ordered[max(ceil(share * len(ordered)) - 1, 0)]

    def row(self, most: str) -> str:
        """Return a line of the table."""
        shares = " | ".join(f"{self.at(each):.1f}" for each in (0.5, 0.95, 0.99, 1))
        answers = f"{len(self.waits)} | {self.refused}"
        return f"| {self.what} | {answers} | {shares} | {most} |"


def main() -> None:
    """Measure and write the section; ends with 1 when a budget is broken."""
    with demo() as home:
        give_readers(home / "cabinet.sqlite3", CLIENTS)
        app = application()
        forms = [filled_form(app, number) for number in range(CLIENTS)]
        close_database()
        with portal() as url:
            asyncio.run(_warm_up(url, forms))
            nothing = _measure("nothing (/healthz)", url, _the_same(forms, "/healthz"))
            page = _measure("home page", url, _the_same(forms, "/"))
            fragment = _measure("reading sent", url, _corrections(forms))
    figures = [
        Figure("T6", page.what, page.at(0.95), PAGE, "ms"),
        Figure("T6", fragment.what, fragment.at(0.95), FRAGMENT, "ms"),
    ]
    rows = "\n".join(
        [page.row(f"{PAGE}"), fragment.row(f"{FRAGMENT}"), nothing.row("")]
    )
    write("load", f"{machine()}\n\n{HEADER}\n{rows}\n\n{WORDS}")
    refused = page.refused + fragment.refused
    sys.exit(bool(refused) or any(not figure.is_kept for figure in figures))


HEADER = (
    "| what | answers | of them errors | median, ms | p95, ms | p99, ms | worst, ms"
    " | p95 at most (T6), ms |\n|---|---|---|---|---|---|---|---|"
)
WORDS = (
    f"{CLIENTS} clients with a connection each, on the loopback of the same machine and"
    f" its cores; each asks {TIMES} times, once a {PAUSE:g} s at a moment drawn beforehand"
    f" (seed {SEED}), and an answer is timed from that moment, late starts included."
    " `cabinet serve` with its two workers, SQLite, `synchronous=FULL`. A reading is a"
    " first one or its correction, with a commit that reaches the disk; the last line is"
    " what the machine and the client themselves take."
)


def _the_same(forms: list[Form], path: str) -> list[list[Request]]:
    return [[Request(path, cookie=form.cookie)] * TIMES for form in forms]


def _corrections(forms: list[Form]) -> list[list[Request]]:
    return [[form.with_more(more).request() for more in range(TIMES)] for form in forms]


async def _warm_up(url: str, forms: list[Form]) -> None:
    """Let both workers compile what they show and open their databases."""
    requests = [Request("/readings", cookie=form.cookie) for form in forms]
    await asyncio.gather(*(_client(url, [each], [0.0], 0.0) for each in requests))


def _measure(what: str, url: str, of_clients: list[list[Request]]) -> Run:
    chance = random.Random(SEED)
    schedule = [
        [(number + chance.random()) * PAUSE for number in range(len(requests))]
        for requests in of_clients
    ]

    async def all_clients() -> list[list[_Answer]]:
        begins = asyncio.get_running_loop().time() + 0.2
        return await asyncio.gather(
            *(
                _client(url, requests, moments, begins)
                for requests, moments in zip(of_clients, schedule, strict=True)
            )
        )

    answers = [each for of_client in asyncio.run(all_clients()) for each in of_client]
    return Run(
        what,
        [each.seconds * 1000 for each in answers],
        sum(each.status != 200 for each in answers),
    )


@dataclass(frozen=True)
class _Answer:
    seconds: float
    status: int


async def _client(
    url: str, requests: list[Request], moments: list[float], begins: float
) -> list[_Answer]:
    """Send each request at its moment, or as soon as the one before is answered."""
    address = urlsplit(url)
    clock = asyncio.get_running_loop().time
    connection = Connection(str(address.hostname), int(address.port or 80))
    answers = []
    for request, moment in zip(requests, moments, strict=True):
        due = begins + moment
        await asyncio.sleep(max(due - clock(), 0))
        answer = await connection.ask(
            request.environ["REQUEST_METHOD"],
            request.path,
            _headers_of(request),
            bytes(request.body),
        )
        answers.append(_Answer(clock() - due, answer.status))
    connection.close()
    return answers


def _headers_of(request: Request) -> dict[str, str]:
    if not request.body:
        return request.headers
    return request.headers | {"Content-Type": request.environ["CONTENT_TYPE"]}


if __name__ == "__main__":
    main()
