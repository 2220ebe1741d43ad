"""Readings that specialists enter: told by telephone, written on paper, from a round."""

from cabinet.services.entering.entering import (
    AlreadyThereError,
    DayUnfitError,
    Entry,
    ReplacesError,
    enter_reading,
)
from cabinet.services.entering.log import Entered, Log, entries_of
from cabinet.services.entering.looking import (
    MOST_HITS,
    SOURCES,
    Blank,
    Found,
    Standing,
    blank_entry,
    look_up,
)
from cabinet.services.entering.undoing import (
    CannotUndoError,
    EntryNotFoundError,
    undo_entry,
)

__all__ = [
    "MOST_HITS",
    "SOURCES",
    "AlreadyThereError",
    "Blank",
    "CannotUndoError",
    "DayUnfitError",
    "Entered",
    "Entry",
    "EntryNotFoundError",
    "Found",
    "Log",
    "ReplacesError",
    "Standing",
    "blank_entry",
    "enter_reading",
    "entries_of",
    "look_up",
    "undo_entry",
]
