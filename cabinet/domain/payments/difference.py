"""How our payments and a provider's register differ, and what to do about each."""

from enum import StrEnum


class Difference(StrEnum):
    """A way to differ (вид расхождения)."""

    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    AMOUNT = "amount"
    STATE = "state"
    DUPLICATE = "duplicate"
