"""VAT inside a sum: domain.md 2.4, 22/122 from 2026 and 20/120 before."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.vat import VatRate, VatRateMissing, vat_inside, vat_rate

RATES = (
    VatRate(rate=2000, starts=date(2019, 1, 1), ends=date(2026, 1, 1)),
    VatRate(rate=2200, starts=date(2026, 1, 1)),
)
OLD, NEW = Month(2025, 12), Month(2026, 1)


@pytest.mark.parametrize(
    ("month", "amount", "vat"),
    [
        # 122,00 x 22/122 = 22,00; 120,00 x 20/120 = 20,00.
        (NEW, "122,00", "22,00"),
        (OLD, "120,00", "20,00"),
        # 1 000,00 x 22/122 = 180,3278...; x 20/120 = 166,6666...
        (NEW, "1 000,00", "180,33"),
        (OLD, "1 000,00", "166,67"),
        # 0,03 x 20/120 = 0,005: a half goes up; 0,02 x 20/120 = 0,0033...
        (OLD, "0,03", "0,01"),
        (OLD, "0,02", "0,00"),
        # A recalculation that gives money back gives the same VAT back.
        (OLD, "-0,03", "-0,01"),
        (NEW, "-1 000,00", "-180,33"),
        (NEW, "0", "0"),
    ],
)
def test_the_vat_inside_is_that_of_the_month_half_up(month, amount, vat):
    assert vat_inside(Money.parse(amount), month, RATES) == Money.parse(vat)


def test_the_rate_changes_with_the_year():
    assert vat_rate(OLD, RATES).rate == 2000
    assert vat_rate(NEW, RATES).rate == 2200


def test_a_month_without_a_rate_stops():
    with pytest.raises(VatRateMissing, match="no rate of VAT in 2018-12") as fault:
        vat_inside(Money(100), Month(2018, 12), RATES)
    assert fault.value.month == Month(2018, 12)


@given(st.integers(-(10**12), 10**12))
def test_a_price_with_its_vat_gives_the_vat_back(net):
    # Net times 122/100 in kopecks is whole where net is a multiple of 50.
    net *= 50
    assert vat_inside(Money(net * 122 // 100), NEW, RATES) == Money(net * 22 // 100)
