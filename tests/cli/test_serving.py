"""`cabinet serve` as it runs: two workers, their figures, their log, their limits."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from prometheus_client import parser

from cabinet.cli.server import MOST_HEADER, MOST_HEADERS, MOST_LINE, THREADS
from tests.ports import free_port

#: Seconds for a machine that has much else to do.
PATIENCE = 60
SLOW = 2


class Serving:
    """The command at work, with what it logs."""

    def __init__(self, home, **environ):
        self.port = free_port()
        self.home = home
        self.log = home / "log"
        kept = {k: v for k, v in os.environ.items() if not k.startswith("CABINET_")}
        self.environ = kept | {
            "CABINET_MODE": "demo",
            "CABINET_HOME": str(home),
            **environ,
        }
        self._run("migrate").wait()
        with self.log.open("wb") as log:
            self.process = self._run("serve", "--port", str(self.port), stderr=log)
        self._wait(lambda: self.get("/healthz").status_code == 200)

    def _run(self, *words, **options):
        code = (
            f"from cabinet.cli import main, patience; patience.BEGIN_SECONDS = {SLOW};"
            "main()"
        )
        return subprocess.Popen(
            [sys.executable, "-c", code, *words],
            env=self.environ,
            stdout=subprocess.DEVNULL,
            **options,
        )

    def _wait(self, is_done):
        until = time.monotonic() + PATIENCE
        while True:
            with suppress(httpx.HTTPError):
                if is_done():
                    return
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.1)

    def get(self, path, **headers):
        """Ask by a connection of its own: any worker may have it."""
        url = f"http://127.0.0.1:{self.port}{path}"
        return httpx.get(url, headers=headers, trust_env=False, timeout=PATIENCE)

    def workers(self):
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return {int(pid) for pid in children.read_text().split()}

    def kill_one(self):
        """Kill a worker amid its work and wait for the one in its place."""
        before = self.workers()
        killed = min(before)
        os.kill(killed, signal.SIGKILL)
        self._wait(lambda: len(self.workers() - {killed}) == len(before))

    def counted(self):
        """Return the answers so far by endpoint."""
        found = {}
        text = self.get("/metrics").text
        for family in parser.text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == "cabinet_request_seconds_count":
                    name = sample.labels["endpoint"]
                    found[name] = found.get(name, 0) + sample.value
        return found

    def say(self, *pieces, pause=0.0):
        """Send bytes as they are and return what is answered, until the end."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as line:
            with suppress(OSError):
                for piece in pieces:
                    line.sendall(piece)
                    time.sleep(pause)
            answer = b""
            with suppress(ConnectionResetError):
                while came := line.recv(65536):
                    answer += came
        return answer


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    made = Serving(tmp_path_factory.mktemp("serving"), CABINET_LOG="json")
    yield made
    made.process.terminate()
    try:
        assert made.process.wait(PATIENCE) == 0
    finally:
        made.process.kill()


def test_the_figures_of_all_workers_add_up_and_outlive_them(serving):
    begun = serving.counted().get("health.ready", 0)
    for _ in range(30):
        assert serving.get("/readyz").status_code == 200
    assert {serving.counted()["health.ready"] for _ in range(8)} == {begun + 30}
    files = set((serving.home / "metrics").glob("*.db"))
    assert len(files) == 2  # both had some
    for _ in range(3):
        serving.kill_one()
        for _ in range(10):
            assert serving.get("/readyz").status_code == 200
        begun += 10
        assert {serving.counted()["health.ready"] for _ in range(8)} == {begun + 30}
    # A worker that comes goes on where the one before it was killed.
    assert set((serving.home / "metrics").glob("*.db")) == files


def test_whoever_did_not_come_from_here_is_told_nothing(serving):
    assert serving.get("/metrics", **{"X-Forwarded-For": "1.2.3.4"}).status_code == 404


def line(path="/healthz", headers=()):
    told = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{told}\r\n".encode()


CLOSE = ("Connection", "close")
FEW = [(f"X-{number}", "1") for number in range(MOST_HEADERS - 2)]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (line(headers=[CLOSE]), 200),
        (line("/healthz?" + "x" * (MOST_LINE - 40), [CLOSE]), 200),
        (line("/healthz?" + "x" * MOST_LINE), 414),
        (line(headers=[*FEW, CLOSE]), 200),
        (line(headers=[*FEW, CLOSE, ("X-More", "1")]), 431),
        (line(headers=[("X-Long", "x" * (MOST_HEADER - 40)), CLOSE]), 200),
        (line(headers=[("X-Long", "x" * MOST_HEADER)]), 431),
        (
            line(headers=[("Transfer-Encoding", "chunked"), ("Content-Length", "4")]),
            400,
        ),
        (b"GET /password/secret-460000000017 HTTP/9.9\r\n\r\n", 400),
    ],
)
def test_lines_and_headers_have_an_end(serving, request_, status):
    answer = serving.say(request_)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:200]


