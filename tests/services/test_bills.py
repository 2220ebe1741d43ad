from datetime import UTC, date, datetime

import pytest

from cabinet.domain.bookkeeping import ChargeBasis, EntryKind
from cabinet.domain.energy import Energy
from cabinet.domain.errors import NotFound
from cabinet.domain.metering import ReadingSource
from cabinet.domain.money import Money, Price
from cabinet.domain.period import Month
from cabinet.domain.tariff import Line, Zone
from cabinet.exchange.gost_qr import parse
from cabinet.models import AccountAccess, Bill, VatRate
from cabinet.services.bills import (
    BillNotFound,
    BillNotReady,
    bill_months,
    get_receipt,
)
from cabinet.services.bills.receipt import Recalculation, Register
from cabinet.services.bills.snapshot import Snapshot, pack, unpack
from tests import factories

OCTOBER = Month(2026, 10)


def moscow(text):
    """The UTC moment when the clocks of Moscow show this."""
    return datetime.fromisoformat(f"{text}+03:00").astimezone(UTC)


def receipt(user, account, now, month=OCTOBER):
    return get_receipt(user.id, account.id, month, now=now)


def test_months_come_newest_first_with_what_they_cost(alice, account, now):
    factories.make_bill(account, "2026-08", "100,00")
    factories.make_bill(account, "2026-10", "812,40", penalty=Money(1000))
    factories.make_bill(account, "2026-09", "90,00", benefit=Money(500))
    found = bill_months(alice.id, account.id, now=now)
    assert [(str(one.month), one.added) for one in found.bills] == [
        ("2026-10", Money.parse("822,40")),
        ("2026-09", Money.parse("85,00")),
        ("2026-08", Money.parse("100,00")),
    ]


def test_the_next_bill_is_that_of_the_month_that_is_on(alice, account, now):
    factories.make_bill(account)
    found = bill_months(alice.id, account.id, now=now)
    assert (found.next_month, found.next_on) == (Month(2026, 11), date(2026, 12, 1))


def test_a_late_bill_is_still_the_next_one(alice, account):
    factories.make_bill(account)
    found = bill_months(alice.id, account.id, now=moscow("2026-12-02T10:00"))
    assert found.next_month == Month(2026, 11)


def test_an_account_without_bills_awaits_its_first(alice, account, now):
    found = bill_months(alice.id, account.id, now=now)
    assert found.bills == ()
    assert found.next_month == Month(2026, 11)


def test_a_bill_is_not_seen_before_it_is_published(alice, account, now):
    factories.make_bill(account, published_at=moscow("2026-11-23T00:00"))
    assert bill_months(alice.id, account.id, now=now).bills == ()
    with pytest.raises(BillNotFound):
        receipt(alice, account, now)


@pytest.mark.parametrize("person", ["bob", "charlie"])
def test_neither_a_delegate_nor_a_stranger_sees_bills(request, person, account, now):
    other = request.getfixturevalue(person)
    factories.make_bill(account)
    with pytest.raises(NotFound):
        bill_months(other.id, account.id, now=now)
    with pytest.raises(NotFound):
        receipt(other, account, now)


def test_a_new_tenant_does_not_see_months_before(alice, account, now):
    for month in ("2026-08", "2026-09", "2026-10"):
        factories.make_bill(account, month)
    AccountAccess.update(since=date(2026, 9, 15)).execute()
    found = bill_months(alice.id, account.id, now=now)
    assert [str(one.month) for one in found.bills] == ["2026-10", "2026-09"]
    with pytest.raises(BillNotFound):
        receipt(alice, account, now, Month(2026, 8))


def test_the_month_that_is_on_will_be_ready_on_the_first(alice, account, now):
    factories.make_bill(account)
    with pytest.raises(BillNotReady) as awaited:
        receipt(alice, account, now, Month(2026, 11))
    assert awaited.value.ready_on == date(2026, 12, 1)
    assert not awaited.value.is_late


def test_a_month_that_is_over_and_has_no_bill_yet_is_late(alice, account):
    factories.make_bill(account)
    with pytest.raises(BillNotReady) as awaited:
        receipt(alice, account, moscow("2026-12-01T00:30"), Month(2026, 11))
    assert awaited.value.is_late


def test_a_month_before_the_first_bill_is_no_address(alice, account, now):
    factories.make_bill(account)
    with pytest.raises(BillNotFound):
        receipt(alice, account, now, Month(2025, 1))


