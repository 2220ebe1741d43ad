"""Pictures of QR codes: PNG for a PDF, an SVG path for a page."""

import base64
import io
from dataclasses import dataclass
from itertools import groupby

import segno

#: Light modules around the code that a reader needs (ISO/IEC 18004).
QUIET = 4

# A fixed mask saves four fifths of the time; the code stays readable with any of them.
_MASK = 2

# Less is blurred by the printers of old phones' PDF viewers and not decoded.
_SCALE = 4


@dataclass(frozen=True, slots=True)
class SvgCode:
    """A code as one stroked SVG path; `size` is the side of its view box in modules."""

    size: int
    path: str


def _make(text: str, encoding: str) -> segno.QRCode:
    return segno.make(
        text,
        error="m",
        micro=False,
        boost_error=False,
        encoding=encoding,
        mask=_MASK,
    )


def png_uri(text: str, *, encoding: str = "utf-8") -> str:
    """Return the code as a `data:` address of a PNG picture.

    Without the quiet edge: paper around it is white, and its side stands in line.
    """
    buffer = io.BytesIO()
    _make(text, encoding).save(buffer, kind="png", scale=_SCALE, border=0)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def svg_code(text: str, *, encoding: str = "utf-8") -> SvgCode:
    """Return the code as lines to be stroked one module wide."""
    matrix = _make(text, encoding).matrix
    rows = (_row(row, line) for row, line in enumerate(matrix, start=QUIET))
    return SvgCode(len(matrix) + 2 * QUIET, "".join(rows))


def _row(row: int, line: bytearray) -> str:
    """Draw the dark runs of one row along its middle.

    Moves inside a row are relative: the same few words again and again, which compress.
    """
    first = line.index(1)
    parts = [f"M{first + QUIET} {row}.5"]
    for dark, modules in groupby(line[first:]):
        length = len(list(modules))
        parts.append(f"h{length}" if dark else f"m{length} 0")
    return "".join(parts)
