"""/api/v1: what programs get with a key, and what they are refused."""

import json
from datetime import timedelta

import pytest

from cabinet.domain.keys import KeyScope
from cabinet.domain.metering import ReadingSource, ReadingState
from cabinet.domain.money import Money
from cabinet.models import AccountAccess, AuditEntry, Meter, Reading
from cabinet.services import limits, personal_keys
from cabinet.services.audit import SYSTEM
from tests import factories

ROOT = "/api/v1"
HOME = f"{ROOT}/accounts/home"


class Program:
    """A program with a key."""

    def __init__(self, app, secret):
        self.client = app.test_client()
        self.headers = {"Authorization": f"Bearer {secret}"}

    def get(self, path, **headers):
        return self.client.get(path, headers=self.headers | headers)

    def post(self, path, content, **headers):
        body = content if isinstance(content, bytes) else json.dumps(content)
        return self.client.post(path, data=body, headers=self.headers | headers)


def key_of(user, scope, now):
    return personal_keys.make(
        user.id,
        scope,
        "Дом",
        form_key=f"{user.id:031}{list(KeyScope).index(scope)}",
        link_of=str,
        zone="Europe/Moscow",
        actor=SYSTEM,
        now=now,
    )


@pytest.fixture
def home(alice, account):
    """Alice's account has the name that addresses use."""
    AccountAccess.update(slug="home").where(AccountAccess.user == alice).execute()
    return account


@pytest.fixture
def reader(app, alice, home, now):
    return Program(app, key_of(alice, KeyScope.READ, now))


@pytest.fixture
def sender(app, alice, home, meter, now):
    return Program(app, key_of(alice, KeyScope.SUBMIT, now))


def readings_path(meter):
    return f"{HOME}/meters/{meter.public_id}/readings"


def error_of(response):
    return response.get_json()["error"]


