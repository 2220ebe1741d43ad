"""What a check says."""

from dataclasses import dataclass

WELL, WARNING, FAULT = "well", "warning", "fault"
LEVELS = {WELL: "  ✓", WARNING: "  !", FAULT: "  ✗"}


@dataclass(frozen=True, slots=True)
class Word:
    """A finding: how bad, what it is, and what to do about it."""

    level: str
    text: str
    remedy: str = ""


def in_line(error: Exception) -> str:
    """Return what an error says, in one line."""
    return " ".join(str(error).split())
