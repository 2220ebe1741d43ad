"""Starting: one payment however often the button is pressed, nothing sent unwritten."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from cabinet.domain.money import Money
from cabinet.domain.payments.order_number import read_number
from cabinet.domain.payments.states import PaymentState
from cabinet.domain.period import Month
from cabinet.gateways.base import Method, RefusedError, UnclearError
from cabinet.models import Payment, PaymentAttempt, PaymentShare, PaymentStep
from cabinet.services.access import AccountNotFoundError
from cabinet.services.limits import TooManyAttemptsError
from cabinet.services.payments import asking, offers
from cabinet.services.payments.refusals import (
    AmountError,
    InDoubtError,
    KeyTakenError,
    NoShopError,
    OthersInDoubtError,
    SeveralPayeesError,
    TooManyOpenError,
)
from tests import factories
from tests.banking import Fault


def steps_of(payment):
    query = PaymentStep.select().where(PaymentStep.payment == payment)
    return [one.after.value for one in query.order_by(PaymentStep.number)]


def test_the_bank_gets_what_was_written_down(pay, bank, owed):
    payment = pay(email="alice@example.org")
    (order,) = bank.orders
    attempt = PaymentAttempt.get()
    assert (order.key, order.number) == (attempt.key, attempt.number)
    assert order.amount == Money(1000_00)
    assert order.return_url == f"https://portal.example/pay/{payment.public_id}"
    assert order.notice_url == "https://portal.example/webhooks/kursk-card"
    assert order.metadata["payment"] == str(payment.public_id)
    assert order.metadata["accounts"] == owed.number
    assert order.receipt.email == "alice@example.org"
    assert Money.total(item.amount for item in order.receipt.items) == order.amount
    assert payment.state is PaymentState.PENDING
    assert payment.pay_url == "https://bank.example/bank-1"
    assert steps_of(payment) == ["submitting", "pending"]


def test_it_is_written_down_before_the_bank_is_called(pay, bank):
    seen = []
    call = bank.start

    def look_first(order):
        row = Payment.get()
        seen.append((row.state, PaymentAttempt.get().key == order.key))
        return call(order)

    bank.start = look_first
    pay()
    assert seen == [(PaymentState.SUBMITTING, True)]


def test_the_same_form_twice_is_one_payment(pay, bank):
    nonce = uuid.uuid4()
    assert pay(nonce=nonce) == pay(nonce=nonce)
    assert (Payment.select().count(), len(bank.orders)) == (1, 1)


def test_the_same_form_with_another_sum_is_refused(pay):
    nonce = uuid.uuid4()
    pay(nonce=nonce)
    with pytest.raises(KeyTakenError):
        pay(500_00, nonce=nonce)
    assert Payment.select().count() == 1


def test_another_tab_gets_the_same_payment_for_ten_minutes(pay, now):
    first = pay()
    assert pay(at=now + timedelta(minutes=9, seconds=59)) == first
    later = pay(at=now + timedelta(minutes=10))
    assert later != first
    assert pay(at=now + timedelta(minutes=11)) == later


@pytest.mark.parametrize(
    "values",
    [{"method": Method.SBP}, {"month": Month(2026, 10)}],
    ids=["method", "month"],
)
def test_another_way_or_month_is_no_other_payment_for_ten_minutes(
    pay, bank, now, values
):
    first = pay()
    assert pay(at=now + timedelta(minutes=9), **values) == first
    assert len(bank.orders) == 1
    assert pay(at=now + timedelta(minutes=10), **values) != first


def test_what_is_in_doubt_is_never_paid_again(pay, bank, now):
    bank.faults.append(Fault(UnclearError()))
    first = pay()
    assert first.state is PaymentState.IN_DOUBT
    assert pay(at=now + timedelta(hours=2)) == first
    assert len(bank.orders) == 1


@pytest.mark.parametrize(
    "values",
    [{"state": PaymentState.WAITING}, {"is_suspicious": True}],
    ids=["held by the bank", "looked at by a specialist"],
)
def test_what_may_have_been_paid_is_not_paid_again(
    pay, shops, owed, charlie, values, now
):
    first = pay()
    Payment.update(values).execute()
    assert pay(at=now + timedelta(hours=2)).id == first.id
    with pytest.raises(InDoubtError):
        pay(500_00, at=now + timedelta(hours=2))
    offered = offers.offer(first.user_id, owed.id, shops, now=now)
    assert offered.doubtful.public_id == first.public_id
    factories.give_access(charlie, owed)
    assert offers.offer(charlie.id, owed.id, shops, now=now).is_busy
    with pytest.raises(OthersInDoubtError):
        pay(500_00, user=charlie)
    # A specialist has said what it is.
    Payment.update(state=PaymentState.PENDING, verdict="left").execute()
    assert not offers.offer(charlie.id, owed.id, shops, now=now).is_busy
    assert pay(500_00, user=charlie).state is PaymentState.PENDING


@pytest.mark.parametrize("is_guests", [False, True], ids=["customer", "guest"])
def test_what_somebody_else_has_in_doubt_is_not_paid_again(
    pay, bank, shops, owed, charlie, now, is_guests
):
    bank.faults.append(Fault(UnclearError()))
    first = pay(user=None) if is_guests else pay()
    factories.give_access(charlie, owed)
    with pytest.raises(OthersInDoubtError):
        pay(500_00, user=charlie)
    assert Payment.select().count() == 1
    asking.ask_due(shops, now=now + timedelta(seconds=15))
    assert Payment.get_by_id(first.id).state is PaymentState.PENDING
    assert pay(500_00, user=charlie).state is PaymentState.PENDING


def test_a_guest_does_not_learn_that_somebody_is_paying(pay, bank):
    bank.faults.append(Fault(UnclearError()))
    assert pay().state is PaymentState.IN_DOUBT
    assert pay(500_00, user=None).state is PaymentState.PENDING


def test_a_refused_one_may_be_tried_anew(pay, bank):
    bank.faults.append(Fault(RefusedError("invalid_request", "no")))
    first = pay()
    assert first.state is PaymentState.FAILED
    assert pay().state is PaymentState.PENDING
    assert Payment.select().count() == 2


def test_another_sum_is_another_payment(pay):
    assert pay(1000_00) != pay(999_99)


@pytest.mark.parametrize("kopecks", [0, -100, 99, 100_000_01])
def test_a_sum_out_of_bounds_is_refused(pay, bank, kopecks):
    with pytest.raises(AmountError):
        pay(kopecks)
    assert bank.orders == []


@pytest.fixture(params=["live", "trial"])
def environment(request, bank):
    """A shop that takes money, or one whose money is not real."""
    bank.shop = replace(bank.shop, is_trial=request.param == "trial")
    return request.param


def test_the_provider_is_told_whose_payment_it_is(environment, pay, bank, alice):
    payment = pay()
    (order,) = bank.orders
    assert order.metadata == {
        "payment": str(payment.public_id),
        "accounts": "460000000001",
        "order": order.number,
        "installation": "portal.example",
        "environment": environment,
        "user": str(alice.id),
        "shares": "460000000001:100000:",
    }
    # The number names the account of one: a bank may repeat nothing else.
    assert read_number(order.number).accounts == ("460000000001",)


def test_a_fourth_open_payment_waits(pay):
    for kopecks in (100_00, 200_00, 300_00):
        pay(kopecks)
    with pytest.raises(TooManyOpenError):
        pay(400_00)


def test_ten_an_hour_are_enough(pay, bank, now):
    for number in range(10):
        bank.faults.append(Fault(RefusedError("x", "")))
        pay(100_00 + number)
    with pytest.raises(TooManyAttemptsError):
        pay(200_00)
    assert pay(200_00, at=now + timedelta(hours=1)).state is PaymentState.PENDING


def test_a_stranger_and_a_delegate_for_readings_have_no_account_to_pay(
    pay, charlie, bob, bank
):
    for user in (charlie, bob):
        with pytest.raises(AccountNotFoundError):
            pay(user=user)
    assert bank.orders == []


def test_a_guest_pays_and_never_gets_anothers_payment(pay, alice):
    mine = pay()
    guest = pay(user=None)
    other = pay(user=None)
    assert len({mine, guest, other}) == 3
    assert guest.user_id is None


def test_several_accounts_of_one_payee_are_one_payment(pay, alice, owed, bank):
    dacha = factories.make_account(number="460000000002")
    factories.give_access(alice, dacha)
    payment = pay(700_00, accounts=(owed, dacha))
    assert payment.amount == Money(1400_00)
    assert PaymentShare.select().where(PaymentShare.payment == payment).count() == 2
    assert bank.orders[0].amount == Money(1400_00)


def test_accounts_of_two_payees_are_two_payments(pay, alice, owed):
    tver = factories.make_account(
        number="690000000001", branch=factories.make_branch("tver")
    )
    factories.give_access(alice, tver)
    with pytest.raises(SeveralPayeesError):
        pay(accounts=(owed, tver))
    with pytest.raises(NoShopError):
        pay(accounts=(tver,))
