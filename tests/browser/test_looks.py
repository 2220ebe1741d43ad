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
#: Both at once leave least room; each alone is looked at with the long tests.
LOOKS = [
    pytest.param("large", marks=pytest.mark.long),
    pytest.param("strong", marks=pytest.mark.long),
    "large-strong",
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


@pytest.mark.parametrize(
    "scheme", ["light", pytest.param("dark", marks=pytest.mark.long)]
)
@pytest.mark.parametrize(
    "width",
    [
        320,
        pytest.param(700, marks=pytest.mark.long),
        pytest.param(1280, marks=pytest.mark.long),
    ],
)
@pytest.mark.parametrize("look", LOOKS)
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
