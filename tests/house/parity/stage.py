"""Plays one act twice, without htmx and with it, and compares what came of it."""

import contextlib
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cabinet.models import MODELS
from cabinet.models.connection import close_database
from tests import sharing
from tests.browsing import Browser, Page
from tests.house.parity.house import House

#: Made anew by every act. The short ones are known by their shape or by their place.
RANDOM = re.compile(
    # An UUID; a key of 16 digits; twenty and more letters and digits in a row that are
    # no words joined by underscores, like a cookie or the secret of a link.
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|\b[0-9a-f]{16}\b"
    # The middle of the number a payment has at the bank.
    r"|(?<=\d-)[0-9a-f]{12}(?=-\d)"
    r"|(?=[a-z_-]*[A-Z0-9])[A-Za-z0-9_-]{20,}"
    # The hash of a password, a recovery code, a phrase that is offered.
    r"|\$argon2\S+"
    r"|\b(?:[A-Z2-7]{4}-){3}[A-Z2-7]{4}\b"
    r"|\b[а-яё]+(?:-[а-яё]+){3}\b"
    # The code of a card, the code in a letter.
    r"|(?<=Код )\d{4} \d{4} \d{4}"
    r"|(?<=\"code\": \")\d{6}(?:\d{2})?"
)

#: Columns that are random and too short to look it, by table.
LEFT_OUT: Mapping[str, frozenset[str]] = {"account_access": frozenset({"slug"})}

#: What a browser keeps for us.
COOKIES = ("help-key", "looks", "sid")

#: What a page says of an answer.
HEADINGS = "h1, h2, h3, legend, caption"
BOXES = ".box, .err"


@dataclass(frozen=True)
class Played:
    """The page one ends on, or the fragment, what the tables and the cookies hold."""

    page: Page
    rows: Mapping[str, list]


class Stage:
    """Plays one act on two copies of the same database."""

    def __init__(self, app, now, url, folder):
        self.app = app
        self.url = url
        self.folder = folder
        self.house = House(app, now)
        self.act = None

    def set(self, prepare):
        """Write the rows the act needs and remember the act."""
        self.act = prepare(self.house)

    def endpoint(self):
        """Return the endpoint the act is sent to."""
        page = self.house.browser.get(self.act.page)
        path = self.act.action or page.one(self.act.form).get("action")
        return self.app.url_map.bind("").match(path, method="POST")[0]

    def play(self, status):
        """Return what the act comes to without htmx and with it."""
        close_database()
        return [self._played(status, htmx=htmx) for htmx in (False, True)]

    def rows(self, browser=None):
        """Return every row of every table and the cookies, without what is random."""
        client = (browser or self.house.browser).client
        kept = [(name, client.get_cookie(name)) for name in COOKIES]
        cookies = [(name, _steady(each.value)) for name, each in kept if each]
        tables = {model._meta.table_name: _rows(model) for model in MODELS}
        return tables | {"cookies": cookies}

    def _played(self, status, *, htmx):
        with self._copy() as url, sharing.opened(url):
            browser = Browser(self.app)
            cookie = self.house.browser.client.get_cookie("sid")
            if cookie is not None:
                browser.client.set_cookie("sid", cookie.value)
            page = self.send(browser, status, htmx=htmx)
            return Played(page, self.rows(browser))

    @contextlib.contextmanager
    def _copy(self):
        template = self.url
        if template.startswith("sqlite:///"):
            template = template.removeprefix("sqlite:///")
        else:
            template = re.search(r"/(cabinet_[0-9a-f]+)\?", template)[1]
        with sharing.database_from(template, self.folder) as url:
            yield url
            close_database()

    def send(self, browser, status, *, htmx=False):
        """Do the act in the browser, on the database that is open."""
        fields, act = _opened(self.act.fields), self.act
        htmx = htmx and act.is_swapped
        expected = 200 if htmx and status == 303 else status
        page = browser.get(act.page)
        if act.form is None:
            return browser.post(act.action, fields, htmx=htmx, status=expected)
        form = page.one(act.form)
        assert act.is_swapped or not form.get("data-hx-post"), "htmx does send it"
        form.set("data-played", "")
        if act.action:
            form.set("action", act.action)
            form.attrib.pop("data-hx-post", None)
        if not act.has_token:
            fields["csrf_token"] = ""
        answer = browser.submit(
            page,
            "form[data-played]",
            htmx=htmx,
            status=expected,
            button=act.button,
            **fields,
        )
        target = answer.headers.get("HX-Redirect")
        return browser.follow(target) if target else answer


def _opened(fields):
    return {
        name: (io.BytesIO(value[0]), value[1]) if isinstance(value, tuple) else value
        for name, value in fields.items()
    }


def _rows(model):
    left_out = LEFT_OUT.get(model._meta.table_name, frozenset())
    return [
        {name: _steady(value) for name, value in row.items() if name not in left_out}
        for row in model.select().order_by(*model._meta.get_primary_keys()).dicts()
    ]


def _steady(value):
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False, sort_keys=True)
    elif not isinstance(value, str | bytes):
        value = str(value)
    return value if isinstance(value, bytes) else RANDOM.sub("…", value)


def assert_same(plain, swapped):
    assert_same_rows(plain.rows, swapped.rows)
    assert_same_words(plain.page, swapped.page)


def assert_same_rows(plain, swapped):
    for table, rows in plain.items():
        other = swapped[table]
        odd = [pair for pair in zip(rows, other, strict=False) if pair[0] != pair[1]]
        assert rows == other, f"rows of {table} differ: {odd or (rows, other)}"


def assert_same_words(plain, swapped):
    """Compare a page with the fragment of it, or with the page htmx went on to."""
    assert plain.status == swapped.status or {plain.status, swapped.status} == {200}
    if plain.tree is None:
        assert plain.body == swapped.body
        return
    if not swapped.is_fragment:
        assert _steady(plain.url) == _steady(swapped.url) or plain.status >= 400
        _assert_same_text(plain.one("body"), swapped.one("body"))
        return
    assert plain.title == f"{swapped.title} — Энергосбыт"
    for part in swapped.select("body > *"):
        whole = plain.one(f"#{part.get('id')}")
        for css in (HEADINGS, BOXES):
            told = [words(each) for each in whole.cssselect(css)]
            assert [words(each) for each in part.cssselect(css)] == told
        _assert_same_text(whole, part)


def _assert_same_text(plain, swapped):
    told, swapped_told = words(plain), words(swapped)
    assert told == swapped_told, f"{told!r} without htmx, {swapped_told!r} with it"


def words(element):
    """Return what is read, spaces folded, without what is random."""
    return _steady(" ".join(" ".join(element.itertext()).split()))
