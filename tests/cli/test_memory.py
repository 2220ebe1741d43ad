"""What a check of a password took goes back to the system, in whichever thread it was."""

import subprocess
import sys

from tests.checkouts import ROOT

#: Every thread checks a password; told is what the process then weighs more, in MiB.
THREADS = """
import sys, threading
from cabinet.cli import server
from cabinet.services import bulkheads, credentials

def weight():
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(l.split()[1]) for l in status if l.startswith("VmRSS")) // 1024

if sys.argv[1] == "told":
    server._give_back()
kept = credentials.hash_password("a long password")
before = weight()
begin, turn = threading.Barrier(bulkheads.THREADS, timeout=90), threading.Lock()

def check():
    begin.wait()
    for _ in range(2):
        # One after the other: more at once are told to come again.
        with turn:
            assert credentials.matches(kept, "a long password")
    # All of them are there till the end, as those of a worker are.
    begin.wait()

threads = [threading.Thread(target=check) for _ in range(bulkheads.THREADS - 1)]
for thread in threads:
    thread.start()
check()
for thread in threads:
    thread.join()
print(weight() - before)
"""


def test_passwords_leave_nothing_in_the_threads():
    assert _grown("told") < 25


def test_left_to_itself_the_library_keeps_it():
    assert _grown("not told") > 50


def _grown(word):
    done = subprocess.run(
        [sys.executable, "-c", THREADS, word],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return int(done.stdout)
