"""The text of a payment QR code (ГОСТ Р 56042-2014)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cabinet.domain.money import Money
from cabinet.domain.period import Month

#: Bytes of the required block, the service block of eight not counted.
REQUIRED_BYTES = 300

# The order is that of other makers of such codes; none of these stands in a key.
_SEPARATORS = "|#;:^_~{}!$%&()*+,/@"

# Service blocks by encoding. Banks decode by them, whatever the QR code itself says.
_ENCODINGS = {"ST00012": "utf-8", "ST00011": "cp1251"}

_SHAPES: Mapping[str, re.Pattern[str]] = {
    "Name": re.compile(r".{1,160}"),
    "PersonalAcc": re.compile(r"[1-9][0-9]{4}[0-9ABCEHKMPTX][0-9]{14}"),
    "BankName": re.compile(r".{1,45}"),
    "BIC": re.compile(r"[0-9]{9}"),
    # A bank served by a branch of the Bank of Russia may have none: written as zero.
    "CorrespAcc": re.compile(r"[0-9]{20}|0"),
    "Sum": re.compile(r"[1-9][0-9]{0,17}"),
    "Purpose": re.compile(r".{1,210}"),
    "PayeeINN": re.compile(r"[0-9]{10}|[0-9]{12}"),
    "KPP": re.compile(r"[0-9]{4}[0-9A-Z]{2}[0-9]{3}"),
    "PersAcc": re.compile(r".{1,30}"),
    "PaymPeriod": re.compile(r"[0-9]{4}|[0-9]{6}"),
    "TechCode": re.compile(r"[0-9]{2}"),
}
#: Housing and utilities (ЖКУ).
_UTILITIES = "02"


class PeriodForm(StrEnum):
    """How the payee's bank wants the period written."""

    LONG = "MMYYYY"
    SHORT = "MMYY"


class QrError(ValueError):
    """No payment code can be made."""


class UnfitField(QrError):
    """A value does not have the shape the standard gives its field."""

    def __init__(self, field: str, value: str) -> None:
        super().__init__(f"{field} cannot be {value!r}")
        self.field = field
        self.value = value


class RequiredTooLong(QrError):
    """The required block is too long in every encoding that has its letters."""

    def __init__(self, size: int) -> None:
        super().__init__(f"required fields take {size} bytes, {REQUIRED_BYTES} at most")
        self.size = size


class NoSeparator(QrError):
    """Every permitted separator stands inside some value."""

    def __init__(self) -> None:
        super().__init__("every permitted separator stands inside a value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """Whom the money goes to, as the bank knows them."""

    name: str
    account: str
    bank: str
    bic: str
    corr_account: str
    inn: str = ""
    kpp: str = ""


def payment_text(
    payee: Payee,
    *,
    account: str,
    purpose: str,
    month: Month | None = None,
    amount: Money | None = None,
    period_form: PeriodForm = PeriodForm.LONG,
) -> str:
    """Return the text of a code that pays for the account.

    The payer's name and address are left out: a receipt lies about in doorways, and the
    account number is enough. Without an amount the payer types it. Raises `QrError`.
    """
    required = {
        "Name": _clean(payee.name),
        "PersonalAcc": payee.account,
        "BankName": _clean(payee.bank),
        "BIC": payee.bic,
        "CorrespAcc": payee.corr_account or "0",
    }
    optional = {
        "Sum": "" if amount is None else str(amount.kopecks),
        "Purpose": _clean(purpose),
        "PayeeINN": payee.inn,
        "KPP": payee.kpp,
        "PersAcc": _clean(account),
        "PaymPeriod": "" if month is None else _period(month, period_form),
        "TechCode": _UTILITIES,
    }
    fields = required | {key: value for key, value in optional.items() if value}
    for key, value in fields.items():
        if not _SHAPES[key].fullmatch(value) or not value.isprintable():
            raise UnfitField(key, value)
    separator = _separator(fields)
    pairs = [f"{key}={value}" for key, value in fields.items()]
    block = separator.join(pairs[: len(required)])
    return separator.join([_service_block(block, separator.join(pairs)), *pairs])


def encoding_of(text: str) -> str:
    """Return the encoding that the service block of the text names."""
    return _ENCODINGS[text[:7]]


def parse(text: str) -> dict[str, str]:
    """Return the fields of a payment text in their order. Raises `QrError`."""
    if text[:7] not in _ENCODINGS or len(text) <= len("ST00012|"):
        raise QrError(f"not a payment code: {text[:16]!r}")
    pairs = (part.partition("=") for part in text[8:].split(text[7]) if part)
    return {key: value for key, _, value in pairs}


def _clean(text: str) -> str:
    """Return the text on one line, with plain spaces."""
    return " ".join(text.split())


def _period(month: Month, form: PeriodForm) -> str:
    year = str(month.year) if form is PeriodForm.LONG else f"{month.year % 100:02}"
    return f"{month.number:02}{year}"


def _separator(fields: Mapping[str, str]) -> str:
    for separator in _SEPARATORS:
        if not any(separator in value for value in fields.values()):
            return separator
    raise NoSeparator


def _service_block(required: str, whole: str) -> str:
    """Return the service block of the first encoding that the text fits in."""
    size = 0
    for block, encoding in _ENCODINGS.items():
        try:
            whole.encode(encoding)
        except UnicodeEncodeError:
            continue
        size = len(required.encode(encoding))
        if size <= REQUIRED_BYTES:
            return block
    raise RequiredTooLong(size)
