"""Each rule of card payments is silent on what the portal does, and finds a planted fault."""

import uuid
from datetime import timedelta

import pytest

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.domain.payments.refunds import RefundState
from cabinet.domain.payments.seen import Seen
from cabinet.domain.payments.states import (
    Effect,
    PaymentEvent,
    PaymentState,
)
from cabinet.models import (
    LedgerEntry,
    Notice,
    Payment,
    PaymentReceipt,
    PaymentShare,
    PaymentStep,
    ReceiptSeries,
    Refund,
)
from cabinet.models.base import database, reading
from cabinet.services.audit import Actor
from cabinet.services.payments import (
    disputes,
    findings,
    invariants,
    notices,
    refund_calls,
)
from tests import factories


@pytest.fixture
def find(now):
    """Return the codes of what does not hold, and what each tells."""

    def find(*, at=now):
        with reading():
            found = [one for check in invariants.checks(at) for one in check()]
        assert all(one.where and one.what for one in found)
        return {one.invariant for one in found}

    return find


def entry(account, cause, kopecks, kind=EntryKind.PAYMENT):
    return factories.post(account, Money(kopecks), kind=kind, cause=cause)


def step(payment, number, event, before, after, effect=Effect.STEP):
    return PaymentStep.create(
        payment=payment,
        number=number,
        at=payment.created_at,
        event=event,
        before=before,
        after=after,
        effect=effect,
        source="poll",
    )


@pytest.fixture
def life(pay, paid, ask, bank, shops, olga, now, alice, owed):
    """Payments of every kind of end, some of them given back."""
    second = factories.make_account(number="460000000077")
    factories.give_access(alice, second)
    whole, part, lost, won = (paid(100_00 + n) for n in range(4))
    paid(50_00, accounts=(owed, second))
    ask(whole, 100_00)
    ask(part, 40_00)
    ask(lost, 30_00)
    refund_calls.follow_due(shops, now=now)
    for payment, end in (
        (lost, PaymentEvent.DISPUTE_LOST),
        (won, PaymentEvent.DISPUTE_WON),
    ):
        for event in (PaymentEvent.DISPUTE, end):
            disputes.mark_dispute(
                olga,
                payment.public_id,
                event,
                "так",
                actor=Actor(olga.user_id),
                now=now,
            )
    unpaid = pay(7_00)
    bank.decide(unpaid.provider_id, state=Seen.CANCELED)
    notices.keep(
        "kursk-card", unpaid.provider_id.encode(), {}, {}, None, shops=shops, now=now
    )
    notices.take_due(shops, now=now)
    pay(8_00)
    return whole


def test_all_rules_hold_of_what_the_portal_does(life, find, now):
    assert find() == set()
    assert Payment.select().count() == 7
    assert find(at=now + timedelta(minutes=14)) == set()


def test_i3_a_payment_that_came_and_is_not_posted(pay, find):
    payment = pay()
    Payment.update(state=PaymentState.SUCCEEDED).execute()
    assert "I3" in find()
    entry(
        PaymentShare.get().account,
        f"payment:{payment.public_id}:{PaymentShare.get().account_id}",
        -1000_00,
    )
    assert "I3" not in find()


def test_i3_a_payment_of_no_share(paid, find):
    paid()
    PaymentShare.delete().execute()
    assert "I3" in find()


def test_i4_what_did_not_come_is_posted(pay, find, owed):
    payment = pay()
    entry(owed, f"payment:{payment.public_id}:{owed.id}", -1000_00)
    assert find() == {"I4"}


def test_i4_an_entry_of_no_payment(find, owed):
    entry(owed, f"payment:{uuid.uuid4()}:{owed.id}", -1000_00)
    assert find() == {"I4"}


def test_i5_another_sum_is_posted_than_the_share(pay, find, owed):
    payment = pay()
    Payment.update(state=PaymentState.SUCCEEDED).execute()
    entry(owed, f"payment:{payment.public_id}:{owed.id}", -999_99)
    assert "I5" in find()


def test_i5_shares_are_not_the_payment(paid, find):
    paid()
    Payment.update(amount=Money(1000_01)).execute()
    assert find() == {"I5"}


@pytest.mark.parametrize(
    "change",
    [
        {"state": RefundState.REJECTED},
        {"amount": Money(40_01)},
    ],
)
def test_i6_a_refund_is_not_what_was_posted(paid, ask, shops, find, now, change):
    ask(paid(), 40_00)
    refund_calls.follow_due(shops, now=now)
    assert find() == set()
    Refund.update(change).execute()
    assert "I6" in find()


def test_i6_a_refund_that_was_not_posted(paid, ask, find):
    ask(paid(), 40_00)
    Refund.update(state=RefundState.SUCCEEDED, ask_at=None).execute()
    assert find() == {"I6"}


def test_i6_an_entry_of_no_refund(find, owed):
    entry(owed, f"refund:{uuid.uuid4()}", 1, EntryKind.REFUND)
    assert find() == {"I6"}


def test_i6_more_goes_back_than_came(paid, ask, find):
    ask(paid(), 40_00)
    Refund.update(amount=Money(1000_01)).execute()
    assert find() == {"I6"}


