"""The ledger is proved once a night, whoever works, and what came of it is kept."""

import logging
import threading
import time
from datetime import timedelta

import pytest

from cabinet.domain.money import Money
from cabinet.jobs import ledger
from cabinet.models import Account, AuditEntry, Beat, Job
from cabinet.models.base import database, writing
from cabinet.services import beats, jobs, ledger_night, vitals
from cabinet.services.ledger_check import CHECKS, Finding
from tests import factories
from tests.bringing import NOW
from tests.models.test_streaming import ENDLESS

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def check(db, settings, clock):
    """Make the worker's turn at the ledger."""

    def check(*, is_stopping=lambda: False):
        return ledger.check_due(
            zone=settings.zone, clock=clock.get, is_stopping=is_stopping, every=0.02
        )

    return check


def outcomes():
    rows = AuditEntry.select().where(AuditEntry.action == "ledger.checked")
    return [row.details for row in rows.order_by(AuditEntry.id)]


def spoil(account):
    Account.update(balance=Account.balance + Money(1)).where(
        Account.id == account.id
    ).execute()


def test_once_a_night_and_again_the_next(check, clock):
    assert [check(), check()] == [1, 0]
    clock.set(NOW + DAY)
    assert [check(), check()] == [1, 0]
    assert len(outcomes()) == 2
    # Earlier nights leave no job behind.
    assert Job.select().where(Job.kind == ledger_night.KIND).count() == 1


def test_the_night_begins_at_two(check, clock, settings):
    midnight = NOW.astimezone(settings.zone).replace(hour=0, minute=0) + DAY
    clock.set(midnight + 2 * HOUR - MINUTE)
    assert check() == 0
    clock.set(midnight + 2 * HOUR)
    assert check() == 1


def test_what_came_of_it_is_kept(check, account, clock, caplog):
    caplog.set_level(logging.INFO, "cabinet")
    factories.make_bill(account, "2026-10")
    assert check() == 1
    (told,) = outcomes()
    assert told["findings"] == 0
    assert told["seconds"] >= 0
    # Of the subledger and of payments, each by its name.
    assert len(told["checks"]) == len(ledger_night.checks(NOW)) > len(CHECKS)
    assert {"balances_are_sums", "nothing_forgotten"} <= set(told["checks"])
    (last,) = vitals.ask_all(NOW).figures.daily
    assert (last.name, last.at, last.is_made, last.found) == ("ledger", NOW, True, 0)
    assert [one.levelname for one in caplog.records] == ["INFO"]


def test_a_finding_is_an_error_in_the_log_and_names_nobody(check, account, caplog):
    spoil(account)
    assert check() == 1
    (line,) = [one for one in caplog.records if one.levelname == "ERROR"]
    assert line.getMessage() == (
        "ledger checked: 1 findings (I2 1); run cabinet ledger check"
    )
    assert outcomes()[0]["found"] == {"I2": 1}
    (last,) = vitals.ask_all(NOW).figures.daily
    assert last.found == 1
    kept = str([outcomes(), Beat.get(Beat.name == beats.LEDGER).told, caplog.text])
    assert account.number not in kept


def test_what_must_hold_of_payments_is_proved_too(check, account):
    # It has come to its end, and no step tells how.
    factories.make_payment(account, "10,00", NOW, state="succeeded", final_at=NOW)
    assert check() == 1
    assert outcomes()[0]["found"] == {"I9": 1}


def test_thousands_of_findings_are_counted_and_not_kept(check, account):
    branch = account.branch
    with writing():
        for first in range(0, 2500, 500):
            Account.insert_many(
                {
                    **{
                        name: account.__data__[name]
                        for name in account.__data__
                        if name not in ("id", "number", "balance")
                    },
                    "number": f"47{number:010}",
                    "balance": Money(1),
                    "branch": branch,
                }
                for number in range(first, first + 500)
            ).execute()
    assert check() == 1
    assert outcomes()[0]["found"] == {"I2": 2500}


