"""The list of an organisation's papers, and the files that lie beside it."""

import hashlib
from dataclasses import dataclass, field
from datetime import date

from cabinet.domain.papers import PaperKind
from cabinet.domain.period import Month
from cabinet.exchange import cells
from cabinet.exchange.faults import UnfitCell
from cabinet.exchange.profiles import Column, Profile

KINDS = {
    "счёт": PaperKind.INVOICE,
    "счет": PaperKind.INVOICE,
    "УПД": PaperKind.TRANSFER,
    "счёт-фактура": PaperKind.TRANSFER,
    "счет-фактура": PaperKind.TRANSFER,
    "акт": PaperKind.ACT,
    "акт сверки": PaperKind.RECONCILIATION,
    "договор": PaperKind.CONTRACT,
    "другое": PaperKind.OTHER,
}

MAX_BYTES = 10 * 1024 * 1024

#: The types taken, by their ending and their first bytes.
TYPES = {
    "pdf": ("application/pdf", (b"%PDF-",)),
    "xml": ("application/xml", (b"<?xml", b"\xef\xbb\xbf<?xml")),
    "xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        (b"PK\x03\x04",),
    ),
    "zip": ("application/zip", (b"PK\x03\x04",)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRow:
    """A paper as the list tells it; `file` is a name in the list's own folder."""

    line: int
    raw: tuple[str, ...] = field(default=(), repr=False, compare=False)
    account: str
    kind: PaperKind
    number: str
    month: Month
    dated_on: date
    file: str


@dataclass(frozen=True, slots=True)
class Document:
    """The bytes of a file, and what they are."""

    body: bytes
    media_type: str
    sha256: str


def document_of(name: str, body: bytes) -> Document:
    """Return the file; raises `UnfitCell` when it is not what its name says."""
    ending = name.rpartition(".")[2].casefold()
    if ending not in TYPES:
        raise UnfitCell("файл не PDF, XML, XLSX или ZIP")
    if len(body) > MAX_BYTES:
        raise UnfitCell("файл больше 10 МБ")
    media_type, beginnings = TYPES[ending]
    if not body.startswith(beginnings):
        raise UnfitCell("содержимое файла не то, что в его названии")
    return Document(body, media_type, hashlib.sha256(body).hexdigest())


def _file_name(raw: str) -> str:
    """Read the name of a file beside the list: no folder, no way out of it."""
    name = cells.text(200)(raw)
    if not name or name.startswith(".") or any(sign in name for sign in "/\\:"):
        raise UnfitCell("не имя файла рядом со списком")
    return name


PAPERS = Profile(
    kind="papers",
    make=PaperRow,
    columns=(
        Column("account", ("ЛС", "Лицевой счёт", "Номер ЛС"), cells.account_number),
        Column("kind", ("Вид документа",), cells.word(KINDS)),
        Column("number", ("Номер документа",), cells.text(80)),
        Column("month", ("Период",), cells.month),
        Column("dated_on", ("Дата документа",), cells.day),
        Column("file", ("Файл", "Имя файла"), _file_name),
    ),
)
