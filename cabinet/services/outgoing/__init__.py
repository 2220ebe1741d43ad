"""Files for other systems: asked for, made by the worker, downloaded again and again."""

from cabinet.domain.outgoing import Shape
from cabinet.services.outgoing.asking import (
    OutCard,
    OutNotFoundError,
    Outs,
    Wish,
    ask,
    outs,
    take,
)
from cabinet.services.outgoing.making import make, make_asked, make_next
from cabinet.services.outgoing.profiles import Profile, profile_of, save_profile

__all__ = [
    "OutCard",
    "OutNotFoundError",
    "Outs",
    "Profile",
    "Shape",
    "Wish",
    "ask",
    "make",
    "make_asked",
    "make_next",
    "outs",
    "profile_of",
    "save_profile",
    "take",
]
