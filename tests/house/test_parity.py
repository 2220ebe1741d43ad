"""Every act does the same without JavaScript and with it, taken or refused.

A new POST route gets a function here that says what is sent, and a line in ROUTES.
"""

import contextlib
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import pytest

from cabinet.models import MODELS
from cabinet.models.connection import close_database
from cabinet.services import readings
from cabinet.services.audit import Actor
from tests import factories, sharing
from tests.browsing import Browser, Page
from tests.factories import PASSWORD

#: Made anew by every act, like a cookie or a public id: an UUID, or twenty and more
#: letters and digits in a row that are no words joined by underscores.
RANDOM = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|(?=[a-z_-]*[A-Z0-9])[A-Za-z0-9_-]{20,}"
)

#: Columns that are random and too short to look it, by table.
LEFT_OUT: Mapping[str, frozenset[str]] = {}

#: What a page says of an answer.
HEADINGS = "h1, h2, h3, legend, caption"
BOXES = ".box, .err"


@dataclass(frozen=True, kw_only=True)
class Act:
    """A form on a page, filled and sent; without `form` the fields go as they are.

    A file is a pair of bytes and a name. `action` is sent to in place of the form's.
    """

    page: str
    form: str | None = None
    fields: Mapping[str, object] = field(default_factory=dict)
    button: tuple[str, str] | None = None
    action: str | None = None
    has_token: bool = True


@dataclass(frozen=True)
class Route:
    """How to do what a route does, and how to be refused, at least once.

    `act` and a refusal may write rows before they tell what is sent; a refusal that is
    a mapping is sent in the act's form, with these fields in place of the act's. Beside
    each stands its status; `done` is what is answered without htmx.
    """

    act: Callable[["House"], Act]
    refusals: Mapping[int, Callable[["House"], Act] | Mapping[str, object]]
    done: int = 303


class House:
    """Whom an act may need. Everybody is made when asked for."""

    def __init__(self, app, now):
        self.app = app
        self.now = now
        self.browser = Browser(app)
        self.alice = factories.make_customer("alice@example.org", name="Алиса Орлова")
        self.account = factories.make_account()
        factories.give_access(self.alice, self.account, slug="home")
        self.meter = factories.make_meter(self.account)
        factories.make_rates()
        factories.make_ranges()
        factories.make_reading(self.meter, values=(4634,))

    def sign_in(self, user=None):
        """Let the user, else Alice, do the act."""
        self.browser.sign_in(user or self.alice)

    def take_reading(self, user, account):
        """Return a reading the user has sent."""
        form = readings.reading_form(user.id, account.id, now=self.now).meter
        return readings.submit_reading(
            user.id,
            account.id,
            form.public_id,
            ("4772",),
            key=form.key,
            actor=Actor(user.id),
            pepper="pepper",
            now=self.now,
        )

    def make_stranger(self):
        """Return somebody else and the account of theirs."""
        stranger = factories.make_customer("charlie@example.org", name="Чарли Чужой")
        other = factories.make_account(number="460000000099")
        factories.make_meter(other)
        factories.give_access(stranger, other, slug="other")
        return stranger, other


# What each route is sent ------------------------------------------------------------


def enter(house):
    return Act(
        page="/login",
        form="#login-form",
        fields={"login": house.alice.email, "password": PASSWORD},
    )


def leave(house):
    house.sign_in()
    return Act(page="/profile", form="form[action='/logout']")


def leave_without_token(house):
    return replace(leave(house), has_token=False)


def choose(house):
    dacha = factories.make_account(number="460000000002")
    factories.give_access(house.alice, dacha, slug="dacha", label="Дача", position=1)
    house.sign_in()
    return Act(page="/tariffs", form=".switch", fields={"account": "dacha"})


def end_session(house):
    other = Browser(house.app).sign_in(house.alice)
    ended = other.get("/profile").one("#session-list form").get("action")
    house.sign_in()
    return Act(page="/profile", form=f"#session-list form[action='{ended}']")


def end_session_of_stranger(house):
    stranger, _ = house.make_stranger()
    theirs = Browser(house.app).sign_in(stranger).get("/profile")
    action = theirs.one("#session-list form").get("action")
    return replace(end_session(house), action=action)


def end_others(house):
    Browser(house.app).sign_in(house.alice)
    house.sign_in()
    return Act(page="/profile", form="form[action='/profile/sessions/end-others']")


def end_others_without_token(house):
    return replace(end_others(house), has_token=False)


def submit(house):
    house.sign_in()
    return Act(page="/readings", form="#reading-form", fields={"t1": "4772"})


def mail(house):
    taken = house.take_reading(house.alice, house.account)
    house.sign_in()
    return Act(page=f"/readings/{taken.public_id}", form="#reading-mail")


def mail_of_stranger(house):
    theirs = house.take_reading(*house.make_stranger())
    return replace(mail(house), action=f"/readings/{theirs.public_id}/mail")


def report(_house):
    return Act(page="/login", action="/csp-report", fields={"csp-report": "x"})