def test_a_key_opens_the_accounts_of_its_owner(reader):
    found = reader.get(f"{ROOT}/accounts").get_json()["accounts"]
    assert found == [
        {
            "id": "home",
            "number": "460000000001",
            "title": "",
            "can_see_bills": True,
            "is_owner": True,
            "until": None,
        }
    ]
    assert reader.get(HOME).get_json() == found[0]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Токен"},
    ],
)
def test_without_a_key_nothing_is_told(app, home, headers):
    headers = {
        name: value.encode().decode("latin-1") for name, value in headers.items()
    }
    answer = app.test_client().get(f"{ROOT}/accounts", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert error_of(answer)["code"] == "unauthorized"


def test_a_cookie_is_no_key(app, browser, alice, home):
    browser.sign_in(alice)
    assert browser.client.get(f"{ROOT}/accounts").status_code == 401


def test_a_key_in_the_address_is_not_taken(app, alice, home, now):
    secret = key_of(alice, KeyScope.READ, now)
    answer = app.test_client().get(f"{ROOT}/accounts?access_token={secret}")
    assert answer.status_code == 401


def test_the_key_of_a_calendar_opens_nothing_here(app, alice, home, now):
    program = Program(app, key_of(alice, KeyScope.CALENDAR, now))
    assert program.get(f"{ROOT}/accounts").status_code == 401


def test_a_key_that_reads_sends_nothing(reader, meter):
    answer = reader.post(readings_path(meter), {"registers": {"t1": 4100}})
    assert answer.status_code == 403
    assert error_of(answer)["message"] == "Ключ этого не разрешает"
    assert not Reading.select().exists()


def test_the_window_and_the_meters_are_told(reader, meter):
    window = reader.get(f"{HOME}/window").get_json()
    assert window == {
        "is_open": True,
        "month": "2026-11",
        "opens_on": "2026-11-20",
        "closes_on": "2026-11-25",
        "days_left": 3,
    }
    (found,) = reader.get(f"{HOME}/meters").get_json()["meters"]
    assert found["id"] == str(meter.public_id)
    assert found["registers"] == [{"name": "t1", "zone": "single", "last": 4000}]
    assert found["takes_readings"] is True
    assert found["current"] is None


def test_every_meter_that_takes_readings_is_told(reader, home, meter):
    factories.make_meter(home, zones=2, serial="2222")
    found = reader.get(f"{HOME}/meters").get_json()["meters"]
    assert {len(each["registers"]) for each in found} == {1, 2}


def test_a_reading_is_taken_as_by_the_form(sender, meter):
    answer = sender.post(readings_path(meter), {"registers": {"t1": 4150}})
    assert answer.status_code == 201
    taken = answer.get_json()
    assert taken["registers"] == {"t1": 4150}
    assert (taken["used"], taken["month"]) == (150, "2026-11")
    assert taken["state"] == "submitted"
    row = Reading.get()
    assert (row.source, row.state) == (ReadingSource.PROGRAM, ReadingState.SUBMITTED)
    trace = AuditEntry.get(AuditEntry.action == "reading.submitted")
    assert trace.details["source"] == "program"
    shown = sender.get(f"{HOME}/meters").get_json()["meters"][0]["current"]
    assert shown["registers"] == {"t1": 4150}


def test_numbers_and_texts_are_taken_and_a_fraction_is_cut(sender, meter):
    for registers in ({"t1": "4150"}, {"t1": 4150.7}, {"t1": "4 150,2"}):
        answer = sender.post(readings_path(meter), {"registers": registers})
        assert answer.status_code == 201
        assert answer.get_json()["registers"] == {"t1": 4150}
    assert Reading.select().count() == 1


def test_the_same_key_is_the_same_reading(sender, meter):
    bodies = [
        sender.post(
            readings_path(meter),
            {"registers": {"t1": 4150}},
            **{"Idempotency-Key": "ноябрь".encode().decode("latin-1")},
        ).get_json()
        for _ in range(3)
    ]
    assert bodies[0] == bodies[1] == bodies[2]
    assert Reading.select().count() == 1


def test_an_unusual_reading_is_asked_about_and_taken_with_the_answer(sender, meter):
    body = {"registers": {"t1": 9000}}
    answer = sender.post(readings_path(meter), body)
    assert answer.status_code == 409
    error = error_of(answer)
    assert (error["code"], error["asked"]["question"]) == ("asked", "unusual")
    assert {"unusual_is_right"} <= {
        each["answer"] for each in error["asked"]["answers"]
    }
    assert not Reading.select().exists()
    answer = sender.post(readings_path(meter), body | {"answers": ["unusual_is_right"]})
    assert answer.status_code == 201
    assert answer.get_json()["state"] == "submitted"


def test_the_impossible_wants_an_explanation(sender, meter):
    factories.make_reading(meter, month="2026-10", values=(4100,))
    body = {"registers": {"t1": 99000}, "answers": ["review"]}
    answer = sender.post(readings_path(meter), body)
    assert (answer.status_code, error_of(answer)["code"]) == (422, "proof_missing")
    answer = sender.post(readings_path(meter), body | {"comment": "Сварка весь месяц"})
    assert answer.status_code == 201
    assert answer.get_json()["state"] == "needs_review"


def test_another_month_than_was_meant_takes_nothing(sender, meter):
    body = {"registers": {"t1": 4150}, "month": "2026-10"}
    answer = sender.post(readings_path(meter), body)
    assert answer.status_code == 409
    assert error_of(answer)["code"] == "month_changed"
    assert error_of(answer)["month"] == "2026-11"
    assert not Reading.select().exists()


def test_a_meter_that_takes_none_says_so(sender, meter):
    Meter.update(status="automated").execute()
    answer = sender.post(readings_path(meter), {"registers": {"t1": 4150}})
    assert (answer.status_code, error_of(answer)["code"]) == (409, "meter_automated")


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"[]", "body"),
        (b"\xff\xfe", "body"),
        (b"[" * 9000, "body"),
        (b'{"registers": {"t1": NaN}}', "body"),
        (b'{"registers": {"t1": ' + b"9" * 5000 + b"}}", "body"),
        ({}, "registers"),
        ({"registers": {}}, "registers"),
        ({"registers": [4150]}, "registers"),
        ({"registers": {"t9": 1}}, "registers"),
        ({"registers": {"t1": True}}, "registers"),
        ({"registers": {"t1": None}}, "registers"),
        ({"registers": {"t1": 4150}, "month": "ноябрь"}, "month"),
        ({"registers": {"t1": 4150}, "month": 202611}, "month"),
        ({"registers": {"t1": 4150}, "answers": "review"}, "answers"),
        ({"registers": {"t1": 4150}, "answers": [["review"]]}, "answers"),
        ({"registers": {"t1": 4150}, "answers": ["yes"]}, "answers"),
        ({"registers": {"t1": 4150}, "comment": 5}, "comment"),
        ({"registers": {"t1": 4150}, "comment": "ы" * 1001}, "comment"),
        ({"registers": {"t1": 4150}, "photo": "x"}, "photo"),
        ({"registers": {"t1": ""}}, "t1"),
        ({"registers": {"t1": "четыре"}}, "t1"),
        ({"registers": {"t1": -4150}}, "registers"),
        ({"registers": {"t1": 1e300}}, "t1"),
        ({"registers": {"t1": 4150123}}, "t1"),
        ({"registers": {"t2": 4150}}, "t1"),
    ],
)
def test_what_is_not_understood_is_said_at_its_field(sender, meter, content, field):
    answer = sender.post(readings_path(meter), content)
    assert answer.status_code == 422, answer.get_data(as_text=True)
    assert field in error_of(answer)["fields"]
    assert not Reading.select().exists()


def test_a_body_that_is_too_long_is_not_read(sender, meter):
    answer = sender.post(readings_path(meter), b" " * 20_000)
    assert answer.status_code == 413
    assert error_of(answer)["code"] == "request_entity_too_large"


