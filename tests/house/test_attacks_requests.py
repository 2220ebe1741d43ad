"""What a hostile client sends: every answer is one of ours, none is a failure."""

import io
import re
from dataclasses import replace

import pytest

from cabinet.app import create_app
from cabinet.models import AuditEntry, Session
from cabinet.web.network import public_url
from tests.browsing import Browser
from tests.factories import make_reading, make_staff

ODD = [
    "\0",
    "a\0@b.example",
    "١٢٣",
    "\u202e\u200f",
    "\ufffd",
    "9" * 300,
    "-1",
    "' OR 1=1 --",
    "{{7*7}}",
    "☃",
    "\x7f",
    "\r\nX-Evil: 1",
    "../../etc/passwd",
    "",
]

TEXT_FIELDS = (
    "account",
    "switched",
    "meter",
    "month",
    "key",
    "answered",
    "t1",
    "t2",
    "t3",
    "comment",
)

#: Nameless, doubled, foreign and broken parts, as (type, body).
BODIES = {
    "a field without a name": (
        "multipart/form-data; boundary=a",
        b"--a\r\nContent-Disposition: form-data\r\n\r\nx\r\n--a--",
    ),
    "a file name of half a surrogate": (
        "multipart/form-data; boundary=a",
        (
            b'--a\r\nContent-Disposition: form-data; name="t1"; '
            b"filename*=utf-8''%ED%A0%80\r\n\r\nx\r\n--a--"
        ),
    ),
    "no boundary": ("multipart/form-data", b"x"),
    "a boundary never met": ("multipart/form-data; boundary=zz", b"x" * 100),
    "half a surrogate": ("application/x-www-form-urlencoded", b"t1=%ED%A0%80&x=%FF"),
    "nul": ("application/x-www-form-urlencoded", b"login=%00%40b&password=%00"),
    "json": ("application/json", b'{"t1": {"a": [1]}}'),
    "broken json": ("application/json", b"{"),
    "text": ("text/plain", b"csrf_token=x"),
    "ten thousand fields": (
        "application/x-www-form-urlencoded",
        b"&".join(b"a%d=1" % n for n in range(10_000)),
    ),
    "a field of a megabyte": (
        "application/x-www-form-urlencoded",
        b"t1=" + b"1" * 2**20,
    ),
    "a body of thirteen megabytes": (
        "application/x-www-form-urlencoded",
        b"t1=" + b"1" * 13 * 2**20,
    ),
}


@pytest.fixture
def signed_in(app, alice, account, meter):
    make_reading(meter)
    return Browser(app).sign_in(alice)


def token_of(browser, url="/profile"):
    page = browser.get(url)
    return page.select("input[name=csrf_token]")[0].get("value")


def reading_fields(browser):
    page = browser.get("/readings")
    form = page.one("#reading-form")
    return {each.get("name"): each.get("value", "") for each in form.cssselect("input")}


def post(browser, url, data, **headers):
    answer = browser.client.post(url, data=data, headers=headers)
    assert answer.status_code < 500, (url, data, answer.status_code)
    return answer


def test_nothing_typed_into_a_reading_breaks_it(signed_in):
    fields = reading_fields(signed_in) | {"t1": "1"}
    for name in TEXT_FIELDS:
        for value in ODD:
            odd = fields | {name: value, "answer:review": "1"}
            post(signed_in, "/readings", odd)
        post(signed_in, "/readings", fields | {name: ["1", "2"]})
        post(signed_in, "/readings", {n: v for n, v in fields.items() if n != name})


def test_a_file_in_place_of_text_is_refused(signed_in):
    for name in TEXT_FIELDS:
        fields = reading_fields(signed_in) | {"t1": "1"}
        fields[name] = (io.BytesIO(b"4501"), "value.txt")
        assert post(signed_in, "/readings", fields).status_code == 400, name


@pytest.mark.parametrize("name", ["login", "password", "next", "shared"])
def test_nothing_typed_at_the_door_breaks_it(browser, name):
    token = token_of(browser, "/login")
    fields = {"csrf_token": token, "login": "x@y.example", "password": "p", "next": ""}
    for value in ODD:
        post(browser, "/login", fields | {name: value})
    file = fields | {name: (io.BytesIO(b"x"), "x.txt")}
    assert post(browser, "/login", file).status_code == 400


