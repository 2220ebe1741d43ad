"""Branches of an installation: added by the administrator, each once, and set up."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from peewee import IntegrityError

from cabinet.domain.money import Money
from cabinet.domain.period import LAST_SAFE_DAY
from cabinet.exchange.gost_qr import Payee, QrError, payment_text
from cabinet.models import Branch
from cabinet.models.base import lock, reading, writing
from cabinet.services import audit

#: Longest words of a branch: what its columns hold.
LENGTHS: Mapping[str, int] = {
    "name": 120,
    "region": 120,
    "bank": 45,
    "address": 240,
    "phone": 40,
    "hours": 120,
    "email": 254,
    "site": 120,
}
MAY_BE_EMPTY = frozenset({"site"})

_CODE = re.compile(r"[a-z][a-z0-9-]{0,31}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
#: Weights of the key of an account (Bank of Russia, order 515 of 8 September 1997).
_WEIGHTS = (7, 1, 3)


class BranchTakenError(ValueError):
    """A branch has this code already."""


class BranchMissingError(LookupError):
    """No branch has this code."""


class BranchFaultyError(ValueError):
    """What was said of the branch cannot be; carries every fault, a line each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, kw_only=True, slots=True)
class NewBranch:
    """What an administrator says of a branch; the requisites stand on its receipts."""

    code: str
    name: str
    region: str
    time_zone: str
    window_first: int
    window_last: int
    company: str
    inn: str
    kpp: str
    bic: str
    bank: str
    settlement_account: str
    correspondent_account: str
    address: str
    phone: str
    hours: str
    email: str
    site: str = ""


def choices() -> tuple[tuple[str, str], ...]:
    """Return the code and the name of each branch, by name."""
    with reading():
        query = Branch.select(Branch.code, Branch.name).order_by(Branch.name)
        return tuple(query.tuples())


def add_branch(new: NewBranch, *, now: datetime) -> int:
    """Add a branch and return its id; raises BranchFaultyError or BranchTakenError."""
    if faults := list(_faults(new)):
        raise BranchFaultyError(faults)
    values = {name: getattr(new, name) for name in NewBranch.__slots__}
    try:
        with writing():
            row = Branch.create(**values)
            audit.record(
                audit.SYSTEM,
                "branch.added",
                now=now,
                subject=f"branch:{row.id}",
                code=new.code,
            )
    except IntegrityError as error:
        raise BranchTakenError(new.code) from error
    return int(row.id)


def set_branch(code: str, values: Mapping[str, bool | Money], *, now: datetime) -> None:
    """Change settings of a branch, each noted with what it was.

    Raises BranchMissingError, and BranchFaultyError for a sum below zero.
    """
    faults = [
        f"{name} is not below zero"
        for name, value in values.items()
        if isinstance(value, Money) and value < Money(0)
    ]
    if faults:
        raise BranchFaultyError(faults)
    with writing():
        row = lock(Branch.select().where(Branch.code == code)).first()
        if row is None:
            raise BranchMissingError(code)
        for name, value in values.items():
            before = getattr(row, name)
            if before == value:
                continue
            column = {name: value}
            Branch.update(column).where(Branch.id == row.id).execute()
            audit.record(
                audit.SYSTEM,
                "branch.set",
                now=now,
                subject=f"branch:{row.id}",
                setting=name,
                before=_told(before),
                after=_told(value),
            )


def _told(value: bool | Money) -> bool | int:  # noqa: FBT001 - a setting's own value
    """Return a setting as the log keeps it: sums in kopecks."""
    return value.kopecks if isinstance(value, Money) else value


def _faults(new: NewBranch) -> Iterator[str]:
    if not _CODE.fullmatch(new.code):
        yield "the code is up to 32 small Latin letters, digits and dashes, like kursk"
    for name, most in LENGTHS.items():
        text = getattr(new, name)
        if not (text or name in MAY_BE_EMPTY) or len(text) > most:
            yield f"{name} has 1 to {most} characters"
    try:
        ZoneInfo(new.time_zone)
    except (LookupError, OSError, ValueError):
        yield f"there is no time zone {new.time_zone!r}; it is like Europe/Moscow"
    if not 1 <= new.window_first <= new.window_last <= LAST_SAFE_DAY:
        yield f"the window is two days from 1 to {LAST_SAFE_DAY}, the first not the later"
    if not _EMAIL.fullmatch(new.email):
        yield f"{new.email!r} is no e-mail"
    yield from _faults_of_requisites(new)


def _faults_of_requisites(new: NewBranch) -> Iterator[str]:
    """Tell why no payment code could be made, or why a bank would refuse the account."""
    try:
        payment_text(
            Payee(
                name=new.company,
                account=new.settlement_account,
                bank=new.bank,
                bic=new.bic,
                corr_account=new.correspondent_account,
                inn=new.inn,
                kpp=new.kpp,
            ),
            account="0" * 12,
            purpose="Электроэнергия",
        )
    except QrError as error:
        yield f"no payment code can be made: {error}"
        return
    if not (new.inn and new.kpp):
        yield "the INN and the KPP stand on every receipt"
    if not _key_fits(new.bic[-3:], new.settlement_account):
        yield "the settlement account does not fit the BIC: a digit is wrong"
    if not _key_fits(f"0{new.bic[4:6]}", new.correspondent_account):
        yield "the correspondent account does not fit the BIC: a digit is wrong"


def _key_fits(bank: str, account: str) -> bool:
    """Tell whether the key of an account fits its bank; one with a letter is not told."""
    digits = bank + account
    if not digits.isdecimal():
        return True
    total = sum(
        int(digit) * _WEIGHTS[at % len(_WEIGHTS)] for at, digit in enumerate(digits)
    )
    return total % 10 == 0
