"""PT Sans cut down to what a receipt may hold, kept in a folder of its own."""

import os
import tempfile
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

FACES = {
    "regular.ttf": "PT_Sans-Web-Regular.ttf",
    "bold.ttf": "PT_Sans-Web-Bold.ttf",
}

# What both faces have of Latin with accents and of Cyrillic, and the signs of the trade:
# dashes, quotes, ellipsis, bullet, rouble, number, minus, almost equal, at most, at least.
_LETTERS = (
    (0x20, 0x7E),
    (0xA0, 0x109),
    (0x10C, 0x113),
    (0x116, 0x11F),
    (0x139, 0x13E),
    (0x141, 0x148),
    (0x150, 0x165),
    (0x16A, 0x173),
    (0x178, 0x17E),
    (0x401, 0x40C),
    (0x40E, 0x44F),
    (0x451, 0x45C),
    (0x45E, 0x45F),
    (0x48A, 0x4C0),
    (0x4C3, 0x4F9),
)
_SIGNS = "–—‘’‚“”„…•₽№−≈≤≥"
CHARACTERS = frozenset(
    [chr(code) for first, last in _LETTERS for code in range(first, last + 1)]
) | frozenset(_SIGNS)

#: What a hard space is drawn as: reportlab writes U+00A0 itself as an ordinary space, and
#: whoever copies «1 234,56 ₽» would get a sum that breaks over lines. A sign of the
#: private area with the same glyph keeps its own place in the document.
HARD_SPACE = "\u00a0"
HARD_SPACE_DRAWN = "\ue0a0"

# A change of what is above is a change of this number.
_EDITION = 2


@cache
def _name() -> str:
    return f"pt-sans-{version('fontpkg-pt-sans')}-{_EDITION}"


def font_folder(cache_folder: Path) -> Path:
    """Return the folder with the faces, cutting them at the first call.

    Without hints and layout tables a face is an eighth of its size, and so is the part
    of it that each document carries.
    """
    folder = cache_folder / _name()
    missing = [name for name in FACES if not (folder / name).exists()]
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
    for name in missing:
        _cut(FACES[name], folder / name)
    return folder


def _cut(source: str, target: Path) -> None:
    """Write the face in one move: another process may be doing the same."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options(
        hinting=False, layout_features=[], notdef_outline=True, glyph_names=False
    )
    options.drop_tables += ["GPOS", "GSUB", "GDEF", "kern", "DSIG"]
    with (files("fontpkg_pt_sans") / "files" / source).open("rb") as stream:
        font = TTFont(stream, recalcTimestamp=False)
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=[ord(sign) for sign in CHARACTERS])
        subsetter.subset(font)
        for table in font["cmap"].tables:
            if table.isUnicode():
                table.cmap[ord(HARD_SPACE_DRAWN)] = table.cmap[ord(HARD_SPACE)]
        handle, name = tempfile.mkstemp(dir=target.parent, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            font.save(file)
        Path(name).chmod(0o644)
        Path(name).replace(target)
