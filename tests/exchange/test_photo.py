import io
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from cabinet.exchange.photo import (
    LONGEST_SIDE,
    MAX_BYTES,
    NotAPhotoError,
    PhotoTooLargeError,
    clean_photo,
)

GPS = 0x8825
ORIENTATION = 0x0112


def picture(width=400, height=300, kind="JPEG", mode="RGB", **options):
    written = io.BytesIO()
    Image.new(mode, (width, height), 128).save(written, kind, **options)
    return written.getvalue()


def with_exif(**options):
    exif = Image.Exif()
    exif[0x010F] = "CANARY-MAKER"
    exif[ORIENTATION] = 6
    exif.get_ifd(GPS)[1] = "N"
    return picture(exif=exif, comment=b"CANARY-COMMENT", **options)


def opened(photo):
    return Image.open(io.BytesIO(photo.body))


def test_only_pixels_stay():
    photo = clean_photo(with_exif())
    with opened(photo) as written:
        assert written.format == "JPEG"
        assert not written.getexif()
        assert set(written.info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
        }
    assert b"CANARY" not in photo.body
    assert photo.media_type == "image/jpeg"


def test_a_photo_stands_upright():
    photo = clean_photo(with_exif())
    assert (photo.width, photo.height) == (300, 400)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("PNG", "RGBA"), ("PNG", "P"), ("WEBP", "RGB"), ("JPEG", "CMYK"), ("PNG", "1")],
)
def test_other_kinds_become_a_jpeg(kind, mode):
    assert opened(clean_photo(picture(kind=kind, mode=mode))).mode == "RGB"


def test_text_in_a_png_does_not_stay():
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "CANARY")
    assert b"CANARY" not in clean_photo(picture(kind="PNG", pnginfo=info)).body


def test_a_large_photo_becomes_smaller():
    photo = clean_photo(picture(4000, 3000))
    assert (photo.width, photo.height) == (LONGEST_SIDE, LONGEST_SIDE * 3 // 4)


def test_what_hangs_behind_the_pixels_is_dropped():
    photo = clean_photo(picture() + b"<script>CANARY</script>")
    assert b"CANARY" not in photo.body


def png_of(width, height):
    """A PNG that claims a size and holds nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind, body):
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(8000, 7000), (10_000, 10_000), (50_000, 50_000)])
def test_a_flood_of_pixels_is_refused_before_it_is_decoded(size):
    with pytest.raises(NotAPhotoError):
        clean_photo(png_of(*size))


def test_too_many_bytes_are_refused():
    with pytest.raises(PhotoTooLargeError):
        clean_photo(b"\xff\xd8" + b"0" * MAX_BYTES)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<!doctype html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>",
        b"%PDF-1.7",
        b"PK\x03\x04" + b"\0" * 100,
        b"MZ" + b"\0" * 100,
        b"#!/bin/sh\nid\n",
        b"GIF89a" + b"\1\0\1\0\x80\0\0" + b"\0" * 30,
        b"\xff\xd8\xff\xe0" + b"<html>" * 20,
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        b"RIFF\x10\0\0\0WEBPVP8 " + b"\0" * 20,
        picture()[:200],
        picture(kind="PNG")[:60],
        picture(kind="GIF"),
        picture(kind="TIFF"),
        picture(kind="BMP"),
        png_of(0, 10),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n",
        b"P6 1 1 255\n\0\0\0",
        b"\0\0\0\x18ftypheic" + b"\0" * 40,
    ],
    ids=range(21),
)
def test_what_is_no_photo_is_refused(data):
    with pytest.raises(NotAPhotoError):
        clean_photo(data)


def test_every_cut_of_a_photo_is_a_photo_or_refused():
    whole = with_exif(width=64, height=64)
    for length in range(0, len(whole), 13):
        try:
            clean_photo(whole[:length])
        except NotAPhotoError:
            continue


def test_flipped_bits_harm_nobody():
    whole = bytearray(with_exif(width=64, height=64))
    for place in range(0, len(whole), 7):
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        try:
            photo = clean_photo(bytes(broken))
        except NotAPhotoError:
            continue
        assert b"CANARY" not in photo.body
