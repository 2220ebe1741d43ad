"""Money goes back once, within what was paid, and above the limit by two people."""

import threading
import uuid
from datetime import timedelta

import pytest

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.errors import IllegalMoveError
from cabinet.domain.money import Money
from cabinet.domain.payments.refunds import RefundState
from cabinet.domain.payments.seen import Seen
from cabinet.domain.payments.states import PaymentState
from cabinet.gateways.base import RefusedError, UnclearError
from cabinet.models import (
    Account,
    AuditEntry,
    Branch,
    LedgerEntry,
    OutboxMessage,
    Payment,
    Refund,
)
from cabinet.models.base import database, writing
from cabinet.services.audit import Actor
from cabinet.services.payments import refund_calls, refunding
from cabinet.services.payments.moving import PaymentNotFoundError, locked, suspect
from tests import factories
from tests.banking import Fault


def again(row):
    return type(row).get_by_id(row.id)


def posted():
    return list(LedgerEntry.select().where(LedgerEntry.kind == EntryKind.REFUND))


def balance(account):
    return Account.get_by_id(account.id).balance


def test_within_the_limit_one_person_gives_back_and_it_is_posted_once(
    paid, ask, bank, shops, owed, now
):
    payment = paid(email="a@example.org")
    refund = ask(payment, 300_00)
    assert refund.state is RefundState.APPROVED
    assert refund_calls.follow_due(shops, now=now) == 1
    assert again(refund).state is RefundState.SUCCEEDED
    (entry,) = posted()
    assert (entry.amount, entry.cause) == (
        Money(300_00),
        f"refund:{refund.public_id}",
    )
    assert (entry.channel, entry.document, entry.account) == ("card", "2026-1", owed)
    assert balance(owed) == Money(300_00)
    assert again(payment).state is PaymentState.PARTIALLY_REFUNDED
    (order,) = bank.refund_orders
    assert (order.key, order.amount, order.refunded_before) == (
        refund.key,
        Money(300_00),
        Money(0),
    )
    assert order.receipt.items[0].amount == Money(300_00)
    letter = OutboxMessage.get(OutboxMessage.kind == "refund_made")
    assert (letter.recipient, letter.context["number"]) == ("a@example.org", "2026-1")
    actions = [
        row.action
        for row in AuditEntry.select()
        .where(AuditEntry.subject == f"refund:{refund.public_id}")
        .order_by(AuditEntry.id)
    ]
    assert actions == [
        "refund.requested",
        "refund.approved",
        "refund.submitting",
        "refund.succeeded",
    ]
    assert refund_calls.follow_due(shops, now=now + timedelta(days=1)) == 0


def test_the_whole_moves_the_payment_to_refunded(paid, ask, bank, shops, now):
    payment = paid()
    ask(payment, 400_00)
    refund_calls.follow_due(shops, now=now)
    ask(payment, 600_00)
    refund_calls.follow_due(shops, now=now)
    assert again(payment).state is PaymentState.REFUNDED
    assert [o.refunded_before for o in bank.refund_orders] == [Money(0), Money(400_00)]
    with pytest.raises(refunding.NotRefundableError):
        ask(payment, 1)
    assert OutboxMessage.select().count() == 0


def test_nobody_without_an_address_gets_a_letter(paid, ask, shops, now):
    ask(paid(), 100)
    refund_calls.follow_due(shops, now=now)
    assert OutboxMessage.select().count() == 0


def test_the_same_key_is_the_same_refund(paid, ask):
    payment, nonce = paid(), uuid.uuid4()
    one, two = (ask(payment, 100_00, nonce=nonce) for _ in range(2))
    assert one == two
    with pytest.raises(refunding.KeyTakenError):
        ask(payment, 101_00, nonce=nonce)
    assert Refund.select().count() == 1


@pytest.mark.parametrize("kopecks", [0, -1, 1000_01])
def test_no_more_than_the_share_and_no_less_than_a_kopeck(paid, ask, kopecks):
    with pytest.raises(refunding.TooMuchError):
        ask(paid(), kopecks)


def test_what_is_on_its_way_cannot_be_given_back_again(paid, ask, bank, shops, now):
    payment = paid()
    bank.faults.append(Fault(UnclearError()))
    ask(payment, 700_00)
    refund_calls.follow_due(shops, now=now)
    with pytest.raises(refunding.TooMuchError) as caught:
        ask(payment, 300_01)
    assert caught.value.most == Money(300_00)


def test_a_refused_one_gives_its_sum_free(paid, ask, bank, shops, now):
    payment = paid()
    bank.faults.append(Fault(RefusedError("too_late", "Срок возврата вышел")))
    refund = ask(payment, 1000_00)
    refund_calls.follow_due(shops, now=now)
    found = again(refund)
    assert (found.state, found.refused) == (RefundState.REJECTED, "Срок возврата вышел")
    assert (posted(), again(payment).state) == ([], PaymentState.SUCCEEDED)
    assert ask(payment, 1000_00).state is RefundState.APPROVED


def test_only_from_a_share_of_the_payment(paid, ask):
    other = factories.make_account(number="460000000077")
    with pytest.raises(refunding.NoShareError):
        ask(paid(), 100, account=other)


def test_each_share_has_its_own_bound(paid, ask, alice, owed):
    second = factories.make_account(number="460000000077")
    factories.give_access(alice, second)
    payment = paid(100_00, accounts=(owed, second))
    ask(payment, 100_00, account=second)
    with pytest.raises(refunding.TooMuchError):
        ask(payment, 1, account=second)
    assert ask(payment, 100_00).account == owed


def test_above_the_limit_another_person_agrees(paid, ask, olga, igor, bank, shops, now):
    Branch.update(refund_alone_up_to=Money(500_00)).execute()
    payment = paid()
    refund = ask(payment, 500_01)
    assert refund.state is RefundState.REQUESTED
    assert refund_calls.follow_due(shops, now=now) == 0
    with pytest.raises(refunding.SamePersonError):
        refunding.approve_refund(
            olga, refund.public_id, actor=Actor(olga.user_id), now=now
        )
    for _ in range(2):
        refunding.approve_refund(
            igor, refund.public_id, actor=Actor(igor.user_id), now=now
        )
    assert again(refund).approved_by_id == igor.user_id
    refund_calls.follow_due(shops, now=now)
    assert again(refund).state is RefundState.SUCCEEDED
    assert len(bank.refund_orders) == 1


def test_a_sum_cut_into_parts_needs_another_person_too(paid, ask):
    Branch.update(refund_alone_up_to=Money(500_00)).execute()
    payment = paid()
    assert ask(payment, 400_00).state is RefundState.APPROVED
    assert ask(payment, 100_01).state is RefundState.REQUESTED


def test_the_limit_is_the_branches_own_and_five_thousand_at_first(paid, ask):
    payment = paid(20_000_00)
    assert ask(payment, 5_000_00).state is RefundState.APPROVED
    assert ask(payment, 1).state is RefundState.REQUESTED


def test_whoever_does_not_agree_says_why_and_nothing_is_sent(
    paid, ask, igor, bank, shops, now
):
    Branch.update(refund_alone_up_to=Money(0)).execute()
    refund = ask(paid(), 100_00)
    refunding.reject_refund(
        igor, refund.public_id, "Платёж верный", actor=Actor(igor.user_id), now=now
    )
    assert again(refund).state is RefundState.REJECTED
    assert again(refund).refused == "Платёж верный"
    assert refund_calls.follow_due(shops, now=now) == 0
    with pytest.raises(IllegalMoveError):
        refunding.approve_refund(
            igor, refund.public_id, actor=Actor(igor.user_id), now=now
        )


def test_what_was_sent_cannot_be_taken_back(paid, ask, olga, bank, shops, now):
    refund = ask(paid(), 100_00)
    bank.faults.append(Fault(UnclearError()))
    refund_calls.follow_due(shops, now=now)
    with pytest.raises(IllegalMoveError):
        refunding.reject_refund(
            olga, refund.public_id, "передумали", actor=Actor(olga.user_id), now=now
        )


def test_another_branch_sees_neither_payment_nor_refund(paid, ask, foreign, now):
    payment = paid()
    with pytest.raises(PaymentNotFoundError):
        ask(payment, 100, by=foreign)
    refund = ask(payment, 100)
    for act in (refunding.approve_refund, refunding.reject_refund):
        words = ("зачем",) if act is refunding.reject_refund else ()
        with pytest.raises(PaymentNotFoundError):
            act(
                foreign, refund.public_id, *words, actor=Actor(foreign.user_id), now=now
            )
    assert again(refund).state is RefundState.APPROVED


@pytest.mark.parametrize("state", list(PaymentState))
def test_only_money_that_has_come_and_is_not_disputed_goes_back(pay, ask, state):
    payment = pay()
    Payment.update(state=state).execute()
    if state in refunding.REFUNDABLE:
        assert ask(payment, 100).state is RefundState.APPROVED
        return
    with pytest.raises(refunding.NotRefundableError):
        ask(payment, 100)


def test_a_suspicious_payment_is_looked_at_first(paid, ask, shops, bank, now):
    payment = paid()
    refund = ask(payment, 100_00)
    with writing():
        suspect(locked(payment.id), "seen_canceled", now=now)
    refund_calls.follow_due(shops, now=now)
    assert again(refund).state is RefundState.REJECTED
    assert bank.refund_orders == []
    with pytest.raises(refunding.NotRefundableError):
        ask(payment, 100_00)


def test_a_lost_answer_is_repeated_with_the_same_key(paid, ask, bank, shops, owed, now):
    payment = paid()
    bank.faults += [Fault(UnclearError(), "after"), Fault(UnclearError(), "after")]
    refund = ask(payment, 100_00)
    refund_calls.follow_due(shops, now=now)
    assert again(refund).state is RefundState.IN_DOUBT
    assert posted() == []
    asked = []
    while again(refund).state is RefundState.IN_DOUBT:
        moment = again(refund).ask_at
        asked.append(moment)
        refund_calls.follow_due(shops, now=moment)
    assert again(refund).state is RefundState.SUCCEEDED
    assert {order.key for order in bank.refund_orders} == {refund.key}
    assert len(bank.made_refunds) == len(posted()) == 1
    assert balance(owed) == Money(100_00)
    assert [(a - now).total_seconds() for a in asked] == [10, 30]


def test_a_refusal_of_a_repeated_call_is_believed_only_when_nothing_is_there(
    paid, ask, bank, shops, now
):
    refund = ask(paid(), 100_00)
    bank.faults += [
        Fault(UnclearError(), "after"),
        Fault(RefusedError("duplicate", "повтор")),
    ]
    refund_calls.follow_due(shops, now=now)
    refund_calls.follow_due(shops, now=now + timedelta(minutes=1))
    assert again(refund).state is RefundState.SUCCEEDED
    assert len(posted()) == 1


def test_where_no_key_is_kept_it_is_asked_and_never_sent_twice(
    paid, ask, bank, shops, now
):
    payment = paid()
    bank.repeats_by_key = False
    bank.faults.append(Fault(UnclearError(), "after"))
    refund = ask(payment, 100_00)
    refund_calls.follow_due(shops, now=now)
    refund_calls.follow_due(shops, now=now + timedelta(minutes=1))
    assert again(refund).state is RefundState.SUCCEEDED
    assert len(bank.refund_orders) == 1


def test_what_the_bank_never_heard_of_ends_in_half_an_hour_and_can_be_asked_again(
    paid, ask, bank, shops, now
):
    payment = paid()
    bank.repeats_by_key = False
    bank.faults.append(Fault(UnclearError()))
    refund = ask(payment, 1000_00)
    refund_calls.follow_due(shops, now=now)
    refund_calls.follow_due(shops, now=now + timedelta(minutes=29))
    assert again(refund).state is RefundState.IN_DOUBT
    refund_calls.follow_due(shops, now=now + timedelta(hours=1))
    assert again(refund).refused == refund_calls.UNKNOWN_THERE
    ask(payment, 1000_00)
    refund_calls.follow_due(shops, now=now + timedelta(hours=2))
    assert len(posted()) == 1


def test_a_silent_bank_leaves_it_in_doubt(paid, ask, bank, shops, now):
    bank_refund = ask(paid(), 100_00)
    bank.repeats_by_key = False
    bank.faults.append(Fault(UnclearError()))
    refund_calls.follow_due(shops, now=now)
    bank.is_deaf = True
    refund_calls.follow_due(shops, now=now + timedelta(days=2))
    assert again(bank_refund).state is RefundState.IN_DOUBT


def test_the_sender_died_before_the_call(paid, ask, bank, shops, now):
    refund = ask(paid(), 100_00)
    assert refund_calls._begin(refund.id, now)
    assert not refund_calls._begin(refund.id, now)
    assert refund_calls.follow_due(shops, now=now + timedelta(seconds=14)) == 0
    refund_calls.follow_due(shops, now=now + timedelta(seconds=15))
    assert again(refund).state is RefundState.SUCCEEDED
    assert len(bank.made_refunds) == 1


def test_a_refund_that_takes_days_is_asked_until_the_end(paid, ask, bank, shops, now):
    bank.refund_state = Seen.PENDING
    payment = paid()
    refund = ask(payment, 100_00)
    refund_calls.follow_due(shops, now=now)
    assert again(refund).state is RefundState.PENDING
    assert again(payment).state is PaymentState.SUCCEEDED
    refund_calls.follow_due(shops, now=now + timedelta(days=1))
    assert again(refund).state is RefundState.PENDING
    bank.decide_refund(refund.key, state=Seen.SUCCEEDED)
    refund_calls.follow_due(shops, now=now + timedelta(days=2))
    assert again(refund).state is RefundState.SUCCEEDED
    assert len(posted()) == len(bank.refund_orders) == 1


def test_the_bank_may_think_better_of_it(paid, ask, bank, shops, now):
    bank.refund_state = Seen.PENDING
    refund = ask(paid(), 100_00)
    refund_calls.follow_due(shops, now=now)
    bank.decide_refund(refund.key, state=Seen.CANCELED)
    refund_calls.follow_due(shops, now=now + timedelta(days=1))
    assert again(refund).state is RefundState.REJECTED
    assert (again(refund).refused, posted()) == ("банк отменил возврат", [])


def test_another_sum_than_was_asked_moves_nothing(paid, ask, bank, shops, now):
    bank.refund_state = Seen.PENDING
    refund = ask(paid(), 100_00)
    refund_calls.follow_due(shops, now=now)
    bank.decide_refund(refund.key, state=Seen.SUCCEEDED, amount=Money(1_00))
    refund_calls.follow_due(shops, now=now + timedelta(days=1))
    assert (again(refund).state, posted()) == (RefundState.PENDING, [])


def test_one_refund_of_a_payment_is_on_its_way_at_a_time(paid, ask, bank, shops, now):
    bank.refund_state = Seen.PENDING
    payment = paid()
    first, second = ask(payment, 100_00), ask(payment, 200_00)
    refund_calls.follow_due(shops, now=now)
    assert len(bank.refund_orders) == 1
    bank.decide_refund(first.key, state=Seen.SUCCEEDED)
    bank.refund_state = Seen.SUCCEEDED
    refund_calls.follow_due(shops, now=now + timedelta(minutes=1))
    refund_calls.follow_due(shops, now=now + timedelta(minutes=2))
    assert again(second).state is RefundState.SUCCEEDED
    assert bank.refund_orders[1].refunded_before == Money(100_00)


def test_of_two_people_who_ask_at_once_one_wins(paid, ask, olga, igor):
    payment = paid()
    gate, told = threading.Barrier(2), []

    def run(member):
        try:
            gate.wait()
            told.append(ask(payment, 600_00, by=member).state)
        except refunding.TooMuchError as error:
            told.append(error.most)
        finally:
            database.close()

    threads = [threading.Thread(target=run, args=(one,)) for one in (olga, igor)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told, key=str) == [Money(400_00), RefundState.APPROVED]
    assert Refund.select().count() == 1


def test_of_two_clicks_at_once_there_is_one_refund(paid, ask):
    payment, nonce = paid(), uuid.uuid4()
    gate, made = threading.Barrier(4), []

    def run():
        gate.wait()
        made.append(ask(payment, 100_00, nonce=nonce).id)
        database.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == Refund.select().count() == 1


def test_two_senders_send_it_once(paid, ask, bank, shops, now):
    refund = ask(paid(), 100_00)
    gate = threading.Barrier(3)

    def run():
        gate.wait()
        refund_calls.follow(refund.id, shops, now=now)
        database.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert again(refund).state is RefundState.SUCCEEDED
    assert len(posted()) == len(bank.made_refunds) == 1
