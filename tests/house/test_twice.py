"""A form that is sent twice, as a double click or Back does, has done its act once.

Eight clicks at once, from as many threads, come to what one comes to: in each table there
are as many rows, and accounts owe as much.
"""

import io
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from peewee import fn

from cabinet.models import MODELS, Account
from cabinet.models.base import database, on_sqlite
from cabinet.models.connection import close_database
from tests import sharing
from tests.house.parity.stage import COOKIES, Stage
from tests.house.test_parity import ROUTES

CLICKS = 8
#: What is counted or noted of every try, taken or not.
TRIES = {"attempt", "audit_entry", "session", "beat"}
#: Where each time is another time, and in which tables; the newest counts.
EACH_TIME = {
    # A link or a code is sent anew for whoever has not found the last one, and a limit
    # ends it; with a new one the one before it is over.
    "factor.renew_codes": {"outbox_message"},
    # So many tries of one code are guessing, and its owner has a letter of it.
    "factor.enter": {"outbox_message"},
    "factor.prove": {"outbox_message"},
    "factor.recover": {"outbox_message"},
    "factor.take": {"outbox_message"},
    "notes.not_me": {"one_time_token"},
    "password.ask": {"one_time_token", "outbox_message"},
    "registration.code_again": {"outbox_message"},
    "staff_registrations.card_again": {"one_time_token"},
    "staff_registrations.open_at_counter": {"one_time_token"},
    "staff_settings.send_link": {"one_time_token", "outbox_message"},
    # A comparison is made of what the bank's file says at that moment.
    "staff_reconciliations.take_file": {"reconciliation", "reconciliation_item"},
}
#: Where a password is checked or a bank called few may be at it; others come again (503).
FEW = {
    *("auth.enter", "password.save", "profile.change_password"),
    *("payments.pay", "payments.guest.pay"),
}


class Sent(Exception):
    """Ends the act where it would be sent: what is sent is kept."""


@pytest.fixture
def stage(app, now, database_url, tmp_path):
    return Stage(app, now, database_url, tmp_path / "copy")


@pytest.fixture
def request_of(stage, monkeypatch):
    """Return what the browser would send, files as their bytes; nothing is sent."""

    def keep(url, data=None, **_more):
        raise Sent(url, data or {})

    def request_of(route):
        stage.set(route.act)
        monkeypatch.setattr(stage.house.browser, "post", keep)
        with pytest.raises(Sent) as caught:
            stage.send(stage.house.browser, route.done)
        url, data = caught.value.args
        return url, {
            name: (value[0].getvalue(), value[1]) if isinstance(value, tuple) else value
            for name, value in data.items()
        }

    return request_of


def click(stage, url, data, start):
    client = stage.app.test_client()
    for name in COOKIES:
        cookie = stage.house.browser.client.get_cookie(name)
        if cookie is not None:
            client.set_cookie(name, cookie.value)
    fields = {
        name: (io.BytesIO(value[0]), value[1]) if isinstance(value, tuple) else value
        for name, value in data.items()
    }
    start.wait()
    with client.post(url, data=fields) as answer:
        return answer.status_code


def counts():
    tables = ((model._meta.table_name, model) for model in MODELS)
    found = {
        name: model.select().count() for name, model in tables if name not in TRIES
    }
    # Money is in rows that are changed, too.
    balance = Account.select(fn.SUM(Account.balance)).scalar()
    return found | {"balance": str(balance)}


def clicked(stage, url, data, times):
    """Return the answers of so many clicks at once, and what the tables hold then."""
    # A folder each: a log of writes that is left behind would be the next one's.
    stage.folder = stage.folder.with_name(f"copy-{times}")
    stage.folder.mkdir()
    with stage._copy() as address, sharing.opened(address):
        # The clicks may have all the connections there are.
        database.close()
        start = Barrier(times, timeout=30)
        with ThreadPoolExecutor(times) as pool:
            waits = [pool.submit(click, stage, url, data, start) for _ in range(times)]
            statuses = [each.result() for each in waits]
        if not on_sqlite():
            # A thread that gives a file piece by piece keeps its connection to the next page.
            database.obj.close_all()
        return statuses, counts()


@pytest.mark.parametrize("endpoint", sorted(ROUTES))
def test_an_act_sent_eight_times_at_once_is_done_once(stage, request_of, endpoint):
    url, data = request_of(ROUTES[endpoint])
    close_database()
    (status,), once = clicked(stage, url, data, 1)
    statuses, often = clicked(stage, url, data, CLICKS)
    free = EACH_TIME.get(endpoint, set())
    more = {
        name: (once[name], count)
        for name, count in often.items()
        if count != once[name] and name not in free
    }
    assert not more, f"{statuses}: {more}"
    assert status in statuses
    busy = {503} if endpoint in FEW else set()
    assert not {one for one in statuses if one >= 500} - busy, statuses


def test_an_act_that_is_done_each_time_is_seen(stage, request_of):
    url, data = request_of(ROUTES["password.ask"])
    close_database()
    _, once = clicked(stage, url, data, 1)
    _, often = clicked(stage, url, data, CLICKS)
    assert often["outbox_message"] > once["outbox_message"]
