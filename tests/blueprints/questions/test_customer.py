"""Задать вопрос: from the form to the answer and its rating."""

import re
from datetime import date, timedelta

import pytest

from cabinet.domain.questions import QuestionState, Topic
from cabinet.models import (
    AuditEntry,
    HomeNote,
    OutboxMessage,
    Question,
    QuestionFile,
    QuestionMessage,
    StoredFile,
    User,
)
from cabinet.services import limits
from tests import factories
from tests.browsing import Browser

#: Friday noon of the tests is 20 November; three working days later is the 25th.
WORDS = "Почему в октябре\r\nначислено больше?"


def ask(browser, **fields):
    page = browser.get("/questions")
    return browser.submit(
        page, "#question-form", **{"topic": "charges", "text": WORDS, **fields}
    )


def answer(worker, public_id, text="Прочитали.", **fields):
    page = worker.get(f"/staff/questions/{public_id}")
    return worker.submit(page, "#answer-form", text=text, **fields)


@pytest.fixture
def question(signed_in):
    ask(signed_in)
    return Question.get()


def test_a_question_is_written_down_and_shown(signed_in, alice, account, now):
    page = ask(signed_in)
    row = Question.get()
    assert page.url == f"/questions/{row.public_id}"
    assert (row.user_id, row.account_id) == (alice.id, account.id)
    assert (row.topic, row.state) == (Topic.CHARGES, QuestionState.WAITING)
    assert row.due_on == date(2026, 11, 25)
    assert QuestionMessage.get().text == "Почему в октябре\nначислено больше?"
    assert "Начисления и квитанции. Ответим до 25 ноября" in page.text
    assert "Почему в октябре начислено больше?" in page.text
    mail = OutboxMessage.get(OutboxMessage.kind == "question_taken")
    assert (mail.recipient, mail.is_secret) == ("alice@example.org", True)
    assert (
        AuditEntry.get(AuditEntry.action == "question.asked").account_id == account.id
    )


def test_the_list_tells_where_each_stands(signed_in, question):
    page = signed_in.get("/questions")
    assert f"Обращение {question.id}: начисления и квитанции" in page.text
    assert "Ответим до 25 ноября" in page.text


def test_with_htmx_it_leads_to_the_question(signed_in):
    page = signed_in.get("/questions")
    sent = signed_in.submit(
        page, "#question-form", htmx=True, topic="meter", text="Как заменить?"
    )
    assert sent.headers["HX-Redirect"] == f"/questions/{Question.get().public_id}"


def test_sent_twice_it_is_one_question(signed_in):
    page = signed_in.get("/questions")
    for _ in range(2):
        signed_in.submit(page, "#question-form", topic="other", text="Раз")
    assert (Question.select().count(), QuestionMessage.select().count()) == (1, 1)


def test_another_does_not_get_a_question_by_its_key(signed_in, app, question):
    bob = factories.make_customer("zoe@example.org")
    other = Browser(app).sign_in(bob)
    page = other.get("/questions")
    page.one("#question-form [name=key]").set("value", question.key)
    branch = "kursk"
    other.submit(
        page, "#question-form", topic="other", text="Чужой", branch=branch, status=404
    )


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"topic": ""}, "Выберите, о чём вопрос"),
        ({"topic": "sport"}, "Выберите, о чём вопрос"),
        ({"text": ""}, "Напишите сообщение"),
        ({"text": "  \n "}, "Напишите сообщение"),
        ({"text": "я" * 4001}, "Здесь больше 4000 знаков"),
    ],
)
@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_what_is_wrong_stands_at_the_field_and_nothing_is_lost(
    signed_in, fields, fault, htmx
):
    page = signed_in.get("/questions")
    sent = signed_in.submit(
        page,
        "#question-form",
        htmx=htmx,
        status=422,
        **{"topic": "charges", "text": WORDS, **fields},
    )
    assert sent.text.count(fault) == 2
    if "text" not in fields:
        assert "начислено больше?" in sent.one("#text").text
    assert Question.select().count() == 0


