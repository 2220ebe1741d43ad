"""Erasing a person: thirteen canaries are looked for everywhere, the books stay."""

import hashlib
import hmac
import json
import logging
import secrets
import shutil
import uuid
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from cabinet.domain.people import AccessLevel
from cabinet.domain.registration import RegistrationState, TokenPurpose
from cabinet.jobs import erase as job
from cabinet.models import (
    MODELS,
    Account,
    AccountAccess,
    AuditEntry,
    Consent,
    Invitation,
    Leaving,
    LedgerEntry,
    Notice,
    OneTimeToken,
    OutboxMessage,
    PersonalKey,
    Reading,
    RecoveryCode,
    RegistrationRequest,
    SecondFactor,
    Session,
    Subscription,
    UsabilityRating,
    User,
)
from cabinet.models.base import on_sqlite, writing
from cabinet.models.connection import close_database, open_database
from cabinet.services import erasure, files, outbox, receipt_copies, tokens
from cabinet.services.erasure import Why
from cabinet.services.leaving import UserNotFoundError
from tests import factories
from tests.browsing import Browser
from tests.conftest import SERVER, _on_server, _url

#: Words of a person that stand nowhere else.
CANARIES = {
    "program": "Умный дом Синицы",
    "key": "5e7e9" + "0" * 59,
    "email": "kanareika@example.org",
    "name": "Канарейка Желтопёрова",
    "password": "$argon2id$v=19$m=19456,t=2,p=1$kanareika$kanareika",
    "device": "Канареечный телефон",
    "comment": "канарейка клюёт счётчик",
    "photo": "KANAREIKA-PHOTO-BYTES",
    "label": "Дача с канарейкой",
    "evidence": "паспорт канарейки",
    "guest": "gost-kanareiki@example.org",
    "factor": "kanareika-totp-secret",
    "mail": "Письмо для канарейки",
    "link": "kanareika-in-a-link",
    "notice": "kanareika-in-a-notice",
    "question": "Почему молчит моя канарейка?",
    "attachment": "kanareika-attachment",
    "rating": "канарейке понравилось",
    "meter_words": "клетка канарейки мешает счётчику",
    "meter_phone": "+7 900 KANAREIKA",
    "meter_photo": "kanareika-meter-photo",
    "usability": "канарейке было удобно",
}


class _Picture:
    body = CANARIES["photo"].encode() * 3
    media_type = "image/jpeg"
    sha256 = "0" * 64


@pytest.fixture
def home(settings):
    settings.home.mkdir(exist_ok=True)
    return settings.home