def test_nothing_a_guest_types_breaks_it(browser, alice, account, meter):
    start = browser.get("/guest/readings")
    pair = {"number": account.number, "digits": "4547"}
    shown = browser.submit(start, "#guest-pair", **pair)
    form = shown.one("#guest-form")
    fields = {
        each.get("name"): each.get("value", "") for each in form.cssselect("input")
    }
    pair["csrf_token"] = fields["csrf_token"]
    for value in ODD:
        for name in ("number", "digits"):
            post(browser, "/guest/readings", pair | {name: value})
        for name in ("month", "key", "t1", "same"):
            odd = fields | {"t1": "4501", name: value}
            post(browser, form.get("action"), odd)
            post(browser, "/reminders/x", odd)
            post(browser, "/reminders/stop/x", odd)
    for name in ("number", "digits"):
        file = pair | {name: (io.BytesIO(b"x"), "x.txt")}
        assert post(browser, "/guest/readings", file).status_code == 400


def test_a_strange_body_is_refused(signed_in, app):
    for what, (kind, body) in BODIES.items():
        for client in (signed_in.client, app.test_client()):
            for url in ("/readings", "/login", "/account", "/logout", "/csp-report"):
                answer = client.post(url, data=body, content_type=kind)
                expected = {400, 413} if url != "/csp-report" else {204, 400, 413}
                assert answer.status_code in expected, (what, url, answer.status_code)


def test_an_answer_of_its_own_making_is_no_failure(signed_in):
    long = "9" * 5000
    for answer in ("swapped:1/2/3/4/5", "swapped:////", f"swapped:{long}", "x", "::"):
        fields = reading_fields(signed_in) | {"t1": "1", f"answer:{answer}": ""}
        post(signed_in, "/readings", fields)


NOWHERE = [
    "/bills/2026-13",
    "/bills/0000-00",
    "/bills/9998-12",
    "/bills/9998-12.pdf",
    "/bills/9999-12",
    "/bills/٢٠٢٦-١٠",
    "/bills/%2e%2e/login",
    "/bills/2026-10%00",
    "/s/..%2f..%2fapp.py",
    "/s/%2e%2e/x",
    "/demo/mail/" + "9" * 300,
    "/demo/mail/-1",
    "/demo/mail/%D9%A1",
    "/demo/mail/..%2f..%2fsecret-key",
    "/readings/%00",
    "/%ff%fe",
    "/%00",
]


def test_an_address_of_nothing_is_not_found(signed_in):
    for path in NOWHERE:
        for method in ("GET", "HEAD"):
            assert signed_in.client.open(path, method=method).status_code == 404, path
        for method in ("OPTIONS", "TRACE", "PROPFIND", "PUT", "DELETE", "PATCH"):
            answer = signed_in.client.open(path, method=method)
            assert answer.status_code in {400, 404, 405}, (method, path)


def test_a_number_no_column_holds_is_not_found(signed_in):
    token = token_of(signed_in)
    before = Session.select().where(Session.revoked_at.is_null()).count()
    for number in ("9223372036854775808", "9" * 30, "9" * 4500, "%D9%A1", "-1", "0"):
        url = f"/profile/sessions/{number}/end"
        assert post(signed_in, url, {"csrf_token": token}).status_code == 404
    assert Session.select().where(Session.revoked_at.is_null()).count() == before


ODD_HEADERS = [
    {"HX-Current-URL": "http://["},
    {"HX-Current-URL": "http://localhost:port/"},
    {"HX-Current-URL": "http://localhost//evil.example"},
    {"HX-Current-URL": "%ff%00", "HX-Current-URL-URI-AutoEncoded": "true"},
    {"HX-Trigger": "{"},
    {"Accept-Encoding": "gzip;q=x"},
    {"Range": "bytes=0-1,5-"},
    {"If-Modified-Since": "x" * 500},
    {"Referer": "http://["},
    {"Cookie": "sid=" + "a" * 43 + "; sid=" + "b" * 43},
]


def test_odd_headers_are_no_failure(app):
    client = app.test_client()
    for headers in ODD_HEADERS:
        for path in ("/", "/readings", "/login", "/readyz", "/sw.js"):
            for hx in ({}, {"HX-Request": "true"}):
                answer = client.get(path, headers=headers | hx)
                assert answer.status_code in {200, 302, 401}, (headers, path)
                assert "evil" not in answer.headers.get("HX-Redirect", "")


ELSEWHERE = [
    "https://evil.example",
    "http:evil.example",
    "https:///evil.example",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "/\n/evil.example",
    "/..//evil.example",
    "/.//evil.example",
    "/%2f/evil.example",
    "/%5cevil.example",
    "/%09/evil.example",
    "@evil.example",
    "/@evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "/login\r\nX-Evil: 1",
    "//localhost@evil.example",
    "/;//evil.example",
    "?//evil.example",
    "#//evil.example",
    "\u2028//evil.example",
]


