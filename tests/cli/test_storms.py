"""A hundred people at once want what is dear: readings are taken meanwhile, all of them.

By the bench itself over `cabinet serve` with its usual settings; how long readings take is
its figure, here it is only that none waits without end.
"""

import os
import re
import socket
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest

from tests import drills
from tests.checkouts import ROOT

pytestmark = pytest.mark.long

SIZES = """
from bench import storms as bench
bench.READERS, bench.TIMES, bench.MOST = 12, 4, 15_000
bench.write = lambda _name, text: print(text)
bench.main()
"""
ROW = re.compile(
    r"^\| ([a-z ]+) \| (\d+) \| (\d+) \|(?: \d+ \|){4} (\d*) \| (\d*) \|", re.MULTILINE
)


def test_readings_are_taken_in_every_storm():
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CABINET_")}
    done = subprocess.run(
        [sys.executable, "-c", SIZES],
        cwd=ROOT,
        env=kept,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    # Ends with 1 when a reading was not taken, or too late, or somebody was refused
    # without a word when to come again.
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    rows = {name: numbers for name, *numbers in ROW.findall(done.stdout)}
    assert set(rows) == {
        *("none", "wrong passwords", "documents", "tables", "reports of the office")
    }
    for name, (taken, refused, served, told) in rows.items():
        assert (int(taken), int(refused)) == (48, 0), name
        if name != "none":
            # It was a storm: many were told to come again, and some were served.
            assert int(told) > 50, name
            assert int(served) > 0, name


def test_connections_that_say_nothing_hold_no_thread(db, database_url, tmp_path):
    """Browsers open them in advance; a hundred once made everybody wait for 30 s."""
    portal = drills.Installation(tmp_path / "home", database_url)
    with portal, ExitStack() as stack:
        portal.start("serve")
        idle = [
            stack.enter_context(socket.create_connection(("127.0.0.1", portal.port)))
            for _ in range(100)
        ]
        began = time.monotonic()
        assert portal.get("/healthz").status_code == 200
        assert time.monotonic() - began < 5
        # Whoever says something at last is answered.
        idle[50].sendall(b"GET /healthz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        assert idle[50].makefile("rb").readline().split()[1] == b"200"