def test_opening_and_paid_come_from_the_ledger_by_the_clocks_of_the_branch(
    alice, account, now
):
    factories.post(
        account,
        Money(50000),
        kind=EntryKind.OPENING,
        at=moscow("2026-01-01T00:00"),
    )
    factories.make_bill(account, "2026-09", "100,00")
    factories.make_bill(account, "2026-10", "812,40")
    factories.post(account, Money(-10000), at=moscow("2026-09-30T23:59"))
    factories.post(account, Money(-20000), at=moscow("2026-10-01T00:00"))
    factories.post(account, Money(-30000), at=moscow("2026-10-31T23:59"))
    factories.post(account, Money(-40000), at=moscow("2026-11-01T00:00"))
    balance = receipt(alice, account, now).balance
    assert balance.opening == Money(50000 + 10000 - 10000)
    assert balance.paid == Money(50000)
    assert balance.last_paid_on == date(2026, 10, 31)
    assert balance.closing == Money(50000 + 81240 - 50000)
    after = balance.closing - Money(40000)
    account = type(account).get_by_id(account.id)
    assert account.balance == after


def test_a_refund_lessens_what_was_paid(alice, account, now):
    factories.make_bill(account)
    factories.post(account, Money(-30000), at=moscow("2026-10-05T12:00"))
    factories.post(
        account, Money(10000), kind=EntryKind.REFUND, at=moscow("2026-10-20T12:00")
    )
    balance = receipt(alice, account, now).balance
    assert balance.paid == Money(20000)
    assert balance.last_paid_on == date(2026, 10, 5)


def test_our_own_bill_keeps_its_opening_and_payments(alice, account, now):
    factories.make_bill(account, opening=Money(700), paid=Money(200))
    factories.post(account, Money(-99900), at=moscow("2026-10-05T12:00"))
    balance = receipt(alice, account, now).balance
    assert (balance.opening, balance.paid) == (Money(700), Money(200))


def test_everything_that_a_month_adds_is_in_the_closing(alice, account, now):
    factories.make_bill(
        account,
        charged="812,40",
        recalculated=Money(-10000),
        penalty=Money(1234),
        benefit=Money(5000),
    )
    balance = receipt(alice, account, now).balance
    assert balance.added == Money(81240 - 10000 + 1234 - 5000)
    assert balance.closing == balance.added


def test_the_receipt_has_every_field_of_the_form(alice, account, now):
    factories.make_meter(account)
    factories.make_bill(account)
    found = receipt(alice, account, now)
    assert found.payee.inn == "7704228075"
    assert found.payee.account == "40702810638000000001"
    assert found.payer.number == "460000000001"
    assert found.payer.norm == Energy.from_kwh(75)
    assert found.payer.els == ""
    assert found.due_on == date(2026, 11, 15)
    assert [meter.serial for meter in found.meters] == ["10834547"]
    assert found.volume.basis is ChargeBasis.ACTUAL
    assert found.recalculation is None


def test_vat_is_inside_the_sum_by_the_rate_of_the_month(alice, account, now):
    VatRate.create(rate=2000, starts=date(2019, 1, 1), ends=date(2026, 1, 1))
    VatRate.create(rate=2200, starts=date(2026, 1, 1))
    factories.make_bill(account, "2026-10", "122,00")
    factories.make_bill(account, "2025-12", "120,00")
    assert receipt(alice, account, now).vat == Money(2200)
    december = receipt(alice, account, now, Month(2025, 12))
    assert (december.vat, december.vat_rate) == (Money(2000), 2000)


def test_without_a_rate_no_vat_is_told(alice, account, now):
    factories.make_bill(account)
    found = receipt(alice, account, now)
    assert (found.vat, found.vat_rate) == (Money(0), None)


def test_the_payment_code_names_the_account_and_not_the_person(alice, account, now):
    factories.make_bill(account)
    text = receipt(alice, account, now).qr
    fields = parse(text)
    assert fields["Sum"] == "81240"
    assert fields["PersAcc"] == "460000000001"
    assert fields["PaymPeriod"] == "102026"
    assert fields["Purpose"] == "Электроэнергия, 10.2026, л/с 460000000001"
    assert "Петрова" not in text
    assert "Ленина" not in text


