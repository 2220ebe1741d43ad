"""A real browser for measuring: what came over the wire, and how many taps it took."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from bench.portal import EMAIL, PASSWORD

KB = 1000

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--lang=ru",
)
PHONE = {"width": 360, "height": 640}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium; without a sandbox only under root."""
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(FLAGS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@dataclass(frozen=True)
class Figure:
    """Something measured and the most it may be."""

    code: str
    what: str
    value: float
    most: float
    unit: str = "B"

    @property
    def is_kept(self) -> bool:
        """Tell whether the budget holds."""
        return self.value <= self.most

    def row(self) -> str:
        """Return a line of the table."""
        mark = "" if self.is_kept else " **over**"
        return f"| {self.code} | {self.what} | {self._text(self.value)}{mark} | {self._text(self.most)} |"

    def _text(self, value: float) -> str:
        if self.unit == "B":
            return f"{value / KB:.2f} KB"
        return f"{value:g} {self.unit}".strip()


class Wire:
    """Counts what a page loads: bytes with headers as they came, and requests."""

    def __init__(self, page: Page) -> None:
        self.session = page.context.new_cdp_session(page)
        self.kinds: dict[str, str] = {}
        self.hosts: set[str] = set()
        self.loaded: list[tuple[str, int]] = []
        self.session.on("Network.requestWillBeSent", self._sent)
        self.session.on("Network.loadingFinished", self._finished)
        self.session.send("Network.enable")

    @property
    def bytes(self) -> int:
        """Return the bytes that came, answers from the browser's cache not counted."""
        return sum(size for _, size in self.loaded)

    @property
    def requests(self) -> int:
        """Return the answers that came over the wire."""
        return len(self.loaded)

    def forget(self) -> None:
        """Begin to count anew."""
        self.loaded.clear()

    def of(self, *kinds: str) -> int:
        """Return the bytes of some kinds, as `Document` or `Stylesheet`."""
        return sum(size for kind, size in self.loaded if kind in kinds)

    def _sent(self, event: dict[str, Any]) -> None:
        self.kinds[event["requestId"]] = event.get("type", "Other")
        address = urlsplit(event["request"]["url"])
        if address.netloc:
            self.hosts.add(address.netloc)
        if "redirectResponse" in event:
            size = event["redirectResponse"].get("encodedDataLength", 0)
            self.loaded.append(("Redirect", int(size)))

    def _finished(self, event: dict[str, Any]) -> None:
        size = int(event["encodedDataLength"])
        if size:
            self.loaded.append((self.kinds.get(event["requestId"], "Other"), size))


class Taps:
    """Counts the taps of a journey."""

    def __init__(self) -> None:
        self.count = 0

    def tap(self, place: Locator) -> None:
        """Tap a link or a button."""
        self.count += 1
        place.click()


@contextmanager
def open_page(browser: Browser, url: str, *, js: bool = True) -> Iterator[Page]:
    """Open a page in a context of its own; workers are counted nowhere."""
    context: BrowserContext = browser.new_context(
        base_url=url,
        viewport=PHONE,  # type: ignore[arg-type]
        locale="ru-RU",
        timezone_id="Europe/Moscow",
        java_script_enabled=js,
        service_workers="block",
    )
    yield context.new_page()
    context.close()


def sign_in(page: Page, email: str = EMAIL) -> None:
    """Sign in through the form, on the page that is open or a new one."""
    if not page.url.endswith("/login"):
        page.goto("/login")
    page.fill("[name=login]", email)
    page.fill("[name=password]", PASSWORD)
    page.click("#login-form button")
    if "/factor" in page.url:
        page.fill("[name=code]", _code(page, email))
        page.click("#factor-form button")
    page.wait_for_selector("footer form")


def _code(page: Page, email: str) -> str:
    """Return the one-time code that the demonstration's page shows for the person."""
    told = page.request.get(urljoin(page.url, "/demo")).text()
    found = re.search(
        rf"{re.escape(email)}.*?(\d{{3}})&nbsp;(\d{{3}})", told, re.DOTALL
    )
    return "".join(found.groups()) if found else ""
