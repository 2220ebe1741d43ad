"""Nobody learns from an answer, or from its time, who has an account or a cabinet."""

import os
import re
import statistics
import time
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import request

from bench.measure import machine, write
from cabinet.domain.money import Money
from cabinet.models import MODELS, Attempt, OneTimeToken, OutboxMessage
from cabinet.models.base import on_sqlite, writing
from tests import factories
from tests.browsing import Browser

#: Of every request to register, known or not, its own.
OWN_ADDRESS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
TOKEN = re.compile(r'name="csrf_token" value="[^"]*"')

#: Requests of each kind, in turns; the medians differ by less than this.
PAIRS = 500
MOST = 0.002
#: What the comparison itself is tried with: a delay, and how few pairs find it, more
#: where the machine is busy.
PLANTED = 0.005
FEW = (15, 60)


def _registration(known):
    return "/registration", {
        "branch": "kursk",
        "account": "460000000001" if known else "460000009999",
        "amount": "812,40",
        "email": "new@example.org",
        "processing": "y",
    }


def _sign_in(known):
    login = "alice@example.org" if known else "alise@example.org"
    return "/login", {"login": login, "password": "not the password"}


def _state(known):
    email = "new@example.org" if known else "now@example.org"
    return "/registration/state", {"number": "999999", "email": email}


def _card(known):
    number = "460000000001" if known else "460000009999"
    return "/registration/card", {"account": number, "code": "000000000000"}


def _reset(known):
    email = "alice@example.org" if known else "alise@example.org"
    return "/reset", {"number": "460000000001", "email": email}


def _guest(known):
    number = "460000000001" if known else "460000009999"
    return "/guest/readings", {"number": number, "digits": "0000"}


def _change(known):
    """Asked by who is signed in: whether the address is another cabinet's."""
    email = "carol@example.net" if known else "novel@example.net"
    return "/profile/email", {"email": email, "current": factories.PASSWORD}


#: What one may ask, with what is there and with what is not.
QUESTIONS = {
    "registration": _registration,
    "sign-in": _sign_in,
    "state": _state,
    "card": _card,
    "reset": _reset,
    "guest": _guest,
    "e-mail": _change,
}
#: Asked behind a sign-in.
SIGNED_IN = {"e-mail"}
#: Of a browser's answer, but for when it was made, its number and the cookie.
OF_ITS_OWN = {"Date", "Set-Cookie", "X-Request-ID"}


@dataclass
class Answer:
    """What came back, and how many rows of each table it left."""

    status: int
    headers: list
    body: str
    rows: dict
    took: float


@pytest.fixture
def ask(app, account, meter, alice, now):
    """Send a question and return what came of it."""
    factories.load_documents()
    factories.make_customer("carol@example.net")
    factories.post(account, Money(-812_40), at=now - timedelta(days=12))
    stranger, customer = Browser(app), Browser(app).sign_in(alice)
    tokens = {
        browser: browser.get(url).select("input[name=csrf_token]")[0].get("value")
        for browser, url in ((stranger, "/login"), (customer, "/profile/email"))
    }

    def send(name, *, known, htmx=False, is_counted=False):
        browser = customer if name in SIGNED_IN else stranger
        with writing():
            for model in (Attempt, OneTimeToken, OutboxMessage):
                model.delete().execute()
        path, data = QUESTIONS[name](known)
        fields = {"csrf_token": tokens[browser], **data}
        headers = {"HX-Request": "true"} if htmx else {}
        before = _rows() if is_counted else {}
        began = time.perf_counter()
        answer = browser.client.post(path, data=fields, headers=headers)
        took = time.perf_counter() - began
        after = _rows() if is_counted else {}
        body = answer.get_data()
        for value in data.values():
            if len(value) > 3:
                body = body.replace(value.encode(), b"-")
        return Answer(
            status=answer.status_code,
            headers=[
                (header, OWN_ADDRESS.sub("-", value))
                for header, value in answer.headers
                if header not in OF_ITS_OWN
            ],
            # A token tells the second it was made in.
            body=OWN_ADDRESS.sub("-", TOKEN.sub("", body.decode())),
            rows={model: after[model] - before[model] for model in after},
            took=took,
        )

    return send