def test_with_nothing_to_pay_the_code_leaves_the_sum_to_the_payer(alice, account, now):
    factories.make_bill(account)
    factories.post(account, Money(-90000), at=moscow("2026-10-05T12:00"))
    found = receipt(alice, account, now)
    assert found.balance.closing == Money(-8760)
    assert "Sum" not in parse(found.qr)


def test_a_long_name_of_a_bank_is_cut_for_the_code(alice, now):
    branch = factories.make_branch(
        bank="Публичное акционерное общество «Банк " + "Ы" * 60
    )
    account = factories.make_account(branch=branch)
    factories.give_access(alice, account)
    factories.make_bill(account)
    assert len(parse(receipt(alice, account, now).qr)["BankName"]) == 45


def test_requisites_that_no_bank_knows_cost_only_the_code(alice, now, caplog):
    account = factories.make_account(branch=factories.make_branch(bic="1"))
    factories.give_access(alice, account)
    factories.make_bill(account)
    assert receipt(alice, account, now).qr == ""
    assert "no payment code" in caplog.text
    assert "Петрова" not in caplog.text


def test_only_meters_of_the_month_are_named(alice, account, now):
    factories.make_meter(account, serial="1", removed_on=date(2026, 9, 30))
    factories.make_meter(account, serial="2", removed_on=date(2026, 10, 12))
    factories.make_meter(
        account, serial="3", installed_on=date(2026, 10, 12), verified_until=None
    )
    factories.make_meter(account, serial="4", installed_on=date(2026, 11, 1))
    factories.make_meter(
        account, serial="5", installed_on=None, verified_until=date(2026, 10, 5)
    )
    factories.make_bill(account)
    found = receipt(alice, account, now).meters
    assert [meter.serial for meter in found] == ["2", "3", "5"]
    assert [meter.is_verification_over for meter in found] == [False, False, True]


def test_meters_of_the_snapshot_stand_whatever_the_dates(alice, account, now):
    factories.make_meter(account, serial="10834547")
    factories.make_meter(account, serial="2")
    factories.make_bill(account, lines=pack(SNAPSHOT))
    found = receipt(alice, account, now)
    assert [meter.serial for meter in found.meters] == ["10834547"]
    assert found.volume.registers == SNAPSHOT.registers
    assert found.lines == SNAPSHOT.lines


SNAPSHOT = Snapshot(
    registers=(
        Register(
            serial="10834547",
            zone=Zone.SINGLE,
            before=Energy.from_kwh(99986),
            before_on=date(2026, 9, 22),
            after=Energy.from_kwh(11),
            after_on=date(2026, 10, 22),
            source=ReadingSource.CABINET,
            turn=Energy.from_kwh(100000),
            ratio=20,
            energy=Energy.from_kwh(500),
            is_removed=False,
        ),
        Register(
            serial="10834547",
            zone=Zone.SINGLE,
            before=Energy.from_kwh(1),
            before_on=date(2026, 9, 22),
            after=Energy.from_kwh(2),
            after_on=date(2026, 10, 22),
            source=None,
            turn=None,
            ratio=1,
            energy=Energy.from_kwh(1),
            is_removed=True,
        ),
    ),
    lines=(
        Line(
            zone=Zone.SINGLE,
            range_number=1,
            energy=Energy.from_kwh(500),
            price=Price.parse("5,87"),
            amount=Money.parse("2935,00"),
        ),
    ),
    mean_of=6,
    silent=2,
    resumed=3,
    next_norm=True,
    recalculation=Recalculation(
        amount=Money(-100),
        lines=(
            Line(
                zone=Zone.SINGLE,
                range_number=1,
                energy=Energy(-170),
                price=Price.parse("5,87"),
                amount=Money(-100),
            ),
        ),
        first=Month(2026, 7),
        last=Month(2026, 9),
        measured=Energy.from_kwh(1),
        counted=Energy.from_kwh(2),
    ),
)


def test_a_snapshot_comes_back_from_json_as_it_was(account):
    bill = factories.make_bill(account, lines=pack(SNAPSHOT))
    kept = Bill.get_by_id(bill.id).lines
    assert unpack(kept, recalculated=Money(-100)) == SNAPSHOT


def test_a_bill_that_came_without_its_computation_has_only_sums(db):
    assert unpack({}, recalculated=Money(0)) == Snapshot()
    assert unpack(pack(Snapshot()), recalculated=Money(0)) == Snapshot()
    bare = unpack({}, recalculated=Money(5)).recalculation
    assert bare.amount == Money(5)
    assert bare.measured is None