def test_files_come_along_and_are_only_saved(signed_in, photo):
    ask(signed_in, files=[photo(), photo("второй.png")])
    row = Question.get()
    kept = list(QuestionFile.select().order_by(QuestionFile.id))
    assert [each.name for each in kept] == ["счётчик.jpg", "второй.jpg"]
    page = signed_in.get(f"/questions/{row.public_id}")
    link = page.select("#dialogue li a")[0].get("href")
    got = signed_in.get(link, check=False)
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert got.headers["Content-Security-Policy"] == "sandbox"
    assert got.headers["Content-Type"] == "image/jpeg"
    assert len(got.body) == kept[0].size


def test_five_files_come_along(signed_in, photo):
    ask(signed_in, files=[photo() for _ in range(5)])
    assert QuestionFile.select().count() == 5


@pytest.mark.parametrize(
    ("count", "name", "fault"),
    [
        (6, "a.jpg", "Не больше пяти файлов за раз"),
        (1, "<b>act.docx", "«<b>act.docx» не фото и не PDF"),
    ],
)
def test_files_that_are_not_taken_are_named(signed_in, photo, count, name, fault):
    import io

    files = (
        [photo(name) for _ in range(count)]
        if name.endswith("jpg")
        else [(io.BytesIO(b"PK\x03\x04 word"), name)]
    )
    page = signed_in.get("/questions")
    sent = signed_in.submit(
        page, "#question-form", topic="other", text=WORDS, files=files, status=422
    )
    assert fault in sent.text
    assert "начислено больше?" in sent.one("#text").text
    assert (Question.select().count(), StoredFile.select().count()) == (0, 0)


def test_ten_a_day_and_no_more(signed_in, clock, now):
    for at in range(limits.QUESTION_DAY.most):
        ask(signed_in, text=f"Вопрос {at}")
    page = signed_in.get("/questions")
    sent = signed_in.submit(
        page, "#question-form", topic="other", text="Ещё", status=429
    )
    assert "Слишком много попыток" in sent.text
    assert "Ещё" in sent.one("#text").text
    clock.set(now + timedelta(days=1))
    ask(signed_in, text="Завтра")
    assert Question.select().count() == limits.QUESTION_DAY.most + 1


# The answer


def test_the_answer_is_seen_ten_minutes_later(signed_in, worker, question, clock, now):
    answer(worker, question.public_id)
    url = f"/questions/{question.public_id}"
    assert "Прочитали." not in signed_in.get(url).text
    assert "Ответим до" in signed_in.get(url).text
    mail = OutboxMessage.get(OutboxMessage.kind == "question_answered")
    assert mail.not_before == now + timedelta(minutes=10)
    assert mail.context["link"].endswith(url)
    clock.set(now + timedelta(minutes=10))
    page = signed_in.get(url)
    assert "Есть ответ" in page.text
    assert "Специалист , 22 ноября 12:00 Прочитали." in page.text
    assert "Есть ответ" in signed_in.get("/questions").text


def test_when_the_day_is_over_it_says_so(signed_in, question, clock, now):
    clock.set(now + timedelta(days=4))
    page = signed_in.get(f"/questions/{question.public_id}")
    assert "Не успели ответить до 25 ноября, торопимся" in page.text


def test_the_customer_does_not_learn_who_answered(
    signed_in, worker, question, clock, now
):
    answer(worker, question.public_id)
    clock.set(now + timedelta(minutes=10))
    name = User.get(User.email == "operator@example.org").name
    assert name not in signed_in.get(f"/questions/{question.public_id}").text


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_the_customer_writes_again_and_it_waits_again(
    signed_in, worker, question, clock, now, htmx
):
    answer(worker, question.public_id)
    clock.set(now + timedelta(days=5))
    page = signed_in.get(f"/questions/{question.public_id}")
    page = signed_in.submit(page, "#message-form", htmx=htmx, text="Не понял.")
    row = Question.get()
    assert row.state is QuestionState.WAITING
    assert row.due_on == date(2026, 12, 2)
    assert "Не понял." in page.text


