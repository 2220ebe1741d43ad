"""Люди и роли: invited by a letter, changed by another admin, never the last one."""

import pytest

from cabinet.domain.people import Role
from cabinet.models import (
    AuditEntry,
    OutboxMessage,
    Session,
    SettingChange,
    StaffBranch,
    User,
)
from tests import factories
from tests.browsing import Browser

PEOPLE = "/staff/settings/people"
PASSWORD = "очень длинная фраза про лес"


@pytest.fixture
def boss(db):
    return factories.make_staff("admin@example.org", "admin")


@pytest.fixture
def admin(browser, boss):
    return browser.sign_in(boss)


@pytest.fixture
def olga(boss):
    return factories.make_staff("olga@example.org")


def invite(browser, *, status=None, **fields):
    said = {
        "email": "New@Example.org",
        "name": "Анна Белова",
        "role": "operator",
        "branches": ["kursk"],
    }
    page = browser.get(PEOPLE)
    return browser.submit(page, "#invite-form", status=status, **{**said, **fields})


def test_an_invited_person_sets_a_password_and_signs_in(app, admin):
    page = invite(admin)
    assert "приглашение отправлено" in page.text
    user = User.get(User.email == "new@example.org")
    assert user.password_hash is None
    assert (user.role, user.name) == (Role.OPERATOR, "Анна Белова")
    letter = OutboxMessage.get(OutboxMessage.kind == "staff_invited")
    assert (letter.recipient, letter.is_secret) == ("new@example.org", True)
    path = letter.context["link"].removeprefix("http://localhost")
    theirs = Browser(app)
    form = theirs.get(path)
    theirs.submit(form, "#new-password-form", password=PASSWORD)
    user = User.get_by_id(user.id)
    assert user.password_hash is not None
    page = theirs.submit(
        theirs.get("/login"), "#login-form", login=user.email, password=PASSWORD
    )
    # The second factor is asked for before anything is open.
    assert page.url.startswith("/factor")
    theirs.get(path, status=410)
    assert PASSWORD not in admin.get(f"{PEOPLE}/{user.id}").html


def test_the_same_invitation_again_is_one(admin):
    invite(admin)
    invite(admin)
    assert OutboxMessage.select().count() == 1
    assert User.select().where(User.email == "new@example.org").count() == 1
    user = User.get(User.email == "new@example.org")
    page = admin.submit(admin.get(f"{PEOPLE}/{user.id}"), "#link-form")
    assert OutboxMessage.select().count() == 2
    assert "приглашение отправлено" in page.text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"email": "olga@example.org"}, "С этой почтой уже входит кто-то другой"),
        ({"email": "anna"}, "Введите почту целиком"),
        ({"name": " "}, "Введите имя и фамилию"),
        ({"branches": []}, "Отметьте хотя бы один филиал"),
        ({"branches": ["omsk"]}, "Отметьте хотя бы один филиал"),
        ({"role": "customer"}, "Выберите роль"),
    ],
)
def test_what_cannot_be_is_told(admin, olga, fields, words):
    page = invite(admin, status=422, **fields)
    assert words in page.text
    assert OutboxMessage.select().count() == 0


def test_a_role_is_changed_noted_and_put_back(app, admin, olga):
    factories.make_branch("murmansk", name="Мурманск")
    theirs = Browser(app).sign_in(olga)
    page = admin.get(f"{PEOPLE}/{olga.id}")
    page = admin.submit(
        page, "#role-form", role="supervisor", branches=["kursk", "murmansk"]
    )
    assert "Роль: Специалист → Руководитель" in page.text
    assert User.get_by_id(olga.id).role is Role.SUPERVISOR
    assert StaffBranch.select().where(StaffBranch.user == olga).count() == 2
    noted = AuditEntry.select().where(AuditEntry.action == "staff.set")
    assert {entry.details["setting"] for entry in noted} == {"role", "branches"}
    # What was open under the earlier role is over.
    assert theirs.client.get("/staff/").status_code == 302
    admin.submit(page, "form[action$='/revert']")
    assert User.get_by_id(olga.id).role is Role.OPERATOR
    assert StaffBranch.select().where(StaffBranch.user == olga).count() == 1


def test_who_is_kept_out_has_no_session_nor_link(app, admin, olga):
    theirs = Browser(app).sign_in(olga)
    page = admin.submit(admin.get(f"{PEOPLE}/{olga.id}"), "#entry-form")
    assert "вход закрыт" in page.text
    assert theirs.client.get("/staff/").status_code == 302
    assert not Session.select().where(
        Session.user == olga, Session.revoked_at.is_null()
    )
    page = admin.submit(page, "#entry-form")
    assert User.get_by_id(olga.id).disabled_at is None
    assert "работает" in page.text


def test_sessions_are_ended(app, admin, olga):
    theirs = Browser(app).sign_in(olga)
    admin.submit(admin.get(f"{PEOPLE}/{olga.id}"), "#sessions-form")
    assert theirs.client.get("/staff/").status_code == 302
    entry = AuditEntry.get(AuditEntry.action == "staff.sessions_ended")
    assert (entry.subject, entry.details) == (f"user:{olga.id}", {"count": 1})


def test_nobody_changes_an_own_role(admin, boss, olga):
    page = admin.get(f"{PEOPLE}/{boss.id}")
    assert not page.select("#role-form")
    data = {
        "csrf_token": page.select("input[name=csrf_token]")[0].get("value"),
        "role": "operator",
        "branches": "kursk",
        "version": "0",
    }
    assert "Свою роль" in admin.post(f"{PEOPLE}/{boss.id}", data, status=409).text
    answer = admin.post(f"{PEOPLE}/{boss.id}/keep-out", data, status=409)
    assert "другой администратор" in answer.text
    assert User.get_by_id(boss.id).role is Role.ADMIN


def test_two_at_once_see_what_the_other_made(app, admin, olga):
    page = admin.get(f"{PEOPLE}/{olga.id}")
    other = Browser(app).sign_in(factories.make_staff("second@example.org", "admin"))
    other.submit(other.get(f"{PEOPLE}/{olga.id}"), "#role-form", role="supervisor")
    stale = admin.submit(page, "#role-form", status=409, role="admin")
    assert "Сейчас: Руководитель, kursk" in stale.text
    assert User.get_by_id(olga.id).role is Role.SUPERVISOR
    admin.submit(stale, "#role-form", role="admin")
    assert User.get_by_id(olga.id).role is Role.ADMIN


def test_a_customer_is_nobody_here(admin, alice):
    admin.get(f"{PEOPLE}/{alice.id}", status=404)
    assert "Алиса" not in admin.get(PEOPLE).text
    assert not SettingChange.select().exists()
