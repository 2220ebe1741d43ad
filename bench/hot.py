"""Whether a query of a page takes longer in a town of millions than in a small one.

`python -m bench.hot --database ADDRESS`: 2000 accounts and 20 000; with
`--accounts 2000000 --keep` those of 20 000 and of 2 000 000. Some customers open every
page, send a reading and pay, in both towns by turns, in this process; each statement that
goes to the database is timed where it is sent, the fetching of its rows included. What
is compared is what a customer's second look costs: of the first, in a town that does not fit
into the memory, the disk is told beside it.
"""

import argparse
import os
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from flask import Flask
from flask.testing import FlaskClient

from bench import fill
from bench.customers import MONTH, SILENT_CARD, Customer, fields, notice
from bench.measure import machine, write
from bench.portal import PASSWORD, Request, portal
from bench.processes import CABINET, Processes
from bench.running import Installation, await_, free_port
from bench.window import customers_of
from cabinet.config import Clock, load
from cabinet.emulator.shops import demo_shops
from cabinet.gateways import open_gateway
from cabinet.gateways.shops import Shops
from cabinet.models.base import database
from cabinet.models.connection import close_database, open_database
from cabinet.services.payments import notices

FEW, MANY = 20_000, 20_000
PEOPLE, ROUNDS = 30, 5
PAGES = (
    "/",
    "/readings",
    "/history",
    "/statement",
    "/bills",
    f"/bills/{MONTH}",
    f"/bills/{MONTH}.pdf",
    "/pay",
    "/tariffs",
    "/profile",
)
#: A statement may take so many times as long; one of less than this is lost in noise.
MOST, LEAST_MS = 1.2, 0.1
#: In so many rounds a statement must have been sent, to be compared.
SEEN = 3
#: So many of the slowest and of the most changed are told of.
TOLD = 12

#: What a statement is: the page that sends it, and its text.
Statement = tuple[str, str]


@dataclass(slots=True)
class Times:
    """Seconds of a statement in a town: at first looks, and a list for each later round."""

    first: list[float] = field(default_factory=list)
    again: list[list[float]] = field(default_factory=list)

    def of_round(self, number: int) -> float:
        """Return half of how long it takes in a round, in seconds."""
        return median(self.again[number])


