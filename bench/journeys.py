"""The journeys of a customer, counted in taps from the home page on, or from the sign-in."""

from collections.abc import Callable

from playwright.sync_api import Browser, Page

from bench.browser import Figure, Taps, open_page, sign_in

SEND = "#reading-form .big"
TAKEN = ".box.ok[data-taken]"
#: A household of the sample registry that uses no cabinet: its account, the last digits
#: of its meter and some use after the last reading.
GUEST = ("460392359146", "0084", "14300")


def taps(browser: Browser, url: str) -> list[Figure]:
    """Return the taps of each journey.

    The customer is signed in and on the home page; a guest is on the page to sign in.
    """
    return [
        Figure("taps", what, _count(browser, url, email, journey), most, "")
        for what, most, email, journey in JOURNEYS
    ]


def usual_reading(page: Page) -> str:
    """Return the last reading and some use, from the hint above the field."""
    hint = page.locator("#t1-h").inner_text()
    last = hint.partition(":")[2].partition("(")[0]
    return str(int("".join(c for c in last if c.isdigit())) + 120)


def _count(
    browser: Browser, url: str, email: str, journey: Callable[[Page, Taps], None]
) -> int:
    taps = Taps()
    with open_page(browser, url) as page:
        if email:
            sign_in(page, email)
        else:
            page.goto("/login")
        journey(page, taps)
    return taps.count


def _send_reading(page: Page, taps: Taps) -> None:
    page.fill("#t1", usual_reading(page))
    taps.tap(page.locator(SEND))
    page.wait_for_selector(TAKEN)


def _send_unusual(page: Page, taps: Taps) -> None:
    page.fill("#t1", str(int(usual_reading(page)) + 3000))
    taps.tap(page.locator(SEND))
    taps.tap(page.locator("#reading-asked button").first)
    page.wait_for_selector(TAKEN)


def _send_as_guest(page: Page, taps: Taps) -> None:
    number, digits, register = GUEST
    taps.tap(page.locator("main").get_by_role("link", name="Передать показания"))
    page.fill("#number", number)
    page.fill("#digits", digits)
    taps.tap(page.locator("#guest-pair button"))
    page.fill("#t1", register)
    taps.tap(page.locator("#guest-form button"))
    page.wait_for_selector("#guest-taken .ok")


def _last_receipt(page: Page, taps: Taps) -> None:
    taps.tap(page.get_by_role("link", name="Квитанция за октябрь"))
    page.wait_for_selector("#receipt")


def _other_receipt(page: Page, taps: Taps) -> None:
    taps.tap(page.get_by_role("link", name="Распечатать квитанции"))
    page.select_option("main select", index=2)
    taps.tap(page.get_by_role("button", name="Создать квитанцию"))
    page.wait_for_selector("#receipt")


def _history(page: Page, taps: Taps) -> None:
    taps.tap(page.get_by_role("link", name="История показаний"))
    page.wait_for_selector("table")


def _history_of_dates(page: Page, taps: Taps) -> None:
    _history(page, taps)
    page.locator("#period input").first.fill("2026-05-01")
    taps.tap(page.locator("#period button"))
    page.wait_for_load_state("networkidle")


def _statement(page: Page, taps: Taps) -> None:
    taps.tap(page.get_by_role("link", name="Начисления и платежи"))
    page.wait_for_selector("#report table")


def _statement_of_dates(page: Page, taps: Taps) -> None:
    _statement(page, taps)
    page.locator("#period input").first.fill("2026-05-01")
    taps.tap(page.locator("#period button"))
    page.wait_for_load_state("networkidle")


def _switch(page: Page, taps: Taps) -> None:
    page.select_option("#switch", index=1)
    taps.tap(page.get_by_role("button", name="Показать"))
    page.wait_for_load_state("networkidle")


def _accept_and_undo(page: Page, taps: Taps) -> None:
    page.goto("/staff/")
    row = page.locator("li[id^=review-row]", has_text="Принять").first
    name = row.get_attribute("id")
    taps.tap(row.get_by_role("button", name="Принять"))
    taps.tap(page.locator(f"#{name}").get_by_role("button", name="Отменить"))
    page.locator(f"#{name}").get_by_role("button", name="Принять").wait_for()


JOURNEYS: tuple[tuple[str, int, str, Callable[[Page, Taps], None]], ...] = (
    ("send a reading", 1, "replaced@example.org", _send_reading),
    ("send an unusual reading", 2, "silent@example.org", _send_unusual),
    ("send a reading without signing in", 3, "", _send_as_guest),
    ("receipt of the last month", 1, "client@example.org", _last_receipt),
    ("receipt of another month", 2, "client@example.org", _other_receipt),
    ("history of a year", 1, "client@example.org", _history),
    ("history of own dates", 2, "client@example.org", _history_of_dates),
    ("charges and payments of a year", 1, "client@example.org", _statement),
    ("charges and payments of own dates", 2, "client@example.org", _statement_of_dates),
    ("switch the account", 2, "client@example.org", _switch),
    ("accept a reading and undo it", 2, "supervisor@example.org", _accept_and_undo),
)
