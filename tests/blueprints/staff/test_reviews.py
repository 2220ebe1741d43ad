"""«На проверку» as a specialist works through it, and what its customer reads."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from cabinet.domain.metering import ReadingState
from cabinet.models import HomeNote, Reading, ReviewDecision, User
from cabinet.models.base import writing
from cabinet.services import files
from tests import factories
from tests.browsing import Browser

HTMX = [False, True]


@pytest.fixture
def operator(browser, alice, account, meter):
    factories.make_reading(meter, "2026-10", (4634,))
    return browser.sign_in(factories.make_staff())


def waiting(meter, *values, user=None, **fields):
    return factories.make_reading(
        meter,
        "2026-11",
        values or (9450,),
        state=ReadingState.NEEDS_REVIEW,
        user=user,
        **fields,
    )


def row_of(page, number="100-002"):
    return page.text_of(f"#review-row-{number}")


def decide(browser, row, verb, *, page=None, htmx=False, status=None, **fields):
    page = page or browser.get(f"/staff/readings/{row.public_id}")
    form = f"form[action*='/{verb}']"
    return browser.submit(page, form, htmx=htmx, status=status, **fields)


def test_a_row_tells_what_a_decision_rests_on(operator, meter):
    waiting(meter, 47_728, reason="impossible", comment="Лампочка <b>одна</b>")
    text = row_of(operator.get("/staff/"))
    for words in (
        "4600 0000 0001",
        "ул. Ленина",
        "№ 10834547",
        "было 4 634 , стало 47 728 , расход 43 094",
        "Больше, чем мог насчитать счётчик",
        "Похоже, лишняя цифра",
        "«Лампочка <b>одна</b>»",
    ):
        assert words in text, words


def test_two_years_are_drawn_and_told(operator, meter):
    waiting(meter)
    page = operator.get("/staff/")
    chart = page.one("#review-row-100-002 [role=img]")
    assert chart.get("role") == "img"
    assert "расход за два года" in chart.get("aria-label")
    assert page.one("#review-row-100-002 .now").get("d").count("h1") == 24


@pytest.mark.parametrize("htmx", HTMX)
def test_accepting_takes_one_press_from_the_queue(operator, meter, htmx):
    row = waiting(meter, reason="unusual")
    page = operator.get("/staff/")
    done = decide(operator, row, "accept", page=page, htmx=htmx)
    assert "Показание 9 450 : принято" in row_of(done)
    assert "Отменить" in row_of(done)
    assert Reading.get_by_id(row.id).state is ReadingState.ACCEPTED
    assert done.url.startswith("/staff/#review-row-100-002") or htmx


def test_one_that_fell_cannot_be_accepted_and_is_led_on(operator, meter):
    waiting(meter, 4600, reason="lower")
    page = operator.get("/staff/")
    assert page.select("#review-row-100-002 form") == []
    assert "Принять нельзя: оно меньше прошлого" in row_of(page)
    (act,) = page.select("#review-row-100-002 a[href$='/control-act']")
    operator.get(act.get("href"))


@pytest.mark.parametrize("htmx", HTMX)
def test_a_correction_is_proposed_and_written(operator, meter, htmx):
    row = waiting(meter, 47_728, reason="impossible")
    page = operator.get(f"/staff/readings/{row.public_id}")
    assert page.one("[name=t1]").get("value") == "4772"
    done = decide(operator, row, "correct", page=page, htmx=htmx, words="Красная")
    assert "исправлено на 4 772. «Красная»" in row_of(done)
    assert Reading.get(Reading.source == "staff").state is ReadingState.ACCEPTED


@pytest.mark.parametrize("htmx", HTMX)
def test_a_wrong_correction_says_why_and_keeps_what_was_typed(operator, meter, htmx):
    row = waiting(meter, 47_728, reason="impossible")
    for typed, words in (
        ("", "Введите показание"),
        ("48x", "нужны только цифры"),
        ("1234567", "На счётчике 5 цифр до запятой, а введено 7"),
        ("4000", "Это меньше прошлого показания"),
        ("47728", "Это те же цифры"),
    ):
        page = decide(operator, row, "correct", htmx=htmx, status=422, t1=typed)
        assert words in row_of(page)
        field = page.one("[name=t1]")
        assert field.get("value") == typed
        assert field.get("aria-invalid") == "true"
        # The other form is as it was.
        assert page.one("[name=ready] option[selected]").get("value") == "extra"
    page = decide(operator, row, "correct", htmx=htmx, status=422, words="x" * 241)
    assert "не больше 240 знаков" in row_of(page)


@pytest.mark.parametrize("htmx", HTMX)
def test_an_odd_correction_is_asked_about_once(operator, meter, htmx):
    row = waiting(meter, 47_728, reason="impossible")
    asked = decide(operator, row, "correct", htmx=htmx, status=409, t1="9000")
    assert "Расход 4 366 кВт·ч. Это необычно много. Всё верно?" in row_of(asked)
    assert not ReviewDecision.select().exists()
    asked.url = f"/staff/readings/{row.public_id}"
    done = operator.submit(
        asked, "form[action*='/correct']", button=("sure", "1"), htmx=htmx
    )
    assert "исправлено на 9 000" in row_of(done)


@pytest.mark.parametrize("htmx", HTMX)
def test_a_reading_is_returned_with_a_ready_text(operator, meter, alice, htmx):
    row = waiting(meter, 472, reason="lower", user=alice)
    page = operator.get(f"/staff/readings/{row.public_id}")
    assert page.one("[name=ready] option[selected]").get("value") == "missing"
    done = decide(operator, row, "return", page=page, htmx=htmx, words="Спасибо")
    assert "возвращено . «Не хватает цифры" in row_of(done)
    assert "Клиенту напишем через 10 минут" in row_of(done)
    told = Reading.get_by_id(row.id).reason
    assert told.startswith("Не хватает цифры.")
    assert told.endswith(". Спасибо")


@pytest.mark.parametrize("htmx", HTMX)
def test_returning_needs_words(operator, meter, htmx):
    row = waiting(meter)
    page = decide(
        operator, row, "return", htmx=htmx, status=422, ready="", words=" \n "
    )
    assert "Выберите текст или напишите свой" in row_of(page)
    page = decide(operator, row, "return", htmx=htmx, status=422, words="x" * 230)
    assert "Сократите" in row_of(page)
    assert page.one("[name=words][value]:not([value=''])").get("value") == "x" * 230
    assert Reading.get_by_id(row.id).state is ReadingState.NEEDS_REVIEW


def test_an_empty_queue_tells_when_the_last_was_accepted(app, operator, meter):
    none = "Всё проверено. Новых показаний на проверку нет."
    assert none in operator.get("/staff/").text
    row = waiting(meter)
    done = decide(operator, row, "accept")
    assert (
        "Всё проверено. Последнее показание принято 22 ноября 12:00."
        in operator.get("/staff/").text
    )
    factories.make_branch("tver", name="Тверь")
    other = factories.make_staff("tver@example.org", branches=("tver",))
    assert none in Browser(app).sign_in(other).get("/staff/").text
    decide(operator, row, "undo", page=done)
    decide(operator, row, "return", ready="", words="На фото другой счётчик")
    assert none in operator.get("/staff/").text


@pytest.mark.parametrize("htmx", HTMX)
def test_a_decision_is_undone_from_its_row(operator, meter, htmx):
    row = waiting(meter)
    page = operator.get("/staff/")
    done = decide(operator, row, "accept", page=page, htmx=htmx)
    back = decide(operator, row, "undo", page=done, htmx=htmx)
    assert "Принять" in row_of(back)
    assert Reading.get_by_id(row.id).state is ReadingState.NEEDS_REVIEW


def test_after_ten_minutes_nothing_is_undone(app, operator, meter):
    row = waiting(meter)
    page = operator.get("/staff/")
    done = decide(operator, row, "accept", page=page)
    ReviewDecision.update(
        made_at=app.extensions["cabinet.clock"].now() - timedelta(minutes=10)
    ).execute()
    late = decide(operator, row, "undo", page=done, status=409)
    assert "Отменить уже нельзя" in row_of(late)
    assert "Только что решено" not in operator.get("/staff/").text


@pytest.mark.parametrize("htmx", HTMX)
@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("accept", "Уже решено: показание принято, Ольга Смирнова"),
        ("correct", "Уже решено: показание исправлено, Ольга Смирнова"),
        ("return", "Уже решено: показание возвращено, Ольга Смирнова"),
    ],
)
def test_the_second_is_told_at_the_row(operator, meter, htmx, verb, words):
    row = waiting(meter, 47_728)
    before = operator.get(f"/staff/readings/{row.public_id}")
    fields = {"t1": "4772"} if verb == "correct" else {}
    decide(operator, row, verb, page=before, **fields)
    for second in ("accept", "correct", "return"):
        late = decide(operator, row, second, page=before, htmx=htmx, status=409)
        assert words in row_of(late)
    assert ReviewDecision.select().count() == 1


def test_what_was_undone_meanwhile_is_looked_at_again(operator, meter):
    row = waiting(meter)
    before = operator.get("/staff/")
    done = decide(operator, row, "accept", page=before)
    decide(operator, row, "undo", page=done)
    late = decide(operator, row, "accept", page=before, status=409)
    assert "Его вернули на проверку, пока вы смотрели" in row_of(late)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("superseded", "Уже решено: клиент передал новое показание"),
        ("withdrawn", "Уже решено: отозвано"),
    ],
)
def test_what_others_ended_is_told(operator, meter, state, words):
    row = waiting(meter)
    before = operator.get("/staff/")
    Reading.update(state=state).where(Reading.id == row.id).execute()
    late = decide(operator, row, "accept", page=before, status=409)
    assert words in row_of(late)


def test_where_nobody_can_be_written_to_the_row_says_so(operator, meter, account):
    factories.AccountAccess.delete().execute()
    account.phone = "8 900 000-00-00"
    account.save()
    row = waiting(meter)
    done = decide(operator, row, "return")
    assert "Сообщить некому: кабинета у счёта нет. Телефон: 8 900" in row_of(done)


def test_the_filter_and_the_page_are_kept(operator, meter, monkeypatch):
    monkeypatch.setattr("cabinet.services.reviews.queue.PAGE", 1)
    first = waiting(meter, reason="lower", received_at=_at(9))
    other = factories.make_meter(factories.make_account(number="460000000088"))
    second = waiting(other, reason="lower", received_at=_at(10))
    third = factories.make_meter(factories.make_account(number="460000000089"))
    waiting(third, reason="unusual", received_at=_at(11))
    page = operator.get("/staff/?reason=lower")
    assert "Ждут проверки: 2" in page.text
    (more,) = [a for a in page.select("main a") if a.text == "Дальше"]
    page = operator.get(more.get("href"))
    assert page.one("#review-row-100-003 form") is not None
    done = decide(operator, second, "accept", page=page)
    assert f"after={first.public_id}" in done.url
    assert "reason=lower" in done.url
    # Nothing follows, and there is a way on.
    assert "Дальше ничего нет" in done.text
    assert "Таких показаний нет" in operator.get("/staff/?reason=zero").text
    # Words nobody knows are none.
    assert "Ждут проверки: 2" in operator.get("/staff/?reason=x&after=y").text


def _at(hour):
    return factories.MADE_AT.replace(year=2026, month=11, day=21, hour=hour)


def test_a_photo_is_only_ever_saved(operator, meter, alice, now):
    content = SimpleNamespace(
        body=b"<script>", media_type="image/jpeg", sha256="0" * 64
    )
    with writing():
        photo = files.store(content, purpose="photo", owner_id=alice.id, now=now)
    row = waiting(meter, photo=photo)
    (link,) = operator.get("/staff/").select("a[href$='/photo']")
    answer = operator.client.get(link.get("href"))
    assert answer.data == b"<script>"
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    Reading.update(photo=None).where(Reading.id == row.id).execute()
    operator.get(link.get("href"), status=404)


# What the customer reads -------------------------------------------------------------


def test_the_customer_reads_that_it_was_checked(operator, meter, alice):
    row = waiting(meter, user=alice)
    decide(operator, row, "accept")
    page = operator.sign_in(alice).get(f"/readings/{row.public_id}")
    assert "Специалист проверил показания, они приняты" in page.text


def test_the_customer_reads_what_was_corrected(operator, meter, alice):
    row = waiting(meter, 47_728, user=alice)
    decide(operator, row, "correct", t1="4772", words="Красная цифра")
    old = operator.sign_in(alice).get(f"/readings/{row.public_id}")
    assert "Специалист исправил показания Красная цифра." in old.text
    (link,) = [a for a in old.select("main a") if a.text == "Показать исправленные"]
    new = operator.get(link.get("href"))
    assert "Вы передали 47 728. Красная цифра." in new.text
    assert "расход 138 кВт·ч" in new.text
    history = operator.get("/history")
    assert "исправил специалист" in history.text
    assert "4 772" in history.text


def test_the_customer_reads_why_it_was_returned_and_sends_anew(operator, meter, alice):
    row = waiting(meter, user=alice)
    decide(operator, row, "return", ready="", words="На фото другой счётчик")
    operator.sign_in(alice)
    page = operator.get(f"/readings/{row.public_id}")
    assert "Показания не приняты На фото другой счётчик" in page.text
    history = operator.get("/history")
    assert "Возвращено: на фото другой счётчик" in history.text
    (anew,) = [a for a in history.select("main a") if a.text == "Передать ещё раз"]
    assert operator.get(anew.get("href")).one("[name=t1]") is not None


@pytest.mark.parametrize(
    ("verb", "fields", "words"),
    [
        ("return", {"ready": "photo"}, "Показания не приняты На фото не видно цифр."),
        ("correct", {"t1": "4772"}, "Специалист исправил показания Счёт 4600"),
    ],
)
def test_whom_letters_do_not_reach_reads_it_at_home(
    operator, meter, alice, verb, fields, words
):
    row = waiting(meter, 47_728, user=alice)
    User.update(email=None).where(User.id == alice.id).execute()
    decide(operator, row, verb, **fields)
    HomeNote.update(not_before=HomeNote.created_at).execute()
    page = operator.sign_in(alice).get("/")
    assert words in page.text_of("#notes")
    (link,) = page.select("#notes p a")
    operator.get(link.get("href"))
