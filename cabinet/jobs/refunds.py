"""What the worker does for refunds: sends what was agreed, and asks the providers."""

from datetime import datetime

from cabinet.gateways.shops import Shops
from cabinet.services.payments import refund_calls

#: So many in one turn, so that payments are looked at between.
TURN = 20


def follow(shops: Shops, *, now: datetime) -> int:
    """Do what is due about refunds; returns how many."""
    return refund_calls.follow_due(shops, now=now, most=TURN)
