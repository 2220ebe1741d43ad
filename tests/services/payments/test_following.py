"""Every payment comes to its end, by notices or without, and is posted once."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.domain.payments.order_number import read_number
from cabinet.domain.payments.seen import FiscalState, Reason, Seen, SeenPayment
from cabinet.domain.payments.states import OPEN, PaymentState
from cabinet.gateways.base import NotOursError, RefusedError, UnclearError
from cabinet.gateways.shops import Shops
from cabinet.models import (
    Account,
    AuditEntry,
    LedgerEntry,
    Notice,
    OutboxMessage,
    Payment,
    PaymentAttempt,
    PaymentReceipt,
    PaymentStep,
)
from cabinet.services.payments import asking, moving, notices
from tests import factories
from tests.banking import SHOP, Fault


def again(payment):
    return Payment.get_by_id(payment.id)


def posted(payment):
    cause = f"payment:{payment.public_id}:%"
    return list(LedgerEntry.select().where(LedgerEntry.cause**cause))


def balance(account):
    return Account.get_by_id(account.id).balance


@pytest.fixture
def keep(shops, now):
    def send(body, at=now):
        return notices.keep("kursk-card", body, {}, {}, None, shops=shops, now=at)

    return send


def test_the_poller_alone_finishes_it(pay, bank, shops, owed, now):
    payment = pay(email="a@example.org")
    bank.decide("bank-1", state=Seen.SUCCEEDED, paid_at=now)
    assert asking.ask_due(shops, now=now + timedelta(seconds=14)) == 0
    assert asking.ask_due(shops, now=now + timedelta(seconds=15)) == 1
    found = again(payment)
    assert found.state is PaymentState.SUCCEEDED
    assert (found.ask_at, found.same_key, found.paid_at) == (None, None, now)
    (entry,) = posted(payment)
    assert (entry.kind, entry.amount) == (EntryKind.PAYMENT, Money(-1000_00))
    assert entry.channel == "card"
    assert balance(owed) == Money(0)
    receipt = PaymentReceipt.get()
    assert (receipt.year, receipt.number, entry.document) == (2026, 1, "2026-1")
    assert OutboxMessage.get().kind == "payment_receipt"


def test_pauses_grow_and_stay_under_two_minutes_while_the_page_is_open(
    pay, bank, shops, now
):
    payment = pay()
    asked, moment = [], now
    while moment < now + bank.page_lasts + timedelta(minutes=8):
        moment = again(payment).ask_at
        asking.ask_due(shops, now=moment)
        asked.append(moment)
    pauses = [(b - a).total_seconds() for a, b in pairwise(asked)]
    assert pauses[:4] == [10, 20, 30, 50]
    assert set(pauses[4:]) == {60}
    later = now + bank.page_lasts + timedelta(hours=1)
    asking.ask_due(shops, now=later)
    assert again(payment).ask_at == later + timedelta(minutes=10)


def test_a_notice_moves_nothing_by_itself(pay, bank, shops, owed, keep, now):
    payment = pay()
    assert keep(b"bank-1") == "OK"
    notices.take_due(shops, now=now)
    assert again(payment).state is PaymentState.PENDING
    assert posted(payment) == []
    assert Notice.get().outcome == "stay"


def test_a_notice_makes_us_ask_and_the_answer_counts_once(
    pay, bank, shops, owed, keep, now
):
    payment = pay()
    bank.decide("bank-1", state=Seen.SUCCEEDED)
    for _ in range(10):
        keep(b"bank-1")
    assert Notice.select().count() == 1
    notices.take_due(shops, now=now)
    asking.ask_due(shops, now=now + timedelta(minutes=5))
    assert len(posted(payment)) == 1
    assert balance(owed) == Money(0)
    step = PaymentStep.select().order_by(PaymentStep.number.desc()).get()
    assert (step.source, step.notice) == ("notice", Notice.get())


def test_a_forged_notice_is_not_even_kept(pay, keep):
    with pytest.raises(NotOursError):
        keep(b"forged")
    assert Notice.select().count() == 0


def test_a_notice_before_the_answer_waits_for_it(pay, bank, shops, keep, now):
    keep(b"bank-1")
    assert notices.take_due(shops, now=now) == 1
    payment = pay()
    bank.decide("bank-1", state=Seen.SUCCEEDED)
    notices.take_due(shops, now=now + timedelta(minutes=2))
    assert again(payment).state is PaymentState.SUCCEEDED


def test_a_notice_of_nobodys_payment_ends_in_the_audit_log(shops, keep, bank, now):
    keep(b"bank-77")
    for minutes in range(0, 20, 2):
        notices.take_due(shops, now=now + timedelta(minutes=minutes))
    row = Notice.get()
    assert (row.tries, row.next_at) == (notices.MOST_TRIES, None)
    assert AuditEntry.get(AuditEntry.action == "notice.unknown")


def test_a_lost_answer_is_repeated_with_the_same_key(pay, bank, shops, now):
    bank.faults.append(Fault(UnclearError(), "after"))
    payment = pay()
    assert payment.state is PaymentState.IN_DOUBT
    asking.ask_due(shops, now=now + timedelta(seconds=15))
    assert [order.key for order in bank.orders] == [PaymentAttempt.get().key] * 2
    assert len(bank.by_id) == 1
    found = again(payment)
    assert (found.state, found.provider_id) == (PaymentState.PENDING, "bank-1")
    assert found.pay_url


def test_where_there_is_no_key_it_is_asked_by_our_number(pay, bank, shops, now):
    bank.repeats_by_key = False
    bank.faults.append(Fault(UnclearError(), "after"))
    payment = pay()
    bank.decide("bank-1", state=Seen.SUCCEEDED)
    asking.ask_due(shops, now=now + timedelta(seconds=15))
    assert again(payment).state is PaymentState.SUCCEEDED
    assert len(bank.orders) == 1


def test_where_there_is_no_key_a_new_number_is_tried_when_nothing_came(
    pay, bank, shops, now, alice, owed
):
    second = factories.make_account("460000000002", branch=owed.branch)
    factories.give_access(alice, second, slug="second")
    bank.repeats_by_key = False
    bank.faults.append(Fault(UnclearError()))
    payment = pay(accounts=(owed, second))
    asking.ask_due(shops, now=now + timedelta(seconds=15))
    assert again(payment).state is PaymentState.PENDING
    numbers = [order.number for order in bank.orders]
    assert len(set(numbers)) == 2
    # Each tells whom it is for: a bank may repeat nothing else.
    for number in numbers:
        assert read_number(number).accounts == (owed.number, second.number)


def test_a_process_that_died_before_its_call_is_made_good(pay, bank, shops, now):
    def die(_order):
        raise KeyboardInterrupt

    call, bank.start = bank.start, die
    with pytest.raises(KeyboardInterrupt):
        pay()
    bank.start = call
    payment = Payment.get()
    assert payment.state is PaymentState.SUBMITTING
    asking.ask_due(shops, now=now + timedelta(seconds=15))
    assert again(payment).state is PaymentState.PENDING


def test_a_deaf_bank_is_asked_until_it_hears(pay, bank, shops, now):
    payment = pay()
    bank.decide("bank-1", state=Seen.SUCCEEDED)
    bank.is_deaf = True
    for minutes in range(1, 60):
        asking.ask_due(shops, now=now + timedelta(minutes=minutes))
    assert again(payment).state is PaymentState.PENDING
    bank.is_deaf = False
    asking.ask_due(shops, now=now + timedelta(minutes=70))
    assert again(payment).state is PaymentState.SUCCEEDED


def test_a_notice_the_bank_refuses_to_explain_ends_after_a_few_tries(
    pay, bank, shops, keep, now, monkeypatch
):
    pay()
    keep(b"bank-1")

    def refuse(_provider_id):
        raise RefusedError("invalid_credentials")

    monkeypatch.setattr(bank, "ask", refuse)
    at = now
    for _ in range(20):
        at += timedelta(minutes=3)
        notices.take_due(shops, now=at)
    row = Notice.get()
    assert (row.tries, row.outcome, row.next_at) == (5, "unexplained", None)
    assert (
        AuditEntry.select().where(AuditEntry.action == "notice.unexplained").count()
        == 1
    )


def test_an_hour_without_the_bank_is_caught_up(pay, bank, shops, owed, now):
    """Paid just before, its answer lost, and begun while nobody answered."""
    paid = pay(kopecks=500_00)
    bank.decide("bank-1", state=Seen.SUCCEEDED)
    bank.faults = [Fault(UnclearError(), kind="after")]
    lost = pay(kopecks=300_00)
    bank.decide("bank-2", state=Seen.SUCCEEDED)
    bank.is_deaf = True
    bank.faults = [Fault(UnclearError()) for _ in range(500)]
    begun = pay(kopecks=200_00, user=None)
    back = now + timedelta(hours=1)
    at = now
    while at < back:
        at += timedelta(seconds=15)
        asking.ask_due(shops, now=at)
    assert {again(one).state for one in (paid, lost, begun)} <= OPEN
    assert balance(owed) == Money(1000_00)
    bank.is_deaf, bank.faults = False, []
    while any(again(one).state in OPEN for one in (paid, lost)):
        assert at < back + asking.LONGEST, "an open payment is asked about in vain"
        at += timedelta(seconds=15)
        asking.ask_due(shops, now=at)
    assert again(paid).state is PaymentState.SUCCEEDED
    assert again(lost).state is PaymentState.SUCCEEDED
    # The bank hears of the third only now, once, and ends it when nobody pays.
    assert [seen.amount for seen in bank.by_id.values()] == [
        Money(500_00),
        Money(300_00),
        Money(200_00),
    ]
    bank.decide("bank-3", state=Seen.CANCELED)
    asking.ask_due(shops, now=at + asking.LONGEST)
    assert again(begun).state not in OPEN
    assert [len(posted(one)) for one in (paid, lost, begun)] == [1, 1, 0]
    assert balance(owed) == Money(200_00)


def test_a_refusal_is_told_with_its_reason(pay, bank, shops, now, owed):
    payment = pay()
    bank.decide("bank-1", state=Seen.CANCELED, reason=Reason.INSUFFICIENT_FUNDS)
    asking.ask_due(shops, now=now + timedelta(seconds=15))
    found = again(payment)
    assert (found.state, found.reason) == (PaymentState.CANCELED, "insufficient_funds")
    assert balance(owed) == Money(1000_00)


def test_a_late_success_is_posted_and_said_aloud(pay, bank, shops, keep, owed, now):
    payment = pay()
    bank.decide("bank-1", state=Seen.CANCELED)
    asking.ask_due(shops, now=now + timedelta(seconds=15))
    bank.decide("bank-1", state=Seen.SUCCEEDED)
    keep(b"bank-1")
    notices.take_due(shops, now=now + timedelta(hours=25))
    assert again(payment).state is PaymentState.SUCCEEDED
    assert balance(owed) == Money(0)
    entry = AuditEntry.get(AuditEntry.action == "payment.succeeded")
    assert entry.details["effect"] == "forced"


def test_a_success_taken_back_calls_an_operator_and_changes_nothing(
    pay, bank, shops, keep, owed, now
):
    payment = pay()
    bank.decide("bank-1", state=Seen.SUCCEEDED)
    asking.ask_due(shops, now=now + timedelta(seconds=15))
    bank.decide("bank-1", state=Seen.CANCELED)
    keep(b"bank-1")
    notices.take_due(shops, now=now + timedelta(minutes=1))
    found = again(payment)
    assert (found.state, found.is_suspicious) == (PaymentState.SUCCEEDED, True)
    assert len(posted(payment)) == 1


@pytest.mark.parametrize(
    "changes", [{"amount": Money(1_00)}, {"currency": "KZT"}], ids=["sum", "currency"]
)
def test_another_sum_or_currency_moves_nothing(
    pay, bank, shops, keep, owed, now, changes
):
    payment = pay()
    bank.decide("bank-1", state=Seen.SUCCEEDED, **changes)
    asking.ask_due(shops, now=now + timedelta(seconds=15))
    keep(b"bank-1")
    notices.take_due(shops, now=now + timedelta(minutes=1))
    found = again(payment)
    assert (found.state, found.is_suspicious) == (PaymentState.PENDING, True)
    assert posted(payment) == []
    assert balance(owed) == Money(1000_00)
    assert AuditEntry.get(AuditEntry.action == "payment.suspicious")


@pytest.mark.parametrize(
    ("is_paid", "is_rest", "left", "is_suspicious"),
    [
        (True, True, 400_00, False),
        (True, True, 0, False),
        (True, False, 400_00, True),
        (True, True, 1000_01, True),
        (False, True, 400_00, True),
    ],
    ids=["a part is left", "nothing is left", "less", "more", "never told in full"],
)
def test_what_is_left_of_a_posted_payment_is_no_other_sum(
    pay, bank, shops, owed, now, is_paid, is_rest, left, is_suspicious
):
    payment = pay()
    if is_paid:
        bank.decide("bank-1", state=Seen.SUCCEEDED)
        asking.ask(payment, shops, now=now)
    changes = {"amount": Money(left), "is_rest": is_rest}
    bank.decide("bank-1", state=Seen.SUCCEEDED, **changes)
    asking.ask(again(payment), shops, now=now)
    found = again(payment)
    state = PaymentState.SUCCEEDED if is_paid else PaymentState.PENDING
    assert (found.state, found.is_suspicious) == (state, is_suspicious)
    assert balance(owed) == Money(0 if is_paid else 1000_00)


def test_a_test_payment_is_no_money(pay, bank, shops, owed, now):
    payment = pay()
    bank.decide("bank-1", state=Seen.SUCCEEDED, is_test=True)
    asking.ask_due(shops, now=now + timedelta(seconds=15))
    found = again(payment)
    assert (found.state, found.is_suspicious) == (PaymentState.PENDING, True)
    assert (posted(payment), balance(owed)) == ([], Money(1000_00))
    entry = AuditEntry.get(AuditEntry.action == "payment.suspicious")
    assert entry.details["why"] == "test"


def test_at_a_trial_shop_a_test_payment_counts(pay, bank, shops, owed, now):
    trial = Shops([replace(SHOP, is_trial=True)], lambda _shop: bank)
    payment = pay()
    bank.decide("bank-1", state=Seen.SUCCEEDED, is_test=True)
    asking.ask_due(trial, now=now + timedelta(seconds=15))
    assert again(payment).state is PaymentState.SUCCEEDED
    assert balance(owed) == Money(0)


@pytest.fixture
def unsent(pay):
    """A payment that was never sent, though the bank has it: no such move is known."""
    payment = pay()
    Payment.update(state=PaymentState.CREATED).where(Payment.id == payment.id).execute()
    return payment


def refused_moves():
    rows = AuditEntry.select().where(AuditEntry.action == "payment.refused_move")
    return [
        (row.subject, row.actor_id, row.details["before"], row.details["event"])
        for row in rows
    ]


def test_a_move_the_poller_is_refused_leaves_a_trace(
    pay, unsent, bank, shops, owed, now
):
    other = pay(300_00)
    bank.decide("bank-1", state=Seen.SUCCEEDED)
    bank.decide("bank-2", state=Seen.SUCCEEDED)
    asking.ask_due(shops, now=now + timedelta(seconds=15))
    assert refused_moves() == [
        (f"payment:{unsent.public_id}", None, "created", "seen_succeeded")
    ]
    assert again(unsent).state is PaymentState.CREATED
    assert posted(unsent) == []
    assert again(other).state is PaymentState.SUCCEEDED


def test_a_move_a_notice_is_refused_leaves_a_trace(unsent, bank, shops, keep, now):
    bank.decide("bank-1", state=Seen.SUCCEEDED)
    keep(b"bank-1")
    notices.take_due(shops, now=now)
    assert len(refused_moves()) == 1
    notice = Notice.get()
    assert notice.outcome == "refused"
    assert notice.next_at > now
    assert (again(unsent).state, posted(unsent)) == (PaymentState.CREATED, [])


def spoken_of(payment, now, *, provider_id):
    """A notice whose body names our order and somebody else's payment."""
    Notice.create(
        shop=payment.shop,
        provider_id=provider_id,
        order=PaymentAttempt.get(PaymentAttempt.payment == payment).number,
        event="payment.succeeded",
        body=b"{}",
        body_hash=provider_id,
        received_at=now,
        next_at=now,
    )


