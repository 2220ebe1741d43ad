"""Public documents (публичные документы): texts in versions, each from its first day."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

from cabinet.domain.errors import NotFound
from cabinet.models import Document
from cabinet.models.base import reading, writing

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


def load(
    words: Mapping[str, str], folder: Path | None = None
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
            known = Document.get_or_none(
                Document.code == text.code, Document.version == text.version
            )
            if known is None:
                Document.create(
                    code=text.code,
                    version=text.version,
                    title=text.title,
                    text=text.text,
                    text_hash=text.text_hash,
                    starts=text.starts,
                )
                yield text
            elif known.text_hash != text.text_hash:
                message = (
                    f"{text.code}: версия {text.version} уже есть, и слова в ней другие."
                    " Дайте новой редакции новую версию"
                )
                raise DocumentFileError(message)


def _in_force(code: str, day: date) -> "Document":
    return (
        Document.select()
        .where(Document.code == code, Document.starts <= day)
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
    )


def _read(path: Path, words: Mapping[str, str]) -> DocumentText:
    """Read a file: lines `title:`, `version:`, `starts:`, an empty one, Markdown."""
    head, _, text = path.read_text(encoding="utf-8").partition("\n\n")
    lines = (line.partition(":") for line in head.splitlines())
    said = {name.strip(): value.strip() for name, _, value in lines}
    for word, value in words.items():
        text = text.replace(f"{{{word}}}", value)
    text = text.strip() + "\n"
    try:
        return DocumentText(
            code=path.stem,
            version=said["version"],
            title=said["title"],
            text=text,
            text_hash=hashlib.sha256(text.encode()).hexdigest(),
            starts=date.fromisoformat(said["starts"]),
        )
    except (KeyError, ValueError) as error:
        message = (
            f"{path.name}: в начале нужны строки title, version и starts ({error})"
        )
        raise DocumentFileError(message) from error
