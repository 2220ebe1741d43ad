"""How two versions of a public text differ."""

from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True)
class Change:
    """A line that only one of the versions has."""

    is_added: bool
    text: str


def difference(before: str, after: str) -> tuple[Change, ...]:
    """Return the lines that went and those that came, in the order of the text."""
    old, new = _lines(before), _lines(after)
    found: list[Change] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, first, last, new_first, new_last in matcher.get_opcodes():
        if tag != "equal":
            found += [Change(is_added=False, text=line) for line in old[first:last]]
            found += [
                Change(is_added=True, text=line) for line in new[new_first:new_last]
            ]
    return tuple(found)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