@pytest.mark.parametrize("order", ["77-another", ""], ids=["its own order", "no order"])
@pytest.mark.parametrize("is_known", [True, False], ids=["accepted", "in doubt"])
def test_anothers_paid_payment_is_not_taken_for_ours(
    pay, bank, shops, owed, now, order, is_known
):
    """The body of a notice is anybody's word: same sum, our order, a foreign payment."""
    if not is_known:
        bank.faults.append(Fault(UnclearError()))
    payment = pay()
    before = payment.state
    bank.by_id["foreign"] = SeenPayment(
        provider_id="foreign",
        order=order,
        state=Seen.SUCCEEDED,
        amount=payment.amount,
        currency="RUB",
    )
    spoken_of(payment, now, provider_id="foreign")
    notices.take_due(shops, now=now + timedelta(seconds=1))
    found = again(payment)
    assert (found.state, found.is_suspicious) == (before, True)
    assert found.provider_id == payment.provider_id
    assert posted(payment) == []
    assert balance(owed) == Money(1000_00)
    entry = AuditEntry.get(AuditEntry.action == "payment.suspicious")
    assert entry.details["why"] == ("another order" if order else "another payment")


def second(payment, bank, state):
    """The bank has our order a second time."""
    bank.by_id["second"] = replace(
        bank.by_id[payment.provider_id], provider_id="second", state=state
    )


