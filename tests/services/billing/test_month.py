"""What a run makes of what happened since the last: readings, payments, words, rows."""

import threading
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cabinet.domain.billing.run import RunMoved
from cabinet.domain.bookkeeping import ChargeBasis, EntryKind
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource, ReadingState
from cabinet.domain.money import Money
from cabinet.domain.period import Month, months
from cabinet.domain.volume import Silence
from cabinet.models import (
    Account,
    Allocation,
    Benefit,
    Bill,
    BillDraft,
    BillHold,
    BillRun,
    Branch,
    DueRule,
    LedgerEntry,
    Meter,
    OtherRule,
    Rate,
    Reading,
    VatRate,
)
from cabinet.models.base import database, writing
from cabinet.services import audit, balance_changes
from cabinet.services.billing import (
    compute,
    history,
    issuing,
    reviewing,
    runs,
    standing,
)
from cabinet.services.bills.document import receipt_of
from cabinet.services.ledger_check import check_ledger
from tests import billing, factories

JUNE, JULY, AUGUST, SEPTEMBER = (Month(2026, number) for number in (6, 7, 8, 9))


@pytest.fixture
def account(kursk):
    return factories.make_account("460000000001", kursk)


@pytest.fixture
def meter(account):
    return factories.make_meter(account, opening=1000, opening_on=date(2026, 5, 31))


def send(meter, month, kwh, **fields):
    fields = {"state": ReadingState.SUBMITTED} | fields
    return factories.make_reading(meter, str(month), (kwh,), **fields)


def post(account, day, kopecks, *, posted=None, month=None, kind=EntryKind.PAYMENT):
    """Put a payment into the ledger as an import does."""
    with writing():
        entry = LedgerEntry.create(
            account=account,
            kind=kind,
            amount=Money(-kopecks),
            month=month,
            effective_at=datetime(day.year, day.month, day.day, 9, tzinfo=UTC),
            posted_at=datetime(2026, 11, 1, tzinfo=UTC),
            cause=f"test:{LedgerEntry.select().count()}",
        )
        Account.update(balance=Account.balance - Money(kopecks)).where(
            Account.id == account.id
        ).execute()
    return entry


def bill_all(branch, *which):
    for month in which:
        billing.bill(branch, month)


def bill_of(account, month):
    return Bill.get(Bill.account == account, Bill.month == month)


def test_readings_of_the_month_become_its_bill_and_are_counted(kursk, account, meter):
    reading = send(meter, JUNE, 1100)
    billing.bill(kursk, JUNE)
    bill = bill_of(account, JUNE)
    # 100 kWh at 5,87.
    assert (bill.basis, bill.charged) == (ChargeBasis.ACTUAL, Money(587_00))
    assert (bill.due_on, bill.issued_on) == (date(2026, 7, 15), date(2026, 7, 1))
    kept = Reading.get_by_id(reading.id)
    assert (kept.state, kept.counted_in) == (ReadingState.COUNTED, JUNE)
    assert Account.get_by_id(account.id).balance == bill.closing == Money(587_00)
    assert list(check_ledger()) == []


def test_one_under_review_does_not_count_and_counts_when_it_is_accepted_later(
    kursk, account, meter
):
    reading = send(meter, JUNE, 1400, state=ReadingState.NEEDS_REVIEW)
    billing.bill(kursk, JUNE)
    assert bill_of(account, JUNE).basis is ChargeBasis.NORM
    Reading.update(state=ReadingState.ACCEPTED).where(
        Reading.id == reading.id
    ).execute()
    billing.bill(kursk, JULY)
    july = bill_of(account, JULY)
    # 400 in two months: 200 are July's; 200 less the norm of two people, 150, are settled.
    assert (july.basis, july.volume) == (ChargeBasis.ACTUAL, Energy.from_kwh(200))
    assert july.recalculated == Money(50 * 5_87)
    assert Reading.get_by_id(reading.id).counted_in == JULY


