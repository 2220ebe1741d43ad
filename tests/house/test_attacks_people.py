"""What people try on each other: guessing, a neighbour's address, a tenant's past."""

import io
import uuid
from datetime import date, timedelta

import pytest

from cabinet.jobs.mail import send_due
from cabinet.mailing.send import FileSender
from cabinet.models import (
    AccountAccess,
    Attempt,
    AuditEntry,
    OutboxMessage,
    Reading,
    Session,
)
from cabinet.models.base import writing
from cabinet.services import limits, outbox
from tests.browsing import Browser
from tests.factories import (
    give_access,
    make_account,
    make_bill,
    make_customer,
    make_meter,
    make_ranges,
    make_rates,
    make_reading,
    make_staff,
)

SPELLINGS = (
    "460000000001",
    "4600 0000 0001",
    "4600-0000-0001",
    " 460000000001 ",
    "№460000000001",
    "x460000000001",
    "4.6.0.0.0.0.0.0.0.0.0.1",
    "460000000001\u200b",
    "л/с 460000000001",
    "460000 000001",
    "(460000000001)",
)


def guess(app, login, *, address="127.0.0.1", password="wrong"):
    """Try to sign in from an address and return the status."""
    browser = Browser(app)
    page = browser.get("/login")
    token = page.one("#login-form input[name=csrf_token]").get("value")
    answer = browser.client.post(
        "/login",
        data={"csrf_token": token, "login": login, "password": password},
        environ_base={"REMOTE_ADDR": address},
    )
    return answer.status_code


def test_a_number_spelled_anew_is_the_same_number(app, account):
    """The account number is printed on a bill: guesses at it are counted together."""
    assert [guess(app, login) for login in SPELLINGS] == [422] * 10 + [429]


def test_an_address_in_capitals_is_the_same_address(app, alice):
    spelled = ["alice@example.org", "ALICE@example.org", " Alice@Example.Org "] * 4
    assert [guess(app, login) for login in spelled[:11]] == [422] * 10 + [429]


def test_a_household_counts_as_one_address(app, monkeypatch):
    """A provider gives out networks: the last half of an address is free to choose."""
    monkeypatch.setattr(limits, "LOGIN_ADDRESS", limits.Limit("login-address", 3, 300))
    own = [f"2001:db8:1:2::{number:x}" for number in range(1, 4)]
    assert [guess(app, f"{n}@x.example", address=a) for n, a in enumerate(own)] == (
        [422] * 3
    )
    assert guess(app, "4@x.example", address="2001:db8:1:2:ffff::1") == 429
    assert guess(app, "5@x.example", address="2001:db8:1:3::1") == 422
    assert guess(app, "6@x.example", address="::ffff:192.0.2.1") == 422
    assert guess(app, "7@x.example", address="192.0.2.2") == 422


def test_nobody_learns_whether_somebody_is_a_customer(app, alice, account):
    """The same answer and the same traces for a customer, a stranger, a former one."""
    gone = make_customer("gone@example.org")
    gone.disabled_at = gone.created_at
    gone.save()

    def answer(login):
        browser = Browser(app)
        page = browser.get("/login")
        written = AuditEntry.select().count(), Attempt.select().count()
        shown = browser.submit(
            page, "#login-form", login=login, password="wrong", status=422
        )
        element = shown.element("#login-form").replace(login, "")
        traces = AuditEntry.select().count() - written[0]
        return element, traces, sorted(shown.headers.keys())

    known = answer(alice.email)
    assert answer("nobody@example.org") == known
    assert answer(gone.email) == known
    assert answer(account.number) == known
    assert answer("460000009999") == known


def test_a_session_that_made_room_leaves_a_trace(app, alice, account):
    for _ in range(11):
        Browser(app).sign_in(alice)
    assert Session.select().where(Session.revoked_at.is_null(False)).count() == 1
    crowded = AuditEntry.select().where(AuditEntry.action == "session.crowded_out")
    assert crowded.count() == 1