def test_our_order_paid_under_another_number_is_followed_there(
    pay, bank, shops, owed, now
):
    payment = pay()
    second(payment, bank, Seen.SUCCEEDED)
    spoken_of(payment, now, provider_id="second")
    notices.take_due(shops, now=now + timedelta(seconds=1))
    found = again(payment)
    assert (found.state, found.provider_id) == (PaymentState.SUCCEEDED, "second")
    assert (len(posted(payment)), balance(owed)) == (1, Money(0))


def test_our_order_cancelled_under_another_number_ends_nothing(pay, bank, shops, now):
    payment = pay()
    second(payment, bank, Seen.CANCELED)
    spoken_of(payment, now, provider_id="second")
    notices.take_due(shops, now=now + timedelta(seconds=1))
    found = again(payment)
    assert (found.state, found.provider_id) == (PaymentState.PENDING, "bank-1")
    assert not found.is_suspicious


def test_our_order_paid_twice_is_posted_once_and_said_aloud(paid, bank, shops, now):
    payment = paid()
    second(payment, bank, Seen.SUCCEEDED)
    spoken_of(payment, now, provider_id="second")
    notices.take_due(shops, now=now + timedelta(seconds=1))
    found = again(payment)
    assert (found.state, found.provider_id) == (PaymentState.SUCCEEDED, "bank-1")
    assert found.is_suspicious
    assert len(posted(payment)) == 1


