"""Whatever customers, the bank, notices, the worker and the clock do in any order."""

import uuid
from collections import Counter
from datetime import timedelta
from itertools import count, pairwise

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from peewee import fn

from cabinet.domain.money import Money
from cabinet.domain.payments.seen import Reason, Seen
from cabinet.domain.payments.states import OPEN, PAID, Effect
from cabinet.gateways.base import RefusedError, UnclearError
from cabinet.gateways.shops import Shops
from cabinet.models import (
    Account,
    AuditEntry,
    LedgerEntry,
    Notice,
    Payment,
    PaymentReceipt,
    PaymentShare,
    PaymentStep,
)
from cabinet.services.audit import Actor
from cabinet.services.limits import TooManyAttemptsError
from cabinet.services.payments import asking, notices, refusals, start
from tests import factories
from tests.banking import SHOP, Bank, Fault

NUMBERS = count(461_000_000_000)
SUMS = st.sampled_from([100_00, 100_00, 250_50, 99_999_00])
PICKS = st.integers(0, 5)
REFUSALS = (
    TooManyAttemptsError,
    refusals.InDoubtError,
    refusals.KeyTakenError,
    refusals.TooManyOpenError,
)
#: Of the long run: six thousand steps.
MANY = 60


class Died(BaseException):
    """The process is gone, as by kill -9: nothing after it happens."""


