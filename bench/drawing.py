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
    pictures: tuple[tuple[float, float, float, float], ...]


def read(document: bytes) -> Drawing:
    """Return what is drawn on the first page; the faces must be registered."""
    reader = _Reader()
    PdfReader(io.BytesIO(document)).pages[0].extract_text(
        visitor_text=reader.on_text, visitor_operand_before=reader.on_operator
    )
    return Drawing(tuple(reader.texts), tuple(reader.rules), tuple(reader.pictures))


class _Reader:
    """Follows the operators of a page."""

    def __init__(self) -> None:
        self.texts: list[Text] = []
        self.rules: list[Rule] = []
        self.pictures: list[tuple[float, float, float, float]] = []
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
                self.pictures.append((cm[4], cm[5], cm[0], cm[3]))


def _at(x: float, y: float, cm: Any) -> tuple[float, float]:
    return x * cm[0] + cm[4], y * cm[3] + cm[5]


def register_faces(folder: Path) -> None:
    """Teach reportlab the faces that the portal's documents use, once a process."""
    for name, face in FACES.items():
        registerFont(TTFont(face, folder / f"{name}.ttf"))


@dataclass(frozen=True)
class Contents:
    """What the pictures show: a code to pay by, an address, the year's bars.

    A bar is a part of the highest, and whether it is an estimate.
    """

    code: str
    encoding: str
    address: str
    bars: tuple[tuple[float, bool], ...]


def draw(drawing: Drawing, contents: Contents, *, title: str, pages: int = 1) -> bytes:
    """Draw the page so many times and return the document."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(595.27, 841.89), pageCompression=1)
    canvas.setTitle(title)
    for _ in range(pages):
        _page(canvas, drawing, contents)
    canvas.save()
    return buffer.getvalue()


def _page(canvas: Canvas, drawing: Drawing, contents: Contents) -> None:
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
    codes = [(contents.code, contents.encoding), (contents.address, "utf-8")]
    told = [one for one in codes if one[0]]
    for place, (code, encoding) in zip(drawing.pictures, told, strict=False):
        canvas.drawImage(_code(code, encoding), *place)
    if contents.bars and len(drawing.pictures) > len(told):
        _bars(canvas, contents.bars, drawing.pictures[-1])
    canvas.showPage()


def _code(text: str, encoding: str) -> ImageReader:
    picture = io.BytesIO()
    segno.make(
        text,
        error="m",
        micro=False,
        boost_error=False,
        encoding=encoding,
        mask=2,
    ).save(picture, kind="png", scale=4, border=0)
    return ImageReader(picture)


def _bars(
    canvas: Canvas,
    bars: tuple[tuple[float, bool], ...],
    place: tuple[float, float, float, float],
) -> None:
    x, y, width, height = place
    step = width / len(bars)
    for column, (part, is_estimate) in enumerate(bars):
        canvas.setFillColorRGB(*((0.6, 0.7, 0.8) if is_estimate else (0.1, 0.2, 0.3)))
        left = x + step * (column + 0.2)
        canvas.rect(left, y, step * 0.6, height * part, stroke=0, fill=1)
