"""The report in a real browser: swapped in place, and every address is a page."""

from playwright.sync_api import expect

HEADING = "#report h2"


def test_a_period_is_swapped_in_and_back_returns_to_the_one_before(
    open_page, sign_in, house
):
    page = open_page()
    sign_in(page, house())
    page.goto("/history")
    expect(page.locator(HEADING)).to_contain_text("12 месяцев")
    page.evaluate("window.same = true")
    page.click("#report >> text=3 месяца")
    expect(page.locator(HEADING)).to_contain_text("3 месяца: 414")
    expect(page.locator(HEADING)).to_be_focused()
    assert page.url.endswith("/history?months=3")
    page.fill("#first", "01.05.2026")
    page.fill("#last", "31.08.2026")
    page.click("#period button")
    expect(page.locator(HEADING)).to_contain_text("4 месяца: 552")
    assert page.url.endswith("/history?first=01.05.2026&last=31.08.2026")
    assert page.evaluate("window.same")
    page.go_back()
    expect(page.locator(HEADING)).to_contain_text("3 месяца: 414")
    page.reload()
    expect(page.locator(HEADING)).to_contain_text("3 месяца: 414")
    assert page.evaluate("sessionStorage.length") == 0
    assert page.faults == []


def test_a_bad_period_takes_the_focus_and_keeps_the_days(open_page, sign_in, house):
    page = open_page()
    sign_in(page, house())
    page.goto("/history")
    page.fill("#last", "01.01.2020")
    page.click("#period button")
    expect(page.locator("#report .alert")).to_be_focused()
    assert page.title().startswith("Ошибка: История показаний")
    assert page.input_value("#last") == "01.01.2020"


def test_it_works_without_javascript(open_page, sign_in, house):
    page = open_page(js=False)
    sign_in(page, house(zones=2))
    page.goto("/history")
    page.click("#report >> text=полгода")
    expect(page.locator(HEADING)).to_contain_text("6 месяцев")
    page.fill("#first", "1.9.26")
    page.fill("#last", "30 09 2026")
    page.click("#period button")
    expect(page.locator(HEADING)).to_contain_text("1 месяц: 236")
    with page.expect_download() as download:
        page.click("text=CSV")
    assert download.value.suggested_filename.endswith("2026-09 2026-09.csv")