def test_what_waits_keeps_its_day(signed_in, question, clock, now):
    clock.set(now + timedelta(days=2))
    page = signed_in.get(f"/questions/{question.public_id}")
    signed_in.submit(page, "#message-form", text="И ещё.")
    assert Question.get().due_on == date(2026, 11, 25)


def test_a_message_sent_twice_is_one(signed_in, question):
    page = signed_in.get(f"/questions/{question.public_id}")
    for _ in range(2):
        signed_in.submit(page, "#message-form", text="И ещё.")
    assert QuestionMessage.select().count() == 2


def test_an_empty_message_is_refused_at_the_field(signed_in, question):
    page = signed_in.get(f"/questions/{question.public_id}")
    sent = signed_in.submit(page, "#message-form", text=" ", status=422)
    assert sent.text.count("Напишите сообщение") == 2


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_the_answer_is_rated_once(signed_in, worker, question, clock, now, htmx):
    assert not signed_in.get(f"/questions/{question.public_id}").select("#rating-form")
    answer(worker, question.public_id)
    clock.set(now + timedelta(minutes=10))
    page = signed_in.get(f"/questions/{question.public_id}")
    for rating in ("5", "1"):
        rated = signed_in.submit(
            page, "#rating-form", htmx=htmx, rating=rating, words="Быстро"
        )
        assert "Ваша оценка: лучше не бывает. Спасибо." in rated.text
    row = Question.get()
    assert (row.rating, row.rating_words) == (5, "Быстро")


def test_a_rating_must_be_chosen(signed_in, worker, question, clock, now):
    answer(worker, question.public_id)
    clock.set(now + timedelta(minutes=10))
    page = signed_in.get(f"/questions/{question.public_id}")
    sent = signed_in.submit(page, "#rating-form", status=422, words="Быстро")
    assert "Выберите оценку" in sent.text
    assert sent.one("#words").text.strip() == "Быстро"


def test_whom_letters_do_not_reach_reads_it_at_home(
    signed_in, alice, worker, question, clock, now
):
    User.update(email_failed_at=now).where(User.id == alice.id).execute()
    answer(worker, question.public_id)
    assert HomeNote.select().count() == 1
    clock.set(now + timedelta(minutes=10))
    assert f"Специалист ответил на обращение {question.id}" in signed_in.get("/").text


# Without sign-in


def ask_as_visitor(visitor, **fields):
    page = visitor.get("/questions")
    return visitor.submit(
        page,
        "#question-form",
        **{"topic": "contract", "text": WORDS, "branch": "kursk", "status": 200}
        | fields,
    )


def code_on(page):
    number, code = re.search(
        r"Обращение (\d+) принято Код обращения: (\d{8})", page.text
    ).groups()
    return number, code


def show(visitor, number, code, **options):
    page = visitor.get("/questions/state")
    return visitor.submit(
        page,
        "#question-state-form",
        **{"number": number, "code": code, "status": 200} | options,
    )


def test_a_visitor_gets_number_and_code(visitor):
    page = ask_as_visitor(visitor, account="4600 0000 0001")
    number, code = code_on(page)
    row = Question.get()
    assert (row.user_id, row.account_id) == (None, None)
    assert row.claimed_account == "460000000001"
    assert code not in row.code_hash
    assert OutboxMessage.select().count() == 0
    shown = show(visitor, number, code)
    assert "Почему в октябре" in shown.text


def test_with_an_address_number_and_code_come_by_mail(visitor):
    _, code = code_on(ask_as_visitor(visitor, email="Zoe@Example.org"))
    mail = OutboxMessage.get()
    assert (mail.kind, mail.recipient) == ("question_taken", "zoe@example.org")
    assert mail.context["code"] == code