def test_a_branch_may_leave_months_by_the_norm_as_they_are(kursk, account, meter):
    Branch.update(settles_norm=False).where(Branch.id == kursk.id).execute()
    kursk.settles_norm = False
    billing.bill(kursk, JUNE)
    send(meter, JULY, 1400)
    billing.bill(kursk, JULY)
    june, july = (bill_of(account, month) for month in (JUNE, JULY))
    assert (june.basis, june.volume) == (ChargeBasis.NORM, Energy.from_kwh(150))
    # Of 400 in two months 200 are July's; June stays at the norm of two people.
    assert (july.volume, july.recalculated) == (Energy.from_kwh(200), Money(0))


def test_readings_of_months_before_the_first_bill_do_not_count_again(
    kursk, account, meter
):
    for month, kwh in ((JUNE, 1100), (JULY, 1200), (AUGUST, 1300)):
        send(meter, month, kwh)
    billing.bill(kursk, SEPTEMBER)
    september = bill_of(account, SEPTEMBER)
    # No reading of September: the average of three months of 100, not what was read.
    assert september.basis is ChargeBasis.AVERAGE
    assert september.volume == Energy.from_kwh(100)


def test_a_reading_replaced_after_the_draft_counts_in_the_next_month(
    kursk, account, meter
):
    first = send(meter, JUNE, 1100)
    run_id = billing.begin(kursk, JUNE)
    assert billing.issue(run_id, JUNE)
    Reading.update(state=ReadingState.SUPERSEDED).where(
        Reading.id == first.id
    ).execute()
    second = send(meter, JUNE, 1130, supersedes=first, key="other")
    billing.publish(run_id, JUNE)
    assert Reading.get_by_id(first.id).state is ReadingState.SUPERSEDED
    assert Reading.get_by_id(second.id).state is ReadingState.SUBMITTED
    billing.bill(kursk, JULY)
    assert bill_of(account, JUNE).volume == Energy.from_kwh(100)
    # From the registers of June's bill on: nothing is lost and nothing charged twice.
    assert bill_of(account, JULY).volume == Energy.from_kwh(30)


def test_a_payment_that_comes_in_late_is_in_the_next_bill_and_takes_back_its_penalty(
    kursk, account, meter
):
    for month, kwh in zip((JUNE, JULY, AUGUST), (1100, 1200, 1300), strict=True):
        send(meter, month, kwh)
    bill_all(kursk, JUNE, JULY, AUGUST)
    august = bill_of(account, AUGUST)
    # 587,00 due on 15 July: 17 days from the 31st, 15 August, to the 31st.
    # 587 × 17 × 9,5 % / 300 = 3,16.
    assert august.penalty == Money(3_16)
    post(account, date(2026, 7, 15), 587_00)
    billing.bill(kursk, SEPTEMBER)
    september = bill_of(account, SEPTEMBER)
    assert september.opening == august.closing
    assert september.paid == Money(587_00)
    # July's 587,00 were due on 15 August: 16 days from 15 September, 2,97; less 3,16.
    assert september.penalty == Money(2_97 - 3_16)
    assert list(check_ledger()) == []
    assert Account.get_by_id(account.id).balance == september.closing


def test_money_that_comes_while_a_bill_is_made_is_in_the_next_one(
    kursk, account, meter, monkeypatch
):
    send(meter, JUNE, 1100)
    billing.bill(kursk, JUNE)
    send(meter, JULY, 1200)
    read = compute.read
    payers = []

    def pay():
        with database.connection_context():
            post(account, date(2026, 8, 2), 587_00)

    def read_later(place, accounts):
        payer = threading.Thread(target=pay)
        payer.start()
        payer.join(0.5)
        payers.append(payer)
        return read(place, accounts)

    monkeypatch.setattr(compute, "read", read_later)
    run_id = billing.begin(kursk, JULY)
    assert billing.issue(run_id, JULY)
    for payer in payers:
        payer.join()
    monkeypatch.undo()
    draft = BillDraft.get()
    assert (draft.opening, draft.paid) == (Money(587_00), Money(0))
    assert draft.closing == Money(2 * 587_00)
    billing.publish(run_id, JULY)
    billing.bill(kursk, AUGUST)
    assert bill_of(account, AUGUST).paid == Money(587_00)
    assert list(check_ledger()) == []


