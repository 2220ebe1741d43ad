"""The reading form in a real browser: nothing lost, nothing sent twice."""

import pytest
from playwright.sync_api import expect

DONE = "Спасибо. Ваши данные были введены без ошибок"
SEND = "#reading-form .big"
STORAGE = "Object.keys(localStorage).concat(Object.keys(sessionStorage)).join()"


def assert_nothing_is_stored(page):
    """Storage is emptied a moment after the words appear."""
    for _ in range(40):
        if not page.evaluate(STORAGE):
            return
        page.wait_for_timeout(50)
    pytest.fail(page.evaluate(STORAGE))


@pytest.fixture
def form(open_page, sign_in, house):
    """The open form of a one-zone meter, and the POSTs it makes."""

    def open_form(person=None, **options):
        page = sign_in(open_page(**options), person or house())
        page.posts = []
        page.on(
            "request",
            lambda r: page.posts.append(r) if r.method == "POST" else None,
        )
        page.goto("/readings")
        return page

    return open_form


def test_a_reading_is_taken_in_place_and_the_answer_has_the_focus(form):
    page = form()
    page.fill("#t1", "4772")
    page.click(SEND)
    expect(page.get_by_role("heading", name=DONE)).to_be_visible()
    expect(page.locator(".box.ok")).to_be_focused()
    assert page.url.endswith("/readings")
    assert page.title().startswith("Передать показания")
    assert_nothing_is_stored(page)
    assert page.faults == []


def test_a_double_tap_and_one_more_send_once(form):
    page = form()
    page.route("**/readings", lambda route: _later(page, route))
    page.fill("#t1", "4772")
    page.dblclick(SEND)
    page.click(SEND)
    expect(page.get_by_role("heading", name=DONE)).to_be_visible()
    assert len(page.posts) == 1


def test_a_double_tap_without_javascript_stores_one_reading(form):
    page = form(js=False)
    page.fill("#t1", "4772")
    page.dblclick(SEND)
    expect(page.get_by_role("heading", name=DONE)).to_be_visible()
    first = page.locator(".box.ok b").text_content()
    page.goto("/readings")
    assert first in page.locator("main").text_content()


def test_a_fault_keeps_the_digits_and_takes_the_focus(form):
    page = form()
    page.fill("#t1", "12a")
    page.click(SEND)
    expect(page.locator(".box.alert")).to_be_visible()
    assert page.title().startswith("Ошибка: ")
    assert page.input_value("#t1") == "12a"
    expect(page.locator(".box.alert")).to_be_focused()
    assert page.get_attribute("#t1", "aria-invalid") == "true"
    page.click(".box.alert a")
    assert page.evaluate("document.activeElement.id") == "t1"


def test_an_unusual_reading_is_asked_about_and_taken_at_the_second_tap(form):
    page = form()
    page.fill("#t1", "7772")
    page.click(SEND)
    expect(page.locator("#reading-asked")).to_contain_text("Всё верно?")
    page.click("#reading-asked button")
    expect(page.get_by_role("heading", name=DONE)).to_be_visible()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (500, "Сбой на нашей стороне"),
        (502, "Сбой на нашей стороне"),
        (429, "Слишком много попыток"),
        (400, "Страница устарела"),
    ],
)
def test_a_failure_leaves_the_form_and_says_what_to_do(form, status, words):
    page = form()
    page.route("**/readings", lambda r: r.fulfill(status=status, body="<b>boom</b>"))
    page.fill("#t1", "4772")
    page.click(SEND)
    expect(page.locator("#err .box h2")).to_have_text(words)
    assert page.input_value("#t1") == "4772"
    assert "boom" not in page.content()
    assert page.get_attribute("#reading-form", "aria-busy") is None
    page.faults.clear()  # the planted one
    page.unroute("**/readings")
    page.click(SEND)
    expect(page.get_by_role("heading", name=DONE)).to_be_visible()
    assert page.locator("#err .box").count() == 0


def test_without_a_connection_the_digits_stay_and_nothing_is_claimed(form):
    page = form()
    page.fill("#t1", "4772")
    page.context.set_offline(True)
    page.click(SEND)
    expect(page.locator("#err h2")).to_have_text("Связь прервалась")
    assert "Мы не знаем, дошли ли данные" in page.locator("#err").text_content()
    assert page.input_value("#t1") == "4772"
    page.faults.clear()  # of being offline
    page.context.set_offline(False)
    page.click(SEND)
    expect(page.get_by_role("heading", name=DONE)).to_be_visible()