def test_an_address_gets_three_letters_a_day(visitor, clock, now):
    for at in range(5):
        ask_as_visitor(visitor, email="zoe@example.org", text=f"Вопрос {at}")
    assert Question.select().count() == 5
    assert OutboxMessage.select().count() == limits.QUESTION_MAIL_DAY.most


def test_a_form_sent_again_shows_the_same_code(visitor):
    page = visitor.get("/questions")
    fields = {"topic": "other", "text": "Раз", "branch": "kursk", "status": 200}
    first = code_on(visitor.submit(page, "#question-form", **fields))
    assert code_on(visitor.submit(page, "#question-form", **fields)) == first
    assert Question.select().count() == 1


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"branch": ""}, "Выберите отделение"),
        ({"email": "zoe"}, "Введите почту целиком"),
        ({"account": "12"}, "В лицевом счёте 12 цифр"),
    ],
)
def test_what_a_visitor_got_wrong_stands_at_the_field(visitor, fields, fault):
    factories.make_branch("tver", name="Тверь")
    page = ask_as_visitor(visitor, **fields, status=422)
    assert fault in page.text
    assert "начислено больше?" in page.one("#text").text


@pytest.mark.parametrize("wrong", ["number", "code"])
def test_a_wrong_number_is_a_wrong_code(visitor, wrong):
    number, code = code_on(ask_as_visitor(visitor))
    told = {"number": number, "code": code} | {wrong: "87654321"}
    page = show(visitor, **told, status=422)
    assert "Обращение с таким номером и кодом не нашли" in page.text


def test_a_code_cannot_be_guessed(visitor):
    number, code = code_on(ask_as_visitor(visitor))
    for at in range(limits.QUESTION_CODE_DAY.most):
        show(visitor, number, f"{at:08}", status=422)
    assert "Слишком много попыток" in show(visitor, number, code, status=429).text


def test_who_knows_the_code_is_not_counted(visitor):
    number, code = code_on(ask_as_visitor(visitor))
    for _ in range(limits.QUESTION_CODE_DAY.most + 2):
        show(visitor, number, code)


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_a_visitor_reads_writes_rates_and_saves(
    visitor, worker, photo, clock, now, htmx
):
    number, code = code_on(ask_as_visitor(visitor, files=[photo()]))
    answer(worker, Question.get().public_id)
    clock.set(now + timedelta(minutes=10))
    page = show(visitor, number, code)
    assert "Прочитали." in page.text
    form = page.select("#dialogue li form")[0]
    data = {field.get("name"): field.get("value") for field in form.xpath(".//input")}
    got = visitor.post(form.get("action"), data, check=False)
    assert got.headers["Content-Type"] == "image/jpeg"
    page = visitor.submit(page, "#rating-form", htmx=htmx, rating="4", status=200)
    assert "Ваша оценка: удобно" in page.text
    page = visitor.submit(page, "#message-form", htmx=htmx, text="Спасибо.", status=200)
    assert "Спасибо." in page.text
    assert QuestionMessage.select().count() == 3
    page = visitor.submit(page, "#message-form", htmx=htmx, text=" ", status=422)
    assert "Напишите сообщение" in page.text


def test_somebody_without_an_account_chooses_the_branch(app, branch):
    factories.make_branch("tver", name="Тверь")
    zoe = factories.make_customer("zoe@example.org")
    browser = Browser(app).sign_in(zoe)
    page = browser.get("/questions")
    browser.submit(
        page, "#question-form", topic="cabinet", text="Не вижу счёт", branch="tver"
    )
    assert Question.get().branch.code == "tver"


def test_staff_have_their_own_page(worker):
    assert worker.client.get("/questions").status_code == 303
    worker.get("/questions/00000000-0000-4000-8000-000000000000", status=404)
