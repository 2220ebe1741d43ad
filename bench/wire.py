"""Requests over raw connections: little of the machine goes to who asks."""

import asyncio
import gzip
from collections.abc import Mapping
from dataclasses import dataclass

#: Seconds a connection may rest and be used again: the server closes it after five, and
#: what was sent in that moment would be lost.
REST = 3.0
#: Seconds after which whoever waits for an answer gives up.
PATIENCE = 30.0


class LostError(Exception):
    """The connection ended before the answer did, or nothing came at all."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: headers by their names in small letters, the body unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """Return the body as text."""
        return self.body.decode("utf-8", "replace")


class Connection:
    """A client's connection, opened when it is needed and again when it was closed."""

    def __init__(self, host: str, port: int) -> None:
        self._where = (host, port)
        self._host = f"{host}:{port}"
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._rests_since = 0.0

    async def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes = b"",
    ) -> Answer:
        """Send a request and read its answer; raises LostError."""
        head = {"Host": self._host, "Accept-Encoding": "gzip", **headers}
        if method == "POST":
            head["Content-Length"] = str(len(body))
        lines = [f"{method} {path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in head.items()]
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._ask("\r\n".join([*lines, "", ""]).encode() + body)
        except (OSError, EOFError, TimeoutError) as error:
            self.close()
            raise LostError(type(error).__name__) from error

    async def _ask(self, sent: bytes) -> Answer:
        reader, writer = await self._open()
        writer.write(sent)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines if line)
        }
        body = await _body(reader, headers)
        self._rests_since = asyncio.get_running_loop().time()
        if headers.get("connection", "").lower() == "close":
            self.close()
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        return Answer(int(first.split()[1]), headers, body)

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        now = asyncio.get_running_loop().time()
        if self._reader is not None and (
            self._reader.at_eof() or now - self._rests_since > REST
        ):
            self.close()
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(*self._where)
        return self._reader, self._writer

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    if headers.get("transfer-encoding") != "chunked":
        return b""
    parts = []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(parts)
