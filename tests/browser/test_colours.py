"""Colours as the browser computes them, under the pointer too, where axe is blind."""

import re

import pytest

from cabinet.web import palette

PAGES = [
    "/",
    "/readings",
    "/history",
    "/statement",
    "/bills",
    "/bills/2026-10",
    "/tariffs",
    "/profile",
]

#: The colour of a text and of what it stands on, with the pointer on it.
COLOURS = """(element) => {
  let ground = element;
  const clear = (e) => /^(transparent|rgba\\(0, 0, 0, 0\\))$/.test(getComputedStyle(e).backgroundColor);
  while (ground.parentElement && clear(ground)) ground = ground.parentElement;
  return [getComputedStyle(element).color, getComputedStyle(ground).backgroundColor];
}"""


def _hex(colour):
    return "#{:02x}{:02x}{:02x}".format(*map(int, re.findall(r"\d+", colour)[:3]))


@pytest.mark.parametrize(
    "scheme", ["light", pytest.param("dark", marks=pytest.mark.long)]
)
def test_links_and_buttons_keep_their_contrast_under_the_pointer(
    open_page, sign_in, house, scheme
):
    page = sign_in(open_page({"width": 1280, "height": 900}, scheme), house(accounts=2))
    for path in PAGES:
        page.goto(path)
        for element in page.locator("a:visible, button:visible").all():
            if element.get_attribute("class") == "skip":
                continue
            element.hover()
            front, back = element.evaluate(COLOURS)
            ratio = palette.contrast(_hex(front), _hex(back))
            assert ratio >= palette.TEXT, (path, element.inner_text(), front, back)
