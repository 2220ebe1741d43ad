"""The disk is full: pages are read, what is sent is refused whole, and all comes back."""

import json
import logging
import random
import shutil
import sqlite3
import time
from contextlib import closing

import pytest

from cabinet.models import OutboxMessage, Question, Reading, StoredFile
from cabinet.models.connection import close_database, open_database
from cabinet.services import files
from tests import drills, factories
from tests.crowds import Crowd
from tests.drills import heading, wait_until, words_of

log = logging.getLogger(__name__)

HOUSES = 40
#: As many as there is time for: see docs/adr/0011-where-the-design-was-left.md.
TRIALS = 40
#: Seconds within which everything is taken again when there is room.
BACK = 30
PAGES = ("/", "/readings", "/history", "/statement", "/bills", "/pay", "/questions")
TEXT = "Свет моргает второй вечер подряд, соседи говорят о том же. " * 3


@pytest.fixture
def portal(request, template_database, tmp_path):
    """The portal on a disk of 16 MB, or as many as are asked for, with households."""
    size = getattr(request, "param", "16m")
    with drills.small_disk(tmp_path / "home", size) as home:
        path = home / "cabinet.sqlite3"
        shutil.copyfile(template_database, path)
        open_database(f"sqlite:///{path}")
        factories.make_rates()
        factories.make_ranges()
        made = drills.Installation(
            home,
            f"sqlite:///{path}",
            # What they say finds no room either.
            log=home,
            # Its page is opened and its form sent; nobody comes as far as the bank.
            more={
                "CABINET_EMULATOR": "http://127.0.0.1:9",
                "CABINET_LOG": "json",
                "CABINET_LOG_REQUESTS": "1",
            },
        )
        made.cookies = drills.households(HOUSES)
        with made:
            made.start("serve")
            made.start("work")
            yield made


def question_of(portal, cookie):
    form = portal.form("/questions", "question-form", cookie)
    return {**form, "topic": "meter", "text": TEXT}


@pytest.mark.long
def test_nothing_is_lost_and_nothing_is_half_written(portal):
    asker = portal.cookies[-1]
    question = question_of(portal, asker)
    payment = drills.payment(portal, asker)
    taken, cookie, refused = send_until_full(portal)
    assert heading(refused) == "Сейчас не можем сохранить"
    assert "Ничего не записано" in words_of(refused)
    assert refused.headers["Retry-After"] == "30"
    again = drills.fields_of(refused, "again")
    assert again["t1"] == "4123"

    asked = portal.post("/questions", question, asker)
    assert (asked.status_code, heading(asked)) == (503, heading(refused))
    kept = drills.fields_of(asked, "again")
    assert kept["text"].strip() == TEXT.strip()
    paid = portal.post("/pay", payment, asker)
    assert paid.status_code == 503
    for page in PAGES:
        assert portal.get(page, asker).status_code == 200, page
    assert_told(portal)

    drills.empty(portal.home)
    wait_until(lambda: portal.get("/readyz").status_code == 200, 30)
    sent = portal.post("/readings", again, cookie)
    assert sent.status_code == 303
    assert portal.post("/questions", kept, asker).status_code == 303
    done = sent.headers["Location"]
    mail = drills.fields_of(portal.get(done, cookie), "reading-mail")
    assert portal.post(f"{done}/mail", mail, cookie).is_redirect
    # The worker was there all the time.
    assert portal.is_alive("work")
    assert wait_until(lambda: list(portal.home.glob("mail/*.eml")))
    assert_whole(portal, readings=taken + 1)


def send_until_full(portal):
    """Send readings until one is refused; return how many were taken, who, and the answer.

    There is still room in SQLite's own file: who is answered «принято» is taken.
    """
    for taken, cookie in enumerate(portal.cookies):
        form = drills.reading(portal, cookie)
        if taken:
            drills.fill(portal.home)
        answer = portal.post("/readings", form, cookie)
        if answer.status_code == 503:
            return taken, cookie, answer
        assert answer.status_code == 303
    raise AssertionError("the disk was never full")


def assert_told(portal):
    """The balancer, and whoever asks the doctor, see it."""
    ready = portal.readiness()
    assert (ready.status_code, "disk is full" in ready.text) == (503, True)
    code, said = portal.run("doctor", "--inside")
    assert (code, "освободите место" in said) == (1, True)


def assert_whole(portal, *, readings):
    """Every reading that was answered is there, once, and the file is sound."""
    portal.stop("serve")
    portal.stop("work")
    open_database(portal.database_url)
    of_month = Reading.select().where(Reading.period == drills.MONTH)
    assert of_month.count() == readings
    assert OutboxMessage.select().where(OutboxMessage.sent_at.is_null()).count() == 0
    assert Question.select().count() == 1
    close_database()
    assert_sound(portal)


