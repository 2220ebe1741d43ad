"""The receipt drawn by bare reportlab: what stands on a page, and a canvas to repeat it.

The strings with their places and sizes, the rules and the pictures are read out of the
document that the portal made; the floor draws them by hand, as a program written for
this one form would.
"""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import segno
from pypdf import PdfReader
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

FACES = {"regular": "Regular", "bold": "Bold"}


@dataclass(frozen=True)
class Text:
    """A string, its place in points from the lower left corner, its face and size."""

    x: float
    y: float
    face: str
    size: float
    colour: tuple[float, ...]
    text: str


@dataclass(frozen=True)
class Rule:
    """A stroked line or a filled box."""

    kind: str
    numbers: tuple[float, ...]
    width: float
    colour: tuple[float, ...]


@dataclass(frozen=True)
class Drawing:
    """Everything on the one page."""

    texts: tuple[Text, ...]
    rules: tuple[Rule, ...]
    picture: tuple[float, float, float, float] | None


def read(document: bytes) -> Drawing:
    """Return what is drawn on the first page; the faces must be registered."""
    reader = _Reader()
    PdfReader(io.BytesIO(document)).pages[0].extract_text(
        visitor_text=reader.on_text, visitor_operand_before=reader.on_operator
    )
    return Drawing(tuple(reader.texts), tuple(reader.rules), reader.picture)


class _Reader:
    """Follows the operators of a page."""

    def __init__(self) -> None:
        self.texts: list[Text] = []
        self.rules: list[Rule] = []
        self.picture: tuple[float, float, float, float] | None = None
        self.fill: tuple[float, ...] = (0.0, 0.0, 0.0)
        self.stroke: tuple[float, ...] = (0.0, 0.0, 0.0)
        self.width = 1.0
        self.pen = (0.0, 0.0)
        self.place = (0.0, 0.0)

    def on_text(self, text: str, cm: Any, tm: Any, font: Any, size: float) -> None:
        if not text.strip() or font is None:
            return
        face = "bold" if "Bold" in str(font.get("/BaseFont", "")) else "regular"
        x, y = _at(tm[4], tm[5], cm)
        if (x, y) == self.place:
            # A change of face within a line: it goes on where the last string ended.
            last = self.texts[-1]
            x = last.x + stringWidth(last.text, FACES[last.face], last.size)
        else:
            self.place = (x, y)
        size *= abs(tm[3] or 1)
        self.texts.append(Text(x, y, face, size, self.fill, text.strip("\n")))

    def on_operator(self, name: bytes, values: Any, cm: Any, _tm: Any) -> None:
        numbers = tuple(float(v) for v in values if isinstance(v, int | float))
        match name:
            case b"rg":
                self.fill = numbers
            case b"RG":
                self.stroke = numbers
            case b"w":
                self.width = numbers[0]
            case b"m":
                self.pen = _at(numbers[0], numbers[1], cm)
            case b"l":
                ends = (*self.pen, *_at(numbers[0], numbers[1], cm))
                self.rules.append(Rule("line", ends, self.width, self.stroke))
            case b"re":
                x, y, width, height = numbers
                box = (*_at(x, y, cm), width * cm[0], height * cm[3])
                self.rules.append(Rule("box", box, self.width, self.fill))
            case b"Do":
                self.picture = (cm[4], cm[5], cm[0], cm[3])


def _at(x: float, y: float, cm: Any) -> tuple[float, float]:
    return x * cm[0] + cm[4], y * cm[3] + cm[5]


def register_faces(folder: Path) -> None:
    """Teach reportlab the faces that the portal's documents use, once a process."""
    for name, face in FACES.items():
        registerFont(TTFont(face, folder / f"{name}.ttf"))


def draw(drawing: Drawing, *, title: str, code: str, encoding: str) -> bytes:
    """Draw the page and return the document."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(595.27, 841.89), pageCompression=1)
    canvas.setTitle(title)
    for rule in drawing.rules:
        canvas.setLineWidth(rule.width)
        if rule.kind == "line":
            canvas.setStrokeColorRGB(*rule.colour)
            canvas.line(*rule.numbers)
        else:
            canvas.setFillColorRGB(*rule.colour)
            canvas.rect(*rule.numbers, stroke=0, fill=1)
    for text in drawing.texts:
        canvas.setFillColorRGB(*text.colour)
        canvas.setFont(FACES[text.face], text.size)
        canvas.drawString(text.x, text.y, text.text)
    if drawing.picture:
        picture = io.BytesIO()
        segno.make(
            code,
            error="m",
            micro=False,
            boost_error=False,
            encoding=encoding,
            mask=2,
        ).save(picture, kind="png", scale=4, border=0)
        canvas.drawImage(ImageReader(picture), *drawing.picture)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()
