"""The portal's own commands as processes, each in a group of its own, to be killed."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Self

import httpx

CABINET = str(Path(sys.executable).parent / "cabinet")


class Processes:
    """Started by name; whatever still runs ends with the block."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._files: list[IO[bytes]] = []
        logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        """Begin with nothing running."""
        return self

    def __exit__(self, *_: object) -> None:
        """Kill what runs."""
        self.kill(*self._running)
        for file in self._files:
            file.close()

    def start(
        self, name: str, command: Sequence[str], environ: Mapping[str, str]
    ) -> None:
        """Start a program under the name; what it says is kept beside the others'."""
        file = (self._logs / f"{name}.log").open("ab")
        self._files.append(file)
        self._running[name] = subprocess.Popen(
            command,
            env=dict(environ),
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def kill(self, *names: str) -> None:
        """Kill programs with all that they started, as a power cut does."""
        for name in list(names):
            process = self._running.pop(name)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def run(command: Sequence[str], environ: Mapping[str, str]) -> tuple[float, str]:
    """Run a program to its end; its seconds and words. Ends the run where it failed."""
    began = time.perf_counter()
    done = subprocess.run(
        command, env=dict(environ), capture_output=True, text=True, check=False
    )
    said = f"{done.stdout}{done.stderr}"
    if done.returncode:
        message = f"{' '.join(command)} ended with {done.returncode}:\n{said}"
        raise SystemExit(message)
    return time.perf_counter() - began, said


def wait_for(url: str, seconds: float = 180, host: str = "") -> float:
    """Return the seconds until the address answers 200."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        try:
            answer = httpx.get(
                url,
                headers={"Host": host} if host else {},
                timeout=5,
                trust_env=False,
                verify=False,
            )
            if answer.status_code == 200:
                return time.monotonic() - began
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    message = f"{url} does not answer"
    raise SystemExit(message)