def test_an_operators_word_on_an_older_payment_is_heard(kursk, account, meter):
    for month, kwh in zip((JUNE, JULY, AUGUST), (1100, 1200, 1300), strict=True):
        send(meter, month, kwh)
    entry = post(account, date(2026, 8, 3), 587_00)
    operator = factories.make_customer()
    bill_all(kursk, JUNE, JULY, AUGUST)
    assert bill_of(account, AUGUST).penalty == Money(0)
    Allocation.create(
        entry=entry,
        month=JULY,
        made_by=operator,
        reason="so the payer says",
        at=datetime(2026, 9, 20, tzinfo=UTC),
    )
    billing.bill(kursk, SEPTEMBER)
    (part,) = bill_of(account, SEPTEMBER).lines["penalties"]
    # June's 587,00 is unpaid now, from 15 August to 30 September: 47 days, 8,74.
    assert (part["month"], part["total"]) == (JUNE.code, 8_74)


def test_what_is_carried_is_what_the_whole_ledger_tells(kursk, account, meter):
    """The short way and the long one give the same debts, whatever was paid when."""
    for number, month in enumerate(months(JUNE, Month(2026, 10)), start=1):
        send(meter, month, 1000 + 100 * number)
    post(account, date(2026, 7, 20), 300_00, month=JUNE)
    post(account, date(2026, 8, 30), 900_00)
    post(account, date(2026, 9, 3), -100_00, kind=EntryKind.REFUND)
    post(account, date(2026, 9, 29), 50_00, month=SEPTEMBER)
    for month in months(JUNE, Month(2026, 10)):
        billing.bill(kursk, month)
        kept = standing.unpack(bill_of(account, month).standing)
        frame = runs.frame_of(kursk, month.next)
        mine = LedgerEntry.account == account.id
        starts, _ = frame.place.month.instants(frame.place.zone)
        entries = list(balance_changes.entries(mine, LedgerEntry.effective_at < starts))
        book = history._book(frame.place, entries, balance_changes.words(mine))
        alive = tuple(debt for debt in book.debts if not debt.is_settled)
        assert (kept.debts, kept.credits) == (alive, tuple(book.credits))
        assert kept.closing == Money.total(entry.amount for entry in entries)


def test_a_meter_out_of_order_is_charged_by_the_average_and_noted(
    kursk, account, meter
):
    Meter.update(verified_until=date(2026, 9, 10)).execute()
    for month, kwh in zip((JUNE, JULY, AUGUST), (1100, 1200, 1300), strict=True):
        send(meter, month, kwh)
    late = send(meter, SEPTEMBER, 1900)
    bill_all(kursk, JUNE, JULY, AUGUST)
    preview = issuing.prepare(kursk, SEPTEMBER)
    assert preview.oddities == {"unverified": 1}
    billing.bill(kursk, SEPTEMBER)
    bill = bill_of(account, SEPTEMBER)
    assert (bill.basis, bill.volume) == (ChargeBasis.AVERAGE, Energy.from_kwh(100))
    assert bill.lines["silence"] == "unverified"
    assert Reading.get_by_id(late.id).state is ReadingState.SUBMITTED
    # Verified again: the reading counts after all.
    Meter.update(verified_until=date(2032, 9, 10)).execute()
    october = Month(2026, 10)
    billing.bill(kursk, october)
    assert bill_of(account, october).volume == Energy.from_kwh(300)
    assert Reading.get_by_id(late.id).counted_in == october


