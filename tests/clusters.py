"""A Postgres server of a test's own, which it may stop, starve and kill."""

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg

from tests import drills

#: Where Debian and others keep the programs that are on nobody's path.
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


class Cluster:
    """A server in a folder, reached by a socket there."""

    def __init__(self, folder):
        self.folder = folder
        self.data = folder / "data"
        self.url = f"postgresql://cabinet@/cabinet?host={folder}"

    def make(self):
        # Segments of a megabyte: a small disk is full soon, not at the sixteenth.
        options = (
            "--wal-segsize=1",
            "-U",
            "cabinet",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        )
        self._run("initdb", "--no-sync", "-D", self.data, *options)
        settings = [
            "listen_addresses = ''",
            f"unix_socket_directories = '{self.folder}'",
            "max_wal_size = 8MB",
            "min_wal_size = 2MB",
            "shared_buffers = 16MB",
        ]
        with (self.data / "postgresql.auto.conf").open("a") as file:
            file.write("\n".join(settings) + "\n")
        self.control("start")
        self._run("createdb", "-h", self.folder, "-U", "cabinet", "cabinet")

    @property
    def is_up(self):
        """Tell whether somebody could connect."""
        return self._code("pg_isready", "-q", "-h", self.folder) == 0

    def control(self, *words):
        """Run `pg_ctl` and wait until it has done what it was told."""
        log = self.folder / "log"
        self._run("pg_ctl", "-s", "-w", "-D", self.data, "-l", log, *words)

    def kill(self):
        """Kill every process of the server at once, as who pulls the plug of a machine."""
        lock = self.data / "postmaster.pid"
        pid = int(lock.read_text().split()[0])
        # Stopped first: it would start others in place of those that are killed.
        os.kill(pid, signal.SIGSTOP)
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        family = [pid, *map(int, children)]
        for each in family:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        drills.wait_until(lambda: not any(map(_is_there, family)), pause=0.01)
        # Where nobody buries the dead their numbers would be taken for the living.
        for each in (lock, *self.folder.glob(".s.PGSQL.*.lock")):
            each.unlink()

    def set(self, **settings):
        """Set what a running server may be told, for all who connect from now on."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            for name, value in settings.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute("SELECT pg_reload_conf()")

    def _run(self, program, *words):
        assert self._code(program, *words) == 0, (program, *words)

    def _code(self, program, *words):
        # The server refuses to run as root.
        as_whom = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        return subprocess.run(
            [*as_whom, BINARIES[-1].with_name(program), *words],
            cwd="/",
            # A daemon keeps what it is given, and would hold a pipe for ever.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=120,
            check=False,
        ).returncode


def _is_there(pid):
    """Tell whether a process lives: it is neither gone nor dead and unburied."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


@contextmanager
def cluster(disk=""):
    """Make a server, and leave nothing of it; `disk` is the size of one of its own."""
    outer = Path(tempfile.mkdtemp(prefix="cabinet-pg."))
    outer.chmod(0o711)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, outer, ignore_errors=True)
        folder = outer / "server"
        if disk:
            stack.enter_context(drills.small_disk(folder, disk))
        else:
            folder.mkdir()
        yield from _made(folder)


def _made(folder):
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    made = Cluster(folder)
    try:
        made.make()
        yield made
    finally:
        if (made.data / "postmaster.pid").exists():
            made.control("stop", "-m", "immediate")
