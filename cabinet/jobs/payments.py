"""What the worker does for card payments: uses notices, and asks the providers."""

from datetime import datetime

from cabinet.gateways.shops import Shops
from cabinet.services.payments import asking, notices

#: So many are asked in one turn, so that notices are looked at between.
TURN = 20


def follow(shops: Shops, *, now: datetime) -> int:
    """Use what notices have come and ask about what is due; returns how many."""
    used = asked = 0
    try:
        used = notices.take_due(shops, now=now, most=TURN)
    finally:
        # Whatever is wrong with a notice, the payments are asked about.
        asked = asking.ask_due(shops, now=now, most=TURN)
    return used + asked