@pytest.fixture
def bird(app, db, account, meter, home, now):
    """A person who has left a trace in every table that keeps any, and in the mail."""
    user = factories.make_customer(CANARIES["email"], name=CANARIES["name"])
    access = factories.give_access(
        user, account, label=CANARIES["label"], evidence=CANARIES["evidence"]
    )
    Browser(app).sign_in(user)
    Session.update(device=CANARIES["device"]).where(Session.user == user).execute()
    User.update(password_hash=CANARIES["password"]).where(User.id == user.id).execute()
    factories.make_bill(account)
    payment = factories.make_payment(
        account, "10,00", now, user=user, email=CANARIES["email"], provider_id="pay-1"
    )
    Notice.create(
        shop=payment.shop,
        provider_id="pay-1",
        event="payment.succeeded",
        body=CANARIES["notice"].encode(),
        body_hash="0" * 64,
        received_at=now,
    )
    guest = factories.make_customer(CANARIES["guest"])
    factories.give_access(guest, account, level=AccessLevel.READINGS, granted_by=user)
    Invitation.create(
        account=account,
        invited_by=user,
        email=CANARIES["guest"],
        level=AccessLevel.READINGS,
        created_at=now,
    )
    User.update(email="guest@example.org").where(User.id == guest.id).execute()
    RegistrationRequest.create(
        public_id=uuid.uuid4(),
        key="k",
        state=RegistrationState.WAITING,
        branch=account.branch,
        account_number=account.number,
        email=CANARIES["email"],
        access=access,
        created_at=now,
    )
    factories.make_question(
        account,
        user,
        now,
        text=CANARIES["question"],
        body=b"\xff\xd8 " + CANARIES["attachment"].encode(),
        rating_words=CANARIES["rating"],
    )
    factories.make_meter_request(
        account,
        now,
        asked_by=user,
        words=CANARIES["meter_words"],
        phone=CANARIES["meter_phone"],
        body=b"\xff\xd8 " + CANARIES["meter_photo"].encode(),
    )
    UsabilityRating.create(
        user=user,
        branch=account.branch,
        quarter=20264,
        rating=4,
        words=CANARIES["usability"],
        at=now,
    )
    SecondFactor.create(user=user, secret=CANARIES["factor"], created_at=now)
    RecoveryCode.create(user=user, code_hash="f" * 64, created_at=now)
    Subscription.create(user=user, account=account, kind="bill", since=now)
    PersonalKey.create(
        user=user,
        scope="read",
        name=CANARIES["program"],
        secret_hash=CANARIES["key"],
        form_key="0" * 32,
        created_at=now,
    )
    with writing():
        tokens.issue(TokenPurpose.SET_PASSWORD, user_id=user.id, now=now)
        tokens.issue(
            TokenPurpose.CARD,
            user_id=user.id,
            context={"word": CANARIES["link"]},
            now=now,
        )
        tokens.issue(
            TokenPurpose.INVITATION, context={"email": CANARIES["email"]}, now=now
        )
        photo = files.store(
            _Picture(), purpose="reading_photo", owner_id=user.id, now=now
        )
        for number, (to, context) in enumerate(
            (
                (CANARIES["email"], {"text": CANARIES["mail"]}),
                ("guest@example.org", {"from": CANARIES["name"]}),
                ("guest@example.org", {"from": CANARIES["email"]}),
            )
        ):
            outbox.put("told", key=str(number), recipient=to, context=context, now=now)
    factories.make_reading(
        meter, values=(4600,), user=user, comment=CANARIES["comment"], photo=photo
    )
    _send(home, now)
    with writing():
        outbox.put(
            "told", key="9", recipient=user.email, context={}, user_id=user.id, now=now
        )
    return user


def _send(home, now):
    """Send what waits as files, the words as they stand."""
    (home / "mail").mkdir(exist_ok=True)
    for each in outbox.claim(most=9, now=now):
        body = f"To: {each.recipient}\n\n{json.dumps(each.context, ensure_ascii=False)}"
        (home / "mail" / f"{each.message_id:08}.eml").write_text(body)
        outbox.mark_sent(each.message_id, now=now)


