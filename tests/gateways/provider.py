"""A provider on loopback: records what it is asked and answers what a test tells it."""

import contextlib
import json
import socket
import struct
import threading
import time
import uuid
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from cabinet.config.acquirers import Shop
from cabinet.domain.money import Money
from cabinet.gateways.base import (
    FiscalItem,
    FiscalReceipt,
    Method,
    Order,
    RefundOrder,
)

KEY = uuid.UUID("6f1e7a5c-0d0b-4a47-9d0e-3f6b0c0d1e2f")
NUMBER = "41-6f1e7a5c0d0b-1"


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    query: dict
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def form(self):
        pairs = parse_qsl(self.body.decode(), keep_blank_values=True)
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)


@dataclass
class Provider:
    """Answers each request with the next of `replies`, bytes or a function of them."""

    replies: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._listen)]
        self._threads[0].start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/api/"

    def close(self):
        self.is_over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _listen(self):
        while not self.is_over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(5)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection):
        with connection, contextlib.suppress(OSError):
            asked = _read(connection)
            if asked is None:
                return
            self.asked.append(asked)
            reply = self.replies.pop(0)
            if callable(reply):
                reply(connection, self.is_over)
            else:
                connection.sendall(reply)
            # The rest of what was asked is read, or closing resets the connection.
            connection.shutdown(socket.SHUT_WR)


def _read(connection):
    head = b""
    while b"\r\n\r\n" not in head:
        part = connection.recv(65536)
        if not part:
            return None
        head += part
    head, _, body = head.partition(b"\r\n\r\n")
    first, *lines = head.decode("ascii").split("\r\n")
    method, target, _ = first.split(" ")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    raw = dict(line.split(": ", 1) for line in lines)
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    parts = urlsplit(target)
    pairs = parse_qsl(parts.query)
    assert len(dict(pairs)) == len(pairs)
    return Asked(method, parts.path, dict(pairs), raw, body)


def answer(values, status=200, **headers):
    """A whole answer in JSON, or of the bytes given."""
    body = values if isinstance(values, bytes) else json.dumps(values).encode()
    kept = {"Content-Type": "application/json", "Content-Length": len(body), **headers}
    lines = "".join(f"{name.replace('_', '-')}: {kept[name]}\r\n" for name in kept)
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + body


def hang(_connection, is_over):
    is_over.wait(10)


def trickle(connection, is_over):
    """A header that grows by a byte, never ending."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while not is_over.wait(0.05):
        connection.sendall(b"x")


def trickle_body(connection, is_over):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{")
    while not is_over.wait(0.05):
        connection.sendall(b" ")


def reset(connection, _is_over):
    """Close at once, with a reset in place of an end."""
    linger = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.close()


def huge(connection, is_over):
    connection.sendall(b'HTTP/1.1 200 OK\r\n\r\n{"a":"')
    for _ in range(64):
        if is_over.is_set():
            return
        connection.sendall(b"a" * 65536)


def truncated(values):
    """Half of an answer, though its length promises the whole."""
    whole = answer(values)
    return whole[: -len(json.dumps(values)) // 2]


#: Answers that tell nothing of whether the call was done; given a good answer.
FAULTS = {
    "500": lambda _good: answer(
        {"type": "error", "code": "internal_server_error"}, 500
    ),
    "502 html": lambda _good: answer(b"<html>Bad Gateway</html>", 502),
    "503": lambda _good: answer(b"", 503),
    "202": lambda _good: answer({"type": "processing", "retry_after": 1800}, 202),
    "204": lambda _good: b"HTTP/1.1 204 No Content\r\n\r\n",
    "redirect": lambda _good: answer({}, 302, Location="http://127.0.0.1:9/"),
    "408": lambda _good: answer({"code": "x", "errorCode": "5"}, 408),
    "409": lambda _good: answer({"code": "x", "errorCode": "5"}, 409),
    "425": lambda _good: answer({"code": "x", "errorCode": "5"}, 425),
    "429": lambda _good: answer({"code": "too_many_requests", "errorCode": "5"}, 429),
    "403 html": lambda _good: answer(b"<html>Forbidden</html>", 403),
    "broken json": lambda good: answer(json.dumps(good).encode()[:-1]),
    "html": lambda _good: answer(b"<html>ok</html>"),
    "empty": lambda _good: answer(b""),
    "not utf-8": lambda _good: answer(b'{"a": "\xff"}'),
    "a list": lambda good: answer([good]),
    "null": lambda _good: answer(b"null"),
    "nothing in it": lambda _good: answer({}),
    "nan": lambda _good: answer(b'{"amount": NaN}'),
    "nested": lambda _good: answer(b'{"a":' * 100_000),
    "a number of a mile": lambda _good: answer(b'{"a":' + b"9" * 10_000 + b"}"),
    "encoded": lambda good: answer(good, Content_Encoding="gzip"),
    "truncated": truncated,
    "no http": lambda _good: b"220 mail.example ESMTP\r\n",
    "closed at once": lambda _good: b"",
    "reset": lambda _good: reset,
    "hang": lambda _good: hang,
    "a byte at a time": lambda _good: trickle,
    "a body a byte at a time": lambda _good: trickle_body,
    "huge": lambda _good: huge,
}


def shop(provider, url, **values):
    known = {
        "yookassa": {"login": "100500", "password": "test_secret-Key"},
        "sberbank": {"login": "energo-api", "password": "p&ss=wörd"},
        "tbank": {"login": "MerchantTerminalKey", "password": "11111111111111"},
    }[provider]
    return Shop(
        name="kursk",
        provider=provider,
        branches=("kursk",),
        base_url=url,
        **{"total_seconds": 5.0, "connect_seconds": 2.0, **known, **values},
    )


def order(**values):
    known = {
        "key": KEY,
        "number": NUMBER,
        "amount": Money(1234_56),
        "description": "Электроэнергия, лицевой счёт 460000123456",
        "return_url": "https://lk.example.ru/pay/6f1e",
        "notice_url": "https://lk.example.ru/webhooks/kursk",
        "metadata": {"payment": "6f1e", "accounts": "460000123456"},
    }
    return Order(**{**known, **values})


def receipt(*sums, vat_code=11, tax_system=1):
    return FiscalReceipt(
        email="anna@example.ru",
        items=tuple(
            FiscalItem(
                description="Электроэнергия, счёт 460000123456",
                amount=Money(kopecks),
                vat_code=vat_code,
            )
            for kopecks in sums
        ),
        tax_system=tax_system,
    )


def refund(provider_id, **values):
    known = {
        "key": KEY,
        "provider_id": provider_id,
        "amount": Money(234_56),
        "payment_amount": Money(1234_56),
        "reason": "Оплачено дважды",
    }
    return RefundOrder(**{**known, **values})


def sbp(**values):
    return order(method=Method.SBP, **values)


def took(act):
    """Return what the act raised and how many seconds it took."""
    starts = time.monotonic()
    try:
        act()
    except Exception as error:  # noqa: BLE001 - the test looks at it
        return error, time.monotonic() - starts
    return None, time.monotonic() - starts