class Town:
    """A database, who comes there, and how long its statements take."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.people: list[Customer] = []
        self.times: defaultdict[Statement, Times] = defaultdict(Times)
        self.values: dict[Statement, Any] = {}

    def look(self, portal: "Portal", number: int) -> None:
        """Let everybody open every page, in the round of this number; 0 is the first."""
        open_database(self.url)
        for one in self.people:
            with _timed() as seconds:
                for page, act in _acts(portal, one, number):
                    seconds.page = page
                    act()
                    # What makes the next act ready is no part of this one.
                    seconds.page = ""
            self.values.update(seconds.values)
            for statement, taken in seconds.of.items():
                if statement[0]:
                    self._keep(statement, taken, number)
        close_database()

    def explain(self, statement: Statement) -> Iterator[str]:
        """Yield how Postgres answers a question, for whoever has to mend it."""
        sql = statement[1]
        if not sql.startswith("SELECT") or not self.url.startswith("postgresql"):
            return
        open_database(self.url)
        with database.connection_context():
            found = database.execute_sql(
                f"EXPLAIN (ANALYZE, BUFFERS) {sql}", self.values[statement]
            )
            yield from (line for (line,) in found.fetchall())
        close_database()

    def _keep(self, statement: Statement, taken: list[float], number: int) -> None:
        times = self.times[statement]
        if not number:
            times.first += taken
            return
        times.again += [[] for _ in range(number - len(times.again))]
        times.again[number - 1] += taken


@dataclass(slots=True)
class _Seconds:
    """Seconds of what was sent, by the statements of the page that is being opened."""

    page: str = ""
    of: defaultdict[Statement, list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )
    values: dict[Statement, Any] = field(default_factory=dict)


@contextmanager
def _timed() -> Iterator[_Seconds]:
    """Time every statement that goes to the database meanwhile."""
    seconds = _Seconds()
    real = database.obj.execute_sql

    def timed(sql: str, params: Any = None) -> Any:
        began = time.perf_counter()
        cursor = real(sql, params)
        taken = time.perf_counter() - began
        seconds.of[seconds.page, sql].append(taken)
        seconds.values[seconds.page, sql] = params
        return cursor

    database.obj.execute_sql = timed
    try:
        yield seconds
    finally:
        del database.obj.execute_sql


def main() -> None:
    """Measure and write the section; ends with 1 when a statement has become slower."""
    parser = argparse.ArgumentParser(description=__doc__)
    fill.add_options(parser)
    parser.set_defaults(accounts=MANY)
    wanted = parser.parse_args()
    few = argparse.Namespace(**vars(wanted))
    few.accounts = min(FEW, wanted.accounts // 10)
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="cabinet-bench."))
        )
        towns = [
            Town(stack.enter_context(fill.filled(each, folder))[0])
            for each in (few, wanted)
        ]
        app = stack.enter_context(_portal(folder, towns[0].url))
        for town in towns:
            town.people = customers_of(town.url, [("payment form",)] * PEOPLE)
        for number in range(ROUNDS + 1):
            for town in towns if number % 2 else reversed(towns):
                town.look(app, number)
        rows = list(_compared(*towns))
        for row in rows:
            if row.is_slower:
                print(row.statement, *towns[-1].explain(row.statement), sep="\n")
    section = "hot-postgres" if wanted.database else "hot"
    if wanted.accounts <= MANY:
        section += " of few"
    together = _together(rows)
    write(section, _section(rows, together, few.accounts, wanted))
    sys.exit(any(row.is_slower for row in rows) or max(together.values()) > MOST)


@dataclass(frozen=True, slots=True)
class Portal:
    """The application, and the practice bank that it takes payments by."""

    app: Flask
    clock: Clock
    shops: Shops
    bank: str
    token: str


@contextmanager
def _portal(home: Path, url: str) -> Iterator[Portal]:
    """Yield the application of a folder of its own, on the day of the window."""
    for name in [name for name in os.environ if name.startswith("CABINET_")]:
        del os.environ[name]
    there = Installation(home, url, fill.NOW.isoformat(), bank=free_port())
    os.environ.update(
        {k: v for k, v in there.environment.items() if k.startswith("CABINET_")}
    )
    bank = f"http://127.0.0.1:{there.bank}"
    shops_there = demo_shops(bank)
    shops = Shops(shops_there, open_gateway, origin="http://localhost")
    with Processes(home / "logs") as processes:
        words = ["--port", str(there.bank), "--token", there.token]
        processes.start("bank", [CABINET, "emulator", *words], os.environ)
        await_(there.bank)
        clock = Clock.of(load(os.environ))
        yield Portal(portal(*shops_there), clock, shops, bank, there.token)


def _acts(portal: Portal, one: Customer, number: int) -> Iterator[tuple[str, Any]]:
    """Yield what a customer does: every page, a reading, a sign-in, a payment."""
    app = portal.app
    cookie = f"sid={fill.cookie_of(one.user_id)}"
    for path in PAGES:
        yield path, lambda path=path: _send(app, Request(path, cookie=cookie), 200)
    _, page = Request("/readings", cookie=cookie).send(app)
    form = fields(page.decode(), "reading-form") or _changed(app, page, cookie)
    typed = {f"t{at}": str(kwh + number) for at, kwh in enumerate(one.shown, start=1)}
    reading = Request("/readings", cookie=cookie, data=form | typed, htmx=True)
    yield "reading sent", lambda: _send(app, reading, 200)
    yield "sign-in", lambda: _sign_in(app, one)
    _, page = Request("/pay", cookie=cookie).send(app)
    form = fields(page.decode(), "pay-form") | {"method": "card", "sure": "1"}
    # Each round another sum: the same one would be the same payment.
    sums = {name: f"{100 + number},00" for name in form if name.startswith("sum_")}
    client = app.test_client()
    client.set_cookie("sid", fill.cookie_of(one.user_id))
    deals: list[str] = []
    yield "payment begun", lambda: deals.append(_begin(client, form | sums, one))
    _pay(portal, deals[0])
    yield "notice", lambda: _tell(client, deals[0])
    now = portal.clock.now()
    yield "notice used", lambda: notices.take_due(portal.shops, now=now)


def _begin(client: FlaskClient, form: dict[str, str], one: Customer) -> str:
    """Begin the payment; return the bank's number of it."""
    answer = client.post("/pay", data=form, environ_base={"REMOTE_ADDR": one.address})
    _expect("/pay", answer.status_code, 303)
    return answer.location.rpartition("/")[2]


def _pay(portal: Portal, deal: str) -> None:
    """Pay at the bank, which tells nobody of it."""
    answer = httpx.post(
        f"{portal.bank}/emulator/pay/{deal}",
        headers={"X-Emulator-Token": portal.token},
        json={"card": SILENT_CARD},
        trust_env=False,
    )
    _expect("the bank", answer.status_code, 200)


