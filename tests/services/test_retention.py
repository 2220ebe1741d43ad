"""Every term of the data policy has what removes it, at its term and not before."""

import re
import uuid
from datetime import timedelta
from importlib.resources import files as package_files

import pytest

from cabinet.domain.outgoing import OutFormat, OutKind
from cabinet.domain.period import Month
from cabinet.domain.registration import TokenPurpose
from cabinet.jobs import worker
from cabinet.models import (
    AccountAccess,
    AuditEntry,
    FileChunk,
    HomeNote,
    ImportBatch,
    ImportRow,
    Invitation,
    Leaving,
    Notice,
    OneTimeToken,
    OutboxMessage,
    OutFile,
    Payment,
    PersonalKey,
    Question,
    QuestionFile,
    Reading,
    ServiceRequest,
    Session,
    StoredFile,
    UsabilityRating,
)
from cabinet.models.base import writing
from cabinet.services import audit, audit_chain, outbox, outgoing, retention, tokens
from tests import factories

SECRET = "s"
MOMENT = timedelta(seconds=1)
DAYS = timedelta(days=1)


def sweep(now):
    return retention.sweep(secret=SECRET, now=now)


def policy():
    path = package_files("cabinet") / "data" / "documents" / "data-policy.md"
    text = path.read_text(encoding="utf-8")
    (section,) = re.findall(r"## Сколько храним\n(.*?)\n## ", text, re.DOTALL)
    return [line.removeprefix("- ") for line in section.strip().splitlines()]


def test_the_policy_and_the_rules_say_the_same():
    lines = policy()
    rules = [rule.words for rule in retention.RULES]
    assert len(set(lines)) == len(lines)
    assert sorted(lines) == sorted([*rules, *retention.KEPT])


def test_every_rule_has_who_does_it():
    """By name: either a sweep of its own or a job of the worker's."""
    jobs = {
        "erase_due": worker.erase.erase_due,
        "expire": worker.registration.expire,
        "limits.sweep": worker.limits.sweep,
        "exports.sweep": worker.exports.sweep,
        "audit_term": retention.audit_term.remove,
    }
    for rule in retention.RULES:
        assert (rule.sweep is None) == bool(rule.by), rule.name
        assert not rule.by or jobs[rule.by], rule.name


def session(alice, now):
    """Ended by its time; the last sign of it is what counts."""
    Session.create(
        sid_hash=uuid.uuid4().hex,
        user=alice,
        created_at=now,
        last_seen_at=now,
        expires_at=now + 30 * DAYS,
    )
    return Session.select(), 90 * DAYS


def link(alice, now):
    with writing():
        tokens.issue(TokenPurpose.RESET_PASSWORD, user_id=alice.id, now=now)
    return OneTimeToken.select(), timedelta(minutes=30) + 30 * DAYS


def letter(alice, now):
    with writing():
        outbox.put("told", key="x", recipient=alice.email, context={"a": 1}, now=now)
    OutboxMessage.update(sent_at=now).execute()
    return OutboxMessage.select().where(OutboxMessage.recipient != ""), 30 * DAYS


def failed_letter(alice, now):
    found, term = letter(alice, now)
    OutboxMessage.update(sent_at=None, failed_at=now, error=alice.email).execute()
    return found, term


def note(alice, now, closed_at=None):
    HomeNote.create(
        kind="access_ended",
        key="x",
        user=alice,
        created_at=now,
        not_before=now,
        closed_at=closed_at,
    )
    return HomeNote.select(), 365 * DAYS


def closed_note(alice, now):
    found, _ = note(alice, now, closed_at=now)
    return found, 30 * DAYS


def invitation(alice, now):
    Invitation.create(
        account=AccountAccess.get().account,
        invited_by=alice,
        email="friend@example.org",
        level="readings",
        created_at=now,
    )
    return Invitation.select().where(Invitation.email != ""), 37 * DAYS


def photo(alice, now):
    file = StoredFile.create(
        public_id=uuid.uuid4(),
        purpose="reading_photo",
        media_type="image/jpeg",
        size=1,
        sha256="0" * 64,
        owner=alice,
        created_at=now,
        expires_at=now + 365 * DAYS,
    )
    FileChunk.create(file=file, number=0, body=b"x")
    meter = factories.make_meter(AccountAccess.get().account)
    factories.make_reading(meter, user=alice, photo=file)
    return StoredFile.select(), 365 * DAYS


def key(alice, now):
    PersonalKey.create(
        user=alice,
        scope="read",
        name="Дом",
        secret_hash="0" * 64,
        form_key="0" * 32,
        created_at=now,
        revoked_at=now,
    )
    return PersonalKey.select(), 30 * DAYS


def load(alice, now):
    """What became of the file's rows stays."""
    file = StoredFile.create(
        public_id=uuid.uuid4(),
        purpose="load",
        media_type="application/octet-stream",
        size=1,
        sha256="0" * 64,
        created_at=now,
        expires_at=now + 30 * DAYS,
    )
    ImportBatch.create(
        kind="payments",
        file_name="a.csv",
        sha256="0" * 64,
        state="checked",
        started_at=now,
        file=file,
    )
    return ImportBatch.select().where(ImportBatch.file.is_null(False)), 30 * DAYS


