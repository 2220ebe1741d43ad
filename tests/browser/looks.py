"""The widths and schemes pages are looked at in, for every fault a machine can see.

One for each kind of people comes each time, so that both widths and both schemes do; all of
them with the long tests.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe


def _seldom(*looks):
    return [pytest.param(*look, marks=pytest.mark.long) for look in looks]


#: Of customers: phones, the narrowest of them at night first.
LOOKS = [
    (320, "dark"),
    *_seldom(
        (320, "light"), (360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")
    ),
]
#: Of those who sit at a desk: each width and each scheme.
OFFICE_LOOKS = [
    (1280, "light"),
    *_seldom((360, "dark"), (1920, "dark"), (1920, "light")),
]
#: What axe is asked for.
RULES = [
    "wcag2a",
    "wcag2aa",
    "wcag21a",
    "wcag21aa",
    "wcag22aa",
    "best-practice",
]
#: What is too low for a finger, and how low it is.
TARGETS = """() => [...document.querySelectorAll('a, button, select, textarea, summary, input:not([type=hidden])')]
  .filter((e) => e.offsetHeight && (e.matches('.tiles a') || !e.closest('p, main li, td, th, dd, .skip')))
  .map((e) => [e.outerHTML.slice(0, 90), (e.matches('[type=checkbox], [type=radio]') ? e.closest('label') : e).getBoundingClientRect().height])
  .filter(([, height]) => height < 44)"""
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"
NODES = "document.querySelectorAll('*').length"


def assert_accessible(page):
    # What was waited for may be there before the style of its page is.
    page.wait_for_load_state()
    options = {"runOnly": {"type": "tag", "values": RULES}}
    found = Axe().run(page, options=options).response["violations"]
    assert not found, [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found]


def assert_fits(page):
    page.wait_for_load_state()
    assert page.evaluate(OVERFLOW) == 0
    assert page.evaluate(TARGETS) == []
    assert page.evaluate(NODES) <= 600
