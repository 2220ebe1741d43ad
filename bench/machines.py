"""Machines of a drill: network namespaces on one bridge, each with its own processes.

All of it stands inside namespaces of the drill itself (network, mounts, processes), so
that nothing is left of it when the drill ends, however it ends. Needs root, iproute2 and
util-linux.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

#: The drill's own machine on the bridge, where customers and the bank are.
OUTSIDE = "10.0.0.1"
INSIDE = "CABINET_DRILL_INSIDE"


def enter(module: str) -> None:
    """Run the module once more inside namespaces of its own, and end as it ends."""
    if os.geteuid() != 0:
        raise SystemExit("the drill makes network namespaces: run it as root")
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc"]
    command += ["--kill-child=SIGKILL", sys.executable, "-m", module, *sys.argv[1:]]
    # Removed out here, once nothing runs in there any more.
    with tempfile.TemporaryDirectory(prefix="cabinet-drill.") as folder:
        Path(folder).chmod(0o755)
        done = subprocess.run(command, env=os.environ | {INSIDE: folder}, check=False)
    raise SystemExit(done.returncode)


def folder_inside() -> Path | None:
    """Return the drill's folder, None outside of the drill's own namespaces."""
    text = os.environ.get(INSIDE)
    return None if text is None else Path(text)


def call(*command: str) -> str:
    """Run a program of the system to its end; what it says. Ends the drill if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


class Net:
    """A bridge with machines on it, and people who come from addresses of their own."""

    def __init__(self, logs: Path, people: int) -> None:
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        call("mount", "--make-rprivate", "/")
        call("mount", "-t", "tmpfs", "tmpfs", "/run")
        call("ip", "link", "set", "lo", "up")
        call("ip", "link", "add", "br0", "type", "bridge")
        call("ip", "link", "set", "br0", "up")
        for address in (OUTSIDE, *(person(number) for number in range(people))):
            call("ip", "address", "add", f"{address}/8", "dev", "br0")

    def add(self, name: str, address: str) -> None:
        """Put a machine on the bridge."""
        call("ip", "netns", "add", name)
        call(
            "ip",
            "link",
            "add",
            f"v-{name}",
            "type",
            "veth",
            "peer",
            "eth0",
            "netns",
            name,
        )
        call("ip", "link", "set", f"v-{name}", "master", "br0", "up")
        inside = ("ip", "-netns", name)
        call(*inside, "address", "add", f"{address}/8", "dev", "eth0")
        call(*inside, "link", "set", "lo", "up")
        call(*inside, "link", "set", "eth0", "up")

    def start(
        self, name: str, programs: Sequence[str], environ: Mapping[str, str]
    ) -> None:
        """Switch the machine on: it runs the lines of shell, each beside the others."""
        call("ip", "link", "set", f"v-{name}", "up")
        script = " & ".join(f"( {line} )" for line in programs) + " & wait"
        command = ["ip", "netns", "exec", name, "unshare", "--mount", "--pid", "--fork"]
        with (self._logs / f"{name}.log").open("ab") as file:
            self._running[name] = subprocess.Popen(
                [*command, "--mount-proc", "--kill-child=SIGKILL", "sh", "-c", script],
                env=dict(environ),
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def cut(self, name: str) -> None:
        """Take the power: no word more leaves the machine, and nothing runs on it."""
        call("ip", "link", "set", f"v-{name}", "down")
        process = self._running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()


def person(number: int) -> str:
    """Return the address a customer comes from."""
    return f"10.1.{number // 200}.{number % 200 + 1}"
