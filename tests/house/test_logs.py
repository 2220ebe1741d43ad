"""The log tells what happened, and nothing of whom it happened to.

Each act of `parity/acts_*.py` is done and refused, and whatever was typed, was sent by
letter or is known of anybody is looked for in all that was logged meanwhile.
"""

import io
import json
import logging
import re
from dataclasses import replace
from functools import partial

import pytest
from peewee import IntegrityError

from cabinet.app import create_app
from cabinet.cli.server import Server, _say_no_address
from cabinet.config import Clock, logs
from cabinet.config.logs import LINE, Discreet, Json
from cabinet.config.watching import LogForm, WatchSettings, read_watching
from cabinet.jobs import worker
from cabinet.models import Account, OutboxMessage, User
from cabinet.models.base import on_sqlite, writing
from tests import factories
from tests.browsing import Browser
from tests.house.parity.stage import Stage
from tests.house.test_parity import ROUTES

#: Sections in which people come, prove who they are, let others in and pay; all others
#: with the long tests.
OF_PEOPLE = (
    "accounts", "auth", "consents", "delegates", "email", "factor", "guest",
    "invitations", "keys", "leaving", "password", "payments", "profile",
    "registration", "staff_registrations",
)  # fmt: skip
#: Of a name the half that also stands alone; of all else nothing so short is told apart.
OWN_NAME = "Алиса"
SHORTEST = 5
#: When a line was written, as each of the forms begins with it.
MOMENT = re.compile(r'^(?:\{"time": ")?\d{4}-\d\d-\d\d[ T][\d:,.]+Z?', re.MULTILINE)


@pytest.fixture
def settings(settings):
    """With a line for each request, which is more than is written by itself."""
    return replace(settings, watch=WatchSettings(log=LogForm.JSON, requests=True))


@pytest.fixture
def logged():
    """All that is logged meanwhile, in both forms, down to the smallest of ours."""
    text, lines = io.StringIO(), io.StringIO()
    handlers = []
    for stream, form in ((text, Discreet(LINE)), (lines, Json())):
        handlers.append(logging.StreamHandler(stream))
        handlers[-1].setFormatter(form)
    root, ours = logging.getLogger(), logging.getLogger("cabinet")
    levels = root.level, ours.level
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(logging.INFO)
    ours.setLevel(logging.DEBUG)

    def written(form=None):
        both = {LogForm.TEXT: text.getvalue(), LogForm.JSON: lines.getvalue()}
        if form:
            return both[form]
        # The moment of a line is nobody's, and may be of a month somebody typed.
        return MOMENT.sub("", "\n".join(both.values()))

    yield written
    for handler in handlers:
        root.removeHandler(handler)
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


@pytest.fixture
def stage(app, now, database_url, tmp_path):
    return Stage(app, now, database_url, tmp_path)


def _acts():
    """Yield each act and each refusal, those of people first to hand."""
    for endpoint, route in sorted(ROUTES.items()):
        is_of_people = endpoint.partition(".")[0] in OF_PEOPLE
        marks = () if is_of_people else pytest.mark.long
        for status in (None, *route.refusals):
            name = f"{endpoint}-{status or 'done'}"
            yield pytest.param(route, status, marks=marks, id=name)


def _set(stage, route, status):
    refused = route.refusals.get(status)
    if callable(refused):
        stage.set(refused)
        return
    stage.set(route.act)
    if refused:
        stage.act = replace(stage.act, fields={**stage.act.fields, **refused})


def personal(stage):
    """Return what is of somebody: known, typed, or on its way in a letter."""
    found = {OWN_NAME, factories.PASSWORD, _cookie(stage)}
    for user in User.select():
        found |= {user.email, user.name, user.password_hash, user.address_key}
    for account in Account.select():
        found |= {account.number, account.address}
    typed = stage.act.fields.values()
    found |= {each for each in typed if isinstance(each, str) and "csrf" not in each}
    for letter in OutboxMessage.select():
        found |= {letter.recipient, *_words(letter.context)}
    found |= {re.sub(r"\s", "", each) for each in found if each}
    return {each for each in found if each and len(each) >= SHORTEST} | {OWN_NAME}


