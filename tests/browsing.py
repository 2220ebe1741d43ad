"""The only way tests fetch pages: a browser that fills the forms it finds.

Every answer is checked: valid HTML, one heading, no double ids, forms with a token,
`Vary` and `Cache-Control`, nothing that leaked from Python.
"""

import io
import re
from urllib.parse import urlsplit

import html5lib
from lxml import etree

from cabinet.models import SecondFactor, User
from cabinet.models.base import writing
from cabinet.services import factors, sessions
from tests.factories import FACTOR, PASSWORD

LEAKED = re.compile(r"\bNone\b|\bnan\b|Decimal\(|Money\(|Energy\(|Undefined")
TOKEN = re.compile(r'<input[^>]*name="csrf_token"[^>]*>')
TREE = html5lib.getTreeBuilder("lxml")


class Page:
    """An answer and its parsed HTML."""

    def __init__(self, response, url, *, htmx):
        self.response = response
        self.url = url
        self.status = response.status_code
        self.headers = response.headers
        self.html = response.get_data(as_text=response.mimetype.startswith("text"))
        self.is_fragment = htmx
        self.tree = None
        if response.mimetype == "text/html" and self.html:
            self.tree = _parse(self.html, is_fragment=htmx)

    @property
    def body(self):
        return self.response.get_data()

    @property
    def text(self):
        """The words of the page, spaces folded (non-breaking ones too)."""
        parts = self.tree.xpath(".//text()[not(ancestor::title)]")
        return " ".join(" ".join(parts).split())

    @property
    def title(self):
        return "".join(self.tree.xpath(".//title/text()")).strip()

    def select(self, css):
        return self.tree.cssselect(css)

    def one(self, css):
        found = self.select(css)
        assert len(found) == 1, f"{len(found)} of {css!r} in {self.url}\n{self.html}"
        return found[0]

    def text_of(self, css):
        return " ".join(" ".join(self.one(css).itertext()).split())

    def element(self, css):
        """The HTML of one element, to compare a fragment with its part of the page.

        Tokens are left out: they tell the second they were made in.
        """
        html = etree.tostring(self.one(css), encoding="unicode", with_tail=False)
        return TOKEN.sub("", html)


class Browser:
    """Fetches pages, with htmx or without, and keeps cookies."""

    def __init__(self, app):
        self.app = app
        self.client = app.test_client()

    def sign_in(self, user):
        """Open a session as the forms do, factor included, without their cost."""
        now = self.app.extensions["cabinet.clock"].now()
        user = User.get_by_id(user.id)
        with self.app.app_context(), writing():
            sid = sessions.open_session(
                user, on_shared_computer=False, device="", now=now
            )
            if user.role.is_staff:
                sid = sessions.prove(sessions.find_signed_in(sid, now=now), now=now)
        self.client.set_cookie(self.app.session_interface.cookie, sid)
        return self

    def sign_in_by_form(self, user, password=PASSWORD):
        """Sign in through the forms; staff show a code as well."""
        page = self.get("/login")
        page = self.submit(page, "#login-form", login=user.email, password=password)
        if page.select("#factor-form"):
            # A code works once, and the clock of the tests stands still.
            SecondFactor.update(last_step=0).execute()
            self.submit(page, "#factor-form", code=self.code())
        return self

    def code(self):
        """The code that the telephone of a member of staff shows now."""
        return factors.code_at(FACTOR, self.app.extensions["cabinet.clock"].now())

    def get(self, url, *, htmx=False, status=200, check=True, **headers):
        if htmx:
            headers |= {
                "HX-Request": "true",
                "HX-Current-URL": f"http://localhost{url}",
            }
        response = self.client.get(url, headers=headers)
        return self._page(response, url, htmx=htmx, status=status, check=check)

    def post(self, url, data=None, *, htmx=False, status=200, check=True, page=None):
        headers = {"HX-Request": "true"} if htmx else {}
        if htmx and page is not None:
            headers["HX-Current-URL"] = f"http://localhost{page.url}"
        response = self.client.post(
            url,
            data=data or {},
            headers=headers,
            content_type="multipart/form-data" if _has_file(data) else None,
        )
        return self._page(response, url, htmx=htmx, status=status, check=check)

    def submit(self, page, form, *, htmx=False, status=None, button=None, **fields):
        """Fill the form and send it; without htmx a redirect is followed.

        `status` is that of the first answer: 200 with htmx, 303 without, unless told.
        """
        form = page.one(form)
        data = _values(form)
        for name, value in fields.items():
            assert _knows(form, name), f"the form has no field {name!r}"
            data[name] = value
        if button is not None:
            names = form.xpath(".//button[@name=$n]", n=button[0])
            assert names, f"the form has no button {button!r}"
            data[button[0]] = button[1]
        action = form.get("action")
        if (form.get("method") or "get").lower() == "get":
            query = "&".join(f"{k}={v}" for k, v in data.items())
            return self.get(f"{action}?{query}", htmx=htmx, status=status or 200)
        expected = status or (200 if htmx else 303)
        answer = self.post(action, data, htmx=htmx, status=expected, page=page)
        return (
            self.follow(answer.headers["Location"]) if answer.status == 303 else answer
        )

    def follow(self, url, most=3):
        """Open the address, and where it leads on to."""
        for _ in range(most):
            response = self.client.get(url)
            if response.status_code != 303:
                return self._page(response, url, htmx=False, status=200, check=True)
            url = response.headers["Location"]
        raise AssertionError(f"too many redirects, last to {url}")

    def _page(self, response, url, *, htmx, status, check):
        assert response.status_code == status, (
            f"{url}: {response.status_code} instead of {status}\n"
            f"{response.get_data(as_text=True)[:2000]}"
        )
        # Other answers are errors, which htmx does not swap: whole pages.
        page = Page(response, url, htmx=htmx and status in {200, 409, 422})
        if check and page.tree is not None and status not in {302, 303}:
            _check(page)
        return page


