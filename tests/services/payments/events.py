"""Customers, two specialists, the bank, its notices, the worker and the clock, in any order."""

import uuid
from collections import Counter, defaultdict
from datetime import timedelta
from itertools import count, pairwise

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from peewee import fn

from cabinet.domain.errors import IllegalMoveError
from cabinet.domain.money import Money
from cabinet.domain.payments.refunds import RefundState
from cabinet.domain.payments.seen import Seen
from cabinet.domain.payments.states import (
    OPEN,
    PAID,
    Effect,
    PaymentEvent,
    PaymentState,
)
from cabinet.domain.people import Role
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
    Refund,
)
from cabinet.services.audit import Actor
from cabinet.services.limits import TooManyAttemptsError
from cabinet.services.payments import (
    asking,
    disputes,
    notices,
    refund_calls,
    refunding,
    refusals,
    start,
)
from cabinet.services.payments.refund_moves import ON_ITS_WAY
from cabinet.services.payments.refunding import RefundWish
from cabinet.services.staff import Member
from tests import factories
from tests.services.payments.banks import Died

NUMBERS = count(461_000_000_000)
SUMS = st.sampled_from([100_00, 100_00, 250_50, 40_000_00])
BACK = st.sampled_from([1, 99_00, 5_000_01, None, None])
PICKS = st.integers(0, 5)
MARKS = st.sampled_from(
    [PaymentEvent.DISPUTE, PaymentEvent.DISPUTE_LOST, PaymentEvent.DISPUTE_WON]
)
REFUSALS = (
    TooManyAttemptsError,
    refusals.AmountError,
    refusals.InDoubtError,
    refusals.KeyTakenError,
    refusals.TooManyOpenError,
)
REFUND_REFUSALS = (
    IllegalMoveError,
    disputes.RefundOnItsWayError,
    refunding.KeyTakenError,
    refunding.NotRefundableError,
    refunding.SamePersonError,
    refunding.TooMuchError,
)
MOVED = {Effect.STEP, Effect.FORCED}
#: Nobody has sent it yet.
UNSENT = {RefundState.REQUESTED, RefundState.APPROVED}


