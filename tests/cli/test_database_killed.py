"""The database server is killed again and again: what was acknowledged is there, once."""

import logging
import random
import time
from datetime import timedelta

import pytest

from cabinet.domain.payments.states import OPEN
from cabinet.models import Payment
from cabinet.models.connection import close_database, open_database
from tests import drills, paying
from tests.bringing import NOW
from tests.crowds import Bank, Crowd
from tests.drills import wait_until
from tests.paying import TOKEN
from tests.ports import free_port

pytestmark = pytest.mark.long

log = logging.getLogger(__name__)

#: As many as there is time for: see docs/adr/0011-where-the-design-was-left.md.
KILLS = 20
HOUSES, PAYERS = 90, 30
#: Seconds within which somebody is answered after the server is up again.
BACK = 5


@pytest.fixture
def portal(server, tmp_path):
    port = free_port()
    more = {
        "CABINET_EMULATOR": f"http://127.0.0.1:{port}",
        "CABINET_EMULATOR_TOKEN": TOKEN,
    }
    home = tmp_path / "home"
    with drills.on_server(server, home, HOUSES, **more) as made, Bank(made, port):
        yield made


def kill_for(server, portal, kills):
    """Kill the server at random moments; return the longest time until somebody is served."""
    chance = random.Random(kills)
    longest = 0
    for _ in range(kills):
        time.sleep(chance.uniform(0.05, 0.6))
        server.kill()
        time.sleep(chance.uniform(0, 0.2))
        server.control("start")
        up = time.monotonic()
        wait_until(lambda: is_served(portal), BACK, pause=0.02)
        longest = max(longest, time.monotonic() - up)
    return longest


def is_served(portal):
    return portal.get("/", portal.cookies[0]).status_code == 200


def test_nothing_acknowledged_is_lost_or_doubled(portal, server):
    open_database(portal.database_url)
    crowd = Crowd(portal, payers=PAYERS)
    close_database()
    processes = portal.family("serve"), portal.family("work")
    with crowd.at_work():
        longest = kill_for(server, portal, KILLS)
    open_database(portal.database_url)
    told = (
        f"{KILLS} kills, {len(crowd.readings)} readings, {len(crowd.deals)} payments,"
    )
    told += f" back after {longest:.2f} s, {dict(crowd.told)}"
    log.info(told)  # with --log-cli-level=info
    assert list(crowd.faults()) == [], told
    assert len(crowd.readings) > KILLS, told
    assert len(crowd.deals) > KILLS / 6, told
    # Kills were felt: else they were no kills at work.
    assert crowd.told["POST", 503] + crowd.told["GET", 503] > KILLS / 2, told
    assert_paid(portal, crowd, told)
    # Nobody had to start anything again.
    assert (portal.family("serve"), portal.family("work")) == processes
    close_database()


def assert_paid(portal, crowd, told):
    """Every payment that the bank took stands in the book, once."""
    # What a bank could not tell is asked by and by; nobody waits for that here.
    Payment.update(ask_at=NOW).where(Payment.state.in_(list(OPEN))).execute()
    paid = Payment.select().where(Payment.paid_at.is_null(False))
    wait_until(lambda: set(crowd.deals) <= {row.provider_id for row in paid.clone()})
    judged = paying.judge(portal.bank.state(), now=NOW + timedelta(hours=1))
    assert judged["paid"] == len(crowd.deals), (judged, told)
    assert not any(judged[name] for name in paying.WRONG), (judged, told)


def test_a_server_that_says_done_too_early_is_found_out(portal, server):
    """The same kills of a server that does not write down what it has said."""
    server.set(synchronous_commit="off", wal_writer_delay="10s")
    open_database(portal.database_url)
    crowd = Crowd(portal)
    close_database()
    with crowd.at_work():
        time.sleep(1)
        kill_for(server, portal, 5)
    open_database(portal.database_url)
    assert any("is lost" in fault for fault in crowd.faults())
    close_database()
