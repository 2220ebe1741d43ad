"""Larger text and stronger colours: nothing in the way of those who asked for them."""

import pytest

from tests.browser.looks import OVERFLOW, assert_accessible, assert_fits

PAGES = [
    "/",
    "/readings",
    "/history",
    "/statement",
    "/bills",
    "/bills/2026-10",
    "/tariffs",
    "/profile",
    "/profile/consents",
    "/profile/email",
]
#: Both at once on a narrow phone leave least room; with the long tests each alone, and
#: every width and scheme.
LOOKS = [
    ("large-strong", 320, "light"),
    *(
        pytest.param(*each, marks=pytest.mark.long)
        for each in (
            ("large", 320, "light"),
            ("large", 700, "dark"),
            ("strong", 320, "dark"),
            ("strong", 1280, "light"),
            ("large-strong", 700, "light"),
            ("large-strong", 1280, "dark"),
        )
    ),
]


@pytest.fixture
def open_look(open_page):
    """Open a page in a browser that keeps the choice."""

    def open_(look, width, scheme="light"):
        page = open_page({"width": width, "height": 740}, scheme)
        page.goto("/login")
        for button in look.split("-"):
            page.click(f"form[action='/looks'] button[name={button}]")
            page.wait_for_selector(f"button[name={button}][aria-pressed=true]")
        return page

    return open_


@pytest.mark.parametrize(("look", "width", "scheme"), LOOKS)
def test_every_page_has_no_fault(open_look, sign_in, house, look, width, scheme):
    page = open_look(look, width, scheme)
    assert_accessible(page)
    assert_fits(page)
    sign_in(page, house(zones=2, accounts=2))
    for path in PAGES:
        page.goto(path)
        assert_accessible(page)
        assert_fits(page)


@pytest.mark.parametrize("digits", [4, 5, 6, 7, 8])
def test_the_widest_meter_fits_the_narrowest_phone(open_look, sign_in, house, digits):
    page = open_look("large", 320)
    sign_in(page, house(zones=3, digits=digits, last=4634))
    for width in (320, 360, 480):
        page.set_viewport_size({"width": width, "height": 568})
        page.goto("/readings")
        assert page.evaluate(OVERFLOW) == 0, width
