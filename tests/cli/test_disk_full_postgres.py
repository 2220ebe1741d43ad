"""The disk of the Postgres server is full: what was answered is there, and all comes back."""

import pytest

from cabinet.models import Reading
from cabinet.models.connection import close_database, open_database
from tests import clusters, drills
from tests.drills import heading, wait_until

pytestmark = pytest.mark.long

HOUSES = 30


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
