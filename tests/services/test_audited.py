"""Every event of signing in and every look of staff leaves its word in the audit log."""

from zoneinfo import ZoneInfo

import pytest

from cabinet.domain.metering import ReadingState
from cabinet.models import AccountAccess, AuditEntry, OutboxMessage, User
from cabinet.services import audit, limits, readings, sessions, signing_in
from cabinet.services.audit import Actor
from tests import factories
from tests.browsing import Browser

VISITOR = audit.visitor("a" * 64)


def sign_in(now, login, password=factories.PASSWORD, address="192.0.2.1"):
    opened = signing_in.sign_in(
        login,
        password,
        on_shared_computer=False,
        device="",
        address=address,
        actor=VISITOR,
        link="http://localhost/profile",
        zone=ZoneInfo("Europe/Moscow"),
        pepper="p",
        now=now,
    )
    return sessions.find_signed_in(opened.sid, now=now)


def refused(now, login, **values):
    with pytest.raises(signing_in.WrongCredentialsError):
        sign_in(now, login, **values)


def noted(*fields):
    rows = AuditEntry.select().order_by(AuditEntry.id)
    return [tuple(getattr(row, name) for name in fields) for row in rows]


def test_signing_in_and_out(db, alice, account, now):
    signed_in = sign_in(now, alice.email)
    other = sign_in(now, alice.email)
    sign_in(now, alice.email)
    actor = Actor(alice.id, "b" * 64)
    AccountAccess.update(slug="home").execute()
    sessions.choose_account(signed_in, "home", actor=actor, now=now)
    sessions.end_session(signed_in, other.session_id, actor=actor, now=now)
    sessions.end_other_sessions(signed_in, actor=actor, now=now)
    sessions.sign_out(signed_in, actor=actor, now=now)
    mine = f"user:{alice.id}"
    assert noted("action", "actor_id", "subject") == [
        ("session.opened", alice.id, mine),
        ("session.opened", alice.id, mine),
        ("session.opened", alice.id, mine),
        ("account.chosen", alice.id, ""),
        ("session.ended", alice.id, f"session:{other.session_id}"),
        ("session.others_ended", alice.id, mine),
        ("session.ended", alice.id, f"session:{signed_in.session_id}"),
    ]
    assert all(hashed for (hashed,) in noted("address_hash"))


def test_what_is_refused(db, alice, now):
    refused(now, alice.email, password="wrong")
    refused(now, "nobody@example.org")
    User.update(disabled_at=now).execute()
    refused(now, alice.email)
    assert noted("action", "actor_id", "subject", "address_hash") == [
        ("session.refused", None, f"user:{who}", "aaaa")
        for who in (alice.id, "unknown", alice.id)
    ]


def test_a_limit_used_up_is_noted_once_a_span(db, alice, now, monkeypatch):
    monkeypatch.setattr(limits, "LOGIN_SHORT", limits.Limit("login", 2, 300))
    for _ in range(2):
        refused(now, alice.email, password="wrong")
    for _ in range(3):
        with pytest.raises(limits.TooManyAttemptsError):
            sign_in(now, alice.email)
    assert noted("action", "subject", "details")[2:] == [
        ("session.limited", f"user:{alice.id}", {"limit": "login"})
    ]


def test_an_address_used_up_is_noted_once_whatever_the_names(db, now, monkeypatch):
    limit = limits.Limit("login-address", 1, 300)
    monkeypatch.setattr(limits, "LOGIN_ADDRESS", limit)
    refused(now, "1@example.org")
    for number in range(2, 5):
        with pytest.raises(limits.TooManyAttemptsError):
            sign_in(now, f"{number}@example.org")
    assert noted("action", "details")[1:] == [
        ("session.limited", {"limit": "login-address"})
    ]


def test_a_look_of_staff_at_what_waits_is_noted_for_each_account(
    app, alice, account, meter
):
    row = factories.make_reading(meter, "2026-11", state=ReadingState.NEEDS_REVIEW)
    operator = factories.make_staff()
    Browser(app).sign_in(operator).get("/staff/")
    assert noted("action", "actor_id", "subject", "account_id")[-1] == (
        "review.listed",
        operator.id,
        f"reading:{row.id}",
        account.id,
    )
    factories.make_branch("tver", name="Тверь")
    looks = AuditEntry.select().where(AuditEntry.action == "review.listed")
    before = looks.count()
    other = factories.make_staff("tver@example.org", branches=("tver",))
    Browser(app).sign_in(other).get("/staff/")
    assert looks.count() == before


def test_a_confirmation_is_mailed_and_noted_once(db, alice, account, meter, now):
    row = factories.make_reading(meter)
    for _ in range(3):
        readings.mail_confirmation(
            alice.id,
            row.public_id,
            link="https://lk.example.ru/readings/1",
            actor=Actor(alice.id),
            now=now,
        )
    assert OutboxMessage.select().count() == 1
    assert noted("action", "actor_id", "subject", "account_id") == [
        ("reading.mailed", alice.id, f"reading:{row.id}", account.id)
    ]
