"""A cookie is new whenever who holds it changes, and dead the moment its session ends."""

import re
import secrets
from datetime import timedelta

import pytest

from cabinet.domain.people import Role
from cabinet.domain.registration import TokenPurpose
from cabinet.models import AuditEntry, OutboxMessage, SecondFactor, Session, User
from cabinet.models.base import writing
from cabinet.services import audit, factors, sessions, staffing, tokens
from tests import factories
from tests.browsing import Browser

PEOPLE = 20
EACH = sessions.MOST_OF_CUSTOMER
OTHER = "svet-v-okne-2027"
#: Pages of a customer, asked for as a page and as a part of one.
HERS = ("/", "/readings", "/history", "/profile")


@pytest.fixture
def mine(browser, alice, account):
    return browser.sign_in(alice)


@pytest.fixture
def operator(db):
    return factories.make_staff()


def sid_of(browser):
    return browser.client.get_cookie("sid").value


def ask_by(app, sid, url="/profile", **headers):
    """Ask with nothing but the cookie, as whoever copied it does."""
    client = app.test_client()
    client.set_cookie("sid", sid)
    return client.get(url, headers=headers)


def is_alive(app, sid, url="/profile"):
    """Tell whether the cookie opens the page; a dead one is led to sign in."""
    answer = ask_by(app, sid, url)
    if answer.status_code == 200:
        return True
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login")
    part = ask_by(app, sid, url, **{"HX-Request": "true"})
    assert part.status_code == 401
    assert part.headers["HX-Redirect"].startswith("/login")
    assert not part.get_data()
    return False


def test_signing_in_gives_a_new_cookie(app, browser, alice, account):
    browser.get("/login")
    before = sid_of(browser)
    browser.sign_in(alice)
    assert sid_of(browser) != before
    assert is_alive(app, sid_of(browser))
    assert not is_alive(app, before)


def test_proving_who_it_is_gives_a_new_cookie(app, mine, clock, now):
    before = sid_of(mine)
    mine.submit(mine.get("/factor/sure"), "#sure-form", password=factories.PASSWORD)
    assert sid_of(mine) != before
    assert is_alive(app, sid_of(mine))
    assert not is_alive(app, before)


def test_each_step_of_staff_gives_a_new_cookie(app, browser, operator):
    page = browser.get("/login")
    seen = [sid_of(browser)]
    page = browser.submit(
        page, "#login-form", login=operator.email, password=factories.PASSWORD
    )
    seen.append(sid_of(browser))
    browser.submit(page, "#factor-form", code=browser.code())
    seen.append(sid_of(browser))
    SecondFactor.update(last_step=0).execute()
    page = browser.get("/factor/sure")
    fields = {"password": factories.PASSWORD, "code": browser.code()}
    browser.submit(page, "#sure-form", **fields)
    seen.append(sid_of(browser))
    assert len(set(seen)) == 4
    assert [is_alive(app, sid, "/staff/") for sid in seen] == [False] * 3 + [True]


def test_signing_out_gives_a_new_cookie_and_the_copied_one_is_dead(app, mine):
    copied = sid_of(mine)
    assert all(is_alive(app, copied, url) for url in HERS)
    sign_out(mine)
    assert sid_of(mine) != copied
    for url in HERS:
        assert not is_alive(app, copied, url)
        assert not is_alive(app, sid_of(mine), url)


def sign_out(browser):
    token = browser.get("/profile").select("input[name=csrf_token]")[0].get("value")
    answer = browser.post("/logout", {"csrf_token": token}, status=303, check=False)
    assert answer.headers["Clear-Site-Data"] == '"storage"'


def at_work_every(minutes, clock, *, browser, url, until):
    """Ask for the page so often; return the hours after which it is not shown."""
    began = clock.get()
    while clock.get() - began < until:
        clock.set(clock.get() + timedelta(minutes=minutes))
        if browser.client.get(url).status_code != 200:
            break
    return (clock.get() - began) / timedelta(hours=1)