def test_a_check_that_contradicts_is_settled_in_the_bill(kursk, account, meter):
    for month, kwh in zip((JUNE, JULY, AUGUST), (1100, 1200, 1300), strict=True):
        send(meter, month, kwh)
    bill_all(kursk, JUNE, JULY, AUGUST)
    send(meter, SEPTEMBER, 1250, source=ReadingSource.ACT, act="17/26")
    billing.bill(kursk, SEPTEMBER)
    bill = bill_of(account, SEPTEMBER)
    assert (bill.charged, bill.recalculated) == (Money(0), Money(-50 * 5_87))
    assert bill.lines["recalculation"]["act"] == "17/26"


def test_a_benefit_takes_its_part_within_the_social_norm(kursk, account, meter):
    Benefit.create(
        account=account,
        title="ветеран труда",
        percent=50_00,
        people=1,
        starts=date(2026, 6, 1),
    )
    send(meter, JUNE, 1100)
    preview = issuing.prepare(kursk, JUNE)
    assert [one.what for one in preview.missing] == ["social_norm"] * 2
    OtherRule.create(
        rule="social_norm",
        key="household",
        value="50",
        unit="kWh",
        starts=date(2026, 1, 1),
    )
    billing.bill(kursk, JUNE)
    bill = bill_of(account, JUNE)
    # Half of 50 kWh at 5,87.
    assert bill.benefit == Money(146_75)
    (entry,) = LedgerEntry.select().where(LedgerEntry.kind == EntryKind.BENEFIT)
    assert entry.amount == Money(-146_75)
    assert list(check_ledger()) == []


@pytest.mark.parametrize(
    ("value", "charged"),
    [
        # Out of season: 3900 × 5,87 + 2100 × 8,64 + 1000 × 13,69.
        ("10-04", 54_727_00),
        # In season all 7000 are in the first range: 7000 × 5,87.
        ("05-09", 41_090_00),
    ],
)
def test_a_heated_dwelling_has_wider_ranges_in_the_season(
    kursk, account, meter, value, charged
):
    Account.update(is_heated=True).execute()
    send(meter, JUNE, 7000 + 1000)
    assert [one.what for one in issuing.prepare(kursk, JUNE).missing] == [
        "heating_season"
    ]
    OtherRule.create(
        rule="heating_season",
        key="household",
        value=value,
        unit="months",
        starts=date(2026, 1, 1),
    )
    billing.bill(kursk, JUNE)
    assert bill_of(account, JUNE).charged == Money(charged)


def test_an_account_with_a_month_left_out_is_held_back(kursk, account, meter):
    send(meter, JUNE, 1100)
    billing.bill(kursk, JUNE)
    billing.bill(kursk, AUGUST)
    (hold,) = BillHold.select()
    assert (hold.reason, hold.details) == ("gap", "2026-07")
    assert Bill.select().count() == 1


def test_a_closed_account_and_one_not_yet_open_have_no_bill(kursk, account, meter):
    Account.update(closed_on=date(2026, 6, 1)).execute()
    factories.make_account("460000000002", kursk, opened_on=date(2026, 7, 1))
    assert issuing.prepare(kursk, JUNE).accounts == 0


def closed_in_debt(kursk, account, meter):
    """June is charged and not paid, and the account is closed with it."""
    send(meter, JUNE, 1100)
    billing.bill(kursk, JUNE)
    Account.update(closed_on=date(2026, 7, 1)).execute()


def test_a_closed_account_is_billed_until_its_debt_is_paid(kursk, account, meter):
    closed_in_debt(kursk, account, meter)
    bill_all(kursk, JULY, AUGUST)
    july, august = (bill_of(account, month) for month in (JULY, AUGUST))
    assert (july.charged, july.volume, july.penalty) == (
        Money(0),
        Energy(0),
        Money(0),
    )
    # Due on 15 July: 15 August is the 31st day, 17 days to the 31st: 3,16.
    assert (august.penalty, august.closing) == (Money(3_16), Money(590_16))
    # Paid within September: ten days more, and the penalty is still owed.
    post(account, date(2026, 9, 10), 590_16)
    assert Account.get().balance == Money(0)
    billing.bill(kursk, SEPTEMBER)
    september = bill_of(account, SEPTEMBER)
    # 587 × 27 × 9,5 % / 300 = 5,02; less 3,16.
    assert (september.penalty, september.closing) == (Money(1_86), Money(1_86))
    assert BillHold.select().count() == 0
    assert list(check_ledger()) == []
    post(account, date(2026, 10, 3), 1_86)
    october = SEPTEMBER.next
    billing.bill(kursk, october)
    assert bill_of(account, october).closing == Money(0)
    assert issuing.prepare(kursk, october.next).accounts == 0