def test_ending_this_session_is_signing_out(app, alice, account):
    browser = Browser(app).sign_in(alice)
    cookie = browser.client.get_cookie("sid").value
    token = browser.get("/profile").select("input[name=csrf_token]")[0].get("value")
    own = Session.get(Session.revoked_at.is_null())
    answer = browser.client.post(
        f"/profile/sessions/{own.id}/end", data={"csrf_token": token}
    )
    assert answer.headers["Clear-Site-Data"] == '"storage"'
    assert browser.client.get_cookie("sid").value != cookie
    copied = app.test_client()
    copied.set_cookie("sid", cookie)
    assert copied.get("/profile").status_code == 302


@pytest.fixture
def home(account, meter):
    """What belongs to Alice: a bill, a reading, a confirmation."""
    make_rates()
    make_ranges()
    make_bill(account)
    return make_reading(meter, values=(4500,), comment="Код домофона 38")


OF_HERS = (
    "/readings/{reading}",
    "/readings/{reading}.pdf",
    "/readings?meter={meter}",
)


#: Of an answer: when it was made, its number, and the cookie.
OF_ITS_OWN = {"Set-Cookie", "Date", "X-Request-ID"}


def bytes_of(client, url, **headers):
    answer = client.get(url, headers=headers)
    kept = {k: v for k, v in answer.headers if k not in OF_ITS_OWN}
    return answer.status_code, answer.get_data(), kept


def test_a_strangers_object_is_to_the_byte_a_missing_one(
    app, home, meter, alice, charlie, account
):
    helper = make_customer("helper@example.org")
    give_access(helper, account, until=date(2026, 11, 22))
    ended = make_customer("ended@example.org")
    give_access(ended, account, ended_at=ended.created_at)
    for former in (helper, ended):
        other = make_account(number=f"46000000{former.id:04}")
        make_meter(other)
        give_access(former, other)
    for who in (charlie, helper, ended, make_staff()):
        client = Browser(app).sign_in(who).client
        for pattern in OF_HERS:
            url = pattern.format(reading=home.public_id, meter=meter.public_id)
            no = pattern.format(reading=uuid.uuid4(), meter=uuid.uuid4())
            for headers in ({}, {"HX-Request": "true"}):
                theirs = bytes_of(client, url, **headers)
                assert theirs == bytes_of(client, no, **headers), (who.email, url)
                assert theirs[0] == 404


def test_a_stranger_can_neither_choose_nor_feed_an_account(
    app, home, meter, charlie, account
):
    hers = AccountAccess.get(AccountAccess.account == account)
    browser = Browser(app).sign_in(charlie)
    page = browser.get("/readings")
    fields = {
        each.get("name"): each.get("value", "")
        for each in page.one("#reading-form").cssselect("input")
    }
    before = Reading.select().count()
    for change in (
        {"account": hers.slug},
        {"meter": str(meter.public_id)},
        {"account": hers.slug, "meter": str(meter.public_id), "switched": "1"},
        {"account": ["x", hers.slug], "meter": str(meter.public_id)},
    ):
        answer = browser.client.post("/readings", data=fields | {"t1": "4600"} | change)
        assert answer.status_code == 404, change
    token = {"csrf_token": fields["csrf_token"]}
    chosen = browser.client.post("/account", data=token | {"account": hers.slug})
    assert chosen.status_code == 404
    mailed = browser.client.post(f"/readings/{home.public_id}/mail", data=token)
    assert mailed.status_code == 404
    theirs = Session.select(Session.id).where(Session.user != charlie.id)
    for (session_id,) in theirs.tuples():
        ended = browser.client.post(f"/profile/sessions/{session_id}/end", data=token)
        assert ended.status_code == 404
    assert Reading.select().count() == before
    assert OutboxMessage.select().count() == 0


def test_a_delegate_sees_no_money(app, home, bob, account):
    browser = Browser(app).sign_in(bob)
    for url in (
        "/bills",
        "/bills/2026-10",
        "/bills/2026-10.pdf",
        "/history",
        "/statement",
    ):
        assert browser.client.get(url).status_code == 404, url
    for url in ("/history.csv?first=x", "/statement.csv", "/statement.pdf?first=x"):
        assert browser.client.get(url).status_code == 404
    for url in ("/", f"/readings/{home.public_id}"):
        assert "₽" not in browser.get(url).text


