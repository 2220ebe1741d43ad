"""Limits hold to the try, whatever counts them, and honest people never meet them."""

import multiprocessing
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from cabinet.services import credentials, limits, signing_in
from cabinet.services.audit import Actor
from tests import factories
from tests.house import counting

PROCESSES = 4
OFFICE = 500


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
        link="https://cabinet.example/reset",
        zone=ZoneInfo("Europe/Moscow"),
        pepper="p",
        now=now,
    )
