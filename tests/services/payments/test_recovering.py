"""A payment only the bank has: put back once if it is proved, else left to a person."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from cabinet.domain.money import Money
from cabinet.domain.payments import sent
from cabinet.domain.payments.difference import Difference
from cabinet.domain.payments.order_number import make_number, read_number
from cabinet.domain.payments.seen import ListedRefund, Seen, SeenPayment
from cabinet.domain.payments.sent import SentShare
from cabinet.domain.payments.states import PaymentState
from cabinet.domain.people import Role
from cabinet.domain.period import Month
from cabinet.gateways.base import UnclearError
from cabinet.gateways.shops import Shops
from cabinet.models import (
    Account,
    AuditEntry,
    LedgerEntry,
    Notice,
    Payment,
    PaymentReceipt,
    PaymentShare,
    Reconciliation,
    ReconciliationItem,
    Refund,
)
from cabinet.services.audit import Actor
from cabinet.services.ledger_check import check_ledger
from cabinet.services.payments import (
    asking,
    differences,
    invariants,
    notices,
    reconciling,
)
from cabinet.services.staff import Member
from tests import factories

HOST = "lk.example.ru"
AMOUNT = Money(500_00)


@pytest.fixture
def shops(bank):
    return Shops([bank.shop], lambda _shop: bank, origin=f"https://{HOST}")


@pytest.fixture
def second(account, alice):
    made = factories.make_account("460000000002", branch=account.branch)
    factories.give_access(alice, made, slug="second")
    return made


@pytest.fixture
def lost(account, alice, now, bank):
    """A payment the bank has and the database does not, as it was sent."""

    def make(shares=None, *, known="lost-1", told=None, **more):
        public_id = uuid.uuid4()
        made = shares or (SentShare(account=account.number, amount=AMOUNT),)
        number = make_number(
            77, public_id, 1, installation=HOST, shares=made, signs=bank.number_signs
        )
        words = {
            "payment": str(public_id),
            "accounts": ", ".join(one.account for one in made),
            "order": number,
            "installation": HOST,
            "environment": "live",
            "user": str(alice.id),
            **sent.pack(made),
        }
        seen = SeenPayment(
            provider_id=known,
            order=number,
            state=Seen.SUCCEEDED,
            amount=Money.total(one.amount for one in made),
            currency="RUB",
            paid_at=now - timedelta(minutes=30),
            sent=words | (told or {}),
        )
        bank.by_id[known] = replace(seen, **more)
        return bank.by_id[known]

    return make


@pytest.fixture
def run(shops, bank, now):
    def run(*, file=None, at=now):
        bank.listed = list(bank.by_id.values())
        shop = shops.named("kursk-card")
        made = reconciling.reconcile(shop, now.date(), listed=file, now=at)
        return Reconciliation.get(Reconciliation.public_id == made)

    return run


def balance(account):
    return Account.get_by_id(account.id).balance


def item_of(run):
    rows = ReconciliationItem.select().where(ReconciliationItem.reconciliation == run)
    return rows.get()


def test_a_lost_payment_stands_on_its_account_once(lost, run, alice, account, now):
    seen = lost()
    found = run()
    payment = Payment.get()
    assert (payment.state, payment.amount) == (PaymentState.SUCCEEDED, AMOUNT)
    assert str(payment.public_id) == seen.sent["payment"]
    assert (payment.provider_id, payment.user_id) == ("lost-1", alice.id)
    assert payment.paid_at == seen.paid_at
    assert balance(account) == -AMOUNT
    entry = LedgerEntry.get()
    assert (entry.effective_at, entry.amount) == (seen.paid_at, -AMOUNT)
    item = item_of(found)
    assert (item.kind, item.payment) == (Difference.MISSING_HERE, payment)
    assert (item.closed_at, item.closed_by) == (now, None)
    assert item.remark == reconciling.RECOVERED
    told = reconciling.summary(found.public_id)
    assert (told.recovered, told.open_ones, told.matched) == (1, 0, 1)
    noted = AuditEntry.get(AuditEntry.action == "payment.recovered")
    assert noted.account_id == account.id
    # Again, and as often as anybody likes: it is known now.
    assert reconciling.summary(run(at=now + timedelta(hours=1)).public_id).matched == 1
    assert Payment.select().count() == LedgerEntry.select().count() == 1
    assert list(check_ledger(invariants.checks(now))) == []


def test_shares_and_months_come_back_as_they_were(lost, run, account, second, now):
    month = Month(2026, 10)
    lost(
        (
            SentShare(account=account.number, amount=Money(312_40), month=month),
            SentShare(account=second.number, amount=Money(100_00)),
        )
    )
    run()
    shares = PaymentShare.select().order_by(PaymentShare.account)
    assert [(one.account_id, one.amount, one.month) for one in shares] == [
        (account.id, Money(312_40), month),
        (second.id, Money(100_00), None),
    ]
    assert (balance(account), balance(second)) == (Money(-312_40), Money(-100_00))
    assert PaymentReceipt.select().count() == 1
    assert list(check_ledger(invariants.checks(now))) == []


def test_who_is_still_at_the_banks_page_is_followed(
    lost, run, bank, shops, account, now
):
    lost(state=Seen.PENDING, paid_at=None)
    assert reconciling.summary(run().public_id).differences == 0
    payment = Payment.get()
    assert payment.state is PaymentState.PENDING
    assert balance(account) == Money(0)
    bank.decide("lost-1", state=Seen.SUCCEEDED, paid_at=now)
    later = now + timedelta(minutes=1)
    assert asking.ask_due(shops, now=later) == 1
    assert balance(account) == -AMOUNT


def told_of(seen, event, now):
    Notice.create(
        shop="kursk-card",
        provider_id="lost-1",
        order=seen.order,
        event=event,
        body=b"{}",
        body_hash="0" * 64,
        received_at=now,
        next_at=now,
    )


def test_a_notice_of_a_lost_payment_brings_it_back(lost, shops, account, now):
    seen = lost()
    told_of(seen, "succeeded", now)
    assert notices.take_due(shops, now=now) == 1
    assert balance(account) == -AMOUNT
    assert list(check_ledger(invariants.checks(now))) == []


def test_a_bank_that_repeats_the_number_alone_names_one_account(
    lost, run, account, bank
):
    # T-Bank: the register is a file, and the bank answers for the number.
    seen = lost(sent={})
    found = run(file=[replace(seen, provider_id="", state=Seen.SUCCEEDED)])
    assert reconciling.summary(found.public_id).recovered == 1
    assert balance(account) == -AMOUNT
    assert Payment.get().public_id.hex.startswith(read_number(seen.order).head)


def test_a_part_that_went_back_follows_its_payment(lost, run, account, bank, now):
    # T-Bank tells what is left, and the number what was paid.
    bank.number_signs = 36
    whole = lost(sent={})
    bank.decide("lost-1", amount=Money(450_00), is_rest=True)
    found = run(file=[whole])
    told = reconciling.summary(found.public_id)
    assert (told.recovered, told.open_ones) == (1, 0)
    payment = Payment.get()
    assert (payment.amount, payment.state) == (AMOUNT, PaymentState.PARTIALLY_REFUNDED)
    assert Refund.get().amount == Money(50_00)
    assert balance(account) == Money(-450_00)
    # Again, by whoever asks: nothing more comes of it.
    again = reconciling.summary(
        run(file=[whole], at=now + timedelta(hours=1)).public_id
    )
    assert (again.matched, again.open_ones) == (1, 0)
    assert Refund.select().count() == Payment.select().count() == 1
    assert list(check_ledger(invariants.checks(now))) == []


@pytest.mark.parametrize("rest", [AMOUNT, Money(0)], ids=["tells the sum", "of zero"])
def test_a_payment_that_went_back_whole_comes_with_what_went_back(
    lost, run, account, second, bank, now, rest
):
    bank.number_signs = 36
    shares = [
        SentShare(account=account.number, amount=Money(312_40)),
        SentShare(account=second.number, amount=Money(187_60)),
    ]
    whole = lost(shares, sent={})
    bank.decide("lost-1", amount=rest, refunded=rest, is_rest=True)
    told = reconciling.summary(run(file=[whole]).public_id)
    assert (told.recovered, told.open_ones) == (1, 0)
    assert Payment.get().state is PaymentState.REFUNDED
    assert {one.amount for one in Refund.select()} == {Money(312_40), Money(187_60)}
    assert balance(account) == balance(second) == Money(0)
    assert list(check_ledger(invariants.checks(now))) == []


def test_a_part_of_several_accounts_waits_and_the_payment_does_not(
    lost, run, shops, account, second, bank, now
):
    bank.number_signs = 36
    shares = [SentShare(account=one.number, amount=AMOUNT) for one in (account, second)]
    whole = lost(shares, sent={})
    bank.decide("lost-1", amount=Money(950_00), is_rest=True)
    found = run(file=[whole])
    told = reconciling.summary(found.public_id)
    assert (told.recovered, told.open_ones) == (1, 1)
    assert balance(account) == balance(second) == -AMOUNT
    item = ReconciliationItem.get(
        ReconciliationItem.reconciliation == found,
        ReconciliationItem.closed_at.is_null(),
    )
    assert (item.ours, item.theirs) == (Money(0), Money(50_00))
    # A specialist says whose it was.
    staff = factories.make_staff(role=Role.SUPERVISOR, branches=(account.branch.code,))
    differences.note_return(
        Member(user_id=staff.id, role=Role.SUPERVISOR),
        differences.Which(run=found.public_id, item=item.id),
        second.number,
        shops,
        actor=Actor(staff.id),
        now=now,
    )
    assert (balance(account), balance(second)) == (-AMOUNT, Money(-450_00))
    assert list(check_ledger(invariants.checks(now))) == []


def test_a_notice_brings_both_back(lost, shops, account, bank, now):
    bank.number_signs = 36
    seen = lost(sent={}, amount=Money(450_00), is_rest=True)
    told_of(seen, "refunded", now)
    assert notices.take_due(shops, now=now) == 1
    payment = Payment.get()
    assert (payment.state, payment.is_suspicious) == (
        PaymentState.PARTIALLY_REFUNDED,
        False,
    )
    assert balance(account) == Money(-450_00)
    assert Notice.get().outcome == "stay"
    assert list(check_ledger(invariants.checks(now))) == []


def test_a_listed_refund_follows_its_payment(lost, run, account, bank, now):
    # YooKassa and its like: the sum is told whole, and a list tells of refunds.
    bank.lists_refunds = True
    lost(refunded=Money(50_00))
    bank.listed_refunds = [
        ListedRefund(
            provider_id=f"r-{of}",
            payment_id=of,
            amount=Money(50_00),
            key="",
            account="",
        )
        for of in ("lost-1", "another")
    ]
    assert reconciling.summary(run().public_id).open_ones == 0
    assert balance(account) == Money(-450_00)
    assert Refund.get().provider_id == "r-lost-1"


def test_a_list_of_refunds_that_is_not_given_leaves_a_difference(
    lost, run, account, bank, monkeypatch
):
    bank.lists_refunds = True
    lost(refunded=Money(50_00))

    def silent(_since):
        raise UnclearError

    monkeypatch.setattr(bank, "refunds", silent)
    told = reconciling.summary(run().public_id)
    assert (told.recovered, told.open_ones) == (1, 1)
    assert balance(account) == -AMOUNT


def test_a_number_alone_names_several_accounts(lost, run, account, second, now):
    shares = [
        SentShare(account=account.number, amount=Money(312_40)),
        SentShare(account=second.number, amount=Money(100_00)),
    ]
    found = run(file=[replace(lost(shares, sent={}), provider_id="")])
    assert reconciling.summary(found.public_id).recovered == 1
    assert (balance(account), balance(second)) == (Money(-312_40), Money(-100_00))
    assert list(check_ledger(invariants.checks(now))) == []


@pytest.mark.parametrize(
    "harm",
    [
        {"amount": Money(AMOUNT.kopecks)},
        {"is_rest": True},
        {"is_rest": True, "amount": Money(2 * AMOUNT.kopecks + 1)},
        {
            "is_rest": True,
            "amount": Money(2 * AMOUNT.kopecks + 1),
            "refunded": Money(2 * AMOUNT.kopecks + 1),
        },
        {"is_rest": True, "is_returning": True, "amount": AMOUNT},
    ],
    ids=[
        "less than the parts",
        "what went back is not told",
        "more than was paid",
        "more than was paid went back",
        "it is still going back",
    ],
)
def test_a_number_of_several_accounts_with_another_sum_proves_nothing(
    lost, run, account, second, harm
):
    shares = [SentShare(account=one.number, amount=AMOUNT) for one in (account, second)]
    found = run(file=[lost(shares, sent={}, **harm)])
    assert not Payment.select().exists()
    # Whoever decides is told whom it was for.
    assert item_of(found).accounts == f"{account.number}, {second.number}"


def test_a_number_that_several_accounts_do_not_fit_into_proves_nothing(
    lost, run, account, second, bank
):
    bank.number_signs = 0
    shares = [SentShare(account=one.number, amount=AMOUNT) for one in (account, second)]
    found = run(file=[lost(shares, sent={})])
    assert reconciling.summary(found.public_id).open_ones == 1
    assert not Payment.select().exists()


HARMS = {
    "another installation": {"told": {"installation": "test.example.ru"}},
    "a trial": {"told": {"environment": "trial"}},
    "another order": {"told": {"order": "77-6f1e7a5c0d0b-1"}},
    "another payment": {"told": {"payment": str(uuid.uuid4())}},
    "another sum": {"amount": Money(499_99)},
    "another currency": {"currency": "KZT"},
    "a test": {"is_test": True},
    "an unknown account": {"told": {"shares": "460000009999:50000:"}},
    "a share of nothing": {"told": {"shares": "460000000001:50000:;460000000002:0:"}},
    "twice one account": {
        "told": {"shares": "460000000001:25000:;460000000001:25000:"}
    },
    "no shares": {"told": {"shares": ""}},
    "a number of no installation": {"order": "9-abcdef-1"},
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_what_is_not_proved_waits_for_a_person(lost, run, account, second, harm):
    lost(**harm)
    found = run()
    assert reconciling.summary(found.public_id).open_ones == 1
    assert item_of(found).closed_at is None
    assert not Payment.select().exists()
    assert balance(account) == balance(second) == Money(0)


def test_money_of_a_branch_that_the_shop_does_not_take_waits(lost, run):
    other = factories.make_branch("tver", name="Тверь")
    foreign = factories.make_account("690000000001", branch=other)
    lost((SentShare(account=foreign.number, amount=AMOUNT),))
    assert reconciling.summary(run().public_id).open_ones == 1


def test_a_portal_without_an_address_puts_nothing_back(lost, run, bank, now):
    lost()
    bank.listed = list(bank.by_id.values())
    nameless = Shops([bank.shop], lambda _shop: bank).named("kursk-card")
    made = reconciling.reconcile(nameless, now.date(), now=now)
    assert reconciling.summary(made).open_ones == 1


def test_a_number_given_to_another_person_since_is_nobodys(lost, run, alice, now):
    type(alice).update(created_at=now).where(type(alice).id == alice.id).execute()
    lost()
    run()
    assert Payment.get().user_id is None


def test_the_public_id_of_another_payment_is_not_taken(lost, run, paid, bank):
    there = paid()
    seen = lost()
    Payment.update(public_id=seen.sent["payment"]).where(
        Payment.id == there.id
    ).execute()
    assert reconciling.summary(run().public_id).open_ones >= 1
    assert Payment.select().count() == 1