def test_a_shared_computer_is_forgotten_after_twelve_hours_of_work(
    browser, alice, account, clock
):
    page = browser.get("/login")
    fields = {"login": alice.email, "password": factories.PASSWORD, "shared": "y"}
    browser.submit(page, "#login-form", **fields)
    hours = at_work_every(
        20, clock, browser=browser, url="/profile", until=timedelta(hours=20)
    )
    assert hours == 12


def test_a_day_of_staff_ends_after_twelve_hours_of_work(browser, operator, clock):
    browser.sign_in(operator)
    hours = at_work_every(
        20, clock, browser=browser, url="/staff/", until=timedelta(hours=20)
    )
    assert hours == 12


def test_of_four_sessions_of_staff_the_oldest_ends(app, operator, clock):
    """An entry of the audit log says so; ten of a customer are tried elsewhere."""
    sids = []
    for _ in range(sessions.MOST_OF_STAFF + 1):
        clock.set(clock.get() + timedelta(minutes=1))
        sids.append(sid_of(Browser(app).sign_in(operator)))
    assert sessions.MOST_OF_STAFF == 3
    assert [is_alive(app, sid, "/staff/") for sid in sids] == [False, True, True, True]
    crowded = AuditEntry.select().where(AuditEntry.action == "session.crowded_out")
    assert crowded.count() == 1


#: How a stranger hands somebody a cookie of their own choice before they sign in.
CARRIERS = {
    "cookie": {"cookie": "sid={sid}"},
    "query": {"query": "sid={sid}&session={sid}&__Host-sid={sid}"},
    "form": {"form": {"sid": "{sid}", "session": "{sid}", "__Host-sid": "{sid}"}},
    "header": {"header": {"X-Session": "{sid}", "Sid": "{sid}", "X-Sid": "{sid}"}},
    "double": {"cookie": "sid={sid}; sid={own}"},
    "double, the other way round": {"cookie": "sid={own}; sid={sid}"},
}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_cookie_chosen_by_somebody_else_opens_nothing(app, alice, account, carrier):
    planted = secrets.token_urlsafe(32)
    own = secrets.token_urlsafe(32)
    how = CARRIERS[carrier]
    client = app.test_client(use_cookies=False)
    query = how.get("query", "").format(sid=planted)
    headers = {k: v.format(sid=planted) for k, v in how.get("header", {}).items()}
    cookie = how.get("cookie", "sid={own}").format(sid=planted, own=own)
    headers["Cookie"] = cookie
    shown = client.get(f"/login?{query}", headers=headers)
    token = re.search(r'name="csrf_token" value="([^"]+)"', shown.text)[1]
    form = {k: v.format(sid=planted) for k, v in how.get("form", {}).items()}
    answer = client.post(
        f"/login?{query}",
        headers=headers,
        data=form
        | {
            "csrf_token": token,
            "login": alice.email,
            "password": factories.PASSWORD,
        },
    )
    assert answer.status_code == 303
    given = re.match(r"sid=([^;]+);", answer.headers["Set-Cookie"])[1]
    assert given not in {planted, own}
    assert is_alive(app, given)
    assert not is_alive(app, planted)
    assert not is_alive(app, own)
    kept = [row.sid_hash for row in Session.select()]
    assert kept == [sessions.hash_of(given)]


@pytest.mark.parametrize("carrier", ["query", "form", "header"])
def test_a_live_cookie_counts_nowhere_but_as_the_cookie(app, mine, carrier):
    sid = sid_of(mine)
    how = CARRIERS[carrier]
    query = how.get("query", "").format(sid=sid)
    headers = {k: v.format(sid=sid) for k, v in how.get("header", {}).items()}
    answer = app.test_client().get(f"/profile?{query}", headers=headers)
    assert answer.status_code == 302
    form = {k: v.format(sid=sid) for k, v in how.get("form", {}).items()}
    answer = app.test_client().post("/logout", data=form, headers=headers)
    assert answer.status_code in {302, 400}
    assert is_alive(app, sid)


