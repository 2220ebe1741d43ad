"""Files in the database, cut into chunks."""

import uuid
from datetime import datetime, timedelta
from typing import Protocol

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


def body_of(file_id: int) -> bytes:
    """Return the bytes of a stored file."""
    chunks = (
        FileChunk.select(FileChunk.body)
        .where(FileChunk.file == file_id)
        .order_by(FileChunk.number)
    )
    return b"".join(bytes(chunk.body) for chunk in chunks)