def assert_sound(portal):
    """SQLite finds every page of its file in order."""
    with closing(sqlite3.connect(portal.home / "cabinet.sqlite3")) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.long
def test_files_are_refused_while_what_is_left_is_for_readings(portal):
    """Below a twentieth of the disk no file is taken in; a reading still is."""
    asker = portal.cookies[-1]
    question = question_of(portal, asker)
    ballast = portal.home / "ballast.0"
    room = shutil.disk_usage(portal.home)
    ballast.write_bytes(b"x" * (room.free - room.total // 25))
    photo = {"files": ("photo.jpg", b"\xff\xd8" + b"x" * 200_000, "image/jpeg")}
    answer = portal.post("/questions", question, asker, files=photo)
    assert (answer.status_code, heading(answer)) == (503, "Сейчас не можем сохранить")
    assert "Файл выберите заново" in words_of(answer)
    first = portal.cookies[0]
    assert (
        portal.post("/readings", drills.reading(portal, first), first).status_code
        == 303
    )
    ready = portal.readiness()
    assert (ready.status_code, "disk is full, or nearly" in ready.text) == (503, True)


@pytest.mark.long
def test_who_may_write_nothing_is_found_by_a_row_and_not_by_a_look(portal):
    """A quota, a file system that only reads: there is room, and no row is taken."""
    first = portal.cookies[0]
    form = drills.reading(portal, first)
    portal.let_write(most=0)
    # Both processes that answer have tried by then.
    wait_until(lambda: all(portal.readiness().status_code == 503 for _ in range(8)), 40)
    assert portal.readiness().text.startswith("no row is taken")
    for page in PAGES:
        assert portal.get(page, first).status_code == 200, page
    assert portal.post("/readings", form, first).status_code == 503
    portal.let_write()
    wait_until(lambda: all(portal.readiness().status_code == 200 for _ in range(8)), 10)
    assert portal.post("/readings", form, first).status_code == 303


@pytest.mark.long
@pytest.mark.parametrize("portal", ["64m"], indirect=True)
def test_it_is_full_at_any_moment(portal):
    """Readings, photos and the log want room all the time; now and then there is none."""
    open_database(portal.database_url)
    crowd = Crowd(portal, hands=2, askers=10)
    close_database()
    chance, longest = random.Random("full"), 0
    with crowd.at_work():
        for _ in range(TRIALS):
            time.sleep(chance.uniform(0.05, 0.4))
            if chance.random() < 0.7:
                shorten_log(portal)
            fill_until_felt(portal, crowd)
            drills.empty(portal.home)
            began = time.monotonic()
            wait_until(lambda: portal.readiness().status_code == 200, BACK, pause=0.02)
            longest = max(longest, time.monotonic() - began)
    told = f"{len(crowd.readings)} readings, {len(crowd.questions)} questions,"
    told += f" back after {longest:.2f} s, {dict(crowd.told)}"
    log.info(told)  # with --log-cli-level=info
    # It was full at work, and what is only read was there all the time.
    assert crowd.told["POST", 503] > TRIALS / 2, told
    assert crowd.told["GET", 503] == 0, told
    assert len(crowd.readings) > TRIALS / 2, told
    assert len(crowd.questions) > TRIALS / 10, told
    assert (portal.is_alive("serve"), portal.is_alive("work")) == (True, True)
    assert_logged(portal)
    portal.stop("serve")
    portal.stop("work")
    open_database(portal.database_url)
    assert list(crowd.faults()) == [], told
    assert StoredFile.select().count() == len(crowd.questions)
    for row in StoredFile.select():
        # Whole: its pieces are as long together as it says.
        assert sum(map(len, files.pieces_of(row.id))) == row.size
    close_database()
    assert_sound(portal)


def shorten_log(portal):
    """Let SQLite's log have no room of its own, if nobody reads just now."""
    with closing(sqlite3.connect(portal.home / "cabinet.sqlite3", 0.1)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def fill_until_felt(portal, crowd):
    """Leave no room until somebody is told so; while the log has some left, for a second."""
    before, ends = crowd.told["POST", 503], time.monotonic() + 1
    while time.monotonic() < ends and crowd.told["POST", 503] == before:
        # What is freed meanwhile is taken too.
        drills.fill(portal.home)
        time.sleep(0.02)


def assert_logged(portal):
    """The log goes on by itself, line by line."""
    portal.get("/news")
    last = portal.words("serve").splitlines()[-1]
    assert json.loads(last)["logger"] == "cabinet.requests"
