"""Bills of our own run as the customer sees them."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from cabinet.domain.billing import BenefitLine
from cabinet.domain.energy import Energy
from cabinet.domain.money import Money
from cabinet.domain.period import Month, Span
from cabinet.domain.volume import Silence
from cabinet.services.bills.receipt import PenaltyDays, PenaltyPart, Recalculation
from cabinet.services.bills.snapshot import Snapshot, pack, unpack
from tests import factories
from tests.receipts import line, snapshot

OCTOBER = date(2026, 10, 1)
PENALTY = PenaltyPart(
    month=Month(2026, 6),
    total=Money(8_74),
    before=Money(3_16),
    days=(
        PenaltyDays(
            first=date(2026, 8, 15),
            count=47,
            base=Money(587_00),
            rate=950,
            part=str(Fraction(1, 300)),
        ),
    ),
)
BENEFIT = BenefitLine(
    title="ветеран труда",
    percent=50_00,
    energy=Energy.from_kwh(50),
    amount=Money(146_75),
)
CHECK = Recalculation(
    amount=Money(-293_50),
    lines=(line(energy=Energy.from_kwh(-50), amount=Money(-293_50)),),
    first=None,
    last=None,
    measured=Energy.from_kwh(-50),
    counted=Energy(0),
    act="17/26",
)


def shown(browser, user, account, **values):
    kept = snapshot(**values)
    recalculation = kept.recalculation
    factories.make_bill(
        account,
        lines=pack(kept),
        recalculated=Money(0) if recalculation is None else recalculation.amount,
    )
    page = browser.sign_in(user).get("/bills/2026-10")
    assert browser.get("/bills/2026-10.pdf").status == 200
    return page.text


def test_penalties_are_told_day_by_day(browser, alice, account):
    text = shown(browser, alice, account, penalties=(PENALTY,))
    assert "Долг × дни × доля ключевой ставки 9,5 %" in text
    assert "июн 2026: 587,00 × 47 дней × 1/300 = 8,74, раньше 3,16" in text


def test_a_benefit_is_told_with_its_part_and_its_energy(browser, alice, account):
    text = shown(browser, alice, account, benefits=(BENEFIT,))
    assert "Ветеран труда: 50 % от 50 кВт·ч" in text
    assert "146,75 ₽" in text


def test_a_check_is_told_with_the_number_of_its_act(browser, alice, account):
    text = shown(browser, alice, account, recalculation=CHECK)
    assert "По акту контрольной проверки № 17/26" in text
    assert "разница −50 кВт·ч" in text


def test_a_meter_out_of_order_is_told_with_what_to_do(browser, alice, account):
    text = shown(browser, alice, account, silence=Silence.UNVERIFIED, registers=())
    assert "поверка счётчика истекла" in text
    assert "Закажите поверку или замену" in text


def test_days_before_the_new_meter_are_told(browser, alice, account):
    text = shown(browser, alice, account, bridged=Energy.from_kwh(32))
    assert "Из них 32 кВт·ч по среднему: за дни до замены счётчика" in text


def test_a_price_that_changed_within_the_month_is_told_with_its_day(
    browser, alice, account
):
    middle = OCTOBER + timedelta(days=15)
    text = shown(
        browser,
        alice,
        account,
        lines=(
            line(days=Span(OCTOBER, middle)),
            line(days=Span(middle, date(2026, 11, 1))),
        ),
    )
    assert "Круглые сутки, с 16 октября" in text


@pytest.mark.parametrize(
    "kept",
    [
        Snapshot(),
        Snapshot(
            penalties=(PENALTY,),
            benefits=(BENEFIT,),
            vat_rate=22_00,
            silence=Silence.UNVERIFIED,
            bridged=Energy.from_kwh(7),
            recalculation=CHECK,
            lines=(line(days=Span(OCTOBER, date(2026, 10, 16))),),
        ),
    ],
)
def test_what_is_kept_comes_back_as_it_was(kept):
    amount = Money(0) if kept.recalculation is None else kept.recalculation.amount
    assert unpack(pack(kept), recalculated=amount) == kept


def test_the_rate_of_vat_is_the_bills_own(browser, alice, account):
    text = shown(browser, alice, account, vat_rate=10_00)
    assert "10 % в том числе" in text
