"""Public documents (публичные документы): texts in versions, each from its first day."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path

from peewee import IntegrityError

from cabinet.domain.errors import NotFound
from cabinet.models import Document
from cabinet.models.base import lock, reading, writing
from cabinet.services import audit
from cabinet.services.audit import Actor

#: In the order in which they are listed; the names are those of the files.
POLICY = "data-policy"
PROCESSING = "consent-processing"
LETTERS = "consent-mail"
PAYMENT = "payment-terms"
ACCESSIBILITY = "accessibility"
WHERE_TO_FIND = "where-to-find"
CODES = (WHERE_TO_FIND, POLICY, PROCESSING, LETTERS, PAYMENT, ACCESSIBILITY)


class DocumentNotFoundError(NotFound):
    """There is no such document, or no such version of it."""


class VersionTakenError(ValueError):
    """The version is there already, with other words: people have agreed to those."""


class AlreadyInForceError(ValueError):
    """Its first day has come: nothing of it changes any more."""


class DocumentFileError(ValueError):
    """A file of a document cannot be read; the message says why, in Russian."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentText:
    """A document of one version; `text` is Markdown, `text_hash` its SHA-256."""

    code: str
    version: str
    title: str
    text: str
    text_hash: str
    starts: date
    is_current: bool = True
    is_withdrawn: bool = False

    @classmethod
    def of(
        cls, code: str, version: str, *, title: str, text: str, starts: date
    ) -> "DocumentText":
        """Return a text with the hash that consents name it by."""
        text = text.strip() + "\n"
        return cls(
            code=code,
            version=version,
            title=title,
            text=text,
            text_hash=hashlib.sha256(text.encode()).hexdigest(),
            starts=starts,
        )


def get_document(code: str, version: str = "", *, day: date) -> DocumentText:
    """Return the document as it is in force on the day, or the named version.

    Raises DocumentNotFoundError.
    """
    with reading():
        return find_document(code, version, day=day)


def find_document(code: str, version: str = "", *, day: date) -> DocumentText:
    """Return what `get_document` does, inside the open transaction."""
    current = _in_force(code, day).first()
    row = current
    if version:
        row = Document.get_or_none(
            Document.code == code,
            Document.version == version,
            Document.starts <= day,
            Document.withdrawn_at.is_null(),
        )
    if row is None:
        raise DocumentNotFoundError(code)
    return _text(row, is_current=row.id == current.id)


def versions(code: str, *, day: date) -> tuple[DocumentText, ...]:
    """Return every version that has begun, the newest first."""
    with reading():
        rows = list(_in_force(code, day))
    return tuple(_text(row, is_current=number == 0) for number, row in enumerate(rows))


def current_documents(*, day: date) -> tuple[DocumentText, ...]:
    """Return the documents in force, in the order in which they are listed."""
    with reading():
        found = (_in_force(code, day).first() for code in CODES)
        return tuple(_text(row) for row in found if row is not None)


def editions(code: str) -> tuple[DocumentText, ...]:
    """Return every version, also those to come and withdrawn, the newest first.

    Raises DocumentNotFoundError.
    """
    query = (
        Document.select()
        .where(Document.code == code)
        .order_by(Document.starts.desc(), Document.id.desc())
    )
    with reading():
        found = tuple(_text(row) for row in query)
    if not found:
        raise DocumentNotFoundError(code)
    return found


def latest_editions() -> tuple[tuple[DocumentText, ...], ...]:
    """Return the versions of every document there is, those listed for customers first."""
    with reading():
        known = {code for (code,) in Document.select(Document.code).distinct().tuples()}
    codes = [code for code in CODES if code in known] + sorted(known.difference(CODES))
    return tuple(editions(code) for code in codes)


def publish(new: DocumentText, *, made_by: int, actor: Actor, now: datetime) -> None:
    """Keep a version of a document there is; the same again changes nothing.

    Raises DocumentNotFoundError, and VersionTakenError where the version says anything
    else.
    """
    try:
        with writing():
            if not Document.select().where(Document.code == new.code).exists():
                raise DocumentNotFoundError(new.code)
            known = _publish(new, made_by=made_by, actor=actor, now=now)
    except IntegrityError as error:  # somebody published it in the same moment
        raise VersionTakenError(new.version) from error
    if known and (known.title, known.starts) != (new.title, new.starts):
        raise VersionTakenError(new.version)


