"""A day of a shop beside the bank's register: each way to differ, found and mended."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.domain.payments.difference import Difference
from cabinet.domain.payments.refunds import RefundState
from cabinet.domain.payments.seen import Seen, SeenPayment
from cabinet.domain.payments.states import PaymentState
from cabinet.gateways.base import UnclearError
from cabinet.models import (
    Account,
    AuditEntry,
    LedgerEntry,
    Payment,
    PaymentStep,
    Reconciliation,
    ReconciliationItem,
    Refund,
)
from cabinet.services.audit import Actor
from cabinet.services.payments import (
    differences,
    reconciling,
    refund_calls,
    refunding,
)
from cabinet.services.payments.differences import Which
from cabinet.services.payments.moving import PaymentNotFoundError
from tests import factories

OTHER = SeenPayment(
    provider_id="lost-1",
    order="9-abcdef-1",
    state=Seen.SUCCEEDED,
    amount=Money(500_00),
    currency="RUB",
    accounts="460000000001",
)


@pytest.fixture
def run(shops, bank, now):
    """Compare the day; without a list the bank lists all that it knows."""

    def run(listed=None, *, file=None, at=now):
        bank.listed = list(bank.by_id.values()) if listed is None else listed
        shop = shops.named("kursk-card")
        made = reconciling.reconcile(shop, now.date(), listed=file, now=at)
        return Reconciliation.get(Reconciliation.public_id == made)

    return run


@pytest.fixture
def act(olga, shops, now):
    def act(what, item, *words, by=None):
        who = by or olga
        which = Which(run=item.reconciliation.public_id, item=item.id)
        return what(who, which, *words, shops, actor=Actor(who.user_id), now=now)

    return act


def items(run):
    rows = ReconciliationItem.select().where(ReconciliationItem.reconciliation == run)
    return list(rows.order_by(ReconciliationItem.id))


def again(row):
    return type(row).get_by_id(row.id)


def balance(account):
    return Account.get_by_id(account.id).balance


def test_what_agrees_is_matched(paid, pay, bank, run):
    paid(300_00)
    pay(200_00)
    pay(100_00)
    bank.decide("bank-3", state=Seen.CANCELED)
    Payment.update(state=PaymentState.CANCELED).where(
        Payment.provider_id == "bank-3"
    ).execute()
    found = run()
    assert (found.matched, found.differences, items(found)) == (3, 0, [])
    assert (found.ours, found.theirs) == (Money(300_00), Money(300_00))
    assert found.source == "register"


def test_money_we_heard_nothing_of_is_taken_by_asking(pay, bank, run, owed):
    payment = pay()
    bank.decide("bank-1", state=Seen.SUCCEEDED)
    found = run()
    assert (found.matched, found.differences) == (1, 0)
    assert again(payment).state is PaymentState.SUCCEEDED
    assert balance(owed) == Money(0)
    last = PaymentStep.select().order_by(PaymentStep.number.desc()).get()
    assert last.source == "reconciliation"


def test_a_late_truth_about_a_closed_payment_is_taken_too(pay, bank, run):
    payment = pay()
    Payment.update(state=PaymentState.EXPIRED).execute()
    bank.decide("bank-1", state=Seen.SUCCEEDED)
    assert run().differences == 0
    assert again(payment).state is PaymentState.SUCCEEDED


def test_paid_here_and_canceled_there_waits_for_a_person(paid, bank, run, owed):
    payment = paid()
    bank.decide("bank-1", state=Seen.CANCELED)
    (item,) = items(run())
    assert (item.kind, item.our_state, item.their_state) == (
        Difference.STATE,
        "succeeded",
        "canceled",
    )
    assert again(payment).is_suspicious
    assert balance(owed) == Money(0)


def test_another_sum_there(paid, bank, run):
    payment = paid()
    bank.decide("bank-1", amount=Money(999_00))
    (item,) = items(run())
    assert (item.kind, item.payment, item.ours, item.theirs) == (
        Difference.AMOUNT,
        payment,
        Money(1000_00),
        Money(999_00),
    )


def test_another_currency_is_another_sum(paid, bank, run):
    paid()
    bank.decide("bank-1", currency="USD")
    assert [one.kind for one in items(run())] == [Difference.AMOUNT]


def test_a_ledger_without_the_payment_is_told(pay, bank, run):
    pay()
    Payment.update(state=PaymentState.SUCCEEDED).execute()
    bank.decide("bank-1", state=Seen.SUCCEEDED)
    (item,) = items(run())
    assert (item.kind, item.ours, item.theirs) == (
        Difference.AMOUNT,
        Money(0),
        Money(1000_00),
    )


def test_paid_here_and_unknown_there(paid, bank, run):
    payment = paid()
    bank.by_id.clear()
    (item,) = items(run())
    assert (item.kind, item.payment, item.ours, item.theirs) == (
        Difference.MISSING_THERE,
        payment,
        Money(1000_00),
        None,
    )


def test_what_the_bank_knows_and_lists_on_another_day_is_matched(paid, run):
    paid()
    found = run([])
    assert (found.matched, found.differences, found.source) == (1, 0, "asked")


def test_a_payment_of_another_day_or_shop_is_not_looked_for(paid, bank, run, now):
    payment = paid()
    bank.by_id.clear()
    Payment.update(created_at=now - timedelta(days=1)).execute()
    assert run().differences == 0
    Payment.update(created_at=now, shop="other").execute()
    assert run().differences == 0
    assert again(payment).state is PaymentState.SUCCEEDED


@pytest.mark.parametrize(("minutes", "count"), [(-1, 0), (0, 1), (1439, 1), (1440, 0)])
def test_the_day_is_that_of_moscow(paid, bank, run, now, minutes, count):
    paid()
    bank.by_id.clear()
    midnight = now.replace(hour=21) - timedelta(days=1)
    Payment.update(created_at=midnight + timedelta(minutes=minutes)).execute()
    assert run().differences == count


def test_a_silent_bank_writes_no_run(paid, bank, run):
    paid()
    bank.is_deaf = True
    with pytest.raises(UnclearError):
        run()
    assert Reconciliation.select().count() == 0


def test_money_only_the_bank_has_is_put_on_the_account_a_person_names(
    bank, run, act, owed, olga
):
    bank.by_id["lost-1"] = OTHER
    (item,) = items(run())
    assert (item.kind, item.payment, item.theirs) == (
        Difference.MISSING_HERE,
        None,
        Money(500_00),
    )
    assert (item.order, item.accounts) == ("9-abcdef-1", "460000000001")
    made = act(differences.attach, item, owed.number)
    payment = Payment.get(Payment.public_id == made)
    assert (payment.state, payment.provider_id) == (PaymentState.SUCCEEDED, "lost-1")
    assert balance(owed) == Money(500_00)
    assert (
        LedgerEntry.select().where(LedgerEntry.kind == EntryKind.PAYMENT).count() == 1
    )
    assert {one.source for one in PaymentStep.select()} == {"reconciliation"}
    found = again(item)
    assert (found.payment, found.closed_by_id) == (payment, olga.user_id)
    assert "460000000001" in found.remark
    with pytest.raises(differences.ClosedError):
        act(differences.attach, item, owed.number)
    assert run().differences == 0
    assert balance(owed) == Money(500_00)


def test_what_the_bank_no_longer_says_is_not_posted(bank, run, act, owed):
    bank.by_id["lost-1"] = OTHER
    (item,) = items(run())
    for wrong in (
        {"state": Seen.CANCELED},
        {"state": Seen.SUCCEEDED, "currency": "USD"},
    ):
        bank.decide("lost-1", **wrong)
        with pytest.raises(differences.NotSoError):
            act(differences.attach, item, owed.number)
    bank.is_deaf = True
    with pytest.raises(UnclearError):
        act(differences.attach, item, owed.number)
    assert balance(owed) == Money(1000_00)


def test_only_to_an_account_of_the_shops_branches(bank, run, act, owed, foreign):
    bank.by_id["lost-1"] = OTHER
    (item,) = items(run())
    tver = factories.make_account("690000000001", factories.make_branch("tver"))
    for number in (tver.number, "4600"):
        with pytest.raises(differences.NoAccountError):
            act(differences.attach, item, number)
    for what, words in (
        (differences.attach, (owed.number,)),
        (differences.close_difference, ("мимо",)),
        (differences.note_return, (owed.number,)),
    ):
        with pytest.raises(PaymentNotFoundError):
            act(what, item, *words, by=foreign)


def test_what_was_never_paid_there_is_no_difference(bank, run):
    for state in (Seen.PENDING, Seen.CANCELED):
        assert run([replace(OTHER, state=state)]).differences == 0


def test_the_same_order_paid_twice_is_a_duplicate(paid, bank, run, act, owed):
    payment = paid()
    order = bank.by_id["bank-1"].order
    bank.by_id["bank-1b"] = replace(
        bank.by_id["bank-1"], provider_id="bank-1b", order=order
    )
    (item,) = items(run())
    assert (item.kind, item.payment, item.provider_id) == (
        Difference.DUPLICATE,
        payment,
        "bank-1b",
    )
    act(differences.attach, item, owed.number)
    assert balance(owed) == Money(-1000_00)
    assert run().differences == 0


def test_another_registration_of_an_unpaid_order_that_was_paid_is_missing_here(
    pay, bank, run
):
    pay()
    bank.by_id["bank-1b"] = replace(
        bank.by_id["bank-1"], provider_id="bank-1b", state=Seen.SUCCEEDED
    )
    (item,) = items(run())
    assert item.kind is Difference.MISSING_HERE
    bank.decide("bank-1b", state=Seen.CANCELED)
    assert run().differences == 0


def test_a_row_that_stands_twice_in_a_file_is_a_duplicate(paid, bank, run):
    paid()
    row = bank.by_id["bank-1"]
    (item,) = items(run(file=(row, row)))
    assert (item.kind, item.reconciliation.source) == (Difference.DUPLICATE, "file")
    # A list by pages may tell one payment twice: that is one payment.
    assert run([row, row]).differences == 0


def test_a_file_that_knows_only_our_number(paid, pay, bank, run, act, owed):
    payment = paid()
    row = replace(bank.by_id["bank-1"], provider_id="")
    assert run(file=(row,)).matched == 1
    lost = replace(OTHER, provider_id="")
    (item,) = items(run(file=(row, lost)))
    assert (item.kind, item.provider_id) == (Difference.MISSING_HERE, OTHER.order)
    bank.by_id["lost-1"] = OTHER
    act(differences.attach, item, owed.number)
    assert balance(owed) == Money(-500_00)
    assert again(payment).state is PaymentState.SUCCEEDED


def test_a_lost_answer_is_found_by_our_number(pay, bank, run, owed):
    payment = pay()
    Payment.update(provider_id=None, state=PaymentState.IN_DOUBT).execute()
    bank.decide("bank-1", state=Seen.SUCCEEDED)
    assert run().differences == 0
    assert again(payment).provider_id == "bank-1"
    assert balance(owed) == Money(0)


def test_a_return_made_in_the_banks_own_cabinet_is_told_and_noted_by_a_person(
    paid, bank, run, act, owed
):
    payment = paid()
    bank.decide("bank-1", refunded=Money(250_00))
    (item,) = items(run())
    assert (item.kind, item.their_state, item.ours, item.theirs) == (
        Difference.STATE,
        "refunded",
        Money(0),
        Money(250_00),
    )
    assert balance(owed) == Money(0)
    with pytest.raises(refunding.NoShareError):
        act(differences.note_return, item, "4600")
    act(differences.note_return, item, owed.number)
    assert balance(owed) == Money(250_00)
    assert Refund.get().state is RefundState.SUCCEEDED
    assert again(payment).state is PaymentState.PARTIALLY_REFUNDED
    assert bank.refund_orders == []
    with pytest.raises(differences.ClosedError):
        act(differences.note_return, item, owed.number)
    assert run().differences == 0


def test_a_return_is_noted_only_as_the_bank_tells_it_now(paid, bank, run, act, owed):
    paid()
    bank.decide("bank-1", refunded=Money(250_00))
    (item,) = items(run())
    bank.decide("bank-1", refunded=Money(0))
    with pytest.raises(differences.NotSoError):
        act(differences.note_return, item, owed.number)
    with pytest.raises(differences.NotSoError):
        act(differences.attach, item, owed.number)
    assert balance(owed) == Money(0)


def test_what_is_left_at_the_bank_tells_what_went_back(paid, bank, run, act, owed):
    """T-Bank tells no other sum: a return of its own pages is laid on its account."""
    payment = paid()
    bank.decide("bank-1", amount=Money(750_00), is_rest=True)
    (item,) = items(run())
    assert (item.kind, item.ours, item.theirs) == (
        Difference.STATE,
        Money(0),
        Money(250_00),
    )
    assert item.reconciliation.theirs == Money(1000_00)
    act(differences.note_return, item, owed.number)
    assert balance(owed) == Money(250_00)
    assert again(payment).state is PaymentState.PARTIALLY_REFUNDED
    assert run().differences == 0


def test_more_given_back_here_than_there_is_a_difference(
    paid, ask, bank, shops, run, now
):
    payment = paid()
    refund = ask(payment, 100_00)
    refund_calls.follow_due(shops, now=now)
    assert Refund.get_by_id(refund.id).state is RefundState.SUCCEEDED
    bank.decide("bank-1", amount=Money(950_00), refunded=Money(0), is_rest=True)
    (item,) = items(run())
    assert (item.kind, item.ours, item.theirs) == (
        Difference.AMOUNT,
        Money(900_00),
        Money(950_00),
    )


def test_what_is_about_to_go_back_is_no_return_yet(paid, bank, run, act, owed):
    paid()
    bank.decide("bank-1", amount=Money(750_00), is_rest=True, is_returning=True)
    (item,) = items(run())
    assert item.kind is Difference.AMOUNT
    with pytest.raises(differences.NotSoError):
        act(differences.note_return, item, owed.number)
    assert not Refund.select().exists()


def test_all_of_it_went_back_whatever_sum_the_bank_tells(paid, bank, run, act, owed):
    payment = paid()
    sums = {"amount": Money(300_00), "refunded": Money(300_00)}
    bank.decide("bank-1", **sums, is_rest=True)
    (item,) = items(run())
    assert item.theirs == Money(1000_00)
    act(differences.note_return, item, owed.number)
    assert again(payment).state is PaymentState.REFUNDED


def test_a_return_is_not_noted_while_ours_is_on_its_way(
    paid, ask, bank, shops, run, act, owed, now
):
    payment = paid()
    bank.decide("bank-1", refunded=Money(250_00))
    (item,) = items(run())
    bank.refund_state = Seen.PENDING
    refund = ask(payment, 250_00)
    refund_calls.follow_due(shops, now=now)
    with pytest.raises(differences.NotSoError):
        act(differences.note_return, item, owed.number)
    assert [row.id for row in Refund.select()] == [refund.id]


def test_our_own_refund_is_no_difference_also_on_its_way(
    paid, ask, bank, shops, run, now
):
    payment = paid()
    bank.refund_state = Seen.PENDING
    refund = ask(payment, 100_00)
    refund_calls.follow_due(shops, now=now)
    assert run().differences == 0
    bank.decide_refund(refund.key, state=Seen.SUCCEEDED)
    refund_calls.follow_due(shops, now=now + timedelta(days=1))
    assert run().differences == 0


def test_a_closed_difference_stays_closed_while_it_is_the_same(
    paid, bank, run, act, olga, now
):
    paid()
    bank.decide("bank-1", amount=Money(999_00))
    (item,) = items(run())
    act(differences.close_difference, item, "Банк исправит")
    with pytest.raises(differences.ClosedError):
        act(differences.close_difference, item, "ещё раз")
    (same,) = items(run(at=now + timedelta(hours=1)))
    assert (same.closed_by_id, same.remark) == (olga.user_id, "Банк исправит")
    bank.decide("bank-1", amount=Money(998_00))
    (other,) = items(run(at=now + timedelta(hours=2)))
    assert other.closed_at is None
    newest = reconciling.newest("kursk-card", now.date())
    assert newest == other.reconciliation
    noted = AuditEntry.select().where(AuditEntry.action == "reconciliation.closed")
    assert [row.actor_id for row in noted] == [olga.user_id]


def test_two_runs_of_one_moment_are_two_runs(paid, run):
    paid()
    one, two = run(), run()
    assert two.made_at > one.made_at
    assert (one.differences, two.differences) == (0, 0)