def _rows():
    return {model.__name__: model.select().count() for model in MODELS}


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("name", QUESTIONS)
def test_the_answer_is_the_same_letter_for_letter(ask, name, htmx):
    known, unknown = (ask(name, known=known, htmx=htmx) for known in (True, False))
    assert known.status == unknown.status
    assert known.headers == unknown.headers
    assert known.body == unknown.body


@pytest.mark.parametrize("name", QUESTIONS)
def test_as_much_is_written_and_queued_whatever_is_there(ask, name):
    """Else the size of a backup, or the time a letter takes, would tell."""
    known, unknown = (
        ask(name, known=known, is_counted=True) for known in (True, False)
    )
    assert known.rows == unknown.rows
    assert any(known.rows.values())


def test_of_an_address_that_is_anothers_a_letter_leaves_too(ask):
    taken = ask("e-mail", known=True, is_counted=True)
    assert taken.rows["OutboxMessage"] == 1
    assert taken.rows["OneTimeToken"] == 1


def test_the_page_afterwards_is_the_same_for_an_address_of_another(app, ask, alice):
    customer = Browser(app).sign_in(alice)
    pages = []
    for known in (True, False):
        ask("e-mail", known=known)
        email = QUESTIONS["e-mail"](known)[1]["email"]
        body = customer.client.get("/profile/email").get_data(as_text=True)
        assert email in body
        pages.append(TOKEN.sub("", body.replace(email, "-")))
    assert pages[0] == pages[1]


@pytest.fixture(scope="module")
def figures():
    """Gather the figures, and write them down where that was asked for."""
    rows = {}
    yield rows
    if os.environ.get("CABINET_WRITE_FIGURES") and set(rows) == set(QUESTIONS):
        write("enumeration", _table(rows))


def _table(rows):
    head = (
        "| question | the median of differences, ms | quarters of them, ms |"
        " an answer, ms | compared |\n|---|---|---|---|---|\n"
    )
    where = "SQLite" if on_sqlite() else "Postgres"
    told = (
        f"{PAIRS} pairs of each, in process, {where}; allowed are {MOST * 1000:.0f} ms."
    )
    lines = "\n".join(rows.values())
    return f"{machine()}\n\n{head}{lines}\n\n{told}"


@pytest.mark.long
@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", QUESTIONS)
def test_the_answer_takes_the_same_time(ask, name, figures):
    told, times = _compare(ask, name, PAIRS)
    figures[name] = (
        f"| {name} | {told.median * 1000:+.3f} | {told.low * 1000:+.2f} to"
        f" {told.high * 1000:+.2f} | {told.took * 1000:.1f} | {times} |"
    )
    assert abs(told.median) < MOST, f"{name} tells by its time: {told}"


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_branch_that_takes_longer_is_seen(app, ask, name, monkeypatch):
    """The same comparison, of a portal that dawdles over what is there."""
    path, known = QUESTIONS[name](known=True)
    _, unknown = QUESTIONS[name](known=False)
    (told_by,) = (field for field in known if known[field] != unknown[field])
    endpoint, _ = app.url_map.bind("localhost").match(path, method="POST")
    answer = app.view_functions[endpoint]

    def dawdling(**values):
        if request.form[told_by] == known[told_by]:
            time.sleep(PLANTED)
        return answer(**values)

    monkeypatch.setitem(app.view_functions, endpoint, dawdling)
    found = (_compare(ask, name, pairs)[0].median for pairs in FEW)
    assert any(median >= MOST for median in found)


@dataclass
class Told:
    """What the pairs tell, in seconds: by how much the one with what is there is late."""

    median: float
    low: float
    high: float
    took: float


def _compare(ask, name, pairs):
    """Ask in pairs; a busy machine gets one repeat. Return what was told and which time.

    What really tells by its time tells it each time.
    """
    told = _told(ask, name, pairs)
    if abs(told.median) < MOST:
        return told, 1
    return _told(ask, name, pairs), 2


def _told(ask, name, pairs):
    """Return by how much the one of a pair usually takes longer, whichever comes first."""
    differences, times = [], []
    for number in range(pairs):
        order = (True, False) if number % 2 else (False, True)
        took = {known: ask(name, known=known).took for known in order}
        differences.append(took[True] - took[False])
        times += took.values()
    low, median, high = statistics.quantiles(differences, n=4, method="inclusive")
    return Told(median, low, high, statistics.median(times))
