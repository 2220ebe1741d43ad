"""What the guide of loads says of everything that is given out."""

import re
from pathlib import Path

from cabinet.forms.outgoing import FORMAT_WORDS

GUIDE = Path(__file__).parents[1] / "docs" / "ru" / "loads.md"


def exported():
    """Return by the name of each thing its kind of import, "нет" if none, and why."""
    text = GUIDE.read_text(encoding="utf-8").partition("## Что загружается обратно")[2]
    found = {}
    for told in re.findall(r"^\| (.+?) \| (.*?)\|(.*?)\|$", text, re.MULTILINE)[1:]:
        what, kind, why = (cell.strip().replace("`", "") for cell in told)
        head, _, rest = what.rpartition(": ")
        names = [rest] if rest in FORMAT_WORDS.values() else rest.split(", ")
        for name in names:
            found[f"{head}: {name}" if head else name] = kind, why
    return found