def _tell(client: FlaskClient, deal: str) -> None:
    _expect(
        "a notice", client.post("/webhooks/kursk", json=notice(deal)).status_code, 200
    )


def _changed(app: Flask, page: bytes, cookie: str) -> dict[str, str]:
    """Return the form behind the link to another reading, where one was sent before."""
    found = re.search(rb'href="(/readings\?[^"]*)"', page)
    path = found[1].decode().replace("&amp;", "&") if found else "/readings"
    _, again = Request(path, cookie=cookie).send(app)
    return fields(again.decode(), "reading-form")


def _sign_in(app: Flask, one: Customer) -> None:
    client = app.test_client()
    form = fields(client.get("/login").text, "login-form")
    form.pop("shared", None)
    data = form | {"login": fill.email_of(one.user_id), "password": PASSWORD}
    answer = client.post("/login", data=data, environ_base={"REMOTE_ADDR": one.address})
    _expect("sign-in", answer.status_code, 303)


def _send(app: Flask, request: Request, status: int) -> None:
    answered, _ = request.send(app)
    _expect(request.path, answered, status)


def _expect(what: str, answered: int, status: int) -> None:
    if answered != status:
        message = f"{what} answered {answered}"
        raise SystemExit(message)


# What is told of it ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """A statement in both towns: milliseconds, and how many times as long."""

    statement: Statement
    few: float
    many: float
    first: float
    ratio: float
    least: float

    @property
    def is_slower(self) -> bool:
        """Tell whether it takes too long in every round, and enough to be told apart."""
        return self.ratio > MOST and self.least > 1 and self.many - self.few > LEAST_MS

    @property
    def line(self) -> str:
        """Return a line of the table."""
        page, sql = self.statement
        text = re.sub(r"\s+", " ", sql).replace('"', "").replace("|", "¦")
        tables = ", ".join(
            dict.fromkeys(re.findall(r"(?:FROM|JOIN|INTO|UPDATE) (\w+)", text))
        )
        mark = " **over**" if self.is_slower else ""
        return (
            f"| {page} | {text.split()[0]} {tables} | {self.few:.3f} | {self.many:.3f} |"
            f" {self.ratio:.2f}{mark} | {self.first:.3f} |"
        )


def _compared(few: Town, many: Town) -> Iterator[Row]:
    """Yield what both towns were asked in every round."""
    for statement, times in few.times.items():
        other = many.times.get(statement)
        if other is None or not (times.again and other.again):
            continue
        rounds = [
            number
            for number in range(min(len(times.again), len(other.again)))
            if times.again[number] and other.again[number]
        ]
        if len(rounds) < SEEN:
            # Asked now and then, it was as often the first of its process.
            continue
        ratios = [other.of_round(each) / times.of_round(each) for each in rounds]
        yield Row(
            statement,
            median(times.of_round(each) for each in rounds) * 1000,
            median(other.of_round(each) for each in rounds) * 1000,
            median(other.first or [0]) * 1000,
            median(ratios),
            min(ratios),
        )


def _together(rows: list[Row]) -> dict[str, float]:
    """Return how many times as long all statements of each page take."""
    return {
        page: sum(row.many for row in rows if row.statement[0] == page)
        / sum(row.few for row in rows if row.statement[0] == page)
        for page in dict.fromkeys(row.statement[0] for row in rows)
    }


def _section(
    rows: list[Row], together: dict[str, float], few: int, wanted: argparse.Namespace
) -> str:
    slow = sorted(rows, key=lambda row: -row.many)[:TOLD]
    changed = sorted(rows, key=lambda row: -row.ratio)[:TOLD]
    told = list(dict.fromkeys([*changed, *slow]))
    over = sum(row.is_slower for row in rows)
    kind = "Postgres" if wanted.database else "SQLite"
    return (
        f"{machine()}\n\n{few} accounts and {wanted.accounts} on {kind}: {len(rows)}"
        f" statements of {len(together)} pages and acts, {PEOPLE} customers, {ROUNDS} rounds. Over"
        f" {MOST:g} times as long: {over}. All statements of a page together: from"
        f" {min(together.values()):.2f} to {max(together.values()):.2f} times.\n\n"
        f"| page | statement | ms of {few} | ms of {wanted.accounts} | times |"
        " ms at the first look |\n|---|---|---|---|---|---|\n"
        + "\n".join(row.line for row in told)
        + f"\n\nOf all {len(rows)} the {TOLD} most changed and the {TOLD} slowest. A statement"
        f" is over the bound if it is slower in every round, by {LEAST_MS:g} ms at least."
    )


if __name__ == "__main__":
    main()
