"""An installation as an administrator runs it: `cabinet serve`, `cabinet work`, its customers.

The commands are processes of their own and may be killed, starved of room and given
another time; customers come over HTTP as browsers without JavaScript do.
"""

import contextlib
import os
import re
import resource
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx
import lxml.html

from cabinet.domain.period import Month
from cabinet.models import Session, migrate
from cabinet.models.connection import close_database, open_database
from cabinet.services import sessions
from tests import factories
from tests.bringing import NOW
from tests.ports import free_port

COMMAND = Path(sys.executable).parent / "cabinet"
#: Seconds for a machine that has much else to do.
PATIENCE = 60
#: More than a worker has while it still starts.
THREADS_OF_WORKER = 8
#: What a reading sent in the demo counts for.
MONTH = Month(2026, 11)


def wait_until(is_so, seconds=PATIENCE, pause=0.1):
    """Wait until it is so, and return what it then is."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with contextlib.suppress(httpx.TransportError):
            if found := is_so():
                return found
        time.sleep(pause)
    raise AssertionError(f"not so after {seconds} s: {is_so}")


@contextlib.contextmanager
def small_disk(folder, size):
    """Make the folder a disk of its own."""
    assert os.geteuid() == 0, "only root mounts a small disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
    subprocess.run(mount, check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder):
    """Leave no byte of a disk, whatever else still grows meanwhile."""
    for number, size in enumerate((1024 * 1024, 4096, 512)):
        path = folder / f"ballast.{number}"
        with contextlib.suppress(OSError), path.open("ab", 0) as file:
            while file.write(b"x" * size) == size:
                pass


def empty(folder):
    """Give the room back."""
    for each in folder.glob("ballast.*"):
        each.unlink()


def sign_in(user):
    """Open a session of the user and return its cookie; the database is open."""
    cookie = secrets.token_urlsafe(32)
    Session.create(
        sid_hash=sessions.hash_of(cookie),
        user=user,
        created_at=NOW,
        last_seen_at=NOW,
        expires_at=NOW + timedelta(days=30),
        has_factor=True,
    )
    return cookie


def households(count):
    """Make customers with an account and a meter each; return their cookies."""
    cookies = []
    for number in range(count):
        user = factories.make_customer(f"house{number}@example.org")
        account = factories.make_account(number=f"47{number:010}")
        factories.give_access(user, account)
        meter = factories.make_meter(account)
        factories.make_reading(meter, values=(4000,))
        cookies.append(sign_in(user))
    return cookies


@dataclass
class Installation:
    """The processes of one installation, and what it is told by its environment."""

    home: Path
    database_url: str
    more: dict = field(default_factory=dict)
    workers: int = 2
    port: int = field(default_factory=free_port)
    #: The folder of what they say; beside the home without one.
    log: Path | None = None
    #: More words for `cabinet serve`.
    serve: tuple[str, ...] = ()
    #: Words before each command, made of its name: what watches it from its first moment.
    before: Callable[[str], tuple[str, ...]] = lambda _name: ()

    def __post_init__(self):
        self.origin = f"http://127.0.0.1:{self.port}"
        self._processes = {}
        self.home.mkdir(exist_ok=True)

    @property
    def environ(self):
        kept = {k: v for k, v in os.environ.items() if not k.startswith("CABINET_")}
        return kept | {
            "CABINET_MODE": "demo",
            "CABINET_HOME": str(self.home),
            "CABINET_DATABASE_URL": self.database_url,
            "CABINET_SECRET_KEY": factories.SECRET_KEY,
            "CABINET_PUBLIC_URL": self.origin,
            "CABINET_TRUSTED_PROXIES": "1",
            **self.more,
        }

    def __enter__(self):
        close_database()
        return self

    def __exit__(self, *_):
        for name in list(self._processes):
            self.stop(name)

    def start(self, name, **popen):
        """Start a command, its words going to the log; `work 2` is another `work`."""
        command, *_ = name.split()
        number = str(self.workers)
        serve = ["--port", str(self.port), "--workers", number, *self.serve]
        with self._log(name).open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [
                    *self.before(name),
                    COMMAND,
                    command,
                    *(serve if command == "serve" else []),
                ],
                env=self.environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **popen,
            )
        if command == "serve":
            wait_until(lambda: self.get("/healthz").status_code == 200)
        elif command == "work":
            wait_until(lambda: self._threads(name) >= THREADS_OF_WORKER)

    def stop(self, name):
        process = self._processes.pop(name)
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def is_alive(self, name):
        return self._processes[name].poll() is None

    def let_write(self, *, most=resource.RLIM_INFINITY):
        """Let who answers requests write files so long, 0 for not a byte more."""
        for child in self.family("serve") - {self._processes["serve"].pid}:
            _, hard = resource.prlimit(child, resource.RLIMIT_FSIZE)
            resource.prlimit(child, resource.RLIMIT_FSIZE, (most, hard))

    def signal(self, name, number):
        """Send a signal to a process that was started, and not to its children."""
        self._processes[name].send_signal(number)

    def ended(self, name, seconds):
        """Wait for the end of a process and return its code."""
        code = self._processes[name].wait(seconds)
        del self._processes[name]
        return code

    def family(self, name):
        """Return the numbers of a process and of its children."""
        pid = self._processes[name].pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return {pid, *map(int, children.split())}

    def _threads(self, name):
        """Return how many threads a process has: the worker's begin when it is ready."""
        pid = self._processes[name].pid
        return sum(1 for _ in Path(f"/proc/{pid}/task").iterdir())

    def words(self, name):
        """Return what a process has said."""
        return self._log(name).read_text("utf-8", "replace")

    def _log(self, name):
        return (self.log or self.home.parent) / f"{name}.log"

    def run(self, *words):
        """Run a command to its end; return its code and what it said."""
        done = subprocess.run(
            [COMMAND, *words],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def get(self, path, cookie="", **more):
        return self._ask("GET", path, cookie, **more)

    def readiness(self):
        """Ask as the machine itself does, and not by the name that customers know."""
        return self.get("/readyz", headers={"Host": "localhost"})

    def post(self, path, data, cookie="", **more):
        return self._ask("POST", path, cookie, data=data, **more)

    def _ask(self, method, path, cookie, seconds=30, **more):
        cookies = {"sid": cookie} if cookie else {}
        with httpx.Client(
            base_url=self.origin, cookies=cookies, timeout=seconds, trust_env=False
        ) as browser:
            return browser.request(method, path, **more)

    def form(self, path, form_id, cookie):
        """Return the fields of a form of the page as they are filled."""
        answer = self.get(path, cookie)
        assert answer.status_code == 200, (path, answer.status_code)
        return fields_of(answer, form_id)


def reading(portal, cookie, value="4123", page="/readings"):
    """Return the form of a reading, filled."""
    return {**portal.form(page, "reading-form", cookie), "t1": value}


def payment(portal, cookie, amount="250,00"):
    """Return the form of a payment, filled and looked at twice."""
    form = portal.form("/pay", "pay-form", cookie)
    (name,) = (name for name in form if name.startswith("sum_"))
    return {**form, name: amount, "method": "card", "sure": "1"}


def fields_of(answer, form_id):
    """Return the fields of a form of an answer as they are filled."""
    page = lxml.html.fromstring(answer.text)
    (form,) = page.xpath("//form[@id=$id]", id=form_id)
    return {name: value for name, value in form.form_values() if value is not None}


def heading(answer):
    """Return the first heading of a page."""
    (found,) = lxml.html.fromstring(answer.text).xpath("//h1")
    return bare(found.text_content())


def words_of(answer):
    """Return the words of a page."""
    return bare(lxml.html.fromstring(answer.text).xpath("//main")[0].text_content())


def bare(text):
    return re.sub(r"\s+", " ", text.replace("\u00a0", " ")).strip()


def installed(home, url, houses, **more):
    """Return an installation on the open database: prices and households, none started.

    What else is given stands in its environment.
    """
    factories.make_rates()
    factories.make_ranges()
    made = Installation(home, url, more=more)
    made.cookies = households(houses)
    return made


@contextlib.contextmanager
def on_server(server, home, houses, **more):
    """Let portal and worker run on a server of Postgres of their own."""
    open_database(server.url)
    migrate.migrate()
    with installed(home, server.url, houses, **more) as made:
        made.start("serve")
        made.start("work")
        yield made