def body(length, *headers, path="/login"):
    kind = ("Content-Type", "application/x-www-form-urlencoded")
    told = [kind, ("Content-Length", length), CLOSE, *headers]
    return line(path, told).replace(b"GET", b"POST", 1)


def test_a_long_body_is_refused_before_it_is_read(serving):
    begun = time.monotonic()
    # Only the head is sent: whoever waited for thirteen megabytes would never answer.
    answer = serving.say(body(13 * 1024 * 1024))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert time.monotonic() - begun < SLOW + PATIENCE / 4
    # And the CSP reports of browsers, which anybody sends, are shorter still.
    assert serving.say(body(9 * 1024, path="/csp-report")).startswith(b"HTTP/1.1 413 ")


def test_who_does_not_send_the_body_is_given_up(serving):
    answer = serving.say(body(1000) + b"login=")
    assert not answer or answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.long
def test_who_speaks_a_letter_at_a_time_is_given_up(serving):
    """More of them than there are threads; they would hold the portal for ever."""
    slow = []
    for _ in range(3 * THREADS):
        slow.append(socket.create_connection(("127.0.0.1", serving.port), PATIENCE))
        slow[-1].sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
    begun = time.monotonic()
    while any(not _is_over(each) for each in slow):
        assert time.monotonic() - begun < PATIENCE
        time.sleep(0.1)
    assert time.monotonic() - begun > SLOW / 2
    for each in slow:
        each.close()
    assert serving.get("/healthz").status_code == 200


def _is_over(connection):
    """Send another letter; tell whether the other side has given up."""
    try:
        connection.sendall(b"X")
        connection.setblocking(False)
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


@pytest.mark.long
def test_a_steady_body_is_heard_however_long_it_takes(serving):
    """Twice as long as a silent one has, at a pace that a slow line has."""
    size, count = 16 * 1024, 2 * SLOW
    pieces = [b"login=" + b"x" * (size - 6), *[b"x" * size] * (count - 1)]
    answer = serving.say(body(size * count), *pieces, pause=1)
    # There is no token in it; that it was read is what matters.
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert "Страница устарела".encode() in answer


def test_who_does_not_part_holds_nobody(serving):
    """They are answered and stay; once each held a whole process for fifteen seconds."""
    staying = []
    for _ in range(10):
        staying.append(socket.create_connection(("127.0.0.1", serving.port), PATIENCE))
        staying[-1].sendall(line(headers=[CLOSE]))
    for each in staying:
        assert each.recv(12) == b"HTTP/1.1 200"
    begun = time.monotonic()
    for _ in range(10):
        assert serving.get("/healthz").status_code == 200
    assert time.monotonic() - begun < SLOW
    for each in staying:
        each.close()


def test_every_line_of_the_log_is_an_object_without_anybody(serving):
    for path in ("/password/secret-460000000017", "/healthz", "/metrics"):
        serving.get(path)
    serving.say(b"GET /password/secret-460000000017 HTTP/9.9\r\n\r\n")
    text = serving.log.read_text()
    lines = [json.loads(each) for each in text.splitlines()]
    requests = [each for each in lines if each["logger"] == "cabinet.requests"]
    assert {each["endpoint"] for each in requests} >= {"health.alive", "health.figures"}
    assert all(re.fullmatch(r"[0-9a-f]{16}", each["request"]) for each in requests)
    server = {each["message"] for each in lines if each["logger"] == "gunicorn.error"}
    assert "a request that cannot be read was refused" in server
    for known in ("secret", "460000000017", "127.0.0.1", "/password", "/readyz"):
        assert known not in text, known


def test_both_signals_at_once_stop_it_without_a_word(tmp_path):
    """A terminal sends one to all, and the script that has started it the other."""
    own = Serving(tmp_path)
    own.process.send_signal(signal.SIGSTOP)
    own.process.send_signal(signal.SIGTERM)
    own.process.send_signal(signal.SIGINT)
    own.process.send_signal(signal.SIGCONT)
    assert own.process.wait(PATIENCE) == 0
    assert "Traceback" not in own.log.read_text()
