"""What is told in the cabinet to whom letters do not reach."""

from datetime import timedelta

import pytest

from cabinet.domain.people import NoteKind
from cabinet.models import (
    AccountAccess,
    AuditEntry,
    HomeNote,
    OutboxMessage,
    RegistrationRequest,
    User,
)
from cabinet.services import erasure, home_notes, registration
from cabinet.services.audit import Actor
from cabinet.services.home_notes import NoteNotFoundError
from tests import factories
from tests.services.registration.conftest import NOBODY

SOON = timedelta(minutes=9)
LATE = timedelta(minutes=10)


@pytest.fixture
def neighbour(account):
    """Somebody who sees the account and has no e-mail."""
    user = factories.make_customer()
    User.update(email=None).where(User.id == user.id).execute()
    factories.give_access(user, account)
    return User.get_by_id(user.id)


def notes_of(user, now):
    return [note.kind for note in home_notes.notes_of(user.id, now=now)]


def test_a_newcomer_is_told_of_when_it_cannot_be_undone(
    office,
    operator,
    neighbour,
    now,
):
    office.open(operator, office.waiting())
    assert notes_of(neighbour, now + SOON) == []
    (note,) = home_notes.notes_of(neighbour.id, now=now + LATE)
    assert note.kind is NoteKind.ACCESS_ADDED
    assert note.context["account"] == "460000000001"
    assert note.may_dispute


def test_a_decision_taken_back_is_told_to_nobody(
    office,
    operator,
    neighbour,
    now,
):
    asked = office.waiting()
    office.open(operator, asked)
    registration.take_back(operator, asked.public_id, actor=NOBODY, now=now + SOON)
    assert not HomeNote.select().exists()


def test_who_reads_letters_gets_no_note(office, operator, alice, now):
    office.open(operator, office.waiting())
    assert notes_of(alice, now + LATE) == []
    assert len(office.mails("access_added")) == 1


def test_an_address_that_takes_no_mail_counts_as_none(
    office,
    operator,
    alice,
    now,
):
    User.update(email_failed_at=now).where(User.id == alice.id).execute()
    office.open(operator, office.waiting())
    assert notes_of(alice, now + LATE) == [NoteKind.ACCESS_ADDED]


def test_it_is_not_me_closes_the_newcomers_access(
    office,
    operator,
    neighbour,
    now,
):
    asked = office.waiting()
    office.open(operator, asked)
    at = now + LATE
    (note,) = home_notes.notes_of(neighbour.id, now=at)
    actor = Actor(neighbour.id)
    secret = home_notes.dispute(neighbour.id, note.note_id, actor=actor, now=at)
    registration.dispute(secret, actor=actor, now=at)
    assert office.row(asked).state == "waiting"
    newcomer = User.get(User.email == "new@example.org")
    ended = AccountAccess.get(AccountAccess.user == newcomer.id)
    assert ended.ended_at == at
    with pytest.raises(NoteNotFoundError):
        home_notes.dispute(neighbour.id, note.note_id, actor=actor, now=at)


def test_who_sees_the_account_no_more_cannot_say_it(office, operator, neighbour, now):
    office.open(operator, office.waiting())
    at = now + LATE
    (note,) = home_notes.notes_of(neighbour.id, now=at)
    AccountAccess.update(ended_at=at).where(
        AccountAccess.user == neighbour.id
    ).execute()
    with pytest.raises(NoteNotFoundError):
        home_notes.dispute(neighbour.id, note.note_id, actor=NOBODY, now=at)


def test_a_note_is_closed_once_and_by_its_reader(
    office,
    operator,
    neighbour,
    alice,
    now,
):
    office.open(operator, office.waiting())
    at = now + LATE
    (note,) = home_notes.notes_of(neighbour.id, now=at)
    with pytest.raises(NoteNotFoundError):
        home_notes.close(alice.id, note.note_id, actor=Actor(alice.id), now=at)
    for _ in range(2):
        home_notes.close(neighbour.id, note.note_id, actor=Actor(neighbour.id), now=at)
    assert notes_of(neighbour, at) == []
    assert AuditEntry.select().where(AuditEntry.action == "note.closed").count() == 1


def test_nothing_to_dispute_in_other_notes(neighbour, now):
    factories.tell(
        neighbour,
        NoteKind.DELEGATION_REVOKED,
        {"holder": "Орлова А.", "tail": "0001"},
        now,
    )
    (note,) = home_notes.notes_of(neighbour.id, now=now)
    assert not note.may_dispute
    with pytest.raises(NoteNotFoundError):
        home_notes.dispute(neighbour.id, note.note_id, actor=NOBODY, now=now)


def test_the_same_key_is_the_same_note(neighbour, now):
    assert factories.tell(neighbour, NoteKind.ACCESS_ENDED, {}, now)
    assert not factories.tell(neighbour, NoteKind.ACCESS_ENDED, {}, now)


def test_who_asked_without_email_reads_the_answer(
    office,
    operator,
    neighbour,
    now,
):
    factories.make_account("460000000002")
    asked = office.ask(account_number="460000000002", email="", user_id=neighbour.id)
    office.open(operator, asked)
    (note,) = home_notes.notes_of(neighbour.id, now=now + LATE)
    assert note.kind is NoteKind.REGISTRATION_OPENED
    assert set(note.context) == {"number", "account"}


def test_a_request_without_email_does_not_wait_for_ever(
    office,
    neighbour,
    now,
):
    office.ask(email="", user_id=neighbour.id)
    at = now + timedelta(days=14)
    registration.expire(now=at)
    assert RegistrationRequest.get().state == "expired"
    assert notes_of(neighbour, at) == [NoteKind.REGISTRATION_EXPIRED]
    assert not OutboxMessage.select().exists()


def test_who_was_let_in_is_told_when_the_owner_is_erased(alice, account, now, tmp_path):
    by_mail = factories.make_customer("son@example.org")
    by_note = factories.make_customer()
    User.update(email=None).where(User.id == by_note.id).execute()
    for user in (by_mail, by_note):
        factories.give_access(user, account, granted_by=alice)
    erasure.erase_user(alice.id, why=erasure.Why.REQUEST, home=tmp_path, now=now)
    (mail,) = OutboxMessage.select().where(OutboxMessage.recipient != "")
    assert (mail.kind, mail.recipient) == ("delegation_revoked", "son@example.org")
    assert notes_of(by_note, now) == [NoteKind.DELEGATION_REVOKED]
    ended = AuditEntry.select().where(AuditEntry.action == "access.ended")
    assert {row.details["user"] for row in ended} == {by_mail.id, by_note.id}


def test_erasing_the_reader_erases_the_notes(neighbour, now, tmp_path):
    factories.tell(neighbour, NoteKind.ACCESS_ENDED, {}, now)
    erasure.erase_user(neighbour.id, why=erasure.Why.REQUEST, home=tmp_path, now=now)
    assert not HomeNote.select().exists()
    assert not factories.tell(neighbour, NoteKind.ACCESS_ENDED, {}, now, key="y")
