"""Use cases whose form has a key: sent twice at the same moment, they are done once."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from peewee import IntegrityError

#: So often may others be quicker, one after the other.
TRIES = 8

P = ParamSpec("P")
R = TypeVar("R")


def keyed(act: Callable[P, R]) -> Callable[P, R]:
    """Do the use case again where the database says that the same form was quicker.

    What was begun has been rolled back whole, and this time the use case finds what the
    other one wrote. An IntegrityError that stays is raised: no form came twice.
    """

    @wraps(act)
    def done_once(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(TRIES - 1):
            try:
                return act(*args, **kwargs)
            except IntegrityError:
                continue
        return act(*args, **kwargs)

    return done_once
