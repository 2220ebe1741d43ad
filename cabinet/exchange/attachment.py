"""Files people send with a question: photos written anew, and PDF as it is.

Nothing of it is ever run or shown inside our pages. A PDF may hold what only its own
reader understands: it leaves as a file to be saved, never opened by us.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from cabinet.exchange.photo import (
    MAX_BYTES,
    NotAPhotoError,
    PhotoTooLargeError,
    clean_photo,
)

MOST_FILES = 5
#: All files of a message together: a request takes no more.
MOST_TOGETHER = MAX_BYTES
MAX_NAME = 100
PDF = "application/pdf"

_PDF_BEGINS, _PDF_ENDS, _TAIL = b"%PDF-", b"%%EOF", 2048
#: What no name of a file may have: folders, what systems forbid, what ends a header.
_UNFIT = re.compile(r'[\\/:*?"<>|]')
#: Control, format and private characters: U+202E turns «gpj.exe» around.
_UNSEEN = {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}


class NotAnAttachmentError(ValueError):
    """The file is neither a photo nor a PDF."""


class AttachmentTooLargeError(NotAnAttachmentError):
    """The file has too many bytes or pixels."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that is safe to keep, under a name that is safe to write."""

    name: str
    body: bytes
    media_type: str

    @property
    def sha256(self) -> str:
        """Return the hash of the bytes."""
        return hashlib.sha256(self.body).hexdigest()


def clean_attachment(name: str, data: bytes) -> Attachment:
    """Return the file as it will be kept; what its name says of its kind does not count.

    Raises NotAnAttachmentError and AttachmentTooLargeError.
    """
    if len(data) > MAX_BYTES:
        raise AttachmentTooLargeError(f"{len(data)} bytes")
    if data.startswith(_PDF_BEGINS):
        if _PDF_ENDS not in data[-_TAIL:]:
            raise NotAnAttachmentError("the end of the PDF is missing")
        return Attachment(f"{_stem(name)}.pdf", data, PDF)
    try:
        photo = clean_photo(data)
    except PhotoTooLargeError as error:
        raise AttachmentTooLargeError(str(error)) from error
    except NotAPhotoError as error:
        raise NotAnAttachmentError(str(error)) from error
    return Attachment(f"{_stem(name)}.jpg", photo.body, photo.media_type)


def _stem(name: str) -> str:
    """Return the name without its folder, its ending and what nobody sees."""
    last = re.split(r"[\\/]", name)[-1]
    seen = "".join(sign for sign in last if unicodedata.category(sign) not in _UNSEEN)
    stem = seen.rpartition(".")[0] or seen
    return _UNFIT.sub("_", stem).strip(" .")[:MAX_NAME] or "файл"