def test_a_closed_account_says_on_its_receipt_that_it_is(kursk, account, meter):
    closed_in_debt(kursk, account, meter)
    bill_all(kursk, JULY)
    july = bill_of(account, JULY)
    with writing():
        receipt = receipt_of(july, zone=ZoneInfo("Europe/Moscow"))
    assert receipt.volume.silence is Silence.CLOSED
    assert receipt.lines == ()
    assert july.run_id is not None


def test_months_without_a_bill_after_the_end_are_no_gap(kursk, account, meter):
    closed_in_debt(kursk, account, meter)
    post(account, date(2026, 7, 10), 587_00)
    bill_all(kursk, JULY)
    # Paid in time: no bill of August. The bank takes the payment back in September.
    assert issuing.prepare(kursk, AUGUST).accounts == 0
    post(account, date(2026, 9, 5), -587_00, kind=EntryKind.REVERSAL)
    billing.bill(kursk, SEPTEMBER)
    september = bill_of(account, SEPTEMBER)
    assert september.closing == Account.get().balance
    assert september.closing >= Money(587_00)
    assert BillHold.select().count() == 0
    # A month before the newest bill is not made up for: its days are counted there.
    assert issuing.prepare(kursk, AUGUST).accounts == 0


def test_an_open_last_month_is_left_out_of_no_closed_account(kursk, account, meter):
    send(meter, JUNE, 1100)
    billing.bill(kursk, JUNE)
    Account.update(closed_on=date(2026, 8, 1)).execute()
    billing.bill(kursk, AUGUST)
    (hold,) = BillHold.select()
    assert (hold.reason, hold.details) == ("gap", "2026-07")


def test_an_order_for_a_closed_account_has_its_bill(kursk, account, meter):
    closed_in_debt(kursk, account, meter)
    post(account, date(2026, 7, 10), 587_00)
    bill_all(kursk, JULY)
    staff = factories.make_staff()
    now = datetime(2026, 9, 1, tzinfo=UTC)
    factories.make_order(account, staff, now, first=JUNE, last=JUNE, agreed_at=now)
    bill_all(kursk, AUGUST)
    assert bill_of(account, AUGUST).closing == Money(-10_00)


def test_bills_outlive_a_change_of_rates(kursk, account, meter):
    send(meter, JUNE, 1100)
    billing.bill(kursk, JUNE)
    before = bill_of(account, JUNE)
    Rate.update(price=factories.Price.parse("99")).execute()
    after = bill_of(account, JUNE)
    assert (after.charged, after.lines) == (before.charged, before.lines)
    (line,) = after.lines["lines"]
    # The snapshot alone makes the sum again: kopecks of micro-roubles times watt-hours.
    assert line["price"] * line["wh"] == line["kopecks"] * 10_000_000
    assert after.lines["vat_rate"] == 22_00


def test_a_run_that_meets_a_missing_row_keeps_nothing(kursk, account, meter):
    send(meter, JUNE, 1000 + 7000)
    run_id = billing.begin(kursk, JUNE)
    Rate.delete().where(Rate.range_number == 3).execute()
    assert not billing.issue(run_id, JUNE)
    run = BillRun.get_by_id(run_id)
    assert (run.state, BillDraft.select().count()) == ("stopped", 0)
    (missing,) = reviewing.shown(run_id).missing
    assert (missing.what, missing.key) == ("price", "city_gas, single, 3")
    with pytest.raises(RunMoved):
        billing.publish(run_id, JUNE)


