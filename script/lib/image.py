"""Carry out the steps of a Dockerfile in folders, where no image can be built.

Knows the instructions that deploy/docker/Dockerfile uses, and refuses others. What comes
out is a folder with the last stage in it, which is then started as its image would be.
"""

import json
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

START_SECONDS = 60
NOWHERE = "/"
#: What every image begins with.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: They say something about the image and do nothing.
SAYING = frozenset({"VOLUME", "EXPOSE", "STOPSIGNAL", "LABEL"})


@dataclass
class Stage:
    """A folder that becomes an image, and what its instructions have set so far."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    user: str = "0:0"
    workdir: str = NOWHERE
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def start(
        self, words: list[str], *, is_quiet: bool = False, **more: str
    ) -> subprocess.Popen[bytes]:
        """Start a program in the folder as the image's user."""
        env = {"PATH": PATH} | self.env | more
        inner = f"cd {shlex.quote(self.workdir)} && exec {shlex.join(words)}"
        said = [f"{name}={value}" for name, value in env.items()]
        return subprocess.Popen(
            [
                *("chroot", f"--userspec={self.user}", str(self.folder)),
                *("/usr/bin/env", "-i", *said, "/bin/sh", "-c", inner),
            ],
            stderr=subprocess.DEVNULL if is_quiet else None,
        )

    def run(self, words: list[str], **more: str) -> None:
        """Run a program in the folder to its end; raises CalledProcessError."""
        code = self.start(words, **more).wait()
        if code:
            raise subprocess.CalledProcessError(code, words)


def steps(text: str) -> Iterator[tuple[str, str]]:
    """Yield the instructions, each with what follows it on one line."""
    joined = ""
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            continue
        joined += line.removesuffix("\\")
        if not line.endswith("\\"):
            if joined.strip():
                word, _, rest = joined.strip().partition(" ")
                yield word, rest.strip()
            joined = ""


class Builder:
    """Carries out steps; `stage` is the one they are at."""

    def __init__(self, context: Path, base: Path, place: Path) -> None:
        self._context, self._base, self._place = context, base, place
        self._stages: dict[str, Stage] = {}
        self.stage = Stage(base)

    def build(self, text: str) -> Stage:
        """Carry out every step; return the last stage."""
        for word, rest in steps(text):
            print(f"{word} {rest}"[:100], flush=True)
            if word in SAYING:
                continue
            step = getattr(self, f"_{word.lower()}", None)
            if step is None:
                sys.exit(f"{word} is not known here")
            step(rest)
        return self.stage

    def _from(self, rest: str) -> None:
        _, _, name = rest.partition(" AS ")
        self.stage = Stage(self._place / (name or "image"))
        subprocess.run(["cp", "-a", self._base, self.stage.folder], check=True)
        self._stages[name] = self.stage

    def _run(self, rest: str) -> None:
        with _system(self.stage.folder):
            self.stage.run(["/bin/sh", "-c", rest], DEBIAN_FRONTEND="noninteractive")

    def _copy(self, rest: str) -> None:
        *names, target = shlex.split(rest)
        source = self._context
        if names[0].startswith("--from="):
            source = self._stages[names.pop(0).removeprefix("--from=")].folder
        place = _inside(self.stage, target)
        for name in names:
            found = source / name.lstrip("/")
            if found.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "*.py[cod]")
                keeping = ignored if source == self._context else None
                shutil.copytree(found, place, ignore=keeping, symlinks=True)
            else:
                place.mkdir(parents=True, exist_ok=True)
                shutil.copy2(found, place)

    def _env(self, rest: str) -> None:
        self.stage.env |= dict(one.split("=", 1) for one in shlex.split(rest))

    def _user(self, rest: str) -> None:
        self.stage.user = rest

    def _workdir(self, rest: str) -> None:
        self.stage.workdir = rest
        _inside(self.stage, rest).mkdir(parents=True, exist_ok=True)

    def _entrypoint(self, rest: str) -> None:
        self.stage.entrypoint = json.loads(rest)

    def _cmd(self, rest: str) -> None:
        self.stage.command = json.loads(rest)

    def _healthcheck(self, rest: str) -> None:
        self.stage.health = json.loads(rest[rest.index("CMD ") + 4 :])


