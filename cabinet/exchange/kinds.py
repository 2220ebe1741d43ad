"""Every kind of file that is brought in, in the order in which they depend on each other."""

from typing import Any

from cabinet.exchange.benefits import BENEFITS
from cabinet.exchange.changes import HOLDERS, REPLACEMENTS
from cabinet.exchange.counted import COUNTED
from cabinet.exchange.dated import DATED
from cabinet.exchange.papers import PAPERS
from cabinet.exchange.profiles import Profile
from cabinet.exchange.registry import ACCOUNTS, CHARGES, METERS, PAYMENTS, READINGS

PROFILES: tuple[Profile[Any], ...] = (
    ACCOUNTS,
    HOLDERS,
    METERS,
    REPLACEMENTS,
    READINGS,
    CHARGES,
    PAYMENTS,
    COUNTED,
    BENEFITS,
    PAPERS,
    *DATED,
)