def test_numbers_of_receipts_have_no_gaps(pay, bank, shops, now):
    for turn, kopecks in enumerate((100_00, 200_00, 300_00), 1):
        pay(kopecks)
        state = Seen.CANCELED if turn == 2 else Seen.SUCCEEDED
        bank.decide(f"bank-{turn}", state=state)
    asking.ask_due(shops, now=now + timedelta(minutes=1))
    rows = PaymentReceipt.select().order_by(PaymentReceipt.number)
    assert [(row.year, row.number) for row in rows] == [(2026, 1), (2026, 2)]


def test_what_the_bank_never_heard_of_ends_as_not_begun(pay, bank, shops, now):
    bank.repeats_by_key = False
    bank.faults.append(Fault(UnclearError()))
    payment = pay()
    bank.faults.extend(Fault(UnclearError()) for _ in range(100))
    moment = now
    while again(payment).ask_at is not None and moment < now + timedelta(hours=2):
        moment = again(payment).ask_at
        asking.ask_due(shops, now=moment)
    assert again(payment).state is PaymentState.FAILED


def test_a_refusal_of_a_repeated_call_is_believed(pay, bank, shops, now):
    bank.faults.append(Fault(UnclearError()))
    bank.faults.append(Fault(RefusedError("forbidden", "no")))
    payment = pay()
    asking.ask_due(shops, now=now + timedelta(seconds=15))
    assert again(payment).state is PaymentState.FAILED


