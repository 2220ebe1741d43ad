"""The receipt by WeasyPrint, from the same template: another renderer of HTML beside ours."""

import io
import logging
from collections.abc import Callable
from importlib import import_module

from pypdf import PdfReader

from cabinet.pdf.fonts import HARD_SPACE_DRAWN

#: What xhtml2pdf takes for granted, and browsers and WeasyPrint do otherwise.
ALIKE = """
body { margin: 0; }
table { width: 100%; border-collapse: collapse; border-spacing: 0; }
img { display: block; }
"""


def renderer() -> Callable[[str], bytes] | None:
    """Return what makes a document of HTML; None where WeasyPrint or its pango is missing."""
    try:
        library = import_module("weasyprint")
    except (ImportError, OSError):
        return None
    # It tells of every property it does not know.
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    alike = library.CSS(string=ALIKE)

    def render(html: str) -> bytes:
        # Fonts are named by their path.
        page = library.HTML(string=html, base_url="file:///")
        made: bytes = page.write_pdf(stylesheets=[alike])
        return made

    return render


def signs(document: bytes) -> tuple[int, str]:
    """Return the pages of a document, and every sign on them but spaces, in order of code."""
    pages = PdfReader(io.BytesIO(document)).pages
    text = "".join(page.extract_text() for page in pages)
    kept = (sign for sign in text if not sign.isspace() and sign != HARD_SPACE_DRAWN)
    return len(pages), "".join(sorted(kept))
