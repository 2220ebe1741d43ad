"""Readings out of the ordinary: the queue, one of them, and what specialists decide."""

from cabinet.services.reviews.deciding import accept, correct, give_back, undo
from cabinet.services.reviews.queue import Wanted, photo_of, review_of, review_queue
from cabinet.services.reviews.refusals import (
    AlreadyDecidedError,
    CannotStandError,
    CannotUndoError,
    CorrectionAskedError,
    ReviewNotFoundError,
    SameRegistersError,
    Stays,
)
from cabinet.services.reviews.shown import Decided, ReviewQueue, ReviewRow, ZoneRow

__all__ = [
    "AlreadyDecidedError",
    "CannotStandError",
    "CannotUndoError",
    "CorrectionAskedError",
    "Decided",
    "ReviewNotFoundError",
    "ReviewQueue",
    "ReviewRow",
    "SameRegistersError",
    "Stays",
    "Wanted",
    "ZoneRow",
    "accept",
    "correct",
    "give_back",
    "photo_of",
    "review_of",
    "review_queue",
    "undo",
]
