"""Start the machines of deploy/docker/compose.yaml in folders, where there is no Docker.

Runs in a network and with mounts of its own. The portal's machines are the folder that
image.py has built: its root only read, no capability, no new rights, secrets as files,
Postgres by name over TCP. Caddy is left to the tests of its file. What is not the same:
all machines share one network, and the limits of Docker's own are not there.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

PATIENCE = 90
#: Where Debian's Postgres has its programs and its data.
BINARIES, DATA = "/usr/lib/postgresql/15/bin", "/var/lib/postgresql/data"
LISTEN = "--listen_addresses=127.0.0.1"
SETTINGS = {"CABINET_PUBLIC_URL": "https://lk.example.ru"}


def main() -> None:
    """Take the file, the folders of image and database, and what the image says of itself."""
    file, image, base, said = map(Path, sys.argv[1:])
    composed = yaml.safe_load(file.read_text("utf-8"))
    secrets = make_secrets(file, base.parent)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    database = Database(base, composed["services"]["db"], secrets)
    portal = Portal(image, json.loads(said.read_text("utf-8")), secrets)
    database.start()
    try:
        prove(portal, composed["services"], database)
    finally:
        database.stop()


def make_secrets(file: Path, place: Path) -> Path:
    """Make the secrets by the lines at the head of the file; return their folder."""
    lines = re.findall(r"^#   (.+)$", file.read_text("utf-8"), re.MULTILINE)
    before = [line for line in lines if not line.startswith("docker")]
    tell("\n".join(before))
    subprocess.run(["sh", "-ec", "\n".join(before)], cwd=place, check=True)
    return place / "secrets"


class Database:
    """The machine `db`: Debian's Postgres in place of the image of the same version."""

    def __init__(self, folder: Path, service: Mapping[str, Any], secrets: Path) -> None:
        self._folder, self._service = folder, service
        self._said = service["environment"]
        mount_system(folder)
        give(folder, secrets, service["secrets"])
        self.run("install", "-d", "-m", "700", "-o", "postgres", DATA)
        self.run(
            "install", "-d", "-o", "postgres", "/var/run/postgresql", "/run/secrets"
        )
        self.run("chown", "postgres", self._said["POSTGRES_PASSWORD_FILE"])
        self._server: subprocess.Popen[bytes] | None = None

    def run(self, *words: str, whom: str = "root") -> str:
        """Run a program on the machine; return what it says, raise CalledProcessError."""
        done = subprocess.run(
            self._words(whom, words), stdout=subprocess.PIPE, text=True, check=True
        )
        return done.stdout.strip()

    def start(self) -> None:
        """Do what the image does at its first start, and wait until it is healthy."""
        user, name = self._said["POSTGRES_USER"], self._said["POSTGRES_DB"]
        self.run(
            *(f"{BINARIES}/initdb", "-D", DATA, f"--username={user}"),
            f"--pwfile={self._said['POSTGRES_PASSWORD_FILE']}",
            *("--auth-host=scram-sha-256", "--auth-local=trust"),
            *shlex.split(self._said["POSTGRES_INITDB_ARGS"]),
            whom="postgres",
        )
        self._server = subprocess.Popen(
            self._words("postgres", [f"{BINARIES}/postgres", "-D", DATA, LISTEN]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait(lambda: not self._ask(["pg_isready"]))
        self.run("createdb", "-U", user, name, whom="postgres")
        # Which of its own words tells that it is well: the program and what follows.
        wait(lambda: not self._ask(self._service["healthcheck"]["test"][1:]))
        tell(f"db: healthy, {self.tell('SHOW server_version')}")

    def tell(self, statement: str) -> str:
        """Return the one value of a statement."""
        user, name = self._said["POSTGRES_USER"], self._said["POSTGRES_DB"]
        return self.run("psql", "-XAtU", user, "-c", statement, name, whom="postgres")

    def stop(self) -> None:
        """Stop the server."""
        if self._server:
            self.run(f"{BINARIES}/pg_ctl", "stop", "-sD", DATA, whom="postgres")
            self._server.wait(PATIENCE)

    def _ask(self, words: list[str]) -> int:
        silent = subprocess.DEVNULL
        return subprocess.run(
            self._words("postgres", words), stdout=silent, stderr=silent, check=False
        ).returncode

    def _words(self, whom: str, words: Any) -> list[str]:
        return ["chroot", str(self._folder), "runuser", "-u", whom, "--", *words]


class Portal:
    """The image, started as the file says of each of its machines."""

    def __init__(self, folder: Path, said: Mapping[str, Any], secrets: Path) -> None:
        self._folder, self._said = folder, said
        # Names that Docker's own resolver knows.
        (folder / "etc/hosts").write_text("127.0.0.1 localhost db serve\n", "utf-8")
        give(folder, secrets, ["secret_key", "database_url"])

    def lock(self, service: Mapping[str, Any]) -> None:
        """Leave nothing of the folder to be written but what the file leaves."""
        assert service["read_only"] is True
        home = self._folder.parent / "home"
        there = self._folder / "var/lib/cabinet"
        subprocess.run(["cp", "-a", there, home], check=True)
        settings = self._folder / "etc/cabinet/cabinet.env"
        settings.parent.mkdir(exist_ok=True)
        lines = (f"{name}={value}\n" for name, value in SETTINGS.items())
        settings.write_text("".join(lines), "utf-8")
        settings.chmod(0o600)
        os.chown(settings, 10001, 10001)
        subprocess.run(["mount", "--bind", self._folder, self._folder], check=True)
        options = "remount,bind,ro"
        subprocess.run(["mount", "-o", options, self._folder], check=True)
        mount_system(self._folder)
        for place in service["tmpfs"]:
            target = self._folder / place.lstrip("/")
            subprocess.run(["mount", "-t", "tmpfs", "tmpfs", target], check=True)
        kept, bound = service["volumes"]
        assert kept == "home:/var/lib/cabinet"
        assert bound["source"] == "./cabinet.env"
        assert bound["target"] == f"/{settings.relative_to(self._folder)}"
        subprocess.run(["mount", "--bind", home, there], check=True)

    def start(
        self, service: Mapping[str, Any], words: list[str], *, is_quiet: bool = False
    ) -> subprocess.Popen[bytes]:
        """Start a program of the machine."""
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        user, _, group = self._said["user"].partition(":")
        environ = self._said["env"] | service["environment"]
        inner = f"cd {self._said['workdir']} && exec {shlex.join(words)}"
        return subprocess.Popen(
            [
                *("chroot", str(self._folder), "/usr/bin/env", "-i"),
                *(f"{name}={value}" for name, value in environ.items()),
                *("/usr/bin/setpriv", f"--reuid={user}", f"--regid={group}"),
                *("--clear-groups", "--bounding-set=-all", "--inh-caps=-all"),
                *("--no-new-privs", "/bin/sh", "-c", inner),
            ],
            stdout=subprocess.DEVNULL if is_quiet else None,
            stderr=subprocess.DEVNULL if is_quiet else None,
        )

    def run(self, service: Mapping[str, Any], *words: str) -> None:
        """Run a command of the portal to its end; ends everything where it fails."""
        code = self.start(service, [*self._said["entrypoint"], *words]).wait()
        tell(f"{shlex.join(words)}: ended with {code}")
        if code:
            sys.exit("it should end with 0")

    def is_healthy(self, service: Mapping[str, Any]) -> bool:
        """Tell whether the image's own check is content."""
        return not self.start(service, self._said["health"], is_quiet=True).wait()

    def command(self, service: Mapping[str, Any]) -> list[str]:
        """Return what the machine runs."""
        return [*self._said["entrypoint"], *service["command"]]


def prove(portal: Portal, services: Mapping[str, Any], database: Database) -> None:
    """Migrate, serve and work as the file says, look at what they do, and stop them."""
    serve, work = services["serve"], services["work"]
    portal.lock(serve)
    refused = portal.start(serve, ["touch", "/opt/cabinet/x"], is_quiet=True).wait()
    tell(f"a file beside the program: {'refused' if refused else 'written'}")
    assert refused
    portal.run(services["migrate"], *services["migrate"]["command"])
    began = time.monotonic()
    running = {
        name: portal.start(services[name], portal.command(services[name]))
        for name in ("serve", "work")
    }
    try:
        wait(lambda: portal.is_healthy(serve), running)
        tell(f"serve: healthy after {time.monotonic() - began:.1f} s")
        wait(lambda: database.tell("SELECT count(*) > 2 FROM beat") == "t", running)
        tell("work: its parts say in Postgres that they live")
        portal.run(work, "documents", "load")
        portal.run(work, "backup", "--to", "/var/lib/cabinet/backups")
        portal.run(work, "ledger", "check")
    finally:
        for process in running.values():
            process.terminate()
        codes = {name: one.wait(PATIENCE) for name, one in running.items()}
    tell(f"stopped with {codes}")
    if any(codes.values()):
        sys.exit("they should end by themselves when told to")


def mount_system(folder: Path) -> None:
    """Give the folder what every container has."""
    subprocess.run(["mount", "-t", "proc", "proc", folder / "proc"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder / "dev/shm"], check=True)


def give(folder: Path, secrets: Path, names: list[str]) -> None:
    """Put the secrets where the machine reads them, with the owner their lines gave."""
    there = folder / "run/secrets"
    there.mkdir(parents=True, exist_ok=True)
    for name in names:
        subprocess.run(["cp", "-a", secrets / name, there / name], check=True)


def wait(
    is_so: Callable[[], bool],
    running: Mapping[str, subprocess.Popen[bytes]] = MappingProxyType({}),
) -> None:
    """Wait until it is so; ends everything where it takes too long or one has ended."""
    until = time.monotonic() + PATIENCE
    while not is_so():
        ended = [name for name, one in running.items() if one.poll() is not None]
        if ended or time.monotonic() > until:
            sys.exit(f"it does not get so far; ended: {ended}")
        time.sleep(0.5)


def tell(words: str) -> None:
    """Say it now, between what the programs say."""
    print(words, flush=True)


if __name__ == "__main__":
    main()
