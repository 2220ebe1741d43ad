"""The mail server is silent: no page waits, no other job does, and every letter leaves once."""

import contextlib
import re
import socket
import threading
import time
from collections import Counter

import pytest

from cabinet.models import AuditSeal, OutboxMessage
from cabinet.models.base import database
from cabinet.models.connection import close_database, open_database
from tests import drills
from tests.drills import wait_until, words_of
from tests.paying import free_port

#: What a mail server does is the same to both databases.
pytestmark = pytest.mark.long

HOUSES = 6
#: Seconds a page may take on a machine that has much else to do.
AT_ONCE = 3


class PostOffice:
    """A mail server that does harm while it is told to; `taken` are its letters."""

    def __init__(self, port):
        self.mode = "silent"
        self.taken = Counter()
        self.is_over = False
        self.listener = socket.create_server(("127.0.0.1", port))
        self.listener.settimeout(0.2)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.is_over = True
        self.listener.close()

    def _accept(self):
        while not self.is_over:
            with contextlib.suppress(OSError):
                connection, _ = self.listener.accept()
                threading.Thread(
                    target=self._serve, args=(connection,), daemon=True
                ).start()

    def _serve(self, connection):
        with connection, contextlib.suppress(OSError):
            while self.mode == "silent":
                time.sleep(0.1)
                if self.is_over:
                    return
            self._speak(connection.makefile("rwb"))

    def _speak(self, stream):
        def reply(line):
            stream.write(f"{line}\r\n".encode())
            stream.flush()

        reply("421 too busy" if self.mode == "busy" else "220 ready")
        letter = None
        for raw in stream:
            line = raw.decode().strip()
            word = line.partition(" ")[0].lower()
            if letter is not None:
                letter.append(line)
                if line == ".":
                    self.taken[number_of(letter)] += 1
                    letter = None
                    reply("250 taken")
            elif word == "rcpt" and self.mode == "later":
                reply("451 come back later")
            elif word == "data":
                letter = []
                reply("354 go on")
            else:
                reply("221 bye" if word == "quit" else "250 ok")
                if word == "quit":
                    return


def number_of(letter):
    return re.search(r"Message-ID: <(\d+)\.", "\n".join(letter))[1]


@pytest.fixture
def portal(db, database_url, tmp_path):
    port = free_port()
    made = drills.installed(
        tmp_path / "home",
        database_url,
        HOUSES,
        CABINET_MAIL_SERVER="127.0.0.1",
        CABINET_MAIL_PORT=str(port),
        CABINET_MAIL_TLS="0",
    )
    made.mail_port = port
    with made:
        made.start("serve")
        yield made


def confirm(portal, cookie):
    """Send a reading and ask for a letter about it."""
    sent = portal.post("/readings", drills.reading(portal, cookie), cookie)
    assert sent.status_code == 303
    done = sent.headers["Location"]
    form = drills.fields_of(portal.get(done, cookie), "reading-mail")
    began = time.monotonic()
    answer = portal.post(f"{done}/mail", form, cookie)
    assert time.monotonic() - began < AT_ONCE
    assert answer.status_code == 303
    page = portal.get(answer.headers["Location"], cookie)
    assert "Подтверждение отправили" in words_of(page)


def waiting(portal):
    open_database(portal.database_url)
    with contextlib.closing(database):
        return OutboxMessage.select().where(OutboxMessage.sent_at.is_null()).count()


@pytest.mark.parametrize("mode", ["silent", "refused", "busy"])
def test_letters_wait_and_leave_once(portal, mode):
    office = None
    if mode != "refused":
        office = PostOffice(portal.mail_port)
        office.mode = mode
    for cookie in portal.cookies:
        confirm(portal, cookie)
    portal.start("work")
    # The log is sealed by who sent letters before, and does not wait for the server now.
    open_database(portal.database_url)
    wait_until(lambda: AuditSeal.select().exists(), 8)
    close_database()
    wait_until(lambda: "mail waits, its server is away" in portal.words("work"))
    assert waiting(portal) == HOUSES
    assert portal.get("/readyz").status_code == 200
    code, said = portal.run("doctor")
    assert code == 1
    assert f"127.0.0.1:{portal.mail_port}: " in said

    if office is None:
        office = PostOffice(portal.mail_port)
    office.mode = "works"
    wait_until(lambda: sum(office.taken.values()) >= HOUSES)
    wait_until(lambda: waiting(portal) == 0)
    portal.stop("work")
    office.close()
    assert set(office.taken.values()) == {1}
    assert len(office.taken) == HOUSES


def test_a_letter_that_is_put_off_stops_no_other(portal):
    """The server takes none at first, one by one: each is tried later by itself."""
    office = PostOffice(portal.mail_port)
    office.mode = "later"
    for cookie in portal.cookies:
        confirm(portal, cookie)
    portal.start("work")
    wait_until(lambda: portal.words("work").count("mail failed") == HOUSES)
    assert waiting(portal) == HOUSES
    office.mode = "works"
    portal.stop("work")
    # Two minutes later.
    portal.more["CABINET_NOW"] = "2026-11-22T12:10:00+03:00"
    portal.start("work")
    wait_until(lambda: waiting(portal) == 0)
    office.close()
    assert set(office.taken.values()) == {1}
