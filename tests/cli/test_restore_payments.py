"""Money that went to the banks after a copy, and is back once the copy is put back."""

import uuid
from datetime import datetime, timedelta

import pytest

from cabinet.domain.money import Money
from cabinet.domain.payments.seen import Seen, SeenPayment
from cabinet.domain.payments.states import PaymentState
from cabinet.emulator.shops import demo_shops
from cabinet.gateways import open_gateway
from cabinet.gateways.shops import Shops
from cabinet.models import (
    Account,
    Attempt,
    LedgerEntry,
    OutboxMessage,
    Payment,
    Refund,
    snapshot,
)
from cabinet.models.connection import open_database
from cabinet.services.audit import Actor
from cabinet.services.payments import (
    asking,
    reconciling,
    refund_calls,
    refunding,
    start,
)
from cabinet.services.payments.refunding import RefundWish
from cabinet.services.staff import Member
from tests import factories
from tests.conftest import NOW
from tests.services.payments.banks import Practice

ORIGIN = "https://lk.example.ru"
#: A branch each: YooKassa, Sberbank, T-Bank.
BRANCHES = ("kursk", "murmansk", "smolensk")


@pytest.fixture
def practice(db, tmp_path, monkeypatch):
    bank = Practice(tmp_path / "bank.sqlite3", "yookassa")
    bank.begin(lambda: NOW)
    origin = f"http://127.0.0.1:{bank.server.server_port}"
    monkeypatch.setenv("CABINET_EMULATOR", origin)
    monkeypatch.setenv("CABINET_PUBLIC_URL", ORIGIN)
    bank.shops = Shops(demo_shops(origin), open_gateway, origin=ORIGIN)
    yield bank
    bank.close()


@pytest.fixture
def accounts(practice, alice):
    """Two accounts of each branch, all of Alice."""
    made = {}
    for place, code in enumerate(BRANCHES):
        branch = factories.make_branch(code, name=code.title())
        made[code] = [
            factories.make_account(f"46{place}00000000{n}", branch=branch)
            for n in (1, 2)
        ]
        for one in made[code]:
            factories.give_access(alice, one)
    return made


@pytest.fixture
def pay(practice, alice):
    """Start a payment, and let the bank have the money."""

    def pay(accounts, kopecks, *, takes=True):
        now = NOW
        # One customer for all: ten payments an hour are enough for a person.
        Attempt.delete().execute()
        wanted = start.Wanted(
            nonce=uuid.uuid4(),
            wishes=[
                start.Wish(account_id=one.id, amount=Money(kopecks)) for one in accounts
            ],
            origin=ORIGIN,
            user_id=alice.id,
        )
        public_id = start.start(
            wanted,
            practice.shops,
            actor=Actor(alice.id),
            pepper=factories.SECRET_KEY,
            now=now,
        )
        payment = Payment.get(Payment.public_id == public_id)
        if takes:
            practice.decide(payment.provider_id, Seen.SUCCEEDED)
            asking.ask(payment, practice.shops, now=now)
        return Payment.get_by_id(payment.id)

    return pay


@pytest.fixture
def give_back(practice):
    """Give a part back as the office does."""

    def give_back(payment, account, kopecks):
        now = NOW
        staff = Member(user_id=practice.staff.id, role=practice.staff.role)
        wish = RefundWish(
            payment=payment.public_id,
            account=account.number,
            amount=Money(kopecks),
            why="Заплачено дважды",
            nonce=uuid.uuid4(),
        )
        made = refunding.request_refund(
            staff, wish, actor=Actor(staff.user_id), now=now
        )
        refund_calls.follow_now(made, practice.shops, now=now)

    return give_back


def balances():
    rows = Account.select().order_by(Account.number)
    return {row.number: row.balance.kopecks for row in rows}


def test_what_the_banks_took_after_the_copy_is_back(
    command, practice, accounts, pay, give_back, tmp_path
):
    practice.staff = factories.make_staff(branches=BRANCHES, role="supervisor")
    kursk, murmansk, smolensk = (accounts[code] for code in BRANCHES)
    older = [pay(accounts[code][:1], 90_00) for code in BRANCHES]
    known = [pay(accounts[code][1:], 80_00, takes=False) for code in BRANCHES]
    assert command("backup", "--to", tmp_path / "copies").exit_code == 0
    (note,) = (tmp_path / "copies").glob("*.json")

    # One account, several, one still at the bank's page, one known and paid since.
    for place, code in enumerate(BRANCHES):
        pay(accounts[code][:1], 100_00 + place)
        pay(accounts[code], 200_00 + place)
        practice.decide(known[place].provider_id, Seen.SUCCEEDED)
        asking.ask(known[place], practice.shops, now=NOW)
    on_the_page = pay(kursk[:1], 70_00, takes=False)
    shared = pay(kursk, 300_00)
    give_back(shared, kursk[1], 50_00)
    give_back(older[0], kursk[0], 10_00)
    give_back(older[1], murmansk[0], 20_00)
    give_back(older[2], smolensk[0], 30_00)
    give_back(pay(smolensk[:1], 60_00), smolensk[0], 15_00)
    before = balances()
    tbank = list(Payment.select().where(Payment.shop == "smolensk").dicts())

    done = command("restore", note, "--replace")
    assert done.exit_code == 0, done.output
    assert "kursk: 3 payments and 2 refunds put back, 0 for a specialist" in done.output
    assert "murmansk: 2 payments and 1 refunds put back" in done.output
    assert "smolensk: 0 payments and 1 refunds put back" in done.output
    # What the copy knew as open was asked about; T-Bank lists nothing and is not done.
    after = balances()
    for account in (*kursk, *murmansk):
        assert after[account.number] == before[account.number]
    assert after[smolensk[0].number] == -90_00 + 30_00
    assert after[smolensk[1].number] == -80_00
    # Whoever is at the page still may pay.
    row = Payment.get(Payment.public_id == on_the_page.public_id)
    assert (row.state, row.user_id) == (PaymentState.PENDING, on_the_page.user_id)
    assert Payment.get(Payment.public_id == shared.public_id).state is (
        PaymentState.PARTIALLY_REFUNDED
    )

    # T-Bank's file: the order's number tells the accounts and what was paid. Of the last
    # the bank tells what is left.
    shop, now = practice.shops.named("smolensk"), NOW
    file = [
        SeenPayment(
            provider_id=row["provider_id"],
            order="",
            state=Seen.SUCCEEDED,
            amount=row["amount"],
            currency="RUB",
        )
        for row in tbank
    ]
    file = [one if one.order else with_order(practice, one) for one in file]
    day = now.astimezone(reconciling.MOSCOW).date()
    made = reconciling.reconcile(shop, day, now=now, listed=file)
    told = reconciling.summary(made)
    assert (told.recovered, told.open_ones) == (3, 0)
    assert balances() == before

    # Asked again, nobody gets anything a second time.
    count = (Payment.select().count(), LedgerEntry.select().count())
    again = command("restore", note, "--ask-banks")
    assert again.exit_code == 0, again.output
    assert (Payment.select().count(), LedgerEntry.select().count()) == count
    assert Refund.select().count() == 5


