"""What Lighthouse gives the pages of a customer on a phone, of a hundred.

`python -m bench.lighthouse --cli PATH/lighthouse/cli/index.js` (npm: `lighthouse`; it needs
Node and Chromium) loads each page of the demonstration. Ends with 1 when accessibility or
best practices are below a hundred anywhere; what the machine is busy with lowers
performance, and private pages are not meant to be found, which lowers the last column.
"""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.browser import CHROMIUM, FLAGS
from bench.measure import machine, write
from bench.portal import demo, signed_in
from bench.portal import portal as application
from bench.weights import PAGES, portal
from cabinet.models.connection import close_database

#: Categories in the order of the table; the first two hold on any machine.
CERTAIN = ("accessibility", "best-practices")
CATEGORIES = (*CERTAIN, "performance", "seo")
TRIES = 3


@dataclass(frozen=True)
class Score:
    """The points of one page by category, and what cost some of them."""

    path: str
    points: dict[str, float]
    lost: tuple[str, ...]

    def row(self) -> str:
        """Return a line of the table."""
        points = " | ".join(f"{self.points[each]:.0f}" for each in CATEGORIES)
        return f"| {self.path} | {points} |"


def main() -> None:
    """Measure and write the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cli", type=Path, required=True, help="its cli/index.js")
    parser.add_argument("--rounds", type=int, default=3, help="runs a page (3)")
    arguments = parser.parse_args()
    with demo():
        cookie = signed_in(application())
        close_database()
        with portal() as url:
            scores = [
                _score(arguments.cli, url, path, cookie, arguments.rounds)
                for path in ("/login", *PAGES)
            ]
    for score in scores:
        print(score.path, *score.lost, sep="\n    ")
    rows = "\n".join(score.row() for score in scores)
    rounds = f"{WORDS} Rounds a page: {arguments.rounds}."
    write("lighthouse", f"{machine()}\n\n{HEADER}\n{rows}\n\n{rounds}")
    sys.exit(any(score.points[each] < 100 for score in scores for each in CERTAIN))


HEADER = "| page | accessibility | best practices | performance | SEO |\n|---|---|---|---|---|"
WORDS = (
    "Lighthouse on its simulated phone; performance is the median of the rounds, taken on"
    " the cores that serve the page. Pages are told not to be indexed, and SEO takes that"
    " for a fault."
)


def _score(cli: Path, url: str, path: str, cookie: str, rounds: int) -> Score:
    signed = {} if path == "/login" else {"Cookie": cookie}
    found = [_report(cli, url + path, signed) for _ in range(rounds)]
    points = {
        each: median(100 * report["categories"][each]["score"] for report in found)
        for each in CATEGORIES
    }
    audits = found[0]["audits"]
    lost = tuple(
        f"{ref['id']}: {audits[ref['id']].get('displayValue', '')}"
        for each in CATEGORIES
        for ref in found[0]["categories"][each]["auditRefs"]
        if ref["weight"] and (audits[ref["id"]]["score"] or 0) < 1
        if audits[ref["id"]]["score"] is not None
    )
    return Score(path, points, lost)


def _report(cli: Path, url: str, headers: dict[str, str]) -> dict[str, Any]:
    flags = ["--headless=new", *FLAGS, *(["--no-sandbox"] if not os.geteuid() else [])]
    command = [
        *("node", str(cli), url, "--output=json", "--quiet"),
        f"--only-categories={','.join(CATEGORIES)}",
        f"--chrome-flags={' '.join(flags)}",
        f"--extra-headers={json.dumps(headers)}",
    ]
    # A browser that does not come up on a busy machine says nothing of the page.
    for _ in range(TRIES):
        done = subprocess.run(
            command,
            env={**os.environ, "CHROME_PATH": CHROMIUM},
            capture_output=True,
            check=False,
            encoding="utf-8",
        )
        if done.returncode == 0:
            report: dict[str, Any] = json.loads(done.stdout)
            return report
        print(done.stderr[-2000:], file=sys.stderr)
    message = f"Lighthouse failed {TRIES} times on {url}"
    raise SystemExit(message)


if __name__ == "__main__":
    main()
