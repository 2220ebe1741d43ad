"""Обращения: the queue, the answer and what undoes it, two specialists at once."""

import io
from datetime import date, timedelta

import pytest
from PIL import Image

from cabinet.domain.questions import Author, QuestionState, Topic
from cabinet.models import (
    AuditEntry,
    OutboxMessage,
    Question,
    QuestionFile,
    QuestionMessage,
    ReadyAnswer,
    StoredFile,
)
from cabinet.services.audit import SYSTEM
from cabinet.services.questions import asking, quiet
from tests import factories
from tests.browsing import Browser

KEEPER = "form[action$='/keeper']"
#: The button beside an answer that the customer does not see yet: one, or none.
UNDO = "#question form[action$='/undo']"


@pytest.fixture
def ask(alice, account, now):
    """Ask as Alice; each time another question."""
    keys = iter(range(100))

    def ask(text="Почему столько?", at=None, **values):
        wish = asking.Wish(
            **{
                "key": f"{next(keys):032}",
                "topic": Topic.CHARGES,
                "text": text,
                "user_id": alice.id,
                "account_id": account.id,
                "email": "alice@example.org",
                **values,
            }
        )
        asked = asking.ask(
            wish, actor=SYSTEM, pepper=factories.SECRET_KEY, now=at or now
        )
        return Question.get_by_id(asked.number)

    return ask


@pytest.fixture
def open_page(worker):
    return lambda row: worker.get(f"/staff/questions/{row.public_id}")


def fresh(row):
    return Question.get_by_id(row.id)


def acts(action):
    return AuditEntry.select().where(AuditEntry.action == action).count()


# The queue


def test_what_is_due_first_comes_first(worker, ask, now):
    late = ask("Давно жду", at=now - timedelta(days=10))
    today = ask("Сегодня срок", at=now - timedelta(days=5))
    new = ask("Новое")
    page = worker.get("/staff/questions")
    rows = page.select("tbody tr")
    assert [row.cssselect("a")[0].text for row in rows] == [
        str(each.id) for each in (late, today, new)
    ]
    words = [" ".join(row.itertext()) for row in rows]
    assert "Просрочено" in words[0]
    assert "Давно жду" in words[0]
    assert "Есть время" in words[2]
    assert all("4600 0000 0001" in text.replace("\u00a0", " ") for text in words)
    listed = AuditEntry.select().where(AuditEntry.action == "question.listed")
    assert [entry.account_id for entry in listed] == [new.account_id]


@pytest.mark.parametrize(
    ("due_on", "word", "mark"),
    [
        (date(2026, 11, 20), "Просрочено", "b.err"),
        (date(2026, 11, 22), "Сегодня", "b:not([class])"),
        (date(2026, 11, 23), "Следующий рабочий день", ""),
        (date(2026, 11, 25), "Есть время", ""),
    ],
)
def test_when_it_is_due_is_told_by_a_word_and_a_mark(worker, ask, due_on, word, mark):
    row = ask()
    Question.update(due_on=due_on).where(Question.id == row.id).execute()
    (cell,) = worker.get("/staff/questions").select("td[data-l='Ответить']")
    assert "".join(cell.itertext()).startswith(word)
    marked = [each.text for each in cell.cssselect(mark or "b")]
    assert marked == ([word] if mark else [])


def test_the_newest_words_stand_in_the_queue(worker, ask, alice, now):
    row = ask()
    asking.write(
        row.id,
        "Ну так что?",
        (),
        key="x" * 32,
        user_id=alice.id,
        actor=SYSTEM,
        pepper=factories.SECRET_KEY,
        now=now,
    )
    assert "Ну так что?" in worker.get("/staff/questions").text


def test_an_empty_queue_says_so(worker):
    assert "На всё ответили" in worker.get("/staff/questions").text
    assert "У вас нет обращений" in worker.get("/staff/questions?mine=1").text


def test_another_branch_has_its_own_queue(desk, ask):
    row = ask()
    factories.make_branch("tver", name="Тверь")
    other = Browser(desk).sign_in(
        factories.make_staff("tver@example.org", branches=("tver",))
    )
    assert "На всё ответили" in other.get("/staff/questions").text
    other.get(f"/staff/questions/{row.public_id}", status=404)


