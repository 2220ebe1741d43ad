"""A working day of a district office, by keyboard alone, with and without JavaScript."""

import secrets
import sys
from datetime import UTC, date, datetime, timedelta

import pytest

from cabinet.domain.metering import ReadingState
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.questions import QuestionState
from cabinet.domain.registration import RegistrationState
from cabinet.domain.requests import RequestState
from cabinet.models import (
    Account,
    LedgerEntry,
    Meter,
    Question,
    Reading,
    RegistrationRequest,
    ServiceRequest,
    Session,
    User,
)
from cabinet.services.importing.work import load_next
from tests import factories
from tests.browser.conftest import Person
from tests.browser.hands import Hands

WIDE = {"width": 1280, "height": 900}
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
#: Rows of a page of readings.
PAGE = 25

#: How many of each there are: a quick day in each run, a full one with --long.
QUICK = {"registrations": 5, "readings": 4, "entered": 3, "questions": 3, "requests": 3}
FULL = {
    "registrations": 40,
    "readings": 60,
    "entered": 30,
    "questions": 20,
    "requests": 10,
}
#: Steps that an item takes at most, an Enter or a Space each.
STEPS = {
    "registrations": 1,
    "readings": 1,
    "entered": 2,
    "questions": 2,
    "requests": 2,
    "undo": 1,
    "import": 4,
}
#: Seconds an item takes at most while somebody waits on the telephone (experience, 2.2).
PATIENT = 15


class Office:
    """A branch of its own with a specialist, and what lies on the desk."""

    def __init__(self, day):
        self.code = f"d{secrets.token_hex(4)}"
        self.branch = factories.make_branch(self.code, name="Льгов")
        email = f"{self.code}@example.org"
        factories.make_staff(email, branches=(self.code,))
        self.clerk = Person(email, account_id=0)
        self.day = day
        self.asker = factories.make_customer()
        self.account = self.home()
        factories.give_access(self.asker, self.account)
        factories.make_crew(self.branch, visits=day["requests"])
        for at in range(day["registrations"]):
            wish(self.account, NOW - timedelta(minutes=200 - at))
        for _ in range(day["readings"]):
            self.odd_reading()
        self.numbers = [self.home().number for _ in range(day["entered"])]
        for at in range(day["questions"]):
            factories.make_question(
                self.account, self.asker, NOW - timedelta(minutes=90 - at), text="Как?"
            )
        for _ in range(day["requests"]):
            self.work_wanted()

    def home(self):
        """An account whose meter shows 4 634."""
        number = str(460_000_000_000 + secrets.randbelow(1_000_000_000))
        account = factories.make_account(number, self.branch)
        meter = factories.make_meter(account, serial=secrets.token_hex(4))
        for month, before in (("2026-09", 4500), ("2026-10", 4634)):
            factories.make_reading(meter, month, (before,))
        return account

    def odd_reading(self):
        meter = Meter.get(Meter.account == self.home())
        factories.make_reading(
            meter,
            "2026-11",
            (9450,),
            state=ReadingState.NEEDS_REVIEW,
            reason="unusual",
        )

    def work_wanted(self):
        factories.make_meter_request(
            self.home(),
            NOW - timedelta(days=1),
            first_choice=date(2026, 11, 24),
            hours="evening",
        )

    def mine(self, model, *where):
        """Count the rows of the model in the branch."""
        query = model.select()
        if model is Reading:
            query = query.join(Meter).join(Account)
        branch = Account.branch if model is Reading else model.branch
        return query.where(branch == self.branch, *where).count()


@pytest.fixture
def office(stored, server):
    def office(day):
        with stored():
            return Office(day)

    return office


def wish(account, at):
    """Somebody wants to see the account; nobody of them is known yet."""
    made = factories.make_request(account, at, state="waiting", decided_at=None)
    access, user = made.access, made.user
    RegistrationRequest.update(
        access=None, user=None, email=f"{secrets.token_hex(8)}@example.org"
    ).where(RegistrationRequest.id == made.id).execute()
    access.delete_instance()
    user.delete_instance()


def register(hands, page, count):
    page.goto("/staff/registrations#waiting")
    for left in range(count, 0, -1):
        assert f"Ждут решения: {left}" in page.inner_text("main")
        with hands.doing("registrations"):
            told = f"text=Ждут решения: {left - 1}" if left > 1 else "text=Всё решено"
            hands.swap("Открыть доступ", to=told)


def undo_one(hands, page):
    """A mistake: the decision is taken back, and made again."""
    page.goto("/staff/registrations#main")
    with hands.doing("undo"):
        hands.swap("Отменить", to="text=Ждут решения: 1")
    hands.swap("Открыть доступ", to="text=Всё решено")


