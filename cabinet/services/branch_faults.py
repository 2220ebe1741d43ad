"""What is wrong with what is said of a branch: the field, a word for it, and the words."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from cabinet.domain.money import Money
from cabinet.domain.period import LAST_SAFE_DAY
from cabinet.exchange.gost_qr import Payee, QrError, UnfitField, payment_text

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
#: Weights of the control digits of an INN (order of the tax service of 29 June 2012).
_INN = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_FIRM_DIGITS = 10
#: Whose field of the payment code is whose of the branch.
_OF_CODE = {
    "Name": "company",
    "PersonalAcc": "settlement_account",
    "BankName": "bank",
    "BIC": "bic",
    "CorrespAcc": "correspondent_account",
    "PayeeINN": "inn",
    "KPP": "kpp",
}


@dataclass(frozen=True, slots=True)
class BranchFault:
    """What is wrong: where, in one word for pages, in words for the command line."""

    field: str
    word: str
    words: str


def faults_of(said: Mapping[str, Any]) -> Iterator[BranchFault]:
    """Yield every fault of what is said of a branch, all of it."""
    if not _CODE.fullmatch(said["code"]):
        words = (
            "the code is up to 32 small Latin letters, digits and dashes, like kursk"
        )
        yield BranchFault("code", "code", words)
    for name, most in LENGTHS.items():
        text = said[name]
        if not (text or name in MAY_BE_EMPTY) or len(text) > most:
            word = "long" if text else "empty"
            yield BranchFault(name, word, f"{name} has 1 to {most} characters")
    zone = said["time_zone"]
    try:
        ZoneInfo(zone)
    except (LookupError, OSError, ValueError):
        words = f"there is no time zone {zone!r}; it is like Europe/Moscow"
        yield BranchFault("time_zone", "zone", words)
    if not 1 <= said["window_first"] <= said["window_last"] <= LAST_SAFE_DAY:
        words = (
            f"the window is two days from 1 to {LAST_SAFE_DAY}, the first not the later"
        )
        yield BranchFault("window_last", "window", words)
    if not _EMAIL.fullmatch(said["email"]):
        yield BranchFault("email", "email", f"{said['email']!r} is no e-mail")
    yield from _of_requisites(said)


def faults_of_sums(said: Mapping[str, Any]) -> Iterator[BranchFault]:
    """Yield sums below zero."""
    for name, value in said.items():
        if isinstance(value, Money) and value < Money(0):
            yield BranchFault(name, "negative", f"{name} is not below zero")


def inn_fits(inn: str) -> bool:
    """Tell whether the control digits of an INN are right."""

    def control(count: int) -> int:
        weights = _INN[-count:]
        return sum(int(d) * w for d, w in zip(inn, weights, strict=False)) % 11 % 10

    lengths = (9,) if len(inn) == _FIRM_DIGITS else (10, 11)
    return all(control(count) == int(inn[count]) for count in lengths)


def _of_requisites(said: Mapping[str, Any]) -> Iterator[BranchFault]:
    """Tell why no payment code could be made, or why a bank would refuse the account."""
    try:
        payment_text(
            Payee(
                name=said["company"],
                account=said["settlement_account"],
                bank=said["bank"],
                bic=said["bic"],
                corr_account=said["correspondent_account"],
                inn=said["inn"],
                kpp=said["kpp"],
            ),
            account="0" * 12,
            purpose="Электроэнергия",
        )
    except QrError as error:
        field = _OF_CODE[error.field] if isinstance(error, UnfitField) else "company"
        yield BranchFault(field, "shape", f"no payment code can be made: {error}")
        return
    for name in ("inn", "kpp"):
        if not said[name]:
            words = "the INN and the KPP stand on every receipt"
            yield BranchFault(name, "empty", words)
    if said["inn"] and not inn_fits(said["inn"]):
        yield BranchFault("inn", "inn", "the INN has a wrong digit")
    if not _key_fits(said["bic"][-3:], said["settlement_account"]):
        words = "the settlement account does not fit the BIC: a digit is wrong"
        yield BranchFault("settlement_account", "key", words)
    if not _key_fits(f"0{said['bic'][4:6]}", said["correspondent_account"]):
        words = "the correspondent account does not fit the BIC: a digit is wrong"
        yield BranchFault("correspondent_account", "key", words)


def _key_fits(bank: str, account: str) -> bool:
    """Tell whether the key of an account fits its bank; one with a letter is not told."""
    digits = bank + account
    if not digits.isdecimal():
        return True
    total = sum(
        int(digit) * _WEIGHTS[at % len(_WEIGHTS)] for at, digit in enumerate(digits)
    )
    return total % 10 == 0
