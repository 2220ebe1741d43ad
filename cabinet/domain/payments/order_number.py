"""The number of an order at a bank (номер заказа), and whom it was paid for.

Of a payment that a lost database does not know any more some banks repeat nothing but its
number, and tell only what is left of one that went back in part. So the number tells the
accounts. It is made for people, `77-6f1e7a5c0d0b-1-…`, with the account in the end. Where
the bank takes enough signs it is of digits and letters alone and tells the sums too: a
whole number that each fact was put into in turn, from the last to the first, times as
many values as the fact can have.
"""

import hashlib
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from cabinet.domain.money import Money
from cabinet.domain.payments.sent import SentShare

#: Signs that every bank takes.
MOST_NUMBER = 32

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_SIGNS = f"{_DIGITS}ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NUMBER = re.compile(
    r"[0-9]{1,18}-(?P<head>[0-9a-f]{8})(?P<tag>[0-9a-f]{4})-[0-9]{1,9}"
    r"(?:-(?P<account>[0-9a-z]{1,16}))?"
)
_PACKED = re.compile(r"[1-9a-zA-Z][0-9a-zA-Z]{9,35}")

#: The first bits of the payment's own id and of the installation's digest; bits of what
#: tells a torn number, and of what tells another sum.
_HEAD, _TAG, _CHECK, _MARK = 24, 16, 8, 8
#: Calls of one payment, accounts in one number, digits of an account, bits of a sum.
_CALLS, _MOST, _LONGEST, _BITS = 16, 5, 24, 40
#: How many accounts there are and whether the sum of each is told; of one it always is.
_FORMS = [
    (1, True),
    *((many, told) for many in range(2, _MOST + 1) for told in (True, False)),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What an order's number says.

    `head` begins the payment's own id and `tag` is the installation's. `accounts` are
    those it was paid for, nothing where the number does not tell; `amounts` are of each of
    them, or of all but the last. Then `mark` is of the whole sum, where there are several.
    """

    head: str
    tag: str
    accounts: tuple[str, ...]
    amounts: tuple[Money, ...] = ()
    mark: int | None = None

    @property
    def total(self) -> Money | None:
        """Return what was paid, None where the number does not tell it."""
        is_told = self.accounts and len(self.amounts) == len(self.accounts)
        return Money.total(self.amounts) if is_told else None

    def shares(self, total: Money) -> tuple[SentShare, ...]:
        """Return the accounts with their parts of the sum; nothing where it is another."""
        amounts = self.amounts
        if self.total is None:
            amounts = (*amounts, total - Money.total(amounts))
        is_another = self.mark not in {None, _digest(total.kopecks, _MARK)}
        is_sum = Money.total(amounts) == total and min(amounts) > Money(0)
        if not self.accounts or is_another or not is_sum:
            return ()
        return tuple(
            SentShare(account=account, amount=amount)
            for account, amount in zip(self.accounts, amounts, strict=True)
        )


def make_number(
    payment_id: int,
    public_id: uuid.UUID,
    count: int,
    *,
    installation: str,
    shares: Sequence[SentShare] = (),
    signs: int = 0,
) -> str:
    """Return the number of a call: ours among all, by chance and by installation.

    It tells the accounts of the shares if they are of digits and fit: with their sums into
    so many `signs` of the bank's, one without its sum into the 32 that every bank takes.
    """
    number = f"{payment_id}-{public_id.hex[:8]}{tag_of(installation)}-{count}"
    accounts = [share.account for share in shares]
    if not accounts or not all(map(_is_plain, accounts)):
        return number
    for is_told in (True, False):
        packed = _packed(public_id, count, installation, shares, is_told=is_told)
        if packed and len(packed) <= signs:
            return packed
    # A one before it keeps the zeros that an account begins with.
    named = f"{number}-{_text(int(f'1{accounts[0]}'), _DIGITS)}"
    return named if len(accounts) == 1 and len(named) <= MOST_NUMBER else number


def read_number(number: str) -> Named | None:
    """Return what the number says, None for one that is none of ours."""
    found = _NUMBER.fullmatch(number)
    if found is None:
        return _unpacked(number) if _PACKED.fullmatch(number) else None
    text = found["account"]
    accounts = (str(int(text, len(_DIGITS)))[1:],) if text else ()
    return Named(head=found["head"], tag=found["tag"], accounts=accounts)


def tag_of(installation: str) -> str:
    """Return four signs by which installations that share a shop tell theirs apart."""
    return hashlib.sha256(installation.encode()).hexdigest()[: _TAG // 4]


def _is_plain(account: str) -> bool:
    return account.isascii() and account.isdecimal()


def _text(value: int, signs: str) -> str:
    text = ""
    while value:
        value, place = divmod(value, len(signs))
        text = signs[place] + text
    return text


def _digest(value: int, bits: int) -> int:
    found = hashlib.sha256(str(value).encode()).digest()
    return int.from_bytes(found[:4]) % (1 << bits)


# With the sums --------------------------------------------------------------------


def _packed(
    public_id: uuid.UUID,
    count: int,
    installation: str,
    shares: Sequence[SentShare],
    *,
    is_told: bool,
) -> str:
    """Return the number of accounts and sums, nothing where it cannot tell them.

    The largest sum comes last: unless it is told, it is what the others leave.
    """
    ordered = sorted(shares, key=lambda one: (one.amount, one.account))
    accounts = [one.account for one in ordered]
    amounts = [one.amount.kopecks for one in ordered]
    sums = amounts if is_told else amounts[:-1]
    longest, bits = len(accounts[0]), max(sums, default=0).bit_length()
    fits = (
        1 <= count <= _CALLS
        and (len(accounts), is_told) in _FORMS
        and len(set(accounts)) == len(accounts)
        and {len(one) for one in accounts} == {longest}
        and longest <= _LONGEST
        and 1 <= bits <= _BITS
    )
    if not fits:
        return ""
    same = _same(accounts)
    facts = [
        (int(public_id.hex[: _HEAD // 4], 16), 1 << _HEAD),
        (int(tag_of(installation), 16), 1 << _TAG),
        (count - 1, _CALLS),
        (_FORMS.index((len(accounts), is_told)), len(_FORMS)),
        (longest - 1, _LONGEST),
        (same, longest),
        (int(f"0{accounts[0][:same]}"), 10**same),
        *((int(one[same:]), 10 ** (longest - same)) for one in accounts),
        (bits - 1, _BITS),
        *((one, 1 << bits) for one in sums),
    ]
    if not is_told:
        facts.append((_digest(sum(amounts), _MARK), 1 << _MARK))
    rest = 1
    for value, values in reversed(facts):
        rest = rest * values + value
    return _text(rest << _CHECK | _digest(rest, _CHECK), _SIGNS)


def _unpacked(number: str) -> Named | None:
    value = 0
    for sign in number:
        value = value * len(_SIGNS) + _SIGNS.index(sign)
    rest, check = value >> _CHECK, value & (1 << _CHECK) - 1
    if check != _digest(rest, _CHECK):
        return None
    facts = _Facts(rest)
    head, tag = facts.take(1 << _HEAD), facts.take(1 << _TAG)
    facts.take(_CALLS)
    many, is_told = _FORMS[facts.take(len(_FORMS))]
    longest = facts.take(_LONGEST) + 1
    same = facts.take(longest)
    begin = f"{facts.take(10**same):0{same}}" if same else ""
    width = longest - same
    ends = [f"{facts.take(10**width):0{width}}" for _ in range(many)]
    bits = facts.take(_BITS) + 1
    sums = [facts.take(1 << bits) for _ in range(many if is_told else many - 1)]
    mark = None if is_told else facts.take(1 << _MARK)
    if facts.rest != 1:
        return None
    return Named(
        head=f"{head:0{_HEAD // 4}x}",
        tag=f"{tag:0{_TAG // 4}x}",
        accounts=tuple(begin + end for end in ends),
        amounts=tuple(map(Money, sums)),
        mark=mark,
    )


class _Facts:
    """Gives the facts out in the order they were named in."""

    def __init__(self, rest: int) -> None:
        self.rest = rest

    def take(self, values: int) -> int:
        self.rest, found = divmod(self.rest, values)
        return found


def _same(accounts: Sequence[str]) -> int:
    """Return how many digits all of several accounts begin with: no two are the same."""
    columns = enumerate(zip(*accounts, strict=True))
    return next((at for at, column in columns if len(set(column)) > 1), 0)
