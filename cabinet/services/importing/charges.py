"""Charges from a billing system: bills and what they add to the balances."""

from cabinet.exchange.registry import ChargeRow
from cabinet.services.importing.intake import Intake


def take_charges(rows: list[ChargeRow], intake: Intake) -> None:
    """Add bills."""
