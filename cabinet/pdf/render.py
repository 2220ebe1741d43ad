"""HTML templates into PDF: our fonts, one page, nothing fetched, nothing else read."""

import io
import logging
import re
import threading
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from flask import current_app

from cabinet.config import Settings
from cabinet.pdf.fonts import (
    CHARACTERS,
    HARD_SPACE,
    HARD_SPACE_DRAWN,
    font_folder,
)

if TYPE_CHECKING:
    from xhtml2pdf.config.resources import ResourceAccessPolicy

#: A receipt takes a tenth of a second; a document of this length is an attack.
MAX_SECONDS = 10
MAX_DOCUMENT_BYTES = 512 * 1024


# reportlab writes what a page consists of in the open.
_PAGES = re.compile(rb"/Type /Page\b")

#: What draws keeps fonts and styles in the module: one document at a time in a process.
drawing = threading.Lock()


class PdfError(RuntimeError):
    """The document was not made, or not as it was meant: carries what was said."""

    def __init__(self, messages: tuple[str, ...]) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages


def pdf(template: str, *, title: str, **context: object) -> bytes:
    """Return the document of a template in `templates/pdf/`.

    The template extends `pdf/layout.html`, which names the language and the fonts. A
    font that cannot be read would turn every letter into a box without an error, so a
    warning is an error here. Raises `PdfError`.
    """
    html, fonts = printable(template, title=title, **context)
    return _convert(html, title, fonts)


def printable(template: str, *, title: str, **context: object) -> tuple[str, Path]:
    """Return what is drawn of a template, and the folder of the fonts it names."""
    settings: Settings = current_app.extensions["cabinet.settings"]
    fonts = font_folder(settings.home / "cache")
    html = current_app.jinja_env.get_template(template).render(
        title=title, fonts=fonts, **context
    )
    return _printable(html), fonts


def pages_of(content: bytes) -> int:
    """Return how many pages a document of ours has."""
    return len(_PAGES.findall(content))


def _printable(html: str) -> str:
    """Put a question mark where the fonts have no sign; letters with marks are joined.

    A name in another alphabet must not cost its owner the document. Hard spaces become
    the sign they are drawn as, however the template spells them.
    """
    joined = unicodedata.normalize("NFC", html)
    kept = "".join(
        sign if sign in CHARACTERS or sign in "\n\t" else "?" for sign in joined
    )
    return kept.replace("&nbsp;", HARD_SPACE).replace(HARD_SPACE, HARD_SPACE_DRAWN)


def _convert(html: str, title: str, fonts: Path) -> bytes:
    from xhtml2pdf import pisa
    from xhtml2pdf.config.resources import RenderLimitError

    prepare()
    buffer = io.BytesIO()
    try:
        with drawing:
            result = pisa.CreatePDF(
                html,
                dest=buffer,
                encoding="utf-8",
                # In the head a Cyrillic title would be four warnings about nothing.
                context_meta={"title": title},
                resource_policy=policy(fonts),
            )
    except RenderLimitError as error:
        raise PdfError((str(error),)) from error
    if result.err or result.warn:
        raise PdfError(tuple(message for _, _, message, _ in result.log))
    return buffer.getvalue()


@cache
def prepare() -> None:
    """Set the libraries up, once a process: before anything is drawn."""
    from reportlab import rl_config

    _tell_hard_spaces()
    # It writes pieces of the document, names and addresses, into the log.
    logging.getLogger("xhtml2pdf").setLevel(logging.CRITICAL)
    # Streams as letters are for channels of seven bits, and a quarter longer.
    rl_config.useA85 = 0


def _tell_hard_spaces() -> None:
    """Let documents say U+00A0 where a hard space is drawn.

    What a glyph means to whoever copies or searches is the font's ToUnicode map, and
    reportlab makes it in this one function, from the codes the font was asked for.
    """
    from reportlab.pdfbase import ttfonts

    make = ttfonts.makeToUnicodeCMap
    drawn, meant = ord(HARD_SPACE_DRAWN), ord(HARD_SPACE)

    def told(name: str, subset: list[int]) -> str:
        codes = [meant if code == drawn else code for code in subset]
        cmap: str = make(name, codes)
        return cmap

    ttfonts.makeToUnicodeCMap = told


@cache
def policy(fonts: Path) -> "ResourceAccessPolicy":
    """Allow the folder of the fonts and nothing else."""
    from xhtml2pdf.config.resources import ResourceAccessPolicy

    made: ResourceAccessPolicy = ResourceAccessPolicy.server(
        base_dir=fonts,
        allow_remote=False,
        max_render_seconds=MAX_SECONDS,
        max_document_bytes=MAX_DOCUMENT_BYTES,
    )
    return made