def _inside(stage: Stage, path: str) -> Path:
    return stage.folder / (Path(stage.workdir) / path).relative_to("/")


@contextmanager
def _system(folder: Path) -> Iterator[None]:
    subprocess.run(["mount", "-t", "proc", "proc", folder / "proc"], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder / "proc"], check=True)


def prove(stage: Stage) -> None:
    """Start what the image starts, with a secret in a file, until it says it is healthy."""
    secret = _inside(stage, "/run/secrets/secret_key")
    secret.parent.mkdir(parents=True)
    secret.write_text("0123456789abcdefghijklmnopqrstuvwxyz" * 2)
    given = {
        "CABINET_PUBLIC_URL": "https://lk.example.ru",
        "CABINET_SECRET_KEY_FILE": "/run/secrets/secret_key",
    }
    with _system(stage.folder):
        stage.run([*stage.entrypoint, "migrate"], **given)
        began = time.monotonic()
        portal = stage.start([*stage.entrypoint, *stage.command], **given)
        try:
            while stage.start(stage.health, is_quiet=True, **given).wait():
                if (
                    time.monotonic() - began > START_SECONDS
                    or portal.poll() is not None
                ):
                    sys.exit("the image does not get healthy")
                time.sleep(0.5)
            print(f"healthy after {time.monotonic() - began:.1f} s, as {stage.user}")
        finally:
            portal.terminate()
            code = portal.wait(START_SECONDS)
    print(f"stopped with {code}")
    if code:
        sys.exit("it should end by itself when told to")


def compose(stage: Stage, context: Path, base: Path, place: Path) -> None:
    """Start the machines of compose.yaml: Postgres of Debian's beside the image."""
    database = Stage(place / "database")
    subprocess.run(["cp", "-a", base, database.folder], check=True)
    # Nothing is started, and no cluster made, because a package comes.
    policy = database.folder / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    print("compose.yaml: the image, and Debian's Postgres for db", flush=True)
    words = (
        "apt-get -qq update >/dev/null"
        " && apt-get -qq install --no-install-recommends postgresql-15 >/dev/null 2>&1"
    )
    with _system(database.folder):
        database.run(["/bin/sh", "-c", words], DEBIAN_FRONTEND="noninteractive")
    # The home is new, as a volume is that nobody has used.
    home = _inside(stage, "/var/lib/cabinet")
    shutil.rmtree(home)
    user, _, group = stage.user.partition(":")
    subprocess.run(
        ["install", "-d", "-m", "700", "-o", user, "-g", group, home], check=True
    )
    said = place / "image.json"
    told = asdict(stage) | {"folder": str(stage.folder)}
    said.write_text(json.dumps(told), "utf-8")
    file = context / "deploy/docker/compose.yaml"
    apart = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child"]
    program = Path(__file__).with_name("compose.py")
    subprocess.run(
        [*apart, sys.executable, program, file, stage.folder, database.folder, said],
        check=True,
    )


def main() -> None:
    """Build from the context, with the base, in the place: the three arguments."""
    context, base, place = map(Path, sys.argv[1:])
    text = (context / "deploy/docker/Dockerfile").read_text("utf-8")
    stage = Builder(context, base, place).build(text)
    done = subprocess.run(
        ["du", "-sm", base, stage.folder], capture_output=True, text=True, check=True
    )
    before, after = (int(line.split()[0]) for line in done.stdout.splitlines())
    print(f"the image: {after} MB, of which the base {before} MB")
    prove(stage)
    compose(stage, context, base, place)


if __name__ == "__main__":
    main()
