"""The disk of the Postgres server is full: what was answered is there, and all comes back."""

import logging
import random
import time

import pytest

from cabinet.models import Reading
from cabinet.models.connection import close_database, open_database
from tests import clusters, drills
from tests.crowds import Crowd
from tests.drills import heading, wait_until

pytestmark = pytest.mark.long

log = logging.getLogger(__name__)

HOUSES = 30
#: As many as there is time for: see docs/adr/0011-where-the-design-was-left.md.
TRIALS = 20


@pytest.fixture
def server():
    with clusters.cluster("120m") as server:
        yield server


@pytest.fixture
def portal(server, tmp_path):
    with drills.on_server(server, tmp_path / "home", HOUSES) as made:
        yield made


def test_what_was_answered_is_there_when_there_is_room_again(portal, server):
    drills.fill(server.folder)
    taken = {}
    cookie, value, refused = send_until_refused(portal, server, taken)
    assert heading(refused) in {"Сейчас не можем сохранить", "Кабинет на обслуживании"}
    assert refused.headers["Retry-After"] == "30"
    again = drills.fields_of(refused, "again")
    assert again["t1"] == value
    if server.is_up:
        # It cannot write and goes on reading, and so does the portal.
        assert portal.get("/history", cookie).status_code == 200
    drills.empty(server.folder)
    if not server.is_up:
        server.control("restart", "-m", "immediate")
    wait_until(lambda: portal.get("/readyz").status_code == 200)
    assert portal.post("/readings", again, cookie).status_code == 303
    taken[cookie] = value
    assert portal.is_alive("work")
    assert all(portal.get("/", each).status_code == 200 for each in portal.cookies)
    open_database(server.url)
    standing = Reading.select().where(
        Reading.period == drills.MONTH, Reading.state == "submitted"
    )
    found = sorted(str(int(row.t1.kwh)) for row in standing)
    assert found == sorted(taken.values())
    close_database()


def send_until_refused(portal, server, taken):
    """Send a reading of each house, then questions that fill the log, until one is refused."""
    for number, cookie in enumerate(portal.cookies):
        drills.fill(server.folder)
        form = drills.reading(portal, cookie, str(4100 + number))
        answer = portal.post("/readings", form, cookie)
        if answer.status_code == 503:
            return cookie, form["t1"], answer
        assert answer.status_code == 303
        taken[cookie] = form["t1"]
    raise AssertionError("the disk was never full")


def test_it_is_full_at_any_moment(portal, server):
    """Readings and photos want room all the time; now and then there is none."""
    open_database(server.url)
    crowd = Crowd(portal, askers=6)
    close_database()
    chance, longest, ended = random.Random("full"), 0, 0
    with crowd.at_work():
        for _ in range(TRIALS):
            time.sleep(chance.uniform(0.05, 0.5))
            fill_until_felt(server, crowd)
            drills.empty(server.folder)
            if not server.is_up:
                ended += 1
                server.control("restart", "-m", "immediate")
            began = time.monotonic()
            wait_until(lambda: portal.readiness().status_code == 200, 30, pause=0.02)
            longest = max(longest, time.monotonic() - began)
    told = f"{len(crowd.readings)} readings, {len(crowd.questions)} questions,"
    told += (
        f" server ended {ended} times, back after {longest:.2f} s, {dict(crowd.told)}"
    )
    log.info(told)  # with --log-cli-level=info
    assert len(crowd.readings) > TRIALS, told
    assert crowd.questions, told
    assert (portal.is_alive("serve"), portal.is_alive("work")) == (True, True)
    open_database(server.url)
    assert list(crowd.faults()) == [], told
    close_database()


def fill_until_felt(server, crowd):
    """Leave no room until somebody is told so, or the server is no more."""
    before = crowd.told["POST", 503]

    def is_felt():
        drills.fill(server.folder)
        return crowd.told["POST", 503] > before or not server.is_up

    wait_until(is_felt, pause=0.05)
