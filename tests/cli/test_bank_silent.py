"""The bank is silent: a page in ten seconds, no thread longer, and the payment is found."""

import contextlib
import re
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from cabinet.models import Payment
from cabinet.models.connection import close_database, open_database
from cabinet.services import bulkheads
from tests import drills
from tests.drills import heading, wait_until, words_of
from tests.paying import BANK_LINK, BY_DEED, TOKEN
from tests.ports import free_port

#: What a bank does is the same to both databases.
pytestmark = pytest.mark.long

PAYERS = 16
READERS = 10
WORKERS = 2
#: Payments that are tried at a bank known to be silent; a process that nobody had come to
#: has yet to find it out.
FEW = bulkheads.BANK.few + (WORKERS - 1) * bulkheads.BANK.most
#: Seconds: of the call at most, and what a busy machine may add to a page.
CALL, SPARE = 10, 5


#: What a bank answers that is no answer.
SAYS = {
    "silent": b"",
    "fault": b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
    "half": b'HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"id": "2c',
}


class Mute:
    """A bank that takes every call and says nothing, a fault, or half an answer."""

    def __init__(self, port):
        self.mode = "silent"
        self.held = []
        self.listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self.listener.settimeout(0.2)
        self.thread = threading.Thread(target=self._accept)
        self.is_over = False
        self.thread.start()

    def _accept(self):
        while not self.is_over:
            with contextlib.suppress(OSError):
                connection, _ = self.listener.accept()
                self.held.append(connection)
                connection.recv(65536)
                connection.sendall(SAYS[self.mode])

    def close(self):
        self.is_over = True
        self.thread.join()
        for each in (*self.held, self.listener):
            each.close()


@pytest.fixture
def portal(db, database_url, tmp_path):
    port = free_port()
    made = drills.installed(
        tmp_path / "home",
        database_url,
        PAYERS + READERS,
        CABINET_EMULATOR=f"http://127.0.0.1:{port}",
        CABINET_EMULATOR_TOKEN=TOKEN,
    )
    made.bank_port, made.workers = port, WORKERS
    with made:
        made.start("serve")
        yield made


@contextlib.contextmanager
def mute(port):
    bank = Mute(port)
    try:
        yield bank
    finally:
        bank.close()


def timed(call):
    began = time.monotonic()
    answer = call()
    return time.monotonic() - began, answer


def assert_few_try(portal, pool, forms, answers):
    """Those who were told to come again do, at once, while the bank is still silent."""
    again = [
        pool.submit(portal.post, "/pay", form, cookie)
        for (cookie, form), (_, answer) in zip(forms.items(), answers, strict=True)
        if not answer.is_redirect
    ]
    assert len(again) > FEW
    begun = [each for each in again if each.result().is_redirect]
    assert 1 <= len(begun) <= FEW


def test_others_live_and_the_payment_is_found(portal):
    forms = {each: drills.payment(portal, each) for each in portal.cookies[:PAYERS]}
    readers = {each: drills.reading(portal, each) for each in portal.cookies[PAYERS:]}
    with mute(portal.bank_port), ThreadPoolExecutor(PAYERS) as pool:
        sent = [
            pool.submit(timed, lambda f=form, c=cookie: portal.post("/pay", f, c))
            for cookie, form in forms.items()
        ]
        time.sleep(1)
        # So many are with the bank now as may be; everybody else lives.
        for cookie, form in readers.items():
            took, answer = timed(
                lambda f=form, c=cookie: portal.post("/readings", f, c)
            )
            assert answer.status_code == 303
            assert took < SPARE
        answers = [each.result() for each in sent]
        assert_few_try(portal, pool, forms, answers)
    assert max(took for took, _ in answers) < CALL + SPARE
    begun = {c: a for c, (_, a) in zip(forms, answers, strict=True) if a.is_redirect}
    told = {c: a for c, (_, a) in zip(forms, answers, strict=True) if c not in begun}
    # A process has so many at the bank, and one more who waits two seconds for a place.
    assert 1 <= len(begun) <= WORKERS * bulkheads.BANK.most
    for answer in told.values():
        assert answer.status_code == 503
        assert heading(answer) == "Банк отвечает медленно"
        assert "Платёж не начат, деньги не списаны" in words_of(answer)
        assert drills.fields_of(answer, "again")["method"] == "card"
    open_database(portal.database_url)
    assert len(begun) < Payment.select().count() <= len(begun) + FEW
    close_database()
    cookie, answer = next(iter(begun.items()))
    page = answer.headers["Location"]
    words = words_of(portal.get(page, cookie))
    assert "Уточняем" in words
    assert_found(portal, page, cookie)


def assert_found(portal, page, cookie):
    """The bank is back, the worker asks it, and the customer pays after all."""
    bank = subprocess.Popen(
        [drills.COMMAND, "emulator", "--port", str(portal.bank_port)],
        env=portal.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        portal.start("work")
        link = wait_until(
            lambda: BANK_LINK.search(portal.get(page, cookie).text), seconds=90
        )
        done = httpx.post(
            re.sub(r"/pay/", "/emulator/pay/", link[1]),
            json={"card": BY_DEED["pays"], "code": ""},
            headers={"X-Emulator-Token": TOKEN},
            trust_env=False,
        )
        assert done.status_code == 200
        wait_until(lambda: "Платёж прошёл" in words_of(portal.get(page, cookie)), 90)
        portal.stop("work")
    finally:
        bank.terminate()
        bank.wait(20)


@pytest.mark.parametrize(("mode", "most"), [("fault", SPARE), ("half", CALL + SPARE)])
def test_whatever_is_no_answer_leads_to_the_page_that_waits(portal, mode, most):
    cookie = portal.cookies[0]
    form = drills.payment(portal, cookie)
    with mute(portal.bank_port) as bank:
        bank.mode = mode
        took, answer = timed(lambda: portal.post("/pay", form, cookie))
    assert answer.is_redirect
    assert took < most
    words = words_of(portal.get(answer.headers["Location"], cookie))
    assert "Уточняем" in words
    assert "платите ещё раз" in words
