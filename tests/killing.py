"""A process that sends readings until it is killed, and says what was answered.

Kept apart from the test: the process imports this file and nothing of pytest.
"""

import os
import re
import signal
import uuid
from contextlib import suppress
from datetime import UTC, datetime

from cabinet.app import create_app
from cabinet.config import Clock
from cabinet.models.base import database
from cabinet.services.readings import submit

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
HTMX = {"HX-Request": "true"}
MAIL = re.compile(r'action="(/readings/[0-9a-f-]{36}/mail)"')


def clock():
    return NOW


def application(settings):
    """Return the portal without form tokens: what is sent here is made by the test."""
    app = create_app(settings, clock=Clock(source=clock))
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def client_of(app, cookie):
    client = app.test_client()
    client.set_cookie("sid", cookie)
    return client


def send(client, form):
    """Send a form and return the address that mails the confirmation, if any is left."""
    answer = client.post("/readings", data=form, headers=HTMX)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found = MAIL.search(answer.get_data(as_text=True))
    return found and found[1]


def mail(client, address):
    assert client.post(address, headers=HTMX).status_code == 200


def sender(settings, cookie, forms, pipe, fault):
    """Send every form and have it confirmed by mail; tell each answer at once.

    This is the body of the process that is killed.
    """
    client = client_of(application(settings), cookie)
    if fault is not None:
        FAULTS[fault]()
    with suppress(BrokenPipeError):
        pipe.send(("ready", ""))
        for form in forms:
            if fault == "told too early":
                pipe.send(("reading", form["key"]))
            address = send(client, form)
            pipe.send(("reading", form["key"]))
            if address:
                mail(client, address)
                pipe.send(("mail", address.split("/")[2]))


# Faults that whoever checks must find -----------------------------------------------


def _without_key():
    """Write whatever comes: the shop that books twice what was sent twice."""
    submit._repeated = lambda *_: None
    submit._standing = lambda *_: None
    submit._free_key = lambda *_: uuid.uuid4().hex


def _without_trace():
    """Leave the audit for later, and die before."""
    submit._trace = lambda *_: None


def _half_done():
    """Commit a reading, die before its trace: two transactions for one act."""

    def commit_first(*_):
        database.commit()
        os.kill(os.getpid(), signal.SIGKILL)

    submit._trace = commit_first


FAULTS = {
    "no key": _without_key,
    "no trace": _without_trace,
    "half done": _half_done,
    "told too early": lambda: None,
}