def withdraw(
    code: str, version: str, *, day: date, actor: Actor, now: datetime
) -> None:
    """Let a version not come into force; raises as `restore` does."""
    _set_withdrawn(code, version, now, day=day, actor=actor, now=now)


def restore(code: str, version: str, *, day: date, actor: Actor, now: datetime) -> None:
    """Let it come into force after all.

    Raises DocumentNotFoundError, and AlreadyInForceError from its first day on.
    """
    _set_withdrawn(code, version, None, day=day, actor=actor, now=now)


def load(
    words: Mapping[str, str], folder: Path | None = None, *, now: datetime
) -> Iterator[DocumentText]:
    """Bring in the files of the folder, without one those of the package.

    Yields each new version. A version that is there stays as it is: people have agreed
    to its words. Raises DocumentFileError for a file that is no document, or whose
    words differ from those of the same version.
    """
    place = folder or Path(str(files("cabinet"))) / "data" / "documents"
    texts = [_read(path, words) for path in sorted(place.glob("*.md"))]
    with writing():
        for text in texts:
            try:
                known = _publish(text, made_by=None, actor=audit.SYSTEM, now=now)
            except VersionTakenError as error:
                message = (
                    f"{text.code}: версия {text.version} уже есть, и слова в ней другие."
                    " Дайте новой редакции новую версию"
                )
                raise DocumentFileError(message) from error
            if known is None:
                yield text


def _publish(
    text: DocumentText, *, made_by: int | None, actor: Actor, now: datetime
) -> Document | None:
    """Keep a version and return None, or return the one there is, with these words."""
    known = Document.get_or_none(
        Document.code == text.code, Document.version == text.version
    )
    if known is not None:
        if known.text_hash != text.text_hash:
            raise VersionTakenError(text.version)
        return known
    row = Document.create(
        code=text.code,
        version=text.version,
        title=text.title,
        text=text.text,
        text_hash=text.text_hash,
        starts=text.starts,
        made_by=made_by,
        made_at=now,
    )
    _note("document.published", row, actor, now)
    return None


def _set_withdrawn(
    code: str,
    version: str,
    at: datetime | None,
    *,
    day: date,
    actor: Actor,
    now: datetime,
) -> None:
    with writing():
        row = lock(
            Document.select().where(Document.code == code, Document.version == version)
        ).first()
        if row is None:
            raise DocumentNotFoundError(code)
        if row.starts <= day:
            raise AlreadyInForceError(version)
        if (row.withdrawn_at is None) == (at is None):
            return
        row.withdrawn_at = at
        row.save()
        _note(
            "document.restored" if at is None else "document.withdrawn", row, actor, now
        )


def _note(action: str, row: Document, actor: Actor, now: datetime) -> None:
    audit.record(
        actor,
        action,
        now=now,
        subject=f"document:{row.id}",
        code=row.code,
        version=row.version,
        starts=row.starts.isoformat(),
    )


def _in_force(code: str, day: date) -> "Document":
    return (
        Document.select()
        .where(
            Document.code == code,
            Document.starts <= day,
            Document.withdrawn_at.is_null(),
        )
        .order_by(Document.starts.desc(), Document.id.desc())
    )


def _text(row: Document, *, is_current: bool = True) -> DocumentText:
    return DocumentText(
        code=row.code,
        version=row.version,
        title=row.title,
        text=row.text,
        text_hash=row.text_hash,
        starts=row.starts,
        is_current=is_current,
        is_withdrawn=row.withdrawn_at is not None,
    )


def _read(path: Path, words: Mapping[str, str]) -> DocumentText:
    """Read a file: lines `title:`, `version:`, `starts:`, an empty one, Markdown."""
    head, _, text = path.read_text(encoding="utf-8").partition("\n\n")
    lines = (line.partition(":") for line in head.splitlines())
    said = {name.strip(): value.strip() for name, _, value in lines}
    for word, value in words.items():
        text = text.replace(f"{{{word}}}", value)
    try:
        return DocumentText.of(
            path.stem,
            said["version"],
            title=said["title"],
            text=text,
            starts=date.fromisoformat(said["starts"]),
        )
    except (KeyError, ValueError) as error:
        message = (
            f"{path.name}: в начале нужны строки title, version и starts ({error})"
        )
        raise DocumentFileError(message) from error
