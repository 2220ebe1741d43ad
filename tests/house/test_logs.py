"""The log tells what happened, and nothing of whom it happened to.

Each act of `parity/acts_*.py` is done and refused, and whatever was typed, was sent by
letter or is known of anybody is looked for in all that was logged meanwhile.
"""

import io
import logging
import re
from dataclasses import replace

import pytest
from peewee import IntegrityError

from cabinet.cli.server import Server
from cabinet.config.logs import LINE, Discreet
from cabinet.models import Account, OutboxMessage, User
from cabinet.models.base import on_sqlite, writing
from tests import factories
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


@pytest.fixture
def logged():
    """All that is logged meanwhile, as it is written, down to the smallest of ours."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(Discreet(LINE))
    root, ours = logging.getLogger(), logging.getLogger("cabinet")
    levels = root.level, ours.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    ours.setLevel(logging.DEBUG)
    yield written.getvalue
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
    """Return the texts of a letter, of an address its last part too: the secret."""
    for value in context.values():
        if isinstance(value, str):
            yield value
            yield value.rpartition("/")[2]


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
    assert text.count("request failed") == 2
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