def found(home):
    """Which canaries stand in any row, any file of the folder, the SQLite file."""
    texts = [repr(row).encode() for model in MODELS for row in model.select().tuples()]
    texts += [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    if on_sqlite():
        folder = home.parent
        texts += [path.read_bytes() for path in folder.glob("cabinet.sqlite3*")]
    return {
        name
        for name, word in CANARIES.items()
        if any(word.encode() in text for text in texts)
    }


def books():
    return (
        sorted(LedgerEntry.select(LedgerEntry.id, LedgerEntry.amount).tuples()),
        sorted(Account.select(Account.id, Account.balance, Account.holder).tuples()),
        sorted(Reading.select(Reading.id, Reading.t1, Reading.state).tuples()),
    )


def erase(user, home, now, why=Why.REQUEST):
    return erasure.erase_user(user.id, why=why, home=home, now=now)


def test_no_canary_is_left_and_the_books_are_whole(bird, home, now, caplog):
    caplog.set_level(logging.INFO)
    assert found(home) == set(CANARIES)
    before = books()
    erase(bird, home, now)
    assert found(home) == set()
    assert not any(word in caplog.text for word in CANARIES.values())
    assert books() == before


ADDRESS = "198.51.100.77"


def mark_of(address=ADDRESS):
    """Return what the portal makes of an address before it is hashed for anybody."""
    key = factories.SECRET_KEY.encode()
    return hmac.new(key, f"address:{address}".encode(), hashlib.sha256).hexdigest()


def possible_hashes(address=ADDRESS):
    """Return every hash of the address that whoever holds all there is can make."""
    mark = mark_of(address)
    keys = [key for (key,) in User.select(User.address_key).tuples() if key]
    made = (hmac.new(key.encode(), mark.encode(), hashlib.sha256) for key in keys)
    return {mark, *(each.hexdigest() for each in made)}


def hashes_of(user):
    rows = AuditEntry.select(AuditEntry.address_hash).where(
        AuditEntry.actor_id == user.id
    )
    acts = Consent.select(Consent.address_hash).where(Consent.user == user.id)
    return {text for (text,) in [*rows.tuples(), *acts.tuples()]}


@pytest.fixture
def traced(app, bird, now):
    """The same, with acts at an address of the person's own."""
    User.update(password_hash=factories.password_hash()).execute()
    browser = Browser(app)
    browser.client.environ_base["REMOTE_ADDR"] = ADDRESS
    browser.sign_in_by_form(User.get_by_id(bird.id))
    factories.load_documents()
    page = browser.get("/profile/consents")
    browser.submit(page, "form:has(fieldset)", letters="bill")
    return bird


def test_from_where_it_was_cannot_be_found_out_any_more(traced, home, now):
    """Not with the installation's secret, all keys there are and the right guess."""
    before = hashes_of(traced)
    assert before == possible_hashes() & before != set()
    key = User.get_by_id(traced.id).address_key
    erase(traced, home, now)
    after = hashes_of(traced)
    assert before <= after  # the log is append-only, and its seals hold
    assert not possible_hashes() & after
    texts = [repr(row) for model in MODELS for row in model.select().tuples()]
    assert not any(key in text or mark_of() in text for text in texts)
    if on_sqlite():
        files = home.parent.glob("cabinet.sqlite3*")
        assert not any(key.encode() in path.read_bytes() for path in files)


def test_what_stays_of_a_visitor_is_anybodys(app, db):
    browser = Browser(app)
    browser.client.environ_base["REMOTE_ADDR"] = ADDRESS
    page = browser.get("/login")
    browser.submit(
        page, "#login-form", status=422, login="x@example.org", password="wrong"
    )
    (kept,) = {row.address_hash for row in AuditEntry.select()}
    assert mark_of().startswith(kept)
    towns = (f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(200_000))
    assert sum(mark_of(each).startswith(kept) for each in towns)


def test_what_it_does_to_each(bird, alice, account, home, now):
    erase(bird, home, now)
    user = User.get_by_id(bird.id)
    assert (user.email, user.name, user.password_hash) == (None, "удалено", None)
    assert user.disabled_at == user.erased_at == now
    live = AccountAccess.select().where(AccountAccess.ended_at.is_null())
    assert [access.user_id for access in live] == [alice.id]
    assert RegistrationRequest.get().state is RegistrationState.WITHDRAWN
    assert Invitation.get().revoked_at == now
    assert Reading.get().user_id == bird.id
    # Nothing leaves but word to whom the person had let in.
    (waiting,) = outbox.claim(most=9, now=now + timedelta(days=1))
    assert waiting.kind == "delegation_revoked"
    for model in (
        Session,
        OneTimeToken,
        SecondFactor,
        RecoveryCode,
        Subscription,
        PersonalKey,
    ):
        assert not model.select().where(model.user == bird.id).exists()


def test_the_owner_of_the_account_stays(app, bird, alice, account, home, now):
    browser = Browser(app).sign_in(alice)
    erase(bird, home, now)
    assert "4600 0000 0001" in browser.get("/").text
    assert User.get_by_id(alice.id).email == "alice@example.org"


def test_a_namesakes_waiting_mail_leaves_as_it_is(bird, home, now):
    with writing():
        outbox.put(
            "told",
            key="namesake",
            recipient="other@example.org",
            context={"name": CANARIES["name"]},
            now=now,
        )
    erase(bird, home, now)
    waiting = [mail for mail in outbox.claim(most=9, now=now) if mail.kind == "told"]
    assert [mail.context for mail in waiting] == [{"name": CANARIES["name"]}]


def test_only_the_whole_address_is_the_persons(db, home, now):
    user = factories.make_customer("a_n%@example.org", name="")
    texts = ("axn1@example.org", "joa_n%@example.org", "a_n%@example.org", "")
    with writing():
        for key, text in enumerate(texts):
            outbox.put(
                "told",
                key=str(key),
                recipient="x@example.org",
                context={"m": text},
                now=now,
            )
    _send(home, now)
    erase(user, home, now)
    kept = [row.context for row in OutboxMessage.select().order_by(OutboxMessage.id)]
    assert kept == [{"m": texts[0]}, {"m": texts[1]}, {}, {"m": ""}]


def test_signing_in_is_over(app, bird, account, home, now):
    User.update(password_hash=factories.password_hash()).execute()
    browser = Browser(app).sign_in(bird)
    erase(bird, home, now)
    browser.get("/profile", status=302, check=False)
    other = Browser(app)
    page = other.get("/login")
    for login in (CANARIES["email"], "удалено", ""):
        other.submit(
            page, "#login-form", status=422, login=login, password=factories.PASSWORD
        )


def test_the_act_counts_what_was_destroyed(bird, home, now):
    act = erasure.get_act(erase(bird, home, now))
    assert act.why == "request"
    assert (act.user_id, act.done_at) == (bird.id, now)
    assert act.destroyed == {
        "profile": 1,
        "sessions": 1,
        "keys": 1,
        "factors": 1,
        "codes": 1,
        "subscriptions": 1,
        "notes": 0,
        "links": 3,
        "requests": 1,
        "invitations": 1,
        "accesses": 1,
        "guests": 1,
        "mails": 5,
        "payments": 1,
        "comments": 1,
        "questions": 1,
        "meter_requests": 1,
        "ratings": 1,
        "files": 2,
        "jobs": 0,
    }
    assert [entry.action for entry in act.log] == ["user.erased"]


def test_copies_of_receipts_go_too(bird, home, now):
    own, other = (
        receipt_copies.name_of(number, CANARIES["email"], pepper="secret")
        for number in (bird.id, bird.id + 1)
    )
    for name in (own, other):
        receipt_copies.keep(home, name, b"%PDF", now=now)
    erase(bird, home, now)
    assert receipt_copies.find(home, own, now=now) is None
    assert receipt_copies.find(home, other, now=now) == b"%PDF"


def test_once_only(bird, home, now):
    public_id = erase(bird, home, now)
    with pytest.raises(UserNotFoundError):
        erase(bird, home, now)
    with pytest.raises(UserNotFoundError):
        erasure.find_user(CANARIES["email"])
    assert erasure.finish(home) == 0
    assert Leaving.get().public_id == public_id
    assert len((home / "erased.txt").read_text().splitlines()) == 1
    assert AuditEntry.select().where(AuditEntry.action == "user.erased").count() == 1


def test_staff_are_not_erased(db, home, now):
    staff = factories.make_staff()
    with pytest.raises(UserNotFoundError):
        erase(staff, home, now)


def leave(user, now, **values):
    return Leaving.create(
        public_id=uuid.uuid4(),
        user=user,
        requested_at=now,
        due_at=now + timedelta(days=7),
        **values,
    )


def test_the_worker_erases_when_the_week_is_over(bird, home, now):
    row = leave(bird, now)
    late = now + timedelta(days=7)
    assert job.erase_due(home, now=late - timedelta(minutes=1)) == 0
    assert job.erase_due(home, now=late) == 1
    assert job.erase_due(home, now=late) == 0
    assert erasure.get_act(row.public_id).why == "owner"
    assert found(home) == set()


def test_who_changed_their_mind_stays(bird, home, now):
    leave(bird, now, undone_at=now)
    assert job.erase_due(home, now=now + timedelta(days=8)) == 0
    assert User.get_by_id(bird.id).erased_at is None
    leave(bird, now)
    Leaving.update(undone_at=now).execute()
    assert not erasure.erase_due(bird.id, now=now + timedelta(days=8))


def test_one_fault_does_not_keep_the_others(
    bird, charlie, home, now, monkeypatch, caplog
):
    leave(bird, now)
    leave(charlie, now + timedelta(minutes=1))
    real = erasure.erase_due

    def broken(user_id, *, now):
        if user_id == bird.id:
            raise RuntimeError
        return real(user_id, now=now)

    monkeypatch.setattr(job.erasure, "erase_due", broken)
    assert job.erase_due(home, now=now + timedelta(days=8)) == 1
    assert User.get_by_id(charlie.id).erased_at is not None
    assert "not erased" in caplog.text


def test_nothing_is_erased_by_half(bird, home, now, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError

    monkeypatch.setattr("cabinet.services.erasure.erase.audit.record", broken)
    with pytest.raises(RuntimeError):
        erase(bird, home, now)
    assert found(home) == set(CANARIES)
    assert not (home / "erased.txt").exists()


def test_what_a_crash_left_is_finished(bird, home, now, monkeypatch):
    leave(bird, now)
    late = now + timedelta(days=7)
    assert erasure.erase_due(bird.id, now=late)
    assert "email" in found(home)  # the mails that lie as files
    assert erasure.finish(home) == 1
    assert found(home) == set()


def test_a_line_cut_by_a_full_disk_costs_no_other(bird, charlie, home, now):
    (home / "erased.txt").write_text("2026-11-22T09:00:00+00:00 7 abc")
    erase(bird, home, now)
    erase(charlie, home, now)
    done = erasure.reapply(home, now=now)
    assert (done.damaged, done.already) == ((1,), (bird.id, charlie.id))


@pytest.fixture
def backup(database_url, tmp_path):
    """Make a copy of the database; what it returns puts the copy in its place."""
    path = tmp_path / "cabinet.sqlite3"
    name = f"cabinet_{secrets.token_hex(6)}"

    def put_back():
        close_database()
        if SERVER == "sqlite":
            shutil.copyfile(tmp_path / name, path)
        open_database(database_url if SERVER == "sqlite" else _url(name))

    def make():
        close_database()
        if SERVER == "sqlite":
            shutil.copyfile(path, tmp_path / name)
        else:
            now_used = urlsplit(database_url).path[1:]
            _on_server(f'CREATE DATABASE "{name}" TEMPLATE "{now_used}"')
        open_database(database_url)
        return put_back

    yield make
    close_database()
    if SERVER != "sqlite":
        _on_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def test_a_restored_copy_is_erased_again(bird, home, now, backup):
    put_back = backup()
    erase(bird, home, now)
    assert found(home) == set()
    put_back()
    assert "email" in found(home)
    later = now + timedelta(days=3)
    done = erasure.reapply(home, now=later)
    assert (done.erased, done.unknown) == ((bird.id,), ())
    assert found(home) == set()
    assert erasure.get_act(Leaving.get().public_id).why == "restore"
    again = erasure.reapply(home, now=later)
    assert (again.erased, again.already) == ((), (bird.id,))


def test_somebody_else_with_the_number_is_not_erased(bird, charlie, home, now):
    erase(bird, home, now)
    number = f"{charlie.id} " + "0" * 32
    with (home / "erased.txt").open("a") as handle:
        handle.write(f"2026-11-22T09:00:00+00:00 {number}\n")
        handle.write(f"2026-11-22T09:00:00+00:00 99999 {'1' * 32}\n")
    done = erasure.reapply(home, now=now)
    assert done.unknown == (charlie.id, 99999)
    assert User.get_by_id(charlie.id).erased_at is None