def test_a_late_success_is_seen_though_no_notice_comes(pay, bank, shops, owed, now):
    payment = pay()
    bank.decide("bank-1", state=Seen.CANCELED)
    asking.ask_due(shops, now=now + timedelta(seconds=15))
    assert again(payment).state is PaymentState.CANCELED
    bank.decide("bank-1", state=Seen.SUCCEEDED)
    asking.ask_due(shops, now=again(payment).ask_at)
    assert again(payment).state is PaymentState.SUCCEEDED
    assert balance(owed) == Money(0)


def test_who_did_not_pay_is_looked_at_five_times_in_a_day(pay, bank, shops, now):
    payment = pay()
    bank.decide("bank-1", state=Seen.CANCELED)
    asking.ask_due(shops, now=now + timedelta(seconds=15))
    ended, looks = again(payment).final_at, []
    while (moment := again(payment).ask_at) is not None:
        looks.append(moment - ended)
        asking.ask_due(shops, now=moment)
    assert looks == list(moving.LOOKS_BACK)


def test_the_last_look_is_taken_again_while_nobody_answers_it(
    pay, bank, shops, owed, now
):
    payment = pay()
    bank.decide("bank-1", state=Seen.CANCELED)
    asking.ask_due(shops, now=now + timedelta(seconds=15))
    last = again(payment).final_at + moving.LOOKS_BACK[-1]
    while again(payment).ask_at < last:
        asking.ask_due(shops, now=again(payment).ask_at)
    bank.decide("bank-1", state=Seen.SUCCEEDED)
    bank.is_deaf = True
    for _ in range(3):
        moment = again(payment).ask_at
        asking.ask_due(shops, now=moment)
        assert again(payment).ask_at == moment + asking.LONGEST
    bank.is_deaf = False
    asking.ask_due(shops, now=again(payment).ask_at)
    assert again(payment).state is PaymentState.SUCCEEDED
    assert again(payment).ask_at is None
    assert balance(owed) == Money(0)