def review(hands, page, count):
    page.goto("/staff/#main")
    for done in range(count):
        if hands.has_script and done and done % PAGE == 0:
            # All of this page is decided; without JavaScript it fills up by itself.
            hands.tab_to("Дальше")
            with page.expect_navigation():
                hands.press("Enter")
        with hands.doing("readings"):
            hands.tab_to("Принять")
            row = page.evaluate(
                "document.activeElement.closest('li').id.replace('review-row-', '')"
            )
            hands.press("Enter")
            page.wait_for_selector(f"#review-row-{row} >> text=принято")
            hands.settle()


def enter(hands, page, numbers):
    page.goto("/staff/entering")
    for number in numbers:
        page.locator("#q:focus").wait_for()
        with hands.doing("entered"):
            hands.type(number)
            hands.press("Enter")
            page.locator("#t1:focus").wait_for()
            hands.type("4760")
            hands.press("Enter")
            page.locator("#entering-saved", has_text=number[-4:]).wait_for()


def answer(hands, page, count):
    page.goto("/staff/questions#main")
    first = page.inner_text("#question-queue tbody th a >> nth=0")
    hands.go(first, to="#answer-form")
    for left in range(count, 0, -1):
        with hands.doing("questions"):
            hands.enter("Сообщение", "Здравствуйте! Проверили, всё верно.")
            hands.swap("Ответить", to="text=Отвечено")
            if left > 1:
                hands.go("Следующее", to="#answer-form >> text=Ответить")


def plan(hands, page, count):
    page.goto("/staff/requests#main")
    first = page.inner_text("#request-queue tbody th a >> nth=0")
    hands.go(first, to="#plan-form")
    for left in range(count, 0, -1):
        with hands.doing("requests"):
            hands.tab_to("День")
            hands.press("Control+A")
            hands.type("24.11.2026")
            hands.swap("Назначить", to="#plan-form >> text=Перенести")
            if left > 1:
                hands.go("Следующая", to="#plan-form >> text=Назначить")


def bring_in(hands, page, stored, number):
    """A bank's registry: opened, looked at, checked, loaded, as the worker does its part."""
    text = (
        "Дата;Время;Код операции;ЛС;ФИО;Период;Сумма;К зачислению;Комиссия\n"
        f"20.11.2026;12:29:00;д{number};{number};;1026;100,50;100,50;0,00\n"
    )
    page.goto("/staff/loads#main")
    with hands.doing("import"):
        page.set_input_files(
            "#file", {"name": "p.csv", "mimeType": "text/csv", "buffer": text.encode()}
        )
        hands.go("Открыть файл", to="#columns-form")
        hands.go("Проверить", to="#load")
        work(stored)
        page.reload()
        hands.go("Загрузить", to="text=Загружа")
        work(stored)
        page.reload()
        page.wait_for_selector("text=Загружен")


def work(stored):
    with stored():
        # The portal's clock has gone on since noon.
        while load_next(clock=lambda: LATER, is_stopping=lambda: False):
            pass


@pytest.mark.timeout(900)
@pytest.mark.parametrize("js", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("day", [QUICK, pytest.param(FULL, marks=pytest.mark.long)])
def test_the_days_work_is_done_by_keyboard_alone(
    open_page, sign_in, office, stored, day, js, capsys
):
    desk = office(day)
    page = open_page(WIDE, js=js)
    sign_in(page, desk.clerk)
    with stored():
        # A load is asked for by somebody who proved lately who they are.
        mine = User.select(User.id).where(User.email == desk.clerk.email)
        Session.update(sure_until=LATER).where(Session.user.in_(mine)).execute()
    hands = Hands(page, has_script=js)
    register(hands, page, day["registrations"])
    undo_one(hands, page)
    review(hands, page, day["readings"])
    enter(hands, page, desk.numbers)
    answer(hands, page, day["questions"])
    plan(hands, page, day["requests"])
    bring_in(hands, page, stored, desk.account.number)
    with capsys.disabled():
        how = "with" if js else "without"
        sys.stdout.write(f"\na working day {how} JavaScript\n{hands.table()}\n")
    for kind, most in STEPS.items():
        assert max(hands.kinds[kind].steps) <= most, hands.table()
    assert max(hands.kinds["entered"].seconds) < PATIENT, hands.table()
    with stored():
        done = {
            "registrations": desk.mine(
                RegistrationRequest,
                RegistrationRequest.state == RegistrationState.OPENED,
            ),
            "readings": desk.mine(Reading, Reading.state == ReadingState.ACCEPTED),
            "entered": desk.mine(
                Reading,
                Reading.source == "phone",
                Reading.period == Month(2026, 11),
            ),
            "questions": desk.mine(Question, Question.state == QuestionState.ANSWERED),
            "requests": desk.mine(
                ServiceRequest, ServiceRequest.state == RequestState.PLANNED
            ),
        }
        assert done == day
        (paid,) = LedgerEntry.select().where(LedgerEntry.account == desk.account)
        assert paid.amount == Money(-100_50)