class Events(RuleBasedStateMachine):
    """A customer with two accounts, what befalls their payments, and what must hold.

    What is drawn never depends on what the portal has done: the same seed is the same
    run. The books are looked at after every `every` steps and at the end; they are only
    added to, so what was wrong once is wrong still.
    """

    def __init__(self, now, told, bank, staff, *, every=1):
        super().__init__()
        self.told, self.now, self.bank, self.every = told, now, bank, every
        # Somebody new: how often one may try is counted by the person.
        self.user = factories.make_customer(f"payer{next(NUMBERS)}@example.org")
        self.staff = [Member(user_id=one.id, role=Role.OPERATOR) for one in staff]
        self.shops = Shops([bank.shop], lambda _shop: bank.gateway)
        self.accounts = [
            factories.make_account(number=str(next(NUMBERS))) for _ in range(2)
        ]
        for account in self.accounts:
            factories.give_access(self.user, account)
        self.forms, self.refund_forms = [], []
        self.first = Payment.select(fn.MAX(Payment.id)).scalar() or 0
        self.first_entry = AuditEntry.select(fn.MAX(AuditEntry.id)).scalar() or 0
        self.holds = False
        self.steps = self.silent = 0

    def step(self, name):
        self.steps += 1
        if self.silent == 1:
            self.bank.be_deaf(False)
        self.silent = max(0, self.silent - 1)
        self.told["steps"] += 1
        self.told[name] += 1

    # The customer ---------------------------------------------------------------------

    @rule(kopecks=SUMS, form=PICKS, both=st.booleans())
    def press_the_button(self, kopecks, form, both):
        self.step("presses")
        self.press(kopecks, form, both=both)

    @rule(kopecks=SUMS, dies=st.sampled_from(["before", "after"]))
    def press_and_the_process_dies(self, kopecks, dies):
        """Before the call is made, or when its answer is on the way."""
        self.step("presses")
        self.dying(lambda: self.press(kopecks, 2, both=False), dies)

    @rule(kopecks=SUMS, both=st.booleans())
    def pay_to_the_end(self, kopecks, both):
        self.step("presses")
        self.press(kopecks, 2, both=both)
        known = next(reversed(self.bank.truths()), None)
        if known and self.has_page(known):
            self.bank.decide(known, Seen.SUCCEEDED)
            self.now += timedelta(seconds=20)
            asking.ask_due(self.shops, now=self.now)

    def press(self, kopecks, form, *, both):
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

    def dying(self, act, dies):
        self.bank.gateway.dies = dies
        try:
            act()
        except Died:
            self.told["died"] += 1
        self.bank.gateway.dies = ""

    # The back office ------------------------------------------------------------------

    @rule(pick=PICKS, share=PICKS, kopecks=BACK, form=PICKS, who=st.integers(0, 1))
    def ask_for_money_back(self, pick, share, kopecks, form, who):
        """A part or, without a sum, what is left; sometimes by a form sent before."""
        self.step("refund forms")
        found = [one for one in self.payments() if one.state in PAID]
        if not found:
            return
        payment = found[pick % len(found)]
        account = self.accounts[share % len(self.accounts)]
        left = refunding.left_of(payment).get(account.id)
        if form > 0 or not self.refund_forms:
            self.refund_forms.append(uuid.uuid4())
        wish = RefundWish(
            payment=payment.public_id,
            account=account.number,
            amount=(left or Money(1)) if kopecks is None else Money(kopecks),
            why="Заплачено дважды",
            nonce=self.refund_forms[-1],
        )
        try:
            self.by(who, refunding.request_refund, wish)
        except refunding.NoShareError:
            assert left is None

    @rule(
        pick=PICKS, who=st.integers(0, 1), agrees=st.sampled_from([True, True, False])
    )
    def answer_a_refund(self, pick, who, agrees):
        self.step("answers")
        found = self.refunds()
        if not found:
            return
        waiting = [one for one in found if one.state is RefundState.REQUESTED]
        one = (waiting or found)[pick % len(waiting or found)]
        if agrees:
            self.by(who, refunding.approve_refund, one.public_id)
        else:
            self.by(who, refunding.reject_refund, one.public_id, "Не нужен")

    @rule(pick=PICKS, mark=MARKS, who=st.integers(0, 1))
    def mark_a_dispute(self, pick, mark, who):
        self.step("marks")
        found = [one for one in self.payments() if one.state in PAID]
        disputed = [one for one in found if one.state is PaymentState.DISPUTED]
        if mark is not PaymentEvent.DISPUTE and disputed:
            found = disputed
        if not found:
            return
        one = found[pick % len(found)]
        self.by(who, disputes.mark_dispute, one.public_id, mark, "Письмо банка")

    def by(self, who, act, *values):
        member = self.staff[who]
        try:
            act(member, *values, actor=Actor(member.user_id), now=self.now)
        except REFUND_REFUSALS as error:
            self.told[type(error).__name__] += 1

    # The bank -------------------------------------------------------------------------

    @rule(call=st.sampled_from(["start", "refund"]), harm=PICKS)
    def the_next_call_goes_wrong(self, call, harm):
        self.step("harms")
        kinds = sorted(self.bank.HARMS)
        self.bank.harm(call, kinds[harm % len(kinds)])

    @rule(lasts=st.sampled_from([2, 4, 12]))
    def the_bank_falls_silent(self, lasts):
        """For so many steps."""
        self.step("silences")
        if not self.silent:
            self.bank.be_deaf(True)
        self.silent = max(self.silent, lasts)

    @rule(
        pick=PICKS,
        state=st.sampled_from(
            [Seen.WAITING, Seen.SUCCEEDED, Seen.SUCCEEDED, Seen.CANCELED]
        ),
    )
    def the_bank_decides(self, pick, state):
        """Also a success after it had said no; never a no after the money came."""
        self.step("decisions")
        known = self.one_of_its_own(pick, is_open=True)
        if known is not None and self.has_page(known):
            was = self.bank.truths()[known].state
            self.told["late"] += (was, state) == (Seen.CANCELED, Seen.SUCCEEDED)
            self.bank.decide(known, state)

    @rule()
    def the_bank_takes_its_time_with_refunds_or_no_longer(self):
        self.step("holds")
        self.holds = not self.holds
        self.bank.hold_refunds(self.holds)

    @rule(state=st.sampled_from([Seen.SUCCEEDED, Seen.CANCELED]))
    def the_bank_decides_about_refunds(self, state):
        self.step("decisions")
        self.bank.decide_refunds(state)

    @rule(pick=PICKS, times=st.integers(1, 3))
    def the_bank_tells(self, pick, times):
        self.step("notices")
        known = self.one_of_its_own(pick)
        if known is not None:
            for _ in range(times):
                self.tell(known)

    def one_of_its_own(self, pick, *, is_open=False):
        """Pick a payment of the bank, if it has any: one not paid yet, if it may be.

        No precondition: what is drawn must not depend on what the portal has done.
        """
        truths = self.bank.truths()
        unpaid = [one for one in truths if truths[one].state is not Seen.SUCCEEDED]
        found = (is_open and unpaid) or list(truths)
        return found[pick % len(found)] if found else None

    def tell(self, known):
        for body, query in self.bank.notices(known):
            notices.keep(
                self.bank.shop.name,
                body,
                {},
                query,
                None,
                shops=self.shops,
                now=self.now,
            )

    def has_page(self, known):
        """Nobody pays on a page whose address was lost with the answer."""
        return Payment.select().where(Payment.provider_id == known).exists()

    # The worker and the clock ---------------------------------------------------------

    @rule()
    def the_worker_uses_notices(self):
        self.step("turns")
        notices.take_due(self.shops, now=self.now)

    @rule()
    def the_worker_asks(self):
        self.step("turns")
        asking.ask_due(self.shops, now=self.now)

    @rule()
    def the_worker_gives_back(self):
        self.step("turns")
        refund_calls.follow_due(self.shops, now=self.now)

    @rule()
    def a_minute_passes_and_all_is_done(self):
        self.step("turns")
        self.now += timedelta(minutes=1)
        notices.take_due(self.shops, now=self.now)
        asking.ask_due(self.shops, now=self.now)
        refund_calls.follow_due(self.shops, now=self.now)

    @rule(dies=st.sampled_from(["before", "after"]))
    def the_worker_dies_giving_back(self, dies):
        self.step("turns")
        self.dying(lambda: refund_calls.follow_due(self.shops, now=self.now), dies)

    @rule(span=st.sampled_from([1, 15, 60, 700, 3600, 90_000]))
    def time_passes(self, span):
        self.step("spans")
        self.now += timedelta(seconds=span)

    # What is always true --------------------------------------------------------------

    def payments(self):
        mine = (Payment.id > self.first) & (Payment.user == self.user)
        return list(Payment.select().where(mine).order_by(Payment.id))

    def refunds(self):
        ids = [one.id for one in self.payments()]
        found = Refund.select().where(Refund.payment.in_(ids))
        return list(found.order_by(Refund.id))

    @invariant()
    def everything_is_right(self):
        if self.steps % self.every == 0:
            self.look()

    def look(self):
        payments, truths = self.payments(), self.bank.truths()
        refunds = defaultdict(list)
        for one in self.refunds():
            refunds[one.payment_id].append(one)
        self.money_stands_once_where_it_belongs(payments, refunds)
        self.the_book_holds_only_what_the_bank_did(payments, refunds, truths)
        self.every_move_is_written_down_once(payments, refunds)
        self.open_ones_are_followed(payments, refunds)

    def money_stands_once_where_it_belongs(self, payments, refunds):
        posted = self.posted()
        ids = [one.id for one in payments]
        shares = defaultdict(dict)
        for share in PaymentShare.select().where(PaymentShare.payment.in_(ids)):
            shares[share.payment_id][share.account_id] = share.amount.kopecks
        receipts = PaymentReceipt.select().where(PaymentReceipt.payment.in_(ids))
        receipted = Counter(one.payment_id for one in receipts)
        owed = {}
        for payment in payments:
            mine = shares[payment.id]
            assert sum(mine.values()) == payment.amount.kopecks
            assert receipted[payment.id] == int(payment.state in PAID)
            left = dict(mine)
            for one in refunds[payment.id]:
                if one.state is RefundState.SUCCEEDED:
                    left[one.account_id] -= one.amount.kopecks
                    cause = f"refund:{one.public_id}"
                    owed[cause] = (one.account_id, one.amount.kopecks)
            assert min(left.values()) >= 0
            for account, kopecks in mine.items() if payment.state in PAID else ():
                owed[f"payment:{payment.public_id}:{account}"] = (account, -kopecks)
            if payment.state == "charged_back":
                for account, kopecks in left.items():
                    if kopecks:
                        cause = f"chargeback:{payment.public_id}:{account}"
                        owed[cause] = (account, kopecks)
        assert posted == owed

    def posted(self):
        """Return the entries by their causes; each balance is what they add up to."""
        accounts = [one.id for one in self.accounts]
        booked, posted = Counter(), {}
        for entry in LedgerEntry.select().where(LedgerEntry.account.in_(accounts)):
            booked[entry.account_id] += entry.amount.kopecks
            assert entry.cause not in posted
            posted[entry.cause] = (entry.account_id, entry.amount.kopecks)
        for row in Account.select().where(Account.id.in_(accounts)):
            assert row.balance.kopecks == booked[row.id]
        return posted

    def the_book_holds_only_what_the_bank_did(self, payments, refunds, truths):
        for payment in payments:
            back = sum(
                one.amount.kopecks
                for one in refunds[payment.id]
                if one.state is RefundState.SUCCEEDED
            )
            if payment.state in PAID:
                truth = truths[payment.provider_id]
                assert truth.state is Seen.SUCCEEDED
                assert truth.kopecks == payment.amount.kopecks
                assert back <= truth.returned <= truth.kopecks
            else:
                assert back == 0
            for one in refunds[payment.id]:
                is_agreed = one.state not in {
                    RefundState.REQUESTED,
                    RefundState.REJECTED,
                }
                if is_agreed and one.amount > Money(5_000_00):
                    assert one.approved_by_id not in (None, one.requested_by_id)

    def every_move_is_written_down_once(self, payments, refunds):
        names = {one.id: f"payment:{one.public_id}" for one in payments}
        paths = defaultdict(list)
        rows = PaymentStep.select().where(PaymentStep.payment.in_(list(names)))
        for row in rows.order_by(PaymentStep.payment, PaymentStep.number):
            paths[names[row.payment_id]].append(row)
        moves = {}
        for payment in payments:
            name = names[payment.id]
            path = paths[name]
            assert [one.number for one in path] == list(range(1, len(path) + 1))
            assert path[-1].after is payment.state
            for one, following in pairwise(path):
                assert one.after is following.before
            moves[name] = [
                (f"payment.{one.after}", one.before)
                for one in path
                if one.effect in MOVED
            ]
        written = defaultdict(list)
        asked = Counter()
        entries = AuditEntry.select().where(AuditEntry.id > self.first_entry)
        for entry in entries.order_by(AuditEntry.id):
            if "before" in entry.details and entry.action != "payment.refused_move":
                move = (entry.action, entry.details["before"])
                written[entry.subject].append(move)
            asked[entry.subject] += entry.action == "refund.requested"
        for one in (one for several in refunds.values() for one in several):
            name = f"refund:{one.public_id}"
            moves[name] = written[name]
            assert asked[name] == 1
            assert len(written[name]) == one.version
            states = ["requested", *(word.split(".")[1] for word, _ in written[name])]
            assert states[-1] == one.state
            assert [before for _, before in written[name]] == states[:-1]
        assert {name: path for name, path in written.items() if path} == {
            name: path for name, path in moves.items() if path
        }

    def open_ones_are_followed(self, payments, refunds):
        for payment in payments:
            if payment.state in OPEN:
                assert payment.ask_at is not None or payment.is_suspicious
            for one in refunds[payment.id]:
                is_due = one.state in ON_ITS_WAY | {RefundState.APPROVED}
                assert (one.ask_at is not None) == is_due

    # The end --------------------------------------------------------------------------

    def teardown(self):
        """The bank comes back and the worker goes on: everything has its end."""
        self.bank.heal()
        self.bank.hold_refunds(False)
        for _ in range(30):
            self.now += timedelta(minutes=10)
            asking.ask_due(self.shops, now=self.now)
            refund_calls.follow_due(self.shops, now=self.now)
            self.bank.decide_refunds(Seen.SUCCEEDED)
            # Who does not pay in time is sent away.
            for known, truth in self.bank.truths().items():
                if truth.state in {Seen.PENDING, Seen.WAITING}:
                    self.bank.decide(known, Seen.CANCELED)
        # Who had said no and took the money later only tells it by a notice.
        for known in self.bank.truths():
            self.tell(known)
        notices.take_due(self.shops, now=self.now)
        self.look()
        payments, truths = self.payments(), self.bank.truths()
        for payment in payments:
            assert payment.state not in OPEN
            assert not payment.is_suspicious, [
                (one.action, one.details)
                for one in AuditEntry.select().where(
                    AuditEntry.subject == f"payment:{payment.public_id}"
                )
            ]
            self.told[payment.state.value] += 1
        refunds = self.refunds()
        for one in refunds:
            assert one.state not in ON_ITS_WAY | {RefundState.APPROVED}
            self.told[f"refund {one.state}"] += 1
        paid = {one.provider_id for one in payments if one.state in PAID}
        for known, truth in truths.items():
            if truth.state is Seen.SUCCEEDED and known not in paid:
                assert self.is_given_up(known), known
                self.told["left to reconciliation"] += 1
            assert known not in paid or truth.state is Seen.SUCCEEDED
        returned = sum(
            one.amount.kopecks for one in refunds if one.state is RefundState.SUCCEEDED
        )
        assert returned == sum(truth.returned for truth in truths.values())

    def is_given_up(self, known):
        """Tell of money that came after every question, while the bank was silent.

        Its notices were kept, and asking about them came to nothing five times:
        reconciliation of the day finds it.
        """
        rows = Notice.select().where(Notice.provider_id == known)
        return all(row.next_at is None and row.tries == 5 for row in rows)