def led_to(browser, target):
    """Where somebody signed in is sent on to, plainly and by htmx."""
    query = {"next": target}
    plain = browser.client.get("/login", query_string=query)
    htmx = browser.client.get(
        "/login", query_string=query, headers={"HX-Request": "true"}
    )
    return plain.headers["Location"], htmx.headers["HX-Redirect"]


def test_sign_in_leads_nowhere_else(signed_in):
    for target in ELSEWHERE:
        assert led_to(signed_in, target) == ("/", "/"), ascii(target)


def test_a_way_back_in_any_letters_fits_into_a_header(signed_in):
    for query in ("☃", "\x7f", "\x85", "é", "\u2028"):
        for found in led_to(signed_in, f"/history?x={query}"):
            assert found.startswith("/history?x=%")
            assert found.isascii()
            assert found.isprintable()


@pytest.fixture
def public(settings, db):
    """The portal as customers reach it: over HTTPS, behind one proxy."""
    known = replace(settings, public_url="https://lk.example.org", trusted_proxies=1)
    return create_app(known)


FORGED = [
    "evil.example",
    "lk.example.org.evil.example",
    "evil.lk.example.org",
    ".lk.example.org",
    "evil@lk.example.org",
    "lk.example.org@evil.example",
    "lk.example.org, evil.example",
    "lk.example.org:evil",
    "lk.example.org/../x",
    "lk.example.org\tx",
    "[::1]",
    "127.0.0.1",
    "localhost",
]


def test_a_forged_host_is_refused_in_plain_words(public):
    for host in FORGED:
        for name in ("Host", "X-Forwarded-Host"):
            for method in ("GET", "POST", "HEAD"):
                headers = {"Host": "lk.example.org", "X-Forwarded-Proto": "https"}
                answer = public.test_client().open(
                    "/login", method=method, headers=headers | {name: host}
                )
                assert answer.status_code == 400, (host, name, method)
                assert b"evil" not in answer.data


def test_what_a_proxy_says_of_the_sender_is_no_failure(public):
    for sender in ("unknown", "1.2.3.4:55", "[::1]:80", "_x", "::1"):
        headers = {"Host": "lk.example.org", "X-Forwarded-For": sender}
        client = public.test_client()
        assert client.get("/readyz", headers=headers).status_code == 200
        report = client.post("/csp-report", data=b"x", headers=headers)
        assert report.status_code == 204


def test_a_letter_leads_to_the_address_of_the_settings(public):
    forged = {"Host": "lk.example.org:81", "X-Forwarded-Proto": "https"}
    with public.test_request_context("/", headers=forged):
        assert public_url("/readings") == "https://lk.example.org/readings"


HARMLESS_LOOKS = [
    {},
    {"Origin": "null"},
    {"Origin": "http://localhost"},
    {"Content-Type": "text/plain"},
    {"Sec-Fetch-Site": "same-site"},
    {"X-HTTP-Method-Override": "GET"},
]
CHANGES = ("/logout", "/profile/sessions/end-others", "/readings", "/account")


def test_without_a_token_nothing_changes(app, signed_in):
    stranger = token_of(Browser(app), "/login")
    before = AuditEntry.select().count()
    for headers in HARMLESS_LOOKS:
        for token in ("", "x", stranger):
            for url in CHANGES:
                answer = post(signed_in, url, {"csrf_token": token}, **headers)
                assert answer.status_code == 400, (headers, url)
    assert AuditEntry.select().count() == before


def test_a_form_of_our_own_cyrillic_host_is_no_foreign_one(app, db):
    host = "http://xn--80aesfpebagmfblc0a.xn--p1ai"
    client = app.test_client()
    page = client.get("/login", base_url=host).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    data = {"login": "a@example.org", "password": "x", "csrf_token": token}
    statuses = [
        client.post("/login", data=data, base_url=host, headers={"Origin": origin})
        for origin in (host, "http://xn--p1ai", f"{host}.evil.example")
    ]
    assert [each.status_code for each in statuses] == [422, 400, 400]


def test_staff_may_not_act_as_a_customer(app, account, meter):
    operator = Browser(app).sign_in(make_staff())
    data = {"csrf_token": token_of(operator), "account": "x"}
    for url in ("/readings", "/account"):
        assert post(operator, url, data).status_code == 404
