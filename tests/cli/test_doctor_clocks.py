"""What the doctor says of the clock: who keeps it right, and what other clocks say."""

import re
import socket
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from cabinet.cli.context import Context
from cabinet.cli.doctor import clocks
from cabinet.cli.doctor.words import FAULT, WARNING, WELL
from cabinet.config import Clock, Mode
from cabinet.config.acquirers import Shop
from cabinet.models.base import on_sqlite, writing
from cabinet.services import audit, beats
from tests.certificates import HOST, Front, Served

HOUR = timedelta(hours=1)
MINUTES = timedelta(minutes=10)


@pytest.fixture
def at(settings, db):
    """Return a production installation whose clock is so much ahead."""

    def at(ahead=timedelta(0), **values):
        safe = replace(settings, mode=Mode.PRODUCTION, **values)
        return Context(safe, Clock(offset=ahead))

    return at


@pytest.fixture
def service(tmp_path, monkeypatch):
    """Put a `timedatectl` in the way that says what is given."""

    def service(says):
        program = tmp_path / "timedatectl"
        program.write_text(f'#!/bin/sh\n[ "$1" = show ] && {says}\n')
        program.chmod(0o700)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return service


def told(check, context):
    words = list(check(context))
    assert words
    assert all(word.remedy for word in words if word.level != WELL)
    return [(word.level, word.text) for word in words]


def test_a_clock_that_is_kept_right_is_well(at, service):
    service("echo yes")
    ((level, text),) = told(clocks.clock, at())
    assert (level, text.endswith("UTC, сверяет служба времени")) == (WELL, True)


def test_a_clock_nobody_keeps_right_is_told(at, service):
    service("echo no")
    assert told(clocks.clock, at()) == [
        (WARNING, "служба времени этих часов не сверяет")
    ]


@pytest.mark.parametrize("says", ["exit 1", "echo", "echo maybe"])
def test_where_nobody_knows_nothing_is_claimed(at, service, says):
    service(says)
    assert clocks.is_synchronized() is None
    ((level, text),) = told(clocks.clock, at())
    assert (level, text.endswith(" UTC")) == (WELL, True)


def test_a_machine_without_the_program_is_no_fault(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert clocks.is_synchronized() is None


@pytest.mark.parametrize("note", ["log", "beat"])
def test_a_clock_behind_what_is_written_is_told(at, service, note):
    """So it is after a step back, on SQLite too."""
    service("echo yes")
    later = datetime.now(UTC) + HOUR
    if note == "beat":
        beats.note(beats.LETTERS, now=later)
    else:
        with writing():
            audit.record(audit.SYSTEM, "trial", now=later)
    ((level, text),) = told(clocks.clock, at())
    assert (level, "а часы отстают" in text) == (FAULT, True)
    assert f"{later:%Y-%m-%d %H:%M:%S} UTC" in text
    assert told(clocks.clock, at(HOUR))[-1][0] == (WELL if on_sqlite() else FAULT)


def seconds_in(text):
    return int(re.search(r" на (\d+) с", text)[1])


@pytest.mark.parametrize("ahead", [HOUR, -HOUR])
def test_a_clock_other_than_the_databases_is_told(at, service, ahead):
    service("echo yes")
    if on_sqlite():
        # There it is the same clock.
        assert told(clocks.clock, at(ahead))[0][0] == WELL
        return
    ((level, text),) = told(clocks.clock, at(ahead))
    assert level == FAULT
    assert "часы базы и этой машины разошлись на " in text
    assert seconds_in(text) == pytest.approx(HOUR.total_seconds(), abs=60)


def test_a_demonstration_has_a_clock_of_its_own(at, service):
    service("echo no")
    context = at(HOUR)
    demo = replace(context, settings=replace(context.settings, mode=Mode.DEMO))
    assert told(clocks.clock, demo)[0][0] == WELL
    assert told(clocks.others, demo)[0][0] == WELL


def shop(url):
    return Shop(
        name="kursk",
        provider="yookassa",
        branches=("kursk",),
        base_url=url,
        login="1",
        password="2",
    )


@pytest.mark.parametrize(
    ("ahead", "words"), [(MINUTES, "спешат"), (-MINUTES, "отстают")]
)
def test_the_clock_of_an_acquirer_is_another(at, service, ahead, words):
    service("exit 1")
    with Served(host="localhost") as bank:
        shops = (shop(f"{bank.url}/v3/"),)
        assert told(clocks.others, at(shops=shops)) == [(WELL, "сходятся с localhost")]
        ((level, text),) = told(clocks.others, at(ahead, shops=shops))
    assert level == FAULT
    assert text.startswith(f"часы этой машины {words} против localhost на ")
    # The bank tells whole seconds, and its answer takes its time.
    assert seconds_in(text) == pytest.approx(MINUTES.total_seconds(), abs=60)


def test_of_two_who_differ_the_one_alone_is_doubted(at, service):
    """The front has a wrong clock, the acquirer agrees: ours is hardly the wrong one."""
    service("exit 1")
    far = format_datetime(datetime.now(UTC) - HOUR, usegmt=True)
    late = type("late", (Front,), {"date_time_string": lambda *_: far})
    with Served(late) as front, Served(host="localhost") as bank:
        context = at(public_url=front.url, shops=(shop(bank.url),))
        ((level, text),) = told(clocks.others, context)
        assert (level, f"спешат против {HOST} на" in text) == (WARNING, True)
        ((level, _),) = told(clocks.others, at(public_url=front.url))
        assert level == FAULT


def test_the_own_address_proves_nothing_by_itself(at, service):
    """It may be this very machine: then its clock is the same, right or wrong."""
    with Served() as front:
        service("exit 1")
        alone = (WARNING, "сверить часы не с кем")
        assert told(clocks.others, at(public_url=front.url)) == [alone]
        service("echo yes")
        kept = (WELL, "сверяет служба времени")
        assert told(clocks.others, at(public_url=front.url)) == [kept]


@pytest.mark.parametrize(
    ("ahead", "level"), [(timedelta(0), WELL), (-MINUTES, FAULT), (MINUTES, FAULT)]
)
def test_a_mail_server_that_tells_the_time_is_heard(at, service, ahead, level):
    service("exit 1")
    with Greeting(f"ESMTP Exim 4.96 {format_datetime(datetime.now(UTC))}") as port:
        mail = replace(at().settings.mail, server="localhost", port=port)
        ((found, _),) = told(clocks.others, at(ahead, mail=mail))
    assert found == level


@pytest.mark.parametrize("words", ["ESMTP Postfix", "Mon, nonsense"])
def test_a_mail_server_that_does_not_is_nobody(at, service, words):
    service("exit 1")
    with Greeting(words) as port:
        mail = replace(at().settings.mail, server="localhost", port=port)
        alone = (WARNING, "сверить часы не с кем")
        assert told(clocks.others, at(mail=mail)) == [alone]


class Greeting:
    """A mail server that greets and says no more."""

    def __init__(self, words):
        self._line = f"220 mx.example.org {words}\r\n".encode()
        self._listener = socket.create_server((HOST, 0))

    def __enter__(self):
        self._thread = threading.Thread(target=self._greet)
        self._thread.start()
        return self._listener.getsockname()[1]

    def _greet(self):
        guest, _ = self._listener.accept()
        with guest:
            guest.sendall(self._line)
            guest.recv(1024)

    def __exit__(self, *_):
        self._thread.join()
        self._listener.close()