def test_history_balance_bills_and_payments(reader, home, meter, now):
    factories.make_reading(meter, month="2026-10", values=(4200,))
    factories.make_bill(home, month="2026-10", charged="812,40")
    factories.post(home, Money(-500_00), at=now - timedelta(days=1))
    (row,) = reader.get(f"{HOME}/readings").get_json()["readings"]
    assert (row["month"], row["registers"], row["used"]) == (
        "2026-10",
        {"t1": 4200},
        200,
    )
    balance = reader.get(f"{HOME}/balance").get_json()
    assert balance["balance"] == "312.40"
    assert balance["last_bill"]["added"] == "812.40"
    bills = reader.get(f"{HOME}/bills").get_json()["bills"]
    assert bills == [{"month": "2026-10", "added": "812.40"}]
    moves = reader.get(f"{HOME}/payments?from=2026-10-01&to=2026-11-30").get_json()
    assert (moves["opening"], moves["closing"]) == ("0.00", "312.40")
    assert [each["amount"] for each in moves["rows"]] == ["812.40", "-500.00"]


@pytest.mark.parametrize("what", ["readings", "payments"])
def test_days_that_are_none_are_refused(reader, what):
    answer = reader.get(f"{HOME}/{what}?from=вчера&to=2026-13-01")
    assert answer.status_code == 422
    assert set(error_of(answer)["fields"]) == {"from", "to"}


@pytest.mark.parametrize("what", ["readings", "balance", "bills", "payments"])
def test_who_only_sends_readings_sees_no_money(app, bob, home, now, what):
    AccountAccess.update(slug="hers").where(AccountAccess.user == bob).execute()
    program = Program(app, key_of(bob, KeyScope.SUBMIT, now))
    assert program.get(f"{ROOT}/accounts/hers/{what}").status_code == 404
    assert program.get(f"{ROOT}/accounts/hers/window").status_code == 200


def test_the_owner_sees_that_somebody_elses_program_looked(app, bob, home, now):
    AccountAccess.update(slug="hers").where(AccountAccess.user == bob).execute()
    Program(app, key_of(bob, KeyScope.READ, now)).get(f"{ROOT}/accounts/hers/meters")
    trace = AuditEntry.get(AuditEntry.action == "program.opened")
    assert (trace.actor_id, trace.account_id) == (bob.id, home.id)


def test_a_strangers_account_is_as_one_that_is_not_there(
    app, charlie, home, meter, now
):
    program = Program(app, key_of(charlie, KeyScope.SUBMIT, now))
    for end in (
        "",
        "/window",
        "/meters",
        "/readings",
        "/balance",
        "/bills",
        "/payments",
    ):
        theirs = program.get(f"{HOME}{end}")
        missing = program.get(f"{ROOT}/accounts/nowhere{end}")
        assert theirs.status_code == missing.status_code == 404
        assert theirs.get_data() == missing.get_data()
    answer = program.post(readings_path(meter), {"registers": {"t1": 4150}})
    assert answer.status_code == 404


def test_another_accounts_meter_is_not_there(sender, charlie):
    theirs = Meter.get(Meter.account != Meter.select(Meter.account).limit(1))
    answer = sender.post(readings_path(theirs), {"registers": {"t1": 4150}})
    assert answer.status_code == 404


def test_too_many_questions_wait(reader, monkeypatch):
    monkeypatch.setattr(limits, "PROGRAM_HOUR", limits.Limit("program-hour", 2, 3600))
    assert [reader.get(f"{ROOT}/accounts").status_code for _ in range(3)] == [
        200,
        200,
        429,
    ]
    assert "Retry-After" in reader.get(f"{ROOT}/accounts").headers


def test_what_is_not_there_is_json_too(reader):
    for path, status in ((f"{ROOT}/nothing", 404), ("/api/", 404)):
        answer = reader.get(path)
        assert (answer.status_code, answer.mimetype) == (status, "application/json")
    assert reader.post(f"{ROOT}/accounts", {}).status_code == 405


def test_the_document_names_every_question(app, reader):
    document = app.test_client().get(f"{ROOT}/openapi.json").get_json()
    paths = {
        (path.replace("{account}", "<>").replace("{meter}", "<>"), method)
        for path, methods in document["paths"].items()
        for method in methods
    }
    known = {
        (
            rule.rule.removeprefix(ROOT)
            .replace("<string:slug>", "<>")
            .replace("<uuid:meter_id>", "<>"),
            method.lower(),
        )
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.rule.startswith(ROOT)
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert paths == known - {("/openapi.json", "get")}


def test_a_page_says_how_a_program_is_connected(app, browser, alice, home):
    page = browser.sign_in(alice).get("/profile/keys/help")
    assert "Authorization: Bearer" in page.text
    assert page.one("a[href='/api/v1/openapi.json']") is not None
