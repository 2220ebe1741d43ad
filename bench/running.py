"""A whole installation as processes: portal, worker, practice bank; some may be killed."""

import contextlib
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import BinaryIO, Self

#: Seconds in which a process must be there, and in which it must be gone.
START, STOP = 180, 40
PAUSE = 0.02


@dataclass(slots=True)
class Installation:
    """The processes of a portal over one database, all on this machine."""

    home: Path
    url: str
    now: str
    workers: int = 2
    told: Counter[str] = field(default_factory=Counter)
    portal: int = 0
    bank: int = 0
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    _processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    _log: BinaryIO | None = None

    def __enter__(self) -> Self:
        self.portal, self.bank = free_port(), free_port()
        self._log = (self.home / "log").open("wb")
        self.start("emulator", "--port", str(self.bank), "--token", self.token)
        await_(self.bank)
        self.start_portal()
        self.start("work")
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._log is not None:
            self._log.close()

    @property
    def environment(self) -> dict[str, str]:
        """Return what the commands run in: a demonstration, whose clock may be set."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("CABINET_")}
        return kept | {
            "CABINET_MODE": "demo",
            "CABINET_HOME": str(self.home),
            "CABINET_NOW": self.now,
            "CABINET_DATABASE_URL": self.url,
            "CABINET_EMULATOR": f"http://127.0.0.1:{self.bank}",
            "CABINET_TRUSTED_PROXIES": "1",
        }

    def start_portal(self) -> float:
        """Start the portal; return the seconds until its first answer."""
        began = time.perf_counter()
        port, workers = str(self.portal), str(self.workers)
        self.start("serve", "--port", port, "--workers", workers)
        await_(self.portal)
        return time.perf_counter() - began

    def start_again(self) -> float:
        """Stop the portal and start it; return the seconds until its first answer."""
        process = self._processes["serve"]
        process.terminate()
        process.wait(STOP)
        return self.start_portal()

    def start(self, command: str, *options: str) -> None:
        """Start a command of the portal."""
        self._processes[command] = subprocess.Popen(
            [Path(sys.executable).parent / "cabinet", command, *options],
            env=self.environment,
            stdout=self._log,
            stderr=self._log,
        )

    def serving(self) -> list[int]:
        """Return the ids of the processes that answer."""
        return children(self._processes["serve"].pid)

    def all_of_them(self) -> list[int]:
        """Return every process of the portal and of its worker."""
        roots = [self._processes[name].pid for name in ("serve", "work")]
        return [*roots, *(child for pid in roots for child in children(pid))]

    def working(self) -> int:
        """Return the process of `cabinet work`."""
        return self._processes["work"].pid

    def kill_one(self, chance: random.Random) -> None:
        """Kill a process that answers; the master starts another."""
        pids = self.serving()
        if pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(pids), signal.SIGKILL)
                self.told["portal"] += 1

    def kill_worker(self) -> None:
        """Kill the worker and start another, as the system's own manager does."""
        process = self._processes["work"]
        process.kill()
        process.wait()
        self.told["worker"] += 1
        self.start("work")


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    text = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        return [int(word) for word in text.read_text(encoding="ascii").split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_(port: int) -> None:
    """Wait until the process that listens there answers."""
    until = time.monotonic() + START
    while time.monotonic() < until:
        with contextlib.suppress(OSError, HTTPException):
            if get(port, "/healthz") == 200:
                return
        time.sleep(PAUSE)
    message = f"nobody answers on port {port}"
    raise SystemExit(message)


def get(port: int, path: str, headers: Mapping[str, str] | None = None) -> int:
    """Ask on a connection of its own; return the status."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path, headers=dict(headers or {}))
        answer = connection.getresponse()
        answer.read()
        return answer.status
