from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from cabinet.models import Attempt
from cabinet.models.base import database, writing
from cabinet.services import limits
from cabinet.services.limits import Limit, TooManyAttemptsError

FIVE = Limit("test", 5, 60)


def attempt(now, identity="alice"):
    try:
        with writing():
            limits.count(FIVE, identity, pepper="p", now=now)
    except TooManyAttemptsError:
        return False
    return True


def test_exactly_so_many_pass(db, now):
    assert [attempt(now) for _ in range(7)] == [True] * 5 + [False] * 2


def test_the_next_span_begins_anew_and_is_told(db, now):
    for _ in range(5):
        attempt(now)
    with pytest.raises(TooManyAttemptsError) as caught, writing():
        limits.count(FIVE, "alice", pepper="p", now=now)
    assert now < caught.value.again_at <= now + timedelta(seconds=60)
    assert attempt(caught.value.again_at)


def test_people_are_counted_apart_and_not_by_name(db, now):
    for _ in range(5):
        attempt(now)
    assert attempt(now, "bob")
    assert all("alice" not in row.key for row in Attempt.select())


def test_a_try_can_be_given_back(db, now):
    for _ in range(5):
        attempt(now)
    with writing():
        limits.give_back(FIVE, "alice", pepper="p", now=now)
    assert attempt(now)
    assert not attempt(now)


def test_exactly_so_many_of_many_at_once_pass(db, now):
    def one(_):
        try:
            return attempt(now)
        finally:
            database.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(80))) == 5


def test_old_counters_are_swept(db, now):
    attempt(now)
    with writing():
        assert limits.sweep(now=now) == 0
        assert limits.sweep(now=now + timedelta(minutes=2)) == 1


def test_tries_to_sign_in_come_slower_and_slower_but_never_stop(db, now):
    """A day of guessing: fewer than a hundred tries, and a wait of an hour at most."""
    tries, at, longest = 0, now.replace(hour=0), timedelta(0)
    end = at + timedelta(days=1)
    while at < end:
        try:
            with writing():
                limits.count_login("a@example.org", pepper="p", now=at)
            tries += 1
        except limits.TooManyAttemptsError as error:
            longest = max(longest, error.again_at - at)
            at = error.again_at
    assert 60 < tries < 100
    assert timedelta(minutes=50) < longest <= timedelta(hours=1)


def test_a_refused_try_to_sign_in_is_not_counted(db, now):
    for _ in range(10):
        with writing():
            limits.count_login("a@example.org", pepper="p", now=now)
    before = sorted(Attempt.select(Attempt.key, Attempt.count).tuples())
    for _ in range(30):
        with pytest.raises(limits.TooManyAttemptsError), writing():
            limits.count_login("a@example.org", pepper="p", now=now)
    assert sorted(Attempt.select(Attempt.key, Attempt.count).tuples()) == before


def test_a_right_one_is_given_back_to_every_limit(db, now):
    at = now.replace(hour=0)
    for _ in range(60):
        with writing():
            for limit in limits.count_login("a", pepper="p", now=at):
                limits.give_back(limit, "a", pepper="p", now=at)
    assert sum(row.count for row in Attempt.select()) == 0
