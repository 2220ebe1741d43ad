"""Files in the database, cut into chunks."""

import hashlib
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import BinaryIO, Protocol

from peewee import fn

from cabinet.models import FileChunk, StoredFile

CHUNK = 256 * 1024
KEPT = timedelta(days=365)


class Content(Protocol):
    """Bytes that were made safe to keep, and what they are."""

    @property
    def body(self) -> bytes:
        """Return the bytes."""

    @property
    def media_type(self) -> str:
        """Return the type a browser is told."""

    @property
    def sha256(self) -> str:
        """Return the hash of the bytes."""


def store(
    content: Content,
    *,
    purpose: str,
    owner_id: int | None = None,
    name: str = "",
    is_lasting: bool = False,
    now: datetime,
) -> StoredFile:
    """Keep the file inside the open transaction, for a year unless it is lasting."""
    file = StoredFile.create(
        public_id=uuid.uuid4(),
        purpose=purpose,
        name=name,
        media_type=content.media_type,
        size=len(content.body),
        sha256=content.sha256,
        owner=owner_id,
        created_at=now,
        expires_at=None if is_lasting else now + KEPT,
    )
    FileChunk.insert_many(
        {
            "file": file.id,
            "number": number,
            "body": content.body[start : start + CHUNK],
        }
        for number, start in enumerate(range(0, len(content.body), CHUNK))
    ).execute()
    return file


def store_stream(
    body: BinaryIO,
    *,
    media_type: str,
    purpose: str,
    owner_id: int | None,
    name: str,
    expires_at: datetime,
    now: datetime,
) -> StoredFile:
    """Keep a file of any size inside the open transaction, a piece in memory at a time."""
    body.seek(0)
    digest, size = hashlib.sha256(), 0
    for piece in iter(partial(body.read, CHUNK), b""):
        digest.update(piece)
        size += len(piece)
    file = StoredFile.create(
        public_id=uuid.uuid4(),
        purpose=purpose,
        name=name,
        media_type=media_type,
        size=size,
        sha256=digest.hexdigest(),
        owner=owner_id,
        created_at=now,
        expires_at=expires_at,
    )
    body.seek(0)
    for number, piece in enumerate(iter(partial(body.read, CHUNK), b"")):
        FileChunk.insert(file=file.id, number=number, body=piece).execute()
    return file


def full_until(owner_id: int, most: int) -> datetime | None:
    """Return when room is made where the owner's files take so many bytes, else None.

    Those that are kept for good, or that the owner asked for, do not count.
    """
    query = StoredFile.select(
        fn.SUM(StoredFile.size), fn.MIN(StoredFile.expires_at)
    ).where(StoredFile.owner == owner_id, StoredFile.purpose != "export")
    taken, oldest = query.where(StoredFile.expires_at.is_null(False)).tuples().get()
    if int(taken or 0) < most:
        return None
    return oldest if isinstance(oldest, datetime) else None


def pieces_of(file_id: int) -> Iterator[bytes]:
    """Yield the bytes of a stored file, a piece in memory at a time."""
    numbers = (
        FileChunk.select(FileChunk.number)
        .where(FileChunk.file == file_id)
        .order_by(FileChunk.number)
        .tuples()
    )
    for (number,) in list(numbers):
        yield bytes(
            FileChunk.get(FileChunk.file == file_id, FileChunk.number == number).body
        )


def body_of(file_id: int) -> bytes:
    """Return the bytes of a stored file."""
    chunks = (
        FileChunk.select(FileChunk.body)
        .where(FileChunk.file == file_id)
        .order_by(FileChunk.number)
    )
    return b"".join(bytes(chunk.body) for chunk in chunks)
