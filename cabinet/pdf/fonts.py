"""PT Sans cut down to what a receipt may hold, kept in a folder of its own."""

import os
import tempfile
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

FACES = {
    "regular.ttf": "PT_Sans-Web-Regular.ttf",
    "bold.ttf": "PT_Sans-Web-Bold.ttf",
}

# Latin with its accents, every Cyrillic letter of the font, and the signs of the trade:
# dashes, quotes, ellipsis, bullet, rouble, number, minus, times, arrows, almost equal.
_LETTERS = [*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x400, 0x530)]
_SIGNS = [ord(sign) for sign in "–—‘’‚“”„…•₽№−≈≤≥"]
CHARACTERS = frozenset([*_LETTERS, *_SIGNS])

# A change of the set above is a change of this name.
_EDITION = 1


def font_folder(cache: Path) -> Path:
    """Return the folder with the faces, cutting them at the first call.

    Without hints and layout tables a face is an eighth of its size, and so is the part
    of it that each document carries.
    """
    folder = cache / f"pt-sans-{version('fontpkg-pt-sans')}-{_EDITION}"
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
        subsetter.populate(unicodes=CHARACTERS)
        subsetter.subset(font)
        handle, name = tempfile.mkstemp(dir=target.parent, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            font.save(file)
        Path(name).replace(target)
