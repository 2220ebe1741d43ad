"""Files sent with a question: photos written anew, PDF kept, anything else refused."""

import io
import zipfile

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from cabinet.exchange.attachment import (
    MAX_NAME,
    AttachmentTooLargeError,
    NotAnAttachmentError,
    clean_attachment,
)
from cabinet.exchange.photo import MAX_BYTES


def picture(kind="JPEG", **options):
    written = io.BytesIO()
    Image.new("RGB", (60, 40), "orange").save(written, kind, **options)
    return written.getvalue()


def pdf():
    written = io.BytesIO()
    canvas = Canvas(written, invariant=1)
    canvas.drawString(100, 100, "act")
    canvas.save()
    return written.getvalue()


def zipped(**members):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return written.getvalue()


EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'

#: What is no photo and no PDF, whatever its name says.
REFUSED = {
    "nothing": b"",
    "zeros": b"\0" * 5000,
    "a page": b"<!doctype html><script>alert(1)</script>",
    "a page after blanks": b"\n\n  <html><body onload=alert(1)>",
    "a drawing": SVG,
    "a drawing with its prologue": b"<?xml version='1.0'?>" + SVG,
    "eicar": EICAR,
    "a program": b"MZ" + b"\x90" * 300,
    "a program of linux": b"\x7fELF" + b"\0" * 300,
    "a script": b"#!/bin/sh\nrm -rf /\n",
    "a book": zipped(**{"xl/workbook.xml": "<workbook/>"}),
    "an archive": zipped(bomb="0" * 5_000_000),
    "gif": picture("GIF"),
    "bmp": picture("BMP"),
    "tiff": picture("TIFF"),
    "ico": picture("ICO"),
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "rtf": rb"{\rtf1\ansi hello}",
    "a cut photo": picture()[:60],
    "a cut pdf": pdf()[:200],
    "a pdf behind a page": b"<html>" + pdf(),
    "only the beginning of a pdf": b"%PDF-1.7\n" + b"x" * 5000,
    "a jpeg that is none": b"\xff\xd8\xff\xe0" + b"<script>" * 50,
    "a png that is none": b"\x89PNG\r\n\x1a\n" + b"\0" * 64,
    "a webp that is none": b"RIFF\x10\0\0\0WEBPVP8 " + b"\0" * 40,
}


@pytest.mark.parametrize("name", ["photo.jpg", "act.pdf", "page.html"])
@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_what_is_neither_is_refused_whatever_its_name(data, name):
    with pytest.raises(NotAnAttachmentError):
        clean_attachment(name, data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_written_anew(kind):
    told = b"<script>alert(1)</script>"
    made = clean_attachment("x.exe", picture(kind) + told)
    assert made.name == "x.jpg"
    assert made.media_type == "image/jpeg"
    assert told not in made.body
    assert Image.open(io.BytesIO(made.body)).size == (60, 40)


def test_a_photo_keeps_no_place_it_was_taken_at():
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    assert b"secret place" in picture(exif=exif)
    assert b"secret place" not in clean_attachment("a.jpg", picture(exif=exif)).body


def test_a_pdf_is_kept_as_it_is():
    made = clean_attachment("Акт сверки.PDF", pdf())
    assert (made.name, made.media_type) == ("Акт сверки.pdf", "application/pdf")
    assert made.body == pdf()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd.jpg"),
        ("..\\..\\win.ini", "win.jpg"),
        ("C:\\Users\\Мария\\счётчик.jpeg", "счётчик.jpg"),
        ("a\0b.jpg", "ab.jpg"),
        ("\u202egpj.exe", "gpj.jpg"),
        ("line\r\nSet-Cookie: x.jpg", "lineSet-Cookie_ x.jpg"),
        ('"quoted".png', "_quoted_.jpg"),
        ("", "файл.jpg"),
        (".htaccess", "htaccess.jpg"),
        ("...", "файл.jpg"),
        ("я" * 300 + ".jpg", "я" * MAX_NAME + ".jpg"),
        ("<img src=x>.png", "_img src=x_.jpg"),
    ],
)
def test_a_name_is_safe_to_write(name, kept):
    assert clean_attachment(name, picture()).name == kept


def test_what_is_too_large_says_so():
    with pytest.raises(AttachmentTooLargeError):
        clean_attachment("a.pdf", pdf() + b"\0" * MAX_BYTES)


def test_a_flood_of_pixels_is_too_large():
    flood = io.BytesIO()
    Image.new("L", (9000, 9000)).save(flood, "PNG")
    assert len(flood.getvalue()) < 200_000
    with pytest.raises(AttachmentTooLargeError):
        clean_attachment("a.png", flood.getvalue())
