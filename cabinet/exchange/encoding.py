"""Which alphabet a file is written in: UTF-8, cp1251 or cp866."""

import codecs
import hashlib
from dataclasses import dataclass
from typing import IO

from cabinet.exchange.faults import UnusableFile

_CHUNK = 1 << 20
#: Those that may be chosen by hand.
ENCODINGS = ("utf-8", "utf-8-sig", "cp1251", "cp866", "koi8-r", "utf-16")
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
ZIP = b"PK\x03\x04"
#: So much of a file tells a program or a page from a table.
_HEAD = 64
_PROGRAM = "это программа, а не таблица"
_PAGE = "это страница или XML, а не таблица"
_FOREIGN = {
    ZIP: "это книга Excel (XLSX) или архив: сохраните лист как CSV",
    b"\xd0\xcf\x11\xe0": (
        "это книга Excel 97–2003 или книга с паролем: сохраните её как XLSX без пароля"
    ),
    b"%PDF": "это PDF, а не таблица",
    b"\x1f\x8b": "это архив: распакуйте его",
    **dict.fromkeys(
        (b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\0asm", b"#!"),
        _PROGRAM,
    ),
}
#: A program of Windows begins with two letters, as a table may; but no table has its
#: first delimiter so late.
_WINDOWS, _DELIMITERS = b"MZ", b";,\t|\n"
# Where the letters stand: lower and upper case of each code page, without the places
# that the other one fills with signs in use (No, quotes, dashes, a hard space).
_CP866 = bytes(set(range(0x80, 0xB0)) - {0x96, 0x97, 0xA0, 0xA8, 0xAB})
_CP1251 = bytes([*range(0xC0, 0xE0), *range(0xF2, 0x100)])


@dataclass(frozen=True, slots=True)
class Examined:
    """What one pass over a file tells: its hash, size in bytes and encoding."""

    sha256: str
    size: int
    encoding: str


def examine(stream: IO[bytes], encoding: str = "") -> Examined:
    """Read the stream to its end once, and rewind it.

    A known `encoding` is taken as it is. Raises `UnusableFile` for an empty file and for
    what is no text at all.
    """
    if encoding and encoding not in ENCODINGS:
        raise UnusableFile(f"неизвестная кодировка: {encoding}")
    stream.seek(0)
    digest = hashlib.sha256()
    utf8 = codecs.getincrementaldecoder("utf-8")()
    is_utf8 = True
    size = score866 = score1251 = 0
    head = b""
    while chunk := stream.read(_CHUNK):
        head = head or chunk[:_HEAD]
        size += len(chunk)
        digest.update(chunk)
        if is_utf8:
            try:
                utf8.decode(chunk)
            except UnicodeDecodeError:
                is_utf8 = False
        score866 += _count(chunk, _CP866)
        score1251 += _count(chunk, _CP1251)
    if is_utf8:
        try:
            utf8.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    stream.seek(0)
    found = _encoding(head, is_utf8, score866, score1251)
    # A mark at the start is no part of the first cell, whatever was chosen.
    chosen = "" if found in _BOMS.values() else encoding
    return Examined(digest.hexdigest(), size, chosen or found)


def weigh(stream: IO[bytes]) -> Examined:
    """Return the hash and the size of a file that is no text, and rewind it."""
    stream.seek(0)
    digest = hashlib.sha256()
    size = 0
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        digest.update(chunk)
    stream.seek(0)
    return Examined(digest.hexdigest(), size, "")


def _encoding(head: bytes, is_utf8: bool, score866: int, score1251: int) -> str:  # noqa: FBT001 - evidence of one pass
    if not head:
        raise UnusableFile("файл пуст")
    for start, reason in _FOREIGN.items():
        if head.startswith(start):
            raise UnusableFile(reason)
    if head.startswith(_WINDOWS) and head.translate(None, _DELIMITERS) == head:
        raise UnusableFile(_PROGRAM)
    if head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<"):
        raise UnusableFile(_PAGE)
    for mark, encoding in _BOMS.items():
        if head.startswith(mark):
            return encoding
    if is_utf8:
        return "utf-8"
    return "cp866" if score866 > score1251 else "cp1251"


def _count(chunk: bytes, letters: bytes) -> int:
    return len(chunk) - len(chunk.translate(None, letters))