def test_several_workers_at_once_prove_it_once(check, account):
    gate = threading.Barrier(3)
    made = []

    def turn():
        gate.wait()
        made.append(check())
        database.close()

    threads = [threading.Thread(target=turn) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [0, 0, 1]
    assert len(outcomes()) == 1


def test_it_holds_no_writer(check, monkeypatch):
    """What others write meanwhile goes through at once."""

    def write():
        with writing():
            factories.make_branch("tver")

    def prove():
        list(database.execute_sql("SELECT COUNT(*) FROM account"))
        begun = time.monotonic()
        beside(write)
        assert time.monotonic() - begun < 4
        # And this one goes on in its own moment.
        ((count,),) = database.execute_sql(
            "SELECT COUNT(*) FROM branch WHERE code = 'tver'"
        )
        yield Finding("seen", "", str(count), "") if count else Finding("-", "", "", "")

    monkeypatch.setattr(ledger_night, "checks", lambda _now: (prove,))
    assert check() == 1
    assert outcomes()[0]["found"] == {"-": 1}


def test_told_to_stop_it_gives_the_job_back(check, monkeypatch):
    stopped = threading.Event()

    def last():
        stopped.set()
        return iter(())

    monkeypatch.setattr(ledger_night, "checks", lambda _now: (last, last))
    assert check(is_stopping=stopped.is_set) == 0
    assert outcomes() == []
    job = Job.get()
    assert (job.tries, job.lease_until, job.done_at) == (0, None, None)
    monkeypatch.undo()
    assert check() == 1


def test_told_to_stop_amid_a_statement_it_ends_that(check, monkeypatch):
    stopped = threading.Event()

    def endless():
        threading.Timer(0.2, stopped.set).start()
        yield from database.execute_sql(ENDLESS)

    monkeypatch.setattr(ledger_night, "checks", lambda _now: (endless,))
    begun = time.monotonic()
    assert check(is_stopping=stopped.is_set) == 0
    assert time.monotonic() - begun < 30
    assert Job.get().tries == 0
    monkeypatch.undo()
    assert check() == 1


def test_a_proof_that_fails_is_told_and_tried_again(check, clock, monkeypatch, caplog):
    def fail():
        raise OSError

    monkeypatch.setattr(ledger_night, "checks", lambda _now: (fail,))
    assert check() == 0
    assert "ledger check failed" in caplog.text
    assert outcomes() == []
    assert Job.get().error == "OSError"
    (last,) = vitals.ask_all(NOW).figures.daily
    assert (last.failed, last.is_made) == ("OSError", False)
    monkeypatch.undo()
    assert check() == 0  # not at once
    clock.set(NOW + 5 * MINUTE)
    assert check() == 1
    (last,) = vitals.ask_all(clock.get()).figures.daily
    assert (last.failed, last.is_made) == ("", True)


def test_a_try_that_fails_leaves_what_the_last_one_told(check, clock, monkeypatch):
    assert check() == 1

    def fail():
        raise OSError

    monkeypatch.setattr(ledger_night, "checks", lambda _now: (fail,))
    clock.set(NOW + DAY)
    assert check() == 0
    (last,) = vitals.ask_all(clock.get()).figures.daily
    assert (last.at, last.is_made, last.failed) == (NOW, True, "OSError")


def test_who_was_overtaken_writes_nothing(check, account, monkeypatch, caplog):
    def overtaken():
        Job.update(tries=Job.tries + 1).execute()
        return iter(())

    monkeypatch.setattr(ledger_night, "checks", lambda _now: (overtaken,))
    assert check() == 0
    assert outcomes() == []
    assert not Beat.select().exists()
    assert "ledger check lost" in caplog.text


def test_a_worker_that_was_killed_is_followed_by_another(check, settings, clock):
    ledger_night.put_due(zone=settings.zone, now=NOW)
    assert jobs.claim(ledger_night.KIND, now=NOW)
    clock.set(NOW + jobs.LEASE - MINUTE)
    assert check() == 0
    clock.set(NOW + jobs.LEASE)
    assert check() == 1


def test_while_it_lasts_the_job_stays_held(check, clock, monkeypatch):
    """A proof that takes longer than a lease is taken over by nobody."""
    claimed = []

    def slow():
        for minute in range(1, 8):
            clock.set(NOW + minute * MINUTE)
            deadline = time.monotonic() + 10
            while beside(lease) < clock.get() + jobs.LEASE:
                assert time.monotonic() < deadline
                time.sleep(0.02)
        claimed.append(beside(lambda: jobs.claim(ledger_night.KIND, now=clock.get())))
        return iter(())

    monkeypatch.setattr(ledger_night, "checks", lambda _now: (slow,))
    assert check() == 1
    assert claimed == [None]
    assert Job.get().tries == 1


def lease():
    return Job.get().lease_until


def beside(act):
    """Do it in a thread of its own, which sees what others have written."""
    done = []

    def run():
        done.append(act())
        database.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return done[0]