def out_file(alice, now):
    account = AccountAccess.get().account
    wish = outgoing.Wish(
        branch=account.branch.code,
        kind=OutKind.DEBTS,
        format=OutFormat.SBERBANK,
        month=Month(2026, 10),
        key="0" * 32,
    )
    made = outgoing.ask(None, wish, actor=audit.SYSTEM, now=now)
    outgoing.make_asked(made, clock=lambda: now)
    return OutFile.select().where(OutFile.file.is_null(False)), 365 * DAYS


def notice(alice, now):
    Notice.create(
        shop="kursk-card",
        provider_id="p",
        event="payment.succeeded",
        body=b"{}",
        body_hash="0" * 64,
        received_at=now,
    )
    return Notice.select().where(Notice.body != b""), 90 * DAYS


def payer(alice, now):
    account = AccountAccess.get().account
    factories.make_payment(account, "10,00", now, email="payer@example.org")
    Payment.update(created_at=now).execute()
    return Payment.select().where(Payment.email != ""), retention.AUDIT


def act(alice, now):
    Leaving.create(
        public_id=uuid.uuid4(), user=alice, requested_at=now, due_at=now, done_at=now
    )
    return Leaving.select(), retention.AUDIT


def question(alice, now):
    account = AccountAccess.get().account
    asked = factories.make_question(account, alice, now, state="closed")
    factories.make_question(account, alice, now, state="closed", merged_into=asked)
    QuestionFile.update(file=None).execute()
    StoredFile.delete().execute()
    return Question.select().where(Question.merged_into.is_null()), retention.AUDIT


def meter_request(alice, now):
    account = AccountAccess.get().account
    factories.make_meter_request(account, now, state="done", phone="8 900 000-00-00")
    return ServiceRequest.select().where(ServiceRequest.phone != ""), retention.AUDIT


def rating(alice, now):
    account = AccountAccess.get().account
    UsabilityRating.create(
        user=alice, branch=account.branch, quarter=20264, rating=5, at=now
    )
    return UsabilityRating.select(), retention.AUDIT


KINDS = {
    "sessions": (session,),
    "links": (link,),
    "letters": (letter, failed_letter),
    "notes": (note, closed_note),
    "invitations": (invitation,),
    "files": (photo,),
    "questions": (question,),
    "meter_requests": (meter_request,),
    "ratings": (rating,),
    "keys": (key,),
    "outs": (out_file,),
    "loads": (load,),
    "notices": (notice,),
    "payers": (payer,),
    "acts": (act,),
}


def test_every_sweep_is_tried():
    assert set(KINDS) == {rule.name for rule in retention.RULES if rule.sweep}


@pytest.mark.parametrize(
    "make",
    [make for makes in KINDS.values() for make in makes],
    ids=lambda m: m.__name__,
)
def test_it_goes_at_its_term_and_not_before(alice, account, now, make):
    found, term = make(alice, now)
    sweep(now + term - MOMENT)
    assert found.count() == 1
    sweep(now + term)
    assert found.count() == 0
    entry = AuditEntry.get(AuditEntry.action == "data.expired")
    assert sum(entry.details["rows"].values()) == 1


def test_a_live_session_stays(alice, account, now):
    session(alice, now)
    Session.update(expires_at=now + 900 * DAYS).execute()
    sweep(now + 800 * DAYS)
    assert Session.select().count() == 1


def test_a_letter_that_waits_and_an_accepted_invitation_stay(alice, account, now):
    with writing():
        outbox.put("told", key="x", recipient=alice.email, context={"a": 1}, now=now)
    invitation(alice, now)
    Invitation.update(access=AccountAccess.get()).execute()
    sweep(now + 900 * DAYS)
    assert OutboxMessage.get().context == {"a": 1}
    assert Invitation.get().email == "friend@example.org"


def test_a_lasting_file_stays_and_a_reading_outlives_its_photograph(
    alice, account, now
):
    photo(alice, now)
    kept = StoredFile.create(
        public_id=uuid.uuid4(),
        purpose="paper",
        media_type="application/pdf",
        size=1,
        sha256="0" * 64,
        created_at=now,
    )
    sweep(now + 366 * DAYS)
    assert [row.id for row in StoredFile.select()] == [kept.id]
    assert Reading.get().photo_id is None
    assert not FileChunk.select().exists()


def test_what_was_said_of_a_file_that_nobody_wanted_goes(alice, now):
    load(alice, now)
    ImportRow.create(batch=ImportBatch.get(), line=2, state="faulty", reason="x")
    sweep(now)
    assert ImportRow.select().count() == 1
    sweep(now + 30 * DAYS)
    assert ImportBatch.get().state == "dropped"
    assert not ImportRow.select().exists()


def test_the_log_goes_after_three_years(alice, now):
    with writing():
        audit.record(audit.SYSTEM, "old", now=now)
    audit_chain.seal(secret=SECRET, now=now)
    sweep(now + retention.AUDIT)
    assert AuditEntry.select().where(AuditEntry.action == "old").count() == 1
    sweep(now + retention.AUDIT + MOMENT)
    assert AuditEntry.select().where(AuditEntry.action == "old").count() == 0
    assert audit_chain.verify(secret=SECRET).damage is None


def test_nothing_to_do_writes_nothing(alice, account, now):
    assert sweep(now) == 0
    assert not AuditEntry.select().exists()


def test_many_go_by_turns(alice, now, monkeypatch):
    monkeypatch.setattr(retention, "MOST", 2)
    for _ in range(3):
        session(alice, now)
    assert sweep(now + 90 * DAYS) == 2
    assert sweep(now + 90 * DAYS) == 1
