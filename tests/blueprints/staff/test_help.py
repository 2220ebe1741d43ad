"""Помощь: a page for each room of the back office, and the way to it from that room."""

import re

import pytest

from cabinet.models import ReadyAnswer
from cabinet.web import help_topics, order_words, question_words
from cabinet.web.words import REFUSALS, STAFF_MENU
from tests import factories
from tests.browsing import Browser

ALL = "/staff/help"


@pytest.fixture
def worker(app, account):
    return Browser(app).sign_in(factories.make_staff())


@pytest.fixture
def admin(app, account):
    return Browser(app).sign_in(
        factories.make_staff("root@example.org", role="admin", branches=())
    )


def rooms(app):
    """Return every room of the back office there is, but for the help itself."""
    return {name for name in app.blueprints if re.match("staff($|_[a-z]+$)", name)} - {
        "staff_help"
    }


def test_every_room_has_its_topic_and_every_topic_a_room(app):
    told = [room for topic in help_topics.topics() for room in topic.rooms]
    assert len(told) == len(set(told))
    assert rooms(app) <= set(told)
    assert set(told) - rooms(app) <= {room.partition(".")[0] for room, _ in STAFF_MENU}


def test_every_line_of_the_menu_leads_to_its_help(app, admin):
    page = admin.get("/staff/")
    menu = [
        link.get("href")
        for link in page.select("nav a")
        if "/help" not in link.get("href")
    ]
    assert len(menu) > 10
    titles = {}
    for url in menu:
        link = admin.get(url, check=False).one("a[data-help]")
        assert " ".join(link.text.split()) == "Помощь по этой странице"
        assert link.get("href") != ALL, url
        titles[url] = admin.get(link.get("href")).text_of("h1")
    assert titles["/staff/"] == "Показания на проверку"
    assert len(set(titles.values())) == len(menu)


def test_a_page_deep_in_a_room_leads_to_the_help_of_the_room(admin):
    for url, topic in (
        ("/staff/questions/ready", "questions"),
        ("/staff/content/offices", "content"),
        ("/staff/announcements/benefits", "content"),
        ("/staff/allocations", "payments"),
        ("/staff/profiles", "loads"),
    ):
        assert admin.get(url).one("a[data-help]").get("href") == f"{ALL}/{topic}"
    assert admin.get(ALL).one("a[data-help]").get("href") == ALL


def test_each_topic_is_read_with_the_texts_of_the_forms(app, worker):
    links = [link.get("href") for link in worker.get(ALL).select("main li a")]
    codes = {
        topic.code for topic in help_topics.topics() if rooms(app) & {*topic.rooms}
    }
    assert {link.rpartition("/")[2] for link in links} == codes
    for link in links:
        page = worker.get(link)
        assert len(page.text) > 300
        assert "{" not in page.text, link
    said = [li.text for li in worker.get(f"{ALL}/questions").select("main li")]
    assert set(question_words.TOPICS.values()) <= set(said)
    said = [li.text for li in worker.get(f"{ALL}/registrations").select("main li")]
    assert set(REFUSALS.values()) <= set(said)
    said = [li.text for li in worker.get(f"{ALL}/recalculations").select("main li")]
    assert set(order_words.REASONS.values()) <= set(said)


def test_ready_answers_are_those_of_the_readers_branch(app, worker, account, now):
    tver = factories.make_branch("tver", name="Тверь")
    for branch, title in ((account.branch, "Замена"), (tver, "Только в Твери")):
        ReadyAnswer.create(
            branch=branch,
            key=title,
            title=title,
            text="Меняем *бесплатно*.\n\n<b>Ждите</b>",
            created_at=now,
        )
    page = worker.get(f"{ALL}/questions")
    assert "Замена. Меняем *бесплатно*. <b>Ждите</b>" in page.text.replace(" .", ".")
    assert "Только в Твери" not in page.text


def test_a_topic_of_no_room_is_missing(worker):
    worker.get(f"{ALL}/nothing", status=404)


def test_a_room_that_is_not_there_has_no_help(app, worker):
    for topic in help_topics.topics():
        status = 200 if rooms(app) & set(topic.rooms) else 404
        worker.get(f"{ALL}/{topic.code}", status=status)


def test_the_key_is_switched_off_for_this_browser_and_on_again(worker):
    def switch(page):
        return worker.submit(page, "main form", button=("key", said(page)), status=303)

    def said(page):
        return page.one("main form button").get("value")

    page = worker.get(ALL)
    assert "Её открывает и клавиша «?»" in page.text
    page = switch(page)
    assert not page.select("[data-help]")
    assert "Её открывает" not in page.text
    page = switch(page)
    assert page.select("[data-help]")
