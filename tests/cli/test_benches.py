"""Benches still run, as small as they can be; figures are theirs to make.

Others are run whole by `script/test --long`.
"""

import os
import re
import subprocess
import sys

import pytest

from tests.checkouts import ROOT

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
FILL_OF_YEARS = f'{FILL}sys.argv += ["--months", "24"]\n'
BILLING = """
import sys
from bench import billing as bench
sys.argv = ["billing", "--accounts", "60"]
"""
TOWN = """
import sys
from bench import billing as bench, fill
fill.PATTERNS, fill.CHUNK = 28, 16
sys.argv = ["billing", "--town", "--accounts", "60"]
"""
#: How much longer a query takes is not judged here: so small a town fits into a page.
HOT = """
import sys
from bench import fill, hot as bench
fill.PATTERNS, bench.PEOPLE, bench.ROUNDS, bench.MOST = 14, 2, 2, 1000
bench.PAGES = [page for page in bench.PAGES if ".pdf" not in page]
sys.argv = ["hot", "--accounts", "200"]
"""
RUN = """
bench.write = lambda _name, text: print(text)
bench.main()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sizes", "rows"),
    [
        (SEARCH, ["account, whole | 3 of 3", "street, house, flat | 3 of 3"]),
        (FILL, ["60 | "]),
        (FILL_OF_YEARS, ["60 | "]),
        (BILLING, ["issue and publish | "]),
        pytest.param(TOWN, ["issue and publish | "], marks=pytest.mark.long),
        pytest.param(HOT, ["/"], marks=pytest.mark.long),
    ],
    ids=["search", "fill", "fill of years", "billing", "town", "hot"],
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
