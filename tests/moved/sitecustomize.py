"""Puts the system's clock of a process where a file says: python runs this at its start.

Whatever asks for the time of day is answered so, libraries too; what measures spans goes
on, as it does when the clock of a machine is put back.
"""

import os
import threading
import time
from contextlib import suppress
from pathlib import Path

import time_machine

PATH = Path(os.environ["TESTS_CLOCK_BACK"])
#: What to add to the monotonic clock to have the true time of day.
BASE = time.time() - time.monotonic()


def follow():
    """Move the clock whenever the file has changed."""
    known = None
    while True:
        with suppress(OSError, ValueError):
            back = float(PATH.read_text(encoding="ascii"))
            if back != known:
                clock.move_to(BASE + time.monotonic() - back, tick=True)
                known = back
        time.sleep(0.05)


def begin():
    """Follow the file in a thread, which does not come along through a fork."""
    threading.Thread(target=follow, daemon=True).start()


clock = time_machine.travel(BASE + time.monotonic(), tick=True).start()
os.register_at_fork(after_in_child=begin)
begin()
