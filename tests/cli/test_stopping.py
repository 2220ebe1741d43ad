"""The portal and the worker are stopped amid their work: nobody is torn off, nothing is half done."""

import http.client
import signal
import socket
import threading
import time
from contextlib import ExitStack, suppress

import httpx
import pytest

from cabinet.cli import stopping
from cabinet.cli.server import GRACE_SECONDS
from cabinet.models import (
    Account,
    AuditEntry,
    Job,
    Meter,
    OutboxMessage,
    Question,
    Reading,
    Session,
    StoredFile,
    User,
)
from cabinet.models.base import database, on_sqlite, writing
from cabinet.models.connection import close_database, open_database
from cabinet.services import export
from cabinet.services.audit import Actor
from cabinet.services.bulkheads import THREADS
from tests import drills, factories
from tests.bringing import NOW
from tests.crowds import photo
from tests.drills import wait_until
from tests.ports import free_port
from tests.postoffice import PostOffice, put_letter

#: Seconds until who sent a signal at first sends two more.
AGAIN = 0.3
TEXT = "Свет моргает второй вечер подряд."
VALUE = 4123


@pytest.fixture
def install(db, database_url, tmp_path):
    """Make the installation of so many households, each with a bill; nothing runs yet."""
    with ExitStack() as stack:

        def make(houses, **more):
            made = drills.installed(tmp_path / "home", database_url, houses, **more)
            for account in Account.select():
                factories.make_bill(account)
            return stack.enter_context(made)

        yield make


class Line:
    """A connection with a request that was sent over it, whole or in part."""

    def __init__(self, portal, pieces):
        self.socket = socket.create_connection(("127.0.0.1", portal.port), 60)
        for piece in pieces:
            self.socket.sendall(piece)

    def answer(self):
        """Return status, heading words and body of an answer; raises where none is whole."""
        with self.socket:
            found = http.client.HTTPResponse(self.socket)
            found.begin()
            body = found.read()
        assert found.status != 503 or found.headers["Retry-After"], body
        return found.status, body

    def drip(self):
        """Go on with a byte now and then until the other side has had enough."""
        with suppress(OSError):
            while True:
                time.sleep(0.2)
                self.socket.sendall(b"x")


def written(portal, number, method, path, cookie, **body):
    """Return the bytes of a request of a customer with an address of their own."""
    headers = {"X-Forwarded-For": f"10.1.{number // 250}.{number % 250 + 1}"}
    if cookie:
        headers["Cookie"] = f"sid={cookie}"
    request = httpx.Request(method, portal.origin + path, headers=headers, **body)
    request.read()
    head = f"{method} {path} HTTP/1.1\r\n".encode()
    told = (b"%s: %s\r\n" % pair for pair in request.headers.raw)
    return head + b"".join(told) + b"\r\n" + request.content


# What people are at -------------------------------------------------------------------


def home(portal, number, cookie):
    return written(portal, number, "GET", "/", cookie)


def receipt(portal, number, cookie):
    return written(portal, number, "GET", "/bills/2026-10.pdf", cookie)


def reading(portal, number, cookie):
    form = drills.reading(portal, cookie, str(VALUE))
    return written(portal, number, "POST", "/readings", cookie, data=form)


def question(portal, number, cookie):
    form = portal.form("/questions", "question-form", cookie)
    typed = {**form, "topic": "meter", "text": TEXT}
    file = {"files": ("photo.jpg", photo(), "image/jpeg")}
    return written(portal, number, "POST", "/questions", cookie, data=typed, files=file)


def sign_in(portal, number, _cookie):
    with httpx.Client(base_url=portal.origin, trust_env=False, timeout=30) as browser:
        form = drills.fields_of(browser.get("/login"), "login-form")
        cookie = browser.cookies.get("sid")
    typed = {"login": f"house{number}@example.org", "password": factories.PASSWORD}
    return written(portal, number, "POST", "/login", cookie, data=form | typed)


DEEDS = (reading, home, reading, sign_in, reading, question, home, receipt)
#: What an answer that is not «come again» is.
DEAR = {receipt, question, sign_in}
GOOD = {home: 200, receipt: 200, reading: 303, question: 303, sign_in: 303}
ENDS = {home: b"</html>", receipt: b"%%EOF"}


