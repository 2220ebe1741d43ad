"""The practice bank as a process of its own, a shop that takes its notices, a client."""

import contextlib
import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from base64 import b64encode
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from cabinet.emulator.shops import MERCHANTS
from tests.ports import free_port

TOKEN = "a-token-of-the-tests"
YOOKASSA, SBERBANK, TBANK = (
    next(one for one in MERCHANTS if one.provider == name)
    for name in ("yookassa", "sberbank", "tbank")
)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay)


def fetch(url, body=None, headers=None, method=None, timeout=20):
    """Send a request and return the answer whatever its status; redirects stay."""
    asked = urllib.request.Request(url, body, headers or {}, method=method)
    try:
        with OPENER.open(asked, timeout=timeout) as answer:
            return Answer(answer.status, dict(answer.headers), answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, dict(error.headers), error.read())


class Bank:
    """The running process and the calls of each interface."""

    def __init__(self, home, *options):
        self.home = Path(home)
        self.options = options
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [
                str(Path(sys.executable).parent / "cabinet"),
                "emulator",
                "--port",
                str(self.port),
                *self.options,
            ],
            env={
                **os.environ,
                "CABINET_MODE": "demo",
                "CABINET_HOME": str(self.home),
                "CABINET_EMULATOR_TOKEN": TOKEN,
            },
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        line = self.process.stdout.readline()
        assert f"listening on {self.url}" in line, line
        for _ in range(200):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            time.sleep(0.05)
        raise AssertionError("the practice bank has not started")

    def kill(self):
        """End the whole group at once, as a power cut does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        self.process.stdout.close()

    def stop(self):
        self.process.terminate()
        code = self.process.wait(30)
        rest = self.process.stdout.read()
        self.process.stdout.close()
        return code, rest

    # YooKassa

    def yookassa(self, path, body=None, key=None, auth=None, raw=None):
        login, password = auth or (YOOKASSA.login, YOOKASSA.password)
        pair = b64encode(f"{login}:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {pair}"}
        data = raw
        if body is not None:
            data = json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        if key is not None:
            headers["Idempotence-Key"] = key
        return fetch(f"{self.url}/yookassa/v3/{path}", data, headers)

    # Sberbank

    def sberbank(self, path, **form):
        form = {"userName": SBERBANK.login, "password": SBERBANK.password, **form}
        data = urlencode(form).encode()
        answer = fetch(f"{self.url}/sberbank/payment/rest/{path}", data)
        assert answer.status == 200
        return answer.json

    # T-Bank

    def tbank(self, path, **values):
        body = {"TerminalKey": TBANK.login, **values}
        body.setdefault("Token", token(body, TBANK.password))
        answer = fetch(
            f"{self.url}/tbank/v2/{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        assert answer.status == 200
        return answer.json

    # The tests' own addresses

    def control(self, path, body=None, *, token=TOKEN, method=None):
        headers = {"X-Emulator-Token": token, "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        return fetch(f"{self.url}/emulator/{path}", data, headers, method)

    def state(self):
        return self.control("state").json

    def plant(self, **fault):
        answer = self.control("faults", fault)
        assert answer.status == 200, answer.body

    def pay(self, payment_id, card, code=None):
        asked = {"card": card} if code is None else {"card": card, "code": code}
        answer = self.control(f"pay/{payment_id}", asked)
        assert answer.status == 200, answer.body
        return answer.json

    def submit(self, path, **form):
        """Post a page's form as a browser without JavaScript does."""
        return fetch(f"{self.url}{path}", urlencode(form).encode())


def token(values, password):
    """T-Bank's token, counted anew by the documentation."""
    told = {"Password": password}
    for key, value in values.items():
        if key == "Token" or isinstance(value, dict | list):
            continue
        told[key] = (
            {True: "true", False: "false"}.get(value, str(value))
            if isinstance(value, bool)
            else str(value)
        )
    return hashlib.sha256("".join(told[k] for k in sorted(told)).encode()).hexdigest()


def checksum(found, secret):
    """Sberbank's checksum, counted anew by the documentation."""
    text = "".join(f"{k};{found[k]};" for k in sorted(found) if k != "checksum")
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest().upper()


@dataclass(frozen=True)
class Told:
    """A notice as it came to the shop."""

    method: str
    path: str
    query: dict
    headers: dict
    body: bytes
    at: float

    @property
    def json(self):
        return json.loads(self.body)


@dataclass
class Shop:
    """Takes notices on loopback and answers with the next of `replies`, or well."""

    told: list = field(default_factory=list)
    replies: list = field(default_factory=list)

    def __post_init__(self):
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(size)
                parts = urlsplit(self.path)
                shop.told.append(
                    Told(
                        self.command,
                        parts.path,
                        dict(parse_qsl(parts.query)),
                        dict(self.headers),
                        body,
                        time.monotonic(),
                    )
                )
                status, words = shop.replies.pop(0) if shop.replies else (200, b"OK")
                self.send_response(status)
                self.send_header("Content-Length", str(len(words)))
                self.end_headers()
                self.wfile.write(words)

            do_POST = do_GET  # noqa: N815 - the library's own name

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def wait(self, count, seconds=10.0):
        """Return the notices once there are so many of them."""
        until = time.monotonic() + seconds
        while len(self.told) < count:
            assert time.monotonic() < until, [one.path for one in self.told]
            time.sleep(0.02)
        return list(self.told)

    def quiet(self, seconds=1.0):
        """Tell that no more notices come."""
        count = len(self.told)
        time.sleep(seconds)
        return len(self.told) == count


def until(ask, seconds=10.0):
    """Ask again until the answer is true; return it."""
    end = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < end, "not in time"
        time.sleep(0.05)
    return found
