"""What goes to a bank along with a payment, so that a lost database learns of it again.

Banks repeat what is sent with an order, as pairs of texts: YooKassa in its list, Sberbank
in its own. T-Bank repeats the order's number alone (`order_number`). The limits are
YooKassa's: 16 pairs with values of 512 signs.
"""

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cabinet.domain.money import Money
from cabinet.domain.period import Month

#: Signs of one value of shares, and such values in one order beside six other pairs.
MOST_TEXT = 500
MOST_VALUES = 9

_NAMES = ("shares", *(f"shares{count}" for count in range(2, MOST_VALUES + 1)))
_SHARE = re.compile(r"([^:;]{1,24}):([0-9]{1,12}):([0-9]{4}-[0-9]{2})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class SentShare:
    """What of a payment is for one account."""

    account: str
    amount: Money
    month: Month | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What an order says of its payment; `user` is the number of who pays, if anybody."""

    public_id: uuid.UUID
    number: str
    installation: str
    environment: str
    user: int | None
    shares: tuple[SentShare, ...]


def pack(shares: Iterable[SentShare]) -> dict[str, str]:
    """Return the shares as values of an order; nothing where the bank takes no so many."""
    values: list[str] = []
    for share in shares:
        if set(share.account) & set(":;"):
            return {}
        text = f"{share.account}:{share.amount.kopecks}:{share.month or ''}"
        if values and len(values[-1]) + 1 + len(text) <= MOST_TEXT:
            values[-1] += f";{text}"
        else:
            values.append(text)
    if len(values) > MOST_VALUES:
        return {}
    return dict(zip(_NAMES, values, strict=False))


def read(told: Mapping[str, str]) -> Sent | None:
    """Return what a bank repeats of an order of ours, None where it is none or torn."""
    texts = [told[name] for name in _NAMES if name in told]
    try:
        return Sent(
            public_id=uuid.UUID(told["payment"]),
            number=told["order"],
            installation=told["installation"],
            environment=told["environment"],
            user=int(told["user"]) if told.get("user") else None,
            shares=tuple(_share(one) for text in texts for one in text.split(";")),
        )
    except (KeyError, ValueError):
        return None


def _share(text: str) -> SentShare:
    found = _SHARE.fullmatch(text)
    if found is None:
        raise ValueError("not a share")
    return SentShare(
        account=found[1],
        amount=Money(int(found[2])),
        month=Month.parse(found[3]) if found[3] else None,
    )
