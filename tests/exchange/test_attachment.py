"""Files sent with a question: photos written anew, PDF kept, anything else refused."""

import io

import pytest
from PIL import Image

from cabinet.exchange.attachment import (
    MAX_NAME,
    AttachmentTooLargeError,
    NotAnAttachmentError,
    clean_attachment,
)
from cabinet.exchange.photo import MAX_BYTES
from tests.hostile_files import REFUSED, pdf, picture


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
