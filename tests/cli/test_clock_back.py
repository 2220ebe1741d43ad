"""The clock of the machine is put back: nothing fails, nobody is locked out, nothing twice."""

import json
import os
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from cabinet.models import AuditSeal, Meter, OutboxMessage, Reading
from cabinet.models.connection import close_database, open_database
from cabinet.services import factors, limits
from tests import checkouts, drills, factories
from tests.drills import fields_of, heading, wait_until, words_of

pytestmark = pytest.mark.long

MOVED = Path(__file__).parent.parent / "moved"
#: What is said of a code that was taken already, or is older than one that was.
REFUSED = "Этот код уже использован. Подождите полминуты и введите новый"
STEP = timedelta(hours=1)


@pytest.fixture
def portal(db, database_url, tmp_path):
    factories.make_rates()
    factories.make_ranges()
    shift = tmp_path / "shift"
    made = drills.Installation(
        tmp_path / "home",
        database_url,
        more={
            "PYTHONPATH": f"{MOVED}{os.pathsep}{checkouts.ROOT}",
            "TESTS_CLOCK_BACK": str(shift),
        },
    )
    made.shift = shift
    put_back(made, timedelta(0))
    (made.cookie,) = drills.households(1)
    made.meter = Meter.get().public_id
    made.customer = factories.make_customer("other@example.org")
    made.staff = factories.make_staff()
    with ExitStack() as made.stack, made:
        made.start("serve")
        made.start("work")
        yield made


def put_back(portal, span):
    """Put the clocks of all processes back by the span, counted from the true time."""
    portal.back = span
    part = portal.shift.with_suffix(".part")
    part.write_text(f"{span.total_seconds():.0f}")
    part.replace(portal.shift)
    # The processes look twenty times a second.
    time.sleep(0.5)


def now(portal):
    """Return the moment the portal takes for the present one."""
    kept = json.loads((portal.home / "clock.json").read_text())
    return datetime.now(UTC) - portal.back + timedelta(seconds=kept["offset_seconds"])


class Person:
    """A browser that keeps its cookie."""

    def __init__(self, portal):
        client = httpx.Client(
            base_url=portal.origin, timeout=30, trust_env=False, follow_redirects=True
        )
        self.client = portal.stack.enter_context(client)

    def sign_in(self, user, password=factories.PASSWORD):
        form = fields_of(self.client.get("/login"), "login-form")
        typed = {**form, "login": user.email, "password": password}
        return self.client.post("/login", data=typed)

    def show(self, page, code):
        """Show the second factor to the page that asks for it."""
        data = {**fields_of(page, "factor-form"), "code": code}
        return self.client.post(str(page.url), data=data)


def code(portal):
    return factors.code_at(factories.FACTOR, now(portal))


def send(portal, value):
    """Send a reading, or another in its place, and have it confirmed by mail."""
    page = f"/readings?meter={portal.meter}"
    form = drills.reading(portal, portal.cookie, value, page)
    sent = portal.post("/readings", form, portal.cookie)
    assert sent.status_code == 303, sent.text
    done = sent.headers["Location"]
    taken = portal.get(done, portal.cookie)
    assert heading(taken) == "Передать показания"
    assert "Спасибо. Ваши данные были введены без ошибок" in words_of(taken)
    mail = fields_of(taken, "reading-mail")
    assert portal.post(f"{done}/mail", mail, portal.cookie).status_code == 303


def test_an_hour_back_harms_nobody(portal):
    member = Person(portal)
    asked = member.sign_in(portal.staff)
    assert heading(asked) == "Код из приложения"
    assert_workplace(member.show(asked, code(portal)))
    send(portal, "4123")
    guesser = Person(portal)
    statuses = [
        guesser.sign_in(portal.customer, "wrong").status_code
        for _ in range(limits.LOGIN_SHORT.most + 1)
    ]
    assert statuses == [422] * limits.LOGIN_SHORT.most + [429]
    letters = wait_until(lambda: list(portal.home.glob("mail/*.eml")))

    put_back(portal, STEP)
    # The same sessions, and who was told to wait need not wait an hour more.
    assert_workplace(member.client.get("/staff/"))
    assert_home(portal.get("/", portal.cookie), "Передать показания")
    assert_home(Person(portal).sign_in(portal.customer), "пока нет лицевого счёта")
    send(portal, "4150")
    wait_until(lambda: len(list(portal.home.glob("mail/*.eml"))) > len(letters))
    assert_codes_wait_for_the_clock(portal)
    assert_sound(portal)


def assert_workplace(page):
    assert (page.status_code, heading(page)) == (200, "На проверку")
    assert "Показать не все" in words_of(page)


def assert_home(page, words):
    assert (page.status_code, page.url.path, heading(page)) == (200, "/", "Главная")
    assert words in words_of(page)


def assert_codes_wait_for_the_clock(portal):
    """A code is taken once: an older one is refused until the clock is where it was."""
    late = Person(portal)
    page = late.sign_in(portal.staff)
    refused = late.show(page, code(portal))
    assert (refused.status_code, heading(refused)) == (422, "Код из приложения")
    assert "Войти не получилось" in words_of(refused)
    assert REFUSED in words_of(refused)
    put_back(portal, timedelta(0))
    # The quarter of an hour for a code is over by this clock: it begins with the password.
    page = late.sign_in(portal.staff)
    assert heading(page) == "Код из приложения"
    old = code(portal)
    wait_until(lambda: code(portal) != old, pause=1)
    assert_workplace(late.show(page, code(portal)))
    put_back(portal, STEP)
    assert_workplace(late.client.get("/staff/"))


def assert_sound(portal):
    """The newest reading stands, letters left once, the log's chain holds."""
    time.sleep(2)
    open_database(portal.database_url)
    (standing,) = Reading.select().where(
        Reading.period == drills.MONTH, Reading.state == "submitted"
    )
    assert standing.t1.kwh == 4150
    wait_until(
        lambda: (
            not OutboxMessage.select().where(OutboxMessage.sent_at.is_null()).count()
        )
    )
    assert AuditSeal.select().count() > 1
    count = OutboxMessage.select().count()
    close_database()
    assert len(list(portal.home.glob("mail/*.eml"))) == count
    assert portal.run("audit", "verify")[0] == 0
    assert portal.run("ledger", "check")[0] == 0
    assert "Traceback" not in portal.words("serve") + portal.words("work")
