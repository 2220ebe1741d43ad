"""«На проверку» as a specialist goes through it: by keyboard, and without JavaScript."""

import secrets

import pytest

from bench.browser import KB
from cabinet.domain.metering import ReadingState
from cabinet.models import Reading, ReviewDecision, StaffBranch
from tests import factories
from tests.browser.conftest import Person
from tests.browser.looks import OFFICE_LOOKS, assert_accessible, assert_fits

WIDE = {"width": 1280, "height": 900}
#: A row's stops: the account, accepting, the way to the other decisions.
STOPS = 3


@pytest.fixture
def queue(stored):
    """A specialist of a branch of their own with three readings that wait."""
    with stored():
        code = f"b{secrets.token_hex(4)}"
        branch = factories.make_branch(code, name="Льгов")
        email = f"{code}@example.org"
        user = factories.make_staff(email, branches=(code,))
        assert StaffBranch.select().where(StaffBranch.user == user).count() == 1
        ids = []
        for value in (9450, 47_728, 4990):
            account = factories.make_account(
                number=str(460_000_000_000 + secrets.randbelow(1_000_000_000)),
                branch=branch,
            )
            meter = factories.make_meter(account, serial=secrets.token_hex(4))
            for month, before in (("2026-09", 4500), ("2026-10", 4634)):
                factories.make_reading(meter, month, (before,))
            row = factories.make_reading(
                meter,
                "2026-11",
                (value,),
                day=10 + len(ids),
                state=ReadingState.NEEDS_REVIEW,
                reason="unusual",
            )
            ids.append(row.id)
        return Person(email, account.id), ids


def states(stored, ids):
    with stored():
        return [str(Reading.get_by_id(row_id).state) for row_id in ids]


def focused(page):
    return page.evaluate("document.activeElement.innerText")


def press_until(page, key, label, most=12):
    """Press the key until what has the focus says the label; return how often."""
    for count in range(1, most + 1):
        page.keyboard.press(key)
        if focused(page).startswith(label):
            return count
    raise AssertionError(f"no {label!r} within {most} of {key}")


def swapped(page, what, **options):
    """Wait for what a swap brings, or takes away, and for the keyboard to be there."""
    page.wait_for_selector(what, **options)
    page.wait_for_function("() => document.activeElement.matches('[data-focus]')")


def test_three_are_decided_by_keyboard_alone_and_one_undone(
    open_page, sign_in, queue, stored
):
    clerk, ids = queue
    page = open_page(WIDE)
    sign_in(page, clerk)
    page.goto("/staff/")
    assert_accessible(page)
    page.evaluate("document.getElementById('main').focus()")
    # The first: accepted at the second stop, then undone, then accepted again.
    assert press_until(page, "Tab", "Принять") == STOPS - 1
    page.keyboard.press("Enter")
    swapped(page, "text=принято")
    assert states(stored, ids)[0] == "accepted"
    assert press_until(page, "Tab", "Отменить") == 1
    page.keyboard.press("Enter")
    swapped(page, "text=принято", state="detached")
    assert states(stored, ids)[0] == "needs_review"
    press_until(page, "Tab", "Принять")
    page.keyboard.press("Enter")
    swapped(page, "text=принято")
    # The second: what was probably meant is typed already.
    press_until(page, "Tab", "Исправить или вернуть")
    page.keyboard.press("Enter")
    swapped(page, "[name=t1]")
    assert_accessible(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.value") == "4772"
    page.keyboard.press("Enter")
    swapped(page, "text=исправлено")
    # The third: returned with the text that is chosen.
    press_until(page, "Tab", "Исправить или вернуть")
    page.keyboard.press("Enter")
    swapped(page, "[name=ready]")
    press_until(page, "Tab", "Вернуть")
    page.keyboard.press("Enter")
    swapped(page, "text=возвращено")
    assert states(stored, ids) == ["accepted", "superseded", "rejected"]
    assert_accessible(page)
    assert not page.faults


def test_the_same_goes_without_javascript(open_page, sign_in, queue, stored):
    clerk, ids = queue
    page = open_page(WIDE, js=False)
    sign_in(page, clerk)
    page.goto("/staff/")
    page.locator("button", has_text="Принять").first.click()
    assert "#review-row-" in page.url
    assert "принято" in page.inner_text("main")
    page.locator("button", has_text="Отменить").first.click()
    assert states(stored, ids)[0] == "needs_review"
    page.locator("button", has_text="Принять").first.click()
    page.locator("a", has_text="Исправить или вернуть").first.click()
    page.locator("button", has_text="Записать").click()
    page.locator("a", has_text="Исправить или вернуть").first.click()
    page.fill("[id^=return-]", "Позвоните нам")
    page.locator("button", has_text="Вернуть").click()
    assert states(stored, ids) == ["accepted", "superseded", "rejected"]
    assert "Всё проверено" in page.inner_text("main")
    assert page.locator("button", has_text="Отменить").count() == len(ids)
    assert not page.faults


def test_the_second_of_two_reads_it_at_the_row(open_page, sign_in, queue, stored):
    clerk, ids = queue
    first, second = open_page(WIDE), open_page(WIDE)
    for page in (first, second):
        sign_in(page, clerk)
        page.goto("/staff/")
    first.locator("button", has_text="Принять").first.click()
    first.wait_for_selector("text=принято")
    second.locator("button", has_text="Принять").first.click()
    second.wait_for_selector("text=Уже решено: показание принято")
    assert second.locator("li[id^=review-row-]").count() == len(ids)
    with stored():
        made = ReviewDecision.select().where(ReviewDecision.reading.in_(ids))
        assert made.count() == 1


@pytest.mark.parametrize(("width", "scheme"), OFFICE_LOOKS)
def test_it_has_no_fault_in_any_look(open_page, sign_in, queue, width, scheme):
    clerk, _ = queue
    page = open_page({"width": width, "height": 800}, scheme)
    sign_in(page, clerk)
    body = page.goto("/staff/").body()
    assert len(body) < 30 * KB
    assert_accessible(page)
    assert_fits(page)
    page.locator("a", has_text="Исправить или вернуть").first.click()
    page.wait_for_selector("[name=ready]")
    assert_accessible(page)
    assert_fits(page)
