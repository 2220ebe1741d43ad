"""A disputed payment: what is lost leaves the account once, what is won stays."""

import pytest

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.errors import IllegalMoveError
from cabinet.domain.money import Money
from cabinet.domain.payments.refunds import RefundState
from cabinet.domain.payments.seen import Seen
from cabinet.domain.payments.states import PaymentEvent, PaymentState
from cabinet.models import Account, AuditEntry, LedgerEntry, Payment, PaymentStep
from cabinet.services.audit import Actor
from cabinet.services.payments import disputes, refund_calls
from cabinet.services.payments.moving import PaymentNotFoundError
from tests import factories


@pytest.fixture
def mark(olga, now):
    def mark(payment, event, *, by=None, why="Письмо банка от 20.11"):
        who = by or olga
        return disputes.mark_dispute(
            who, payment.public_id, event, why, actor=Actor(who.user_id), now=now
        )

    return mark


def again(row):
    return type(row).get_by_id(row.id)


def lost():
    rows = LedgerEntry.select().where(LedgerEntry.cause ** "chargeback:%")
    return list(rows.order_by(LedgerEntry.account))


def balance(account):
    return Account.get_by_id(account.id).balance


def test_a_lost_dispute_takes_the_money_back_once(paid, mark, owed, olga):
    payment = paid()
    assert mark(payment, PaymentEvent.DISPUTE)
    assert again(payment).state is PaymentState.DISPUTED
    assert balance(owed) == Money(0)
    assert mark(payment, PaymentEvent.DISPUTE_LOST)
    assert not mark(payment, PaymentEvent.DISPUTE_LOST)
    assert again(payment).state is PaymentState.CHARGED_BACK
    (entry,) = lost()
    assert (entry.kind, entry.amount, entry.document) == (
        EntryKind.REFUND,
        Money(1000_00),
        "2026-1",
    )
    assert entry.cause == f"chargeback:{payment.public_id}:{owed.id}"
    assert balance(owed) == Money(1000_00)
    step = PaymentStep.select().order_by(PaymentStep.number.desc()).get()
    assert (step.source, step.details) == ("staff", {"why": "Письмо банка от 20.11"})
    noted = AuditEntry.get(AuditEntry.action == "payment.dispute_lost")
    assert noted.actor_id == olga.user_id


def test_a_won_one_leaves_everything_as_it_was(paid, mark, owed):
    payment = paid()
    mark(payment, PaymentEvent.DISPUTE)
    mark(payment, PaymentEvent.DISPUTE_WON)
    assert again(payment).state is PaymentState.SUCCEEDED
    assert (balance(owed), lost()) == (Money(0), [])


def test_what_went_back_before_is_neither_lost_again_nor_forgotten(
    paid, ask, shops, mark, owed, now
):
    payment = paid()
    ask(payment, 300_00)
    refund_calls.follow_due(shops, now=now)
    mark(payment, PaymentEvent.DISPUTE)
    mark(payment, PaymentEvent.DISPUTE_WON)
    assert again(payment).state is PaymentState.PARTIALLY_REFUNDED
    mark(payment, PaymentEvent.DISPUTE)
    mark(payment, PaymentEvent.DISPUTE_LOST)
    assert [entry.amount for entry in lost()] == [Money(700_00)]
    assert balance(owed) == Money(1000_00)


def test_each_share_loses_its_own(paid, mark, alice, owed):
    second = factories.make_account(number="460000000077")
    factories.give_access(alice, second)
    payment = paid(100_00, accounts=(owed, second))
    mark(payment, PaymentEvent.DISPUTE)
    mark(payment, PaymentEvent.DISPUTE_LOST)
    assert [entry.account for entry in lost()] == [owed, second]
    assert balance(second) == Money(0)


def test_a_refund_that_was_sent_is_waited_for(paid, ask, bank, shops, mark, now):
    bank.refund_state = Seen.PENDING
    payment = paid()
    ask(payment, 100_00)
    refund_calls.follow_due(shops, now=now)
    mark(payment, PaymentEvent.DISPUTE)
    with pytest.raises(disputes.RefundOnItsWayError):
        mark(payment, PaymentEvent.DISPUTE_LOST)
    assert lost() == []


def test_a_refund_that_was_not_sent_is_dropped(paid, ask, mark):
    payment = paid()
    refund = ask(payment, 100_00)
    mark(payment, PaymentEvent.DISPUTE)
    mark(payment, PaymentEvent.DISPUTE_LOST)
    assert again(refund).state is RefundState.REJECTED
    assert again(refund).refused == disputes.DISPUTED


def test_a_whole_refund_that_ends_during_the_dispute_is_told_after_it(
    paid, ask, bank, shops, mark, now
):
    bank.refund_state = Seen.PENDING
    payment = paid()
    refund = ask(payment, 1000_00)
    refund_calls.follow_due(shops, now=now)
    mark(payment, PaymentEvent.DISPUTE)
    bank.decide_refund(refund.key, state=Seen.SUCCEEDED)
    refund_calls.follow_due(shops, now=now.replace(hour=23))
    assert again(payment).state is PaymentState.DISPUTED
    mark(payment, PaymentEvent.DISPUTE_WON)
    assert again(payment).state is PaymentState.REFUNDED


def test_only_what_was_paid_and_only_of_the_own_branch(pay, mark, foreign, bank, shops):
    payment = pay()
    for event in disputes.MARKS:
        with pytest.raises(IllegalMoveError):
            mark(payment, event)
        with pytest.raises(PaymentNotFoundError):
            mark(payment, event, by=foreign)
    with pytest.raises(ValueError, match="expire"):
        mark(payment, PaymentEvent.EXPIRE)
    assert again(payment).state is PaymentState.PENDING
    assert Payment.select().count() == 1


def test_a_mark_that_is_refused_leaves_a_trace_of_whose_it_was(pay, mark, olga):
    payment = pay()
    with pytest.raises(IllegalMoveError):
        mark(payment, PaymentEvent.DISPUTE)
    entry = AuditEntry.get(AuditEntry.action == "payment.refused_move")
    assert (entry.subject, entry.actor_id) == (
        f"payment:{payment.public_id}",
        olga.user_id,
    )
    assert entry.details == {"before": "pending", "event": "dispute"}
    assert again(payment).state is PaymentState.PENDING
