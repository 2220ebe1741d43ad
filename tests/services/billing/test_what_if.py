"""The next bill of an account before it is issued, and with something supposed."""

from datetime import UTC, date, datetime

import pytest

from cabinet.domain.billing import Benefit
from cabinet.domain.billing.run import Hold
from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource, ReadingState
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.tariff import Category, Plan, Zone
from cabinet.domain.volume import Actual
from cabinet.models import Account, Bill, Branch, KeyRate, OtherRule, Rate
from cabinet.models import Benefit as BenefitRow
from cabinet.models.base import database, reading
from cabinet.services.account_card.comparing import Figure, compared
from cabinet.services.billing import what_if
from cabinet.services.billing.what_if import Supposition
from cabinet.services.bills.snapshot import bill_snapshot, pack
from tests import billing, factories

AUGUST, SEPTEMBER, OCTOBER = (Month(2026, number) for number in (8, 9, 10))
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture
def account(kursk):
    return factories.make_account("460000000001", kursk)


@pytest.fixture
def meter(account):
    """Charged to 1100 on 22 August; 587,00 of August."""
    meter = factories.make_meter(account, opening=1000, opening_on=date(2026, 7, 31))
    send(meter, AUGUST, 1100)
    billing.bill(account.branch, AUGUST)
    return meter


def send(meter, month, *kwh, **fields):
    fields = {"state": ReadingState.SUBMITTED} | fields
    return factories.make_reading(meter, str(month), kwh, **fields)


def asked(account, supposed=None, now=NOW):
    """Return the next bill and what it comes to."""
    row = Account.select(Account, Branch).join(Branch).where(Account.id == account.id)
    with reading():
        bill = what_if.next_bill(row.get(), now=now)
        return bill, what_if.computed(bill, supposed)


def made(account, **supposed):
    return asked(account, Supposition(**supposed))[1].made


def actual(kwh, day=date(2026, 9, 22), act="", serial="10834547"):
    return Actual(
        serial=serial,
        period=SEPTEMBER,
        taken_on=day,
        source=ReadingSource.ACT if act else ReadingSource.PHONE,
        registers=tuple(Energy.from_kwh(value) for value in kwh),
        act=act,
    )


def figures(bill):
    return (bill.charge.charged, bill.charge.recalculated, bill.penalty, bill.closing)


@pytest.mark.parametrize("kind", ["read", "silent", "late", "with a benefit"])
def test_the_next_bill_is_the_one_that_is_issued(kursk, account, meter, kind):
    if kind in ("read", "late"):
        send(meter, SEPTEMBER, 1234)
    if kind == "late":
        # A payment of before, posted after the bill of August: its debts are made anew.
        factories.post(account, Money(-99_00), at=datetime(2026, 8, 9, tzinfo=UTC))
    if kind == "with a benefit":
        OtherRule.create(
            rule="social_norm",
            key="household",
            value="100",
            starts=date(2020, 1, 1),
        )
        BenefitRow.create(
            account=account,
            title="ветеран",
            percent=50_00,
            people=1,
            starts=date(2026, 1, 1),
        )
    bill, found = asked(account)
    assert (bill.month, bill.is_over) == (SEPTEMBER, True)
    billing.bill(kursk, SEPTEMBER)
    issued = Bill.get(Bill.account == account, Bill.month == SEPTEMBER)
    computed = found.made.bill
    assert figures(computed) == (
        issued.charged,
        issued.recalculated,
        issued.penalty,
        issued.closing,
    )
    kept = dict(issued.lines)
    del kept["used"]
    assert pack(bill_snapshot(computed, kept["vat_rate"])) == kept
    assert asked(account)[0].month == OCTOBER


def test_the_first_bill_is_computed_from_the_whole_history(kursk, account):
    meter = factories.make_meter(account, opening=1000, opening_on=date(2026, 7, 31))
    send(meter, OCTOBER, 1100)
    bill, found = asked(account)
    assert bill.month == OCTOBER
    billing.bill(kursk, OCTOBER)
    issued = Bill.get(Bill.account == account)
    assert figures(found.made.bill)[0] == issued.charged


def test_a_reading_in_place_of_silence(account, meter):
    bill = made(account, reading=actual((1234,))).bill
    # 134 kWh at 5,87; 587,00 of August are there already.
    assert bill.charge.volume.basis is ChargeBasis.ACTUAL
    assert figures(bill) == (Money(786_58), Money(0), Money(0), Money(1373_58))


def test_a_reading_stands_in_place_of_the_one_sent(account, meter):
    send(meter, SEPTEMBER, 1300)
    assert made(account).bill.charge.charged == Money(200 * 5_87)
    early = actual((1150,), date(2026, 9, 3))
    assert made(account, reading=early).bill.charge.charged == Money(50 * 5_87)


def test_one_of_another_month_that_waits_stays(account, meter):
    send(meter, SEPTEMBER, 1300, taken_on=date(2026, 8, 30))
    bill = made(account, reading=actual((1350,))).bill
    assert bill.charge.charged == Money(250 * 5_87)