ROUTES = {
    "auth.enter": Route(enter, {422: {"password": "чужой"}}),
    "auth.logout": Route(leave, {400: leave_without_token}),
    "health.csp_report": Route(report, {413: {"csp-report": "x" * 9000}}, done=204),
    "home.choose": Route(choose, {404: {"account": "other"}}),
    "profile.end_others": Route(end_others, {400: end_others_without_token}),
    "profile.end_session": Route(end_session, {404: end_session_of_stranger}),
    "readings.mail": Route(mail, {404: mail_of_stranger}),
    "readings.submit": Route(submit, {422: {"t1": "много"}, 409: {"t1": "4512"}}),
}


# The rules --------------------------------------------------------------------------


def test_every_post_has_its_line(app):
    endpoints = {
        rule.endpoint for rule in app.url_map.iter_rules() if "POST" in rule.methods
    }
    missing, gone = endpoints - set(ROUTES), set(ROUTES) - endpoints
    assert not missing, f"no act in ROUTES for {', '.join(sorted(missing))}"
    assert not gone, f"ROUTES has what the application has not: {sorted(gone)}"


@pytest.mark.parametrize("endpoint", sorted(ROUTES))
def test_an_act_is_the_same_with_htmx_and_without(stage, endpoint):
    route = ROUTES[endpoint]
    stage.set(route.act)
    assert stage.endpoint() == endpoint
    before = stage.rows()
    plain, swapped = stage.play(route.done)
    assert plain.rows != before, "the act changes nothing"
    assert_same(plain, swapped)


@pytest.mark.parametrize(
    ("endpoint", "status"),
    [(name, status) for name in sorted(ROUTES) for status in ROUTES[name].refusals],
)
def test_a_refusal_is_the_same_with_htmx_and_without(stage, endpoint, status):
    route = ROUTES[endpoint]
    refused = route.refusals[status]
    if callable(refused):
        stage.set(refused)
    else:
        stage.set(route.act)
        stage.act = replace(stage.act, fields={**stage.act.fields, **refused})
    assert stage.endpoint() == endpoint
    plain, swapped = stage.play(status)
    told = plain.page.select(BOXES if status in {409, 422} else "main h1")
    assert any(words(each) for each in told), "a refusal says nothing"
    assert_same(plain, swapped)


def test_a_difference_is_seen(stage):
    stage.set(submit)
    plain, _ = stage.play(303)
    stage.act = replace(stage.act, fields={"t1": "4773"})
    _, swapped = stage.play(303)
    with pytest.raises(AssertionError, match="rows of reading"):
        assert_same_rows(plain.rows, swapped.rows)
    with pytest.raises(AssertionError, match="4 773"):
        assert_same_words(plain.page, swapped.page)


# How it is done ---------------------------------------------------------------------


@dataclass(frozen=True)
class Played:
    """The page one ends on, or the fragment, and what the database holds then."""

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

    def rows(self):
        """Return every row of every table, without what is random."""
        return {model._meta.table_name: _rows(model) for model in MODELS}

    def _played(self, status, *, htmx):
        with self._copy() as url, sharing.opened(url):
            browser = Browser(self.app)
            cookie = self.house.browser.client.get_cookie("sid")
            if cookie is not None:
                browser.client.set_cookie("sid", cookie.value)
            page = self._send(browser, status, htmx=htmx)
            return Played(page, self.rows())

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

    def _send(self, browser, status, *, htmx):
        expected = 200 if htmx and status == 303 else status
        fields, act = _opened(self.act.fields), self.act
        page = browser.get(act.page)
        if act.form is None:
            return browser.post(act.action, fields, htmx=htmx, status=expected)
        form = page.one(act.form)
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
        return browser.get(target) if target else answer


@pytest.fixture
def stage(app, now, database_url, tmp_path):
    folder = tmp_path / "copy"
    folder.mkdir()
    return Stage(app, now, database_url, folder)


def _opened(fields):
    return {
        name: (io.BytesIO(value[0]), value[1]) if isinstance(value, tuple) else value
        for name, value in fields.items()
    }


def _rows(model):
    left_out = LEFT_OUT.get(model._meta.table_name, frozenset())
    return [
        {name: _steady(value) for name, value in row.items() if name not in left_out}
        for row in model.select().order_by(model._meta.primary_key).dicts()
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
        assert rows == swapped[table], f"rows of {table} differ"


def assert_same_words(plain, swapped):
    """Compare a page with the fragment of it, or with the page htmx went on to."""
    assert plain.status == swapped.status or {plain.status, swapped.status} == {200}
    if plain.tree is None:
        assert plain.body == swapped.body
        return
    if not swapped.is_fragment:
        assert plain.url == swapped.url or plain.status >= 400
        assert words(plain.one("body")) == words(swapped.one("body"))
        return
    assert plain.title == f"{swapped.title} — Энергосбыт"
    for part in swapped.select("body > *"):
        whole = plain.one(f"#{part.get('id')}")
        for css in (HEADINGS, BOXES):
            told = [words(each) for each in whole.cssselect(css)]
            assert [words(each) for each in part.cssselect(css)] == told
        assert words(part) == words(whole)


def words(element):
    return " ".join(" ".join(element.itertext()).split())
