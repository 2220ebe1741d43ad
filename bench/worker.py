"""What a process that answers weighs, and how soon the portal answers after its start.

`python -m bench.worker`: a town of 2000 on SQLite, or with `--database ADDRESS` on
Postgres; the portal is started five times, then a process of its two answers a thousand
requests of the last day of the window, receipts among them. Bounded is what it takes of the
machine's memory: its own pages, and its share of those it has in common with the process it
was forked of (PSS): one worker more takes no more than that. What `ps` shows (RSS) counts
the common pages anew for each process and is told beside it.
"""

import argparse
import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench import fill
from bench.browser import Figure
from bench.customers import Tally, Where, come, schedule
from bench.measure import machine, write
from bench.running import Installation
from bench.window import customers_of

#: Starts, and requests with how many of them a second.
STARTS, REQUESTS, RATE = 5, 1000, 40
ACCOUNTS, SEED = 2000, 5
#: Seconds from the command to the first answer, and MiB of a process.
SECONDS, MIB = 1.5, 120


@dataclass(frozen=True, slots=True)
class Weight:
    """What a process weighs, in MiB: with all it shares, and with its part of that."""

    rss: float
    pss: float


def main() -> None:
    """Measure and write the section; ends with 1 when a bound breaks."""
    parser = argparse.ArgumentParser(description=__doc__)
    fill.add_options(parser)
    parser.set_defaults(accounts=ACCOUNTS)
    wanted = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="cabinet-bench.") as folder,
        fill.filled(wanted, Path(folder)) as (url, _),
    ):
        visits = schedule(REQUESTS / RATE, RATE, 1.0, SEED)
        customers = customers_of(url, [kinds for kinds, _ in visits])
        home = Path(folder)
        with Installation(home, url, fill.NOW.isoformat()) as portal:
            starts = [portal.start_again() for _ in range(STARTS)]
            fresh = heaviest(portal.serving())
            where = Where(portal.portal, portal.bank, portal.token)
            tally = Tally()
            asyncio.run(come(visits, customers, where, tally))
            used = heaviest(portal.serving())
            jobs = weight_of(portal.working())
            together = [weight_of(pid).pss for pid in portal.all_of_them()]
    figures = [
        Figure("scale", "start, median", round(median(starts), 2), SECONDS, "s"),
        Figure("scale", "a process, fresh", round(fresh.pss), MIB, "MiB"),
        Figure("scale", f"after {REQUESTS} requests", round(used.pss), MIB, "MiB"),
        Figure("scale", "`cabinet work` beside it", round(jobs.pss), MIB, "MiB"),
    ]
    rows = "\n".join(figure.row() for figure in figures)
    kind = "Postgres" if wanted.database else "SQLite"
    bad = sum(tally.bad.values())
    write(
        "worker-postgres" if wanted.database else "worker",
        f"{machine()}\n\n| budget | what | measured | at most |\n|---|---|---|---|\n{rows}\n\n"
        f"{kind}, two processes; the heavier is told of, with its share of what they have in"
        " common (PSS): so much more memory one process more takes. `ps` counts what is common"
        f" anew for each (RSS): {fresh.rss:.0f} MiB fresh, {used.rss:.0f} MiB after the requests,"
        f" `cabinet work` {jobs.rss:.0f} MiB. All {len(together)} processes of the portal and its"
        f" worker take {sum(together):.0f} MiB of the machine together."
        f" Starts, from the command to the first answer: from {min(starts):.2f} to"
        f" {max(starts):.2f} s. Of the answers {bad} were bad.",
    )
    sys.exit(bool(bad) or any(not figure.is_kept for figure in figures))


def heaviest(pids: list[int]) -> Weight:
    """Return what the heaviest of the processes weighs."""
    return max((weight_of(pid) for pid in pids), key=lambda one: one.pss)


def weight_of(pid: int) -> Weight:
    """Return what a process weighs by the kernel's own sums."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    sizes = {
        name: int(rest.split()[0]) / 1024
        for name, _, rest in (line.partition(":") for line in text.splitlines()[1:])
    }
    return Weight(sizes["Rss"], sizes["Pss"])


if __name__ == "__main__":
    main()
