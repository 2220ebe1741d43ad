"""Limits hold to the try, whatever counts them, and honest people never meet them."""

import contextlib
import http.client
import multiprocessing
import os
import re
import secrets
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest

from cabinet.services import credentials, limits, signing_in
from cabinet.services.audit import Actor
from tests import factories
from tests.house import counting
from tests.ports import free_port

PROCESSES = 4
OFFICE = 500
AT_ONCE = 1000


def test_of_a_thousand_at_once_exactly_so_many_pass_across_a_restart(database_url, now):
    limit = limits.Limit("exact", 637, 3600)
    spawn = multiprocessing.get_context("spawn")
    told = []
    for _ in range(2):  # the second four are those after a restart
        with spawn.Pool(PROCESSES) as pool:
            one = (database_url, limit, 500 // PROCESSES, now)
            told.extend(pool.starmap(counting.passed, [one] * PROCESSES))
    assert sum(told) == 637
    assert sum(told[:PROCESSES]) == 500


@pytest.fixture
def portal(database_url, alice, settings):
    """The port of the portal as an administrator starts it, with four workers."""
    settings.home.mkdir(exist_ok=True)
    port = free_port()
    command = Path(sys.executable).parent / "cabinet"
    process = subprocess.Popen(
        [command, "serve", "--port", str(port), "--workers", str(PROCESSES)],
        env={
            **os.environ,
            "CABINET_MODE": "demo",
            "CABINET_HOME": str(settings.home),
            "CABINET_DATABASE_URL": database_url,
            "CABINET_NOW": "2026-11-22T12:00:00+03:00",
        },
    )
    for _ in range(300):
        with contextlib.suppress(OSError):
            if ask(port, "GET", "/healthz")[0] == 200:
                break
        time.sleep(0.1)
    yield port
    process.terminate()
    process.wait(30)


def ask(port, method, path, body=None, cookie=""):
    """Ask over a connection of its own and return the status and the page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        headers = {"Cookie": cookie} if cookie else {}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_of_a_thousand_wrong_passwords_at_once_ten_are_looked_at(portal, alice):
    """By four workers, over HTTP; whom the machine asks to come again comes again.

    A database that is too busy to write down how a look ended has counted it all the same.
    """
    cookie = f"sid={secrets.token_urlsafe(32)}"
    _, page = ask(portal, "GET", "/login", cookie=cookie)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    fields = {"csrf_token": token, "login": alice.email, "password": "wrong"}

    unsaid = []

    def guess(_):
        while True:
            status, told = ask(portal, "POST", "/login", urlencode(fields), cookie)
            if status != 503:
                return status
            if "слишком много людей" not in told:
                unsaid.append(told)

    with ThreadPoolExecutor(64) as people:
        statuses = Counter(people.map(guess, range(AT_ONCE)))
    most = limits.LOGIN_SHORT.most
    assert most - len(unsaid) <= statuses[422] <= most
    assert statuses[429] == AT_ONCE - statuses[422]


@pytest.mark.parametrize("typo", [False, True], ids=["at once", "at the second try"])
def test_an_office_behind_one_address_signs_in(db, now, monkeypatch, typo):
    # What is counted matters here, not the ten seconds that so many checks take.
    monkeypatch.setattr(
        credentials, "matches", lambda _, password: password == factories.PASSWORD
    )
    people = [factories.make_customer(f"{n}@office.example") for n in range(OFFICE)]
    for number, person in enumerate(people):
        moment = now + timedelta(seconds=300 * number / OFFICE)
        if typo:
            with pytest.raises(signing_in.WrongCredentialsError):
                sign_in(person, "mistyped", moment)
        assert sign_in(person, factories.PASSWORD, moment).sid


def sign_in(person, password, now):
    return signing_in.sign_in(
        person.email,
        password,
        on_shared_computer=False,
        device="",
        address="192.0.2.1",
        actor=Actor(),
        link="http://localhost/profile",
        zone=ZoneInfo("Europe/Moscow"),
        pepper="p",
        now=now,
    )