def _parse(html, *, is_fragment):
    parser = html5lib.HTMLParser(
        tree=TREE, strict=not is_fragment, namespaceHTMLElements=False
    )
    if not is_fragment:
        return parser.parse(html).getroot()
    # A fragment is parsed as the body's content, its title beside it.
    page = html5lib.HTMLParser(tree=TREE, strict=True, namespaceHTMLElements=False)
    return page.parse(
        f"<!doctype html><html><head>{_title(html)}</head>"
        f"<body>{re.sub(r'<title>.*?</title>', '', html, count=1)}</body></html>"
    ).getroot()


def _title(html):
    found = re.search(r"<title>.*?</title>", html)
    return found[0] if found else "<title>-</title>"


def _check(page):
    where = f"in {page.url}\n{page.html[:3000]}"
    if page.is_fragment:
        assert "<html" not in page.html, f"a whole page for htmx {where}"
    else:
        headings = page.select("h1")
        assert len(headings) == 1, f"{len(headings)} headings {where}"
        heading = " ".join("".join(headings[0].itertext()).split())
        title = " ".join(page.title.removeprefix("Ошибка: ").split())
        assert title.startswith(heading[:30]), f"{title!r} for {heading!r} {where}"
    ids = page.tree.xpath(".//@id")
    assert len(ids) == len(set(ids)), f"double ids {sorted(ids)} {where}"
    for form in page.select("form"):
        _check_form(form, where)
    if not page.is_fragment:
        for target in page.tree.xpath(".//@data-hx-target"):
            assert page.select(target), f"no {target} {where}"
    assert "HX-Request" in page.headers.get("Vary", ""), f"no Vary {where}"
    assert "Cache-Control" in page.headers
    leaked = LEAKED.search(" ".join(page.tree.xpath(".//text()")))
    assert leaked is None, f"{leaked} {where}"


def _check_form(form, where):
    action = form.get("action")
    assert action, f"a form without action {where}"
    if (form.get("method") or "").lower() == "post":
        tokens = form.xpath(".//input[@name='csrf_token']/@value")
        assert tokens, f"a form without token {where}"
        assert form.get("data-hx-post") in (None, action), f"two addresses {where}"
        if form.get("data-hx-post"):
            assert form.get("data-hx-sync"), f"no data-hx-sync {where}"
    elif form.get("data-hx-get"):
        assert form.get("data-hx-get") == action, f"two addresses {where}"


def _values(form):
    data = {}
    for field in form.xpath(".//input|.//select|.//textarea"):
        name = field.get("name")
        kind = (field.get("type") or "text").lower()
        if not name or kind in {"submit", "file"}:
            continue
        if field.tag == "select":
            chosen = field.xpath(".//option[@selected]") or field.xpath(".//option")
            data[name] = chosen[0].get("value", chosen[0].text) if chosen else ""
        elif field.tag == "textarea":
            data[name] = field.text or ""
        elif kind in {"checkbox", "radio"}:
            if field.get("checked") is not None:
                data[name] = field.get("value", "on")
        else:
            data[name] = field.get("value", "")
    return data


def _knows(form, name):
    return bool(form.xpath(".//*[@name=$name]", name=name))


def _has_file(data):
    """Tell whether a value is a file, or one of several."""
    return any(
        isinstance(each, tuple) and isinstance(each[0], io.IOBase)
        for value in (data or {}).values()
        for each in (value if isinstance(value, list) else [value])
    )


def path_of(url):
    return urlsplit(url).path
