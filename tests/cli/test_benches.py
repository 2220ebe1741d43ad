"""The benches of pages still run, as small as they can be; figures are theirs to make."""

import os
import re
import subprocess
import sys

import pytest

from tests.checkouts import ROOT

PAGES = """
from bench import pages as bench
bench.ROUNDS, bench.PAGES, bench.READINGS, bench.SENDERS = 1, 1, 1, 4
"""
LOAD = """
from bench import load as bench
bench.CLIENTS, bench.TIMES, bench.PAUSE = 2, 2, 0.1
bench.PAGE = bench.FRAGMENT = 60_000
"""
NOTICES = """
from bench import notices as bench
bench.ROUNDS, bench.EACH, bench.NOTICES = 1, 1, 4
bench.SENDERS, bench.AT_ONCE, bench.AT_MOST = 2, 4, 60
"""
SEARCH = """
import sys
from bench import search as bench
bench.FEW, bench.QUERIES, bench.DRAWN = 300, 3, 30
sys.argv = ["search", "--accounts", "300"]
"""
FILL = """
import sys
from bench import fill as bench
bench.PATTERNS, bench.CHUNK = 28, 16
sys.argv = ["fill", "--accounts", "60"]
"""
#: A process that answers is killed amid it all; nothing told may be lost by that.
WINDOW = """
import sys
from bench import fill, window as bench
fill.PATTERNS, bench.LOOK, bench.WARM, bench.GOOD = 28, 0.5, 1, 0.5
sys.argv = ["window", *"--accounts 120 --seconds 6 --rate 8 --kill 2".split()]
"""
#: How much longer a query takes is not judged here: so small a town fits into a page.
HOT = """
import sys
from bench import fill, hot as bench
fill.PATTERNS, bench.PEOPLE, bench.ROUNDS, bench.MOST = 14, 2, 2, 1000
bench.PAGES = [page for page in bench.PAGES if ".pdf" not in page]
sys.argv = ["hot", "--accounts", "200"]
"""
#: How long a start takes is not judged here: the machine has other work.
WORKER = """
import sys
from bench import fill, worker as bench
fill.PATTERNS, bench.STARTS, bench.REQUESTS, bench.RATE = 28, 1, 60, 12
bench.SECONDS = 60
sys.argv = ["worker", "--accounts", "150"]
"""
RUN = """
bench.write = lambda _name, text: print(text)
bench.main()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sizes", "rows"),
    [
        pytest.param(
            PAGES,
            ["home page, in process", "reading sent, gunicorn"],
            marks=pytest.mark.long,
        ),
        (LOAD, ["home page | 4 | 0", "reading sent | 4 | 0"]),
        (NOTICES, ["notice, gunicorn"]),
        (SEARCH, ["account, whole | 3 of 3", "street, house, flat | 3 of 3"]),
        (FILL, ["60 | "]),
        pytest.param(WINDOW, ["home | ", "reading sent | "], marks=pytest.mark.long),
        pytest.param(WORKER, ["scale | a process, fresh | "], marks=pytest.mark.long),
        pytest.param(HOT, ["/"], marks=pytest.mark.long),
    ],
    ids=["pages", "load", "notices", "search", "fill", "window", "worker", "hot"],
)
def test_it_runs(sizes, rows):
    told = _run(sizes)
    for row in rows:
        assert re.search(rf"^\| {re.escape(row)}.* \d", told, re.MULTILINE), row


def _run(sizes):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CABINET_")}
    done = subprocess.run(
        [sys.executable, "-c", sizes + RUN],
        cwd=ROOT,
        env=kept,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout
