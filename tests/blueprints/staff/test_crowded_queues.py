"""Two specialists on one queue with eight hands: nothing is decided twice or lost."""

import random
import threading
from collections import Counter

import pytest

from cabinet.domain.money import Money
from cabinet.domain.questions import Author, QuestionState
from cabinet.models import (
    Account,
    AccountAccess,
    AuditEntry,
    ImportBatch,
    ImportRow,
    LedgerEntry,
    OutboxMessage,
    Question,
    QuestionMessage,
    RegistrationRequest,
)
from cabinet.models.base import database
from cabinet.services.importing import Outcome
from cabinet.services.ledger_check import check_ledger
from tests import factories
from tests.blueprints.staff.test_loads import (
    FOREIGN,
    MINE,
    check,
    commit,
    registry,
    send,
)

HANDS = 8
ITEMS = 12


@pytest.fixture
def crowd(desk, worker, second):
    """Send what each hand has to send, all at once; return what each was answered."""

    def crowd_(work_of):
        start, answered = threading.Barrier(HANDS), []

        def run(number):
            browser = (worker, second)[number % 2]
            client = desk.test_client()
            client.set_cookie("sid", browser.client.get_cookie("sid").value)
            todo = work_of(number)
            random.Random(number).shuffle(todo)
            start.wait()
            for url, data in todo:
                answer = client.post(url, data=data)
                answered.append((url, answer.status_code))
            database.close()

        threads = [threading.Thread(target=run, args=(n,)) for n in range(HANDS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        statuses = Counter(status for _, status in answered)
        assert set(statuses) <= {303, 409}, statuses
        return answered

    return crowd_


def token_of(browser, path):
    return browser.get(path).select("[name=csrf_token]")[0].get("value")


def acts(*actions):
    query = AuditEntry.select().where(AuditEntry.action.in_(actions))
    return Counter(row.subject for row in query)


def won(answered, ending):
    return Counter(url for url, status in answered if status == 303 and ending in url)


# Обращения -------------------------------------------------------------------------


def test_a_question_is_answered_or_closed_once(crowd, worker, second, account, now):
    asker = factories.make_customer("asker@example.org")
    questions = [
        factories.make_question(account, asker, now, text=f"Вопрос {number}")
        for number in range(ITEMS)
    ]
    QuestionMessage.delete().where(QuestionMessage.author == Author.STAFF).execute()
    colleague = factories.make_staff("third@example.org")
    tokens = [token_of(each, "/staff/questions") for each in (worker, second)]

    def work_of(number):
        token = {"csrf_token": tokens[number % 2]}
        todo = []
        for row in questions:
            at = f"/staff/questions/{row.public_id}"
            seen = token | {"version": str(row.version)}
            if number < 4:
                key = f"{row.id:08x}{number:024x}"
                words = {"text": f"Ответ {number}", "key": key}
                todo.append((f"{at}/answer", seen | words))
            elif number < 6:
                todo.append((f"{at}/close", seen))
            else:
                todo.append((f"{at}/keeper", token | {"keeper": str(colleague.id)}))
        return todo

    answered = crowd(work_of)
    decided = acts("question.answered", "question.set_closed")
    assert decided == Counter(f"question:{row.id}" for row in questions)
    for row in questions:
        now_is = Question.get_by_id(row.id)
        answers = QuestionMessage.select().where(
            QuestionMessage.question == row.id, QuestionMessage.author == Author.STAFF
        )
        is_answered = now_is.state is QuestionState.ANSWERED
        assert answers.count() == int(is_answered)
        assert is_answered or now_is.state is QuestionState.CLOSED
        assert now_is.version == row.version + 1
        assert now_is.keeper_id is not None
    # Whoever was told that it is done did it, but for closing what is closed.
    written = QuestionMessage.select().where(QuestionMessage.author == Author.STAFF)
    assert sum(won(answered, "/answer").values()) == written.count()
    assert set(won(answered, "/answer").values()) <= {1}
    assert len(won(answered, "/keeper")) == ITEMS
    mails = OutboxMessage.select().where(OutboxMessage.kind == "question_answered")
    assert mails.count() == written.count()


# Заявки на регистрацию ---------------------------------------------------------------


def test_a_request_is_opened_or_refused_once(crowd, worker, second, account, now):
    factories.load_documents()
    requests = [
        factories.make_request(
            account,
            now,
            state="waiting",
            email=f"new{number}@example.org",
            user=None,
            decided_at=None,
            access=None,
        )
        for number in range(ITEMS)
    ]
    before = AccountAccess.select().count()
    tokens = [token_of(each, "/staff/registrations") for each in (worker, second)]

    def work_of(number):
        seen = {"csrf_token": tokens[number % 2]}
        todo = []
        for row in requests:
            data = seen | {"version": str(row.version)}
            at = f"/staff/registrations/{row.public_id}"
            if number < 4:
                todo.append((f"{at}/open", data))
            else:
                todo.append((f"{at}/refuse", data | {"reason": "facts-differ"}))
        return todo

    answered = crowd(work_of)
    decided = acts("registration.opened", "registration.refused")
    assert decided == Counter(f"registration:{row.id}" for row in requests)
    states = Counter(
        str(RegistrationRequest.get_by_id(row.id).state) for row in requests
    )
    assert states["opened"] + states["refused"] == ITEMS
    assert sum(won(answered, "/open").values()) == states["opened"]
    assert sum(won(answered, "/refuse").values()) == states["refused"]
    assert AccountAccess.select().count() - before == states["opened"]
    for row in requests:
        # Whoever came before them hears of those who are let in, too.
        told = OutboxMessage.select().where(
            OutboxMessage.recipient == row.email,
            OutboxMessage.kind.in_(["registration_opened", "registration_refused"]),
        )
        state = RegistrationRequest.get_by_id(row.id).state
        assert [mail.kind for mail in told] == [f"registration_{state}"]


# Карантин загрузок ---------------------------------------------------------------------


def test_a_row_of_quarantine_is_given_or_left_out_once(
    crowd, worker, second, household, now
):
    text = registry(*map(str, range(ITEMS)), account=FOREIGN)
    commit(worker, check(worker, send(worker, text), now), now)
    rows = [row.id for row in ImportRow.select()]
    assert len(rows) == ITEMS
    tokens = [token_of(each, "/staff/unrecognised") for each in (worker, second)]

    def work_of(number):
        token = {"csrf_token": tokens[number % 2]}
        todo = []
        for row_id in rows:
            at = f"/staff/quarantine/{row_id}"
            if number < 5:
                todo.append((f"{at}/give", token | {"account": MINE}))
            else:
                todo.append((f"{at}/set-aside", token | {"why": "не наш"}))
        return todo

    answered = crowd(work_of)
    decided = acts("import.row_given", "import.row_set_aside")
    assert decided == Counter(f"import_row:{row_id}" for row_id in rows)
    given = ImportRow.select().where(ImportRow.state == "given").count()
    aside = ImportRow.select().where(ImportRow.state == "set_aside").count()
    assert given + aside == ITEMS
    assert sum(won(answered, "/give").values()) == given
    assert sum(won(answered, "/set-aside").values()) == aside
    assert LedgerEntry.select().count() == given
    assert Account.get(Account.number == MINE).balance == Money(-1050) * given
    batch = ImportBatch.get_by_id(ImportRow.get().batch_id)
    assert batch.counts.get(Outcome.NEW, 0) == given
    assert list(check_ledger()) == []
