"""One call to a provider: bounded in time and size, and never told twice of secrets.

Each call has a connection and a thread of its own. httpx bounds each wait and not their
sum, and a name may be looked up for longer than any of them; a caller that waits for a
thread is back in time whatever the provider sends. The thread ends soon after: its
connection is shut under it.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from cabinet.config.acquirers import Shop
from cabinet.gateways.base import UnclearError

MOST_BYTES = 1024 * 1024

#: Not done now, perhaps later: says nothing of whether it was done.
AGAIN = frozenset(
    {
        httpx.codes.REQUEST_TIMEOUT,
        httpx.codes.CONFLICT,
        httpx.codes.TOO_EARLY,
        httpx.codes.TOO_MANY_REQUESTS,
    }
)

HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": "cabinet",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: 200 or a status by which the provider refuses."""

    status: int
    body: bytes

    @property
    def is_refusal(self) -> bool:
        """Tell whether the provider understood and did not do it."""
        return self.status >= httpx.codes.BAD_REQUEST


class BadAnswerError(ValueError):
    """An answer that cannot be taken as it is, by its size, status or encoding."""


class Transport:
    """The way to one provider; holds no connection, so it may cross a fork."""

    def __init__(self, shop: Shop) -> None:
        self._base_url = shop.base_url
        self._total = shop.total_seconds
        self._timeout = httpx.Timeout(
            shop.total_seconds, connect=min(shop.connect_seconds, shop.total_seconds)
        )
        self._tls = _tls(shop)

    def until(self) -> float:
        """Return the moment, of the monotonic clock, by which an act must end."""
        return time.monotonic() + self._total

    def get(
        self,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> Answer:
        """Ask; raises UnclearError for all but 200 and a refusal."""
        return self._send("GET", path, query=query, auth=auth)

    def post_json(
        self,
        path: str,
        body: Mapping[str, object],
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        until: float | None = None,
    ) -> Answer:
        """Send JSON; raises UnclearError for all but 200 and a refusal."""
        return self._send(
            "POST", path, json=body, headers=headers, auth=auth, until=until
        )

    def post_form(self, path: str, form: Mapping[str, str]) -> Answer:
        """Send a form; raises UnclearError for all but 200 and a refusal."""
        return self._send("POST", path, form=form)

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: Mapping[str, object] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        until: float | None = None,
    ) -> Answer:
        call = _Call()
        request = httpx.Request(
            method,
            httpx.URL(self._base_url + path),
            params=query,
            json=json,
            data=form,
            headers={**HEADERS, **(headers or {})},
            extensions={"trace": call.trace, "timeout": self._timeout.as_dict()},
        )
        deadline = self.until() if until is None else until
        return call.make(self._client(), request, auth, deadline)

    def _client(self) -> httpx.Client:
        # A client for each call: no cookie and no connection outlives it. The
        # environment's proxies and .netrc are not read.
        return httpx.Client(
            verify=self._tls,
            timeout=self._timeout,
            trust_env=False,
            follow_redirects=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )


class _Call:
    """A call in a thread, and the socket to shut when nobody waits for it."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._is_over = False
        self._answer: Answer | None = None
        self._error: Exception | None = None

    def trace(self, event: str, info: Mapping[str, object]) -> None:
        """Keep the connection, as httpcore tells of each of its steps."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            stream = info["return_value"]
            self._socket = stream.get_extra_info("socket")  # type: ignore[attr-defined]
        if self._is_over:
            raise TimeoutError("nobody waits for the answer")

    def make(
        self,
        client: httpx.Client,
        request: httpx.Request,
        auth: tuple[str, str] | None,
        until: float,
    ) -> Answer:
        """Return the answer; raises UnclearError, its cause telling why."""
        thread = threading.Thread(
            target=self._run, args=(client, request, auth), daemon=True
        )
        thread.start()
        thread.join(max(0.0, until - time.monotonic()))
        if thread.is_alive():
            self._abandon()
            raise UnclearError("no answer in time") from TimeoutError("in all")
        if self._answer is None:
            raise UnclearError("no answer") from self._error
        return self._answer

    def _run(
        self,
        client: httpx.Client,
        request: httpx.Request,
        auth: tuple[str, str] | None,
    ) -> None:
        try:
            with client:
                response = client.send(request, auth=auth, stream=True)
                with contextlib.closing(response):
                    self._answer = Answer(_status(response), _body(response))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            self._error = error

    def _abandon(self) -> None:
        self._is_over = True
        if self._socket is not None:
            # The plain shutdown: the one of a TLS socket takes its state away from
            # under the thread that reads.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _tls(shop: Shop) -> ssl.SSLContext:
    if shop.certificates is not None:
        # Given roots stand in place of the public ones, not beside them.
        return ssl.create_default_context(cafile=str(shop.certificates))
    if shop.base_url.startswith("https://"):
        return httpx.create_ssl_context(trust_env=False)
    # An emulator's address: this context trusts nobody, and reads no roots to do so.
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _status(response: httpx.Response) -> int:
    status = response.status_code
    is_refusal = httpx.codes.is_client_error(status) and status not in AGAIN
    if status != httpx.codes.OK and not is_refusal:
        raise BadAnswerError(f"status {status}")
    return status


def _body(response: httpx.Response) -> bytes:
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding != "identity":
        raise BadAnswerError("encoded, though not asked to be")
    body = bytearray()
    for part in response.iter_raw():
        body += part
        if len(body) > MOST_BYTES:
            raise BadAnswerError("too long")
    return bytes(body)