def _cookie(stage):
    cookie = stage.house.browser.client.get_cookie("sid")
    return cookie.value if cookie else ""


def _words(context):
    """Return the texts of a letter, of an address its last part too: the secret.

    A word alone, as of «/leaving», is a name of ours: so the log calls a request as well.
    """
    for value in context.values():
        if isinstance(value, str):
            yield value
            last = value.rpartition("/")[2]
            yield "" if last.isalpha() else last


@pytest.mark.parametrize(("route", "status"), [*_acts()])
def test_no_act_logs_anything_of_anybody(stage, logged, route, status):
    _set(stage, route, status)
    stage.send(stage.house.browser, status or route.done)
    text = logged()
    told = {each for each in personal(stage) if each in text}
    assert not told


def test_a_word_of_somebody_would_be_seen(app, stage, logged, monkeypatch):
    """The same look at a portal that logs who signs in."""
    answer = app.view_functions["auth.enter"]
    log = logging.getLogger("cabinet.blueprints.auth")

    def talking():
        log.debug("signs in: %s", stage.act.fields["login"])
        return answer()

    monkeypatch.setitem(app.view_functions, "auth.enter", talking)
    _set(stage, ROUTES["auth.enter"], None)
    stage.send(stage.house.browser, 303)
    assert "alice@example.org" in {each for each in personal(stage) if each in logged()}


def test_what_a_database_refused_is_not_told_with_its_values(db, alice, logged):
    with pytest.raises(IntegrityError) as refused, writing():
        User.insert(User.select().where(User.id == alice.id).dicts().get()).execute()
    with pytest.raises(IntegrityError) as twice, writing():
        factories.make_customer(alice.email)
    for each in (refused.value, twice.value):
        logging.getLogger("cabinet").error("request failed", exc_info=each)
    text = logged()
    assert text.count("request failed") == 4
    assert "IntegrityError" in text
    assert "make_customer" in text  # where it happened is told
    assert alice.email not in text
    if not on_sqlite():
        assert alice.email in str(twice.value)
        assert "(values left out)" in text


def test_the_server_writes_no_line_for_each_request(app):
    """Addresses of one-time links and numbers of accounts stand in such lines."""
    server = Server(app, host="127.0.0.1", port=0, workers=1)
    server.load_config()
    assert server.cfg.accesslog is None
    assert not server.cfg.syslog


def test_a_line_of_json_tells_of_the_request_and_nothing_else(
    app, alice, account, logged
):
    browser = Browser(app).sign_in(alice)
    page = browser.get("/?next=/secret", **{"X-Request-ID": "given-by-anybody"})
    browser.get("/bills/2019-01", status=404)
    Browser(app).client.open("/nowhere", method="BREW")
    home, missing, odd = _objects(logged, "cabinet.requests")
    assert home.keys() == {
        "time", "level", "logger", "message", "request", "endpoint", "method",
        "status", "ms", "who", "role",
    }  # fmt: skip
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", home["time"])
    assert (home["endpoint"], home["method"], home["status"]) == (
        "home.index",
        "GET",
        200,
    )
    assert (home["who"], home["role"]) == (alice.id, "customer")
    assert isinstance(home["ms"], float)
    # Nobody but a proxy of ours may say what a request is called.
    assert re.fullmatch("[0-9a-f]{16}", home["request"])
    assert "X-Request-ID" not in page.headers
    assert missing["endpoint"] == "bills.show"
    assert (odd["endpoint"], odd["method"]) == ("other", "other")
    assert "who" not in odd


def _objects(logged, logger):
    lines = map(json.loads, logged(LogForm.JSON).splitlines())
    return [each for each in lines if each["logger"] == logger]


