"""One payment's real notices in every order, each of them twice, early and late."""

import uuid
from datetime import timedelta
from itertools import count, permutations

import pytest

from cabinet.domain.money import Money
from cabinet.domain.payments.seen import Seen
from cabinet.domain.payments.states import PaymentState
from cabinet.gateways.shops import Shops
from cabinet.models import Account, LedgerEntry, Notice, Payment
from cabinet.services.audit import Actor
from cabinet.services.payments import notices, start
from tests import factories
from tests.services.payments.banks import Line, Practice

NUMBERS = count(462_000_000_000)
AMOUNT = Money(100_00)
PROVIDERS = ("yookassa", "sberbank", "tbank")

#: Of three notices every order, with each of them told twice.
ORDERS = sorted(
    {order for twice in range(3) for order in permutations((0, 1, 2, twice))}
)


class Early(Line):
    """The bank's notices are here before its answer to our call is."""

    meanwhile = None

    def start(self, order):
        started = super().start(order)
        if self.meanwhile is not None:
            self.meanwhile(started.provider_id)
        return started


@pytest.fixture(params=PROVIDERS)
def practice(request, db, now, tmp_path):
    bank = Practice(tmp_path / "bank.sqlite3", request.param)
    bank.begin(lambda: now)
    bank.gateway = Early(bank.gateway)
    yield bank
    bank.close()


@pytest.fixture
def shops(practice):
    return Shops([practice.shop], lambda _shop: practice.gateway)


@pytest.fixture
def tell(practice, shops, now):
    """Let the bank say no, then take the money, and tell of it all in an order."""

    def tell(known, order, *, used_at_once):
        practice.decide(known, Seen.CANCELED)
        practice._plant("notice", "reordered-notice", 1)
        practice.decide(known, Seen.SUCCEEDED)
        told = practice.notices(known)
        assert len(told) == 3
        for place in order:
            body, query = told[place]
            notices.keep(
                practice.shop.name, body, {}, query, None, shops=shops, now=now
            )
            if used_at_once:
                notices.take_due(shops, now=now)

    return tell


@pytest.mark.parametrize(
    "used_at_once",
    [True, pytest.param(False, marks=pytest.mark.long)],
    ids=["one by one", "together"],
)
@pytest.mark.parametrize("is_early", [True, False], ids=["before our answer", "after"])
def test_any_order_of_notices_posts_once(
    practice, shops, tell, now, is_early, used_at_once
):
    user = factories.make_customer()
    for turn, order in enumerate(ORDERS):
        account = factories.make_account(number=str(next(NUMBERS)))
        factories.give_access(user, account)
        happen = lambda known, order=order: tell(  # noqa: E731
            known, order, used_at_once=used_at_once
        )
        practice.gateway.meanwhile = happen if is_early else None
        wanted = start.Wanted(
            nonce=uuid.uuid4(),
            wishes=[start.Wish(account_id=account.id, amount=AMOUNT)],
            origin="https://lk.example.org",
            user_id=user.id,
        )
        # Nobody pays so often in an hour.
        begun = now + timedelta(hours=turn)
        made = start.start(
            wanted, shops, actor=Actor(user.id), pepper=factories.SECRET_KEY, now=begun
        )
        payment = Payment.get(Payment.public_id == made)
        if not is_early:
            assert payment.state is PaymentState.PENDING
            happen(payment.provider_id)
        # What could not be explained at once is looked at again.
        for minutes in (0, 3):
            notices.take_due(shops, now=now + timedelta(minutes=minutes))
        payment = Payment.get_by_id(payment.id)
        assert payment.state is PaymentState.SUCCEEDED, order
        assert not payment.is_suspicious, order
        entries = LedgerEntry.select().where(LedgerEntry.account == account)
        assert [one.amount for one in entries] == [-AMOUNT], order
        assert Account.get_by_id(account.id).balance == -AMOUNT, order
        rows = Notice.select().where(Notice.provider_id == payment.provider_id)
        assert [row.next_at for row in rows] == [None] * 3, order
