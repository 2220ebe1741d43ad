"""script/server as a stranger starts it: to a reading and a payment, and stopped."""

import http.cookiejar
import io
import os
import re
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.request
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import lxml.html
import pytest
from pypdf import PdfReader

from cabinet.emulator.cards import CARDS, Deed
from tests import checkouts
from tests.factories import PASSWORD
from tests.ports import free_port

PEOPLE = ("client@example.org", "operator@example.org", "admin@example.org")
CARD = next(card.number for card in CARDS if card.deed is Deed.PAYS)
READY = "Ctrl-C stops everything."
#: Seconds for a machine that has much else to do; a quiet one needs a tenth.
PATIENCE = 150


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A checkout whose environment is the one of the tests: nothing is installed."""
    root = checkouts.make(tmp_path_factory.mktemp("checkout"))
    checkouts.lend_environment(root)
    return root


class Portal:
    """The script at work, with what it has printed."""

    def __init__(self, checkout, home, *words, host="127.0.0.1"):
        self.port = free_port()
        self.host = host
        self.process = subprocess.Popen(
            # Ctrl-C is heard even if the tests themselves run where it is not.
            ["env", "--default-signal=INT", checkout / "script" / "server", *words],
            env=environ(home, HOST=host, PORT=self.port, BANK_PORT=free_port()),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A group of its own, as a terminal makes one.
            start_new_session=True,
        )
        self.printed = ""
        for line in self.process.stdout:
            self.printed += line
            if READY in line:
                break
        else:
            self.process.wait()
            raise AssertionError(self.printed)
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), cookies
        )

    def get(self, path):
        return self._open(path)

    def submit(self, page, form_id, **values):
        """Send the form of the page as a browser without JavaScript does."""
        return self.send(page.get_element_by_id(form_id), **values)

    def send(self, form, **values):
        """Send a form to where its page came from, and follow where that leads."""
        assert form.method == "POST"
        fields = {**{k: v for k, v in form.form_values() if v is not None}, **values}
        url = urljoin(form.base_url, form.action)
        return self._open(url, urlencode(fields).encode())

    def pay(self):
        """Go from home to the bank, pay there, and come back; return the last page."""
        home = self.get("/")
        (link,) = home.xpath("//main//a[normalize-space()='Оплатить']")
        form = self.get(link.get("href"))
        page = self.submit(form, "pay-form", method="card")
        if page.xpath("//form[@id='pay-sure']"):
            page = self.submit(page, "pay-sure", method="card")
        assert "Учебные карты" in page.text_content()
        (card,) = page.forms
        page = self.send(card, card=CARD, date="12/30", cvc="123")
        for _ in range(PATIENCE):
            # The link «Обновить» of who has no JavaScript.
            found = page.xpath("//a[normalize-space()='Обновить']")
            if not found:
                break
            time.sleep(1)
            page = self.get(found[0].get("href"))
        return page

    def sign_in(self):
        page = self.get("/login")
        return self.submit(page, "login-form", login=PEOPLE[0], password=PASSWORD)

    def stop(self, *, whole_group):
        """Press Ctrl-C; return the words of the end, and the code."""
        if whole_group:
            os.killpg(self.process.pid, signal.SIGINT)
        else:
            self.process.send_signal(signal.SIGINT)
        words = self.process.stdout.read()
        return words, self.process.wait(PATIENCE)

    def served_by(self):
        """Return the processes that answer requests: children of one of the same name."""
        parents = {}
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                words = (path / "cmdline").read_bytes().split(b"\0")
                if b"serve" in words and os.getpgid(int(path.name)) == self.process.pid:
                    stat = (path / "stat").read_text().rpartition(")")[2].split()
                    parents[int(path.name)] = int(stat[1])
        return [pid for pid, parent in parents.items() if parent in parents]

    def is_anybody_left(self):
        """Tell whether anything the script started is still there.

        What is killed is gone as soon as the system has noticed.
        """
        for _ in range(50):
            try:
                os.killpg(self.process.pid, 0)
            except ProcessLookupError:
                return False
            time.sleep(0.1)
        return True

    def kill(self):
        if self.is_anybody_left():
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def read(self, url, data=None):
        """Return the bytes of a page or a file."""
        with self._opener.open(self.address(url), data, timeout=60) as answer:
            return answer.read()

    def address(self, path):
        return urljoin(f"http://{self.host}:{self.port}/", path)

    def _open(self, url, data=None):
        with self._opener.open(self.address(url), data, timeout=60) as answer:
            html = answer.read().decode()
            return lxml.html.document_fromstring(html, base_url=answer.geturl())


def environ(home, **more):
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("CABINET_")
    }
    numbers = {name: str(value) for name, value in more.items()}
    return {
        **kept,
        "CABINET_HOME": str(home),
        "PYTHONPATH": str(checkouts.ROOT),
        **numbers,
    }


@pytest.fixture
def start(checkout):
    """Start the script in a home; whatever is left of it afterwards is killed."""
    started = []

    def start(home, *words, **values):
        started.append(Portal(checkout, home, *words, **values))
        return started[-1]

    yield start
    for portal in started:
        portal.kill()


def bare(page):
    """Return the words of a page, the spaces within its figures left out."""
    text = " ".join(page.text_content().split())
    return re.sub(r"(?<=\d) (?=\d)", "", text)


def people_of(home):
    """Return the salt of the letters of each person: it is drawn when they are made."""
    with closing(sqlite3.connect(home / "cabinet.sqlite3")) as database:
        return dict(database.execute("SELECT email, address_key FROM user"))


def last_reading(page):
    """Return the whole kilowatt-hours beside the field, as the customer reads them."""
    hint = page.get_element_by_id("t1-h").text_content()
    digits = hint.partition(":")[2].partition("(")[0]
    return int(re.sub(r"\D", "", digits))


@pytest.mark.timeout(4 * PATIENCE)
def test_from_an_empty_folder_to_a_reading_a_receipt_and_a_payment(start, tmp_path):
    first = start(tmp_path / "home")
    assert f"\n   http://127.0.0.1:{first.port}\n" in first.printed
    for one in (*PEOPLE, PASSWORD, "the demo is ready"):
        assert one in first.printed
    assert "Traceback" not in first.printed
    # The environment of the tests is taken as it is.
    assert "Installing" not in first.printed
    home = first.sign_in()
    typed = last_reading(home) + 120
    done = first.submit(home, "reading-form", t1=str(typed))
    assert "Спасибо. Ваши данные были введены без ошибок" in bare(done)
    months = first.get("/bills").get_element_by_id("bill-form")
    chosen = urlencode([(k, v) for k, v in months.form_values() if v is not None])
    receipt = first.get(f"{months.action}?{chosen}")
    assert "Квитанция за октябрь 2026" in bare(receipt)
    (link,) = receipt.xpath("//a[starts-with(., 'Скачать PDF')]/@href")
    (sheet,) = PdfReader(io.BytesIO(first.read(link))).pages
    assert "К оплате до" in sheet.extract_text()
    paid = first.pay()
    assert "Платёж прошёл" in bare(paid)
    assert "Зачислен на лицевой счёт" in bare(paid)
    words, code = first.stop(whole_group=True)
    assert (code, "Stopping" in words, "Traceback" in words) == (0, True, False), words
    assert not first.is_anybody_left()
    made = people_of(tmp_path / "home")

    again = start(tmp_path / "home")
    # Nothing is made a second time, and nothing is told of it.
    assert f"in {tmp_path / 'home'}\n   the demo is ready" in again.printed
    assert people_of(tmp_path / "home") == made
    assert f"приняты 22 ноября: {typed}" in bare(again.sign_in())
    assert "Платёж прошёл" in bare(again.get(urlsplit(paid.base_url).path))
    again.stop(whole_group=False)
    assert not again.is_anybody_left()

    over = start(tmp_path / "home", "--reset")
    assert last_reading(over.sign_in()) == typed - 120
    assert people_of(tmp_path / "home").keys() == made.keys()
    assert people_of(tmp_path / "home") != made
    over.stop(whole_group=True)


def test_it_listens_where_it_is_told_and_nowhere_else(start, tmp_path):
    portal = start(tmp_path / "home", host="127.0.0.2")
    assert f"\n   http://127.0.0.2:{portal.port}\n" in portal.printed
    assert "Вход в личный кабинет" in bare(portal.get("/login"))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", portal.port), timeout=5).close()


@pytest.mark.timeout(2 * PATIENCE)
def test_what_does_not_obey_is_gone_as_well(start, tmp_path):
    portal = start(tmp_path / "home")
    (stuck, *_) = portal.served_by()
    os.kill(stuck, signal.SIGSTOP)
    words, code = portal.stop(whole_group=True)
    assert code == 0, words
    assert not portal.is_anybody_left()


@pytest.mark.parametrize("name", ["PORT", "BANK_PORT"])
def test_a_port_that_is_taken_is_told_before_anything_is_made(checkout, tmp_path, name):
    home = tmp_path / "home"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = {"PORT": free_port(), "BANK_PORT": free_port()}
        ports[name] = taken.getsockname()[1]
        done = subprocess.run(
            [checkout / "script" / "server"],
            env=environ(home, **ports),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{ports[name]}; another port: {name}=" in (
        done.stderr
    )
    assert not done.stdout
    assert list(home.iterdir()) == []