def test_requests_have_lines_only_where_they_are_asked_for(settings, clock, db, logged):
    settings.home.mkdir(exist_ok=True)
    for watch, count in (
        (WatchSettings(), 0),
        (WatchSettings(log=LogForm.JSON), 0),
        (WatchSettings(requests=True), 1),
    ):
        made = create_app(replace(settings, watch=watch), clock=Clock(source=clock.get))
        made.test_client().get("/healthz")
        assert len(_objects(logged, "cabinet.requests")) == count
    for environ, lines in (
        ({}, False),
        ({"CABINET_LOG": "json"}, True),
        ({"CABINET_LOG": "json", "CABINET_LOG_REQUESTS": "0"}, False),
        ({"CABINET_LOG_REQUESTS": "1"}, True),
    ):
        read, faults = read_watching(lambda name: environ.get(name, ""), "")  # noqa: B023
        assert (read.requests, faults) == (lines, [])


@pytest.mark.parametrize(
    ("given", "is_taken"),
    [
        ("0af7651916cd43dd8448eb211c80319c", True),
        ("01J-abc.DEF_9", True),
        ("short", False),
        ("x" * 65, False),
        ("<script>alert(1)</script>", False),
        ("with a space", False),
    ],
)
def test_a_proxy_of_ours_may_name_the_request(settings, clock, db, given, is_taken):
    settings.home.mkdir(exist_ok=True)
    app = create_app(
        replace(settings, trusted_proxies=1), clock=Clock(source=clock.get)
    )
    answer = app.test_client().get("/healthz", headers={"X-Request-ID": given})
    assert (answer.headers["X-Request-ID"] == given) is is_taken
    assert answer.headers["X-Request-ID"]


def test_the_page_of_a_fault_tells_by_what_it_is_found(app, browser, logged):
    def fail():
        text = "what happened"
        raise RuntimeError(text)

    app.view_functions["auth.login"] = fail
    page = browser.get("/login", status=500)
    number = page.headers["X-Request-ID"]
    assert f"Код обращения {number} :" in page.text
    found = _objects(logged, "cabinet.web.errors")
    assert [each["request"] for each in found] == [number]
    assert "RuntimeError: what happened" in found[0]["exception"]
    assert f"request={number}" in logged(LogForm.TEXT)
    # And another has another.
    assert number not in browser.get("/login", status=500).text


def test_a_job_is_told_by_its_number(logged):
    def fail():
        raise OSError

    worker._attempt(partial(fail))
    worker._attempt(fail)
    first, second = _objects(logged, "cabinet.jobs.worker")
    assert re.fullmatch(r"fail-[0-9a-f]{8}", first["job"])
    assert first["job"] != second["job"]
    assert logs.bound("job") == ""


def test_what_a_record_carries_beside_is_written_by_a_list(logged):
    logging.getLogger("cabinet").warning(
        "a line\r\nand 2000-01-01 another",
        extra={"email": "alice@example.org", "shop": "kursk", "user": 7},
    )
    (line,) = logged(LogForm.TEXT).splitlines()
    assert "a line\\r\\nand" in line
    (told,) = _objects(logged, "cabinet")
    assert (told["shop"], told["user"]) == ("kursk", 7)
    assert "alice" not in logged()


@pytest.mark.parametrize("form", LogForm)
def test_the_server_itself_names_no_address(app, form):
    server = Server(app, host="127.0.0.1", port=0, workers=1, log=form)
    server.load_config()
    made = server.cfg.logger_class(server.cfg)
    handler = made.error_log.handlers[-1]
    assert type(handler.formatter) is type(logs.formatter(form))
    for words, given in (
        ("Invalid request from ip=203.0.113.7: /password/secret", ()),
        ("Error handling request %s %s", ("GET", "/password/secret")),
        ("Error handling request %s", ("/password/secret",)),
    ):
        record = logging.LogRecord("gunicorn.error", 30, "", 1, words, given, None)
        assert handler.filter(record)
        text = handler.format(record)
        assert "secret" not in text
        assert "203.0" not in text
        assert "request" in text
    kept = logging.LogRecord("gunicorn.error", 50, "", 1, "TIMEOUT %s", (1,), None)
    assert _say_no_address(kept)
    assert kept.getMessage() == "TIMEOUT 1"
