"""Rules for the whole application: a new route cannot forget them."""

import inspect
import itertools
import re

import pytest
from werkzeug.routing import UUIDConverter

from tests.browsing import Browser
from tests.house.rows import digest

#: What anyone may open; everything else needs a sign-in.
PUBLIC = {
    "api.document",
    "auth.enter",
    "auth.login",
    "calendars.show",
    "demo.index",
    "demo.letter",
    "demo.mail",
    "guest.prove",
    "guest.reminders.show",
    "guest.reminders.stop",
    "guest.reminders.stopping",
    "guest.reminders.submit",
    "guest.show",
    "guest.start",
    "guest.submit",
    "guest.taken",
    "health.alive",
    "health.csp_report",
    # To this machine, as everybody is in the tests, or with a token.
    "health.figures",
    "health.ready",
    "invitations.created",
    "invitations.open_cabinet",
    "invitations.show",
    "email.changed",
    "email.confirm",
    "email.confirm_now",
    "email.undo",
    "email.undo_now",
    "email.undone",
    "looks.choose",
    "news.index",
    "news.show",
    "offices.index",
    "payments.guest.download",
    "payments.guest.form",
    "payments.guest.pay",
    "payments.guest.show",
    "payments.webhooks.take",
    "password.ask",
    "password.choose",
    "password.reset",
    "password.save",
    "password.saved",
    "questions.ask",
    "questions.file_by_code",
    "questions.find_state",
    "questions.index",
    "questions.rate_by_code",
    "questions.state",
    "questions.write_by_code",
    "static",
    "usability.show_guest",
    "usability.tell_guest",
}
#: Files every page needs, and what anyone may read.
PUBLIC_SECTIONS = {"documents", "registration", "statics"}

#: Changes that no form of ours sends.
NO_TOKEN = {"api.submit", "health.csp_report", "payments.webhooks.take"}

#: One value for each parameter an address may have.
NO_UUID = "00000000-0000-4000-8000-000000000000"
VALUES = {
    "code": "data-policy",
    "month": "2026-10",
}


def rules(app):
    return [
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in PUBLIC
        and rule.endpoint.partition(".")[0] not in PUBLIC_SECTIONS
    ]


def url_of(rule):
    values = {}
    for name in rule.arguments:
        converter = rule._converters[name]
        value = VALUES.get(name, NO_UUID if isinstance(converter, UUIDConverter) else 1)
        values[name] = converter.to_python(str(value))
    return rule.build(values)[1]


def test_every_page_needs_a_sign_in(app):
    app.config["WTF_CSRF_ENABLED"] = False  # else a POST stops at the token
    client = app.test_client()
    assert rules(app)
    for rule in rules(app):
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            status = client.open(url_of(rule), method=method).status_code
            assert status in (302, 401), f"{method} {rule} is open: {status}"


def test_a_fragment_without_a_session_sends_the_page_to_sign_in(app):
    client = app.test_client()
    for rule in rules(app):
        if "GET" in rule.methods:
            answer = client.get(url_of(rule), headers={"HX-Request": "true"})
            assert answer.status_code == 401, rule
            if rule.rule.startswith("/api/"):
                continue  # no page of ours asks there
            assert answer.headers["HX-Redirect"].startswith("/login"), rule


def test_every_change_needs_a_token(app, alice, account):
    browser = Browser(app).sign_in(alice)
    for rule in app.url_map.iter_rules():
        unsafe = rule.methods - {"GET", "HEAD", "OPTIONS"}
        if rule.endpoint in NO_TOKEN:
            continue
        for method in unsafe:
            answer = browser.client.open(url_of(rule), method=method)
            assert answer.status_code == 400, f"{method} {rule}"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_another_site_changes_nothing(app, alice, account, headers):
    browser = Browser(app).sign_in(alice)
    page = browser.get("/profile")
    token = page.select("input[name=csrf_token]")[0].get("value")
    answer = browser.client.post("/logout", data={"csrf_token": token}, headers=headers)
    assert answer.status_code == 400
    assert browser.get("/profile").status == 200


def test_addresses_are_lower_case_with_typed_parameters(app):
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        fixed = re.sub(r"<[^>]*>", "", rule.rule)
        assert re.fullmatch(r"[a-z0-9/._-]*", fixed), rule
        assert "_" not in fixed, rule
        assert not re.findall(r"<[^:>]+>", rule.rule), f"{rule}: untyped"


def test_no_get_changes_the_database(app, alice, account, meter):
    browser = Browser(app).sign_in(alice)
    before = digest()
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods and not rule.endpoint.startswith("static"):
            browser.client.get(url_of(rule))
    assert digest() == before


def test_every_answer_has_the_security_headers(app, alice, account):
    browser = Browser(app).sign_in(alice)
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods:
            continue
        answer = browser.client.get(url_of(rule))
        # A redirect and a file of the pages are not documents: no policy speaks to them.
        if not answer.location and rule.endpoint != "statics.show":
            policy = answer.headers["Content-Security-Policy"]
            assert "unsafe" not in policy, rule
            assert "http" not in policy, rule
        assert answer.headers["X-Content-Type-Options"] == "nosniff", rule
        assert answer.headers["Referrer-Policy"] == "same-origin", rule
        public = "public" in answer.headers["Cache-Control"]
        assert public or "no-store" in answer.headers["Cache-Control"], rule


def test_nothing_that_answers_is_a_coroutine(app):
    """The portal calls all of it as plain functions (`cabinet.app.Portal`)."""
    hooks = [
        *app.before_request_funcs.values(),
        *app.after_request_funcs.values(),
        *app.teardown_request_funcs.values(),
    ]
    handlers = [
        handler
        for codes in app.error_handler_spec.values()
        for known in codes.values()
        for handler in known.values()
    ]
    answering = [*app.view_functions.values(), *handlers, *itertools.chain(*hooks)]
    assert len(answering) > len(app.view_functions) + 10
    assert not [each for each in answering if inspect.iscoroutinefunction(each)]
