"""Processes are killed while they take readings: nothing is lost, nothing is doubled."""

import multiprocessing
import random
import secrets
import time
from collections import Counter
from datetime import timedelta
from multiprocessing.connection import wait

import pytest

from cabinet.models import Attempt, AuditEntry, Meter, OutboxMessage, Reading, Session
from cabinet.models.base import database, on_sqlite, writing
from cabinet.models.connection import close_database, open_database
from cabinet.services import limits, readings, sessions
from tests import factories, killing
from tests.conftest import SERVER

pytestmark = pytest.mark.long

#: So many times two processes are started and killed: on Postgres it takes twice as long.
TRIALS = 150 if SERVER == "sqlite" else 75
#: Readings each process has to send in a trial; it gets two answers for each.
FORMS = 6
LAST, VALUE = 4634, 4772


@pytest.fixture(scope="module")
def processes():
    """Children of a process that has imported the portal and opened nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.killing"])
    return context


@pytest.fixture
def house(db, settings, processes, request):
    settings.home.mkdir(exist_ok=True)
    factories.make_rates()
    factories.make_ranges()
    return House(settings, processes, random.Random(request.node.name))


def test_killed_processes_lose_nothing_and_double_nothing(house):
    for number in range(TRIALS):
        trial = house.trial()
        assert trial.faults() == [], f"trial {number}: killed"
        house.retry(trial)
        assert trial.faults() == [], f"trial {number}: sent again"
        assert {row.key for row in trial.rows()} == {f["key"] for f in trial.forms}
    # Else the moments were no moments: everything was over, or nothing had begun.
    assert house.told["killed at work"] > TRIALS
    assert house.told["answered"] > TRIALS
    assert house.told["unanswered"] > 0
    assert house.told["taken, not answered"] > 0
    assert is_whole()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("half done", "readings and their traces differ"),
        ("no key", "2 readings of meter"),
        ("no trace", "readings and their traces differ"),
        ("told too early", "answered and lost"),
    ],
)
def test_a_planted_fault_is_found(house, fault, words):
    assert any(words in " ".join(house.trial(fault).faults()) for _ in range(TRIALS))


def is_whole():
    """Let SQLite read every page of its file; Postgres has its own checks."""
    if not on_sqlite():
        return True
    assert database.execute_sql("PRAGMA synchronous").fetchone() == (2,)
    assert database.execute_sql("PRAGMA foreign_key_check").fetchall() == []
    return database.execute_sql("PRAGMA integrity_check").fetchall() == [("ok",)]


class House:
    """Makes trials on one database; the moments of the kills come from one seed."""

    def __init__(self, settings, processes, chance):
        self.settings = settings
        self.processes = processes
        self.chance = chance
        self.app = killing.application(settings)
        self.told = Counter()

    def trial(self, fault=None):
        """Kill two processes, each in the middle of the same work."""
        trial = Trial(self.settings.secret_key)
        close_database()
        victims = [self._start(trial, fault) for _ in range(2)]
        while victims:
            ready = wait([each.pipe for each in victims], timeout=60)
            assert ready, "no answer for a minute"
            for victim in [each for each in victims if each.pipe in ready]:
                victim.hear(trial)
                if victim.left == 0:
                    self.told["killed at work"] += victim.kill(self.chance.random())
                    victim.hear_all(trial)
                if victim.is_over:
                    victims.remove(victim)
        open_database(self.settings.database_url)
        return trial

    def retry(self, trial):
        """Send again what nobody heard an answer to, and a part of what was heard."""
        silent = [form for form in trial.forms if form["key"] not in trial.answered]
        stored = {row.key for row in trial.rows()}
        self.told["answered"] += len(trial.answered)
        self.told["unanswered"] += len(silent)
        self.told["taken, not answered"] += len(stored - trial.answered)
        client = killing.client_of(self.app, trial.sid)
        for form in [*silent, *trial.forms[:2]]:
            killing.send(client, form)
            trial.answered.add(form["key"])

    def _start(self, trial, fault):
        pipe, theirs = self.processes.Pipe(duplex=False)
        forms = self.chance.sample(trial.forms, FORMS)
        process = self.processes.Process(
            target=killing.sender,
            args=(self.settings, trial.sid, forms, theirs, fault),
            daemon=True,
        )
        process.start()
        theirs.close()
        # After any of its answers but the last, the first being that it is ready.
        return Victim(process, pipe, left=self.chance.randint(1, 2 * FORMS))


class Victim:
    """A process that sends, and how many of its answers are waited for."""

    def __init__(self, process, pipe, left):
        self.process = process
        self.pipe = pipe
        self.left = left
        self.is_over = False
        self.heard_at = time.monotonic()
        self.act = 0.0

    def hear(self, trial):
        """Take one answer down; at the end of the pipe the process has ended."""
        try:
            what, name = self.pipe.recv()
        except EOFError:
            self.left, self.is_over = -1, True
            self.pipe.close()
            self.process.join()
            self.process.close()
            return
        heard_at = time.monotonic()
        self.act, self.heard_at = heard_at - self.heard_at, heard_at
        self.left -= 1
        trial.hear(what, name)

    def hear_all(self, trial):
        """Take down what was said before the end."""
        while not self.is_over:
            self.hear(trial)

    def kill(self, part):
        """Kill the process a part of an act later; tell whether it was at work."""
        end = self.heard_at + part * self.act
        while (left := end - time.monotonic()) > 0 and self.process.is_alive():
            wait([self.process.sentinel], timeout=left)
        is_alive = self.process.is_alive()
        self.process.kill()
        return is_alive


class Trial:
    """A customer with a form for each meter, and what was answered."""

    def __init__(self, pepper):
        self.sid = secrets.token_urlsafe(32)
        self.pepper = pepper
        self.answered = set()
        self.mailed = set()
        with writing():
            self.user = factories.make_customer()
            accounts = [self._account() for _ in range(FORMS)]
            Session.create(
                sid_hash=sessions.hash_of(self.sid),
                user=self.user,
                account_id=accounts[0].id,
                created_at=killing.NOW,
                last_seen_at=killing.NOW,
                expires_at=killing.NOW + timedelta(days=1),
            )
        self.forms = [self._form(account) for account in accounts]

    def _account(self):
        number = str(460_000_000_000 + secrets.randbelow(1_000_000_000))
        account = factories.make_account(number=number)
        factories.give_access(self.user, account, slug=f"s{number}")
        factories.make_reading(factories.make_meter(account), values=(LAST,))
        return account

    def _form(self, account):
        shown = readings.reading_form(self.user.id, account.id, now=killing.NOW)
        return {
            "account": shown.account.slug,
            "switched": "1",
            "meter": str(shown.meter.public_id),
            "month": str(shown.meter.timing.month),
            "key": shown.meter.key,
            "t1": str(VALUE),
        }

    def hear(self, what, name):
        """Take down what was answered."""
        if what != "ready":
            (self.answered if what == "reading" else self.mailed).add(name)

    def rows(self):
        """Return the readings of the customer's meters that came from forms."""
        meters = [form["meter"] for form in self.forms]
        return list(
            Reading.select(Reading, Meter)
            .join(Meter)
            .where(Meter.public_id.in_(meters), Reading.key.is_null(False))
        )

    def faults(self):
        """Return what is not as it must be."""
        rows = self.rows()
        return [
            *self._of_readings(rows),
            *self._of_traces(rows),
            *self._of_mails(rows),
            *self._of_limits(rows),
        ]

    def _of_readings(self, rows):
        for meter, count in Counter(row.meter.public_id for row in rows).items():
            if count != 1:
                yield f"{count} readings of meter {meter}"
        for key in self.answered - {row.key for row in rows}:
            yield f"answered and lost: {key}"
        for row in rows:
            if (row.t1.kwh, str(row.state)) != (VALUE, "submitted"):
                yield f"reading {row.id} is {row.t1} {row.state}"

    def _of_traces(self, rows):
        if self._subjects("reading.submitted") != Counter(map(_subject, rows)):
            yield "readings and their traces differ"

    def _of_mails(self, rows):
        mails = OutboxMessage.select().where(OutboxMessage.user == self.user)
        keys = {mail.key for mail in mails}
        mailed = [
            row
            for row in rows
            if f"reading_confirmation:{row.public_id}:{self.user.id}" in keys
        ]
        if len(keys) != len(mailed):
            yield "a mail about no reading"
        if self._subjects("reading.mailed") != Counter(map(_subject, mailed)):
            yield "mails and their traces differ"
        for name in self.mailed - {str(row.public_id) for row in mailed}:
            yield f"mail answered and lost: {name}"

    def _of_limits(self, rows):
        counted = {
            limits._key(limits.READING_DAY, f"meter:{meter}", self.pepper): meter
            for meter in (form["meter"] for form in self.forms)
        }
        tries = {
            counted[row.key]: row.count
            for row in Attempt.select().where(Attempt.key.in_(list(counted)))
        }
        if tries != Counter(str(row.meter.public_id) for row in rows):
            yield "readings and what is counted of them differ"

    def _subjects(self, action):
        return Counter(
            entry.subject
            for entry in AuditEntry.select().where(
                AuditEntry.action == action, AuditEntry.actor_id == self.user.id
            )
        )


def _subject(row):
    return f"reading:{row.id}"
