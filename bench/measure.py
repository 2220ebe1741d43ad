"""Timing beside a floor: interleaved rounds, ratios within a round, noise of its own."""

import os
import platform
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from cabinet.models.base import database, on_sqlite

REPORT = Path(__file__).parent.parent / "docs" / "bench.md"


@dataclass(frozen=True)
class Pair:
    """A thing and its floor: seconds of one act, a number a round.

    `processor` has the same by the processor's clock, where that was read: of what others
    do on the machine it knows little.
    """

    name: str
    ours: Sequence[float]
    floor: Sequence[float]
    again: Sequence[float]
    processor: "Pair | None" = None

    @property
    def ratio(self) -> float:
        """Return how many times the floor it takes."""
        return median(a / b for a, b in zip(self.ours, self.floor, strict=True))

    def row(self) -> str:
        """Return a line of the table; the noise is the floor against itself."""
        ratios = [
            ours / floor for ours, floor in zip(self.ours, self.floor, strict=True)
        ]
        noise = [
            max(floor, again) / min(floor, again)
            for floor, again in zip(self.floor, self.again, strict=True)
        ]
        return (
            f"| {self.name} | {_ms(median(self.ours))} | {_ms(median(self.floor))}"
            f" | **{median(ratios):.1f}** | {min(ratios):.1f} to {max(ratios):.1f}"
            f" | {median(noise):.2f}, worst {max(noise):.2f} |"
        )


HEADER = (
    "| what | ours, ms | floor, ms | ratio | in the rounds | floor against itself |\n"
    "|---|---|---|---|---|---|"
)


def compare(
    name: str,
    ours: Callable[[], float],
    floor: Callable[[], float],
    *,
    rounds: int,
) -> Pair:
    """Measure in turns, so that a noisy moment falls on both.

    Each callable does a round and returns the seconds of one act. The floor is measured
    twice a round: what differs between the two is the machine.
    """
    series: tuple[list[float], list[float], list[float]] = ([], [], [])
    ours()
    floor()
    for number in range(rounds):
        order = (0, 1, 2) if number % 2 else (2, 1, 0)
        acts = (floor, ours, floor)
        for place in order:
            series[place].append(acts[place]())
    return Pair(name, series[1], series[0], series[2])


def repeat(act: Callable[[], object], times: int) -> Callable[[], float]:
    """Return a round: the act so many times, the median of its seconds."""

    def timed() -> float:
        seconds = []
        for _ in range(times):
            began = time.perf_counter()
            act()
            seconds.append(time.perf_counter() - began)
        return median(seconds)

    return timed


def machine() -> str:
    """Return a line about where the figures come from."""
    day = datetime.now(UTC).date()
    return (
        f"{day}, Python {platform.python_version()}, {os.cpu_count()} cores,"
        f" load {os.getloadavg()[0]:.1f} at the end."
    )


def most_megabytes() -> float:
    """Return the most memory this process has had since its program began.

    Not `ru_maxrss`, which goes on from that of whoever started it.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    if found is None:
        raise SystemExit("the system does not say how much memory a process has had")
    return int(found[1]) / 1024


def server_seconds() -> float:
    """Return the seconds of the processor that the server's process for us has had.

    Zero with SQLite, which works in our own, and with a server on another machine. What
    it lets helpers do beside it is not in them.
    """
    if on_sqlite():
        return 0.0
    ((process_id,),) = database.execute_sql("SELECT pg_backend_pid()").fetchall()
    told = Path(f"/proc/{process_id}/stat")
    name, _, words = (told.read_text() if told.exists() else "").rpartition(")")
    if not name.endswith("(postgres"):
        return 0.0
    # After the name in brackets: the user's ticks are the twelfth, the system's next.
    return sum(map(int, words.split()[11:13])) / os.sysconf("SC_CLK_TCK")


def write(section: str, body: str) -> None:
    """Print the section and put it into docs/bench.md between its marks."""
    print(body)
    text = REPORT.read_text(encoding="utf-8")
    found = re.compile(
        rf"(<!-- {section} -->\n).*?(<!-- /{section} -->)", flags=re.DOTALL
    )
    if not found.search(text):
        message = f"{REPORT} has no place for {section}"
        raise SystemExit(message)
    text = found.sub(lambda match: f"{match[1]}{body}\n{match[2]}", text)
    REPORT.write_text(text, encoding="utf-8")


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f}"
