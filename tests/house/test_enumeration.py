"""Nobody learns from an answer, or from its time, who has an account or a cabinet."""

import re
import statistics
import time
from datetime import timedelta

import pytest

from cabinet.domain.money import Money
from cabinet.models import Attempt
from cabinet.models.base import writing
from tests import factories
from tests.browsing import Browser

TOKEN = re.compile(rb'name="csrf_token" value="[^"]*"')

#: Requests of each kind, in turns; the medians differ by less than this.
PAIRS = 500
MOST = 0.002


def _registration(known):
    return "/registration", {
        "branch": "kursk",
        "account": "460000000001" if known else "460000009999",
        "amount": "812,40",
        "email": "new@example.org",
        "processing": "y",
    }


def _sign_in(known):
    login = "alice@example.org" if known else "nobody@example.org"
    return "/login", {"login": login, "password": "not the password"}


def _state(known):
    email = "new@example.org" if known else "nobody@example.org"
    return "/registration/state", {"number": "999999", "email": email}


def _card(known):
    number = "460000000001" if known else "460000009999"
    return "/registration/card", {"account": number, "code": "000000000000"}


def _reset(known):
    email = "alice@example.org" if known else "nobody@example.org"
    return "/reset", {"number": "460000000001", "email": email}


def _guest(known):
    number = "460000000001" if known else "460000009999"
    return "/guest/readings", {"number": number, "digits": "0000"}


#: What a stranger may ask, with what is there and with what is not.
QUESTIONS = {
    "registration": _registration,
    "sign-in": _sign_in,
    "state": _state,
    "card": _card,
    "reset": _reset,
    "guest": _guest,
}


@pytest.fixture
def ask(app, account, now):
    """Send a question and return the answer's status, body and seconds."""
    factories.load_documents()
    factories.post(account, Money(-812_40), at=now - timedelta(days=12))
    browser = Browser(app)
    page = browser.get("/login")
    token = page.one("#login-form input[name=csrf_token]").get("value")

    def send(question, *, known):
        with writing():
            Attempt.delete().execute()
        path, data = question(known)
        began = time.perf_counter()
        answer = browser.client.post(path, data={"csrf_token": token, **data})
        took = time.perf_counter() - began
        typed = [value.encode() for value in data.values() if len(value) > 3]
        body = answer.get_data()
        for value in typed:
            body = body.replace(value, b"-")
        # A token tells the second it was made in.
        body = TOKEN.sub(b"", body)
        return answer.status_code, body, took

    return send


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_answer_is_the_same_letter_for_letter(ask, name):
    known, unknown = (ask(QUESTIONS[name], known=known) for known in (True, False))
    assert known[:2] == unknown[:2]


@pytest.mark.long
@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", QUESTIONS)
def test_the_answer_takes_the_same_time(ask, name):
    """The medians of requests sent in turns; a busy machine gets one more try."""
    for _ in range(2):
        difference = _difference(ask, QUESTIONS[name])
        if abs(difference) < MOST:
            return
    pytest.fail(f"{name} tells by its time: {difference * 1000:+.3f} ms")


def _difference(ask, question):
    times = {True: [], False: []}
    for number in range(2 * PAIRS):
        known = number % 2 == 0
        times[known].append(ask(question, known=known)[2])
    return statistics.median(times[True]) - statistics.median(times[False])
