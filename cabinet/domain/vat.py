"""VAT inside a price or a sum that already holds it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from cabinet.domain.dated import find_on
from cabinet.domain.money import Money, divide_half_up
from cabinet.domain.period import Month
from cabinet.domain.tariff import price_day

# A rate is in hundredths of a percent: 22 % is 2200.
_WHOLE = 100_00


@dataclass(frozen=True, slots=True, kw_only=True)
class VatRate:
    """The rate of VAT, hundredths of a percent, from `starts` to before `ends`."""

    rate: int
    starts: date
    ends: date | None = None


class VatRateMissing(LookupError):
    """The month has no rate of VAT."""

    def __init__(self, month: Month) -> None:
        super().__init__(f"no rate of VAT in {month}")
        self.month = month


def vat_rate(month: Month, rates: Iterable[VatRate]) -> VatRate:
    """Return the rate that the prices of the month hold; raises VatRateMissing."""
    found = find_on(rates, price_day(month))
    if found is None:
        raise VatRateMissing(month)
    return found


def vat_inside(amount: Money, month: Month, rates: Iterable[VatRate]) -> Money:
    """Return the VAT a sum of the month holds, half up: 22/122 of it at 22 %.

    Taken of a bill's total, not of its lines: parts rounded apart do not add up to it.
    Raises VatRateMissing.
    """
    rate = vat_rate(month, rates).rate
    return Money(divide_half_up(amount.kopecks * rate, _WHOLE + rate))