@pytest.mark.parametrize(
    ("kopecks", "state"),
    [
        (1000_00, PaymentState.PARTIALLY_REFUNDED),
        (1000_00, PaymentState.SUCCEEDED),
        (40_00, PaymentState.REFUNDED),
        (40_00, PaymentState.SUCCEEDED),
    ],
)
def test_i6_the_state_tells_another_sum(paid, ask, shops, find, now, kopecks, state):
    ask(paid(), kopecks)
    refund_calls.follow_due(shops, now=now)
    Payment.update(state=state).execute()
    assert "I6" in find()


def test_i6_a_loss_that_is_not_posted_and_one_that_is_none(paid, find, owed):
    payment = paid()
    Payment.update(state=PaymentState.CHARGED_BACK).execute()
    assert "I6" in find()
    entry(owed, f"chargeback:{payment.public_id}:{owed.id}", 1000_00, EntryKind.REFUND)
    assert "I6" not in find()
    Payment.update(state=PaymentState.SUCCEEDED).execute()
    assert "I6" in find()


@pytest.mark.parametrize(("table", "columns"), invariants.UNIQUE)
def test_i7_a_unique_index_is_gone(db, find, table, columns):
    for index in database.get_indexes(table):
        if tuple(index.columns) == columns:
            database.execute_sql(f'DROP INDEX "{index.name}"')
    assert find() == {"I7"}


def test_i9_a_state_no_step_led_to(pay, find):
    pay()
    Payment.update(state=PaymentState.CANCELED).execute()
    assert find() == {"I9"}


def test_i9_steps_that_do_not_join(pay, find):
    payment = pay()
    step(payment, 3, PaymentEvent.EXPIRE, "created", "expired")
    Payment.update(state=PaymentState.EXPIRED, version=3).execute()
    assert find() == {"I9"}


def test_i9_a_gap_between_steps(pay, find):
    payment = pay()
    step(payment, 4, PaymentEvent.EXPIRE, "pending", "expired")
    Payment.update(state=PaymentState.EXPIRED, version=4).execute()
    assert find() == {"I9"}


@pytest.mark.parametrize(
    ("event", "after", "effect"),
    [
        (PaymentEvent.DISPUTE, "disputed", Effect.STEP),
        (PaymentEvent.SEEN_CANCELED, "expired", Effect.STEP),
        (PaymentEvent.SEEN_CANCELED, "canceled", Effect.FORCED),
    ],
)
def test_i9_a_move_the_table_does_not_have(pay, find, event, after, effect):
    payment = pay()
    step(payment, 3, event, "pending", after, effect)
    Payment.update(state=after, version=3).execute()
    assert "I9" in find()


@pytest.mark.parametrize("state", sorted(findings.DOUBT))
def test_i10_a_day_in_doubt(pay, find, now, state):
    pay()
    Payment.update(state=state, ask_at=now + timedelta(hours=24)).execute()
    assert "I10" not in find(at=now + timedelta(hours=24))
    assert "I10" in find(at=now + timedelta(hours=24, seconds=1))


def test_i10_what_is_open_and_not_asked_about(pay, find, now):
    pay()
    assert find(at=now + timedelta(minutes=16)) == {"I10"}
    Payment.update(ask_at=None).execute()
    assert find() == {"I10"}


def test_i10_a_refund_nobody_asks_about(paid, ask, find, now):
    ask(paid(), 40_00)
    assert find(at=now + timedelta(minutes=16)) == {"I10"}
    Refund.update(ask_at=None).execute()
    assert find() == {"I10"}


def test_i11_a_notice_that_was_dropped(life, find):
    Notice.update(outcome="").execute()
    assert find() == {"I11"}


def test_i11_a_notice_that_moved_nothing_it_says_it_moved(pay, shops, find, now):
    pay()
    notices.keep("kursk-card", b"bank-1", {}, {}, None, shops=shops, now=now)
    assert find() == set()
    Notice.update(outcome="step", next_at=None).execute()
    assert find() == {"I11"}


def test_i12_a_receipt_of_what_did_not_come_and_none_of_what_did(pay, paid, find, now):
    payment = pay(10_00)
    PaymentReceipt.create(payment=payment, year=2026, number=1, issued_at=now)
    ReceiptSeries.create(year=2026, last=1)
    assert find() == {"I12"}
    PaymentReceipt.delete().execute()
    ReceiptSeries.delete().execute()
    paid()
    assert find() == set()
    PaymentReceipt.delete().execute()
    assert find() == {"I12"}


@pytest.mark.parametrize("number", [1, 3])
def test_i12_a_gap_between_receipts(paid, find, number):
    for kopecks in (10_00, 20_00, 30_00):
        paid(kopecks)
    PaymentReceipt.update(number=9).where(PaymentReceipt.number == number).execute()
    assert find() == {"I12"}
    PaymentReceipt.update(number=number).where(PaymentReceipt.number == 9).execute()
    ReceiptSeries.update(last=4).execute()
    assert find() == {"I12"}


def test_balances_are_kept_through_it_all(life, owed):
    rows = LedgerEntry.select().where(LedgerEntry.account == owed)
    posted = Money.total(row.amount for row in rows)
    # The fixture made the debt by hand: a bill of 812.40 and a balance of 1000.
    assert posted - Money(812_40) == type(owed).get_by_id(owed.id).balance - Money(
        1000_00
    )
