"""How accounts are found by what people type: an account's words, and what a query asks.

The words of an account are what the index keeps of it. `rank` says of one account how well
a query fits it: the index must find what it finds, in the same order.
"""

from cabinet.domain.searching.account import (
    NAMING,
    Facts,
    Kind,
    house,
    pieces,
    words_of,
)
from cabinet.domain.searching.query import Ask, Query, may_call, read, ways
from cabinet.domain.searching.ranking import LEVELS, Rank, rank
from cabinet.domain.searching.spelling import (
    LEAST_DIGITS,
    LEAST_END,
    LEAST_LETTERS,
    LEAST_PART,
    MOST_TYPED,
    PHONE_DIGITS,
    fold,
    has_part,
    near,
    other_layout,
    phone_key,
    serial_key,
)

__all__ = [
    "LEAST_DIGITS",
    "LEAST_END",
    "LEAST_LETTERS",
    "LEAST_PART",
    "LEVELS",
    "MOST_TYPED",
    "NAMING",
    "PHONE_DIGITS",
    "Ask",
    "Facts",
    "Kind",
    "Query",
    "Rank",
    "fold",
    "has_part",
    "house",
    "may_call",
    "near",
    "other_layout",
    "phone_key",
    "pieces",
    "rank",
    "read",
    "serial_key",
    "ways",
    "words_of",
]
