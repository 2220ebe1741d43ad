"""Erasing a person (152-ФЗ): what the cabinet knew of them, not the contract's books.

The holder's name and address belong to the account and stay with it; readings and the
ledger stay without whose hands they came through.
"""

from cabinet.services.erasure.act import (
    ActNotFoundError,
    ErasureAct,
    LeavingRow,
    get_act,
    leavings,
)
from cabinet.services.erasure.erase import (
    Reapplied,
    Why,
    due,
    erase_due,
    erase_user,
    find_user,
    finish,
    reapply,
)

__all__ = [
    "ActNotFoundError",
    "ErasureAct",
    "LeavingRow",
    "Reapplied",
    "Why",
    "due",
    "erase_due",
    "erase_user",
    "find_user",
    "finish",
    "get_act",
    "leavings",
    "reapply",
]