def test_of_two_hundred_ended_sessions_none_is_alive(app, db, now):
    """Ended by leaving and from the list of sessions; asked for at once afterwards."""
    browsers = []
    for number in range(PEOPLE):
        person = factories.make_customer(f"{number}@example.org")
        factories.give_access(person, factories.make_account(f"4600000{number:05}"))
        person = User.get_by_id(person.id)
        for _ in range(EACH):
            with writing():
                sid = sessions.open_session(
                    person, on_shared_computer=False, device="", now=now
                )
            browser = Browser(app)
            browser.client.set_cookie("sid", sid)
            browsers.append(browser)
    sids = [sid_of(browser) for browser in browsers]
    assert all(is_alive(app, sid) for sid in sids)
    for number in range(0, PEOPLE * EACH, EACH):
        last = browsers[number]
        page = last.get("/profile")
        token = page.select("input[name=csrf_token]")[0].get("value")
        last.post(
            "/profile/sessions/end-others",
            {"csrf_token": token},
            status=303,
            check=False,
        )
        sign_out(last)
    assert len(sids) == 200
    assert sum(is_alive(app, sid) for sid in sids) == 0


@pytest.fixture
def three(app, mine, alice):
    """Alice's own browser, and the cookies of two others of hers."""
    return mine, [sid_of(Browser(app).sign_in(alice)) for _ in range(2)]


def test_another_password_ends_them(app, three):
    browser, others = three
    copied = sid_of(browser)
    page = browser.get("/profile/password")
    fields = {"current": factories.PASSWORD, "password": OTHER}
    browser.submit(page, "#change-password-form", **fields)
    assert not any(is_alive(app, sid) for sid in [*others, copied])
    assert is_alive(app, sid_of(browser))


def test_a_password_set_by_a_link_ends_them(app, three, alice, now):
    browser, others = three
    with writing():
        secret = tokens.issue(TokenPurpose.RESET_PASSWORD, user_id=alice.id, now=now)
    guest = Browser(app)
    page = guest.get(f"/password/{secret}")
    guest.submit(page, "#new-password-form", password=OTHER)
    assert not any(is_alive(app, sid) for sid in [*others, sid_of(browser)])


def test_another_e_mail_ends_them(app, three):
    """All but the one that confirms; all when the old mailbox takes it back."""
    browser, others = three
    page = browser.get("/profile/email")
    fields = {"email": "new@example.net", "current": factories.PASSWORD}
    browser.submit(page, "#email-form", **fields)
    press(browser, "email_change_confirm")
    assert not any(is_alive(app, sid) for sid in others)
    assert is_alive(app, sid_of(browser))
    press(Browser(app), "email_changed")
    assert not is_alive(app, sid_of(browser))


def press(browser, kind):
    letter = OutboxMessage.get(OutboxMessage.kind == kind)
    link = letter.context["link"].removeprefix("http://localhost")
    browser.submit(browser.get(link), "#link-form")


def test_another_role_ends_them(app, browser, operator, now):
    browser.sign_in(operator)
    copied = sid_of(browser)
    assert is_alive(app, copied, "/staff/")
    staffing.change_role(operator.email, Role.SUPERVISOR, branches=("kursk",), now=now)
    assert not is_alive(app, copied, "/staff/")
    SecondFactor.update(last_step=0).execute()
    browser.sign_in(operator)
    assert is_alive(app, sid_of(browser), "/staff/")


def test_a_lost_factor_ends_them(app, browser, operator, now):
    browser.sign_in(operator)
    assert is_alive(app, sid_of(browser), "/staff/")
    factors.reset(operator.id, actor=audit.SYSTEM, reason="lost", now=now)
    assert not is_alive(app, sid_of(browser), "/staff/")
