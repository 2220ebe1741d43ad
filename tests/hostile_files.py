"""Files that mean harm, for every place that takes one.

Each is what it is whatever its name says: nothing that is taken (`NO`), a photo that is
written anew, a PDF that is kept as it is, or one that is too large. `CANARY` stands in
everything of a photo that is no pixel.
"""

import bz2
import gzip
import io
import lzma
import pickle
import struct
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from functools import cache

from PIL import Image, PngImagePlugin
from reportlab.pdfgen.canvas import Canvas

from cabinet.exchange.photo import MAX_BYTES

CANARY = b"CANARY-7f3a"
NO, PHOTO, PDF, LARGE = "no", "photo", "pdf", "large"

#: What a program of any system, a script or a page begins with.
EXECUTABLE = (
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"\0asm",
    b"<?php",
    b"<%",
    b"<",
    b"\xd0\xcf\x11\xe0",
)


@dataclass(frozen=True)
class Hostile:
    """A file under a name, and what it is."""

    name: str
    body: bytes
    what: str


def picture(kind="JPEG", size=(60, 40), mode="RGB", **options):
    written = io.BytesIO()
    colour = "orange" if mode == "RGB" else 128
    Image.new(mode, size, colour).save(written, kind, **options)
    return written.getvalue()


def pdf(script=""):
    written = io.BytesIO()
    canvas = Canvas(written, invariant=1)
    canvas.drawString(100, 100, "act")
    canvas.save()
    body = written.getvalue()
    if script:
        action = f"/OpenAction << /S /JavaScript /JS ({script}) >> /Type /Catalog"
        body = body.replace(b"/Type /Catalog", action.encode(), 1)
    return body


def zipped(**members):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return written.getvalue()


def tarred(name, body):
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(body)
        archive.addfile(member, io.BytesIO(body))
    return written.getvalue()