# The answer


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_an_answer_can_be_taken_back_for_ten_minutes(
    worker, ask, open_page, clock, now, htmx
):
    row = ask()
    page = worker.submit(
        open_page(row), "#answer-form", htmx=htmx, text="Смотрите строку 2."
    )
    assert "Отвечено" in page.text
    assert "Клиент увидит в 12:10" in page.text
    assert fresh(row).state is QuestionState.ANSWERED
    page = worker.submit(page, UNDO, htmx=htmx)
    assert fresh(row).state is QuestionState.WAITING
    assert fresh(row).due_on == date(2026, 11, 25)
    assert QuestionMessage.select().count() == 1
    assert not OutboxMessage.select().where(OutboxMessage.kind == "question_answered")
    clock.set(now + timedelta(minutes=10))


def test_what_the_customer_has_seen_stays(worker, ask, open_page, clock, now):
    row = ask()
    page = worker.submit(open_page(row), "#answer-form", text="Так.")
    clock.set(now + timedelta(minutes=10))
    late = worker.submit(page, UNDO, status=409)
    assert "Отменить уже нельзя" in late.text
    assert QuestionMessage.select().count() == 2
    assert not open_page(row).select(UNDO)


def test_of_two_specialists_one_answers_and_the_other_keeps_the_text(
    worker, second, ask
):
    row = ask()
    url = f"/staff/questions/{row.public_id}"
    pages = [(each, each.get(url)) for each in (worker, second)]
    worker.submit(pages[0][1], "#answer-form", text="Первый.")
    told = second.post(
        f"{url}/answer",
        {
            "csrf_token": pages[1][1]
            .one("#answer-form [name=csrf_token]")
            .get("value"),
            "version": pages[1][1].one("#answer-form [name=version]").get("value"),
            "key": "f" * 32,
            "text": "Второй.",
        },
        status=409,
    )
    assert "обращение изменилось" in told.text
    assert "Первый." in told.text
    assert told.one("#text").text.strip() == "Второй."
    assert (
        QuestionMessage.select().where(QuestionMessage.author == Author.STAFF).count()
        == 1
    )


def test_when_the_customer_wrote_meanwhile_the_text_stays_in_the_form(
    worker, ask, open_page, alice, now
):
    row = ask()
    page = open_page(row)
    asking.write(
        row.id,
        "Уже не надо",
        (),
        key="x" * 32,
        user_id=alice.id,
        actor=SYSTEM,
        pepper=factories.SECRET_KEY,
        now=now,
    )
    told = worker.submit(page, "#answer-form", text="Длинный ответ.", status=409)
    assert "Уже не надо" in told.text
    assert told.one("#text").text.strip() == "Длинный ответ."
    worker.submit(told, "#answer-form", text="Хорошо.")
    assert fresh(row).state is QuestionState.ANSWERED


def test_an_answer_sent_twice_is_one(worker, ask, open_page):
    row = ask()
    page = open_page(row)
    for _ in range(2):
        worker.submit(page, "#answer-form", text="Так.")
    assert QuestionMessage.select().count() == 2
    assert acts("question.answered") == 1


def test_a_specialist_adds_to_an_answer_and_answers_what_is_closed(
    worker, ask, open_page, clock, now
):
    row = ask()
    worker.submit(open_page(row), "#answer-form", text="Так.")
    worker.submit(open_page(row), "#answer-form", text="И ещё так.")
    assert QuestionMessage.select().count() == 3
    quiet.close_quiet(now=now + timedelta(days=20))
    worker.submit(open_page(row), "#answer-form", text="Нашли в архиве.")
    assert fresh(row).state is QuestionState.ANSWERED


def test_what_was_added_to_an_answer_is_taken_back_and_the_answer_stands(
    worker, ask, open_page, clock, now
):
    row = ask()
    worker.submit(open_page(row), "#answer-form", text="Так.")
    clock.set(now + timedelta(minutes=11))
    page = worker.submit(open_page(row), "#answer-form", text="И ещё так.")
    worker.submit(page, UNDO)
    assert fresh(row).state is QuestionState.ANSWERED
    assert "На всё ответили" in worker.get("/staff/questions").text