def test_a_lost_answer_and_a_second_tap_store_one_reading(form):
    page = form()
    keys = []

    def lose_the_answer(route):
        keys.append(route.request.post_data)
        route.fetch()
        route.abort()

    page.route("**/readings", lose_the_answer)
    page.fill("#t1", "4772")
    page.click(SEND)
    expect(page.locator("#err h2")).to_have_text("Связь прервалась")
    page.faults.clear()  # of the lost answer
    page.unroute("**/readings")
    page.click(SEND)
    expect(page.get_by_role("heading", name=DONE)).to_be_visible()
    first = page.locator(".box.ok b").text_content()
    page.goto("/readings")
    assert first in page.locator("main").text_content()
    assert len(page.posts) == 2


def test_typed_digits_survive_a_reload_and_are_forgotten_when_taken(form):
    page = form()
    page.locator("#t1").press_sequentially("4772")
    page.reload()
    assert page.input_value("#t1") == "4772"
    page.click(SEND)
    expect(page.get_by_role("heading", name=DONE)).to_be_visible()
    assert_nothing_is_stored(page)


def test_signing_out_leaves_nothing_on_the_computer(form):
    page = form()
    page.locator("#t1").press_sequentially("47")
    assert "drafts" in page.evaluate(STORAGE)
    page.click("footer button")
    page.wait_for_url("**/login")
    assert_nothing_is_stored(page)


def test_on_a_shared_computer_typed_digits_are_kept_nowhere(open_page, house):
    person = house()
    page = open_page()
    page.goto("/login")
    page.fill("[name=login]", person.email)
    page.fill("[name=password]", person.password)
    page.check("[name=shared]")
    page.click("#login-form button")
    page.wait_for_selector("#t1")
    page.locator("#t1").press_sequentially("4772")
    assert page.evaluate(STORAGE) == ""


def test_back_twice_shows_whole_pages(form):
    page = form()
    page.fill("#t1", "4772")
    page.click(SEND)
    expect(page.get_by_role("heading", name=DONE)).to_be_visible()
    page.goto("/profile")
    page.go_back()
    expect(page.locator("h1")).to_have_text("Передать показания")
    assert page.locator("header .wire").count() == 1
    assert "приняты" in page.locator("main").text_content()
    page.go_back()
    assert page.locator("header .wire").count() == 1


def test_an_ended_session_leads_to_sign_in_and_back(form, open_page, sign_in, house):
    person = house()
    page = form(person)
    page.locator("#t1").press_sequentially("4772")
    elsewhere = sign_in(open_page(), person)
    elsewhere.goto("/profile")
    elsewhere.get_by_role("button", name="на всех других").click()
    expect(elsewhere.locator("#session-list li")).to_have_count(1)
    page.click(SEND)
    page.wait_for_url(lambda url: "/login?" in url)
    expect(page.locator(".box")).to_contain_text("Вы долго не заходили")
    page.fill("[name=login]", person.email)
    page.fill("[name=password]", person.password)
    page.click("#login-form button")
    page.wait_for_url("**/readings")
    assert page.input_value("#t1") == "4772"


@pytest.mark.parametrize("js", [True, False])
def test_both_ways_end_in_the_same_words(form, js):
    page = form(js=js)
    page.fill("#t1", "4772")
    page.click(SEND)
    expect(page.get_by_role("heading", name=DONE)).to_be_visible()
    assert page.locator("h1").text_content() == "Передать показания"
    assert "138" in page.locator("#reading-done").text_content()


@pytest.mark.parametrize("path", ["/", "/readings"])
def test_the_button_is_in_sight_on_a_small_phone(open_page, sign_in, house, path):
    page = sign_in(open_page({"width": 360, "height": 640}), house())
    page.goto(path)
    box = page.locator(SEND).bounding_box()
    assert box["y"] + box["height"] <= 640


def test_nothing_moves_and_nothing_comes_from_elsewhere(open_page, sign_in, house):
    page = open_page(worker=True)
    hosts = set()
    page.context.on("request", lambda r: hosts.add(r.url.split("/")[2]))
    sign_in(page, house())
    for path in ("/", "/readings", "/bills", "/profile"):
        page.goto(path)
    assert len(hosts) == 1


def test_without_a_connection_a_page_waits_for_the_digits(open_page, sign_in, house):
    page = open_page(worker=True)
    sign_in(page, house())
    page.evaluate("navigator.serviceWorker.ready")
    page.context.set_offline(True)
    page.goto("/readings")
    expect(page.locator("h1")).to_have_text("Нет связи")
    page.locator("#t1").press_sequentially("4780")
    page.context.set_offline(False)
    page.goto("/readings")
    assert page.input_value("#t1") == "4780"
    page.click(SEND)
    expect(page.get_by_role("heading", name=DONE)).to_be_visible()


def _later(page, route):
    page.wait_for_timeout(400)
    route.continue_()