def test_an_act_stands_beside_the_reading_sent(account, meter):
    # 70 of September, of which the act of the 10th found 40; then 30 more were read.
    send(meter, SEPTEMBER, 1170)
    act = actual((1140,), date(2026, 9, 10), act="17")
    bill = made(account, reading=act).bill
    assert [one.act for one in bill.charge.volume.stretches] == ["17", ""]
    assert bill.charge.volume.total == Energy.from_kwh(70)


def test_an_act_below_what_was_sent_gives_back(account, meter):
    act = actual((1080,), date(2026, 9, 10), act="17")
    bill = made(account, reading=act).bill
    assert figures(bill)[:2] == (Money(0), Money(-20 * 5_87))


def test_another_plan_prices_the_same_energy_in_its_zones(account, meter):
    send(meter, SEPTEMBER, 1200)
    month = made(account, plan=Plan.TWO)
    lines = month.bill.charge.lines
    assert [(one.zone, one.energy.kwh) for one in lines] == [
        (Zone.DAY, 70),
        (Zone.NIGHT, 30),
    ]
    # Kursk, gas, two zones in September 2026: 6,73 by day; the night by its row.
    assert lines[0].amount == Money(70 * 6_73)


def test_another_category_and_other_people(account, meter):
    by_norm = made(account, residents=3).bill
    # Without a reading: 3 × 75 kWh at 5,87.
    assert by_norm.charge.charged == Money(225 * 5_87)
    norm = made(account, norm=Energy.from_kwh(100)).bill
    assert norm.charge.charged == Money(200 * 5_87)
    rural = made(account, category=Category.RURAL).bill
    assert rural.charge.charged < made(account).bill.charge.charged


def test_a_benefit_in_place_of_those_there_are(account, meter):
    OtherRule.create(
        rule="social_norm", key="household", value="50", starts=date(2020, 1, 1)
    )
    half = Benefit(title="льгота", percent=50_00, people=1, starts=SEPTEMBER.starts)
    bill = made(account, benefits=(half,)).bill
    # Half of 50 kWh at 5,87: 146,75.
    assert bill.benefit == Money(146_75)
    BenefitRow.create(
        account=account,
        title="другая",
        percent=10_00,
        people=1,
        starts=date(2026, 1, 1),
    )
    assert made(account, benefits=()).bill.benefit == Money(0)
    assert made(account).bill.benefit == Money(29_35)


def test_a_row_that_is_missing_is_told(account, meter):
    half = Benefit(title="льгота", percent=50_00, people=1, starts=SEPTEMBER.starts)
    _, found = asked(account, Supposition(benefits=(half,)))
    assert found.made is None
    assert [one.what for one in found.missing] == ["social_norm"]
    KeyRate.delete().execute()
    Rate.delete().execute()
    _, found = asked(account)
    assert [one.what for one in found.missing] == ["key_rate", "price"]


def test_what_holds_an_account_back_is_told(account, meter):
    Account.update(norm=None).execute()
    _, found = asked(account)
    assert found.held.reason is Hold.NO_NORM


def test_a_closed_account_has_nothing_to_bill(account, meter):
    Account.update(closed_on=date(2026, 9, 1), balance=Money(0)).execute()
    Bill.update(closing=Money(0)).execute()
    with pytest.raises(what_if.NothingToBill):
        asked(account)


def test_an_account_opened_later_begins_with_its_month(kursk):
    new = factories.make_account("460000000003", kursk, opened_on=date(2026, 11, 5))
    bill, _ = asked(new, now=datetime(2026, 11, 22, tzinfo=UTC))
    assert (bill.month, bill.is_over) == (Month(2026, 11), False)


def test_the_bills_are_compared_figure_by_figure(account, meter):
    send(meter, SEPTEMBER, 1200)
    both = compared(made(account), made(account, plan=Plan.TWO))
    assert [(one.zone, one.change.kwh) for one in both.energy] == [
        (Zone.SINGLE, -100),
        (Zone.DAY, 70),
        (Zone.NIGHT, 30),
    ]
    charged, *_, closing = both.money
    assert charged.figure is Figure.CHARGED
    assert closing.change == charged.change == charged.after - charged.before


def test_only_the_accounts_own_rows_are_read(kursk, account, meter):
    for number in range(2, 9):
        other = factories.make_account(f"46000000000{number}", kursk)
        factories.make_meter(other, serial=f"other-{number}")
    statements = []
    database.obj.query_hooks.append(
        lambda event: statements.append((event.sql, event.params))
    )
    try:
        asked(account)
    finally:
        database.obj.query_hooks.pop()
    own = {"meter", "reading", "ledger_entry", "benefit", "bill", "allocation"}
    read = [
        (sql, params)
        for sql, params in statements
        if any(f'FROM "{table}"' in sql for table in own)
    ]
    assert len(read) >= 5
    for sql, params in read:
        assert account.id in params, sql