def with_order(practice, seen):
    """The bank's file names our order."""
    (deal,) = practice.bank.book.deals("id = ?", seen.provider_id)
    return SeenPayment(
        provider_id=seen.provider_id,
        order=deal.number,
        state=seen.state,
        amount=seen.amount,
        currency=seen.currency,
    )


def test_the_office_has_a_letter_of_what_is_lost(
    command, practice, accounts, pay, tmp_path
):
    factories.make_staff("boss@example.org", role="admin")
    factories.make_staff("olga@example.org", role="operator")
    assert command("backup", "--to", tmp_path / "copies").exit_code == 0
    (note,) = (tmp_path / "copies").glob("*.json")
    pay(accounts["kursk"][:1], 100_00)
    done = command("restore", note, "--replace")
    assert done.exit_code == 0, done.output
    assert "lost: what customers sent since" in done.output
    assert "1 of the office will have a letter" in done.output
    letter = OutboxMessage.get(OutboxMessage.kind == "database_restored")
    assert letter.recipient == "boss@example.org"
    assert letter.context["payments"] == 1, done.output
    assert letter.context["link"] == f"{ORIGIN}/staff/announcements"


def test_a_silent_bank_is_named_and_asked_later(
    command, practice, accounts, pay, tmp_path
):
    assert command("backup", "--to", tmp_path / "copies").exit_code == 0
    (note,) = (tmp_path / "copies").glob("*.json")
    pay(accounts["kursk"][:1], 100_00)
    before = balances()
    practice.be_deaf(True)
    done = command("restore", note, "--replace")
    assert done.exit_code == 1
    assert "kursk: the acquirer does not answer" in done.output
    assert f"cabinet restore --ask-banks {note}" in done.output
    assert balances() != before
    practice.heal()
    done = command("restore", "--ask-banks", note)
    assert done.exit_code == 0, done.output
    assert balances() == before


def test_banks_are_asked_where_others_brought_the_database_back(
    command, practice, accounts, pay, database_url, tmp_path
):
    open_one = pay(accounts["murmansk"][:1], 80_00, takes=False)
    snapshot.take(tmp_path / "kept")
    pay(accounts["kursk"], 100_00)
    practice.decide(open_one.provider_id, Seen.SUCCEEDED)
    asking.ask(open_one, practice.shops, now=NOW)
    before = balances()
    # By another program, as it was a day ago and no note tells of that.
    state = NOW - timedelta(hours=26)
    snapshot.put(tmp_path / "kept")
    open_database(database_url)
    assert balances() != before
    practice.be_deaf(True)
    done = command("restore", "--in-place", "--as-of", state.isoformat())
    assert done.exit_code == 1
    again = "cabinet restore --in-place --ask-banks"
    assert f"kursk: the acquirer does not answer; later: {again}" in done.output
    practice.heal()
    done = command(*again.split()[1:])
    assert done.exit_code == 0, done.output
    assert "kursk: 1 payments and 0 refunds put back" in done.output
    assert "lost: what customers sent since 2026-11-21 07:00 UTC" in done.output
    assert balances() == before
    done = command("restore", "--in-place")
    assert done.exit_code == 0, done.output
    assert "stands as of 2026-11-21 07:00:00 UTC" in done.output
    assert balances() == before


def test_a_day_that_was_not_over_is_compared_again(practice, accounts, pay):
    from cabinet.services.payments import runs

    now = NOW
    shop = practice.shops.named("kursk")
    day = now.astimezone(reconciling.MOSCOW).date()
    reconciling.reconcile(shop, day, now=now)
    pay(accounts["kursk"][:1], 100_00)
    midnight = datetime.combine(day, datetime.min.time(), reconciling.MOSCOW)
    morning = midnight + timedelta(days=1, hours=7)
    assert runs.reconcile_due(practice.shops, now=morning) == 3
    assert reconciling.newest("kursk", day).matched == 1
    assert runs.reconcile_due(practice.shops, now=morning) == 0
