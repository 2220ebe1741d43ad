"""A working day of a district office, by keyboard alone, with and without JavaScript."""

import logging
import secrets
from datetime import UTC, datetime, timedelta

import pytest

from cabinet.domain.questions import QuestionState
from cabinet.domain.registration import RegistrationState
from cabinet.models import Account, Question, RegistrationRequest
from tests import factories
from tests.browser.hands import Hands

log = logging.getLogger(__name__)

WIDE = {"width": 1280, "height": 900}
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

#: How many of each there are: a quick day in each run, a full one with --long.
QUICK = {"registrations": 6, "questions": 4}
FULL = {"registrations": 40, "questions": 20}
#: Steps that an item takes at most, an Enter or a Space each.
STEPS = {"registrations": 1, "undo": 1, "questions": 2}


@pytest.fixture
def office(stored, clerk):
    """What lies on the desk in the morning: `office(day)`; gives the account's number."""

    def office(day):
        with stored():
            # The desk is empty but for this day's.
            RegistrationRequest.update(state=RegistrationState.EXPIRED).where(
                RegistrationRequest.state == RegistrationState.WAITING
            ).execute()
            Question.update(state=QuestionState.CLOSED).execute()
            number = str(460_000_000_000 + secrets.randbelow(1_000_000_000))
            account = factories.make_account(number)
            asker = factories.make_customer()
            factories.give_access(asker, account)
            for at in range(day["registrations"]):
                wish(account, NOW - timedelta(minutes=200 - at))
            for at in range(day["questions"]):
                factories.make_question(
                    account,
                    asker,
                    NOW - timedelta(minutes=100 - at),
                    text=f"Вопрос {at}",
                )
            return number

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
            hands.go("Открыть доступ", to=told)


def undo_one(hands, page):
    """A mistake: the decision is taken back, and made again."""
    page.goto("/staff/registrations#main")
    with hands.doing("undo"):
        hands.go("Отменить", to="text=Ждут решения: 1")
    hands.go("Открыть доступ", to="text=Всё решено")


def answer(hands, page, count):
    page.goto("/staff/questions#main")
    first = page.inner_text("#question-queue tbody th a >> nth=0")
    hands.go(first, to="#answer-form")
    for left in range(count, 0, -1):
        with hands.doing("questions"):
            hands.enter("Сообщение", "Здравствуйте! Проверили, всё верно.")
            hands.go("Ответить", to="text=Отвечено")
            if left > 1:
                hands.go("Следующее", to="#answer-form >> text=Ответить")


@pytest.mark.parametrize("js", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("day", [QUICK, pytest.param(FULL, marks=pytest.mark.long)])
def test_the_days_work_is_done_by_keyboard_alone(
    open_page, sign_in, clerk, office, stored, day, js
):
    number = office(day)
    page = open_page(WIDE, js=js)
    sign_in(page, clerk)
    hands = Hands(page)
    register(hands, page, day["registrations"])
    undo_one(hands, page)
    answer(hands, page, day["questions"])
    log.info("%s JavaScript\n%s", "with" if js else "without", hands.table())
    for kind, most in STEPS.items():
        assert max(hands.kinds[kind].steps) <= most, hands.table()
    with stored():
        account = Account.get(Account.number == number)
        opened = RegistrationRequest.select().where(
            RegistrationRequest.account == account,
            RegistrationRequest.state == RegistrationState.OPENED,
        )
        assert opened.count() == day["registrations"]
        states = {
            row.state for row in Question.select().where(Question.account == account)
        }
        assert states == {QuestionState.ANSWERED}
