"""What a specialist decides where a payment no longer moves by itself."""

from datetime import timedelta

import pytest

from cabinet.domain.money import Money
from cabinet.domain.payments.refunds import RefundState
from cabinet.domain.payments.seen import Seen
from cabinet.domain.payments.states import PaymentState
from cabinet.gateways.base import UnclearError
from cabinet.models import Account, AuditEntry, Payment
from cabinet.services.audit import Actor
from cabinet.services.payments import asking, refund_calls, suspicion
from cabinet.services.payments.moving import PaymentNotFoundError


@pytest.fixture
def odd(pay, bank, shops, now):
    """A payment of a thousand of which the bank told another sum."""
    payment = pay()
    bank.decide("bank-1", state=Seen.SUCCEEDED, amount=Money(1_00))
    asking.ask(payment, shops, now=now)
    found = Payment.get_by_id(payment.id)
    assert found.is_suspicious
    return found


@pytest.fixture
def trust(olga, shops, now):
    def trust(payment, *, by=None):
        who = by or olga
        return suspicion.trust_the_bank(
            who,
            payment.public_id,
            "Звонил в банк",
            shops,
            actor=Actor(who.user_id),
            now=now,
        )

    return trust


def again(row):
    return type(row).get_by_id(row.id)


def test_the_banks_word_moves_it_once_it_is_right(odd, bank, trust, owed, olga):
    bank.decide("bank-1", amount=Money(1000_00))
    assert trust(odd)
    found = again(odd)
    assert (found.state, found.is_suspicious) == (PaymentState.SUCCEEDED, False)
    assert Account.get_by_id(owed.id).balance == Money(0)
    noted = AuditEntry.get(AuditEntry.action == "payment.trusted")
    assert (noted.actor_id, noted.details["why"]) == (olga.user_id, "Звонил в банк")
    with pytest.raises(suspicion.NotSuspiciousError):
        trust(odd)


def test_another_sum_is_never_posted_whoever_trusts_it(odd, trust, owed):
    assert not trust(odd)
    assert again(odd).is_suspicious
    assert Account.get_by_id(owed.id).balance == Money(1000_00)


def test_a_bank_that_is_silent_or_knows_nothing_decides_nothing(odd, bank, trust):
    bank.is_deaf = True
    with pytest.raises(UnclearError):
        trust(odd)
    bank.is_deaf = False
    bank.by_id.clear()
    with pytest.raises(UnclearError):
        trust(odd)
    assert again(odd).is_suspicious


def test_it_may_be_left_as_it_is_with_a_remark(odd, bank, shops, olga, now):
    suspicion.leave_as_it_is(
        olga, odd.public_id, "Банк вернул сам", actor=Actor(olga.user_id), now=now
    )
    found = again(odd)
    assert (found.is_suspicious, found.verdict) == (True, "Банк вернул сам")
    bank.decide("bank-1", amount=Money(1000_00))
    asking.ask(found, shops, now=now)
    assert again(odd).state is PaymentState.PENDING


def test_what_is_not_suspicious_needs_no_decision(paid, olga, now):
    with pytest.raises(suspicion.NotSuspiciousError):
        suspicion.leave_as_it_is(
            olga, paid().public_id, "так", actor=Actor(olga.user_id), now=now
        )


def test_asking_again_takes_what_the_bank_says_now(
    pay, paid, ask, bank, shops, olga, now
):
    payment = pay()
    bank.decide("bank-1", state=Seen.SUCCEEDED)
    actor = Actor(olga.user_id)
    suspicion.ask_again(olga, payment.public_id, shops, actor=actor, now=now)
    assert again(payment).state is PaymentState.SUCCEEDED
    bank.refund_state = Seen.PENDING
    refund = ask(payment, 100_00)
    refund_calls.follow_due(shops, now=now)
    bank.decide_refund(refund.key, state=Seen.SUCCEEDED)
    later = now + timedelta(minutes=1)
    suspicion.ask_again(olga, payment.public_id, shops, actor=actor, now=later)
    assert again(refund).state is RefundState.SUCCEEDED
    assert AuditEntry.select().where(AuditEntry.action == "payment.asked").count() == 2


def test_nobody_of_another_branch_decides(odd, trust, foreign, shops, now):
    actor = Actor(foreign.user_id)
    with pytest.raises(PaymentNotFoundError):
        trust(odd, by=foreign)
    with pytest.raises(PaymentNotFoundError):
        suspicion.leave_as_it_is(foreign, odd.public_id, "так", actor=actor, now=now)
    with pytest.raises(PaymentNotFoundError):
        suspicion.ask_again(foreign, odd.public_id, shops, actor=actor, now=now)