def test_an_empty_answer_is_refused_at_the_field(worker, ask, open_page):
    told = worker.submit(open_page(ask()), "#answer-form", text=" ", status=422)
    assert told.text.count("Напишите сообщение") == 2


def test_an_answer_may_carry_files_and_taken_back_they_are_gone(worker, ask, open_page):
    body = io.BytesIO()
    Image.new("RGB", (30, 30)).save(body, "PNG")
    row = ask()
    page = worker.submit(
        open_page(row),
        "#answer-form",
        text="Вот.",
        files=[(io.BytesIO(body.getvalue()), "схема.png")],
    )
    link = page.select("#question li p a")[0]
    assert link.text == "схема.jpg"
    got = worker.get(link.get("href"), check=False)
    assert got.headers["Content-Disposition"].startswith("attachment")
    worker.submit(page, UNDO)
    assert (QuestionFile.select().count(), StoredFile.select().count()) == (0, 0)


def test_a_file_that_is_not_taken_is_named_and_the_text_stays(worker, ask, open_page):
    told = worker.submit(
        open_page(ask()),
        "#answer-form",
        text="Вот.",
        files=[(io.BytesIO(b"MZ"), "x.exe")],
        status=422,
    )
    assert "«x.exe» не фото и не PDF" in told.text
    assert told.one("#text").text.strip() == "Вот."


def test_a_visitor_without_address_gets_no_letter(worker, ask, open_page):
    row = ask(
        user_id=None, account_id=None, email="", branch="kursk", address="10.0.0.1"
    )
    page = open_page(row)
    assert "Спросили без входа" in page.text
    worker.submit(page, "#answer-form", text="Так.")
    assert OutboxMessage.select().count() == 0


def test_a_visitor_with_an_address_is_led_to_number_and_code(worker, ask, open_page):
    row = ask(
        user_id=None,
        account_id=None,
        email="zoe@example.org",
        branch="kursk",
        address="10.0.0.1",
    )
    worker.submit(open_page(row), "#answer-form", text="Так.")
    mail = OutboxMessage.get(OutboxMessage.kind == "question_answered")
    assert mail.recipient == "zoe@example.org"
    assert mail.context["link"].endswith("/questions/state")


# Handing over, closing, merging


def test_it_is_handed_to_a_colleague_and_back(worker, second, ask, open_page):
    row = ask()
    page = open_page(row)
    igor = next(
        option.get("value")
        for option in page.select("#keeper option")
        if option.get("value")
        and int(option.get("value"))
        != AuditEntry.get(AuditEntry.action == "question.opened").actor_id
    )
    worker.submit(page, KEEPER, keeper=igor)
    assert fresh(row).keeper_id == int(igor)
    assert "мои 1" in second.get("/staff/questions").text
    assert str(row.id) in second.get("/staff/questions?mine=1").text
    worker.submit(page, KEEPER, keeper="")
    assert fresh(row).keeper_id is None


def test_it_goes_to_nobody_of_another_branch(worker, ask, open_page):
    row = ask()
    factories.make_branch("tver", name="Тверь")
    other = factories.make_staff("tver@example.org", branches=("tver",))
    page = open_page(row)
    token = page.select("[name=csrf_token]")[0].get("value")
    worker.post(
        f"/staff/questions/{row.public_id}/keeper",
        {"csrf_token": token, "keeper": str(other.id)},
        status=404,
    )
    assert fresh(row).keeper_id is None


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
def test_it_is_closed_and_opened_again(worker, ask, open_page, htmx):
    row = ask()
    for way, state in (
        ("close", QuestionState.CLOSED),
        ("reopen", QuestionState.WAITING),
    ):
        worker.submit(open_page(row), f"form[action$='/{way}']", htmx=htmx)
        assert fresh(row).state is state


