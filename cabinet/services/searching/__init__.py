"""The words that accounts are found by: kept, and asked for."""

from cabinet.services.searching.keeping import (
    AT_ONCE,
    Kept,
    kept,
    make_due,
    make_words,
    start_anew,
)

__all__ = ["AT_ONCE", "Kept", "kept", "make_due", "make_words", "start_anew"]
