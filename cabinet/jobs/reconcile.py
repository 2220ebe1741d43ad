"""Yesterday of each shop beside the bank's register, once a day."""

from datetime import datetime

from cabinet.gateways.shops import Shops
from cabinet.services.payments import runs


def reconcile_due(shops: Shops, *, now: datetime) -> int:
    """Compare what is due; returns how many days of shops were compared.

    Whether all of it is done is written down, also where something unforeseen ended it.
    """
    try:
        return runs.reconcile_due(shops, now=now)
    finally:
        runs.note_day(shops, now=now)
