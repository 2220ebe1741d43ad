"""What goes to a bank along with a payment, so that a lost database learns of it again.

Banks repeat what is sent with an order, as pairs of texts: YooKassa in its list, Sberbank
in its own; T-Bank repeats only the order's number, so that of a payment for one account
names it. The limits are theirs: 16 pairs with values of 512 signs (YooKassa), numbers of
32 signs (Sberbank).
"""

import hashlib
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cabinet.domain.money import Money
from cabinet.domain.period import Month

#: Signs of one value of shares, and such values in one order beside six other pairs.
MOST_TEXT = 500
MOST_VALUES = 9
MOST_NUMBER = 32

_NAMES = ("shares", *(f"shares{count}" for count in range(2, MOST_VALUES + 1)))
_SHARE = re.compile(r"([^:;]{1,24}):([0-9]{1,12}):([0-9]{4}-[0-9]{2})?")
_NUMBER = re.compile(
    r"[0-9]{1,18}-(?P<head>[0-9a-f]{8})(?P<tag>[0-9a-f]{4})-[0-9]{1,9}"
    r"(?:-(?P<account>[0-9a-z]{1,16}))?"
)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What an order's number says; `account` is empty where there are several."""

    head: str
    tag: str
    account: str


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


def make_number(
    payment_id: int,
    public_id: uuid.UUID,
    count: int,
    *,
    installation: str,
    account: str = "",
) -> str:
    """Return the number of a call: ours among all, by chance and by installation.

    With `account` it ends in that account, if it is of digits and fits.
    """
    number = f"{payment_id}-{public_id.hex[:8]}{tag_of(installation)}-{count}"
    if not (account.isascii() and account.isdecimal()):
        return number
    named = f"{number}-{_short(account)}"
    return named if len(named) <= MOST_NUMBER else number


def read_number(number: str) -> Named | None:
    """Return what the number says, None for one that is none of ours."""
    found = _NUMBER.fullmatch(number)
    if found is None:
        return None
    text = found["account"]
    # A one before it keeps the zeros that an account begins with.
    account = str(int(text, len(_DIGITS)))[1:] if text else ""
    return Named(head=found["head"], tag=found["tag"], account=account)


def tag_of(installation: str) -> str:
    """Return four signs by which installations that share a shop tell theirs apart."""
    return hashlib.sha256(installation.encode()).hexdigest()[:4]


def _share(text: str) -> SentShare:
    found = _SHARE.fullmatch(text)
    if found is None:
        raise ValueError("not a share")
    return SentShare(
        account=found[1],
        amount=Money(int(found[2])),
        month=Month.parse(found[3]) if found[3] else None,
    )


def _short(account: str) -> str:
    rest, text = int(f"1{account}"), ""
    while rest:
        rest, place = divmod(rest, len(_DIGITS))
        text = _DIGITS[place] + text
    return text