def test_a_rule_that_is_gone_since_the_first_look_stops_the_run(kursk, account, meter):
    send(meter, JUNE, 1100)
    run_id = billing.begin(kursk, JUNE)
    DueRule.delete().execute()
    VatRate.delete().execute()
    assert not billing.issue(run_id, JUNE)
    assert BillRun.get_by_id(run_id).state == "stopped"
    assert BillDraft.select().count() == 0
    assert {one.what for one in reviewing.shown(run_id).missing} == {"due_day", "vat"}


def test_a_cap_of_the_penalty_that_has_run_out_stops_the_run(kursk, account, meter):
    """The cap of decree 474 ends with 2026; nobody has said yet what comes after."""
    cap = OtherRule.rule == "penalty_rate_cap"
    OtherRule.update(ends=JUNE.ends - timedelta(days=1)).where(cap).execute()
    send(meter, JUNE, 1100)
    (missing,) = issuing.prepare(kursk, JUNE).missing
    assert (missing.what, missing.day) == ("penalty_rate_cap", date(2026, 6, 30))
    # Whoever knows that there is none says so.
    OtherRule.create(
        rule="penalty_rate_cap",
        key="household",
        value="none",
        unit="",
        starts=JUNE.ends - timedelta(days=1),
    )
    assert not issuing.prepare(kursk, JUNE).missing
    billing.bill(kursk, JUNE)


def test_a_month_has_one_open_run(kursk, account, meter):
    run_id = billing.begin(kursk, JUNE)
    with pytest.raises(runs.RunOpen):
        billing.begin(kursk, JUNE)
    with pytest.raises(runs.EarlierOpen, match="2026-06"):
        billing.begin(kursk, JULY)
    runs.cancel(run_id, actor=audit.SYSTEM, now=billing.clock_after(JUNE)())
    runs.cancel(run_id, actor=audit.SYSTEM, now=billing.clock_after(JUNE)())
    done = billing.bill(kursk, JUNE)
    with pytest.raises(RunMoved):
        runs.cancel(done, actor=audit.SYSTEM, now=billing.clock_after(JUNE)())


def test_the_debts_a_receipt_tells_add_up_to_its_sum(kursk, account, meter):
    send(meter, JUNE, 1100)
    billing.bill(kursk, JUNE)
    send(meter, JULY, 1250)
    billing.bill(kursk, JULY)
    post(account, date(2026, 8, 20), 100_00)
    send(meter, AUGUST, 1300)
    billing.bill(kursk, AUGUST)
    zone = ZoneInfo(kursk.time_zone)
    for bill in Bill.select().where(Bill.account == account).order_by(Bill.month):
        receipt = receipt_of(bill, zone=zone)
        assert receipt.balance.closing == bill.closing > Money(0)
        assert Money.total(one.amount for one in receipt.debts) == bill.closing
        # An outside system would have kept nothing: the ledger comes to the same.
        bill.standing = None
        assert receipt_of(bill, zone=zone).debts == receipt.debts
    assert [one.month for one in receipt.debts] == [JUNE, JULY, AUGUST]
    assert [used.energy for used in receipt.year[-3:]] == [
        Energy.from_kwh(kwh) for kwh in (100, 150, 50)
    ]


def test_the_first_own_bill_is_compared_with_what_the_other_system_charged(
    kursk, account, meter
):
    factories.make_bill(account, "2026-05", "100,00")
    send(meter, JUNE, 1000 + 300)
    assert issuing.prepare(kursk, JUNE).before == Money(100_00)
    run_id = billing.begin(kursk, JUNE)
    assert billing.issue(run_id, JUNE)
    (odd,) = reviewing.odd_bills(run_id, JUNE)
    assert (odd.before, odd.oddities) == (Money(100_00), ("much_more",))