class Events(RuleBasedStateMachine):
    """A customer with two accounts, a bank, its notices, two workers and a clock."""

    def __init__(self, now, told, *, repeats_by_key):
        super().__init__()
        self.told, self.now = told, now
        # Somebody new: how often one may try is counted by the person.
        self.user = factories.make_customer(f"payer{next(NUMBERS)}@example.org")
        self.bank = Bank(SHOP, repeats_by_key=repeats_by_key, names_by_key=True)
        self.shops = Shops([SHOP], lambda _shop: self.bank)
        self.accounts = [
            factories.make_account(number=str(next(NUMBERS))) for _ in range(2)
        ]
        for account in self.accounts:
            factories.give_access(self.user, account)
        self.forms = []
        self.first = Payment.select(fn.MAX(Payment.id)).scalar() or 0

    def step(self):
        self.told["steps"] += 1

    # The customer ---------------------------------------------------------------------

    @rule(kopecks=SUMS, form=PICKS, both=st.booleans())
    def press_the_button(self, kopecks, form, both):
        self.step()
        self.press(kopecks, form, both)

    @rule(kopecks=SUMS, form=PICKS, calls=st.integers(0, 1))
    def press_and_the_process_dies(self, kopecks, form, calls):
        """Before the call is made, or when its answer is on the way."""
        self.step()
        kind = "after" if calls else "before"
        self.bank.faults.insert(0, Fault(Died(), kind))
        try:
            self.press(kopecks, form, both=False)
        except Died:
            self.told["died"] += 1
        self.bank.faults.clear()

    @rule(kopecks=SUMS, both=st.booleans())
    def pay_to_the_end(self, kopecks, both):
        self.step()
        self.press(kopecks, 2, both)
        known = next(reversed(self.bank.by_id), None)
        if known and self.has_page(known):
            self.bank.decide(known, state=Seen.SUCCEEDED)

    def press(self, kopecks, form, both):
        # Mostly a new form, now and then one of the last that is pressed again.
        if form > 1 or not self.forms:
            self.forms.append(uuid.uuid4())
        wanted = start.Wanted(
            nonce=self.forms[-1 - form % min(2, len(self.forms))],
            wishes=[
                start.Wish(account_id=one.id, amount=Money(kopecks))
                for one in self.accounts[: 2 if both else 1]
            ],
            origin="https://lk.example.org",
            user_id=self.user.id,
        )
        try:
            start.start(
                wanted,
                self.shops,
                actor=Actor(self.user.id),
                pepper=factories.SECRET_KEY,
                now=self.now,
            )
        except REFUSALS as error:
            self.told[type(error).__name__] += 1
        except refusals.AmountError:
            self.told["AmountError"] += 1

    # The bank -------------------------------------------------------------------------

    @rule(
        error=st.sampled_from([UnclearError(), RefusedError("no", "", Reason.UNKNOWN)]),
        kind=st.sampled_from(["before", "after"]),
    )
    def the_next_call_goes_wrong(self, error, kind):
        self.step()
        # Who refuses has not done it.
        is_refusal = isinstance(error, RefusedError)
        self.bank.faults.append(Fault(error, "before" if is_refusal else kind))

    @rule()
    def the_bank_falls_silent_or_comes_back(self):
        self.step()
        self.bank.is_deaf = not self.bank.is_deaf

    @rule(
        pick=PICKS,
        state=st.sampled_from(
            [Seen.WAITING, Seen.SUCCEEDED, Seen.SUCCEEDED, Seen.CANCELED]
        ),
    )
    def the_bank_decides(self, pick, state):
        """Also a success after it had said no; never a no after the money came."""
        self.step()
        known = self.one_of_its_own(pick)
        if known is None:
            return
        seen = self.bank.by_id[known]
        if seen.state is not Seen.SUCCEEDED and self.has_page(known):
            self.told["late"] += seen.state is Seen.CANCELED
            self.bank.decide(known, state=state)

    @rule(pick=PICKS, times=st.integers(1, 3))
    def the_bank_tells(self, pick, times):
        self.step()
        known = self.one_of_its_own(pick)
        if known is None:
            return
        for _ in range(times):
            self.tell(known)

    def one_of_its_own(self, pick):
        """Pick a payment of the bank, if it has any.

        No precondition: what is drawn must not depend on what the portal has done.
        """
        found = list(self.bank.by_id)
        return found[pick % len(found)] if found else None

    def tell(self, known):
        notices.keep(
            SHOP.name, known.encode(), {}, {}, None, shops=self.shops, now=self.now
        )

    def has_page(self, known):
        """Nobody pays on a page whose address was lost with the answer."""
        return Payment.select().where(Payment.provider_id == known).exists()

    # The worker and the clock ---------------------------------------------------------

    @rule()
    def the_worker_uses_notices(self):
        self.step()
        notices.take_due(self.shops, now=self.now)

    @rule()
    def the_worker_asks(self):
        self.step()
        asking.ask_due(self.shops, now=self.now)

    @rule(span=st.sampled_from([1, 15, 60, 700, 3600, 90_000]))
    def time_passes(self, span):
        self.step()
        self.now += timedelta(seconds=span)

    # What is always true --------------------------------------------------------------

    def payments(self):
        return list(
            Payment.select().where(Payment.id > self.first, Payment.user == self.user)
        )

    @invariant()
    def money_stands_once_where_it_belongs(self):
        for account in self.accounts:
            entries = LedgerEntry.select().where(LedgerEntry.account == account)
            total = Money.total(entry.amount for entry in entries)
            assert Account.get_by_id(account.id).balance == total
        for payment in self.payments():
            shares = list(PaymentShare.select().where(PaymentShare.payment == payment))
            assert Money.total(one.amount for one in shares) == payment.amount
            posted = LedgerEntry.select().where(
                LedgerEntry.cause.startswith(f"payment:{payment.public_id}:")
            )
            amounts = sorted(entry.amount.kopecks for entry in posted)
            is_paid = payment.state in PAID
            owed = sorted(-one.amount.kopecks for one in shares) if is_paid else []
            assert amounts == owed
            receipts = PaymentReceipt.select().where(PaymentReceipt.payment == payment)
            assert receipts.count() == int(is_paid)

    @invariant()
    def the_book_holds_only_what_the_bank_took(self):
        for payment in self.payments():
            if payment.state in PAID:
                seen = self.bank.by_id[payment.provider_id]
                assert (seen.state, seen.amount) == (Seen.SUCCEEDED, payment.amount)

    @invariant()
    def steps_are_a_connected_path(self):
        for payment in self.payments():
            steps = PaymentStep.select().where(PaymentStep.payment == payment)
            path = list(steps.order_by(PaymentStep.number))
            assert [one.number for one in path] == list(range(1, len(path) + 1))
            assert path[-1].after is payment.state
            for one, following in pairwise(path):
                assert one.after is following.before

    @invariant()
    def open_ones_are_followed(self):
        for account in self.accounts:
            open_ones = (
                Payment.select()
                .join(PaymentShare)
                .where(PaymentShare.account == account, Payment.state.in_(list(OPEN)))
            )
            for one in open_ones:
                assert one.ask_at is not None or one.is_suspicious

    def teardown(self):
        """The bank comes back and the worker goes on: every payment has its end."""
        self.bank.is_deaf = False
        self.bank.faults.clear()
        for _ in range(20):
            self.now += timedelta(minutes=10)
            asking.ask_due(self.shops, now=self.now)
            # Who does not pay in time is sent away.
            for known, seen in self.bank.by_id.items():
                if seen.state in {Seen.PENDING, Seen.WAITING}:
                    self.bank.decide(known, state=Seen.CANCELED)
        assert not [one.state for one in self.payments() if one.state in OPEN]
        # Who had said no and took the money later only tells it by a notice.
        for known in self.bank.by_id:
            self.tell(known)
        notices.take_due(self.shops, now=self.now)
        self.money_stands_once_where_it_belongs()
        self.the_book_holds_only_what_the_bank_took()
        for payment in self.payments():
            assert payment.state not in OPEN
            self.told[payment.state.value] += 1
        paid = {one.provider_id for one in self.payments() if one.state in PAID}
        for known, seen in self.bank.by_id.items():
            assert (seen.state is Seen.SUCCEEDED) == (known in paid)


@pytest.mark.parametrize("repeats_by_key", [True, False])
@pytest.mark.parametrize(
    ("examples", "steps"),
    [(10, 25), pytest.param(MANY, 50, marks=pytest.mark.long)],
)
def test_payments_stay_in_order(db, now, examples, steps, repeats_by_key):
    told = Counter()
    run_state_machine_as_test(
        lambda: Events(now, told, repeats_by_key=repeats_by_key),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert told["steps"] > examples * steps / 2
    assert told["succeeded"]
    assert told["canceled"]
    assert told["died"]
    assert not PaymentStep.select().where(PaymentStep.effect == Effect.ALARM).exists()
    assert not AuditEntry.select().where(AuditEntry.action == "job failed").exists()
    assert Notice.select().count()
