"""Files of an organisation are what their names say."""

import hashlib

import pytest

from cabinet.exchange.faults import UnfitCell
from cabinet.exchange.papers import MAX_BYTES, PAPERS, document_of

GOOD = {
    "счёт.pdf": (b"%PDF-1.4 x", "application/pdf"),
    "УПД.XML": (b'<?xml version="1.0"?><a/>', "application/xml"),
    "упд с BOM.xml": (b"\xef\xbb\xbf<?xml version='1.0'?><a/>", "application/xml"),
    "акт.zip": (b"PK\x03\x04x", "application/zip"),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_file_is_taken_with_its_type(name):
    body, media_type = GOOD[name]
    document = document_of(name, body)
    assert document.media_type == media_type
    assert document.sha256 == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("счёт.html", b"<html>", "файл не PDF"),
        ("счёт", b"%PDF-1.4", "файл не PDF"),
        ("счёт.pdf", b"<html><script>", "не то, что в его названии"),
        ("счёт.pdf", b"", "не то, что в его названии"),
        ("упд.xml", b"MZ\x90", "не то, что в его названии"),
        ("счёт.pdf.exe", b"%PDF-1.4", "файл не PDF"),
        ("большой.pdf", b"%PDF-" + b"0" * MAX_BYTES, "больше 10 МБ"),
    ],
)
def test_what_is_something_else_is_refused(name, body, reason):
    with pytest.raises(UnfitCell, match=reason):
        document_of(name, body)


@pytest.mark.parametrize(
    "name", ["../x.pdf", "/etc/passwd", "a\\b.pdf", "C:x.pdf", ".hidden.pdf", "", " "]
)
def test_a_file_name_leads_nowhere_else(name):
    read = next(c.read for c in PAPERS.columns if c.field == "file")
    with pytest.raises(UnfitCell):
        read(name)
