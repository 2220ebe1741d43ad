"""A Postgres server of a test's own, which it may stop, starve and kill."""

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

#: Where Debian and others keep the programs that are on nobody's path.
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


class Cluster:
    """A server in a folder, reached by a socket there."""

    def __init__(self, folder):
        self.folder = folder
        self.data = folder / "data"
        self.url = f"postgresql://cabinet@/cabinet?host={folder}"

    def make(self):
        options = ("-U", "cabinet", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        self._run("initdb", "--no-sync", "-D", self.data, *options)
        settings = [
            "listen_addresses = ''",
            f"unix_socket_directories = '{self.folder}'",
            "max_wal_size = 32MB",
            "min_wal_size = 32MB",
            "shared_buffers = 16MB",
        ]
        with (self.data / "postgresql.auto.conf").open("a") as file:
            file.write("\n".join(settings) + "\n")
        self.control("start")
        self._run("createdb", "-h", self.folder, "-U", "cabinet", "cabinet")

    def control(self, *words):
        """Run `pg_ctl` and wait until it has done what it was told."""
        log = self.folder / "log"
        self._run("pg_ctl", "-s", "-w", "-D", self.data, "-l", log, *words)

    def _run(self, program, *words):
        # The server refuses to run as root.
        as_whom = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        done = subprocess.run(
            [*as_whom, BINARIES[-1].with_name(program), *words],
            cwd="/",
            # A daemon keeps what it is given, and would hold a pipe for ever.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, (program, *words)


@contextmanager
def cluster():
    """Make a server, and leave nothing of it."""
    folder = Path(tempfile.mkdtemp(prefix="cabinet-pg."))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    made = Cluster(folder)
    try:
        made.make()
        yield made
    finally:
        if (made.data / "postmaster.pid").exists():
            made.control("stop", "-m", "immediate")
        shutil.rmtree(folder, ignore_errors=True)