def join(worker, row, other, way, status=303):
    page = worker.get(f"/staff/questions/{row.public_id}")
    token = page.select("[name=csrf_token]")[0].get("value")
    return worker.post(
        f"/staff/questions/{row.public_id}/{way}",
        {"csrf_token": token, "other": str(other.public_id)},
        status=status,
    )


def test_two_of_one_person_become_one_and_two_again(worker, app, alice, ask, open_page):
    first, again = ask("Первое"), ask("То же самое")
    join(worker, first, again, "merge")
    assert fresh(again).state is QuestionState.CLOSED
    page = open_page(first)
    assert "Первое" in page.text
    assert "То же самое" in page.text
    hers = Browser(app).sign_in(alice)
    assert "То же самое" in hers.get(f"/questions/{again.public_id}").text
    assert f"Обращение {again.id}:" not in hers.get("/questions").text
    join(worker, first, again, "part")
    assert fresh(again).state is QuestionState.WAITING
    assert "То же самое" not in open_page(first).text


@pytest.mark.parametrize("who", ["another", "visitors", "itself", "no id"])
def test_of_two_persons_they_stay_two(worker, ask, who, account):
    first = ask("Первое")
    if who == "another":
        bob = factories.make_customer("bob@example.org")
        factories.give_access(bob, account)
        other = ask("Чужое", user_id=bob.id)
    elif who == "visitors":
        said = {
            "user_id": None,
            "account_id": None,
            "email": "zoe@example.org",
            "branch": "kursk",
            "address": "10.0.0.1",
        }
        first, other = ask("Раз", **said), ask("Два", **said)
    elif who == "itself":
        other = first
    else:
        first.public_id, other = first.public_id, type("x", (), {"public_id": "?"})
    told = join(worker, first, other, "merge", status=409)
    assert "Объединить можно только обращения одного человека" in told.text
    assert not Question.select().where(Question.merged_into.is_null(False))


# Ready answers


@pytest.fixture
def chief(desk):
    return Browser(desk).sign_in(
        factories.make_staff("chief@example.org", role="supervisor")
    )


def test_a_ready_answer_is_put_after_what_was_typed(chief, worker, ask, open_page):
    page = chief.get("/staff/questions/ready")
    assert "Готовых ответов пока нет" in page.text
    page = chief.submit(
        page, "#ready-form", branch="kursk", title="Замена", text="Счётчик\nменяем так."
    )
    assert "Замена" in page.text
    row = ask()
    answer_id = str(ReadyAnswer.get().id)
    page = worker.submit(
        open_page(row),
        "#answer-form",
        text="Здравствуйте!",
        button=("ready", answer_id),
        status=200,
    )
    assert page.one("#text").text.strip() == "Здравствуйте!\n\nСчётчик\nменяем так."
    assert QuestionMessage.select().count() == 1
    worker.get("/staff/questions/ready", status=404)


def test_a_ready_answer_is_taken_away(chief, worker, ask, open_page):
    page = chief.get("/staff/questions/ready")
    page = chief.submit(
        page, "#ready-form", branch="kursk", title="Замена", text="Так."
    )
    chief.submit(page, "form[action$='/end']")
    assert "Готовых ответов пока нет" in chief.get("/staff/questions/ready").text
    assert not open_page(ask()).select("[name=ready]")
    page = chief.get("/staff/questions/ready")
    page = chief.submit(page, "form[action$='/restore']")
    assert "Готовых ответов пока нет" not in page.text
    assert not page.select("form[action$='/restore']")
    assert open_page(ask()).select("[name=ready]")


def test_a_ready_answer_is_looked_at_before_it_is_kept(chief):
    page = chief.get("/staff/questions/ready")
    assert page.one("#starts").get("value") == "22.11.2026"
    page = chief.submit(
        page,
        "#ready-form",
        branch="kursk",
        title="Замена",
        text="Меняем\n\nтак. <b>",
        button=("look", "1"),
        status=200,
    )
    assert page.text_of(".box h2") == "Так увидит клиент"
    assert "так. <b>" in page.text_of(".box")
    assert page.one("#title").get("value") == "Замена"
    assert not ReadyAnswer.select().exists()
    chief.submit(page, "#ready-form")
    assert ReadyAnswer.get().text == "Меняем\n\nтак. <b>"


