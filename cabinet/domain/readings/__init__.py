"""Readings: what a customer typed, whether it can be, and what to ask when in doubt."""

from cabinet.domain.readings.case import (
    REVIEWS,
    Answer,
    Asked,
    Case,
    Offer,
    Question,
    Taken,
)
from cabinet.domain.readings.causes import (
    Around,
    Cause,
    Likely,
    Obstacle,
    has_rolled_over,
    likely_cause,
    obstacle,
)
from cabinet.domain.readings.checks import check
from cabinet.domain.readings.difference import (
    Dial,
    RegisterFellError,
    Registers,
    consumption,
)
from cabinet.domain.readings.slot import Closed, Slot, slot_of, why_closed
from cabinet.domain.readings.typed import (
    Fault,
    NotAReadingError,
    NotARegisterError,
    Typed,
    digits_of,
    read_register,
    read_registers,
)
from cabinet.domain.readings.usual import history_of, usual

__all__ = [
    "REVIEWS",
    "Answer",
    "Around",
    "Asked",
    "Case",
    "Cause",
    "Closed",
    "Dial",
    "Fault",
    "Likely",
    "NotAReadingError",
    "NotARegisterError",
    "Obstacle",
    "Offer",
    "Question",
    "RegisterFellError",
    "Registers",
    "Slot",
    "Taken",
    "Typed",
    "check",
    "consumption",
    "digits_of",
    "has_rolled_over",
    "history_of",
    "likely_cause",
    "obstacle",
    "read_register",
    "read_registers",
    "slot_of",
    "usual",
    "why_closed",
]
