"""The database is restarted under customers: a page says so, and nothing else is felt."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from cabinet.models import OutboxMessage, Reading, Session
from cabinet.models.connection import close_database, open_database
from tests import drills
from tests.drills import heading, wait_until, words_of

pytestmark = pytest.mark.long

HOUSES = 60
PEOPLE = 4
#: A request that began so long after the server was up again is answered.
AFTER = 0.3


@pytest.fixture
def portal(server, tmp_path):
    with drills.on_server(server, tmp_path / "home", HOUSES) as made:
        yield made


@dataclass
class Heard:
    began: float
    status: int
    heading: str
    retry: str


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_it_is_felt_only_while_it_is_down(portal, server, how):
    heard, taken, over = [], [], []

    def ask(call):
        began = time.monotonic()
        answer = call()
        title = heading(answer) if answer.status_code >= 400 else ""
        retry = answer.headers.get("Retry-After", "")
        heard.append(Heard(began, answer.status_code, title, retry))
        return answer

    def live(cookies):
        """Look at pages, and send one reading for each house until it is taken."""
        for cookie in cookies:
            page = ask(lambda c=cookie: portal.get("/readings", c))
            while page.status_code != 200:
                time.sleep(0.1)
                page = ask(lambda c=cookie: portal.get("/readings", c))
            form = drills.fields_of(page, "reading-form") | {"t1": "4123"}
            answer = ask(lambda f=form, c=cookie: portal.post("/readings", f, c))
            while answer.status_code == 503:
                time.sleep(0.1)
                form = drills.fields_of(answer, "again")
                answer = ask(lambda f=form, c=cookie: portal.post("/readings", f, c))
            assert answer.status_code == 303
            taken.append(cookie)
            while not over and len(taken) > HOUSES // 2:
                ask(lambda c=cookie: portal.get("/", c))
                time.sleep(0.05)

    with ThreadPoolExecutor(PEOPLE) as pool:
        people = [pool.submit(live, portal.cookies[n::PEOPLE]) for n in range(PEOPLE)]
        wait_until(lambda: len(taken) > 5)
        down = time.monotonic()
        server.control("stop", "-m", how)
        # Somebody asks while there is no server at all.
        page = wait_until(lambda: (a := portal.get("/")).status_code == 503 and a)
        ready = portal.readiness()
        server.control("start")
        up = time.monotonic()
        time.sleep(2)
        over.append(True)
        for each in people:
            each.result()
    assert heading(page) == "Кабинет на обслуживании"
    assert "Показания можно передать по телефону" in words_of(page)
    assert (ready.status_code, ready.text) == (503, "database does not answer\n")
    told = Counter((one.status, one.heading, one.retry) for one in heard)
    assert set(told) <= {
        (200, "", ""),
        (303, "", ""),
        (503, "Кабинет на обслуживании", "30"),
    }, told
    late = [one for one in heard if one.status == 503 and one.began > up + AFTER]
    early = [one for one in heard if one.status == 503 and one.began < down - 1]
    assert (late, early) == ([], [])
    assert sum(one.began > up + AFTER for one in heard) > 20
    assert_kept(portal)


def assert_kept(portal):
    """All readings are there, nobody is signed out, the worker goes on."""
    assert all(portal.get("/", each).status_code == 200 for each in portal.cookies)
    cookie = portal.cookies[0]
    page = portal.get("/readings", cookie)
    assert page.status_code == 200
    open_database(portal.database_url)
    rows = Reading.select().where(Reading.period == drills.MONTH)
    assert rows.count() == HOUSES
    assert Session.select().where(Session.revoked_at.is_null()).count() == HOUSES
    url = f"/readings/{rows.order_by(Reading.id).first().public_id}"
    owner = next(c for c in portal.cookies if portal.get(url, c).status_code == 200)
    form = drills.fields_of(portal.get(url, owner), "reading-mail")
    assert portal.post(f"{url}/mail", form, owner).status_code == 303
    wait_until(
        lambda: OutboxMessage.select().where(~OutboxMessage.sent_at.is_null()).exists()
    )
    assert portal.is_alive("work")
    close_database()
