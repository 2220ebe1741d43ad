"""People who send readings, files and payments without end, and remember each answer.

Who is told to come again sends the same form again, as the page asks them to.
"""

import contextlib
import functools
import io
import itertools
import re
import subprocess
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
from PIL import Image

from cabinet.models import Meter, Question, Reading
from cabinet.web import bulkheads
from tests import drills
from tests.drills import wait_until
from tests.paying import BY_DEED, TOKEN

FIRST = 4101
#: Seconds until somebody who was told to come again does.
AGAIN = 0.05
#: Questions of one person: a day has ten.
MOST_ASKED = 9
TEXT = "Свет моргает второй вечер подряд."
DEAL = re.compile(r"/pay/([^/?]+)$")


@functools.cache
def photo():
    """Return a picture that is just long enough to be dear."""
    for side in itertools.count(200, 20):
        body = io.BytesIO()
        noise = Image.effect_noise((side, side), 80).convert("RGB")
        noise.save(body, "JPEG", quality=90)
        if len(body.getvalue()) > bulkheads.FILE_BYTES:
            return body.getvalue()
    raise AssertionError


class Crowd:
    """Everybody of an installation whose database is open, and what they were answered."""

    def __init__(self, portal, *, hands=3, askers=0, payers=0):
        meters = [row.public_id for row in Meter.select().order_by(Meter.id)]
        houses = list(zip(portal.cookies, meters, strict=True))
        self.portal, self.hands = portal, hands
        self.askers, houses = houses[:askers], houses[askers:]
        self.payers, self.houses = houses[:payers], houses[payers:]
        #: Answers by method and status; keys of readings with their values, and of
        #: questions; what was paid at the bank, by the bank's names.
        self.told = Counter()
        self.readings, self.questions, self.deals = {}, [], []
        #: The keys and deals among them, each with the moment somebody knew of it.
        self.known = []
        self._over, self._given_up = threading.Event(), threading.Event()

    @contextlib.contextmanager
    def at_work(self):
        """Let them live meanwhile; whatever goes wrong with one is raised at the end."""
        lives = [functools.partial(self._send_readings, n) for n in range(self.hands)]
        if self.askers:
            lives.append(self._ask)
        if self.payers:
            lives.append(self._pay)
        with ThreadPoolExecutor(len(lives)) as pool:
            lived = [pool.submit(each) for each in lives]
            try:
                yield
            except BaseException:
                # Nobody waits for what may never come back.
                self._given_up.set()
                raise
            finally:
                self._over.set()
            for each in lived:
                each.result(drills.PATIENCE)

    def _until(self, good, call):
        """Return the first answer that is good; every other one asks to come again."""
        while not self._given_up.is_set():
            answer = call()
            self.told[answer.request.method, answer.status_code] += 1
            if answer.status_code == good:
                return answer
            assert answer.status_code == 503, (answer.status_code, answer.text)
            assert answer.headers["Retry-After"]
            time.sleep(AGAIN)
        raise RuntimeError("given up")

    def _form(self, page, name, cookie):
        answer = self._until(200, lambda: self.portal.get(page, cookie))
        return drills.fields_of(answer, name)

    def _send_readings(self, number):
        """Send a reading of each house, and then one in the place of each, and so on."""
        for value in itertools.count(FIRST):
            for cookie, meter in self.houses[number :: self.hands]:
                if self._over.is_set():
                    return
                page = f"/readings?meter={meter}"
                form = self._form(page, "reading-form", cookie) | {"t1": str(value)}
                self._until(
                    303,
                    lambda f=form, c=cookie: self.portal.post("/readings", f, c),
                )
                self.readings[form["key"]] = value
                self.known.append((time.time(), form["key"]))
                self._until(200, lambda c=cookie: self.portal.get("/history", c))

    def _ask(self):
        """Ask, with a photo."""
        for number, (cookie, _) in enumerate(self.askers * MOST_ASKED):
            if self._over.wait(0.3):
                return
            form = self._form("/questions", "question-form", cookie)
            typed = {**form, "topic": "meter", "text": f"{TEXT} {number}"}
            sent = {"files": ("photo.jpg", photo(), "image/jpeg")}
            self._until(
                303,
                lambda t=typed, c=cookie, s=sent: self.portal.post(
                    "/questions", t, c, files=s
                ),
            )
            self.questions.append(form["key"])

    def _pay(self):
        for cookie, _ in itertools.cycle(self.payers):
            if self._over.wait(0.5):
                return
            form = self._until(200, lambda c=cookie: self.portal.get("/pay", c))
            typed = drills.fields_of(form, "pay-form") | {"method": "card", "sure": "1"}
            (name,) = (name for name in typed if name.startswith("sum_"))
            typed[name] = f"{100 + len(self.deals)},00"
            answer = self._until(
                303, lambda t=typed, c=cookie: self.portal.post("/pay", t, c)
            )
            deal = DEAL.search(answer.headers["Location"])
            # Or it is not clear what the bank has done: nobody pays then.
            if deal and answer.headers["Location"].startswith(self.portal.bank.origin):
                self.portal.bank.pay(deal[1], "pays")
                self.deals.append(deal[1])
                self.known.append((time.time(), deal[1]))

    def faults(self):
        """Return what was acknowledged and is not there, and what is there twice."""
        rows = Reading.select().where(Reading.period == drills.MONTH)
        found = Counter(row.key for row in rows)
        values = {row.key: int(row.t1.kwh) for row in rows}
        yield from (
            f"reading {key} of {value} is lost or another"
            for key, value in self.readings.items()
            if values.get(key) != value
        )
        yield from (
            f"reading {key} is there {n} times" for key, n in found.items() if n > 1
        )
        yield from (f"reading {key} of nobody" for key in found.keys() - self.readings)
        asked = Counter(row.key for row in Question.select())
        if asked != Counter(self.questions):
            yield f"questions: {asked - Counter(self.questions)} too many, "
            yield f"{Counter(self.questions) - asked} lost"


class Bank:
    """The practice bank of an installation, as a process."""

    def __init__(self, portal, port):
        self.portal, self.port = portal, port
        self.origin = f"http://127.0.0.1:{port}"

    def __enter__(self):
        words = ["emulator", "--port", str(self.port), "--pace", "0.2"]
        self.process = subprocess.Popen(
            [drills.COMMAND, *words],
            env=self.portal.environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(lambda: self.ask("GET", "/emulator/state").status_code == 200)
        self.portal.bank = self
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)

    def ask(self, method, path, **more):
        headers = {"X-Emulator-Token": TOKEN}
        url = self.origin + path
        return httpx.request(method, url, headers=headers, trust_env=False, **more)

    def pay(self, deal, deed):
        """Pay with the card of the deed."""
        card = {"card": BY_DEED[deed], "code": ""}
        done = self.ask("POST", f"/emulator/pay/{deal}", json=card)
        assert done.status_code == 200, done.text

    def state(self):
        return self.ask("GET", "/emulator/state").json()
