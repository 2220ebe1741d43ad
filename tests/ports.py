"""Ports for what the tests start, given so that nobody else takes them meanwhile.

A port the system draws is free again until its owner listens, and a portal needs seconds
for that: another connection of the same machine may be given it. These come from below the
ports the system draws of, another thousand for each process of the tests.
"""

import itertools
import os
import random
import socket
from contextlib import suppress

FIRST, SPAN = 10_000, 1_000
#: 32768 is where Linux begins to draw (net.ipv4.ip_local_port_range).
PARTS = (32_000 - FIRST) // SPAN


def _own():
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    start = FIRST + int(worker) % PARTS * SPAN
    skipped = random.SystemRandom().randrange(SPAN)
    return (start + (skipped + number) % SPAN for number in itertools.count())


_ports = _own()


def free_port():
    """Return a port of this machine nobody listens on; each is given once."""
    for port in _ports:
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError
