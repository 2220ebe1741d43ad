"""Refunds only the bank has, after a copy was put back: posted where it is proved whose."""

import uuid
from datetime import timedelta

import pytest

from cabinet.domain.money import Money
from cabinet.domain.payments.refunds import RefundState
from cabinet.domain.payments.seen import ListedRefund
from cabinet.domain.payments.states import PaymentState
from cabinet.gateways.base import UnclearError
from cabinet.models import Account, Branch, Payment, ReconciliationItem, Refund
from cabinet.services import restoring
from cabinet.services.audit import Actor
from cabinet.services.ledger_check import check_ledger
from cabinet.services.payments import (
    differences,
    invariants,
    reconciling,
    refund_calls,
)
from cabinet.services.payments.refunds_back import Back, bring_back
from tests import factories


@pytest.fixture
def second(account, alice):
    made = factories.make_account("460000000002", branch=account.branch)
    factories.give_access(alice, made, slug="second")
    return made


@pytest.fixture
def bring(shops, now):
    def bring(at=now):
        shop = shops.named("kursk-card")
        return bring_back(shop, since=now - timedelta(hours=48), now=at)

    return bring


def listed(payment, kopecks, **more):
    values = {"provider_id": f"r-{uuid.uuid4()}", "key": "", "account": "", **more}
    return ListedRefund(payment_id=payment.provider_id, amount=Money(kopecks), **values)


def balance(account):
    return Account.get_by_id(account.id).balance


def state(payment):
    return Payment.get_by_id(payment.id).state


def assert_sound(now):
    assert list(check_ledger(invariants.checks(now))) == []


@pytest.fixture
def lister(bank):
    """A bank whose refunds have a list, as YooKassa's."""
    bank.lists_refunds = True
    return bank


def test_a_listed_refund_is_posted_once(lister, paid, bring, owed, now):
    payment = paid(1000_00)
    lister.listed_refunds = [listed(payment, 300_00)]
    assert bring() == Back(posted=1)
    assert bring() == Back()
    assert balance(owed) == Money(300_00)
    assert state(payment) is PaymentState.PARTIALLY_REFUNDED
    assert Refund.get().provider_id == lister.listed_refunds[0].provider_id
    assert_sound(now)


@pytest.fixture
def note(lister, owed, shops, olga, now):
    """Let the bank give a sum back and somebody write it down by hand."""

    def note(payment, kopecks):
        lister.decide(payment.provider_id, refunded=Money(kopecks))
        lister.listed = [lister.by_id[payment.provider_id]]
        made = reconciling.reconcile(shops.named("kursk-card"), now.date(), now=now)
        (item,) = ReconciliationItem.select()
        differences.note_return(
            olga,
            differences.Which(run=made, item=item.id),
            owed.number,
            shops,
            actor=Actor(olga.user_id),
            now=now,
        )

    return note


@pytest.mark.parametrize("told", ["", "460000000001"])
def test_a_return_that_somebody_has_noted_is_not_posted_again(
    lister, paid, bring, owed, note, now, told
):
    payment = paid(1000_00)
    note(payment, 300_00)
    lister.listed_refunds = [listed(payment, 300_00, account=told)]
    assert bring() == Back()
    assert bring() == Back()
    assert balance(owed) == Money(300_00)
    assert Refund.get().provider_id == lister.listed_refunds[0].provider_id
    # Another of the same sum is another.
    lister.listed_refunds.append(listed(payment, 300_00, account=told))
    assert bring() == Back(posted=1)
    assert balance(owed) == Money(600_00)
    assert_sound(now)


@pytest.mark.parametrize(
    ("sums", "told"),
    [((100_00, 200_00), ""), ((300_00,), "460000000002")],
    ids=["two at the bank, one here", "another account"],
)
def test_a_return_that_was_noted_otherwise_waits_for_a_person(
    lister, paid, bring, owed, second, note, now, sums, told
):
    payment = paid(1000_00, accounts=(owed, second))
    note(payment, 300_00)
    lister.listed_refunds = [listed(payment, each, account=told) for each in sums]
    assert bring() == Back(left=len(sums))
    assert Refund.select().count() == 1
    assert_sound(now)


def test_whose_share_went_back_stands_in_the_refund(
    lister, paid, bring, owed, second, now
):
    payment = paid(400_00, accounts=(owed, second))
    lister.listed_refunds = [listed(payment, 100_00, account=second.number)]
    assert bring() == Back(posted=1)
    assert balance(second) == Money(-300_00)
    assert_sound(now)


def test_a_part_of_several_shares_waits_for_a_person(lister, paid, bring, owed, second):
    payment = paid(400_00, accounts=(owed, second))
    lister.listed_refunds = [listed(payment, 100_00)]
    assert bring() == Back(left=1)
    assert not Refund.select().exists()


def test_all_of_several_shares_is_all_of_each(lister, paid, bring, owed, second, now):
    payment = paid(400_00, accounts=(owed, second))
    lister.listed_refunds = [listed(payment, 800_00)]
    assert bring() == Back(posted=1)
    assert balance(second) == Money(0)
    assert state(payment) is PaymentState.REFUNDED
    assert_sound(now)


def test_a_refund_of_more_than_the_share_waits(lister, paid, bring, owed, second):
    payment = paid(400_00, accounts=(owed, second))
    lister.listed_refunds = [listed(payment, 500_00, account=owed.number)]
    assert bring() == Back(left=1)


def test_a_refund_the_copy_only_asked_for_is_that_refund(
    lister, paid, bring, ask, owed, now
):
    Branch.update(refund_alone_up_to=Money(1_00)).execute()
    payment = paid(1000_00)
    refund = ask(payment, 300_00)
    assert refund.state is RefundState.REQUESTED
    lister.listed_refunds = [listed(payment, 300_00, key=refund.key.hex[:12])]
    assert bring() == Back(posted=1)
    assert Refund.get().state is RefundState.SUCCEEDED
    assert balance(owed) == Money(300_00)
    assert_sound(now)


def test_where_there_is_no_list_each_payment_tells(bank, paid, bring, ask, owed, now):
    Branch.update(refund_alone_up_to=Money(1_00)).execute()
    first, other = paid(1000_00), paid(500_00)
    refund = ask(first, 300_00)
    bank.decide(first.provider_id, refunded=Money(300_00))
    bank.decide(other.provider_id, refunded=Money(500_00))
    assert bring() == Back(posted=2)
    assert Refund.get_by_id(refund.id).state is RefundState.SUCCEEDED
    assert state(other) is PaymentState.REFUNDED
    assert bring() == Back()
    assert balance(owed) == Money(300_00)
    assert_sound(now)


def test_a_bank_that_tells_what_is_left(bank, paid, bring, owed):
    # T-Bank after a part went back: the amount is what is left, or the whole as before.
    first, other = paid(1000_00), paid(500_00)
    bank.decide(first.provider_id, amount=Money(700_00), is_rest=True)
    bank.decide(other.provider_id, is_rest=True)
    assert bring() == Back(posted=1, left=1)
    assert balance(owed) == Money(-200_00)


def test_a_silent_bank_is_told(bank, paid, bring):
    paid(1000_00)
    bank.is_deaf = True
    assert bring() == Back(unheard=1)
    bank.lists_refunds = True
    with pytest.raises(UnclearError):
        bring()


@pytest.mark.parametrize("was_sent", [True, False])
@pytest.mark.parametrize("by_key", [True, False])
@pytest.mark.parametrize("hours", [1, 30])
def test_an_agreed_refund_of_the_copy_leaves_no_second_time(
    bank, paid, ask, shops, owed, now, was_sent, by_key, hours
):
    """The copy holds a refund that was about to be sent: it may have been."""
    bank.repeats_by_key = by_key
    payment = paid(1000_00)
    refund = ask(payment, 300_00)
    assert refund.state is RefundState.APPROVED
    if was_sent:
        bank.refund(refund_calls._order(refund.id, shops.named("kursk-card")))
    later = now + timedelta(hours=hours)
    restoring.void(taken_at=now, now=later)
    for minutes in range(0, 120, 10):
        refund_calls.follow_due(shops, now=later + timedelta(minutes=minutes))
    assert len(bank.made_refunds) == (1 if was_sent or (by_key and hours == 1) else 0)
    done = Refund.get_by_id(refund.id).state
    assert done is (
        RefundState.SUCCEEDED if bank.made_refunds else RefundState.REJECTED
    )
    assert balance(owed) == Money(300_00 if bank.made_refunds else 0)