def test_a_new_tenant_is_told_nothing_of_the_one_before(app, db, now):
    """The same values as the former tenant's must not open the former one's reading."""
    account = make_account()
    meter = make_meter(account)
    make_rates()
    make_ranges()
    former = make_customer("former@example.org")
    give_access(former, account, until=date(2026, 11, 21))
    tenant = make_customer("tenant@example.org")
    give_access(tenant, account, since=date(2026, 11, 21))
    sent = make_reading(
        meter,
        month="2026-11",
        day=20,
        values=(4700,),
        state="submitted",
        user=former,
        key="a" * 32,
        comment="Ключ у соседки",
    )
    browser = Browser(app).sign_in(tenant)
    page = browser.get("/readings")
    assert "700" not in page.text
    assert str(sent.public_id) not in page.html
    fields = {
        each.get("name"): each.get("value", "")
        for each in page.one("#reading-form").cssselect("input")
    }
    for key in (fields["key"], "a" * 32):
        answer = browser.client.post(
            "/readings",
            data=fields | {"t1": "4700", "key": key, "answer:unusual_is_right": ""},
        )
        assert str(sent.public_id) not in answer.headers.get("Location", "")
        assert "соседки" not in answer.get_data(as_text=True)
    newest = Reading.select().order_by(Reading.id.desc()).first()
    assert newest.user_id == tenant.id
    assert newest.supersedes_id == sent.id
    assert browser.client.get(f"/readings/{sent.public_id}").status_code == 404


def test_a_mail_that_cannot_be_made_holds_no_other_back(app, alice, tmp_path, now):
    """A row of an older version, without what its template needs now, comes first."""
    context = {
        "number": "100-001",
        "account": "460000000001",
        "meter": "1",
        "month": "2026-11",
        "zones": [["single", 1, "4500"]],
        "link": "http://localhost/readings/x",
        "state": "submitted",
    }
    with writing():
        for number, row in enumerate([{}, {"month": 7}, {"zones": None}, context]):
            outbox.put(
                "reading_confirmation",
                key=f"m{number}",
                recipient=alice.email,
                context=row,
                now=now,
            )
    with app.app_context():
        sent = send_due(FileSender(tmp_path), address="a@b.example", now=now)
    assert sent == 1
    left = OutboxMessage.select().where(OutboxMessage.sent_at.is_null())
    assert {row.lease_until for row in left} == {None}
    assert all(row.not_before > now for row in left)
    assert all(row.error.isidentifier() for row in left)


def test_an_expired_session_opens_nothing(app, alice, account, clock, now):
    browser = Browser(app).sign_in(alice)
    clock.set(now + timedelta(days=30, seconds=1))
    for url in ("/", "/readings", "/history", "/bills/2026-10.pdf", "/profile"):
        assert browser.client.get(url).status_code == 302, url


def test_a_bill_that_is_not_out_yet_is_nowhere(app, alice, account, meter, now):
    make_bill(account, charged="7777,77", published_at=now + timedelta(days=1))
    browser = Browser(app).sign_in(alice)
    for url in ("/bills", "/history"):
        assert "777,77" not in browser.get(url).text, url
    assert "Квитанция за октябрь" not in browser.get("/").text
    assert browser.client.get("/bills/2026-10.pdf").status_code != 200


def test_photos_are_counted_before_they_are_looked_at(app, alice, account, meter):
    make_reading(meter)
    browser = Browser(app).sign_in(alice)
    page = browser.get("/readings")
    fields = {
        each.get("name"): each.get("value", "")
        for each in page.one("#reading-form").cssselect("input")
    }
    statuses = []
    for _ in range(31):
        photo = (io.BytesIO(b"GIF89a"), "photo.jpg")
        data = fields | {"t1": "1", "photo": photo, "answer:review": ""}
        statuses.append(browser.client.post("/readings", data=data).status_code)
    assert statuses == [422] * 30 + [429]