class Newcomers(threading.Thread):
    """People who come while it stops: each is answered whole, or finds the door closed."""

    def __init__(self, portal):
        super().__init__()
        self.portal, self.torn = portal, []
        self.answered = self.refused = 0
        self.is_over = threading.Event()
        self.start()

    def run(self):
        while not self.is_over.wait(0.02):
            try:
                line = Line(self.portal, [])
            except ConnectionRefusedError:
                self.refused += 1
                continue
            try:
                line.socket.sendall(written(self.portal, 0, "GET", "/healthz", ""))
                status, _ = line.answer()
            except (OSError, http.client.HTTPException) as error:
                self.torn.append(error)
            else:
                assert status in {200, 503}
                self.answered += 1


MANY = pytest.mark.long


@pytest.mark.parametrize(
    ("people", "number"),
    [
        (24, signal.SIGINT),
        pytest.param(100, signal.SIGTERM, marks=MANY),
        pytest.param(100, signal.SIGINT, marks=MANY),
    ],
)
def test_who_has_come_is_answered_and_who_comes_is_refused(install, people, number):
    portal = install(people)
    portal.start("serve")
    deeds = [DEEDS[at % len(DEEDS)] for at in range(people)]
    sent = [
        deed(portal, at, cookie)
        for at, (deed, cookie) in enumerate(zip(deeds, portal.cookies, strict=True))
    ]
    lines = [Line(portal, [request]) for request in sent]
    newcomers = Newcomers(portal)
    time.sleep(0.1)
    began = time.monotonic()
    portal.signal("serve", number)
    time.sleep(AGAIN)
    for again in (signal.SIGTERM, signal.SIGINT):
        if portal.is_alive("serve"):
            portal.signal("serve", again)
    answers = [line.answer() for line in lines]
    assert portal.ended("serve", GRACE_SECONDS) == 0
    assert time.monotonic() - began < GRACE_SECONDS
    newcomers.is_over.set()
    newcomers.join()
    assert newcomers.torn == []
    assert newcomers.refused > 0
    for deed, (status, body) in zip(deeds, answers, strict=True):
        # More than the bulkheads let in of what is dear come again; nobody else does.
        good = {GOOD[deed], 503} if deed in DEAR else {GOOD[deed]}
        assert status in good, (deed.__name__, status)
        if status == 200:
            assert body.rstrip().endswith(ENDS[deed]), deed.__name__
    served = {d for d, (status, _) in zip(deeds, answers, strict=True) if status != 503}
    assert served == set(GOOD)
    assert_whole(portal, deeds, [status for status, _ in answers])


def assert_whole(portal, deeds, statuses):
    """What was acknowledged is there, once and with its trace, and nothing else is."""

    def done(which):
        rows = enumerate(zip(deeds, statuses, strict=True))
        return {at for at, (deed, s) in rows if deed is which and s == GOOD[which]}

    open_database(portal.database_url)
    houses = {
        f"47{at:010}": at
        for at in range(len(deeds))  # as `drills.households` numbers them
    }
    of_month = (
        Reading.select(Reading, Meter, Account)
        .join(Meter)
        .join(Account)
        .where(Reading.period == drills.MONTH)
    )
    rows = [houses[row.meter.account.number] for row in of_month]
    assert sorted(rows) == sorted(done(reading))
    assert {row.t1.kwh for row in of_month} <= {VALUE}
    assert traces("reading.submitted") == len(rows)
    users = {row.id: row.email for row in User.select()}
    asked = [users[row.user_id] for row in Question.select()]
    assert sorted(asked) == sorted(f"house{at}@example.org" for at in done(question))
    assert StoredFile.select().count() == len(asked)
    sessions = [users[row.user_id] for row in Session.select()]
    for at, deed in enumerate(deeds):
        if deed is sign_in:
            opened = sessions.count(f"house{at}@example.org")
            assert opened == 1 + (at in done(sign_in))
    close_database()


def traces(action):
    return AuditEntry.select().where(AuditEntry.action == action).count()