def test_a_bank_that_is_silent_for_a_day_is_left_alone(pay, bank, shops, now):
    payment = pay()
    bank.decide("bank-1", state=Seen.CANCELED)
    asking.ask_due(shops, now=now + timedelta(seconds=15))
    bank.is_deaf = True
    last = again(payment).final_at + moving.LOOKS_BACK[-1] + asking.UNHEARD_LASTS
    asking.ask_due(shops, now=last - timedelta(seconds=1))
    assert again(payment).ask_at is not None
    asking.ask_due(shops, now=last + asking.LONGEST)
    assert again(payment).ask_at is None


@pytest.mark.parametrize(
    ("receipts", "fiscal"), [(True, FiscalState.SENT), (False, FiscalState.NONE)]
)
def test_a_bank_that_says_nothing_of_the_receipt_was_given_it_or_not(
    pay, bank, shops, now, monkeypatch, receipts, fiscal
):
    """Sberbank and T-Bank never tell whether the cash register has it."""
    (shop,) = shops
    settings = replace(shop.settings, receipts=receipts)
    monkeypatch.setattr(type(shop), "settings", property(lambda _: settings))
    payment = pay(email="payer@example.org")
    bank.decide("bank-1", state=Seen.SUCCEEDED)
    asking.ask_due(shops, now=now + timedelta(seconds=15))
    assert again(payment).fiscal is fiscal
    mail = OutboxMessage.get(OutboxMessage.kind == "payment_receipt")
    assert mail.context["has_cheque"] is receipts
    assert again(payment).ask_at is None


def test_the_cash_registers_receipt_is_waited_for(pay, bank, shops, now):
    payment = pay()
    bank.decide("bank-1", state=Seen.SUCCEEDED, fiscal=FiscalState.PENDING)
    asking.ask_due(shops, now=now + timedelta(seconds=15))
    assert again(payment).fiscal is FiscalState.PENDING
    bank.decide("bank-1", fiscal=FiscalState.SUCCEEDED)
    asking.ask_due(shops, now=again(payment).ask_at)
    found = again(payment)
    assert (found.fiscal, found.ask_at) == (FiscalState.SUCCEEDED, None)
    assert len(posted(payment)) == 1
