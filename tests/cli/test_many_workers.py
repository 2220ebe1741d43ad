"""Several `cabinet work` on one database: each letter, archive and payment once, whoever does it."""

import signal
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from cabinet.domain.payments.states import PaymentState
from cabinet.domain.people import LetterKind
from cabinet.models import (
    Account,
    AccountAccess,
    AuditEntry,
    AuditSeal,
    Job,
    LedgerEntry,
    OutboxMessage,
    Payment,
    Session,
    StoredFile,
    User,
)
from cabinet.models.connection import close_database, open_database
from cabinet.services import export
from cabinet.services.audit import Actor
from tests import drills, factories, paying
from tests.crowds import Bank
from tests.drills import wait_until
from tests.paying import TOKEN
from tests.ports import free_port
from tests.postoffice import PostOffice, put_letter

pytestmark = pytest.mark.long

WORKERS = ("work", "work 2", "work 3")
HOUSES, ARCHIVES, PAYERS = 24, 8, 8
KINDS = ("reading_confirmation", "reading_reminder", "bill_ready")
SUCCEEDED = PaymentState.SUCCEEDED
#: Two days before the window ends: who asked for it is reminded.
CLOSING = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def portal(db, database_url, tmp_path):
    mail_port, bank_port = free_port(), free_port()
    made = drills.installed(
        tmp_path / "home",
        database_url,
        HOUSES,
        CABINET_NOW=CLOSING.isoformat(),
        CABINET_MAIL_SERVER="127.0.0.1",
        CABINET_MAIL_PORT=str(mail_port),
        CABINET_MAIL_TLS="0",
        CABINET_EMULATOR=f"http://127.0.0.1:{bank_port}",
        CABINET_EMULATOR_TOKEN=TOKEN,
    )
    # Nobody is signed out by the day that has passed.
    Session.update(last_seen_at=CLOSING).execute()
    made.office = PostOffice(mail_port)
    made.office.mode = "works"
    with made, Bank(made, bank_port):
        made.start("serve")
        yield made
    made.office.close()


def test_whatever_waits_is_done_once(portal):
    pay(portal)
    open_database(portal.database_url)
    ask_for_all(portal)
    for name in WORKERS:
        portal.start(name)
    with suppress(AssertionError):
        wait_until(lambda: not left(), 90)
    assert left() == {}
    for name in WORKERS:
        portal.signal(name, signal.SIGTERM)
    assert [portal.ended(name, 30) for name in WORKERS] == [0] * len(WORKERS)
    assert_letters(portal)
    assert_archives()
    assert_payments(portal)
    said = [portal.words(name) for name in WORKERS]
    assert not any("Traceback" in words for words in said), said
    close_database()
    assert portal.run("ledger", "check")[0] == 0
    assert portal.run("audit", "verify")[0] == 0


def pay(portal):
    """Pay at the bank, which tells nobody: the workers have to ask."""
    for cookie in portal.cookies[:PAYERS]:
        answer = portal.post("/pay", drills.payment(portal, cookie), cookie)
        deal = answer.headers["Location"].rpartition("/")[2]
        portal.bank.pay(deal, "tells_nothing")


def ask_for_all(portal):
    """Let everything wait at once: letters, letters to be written, archives, payments."""
    earlier = CLOSING - timedelta(days=20)
    users = list(User.select().order_by(User.id))
    accounts = list(Account.select().order_by(Account.id))
    access = {row.user_id: row.account_id for row in AccountAccess.select()}
    by_id = {account.id: account for account in accounts}
    for user in users:
        account = by_id[access[user.id]]
        put_letter(user, now=CLOSING)
        for kind in (LetterKind.REMINDER, LetterKind.BILL):
            factories.subscribe(user, account, kind, now=earlier)
        factories.make_bill(account, published_at=CLOSING - timedelta(hours=1))
    for user in users[:ARCHIVES]:
        export.ask(
            user.id, actor=Actor(user.id), pepper=factories.SECRET_KEY, now=CLOSING
        )
    Payment.update(ask_at=CLOSING).execute()


def left():
    """Return what is still to be done."""
    letters = OutboxMessage.select()
    unwritten = sum(
        HOUSES - letters.where(OutboxMessage.kind == k).count() for k in KINDS
    )
    waiting = {
        "letters": unwritten + letters.where(OutboxMessage.sent_at.is_null()).count(),
        "archives": Job.select().where(Job.done_at.is_null()).count(),
        "payments": Payment.select().where(Payment.state != SUCCEEDED).count(),
        "seals": int(not AuditSeal.select().exists()),
    }
    return {name: count for name, count in waiting.items() if count}


def assert_letters(portal):
    """Each is written once and leaves once."""
    kinds = Counter(row.kind for row in OutboxMessage.select())
    assert {kinds[kind] for kind in KINDS} == {HOUSES}, kinds
    rows = OutboxMessage.select()
    assert portal.office.taken == Counter(f"{row.id}" for row in rows)
    assert traces("reminder.written") == HOUSES
    assert traces("bill.letter_written") == HOUSES


def assert_archives():
    """Each is made once, by whoever took it first."""
    assert {(row.tries, row.failed_at) for row in Job.select()} == {(1, None)}
    assert traces("export.made") == ARCHIVES
    files = StoredFile.select().where(StoredFile.purpose == "export")
    owners = Counter(row.owner_id for row in files)
    assert (len(owners), set(owners.values())) == (ARCHIVES, {1})


def assert_payments(portal):
    """What the bank took is posted once."""
    judged = paying.judge(portal.bank.state(), now=CLOSING + timedelta(hours=1))
    assert judged["paid"] == PAYERS
    assert not any(judged[name] for name in paying.WRONG), judged
    for row in Payment.select():
        entries = LedgerEntry.select().where(
            LedgerEntry.cause.startswith(f"payment:{row.public_id}:")
        )
        assert entries.count() == 1


def traces(action):
    return AuditEntry.select().where(AuditEntry.action == action).count()
