"""How the pages look to whoever asked for larger text or stronger colours.

The choice is a cookie of this browser. Each look is a style sheet of its own, so the
usual one carries nothing of the others.
"""

from dataclasses import dataclass
from datetime import timedelta
from itertools import product

from flask import Response, current_app, request

from cabinet.config import Settings

COOKIE = "looks"
KEPT = timedelta(days=365)
#: How much larger large text is; with it the longest meter fits a phone of 320 pixels.
LARGE = 1.25


@dataclass(frozen=True, kw_only=True, slots=True)
class Looks:
    """What a visitor asked for."""

    is_large: bool = False
    is_strong: bool = False

    @property
    def zoom(self) -> float:
        """Return how many times larger than usual the text is."""
        return LARGE if self.is_large else 1

    @property
    def word(self) -> str:
        """Return the choice as the cookie says it."""
        return "-".join(
            word
            for word, is_on in (("large", self.is_large), ("strong", self.is_strong))
            if is_on
        )


USUAL = Looks()
ALL = tuple(
    Looks(is_large=large, is_strong=strong)
    for large, strong in product((False, True), repeat=2)
)
_BY_WORD = {each.word: each for each in ALL}


def chosen() -> Looks:
    """Return how this browser wants the pages; the usual way if its cookie is odd."""
    return _BY_WORD.get(request.cookies.get(COOKIE, ""), USUAL)


def keep(response: Response, wanted: Looks) -> None:
    """Let the browser remember the choice for a year, or forget it if it is the usual."""
    settings: Settings = current_app.extensions["cabinet.settings"]
    response.set_cookie(
        COOKIE,
        wanted.word,
        max_age=KEPT if wanted != USUAL else 0,
        secure=settings.is_https,
        httponly=True,
        samesite="Lax",
        path="/",
    )