def png_of(width, height):
    """A PNG that claims a size and holds nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind, body):
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    parts = (b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def told(kind="JPEG", **options):
    """A photo whose every field but the pixels tells something."""
    exif = Image.Exif()
    exif[0x010E] = CANARY.decode() + "<script>alert(1)</script>"
    exif.get_ifd(0x8825)[1] = "N"
    return picture(kind, exif=exif, **options)


def texted():
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", f"{CANARY.decode()}<script>alert(1)</script>")
    return picture("PNG", pnginfo=info)


EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
PAGE = b"<!doctype html><script>alert(1)</script>"
PHP = b"<?php system($_GET[0]); ?>"
LAUGHS = (
    b"<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a 'lol'>"
    + b"".join(
        b"<!ENTITY %c '%s'>" % (97 + n, b"&%c;" % (96 + n) * 10) for n in range(1, 9)
    )
    + b"]><l>&i;</l>"
)

#: What is no photo and no PDF, whatever its name says.
REFUSED = {
    "nothing": b"",
    "zeros": b"\0" * 5000,
    "a page": PAGE,
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

_MORE_REFUSED = {
    "script.gif.jpg": b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1)",
    "script.bmp.jpg": b"BM/*" + b"\0" * 40 + b"*/=1;alert(1)",
    "drawing.svgz": gzip.compress(SVG),
    "entity.svg": b"<!DOCTYPE s [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg>&x;</svg>",
    "foreign.svg": b"<svg><foreignObject><iframe src='javascript:alert(1)'/></foreignObject></svg>",
    "page.mht": b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n" + PAGE,
    "laughs.xml": LAUGHS,
    "nested.zip": zipped(inner=zipped(bomb="0" * 2_000_000)),
    "bomb.xlsx": zipped(
        **{
            "[Content_Types].xml": "<Types/>",
            "xl/workbook.xml": "<workbook><sheets><sheet name='a'/></sheets></workbook>",
            "xl/worksheets/sheet1.xml": "<worksheet>" + " " * 40_000_000,
        }
    ),
    "macro.docm": zipped(**{"word/vbaProject.bin": "Sub AutoOpen()"}),
    "old.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "applet.jar": zipped(**{"META-INF/MANIFEST.MF": "Main-Class: X"}),
    "X.class": b"\xca\xfe\xba\xbe\0\0\0\x34" + b"\0" * 100,
    "program.macho": b"\xcf\xfa\xed\xfe" + b"\0" * 100,
    "module.wasm": b"\0asm\1\0\0\0",
    "shell.php": PHP,
    "page.jsp": b"<%= Runtime.getRuntime() %>",
    "state.pickle": pickle.dumps({"a": 1}),
    "link.lnk": b"L\0\0\0\1\x14\2\0" + b"\0" * 80,
    "run.bat": b"@echo off\r\nformat c:\r\n",
    "run.ps1": b"Invoke-Expression $env:X\r\n",
    "app.hta": b"<hta:application/><script>new ActiveXObject('x')</script>",
    "go.url": b"[InternetShortcut]\r\nURL=file:///etc/passwd\r\n",
    "go.desktop": b"[Desktop Entry]\nExec=/bin/sh\n",
    "archive.7z": b"7z\xbc\xaf\x27\x1c\0\4" + b"\0" * 60,
    "archive.rar": b"Rar!\x1a\7\1\0" + b"\0" * 60,
    "bomb.gz": gzip.compress(b"0" * 5_000_000),
    "bomb.xz": lzma.compress(b"0" * 5_000_000),
    "bomb.bz2": bz2.compress(b"0" * 5_000_000),
    "up.tar": tarred("../../etc/cron.d/x", b"* * * * * root id"),
    "photo.heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 60,
    "photo.avif": b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + b"\0" * 60,
    "picture.psd": b"8BPS\0\1" + b"\0" * 60,
    "picture.wmf": b"\xd7\xcd\xc6\x9a" + b"\0" * 60,
    "letters.ttf": b"\0\1\0\0\0\x0c\0\x80" + b"\0" * 60,
    "film.swf": b"FWS\x0a" + b"\0" * 60,
    "page.utf16.jpg": PAGE.decode().encode("utf-16"),
    "page.utf7.jpg": b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "page.nul.jpg": b"\0".join(PAGE[n : n + 1] for n in range(len(PAGE))),
    "virus.zip": zipped(**{"eicar.com": EICAR.decode()}),
    "claims.png": png_of(50_000, 50_000),
    "formula.csv": "Дата;Сумма\n=cmd|'/c calc'!A0;=1+1\n".encode(),
}

_PHOTOS = {
    "behind.jpg": picture() + CANARY + PAGE,
    "comment.jpg": picture(comment=CANARY + PHP),
    "fields.jpg": told(),
    "fields.webp": told("WEBP"),
    "archive.jpg": picture() + zipped(**{CANARY.decode(): "x"}),
    "text.png": texted(),
    "program.png": picture("PNG") + b"MZ" + CANARY,
    "profile.jpg": picture(icc_profile=CANARY + b"<script>"),
    "paper.jpg": picture(comment=CANARY + pdf()),
    "photo.jpg.exe": picture(),
    "photo.php": picture("PNG"),
}

_PAPERS = {
    "script.pdf": pdf("app.alert\\(1\\)"),
    "archive.pdf": pdf()[:-6] + zipped(a="x") + b"\n%%EOF\n",
    "page.pdf": pdf()[:-6] + PAGE + b"\n%%EOF\n",
}


@cache
def _large():
    return {
        "flood.png": picture("PNG", (9000, 9000), "L"),
        "flood.webp": picture("WEBP", (3600, 3600)),
        "flood.jpg": picture("JPEG", (3600, 3600), "CMYK"),
        "heavy.pdf": pdf() + b"\0" * MAX_BYTES,
    }


#: Good photos under names that are not.
NAMES = (
    "../../etc/passwd",
    "..\\..\\win.ini",
    "C:\\Users\\Мария\\счётчик.jpeg",
    "a\0b.jpg",
    "\u202egpj.exe",
    "line\r\nSet-Cookie: x=1.jpg",
    '"; filename="x.exe',
    ".htaccess",
    "   ",
    "я" * 300 + ".jpg",
    "<img src=x onerror=alert(1)>.png",
    "shell.php%00.jpg",
    "a.jpg;.exe",
    "$(id)`id`|id.jpg",
    "=cmd|calc.jpg",
    "con.jpg",
    "\u200b\u2066x.jpg",
    "{{7*7}}.jpg",
)


@cache
def corpus():
    """Return all of them."""
    refused = {f"{name}.jpg": body for name, body in REFUSED.items()} | _MORE_REFUSED
    named = [Hostile(name, picture(), PHOTO) for name in NAMES]
    groups = (refused, NO), (_PHOTOS, PHOTO), (_PAPERS, PDF), (_large(), LARGE)
    return tuple(
        Hostile(name, body, what)
        for group, what in groups
        for name, body in group.items()
    ) + tuple(named)