@pytest.mark.parametrize(
    ("starts", "ends", "turn", "is_offered"),
    [
        ("22.11.2026", "22.11.2026", "предлагается", True),
        ("01.11.2026", "", "предлагается", True),
        ("23.11.2026", "", "ещё не предлагается", False),
        ("01.11.2026", "21.11.2026", "срок прошёл", False),
    ],
)
def test_a_ready_answer_is_offered_between_its_days(
    chief, worker, ask, open_page, starts, ends, turn, is_offered
):
    page = chief.submit(
        chief.get("/staff/questions/ready"),
        "#ready-form",
        branch="kursk",
        title="Замена",
        text="Так.",
        starts=starts,
        ends=ends,
    )
    assert page.text_of(".rows .hint b") == turn
    assert bool(open_page(ask()).select("[name=ready]")) is is_offered
    assert ("Так." in worker.get("/staff/help/questions").text) is is_offered


@pytest.mark.parametrize(
    ("typed", "field", "told"),
    [
        ({"starts": ""}, "starts", "Введите дату"),
        ({"starts": "завтра"}, "starts", "Введите дату"),
        ({"ends": "31.02.2027"}, "ends", "Введите дату"),
        ({"ends": "21.11.2026"}, "ends", "Эта дата раньше первой"),
    ],
)
def test_days_of_a_ready_answer_that_are_none_are_told(chief, typed, field, told):
    page = chief.submit(
        chief.get("/staff/questions/ready"),
        "#ready-form",
        branch="kursk",
        title="Замена",
        text="Так.",
        status=422,
        **typed,
    )
    assert told in page.text_of(f"#{field}-e")
    assert page.one("#text").text.strip() == "Так."


def test_a_ready_answer_of_before_has_no_days(chief, now, kursk, ask, open_page):
    ReadyAnswer.create(branch=kursk, key="k", title="А", text="Б", created_at=now)
    page = chief.get("/staff/questions/ready")
    assert "всегда: предлагается" in page.text_of(".rows .hint")
    assert open_page(ask()).select("[name=ready]")


def test_what_is_of_all_branches_only_an_admin_offers_again(app, chief, now):
    row = ReadyAnswer.create(
        key="k", title="Всем", text="Так.", created_at=now, ended_at=now
    )
    url = f"/staff/questions/ready/{row.id}/restore"
    page = chief.get("/staff/questions/ready")
    assert "Всем" not in page.text
    token = page.select("[name=csrf_token]")[0].get("value")
    chief.post(url, {"csrf_token": token}, status=404)
    admin = Browser(app).sign_in(
        factories.make_staff("root@example.org", role="admin", branches=())
    )
    page = admin.submit(
        admin.get("/staff/questions/ready"), f"form[action='{url}']", status=303
    )
    assert page.select(f"form[action='{url.replace('restore', 'end')}']")


def test_a_ready_answer_needs_its_words(chief):
    page = chief.get("/staff/questions/ready")
    told = chief.submit(
        page, "#ready-form", branch="kursk", title="", text="Так.", status=422
    )
    assert told.text.count("Введите название") == 2
    assert told.one("#text").text.strip() == "Так."


def test_a_supervisor_keeps_none_for_all_or_for_others(chief):
    factories.make_branch("tver", name="Тверь")
    page = chief.get("/staff/questions/ready")
    for branch in ("", "tver"):
        chief.submit(
            page, "#ready-form", branch=branch, title="А", text="Б", status=404
        )
    assert ReadyAnswer.select().count() == 0


# Quiet


def test_what_stays_answered_for_two_weeks_is_closed(worker, ask, open_page, now):
    row, waits = ask(), ask("Ждёт")
    worker.submit(open_page(row), "#answer-form", text="Так.")
    assert quiet.close_quiet(now=now + timedelta(days=13)) == 0
    assert quiet.close_quiet(now=now + timedelta(days=14)) == 1
    assert fresh(row).state is QuestionState.CLOSED
    assert fresh(waits).state is QuestionState.WAITING