@pytest.mark.long
def test_who_is_still_sending_is_told_to_come_again(install):
    """A file half sent, one that comes by the byte, and a request without its end."""
    portal = install(3)
    portal.start("serve")
    whole = [question(portal, at, each) for at, each in enumerate(portal.cookies)]
    half, dripping = (Line(portal, [each[: len(each) // 2]]) for each in whole[:2])
    headless = Line(portal, [whole[2][:60]])
    threading.Thread(target=dripping.drip, daemon=True).start()
    # Whoever has said nothing is no request.
    silent = Line(portal, [])
    time.sleep(1)
    began = time.monotonic()
    portal.signal("serve", signal.SIGTERM)
    for line in (half, dripping):
        status, body = line.answer()
        assert (status, "Кабинет на обслуживании" in body.decode()) == (503, True)
    # They had their time, and there is some left for others.
    waited = time.monotonic() - began
    assert GRACE_SECONDS * stopping.HEARD < waited < GRACE_SECONDS * stopping.BEGUN
    for line in (headless, silent):
        assert line.socket.recv(1) == b""
        line.socket.close()
    assert portal.ended("serve", GRACE_SECONDS) == 0
    assert time.monotonic() - began < GRACE_SECONDS
    open_database(portal.database_url)
    assert not Question.select().exists()
    assert not StoredFile.select().exists()
    close_database()


@pytest.mark.long
def test_who_is_not_begun_with_in_time_is_told_to_come_again(install):
    """Threads are busy to the end of the grace: the others need not wait for the kill."""
    portal = install(THREADS + 4)
    portal.workers, portal.serve = 1, ("--grace", "3")
    portal.start("serve")
    requests = [
        (reading if at < THREADS else home)(portal, at, cookie)
        for at, cookie in enumerate(portal.cookies)
    ]
    open_database(portal.database_url)
    with writing():
        if not on_sqlite():
            database.execute_sql("LOCK TABLE reading IN ACCESS EXCLUSIVE MODE")
        held = [Line(portal, [each]) for each in requests[:THREADS]]
        time.sleep(1)
        others = [Line(portal, [each]) for each in requests[THREADS:]]
        portal.signal("serve", signal.SIGTERM)
        for line in others:
            status, body = line.answer()
            assert (status, "перезапускается" in body.decode()) == (503, True)
        assert portal.ended("serve", GRACE_SECONDS) == 0
        for line in held:
            # Cut off: nobody was told that it was taken, and it is not.
            with pytest.raises((OSError, http.client.HTTPException)):
                line.answer()
    assert not Reading.select().where(Reading.period == drills.MONTH).exists()
    close_database()


# The worker ---------------------------------------------------------------------------


def stop_work(portal):
    """Stop the worker with three signals; return the seconds it took."""
    began = time.monotonic()
    for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT):
        if portal.is_alive("work"):
            portal.signal("work", number)
        time.sleep(0.1)
    assert portal.ended("work", GRACE_SECONDS) == 0
    return time.monotonic() - began


def archive():
    return Job.get(Job.kind == export.KIND)


@pytest.mark.long
def test_the_worker_lays_an_archive_down_and_takes_it_up_again(install):
    portal = install(12)
    open_database(portal.database_url)
    user = User.select().order_by(User.id).first()
    for number, account in enumerate(Account.select().order_by(Account.id)):
        if number:
            factories.give_access(user, account)
        for month in range(1, 10):
            factories.make_bill(account, f"2026-0{month}")
    export.ask(user.id, actor=Actor(user.id), pepper=factories.SECRET_KEY, now=NOW)
    portal.start("work")
    wait_until(lambda: archive().progress.get("done", 0) > 1)
    stop_work(portal)
    left = archive()
    assert (left.done_at, left.failed_at, left.lease_until) == (None, None, None)
    assert left.tries == 0
    assert left.progress["done"] < left.progress["total"]
    assert not StoredFile.select().exists()
    portal.start("work")
    wait_until(lambda: archive().done_at, 120)
    assert (StoredFile.select().count(), traces("export.made")) == (1, 1)
    assert stop_work(portal) < GRACE_SECONDS
    close_database()


@pytest.mark.long
def test_the_worker_ends_the_letter_it_has_begun_and_leaves_the_others(install):
    port = free_port()
    portal = install(
        6,
        CABINET_MAIL_SERVER="127.0.0.1",
        CABINET_MAIL_PORT=str(port),
        CABINET_MAIL_TLS="0",
    )
    open_database(portal.database_url)
    for user in User.select():
        put_letter(user, now=NOW)
    office = PostOffice(port)
    office.mode = "slow"
    portal.start("work")
    wait_until(lambda: office.taken)
    assert stop_work(portal) < 3 * office.pause
    assert 1 <= len(office.taken) <= 3
    waiting = OutboxMessage.select().where(OutboxMessage.sent_at.is_null())
    assert waiting.count() == 6 - len(office.taken)
    # Nobody need wait for a lease to end.
    assert {(row.lease_until, row.tries) for row in waiting} == {(None, 0)}
    office.mode = "works"
    portal.start("work")
    wait_until(lambda: not waiting.exists())
    stop_work(portal)
    office.close()
    assert (len(office.taken), set(office.taken.values())) == (6, {1})
    close_database()
