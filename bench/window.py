"""How long customers wait on the 25th, the last day of the window, and what a kill costs.

`python -m bench.window`: a minute of the day in a town of 20 000 on SQLite, with
`--database ADDRESS` on Postgres. The full run is `--accounts 2000000 --seconds 600 --keep`;
`--kill 10` kills a process that answers every ten seconds, and the worker every sixth time.

So many requests a second come (`--rate`, fifty) at moments drawn beforehand, whether or
not those before them are answered, and each is timed from its moment: a portal that
stops for a second is charged for everybody who would have come in it. Who comes and
what for is in `bench.customers`. Portal, worker, database, practice bank and customers
share the cores of one machine; the customers are one process that writes and reads raw
connections, and says how much of the processor it took.

An answer is good if it is what was asked for and the page is the customer's own. One that
is lost with a killed process is asked for once more, as a browser does with a page, a
person with a form and a bank with a notice; it is good if that is the same deed by the
form's key, and late by all the time. A sign-in has no key: lost is bad.
Afterwards whatever was acknowledged must be there once, and the ledger must hold.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address
from math import ceil
from pathlib import Path

from bench import fill
from bench.customers import KINDS, NOTHING, Customer, Tally, Where, come, schedule
from bench.judging import judge
from bench.measure import machine, write
from bench.running import Installation, get
from cabinet.domain.period import Month
from cabinet.models.base import database
from cabinet.models.connection import close_database, open_database

SEED = 25
#: Seconds somebody looks at a page, and how many of them come before all begins.
LOOK, WARM = 4.0, 5.0
#: Milliseconds that 99 of 100 may wait, and the share of good answers with kills.
P99, GOOD = 100.0, 0.999
#: Every so many kills one of the worker as well.
WORKER = 6
NOVEMBER = Month(2026, 11)


#: What somebody does, and the moments it is due.
Visit = tuple[tuple[str, ...], list[float]]


@dataclass(frozen=True, slots=True)
class Run:
    """What came of a run."""

    tally: Tally
    asked: int
    busy: float
    kills: dict[str, int]
    wrong: dict[str, int]


def main() -> None:
    """Measure and write the section of docs/bench.md; ends with 1 when a bound breaks."""
    parser = argparse.ArgumentParser(description=__doc__)
    fill.add_options(parser)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=50, help="requests a second")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kill", type=float, default=0, help="seconds between kills")
    wanted = parser.parse_args()
    kind = "Postgres" if wanted.database else "SQLite"
    section = "window-kills" if wanted.kill else "window"
    section += "-postgres" if wanted.database else ""
    if wanted.accounts <= fill.FEW:
        section += " of few"
    with (
        tempfile.TemporaryDirectory(prefix="cabinet-bench.") as folder,
        fill.filled(wanted, Path(folder)) as (url, _),
    ):
        run = _day(wanted, url, Path(folder))
    write(section, _section(run, wanted, kind))
    sys.exit(not _is_kept(run, wanted))


def _day(wanted: argparse.Namespace, url: str, folder: Path) -> Run:
    visits = schedule(wanted.seconds, wanted.rate, LOOK, SEED)
    warming = schedule(WARM, wanted.rate / 2, 1.0, SEED + 1)
    customers = customers_of(url, [kinds for kinds, _ in warming + visits])
    began = time.monotonic()
    with Installation(folder, url, fill.NOW.isoformat(), wanted.workers) as portal:
        where = Where(portal.portal, portal.bank, portal.token)
        _make_ready(portal.portal, customers, visits)
        first = len(warming)
        asyncio.run(come(warming, customers[:first], where, Tally()))
        tally = Tally()
        with _killing(portal, wanted.kill):
            busy = asyncio.run(come(visits, customers[first:], where, tally))
        passed = timedelta(seconds=time.monotonic() - began)
        wrong = judge(url, tally, now=fill.NOW + passed)
    asked = sum(len(dues) for _, dues in visits) + int(visits[-1][1][-1])
    return Run(tally, asked, busy, dict(portal.told), wrong)


@contextmanager
def _killing(portal: Installation, pause: float) -> Iterator[None]:
    """Kill a process that answers every so many seconds, if at all."""
    over = threading.Event()

    def kill() -> None:
        chance = random.Random(SEED)
        number = 0
        while not over.wait(pause):
            number += 1
            portal.kill_one(chance)
            if number % WORKER == 0:
                portal.kill_worker()

    thread = threading.Thread(target=kill)
    if pause:
        thread.start()
    try:
        yield
    finally:
        over.set()
        if pause:
            thread.join()


CUSTOMERS = """
SELECT access.user_id, account.number, branch.code, meter.zones,
(SELECT t1 FROM reading WHERE meter_id = meter.id ORDER BY period DESC LIMIT 1),
(SELECT t2 FROM reading WHERE meter_id = meter.id ORDER BY period DESC LIMIT 1)
FROM account_access AS access JOIN account ON account.id = access.account_id
JOIN branch ON branch.id = account.branch_id
JOIN meter ON meter.account_id = account.id
WHERE NOT EXISTS
(SELECT 1 FROM reading WHERE meter_id = meter.id AND period >= {month})
AND NOT EXISTS (SELECT 1 FROM payment_share WHERE account_id = account.id)
ORDER BY access.user_id
"""
#: Branches whose money goes by the interface that the bank's notices come from.
PAYING = {"kursk", "tver"}
#: Kilowatt-hours of a usual month.
USUAL = 100


def customers_of(url: str, visits: Sequence[tuple[str, ...]]) -> list[Customer]:
    """Return who comes, one for each visit: nobody who has sent November's reading."""
    open_database(url)
    with database.connection_context():
        rows = database.execute_sql(CUSTOMERS.format(month=NOVEMBER.code)).fetchall()
    close_database()
    chance = random.Random(SEED)
    chance.shuffle(rows)
    paying = iter([row for row in rows if row[2] in PAYING])
    others = iter([row for row in rows if row[2] not in PAYING])
    found = []
    for kinds in visits:
        row = next(paying if "payment form" in kinds else others, None)
        row = row or next(paying, None)
        if row is None:
            message = f"{len(rows)} customers for {len(visits)} visits: fill it anew"
            raise SystemExit(message)
        shown = [int(each) // 1000 + USUAL for each in row[4 : 4 + row[3]]]
        address = str(IPv4Address(chance.randrange(2**24, 2**31)))
        found.append(
            Customer(user_id=row[0], number=row[1], shown=tuple(shown), address=address)
        )
    return found


def _make_ready(
    port: int, customers: Sequence[Customer], visits: Sequence[Visit]
) -> None:
    """Let who will save a receipt have saved it before: most of them have, by then."""
    coming = zip(customers[-len(visits) :], visits, strict=True)
    for one in [one for one, (kinds, _) in coming if "receipt" in kinds]:
        headers = {
            "Cookie": f"sid={fill.cookie_of(one.user_id)}",
            "X-Forwarded-For": one.address,
        }
        get(port, "/bills/2026-10.pdf", headers)


# What is told of it ----------------------------------------------------------------


def _at(waits: Sequence[float], share: float) -> float:
    """Return the wait that this share of the answers did not exceed."""
    ordered = sorted(waits)
    return ordered[max(ceil(share * len(ordered)) - 1, 0)] if ordered else 0.0


def _all(tally: Tally) -> list[float]:
    return [one for kind in KINDS if kind != NOTHING for one in tally.waits[kind]]


def _is_kept(run: Run, wanted: argparse.Namespace) -> bool:
    bad = sum(run.tally.bad.values())
    if any(run.wrong.values()) or run.tally.foreign:
        return False
    if wanted.kill:
        return bad <= run.asked * (1 - GOOD)
    return not bad and (
        wanted.accounts <= fill.FEW or _at(_all(run.tally), 0.99) <= P99
    )


def _section(run: Run, wanted: argparse.Namespace, kind: str) -> str:
    tally = run.tally
    rows = [
        _row(one, tally.waits[one], tally.lost[one], tally.bad[one]) for one in KINDS
    ]
    lost, bad = (sum(each.values()) for each in (tally.lost, tally.bad))
    rows.insert(-1, _row("**all of them**", _all(tally), lost, bad))
    wrong = ", ".join(f"{name} {count}" for name, count in run.wrong.items())
    kills = ", ".join(f"{count} of the {name}" for name, count in run.kills.items())
    why = "; ".join(f"{count} times {name}" for name, count in tally.why.items())
    good = 1 - bad / run.asked
    return (
        f"{machine()}\n\n{wanted.accounts} accounts on {kind}, {wanted.rate:g} requests"
        f" a second for {wanted.seconds:g} s, {wanted.workers} workers.\n\n{HEADER}\n"
        + "\n".join(rows)
        + f"\n\nGood answers: {100 * good:.3f} % of {run.asked}; not at the first try"
        f" {lost}. Somebody else's pages: {tally.foreign}. Acknowledged: "
        f"{len(tally.readings)} readings, {len(tally.payments)} payments,"
        f" {len(tally.notices)} notices; wrong afterwards: {wrong}."
        + (f" Killed: {kills}." if kills else "")
        + (f" Lost: {why}." if why else "")
        + f" Allowed are {P99:.0f} ms for 99 of 100. The customers took {run.busy:.0f} s"
        " of the processor; the last line is what machine and customers themselves take,"
        " once a second of the same run."
    )


HEADER = (
    "| what | good answers | lost at first | bad | median, ms | p95, ms | p99, ms |"
    " worst, ms |\n|---|---|---|---|---|---|---|---|"
)


def _row(name: str, waits: Sequence[float], lost: int, bad: int) -> str:
    shares = " | ".join(f"{_at(waits, each):.1f}" for each in (0.5, 0.95, 0.99, 1))
    return f"| {name} | {len(waits)} | {lost} | {bad} | {shares} |"


if __name__ == "__main__":
    main()
