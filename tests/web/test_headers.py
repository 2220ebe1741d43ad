"""The headers of every kind of answer, as they were chosen."""

import dataclasses

import pytest

from cabinet.app import create_app
from cabinet.config import Clock
from cabinet.web.security import HEADERS
from tests import warm
from tests.factories import PASSWORD

ORIGIN = "https://lk.example.ru"
#: Two years of HTTPS.
HSTS = "max-age=63072000"
#: What each directive of the policy must say; no other directive may be there.
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "report-uri": "/csp-report",
}
#: What a style, a script and a redirect carry.
OF_EVERYTHING = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
OF_DOCUMENTS = OF_EVERYTHING | {
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


@pytest.fixture
def make(settings, clock, db):
    """Make the portal as customers reach it, over HTTPS."""

    def make(**values):
        settings.home.mkdir(exist_ok=True)
        app = create_app(
            dataclasses.replace(settings, public_url=ORIGIN, **values),
            clock=Clock(source=clock.get),
        )
        app.jinja_env.bytecode_cache = warm.COMPILED
        return app

    return make


def ok(app, _user):
    return app.test_client().get("/login", base_url=ORIGIN)


def see_other(app, user):
    app.config["WTF_CSRF_ENABLED"] = False
    data = {"login": user.email, "password": PASSWORD}
    return app.test_client().post("/login", data=data, base_url=ORIGIN)


def without_token(app, _user):
    return app.test_client().post("/login", base_url=ORIGIN)


def missing(app, _user):
    return app.test_client().get("/nothing", base_url=ORIGIN)


def invalid(app, user):
    app.config["WTF_CSRF_ENABLED"] = False
    data = {"login": user.email, "password": "x"}
    return app.test_client().post("/login", data=data, base_url=ORIGIN)


def too_many(app, user):
    for _ in range(10):
        assert invalid(app, user).status_code == 422
    return invalid(app, user)


def failed(app, user):
    def fail():
        raise RuntimeError

    app.view_functions["auth.login"] = fail
    return ok(app, user)


ANSWERS = {
    200: ok,
    400: without_token,
    404: missing,
    422: invalid,
    429: too_many,
    500: failed,
}


def policy_of(answer):
    parts = answer.headers["Content-Security-Policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts)


@pytest.mark.parametrize("status", ANSWERS)
def test_every_document_has_every_header(make, alice, status):
    answer = ANSWERS[status](make(), alice)
    assert answer.status_code == status
    assert policy_of(answer) == POLICY
    assert {name: answer.headers.get(name) for name in OF_DOCUMENTS} == OF_DOCUMENTS
    assert answer.headers["Strict-Transport-Security"] == HSTS
    assert answer.headers["Cache-Control"] == "no-store"
    assert {"Cookie", "HX-Request"} <= set(answer.vary.to_header().split(", "))
    assert set(HEADERS) == {"Content-Security-Policy", *OF_DOCUMENTS}


def test_a_redirect_has_what_speaks_to_it(make, alice):
    answer = see_other(make(), alice)
    assert answer.status_code == 303
    assert {name: answer.headers.get(name) for name in OF_EVERYTHING} == OF_EVERYTHING
    assert answer.headers["Strict-Transport-Security"] == HSTS
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Cookie" in answer.vary


def test_other_names_are_bound_only_where_the_office_says_so(make, alice):
    app = make(hsts_subdomains=True)
    for answer in (ok(app, alice), missing(app, alice)):
        told = answer.headers["Strict-Transport-Security"]
        assert told == f"{HSTS}; includeSubDomains"


def test_over_http_nothing_is_said_of_https(app):
    assert "Strict-Transport-Security" not in app.test_client().get("/login").headers


def test_a_file_of_the_pages_is_kept_by_everybody(make):
    app = make()
    page = app.test_client().get("/login", base_url=ORIGIN).get_data(as_text=True)
    address = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    answer = app.test_client().get(address, base_url=ORIGIN)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert "Cookie" not in answer.vary
    assert {name: answer.headers.get(name) for name in OF_EVERYTHING} == OF_EVERYTHING
    assert answer.headers["Strict-Transport-Security"] == HSTS


@pytest.mark.parametrize(
    ("data", "title"),
    [
        ({"login": "a", "password": "b"}, "Страница устарела"),
        ({"login": "a\0", "password": "b"}, "Запрос не принят"),
    ],
)
def test_a_form_is_called_old_only_when_it_is(app, data, title):
    answer = app.test_client().post("/login", data=data)
    assert answer.status_code == 400
    assert f"<h1>{title}</h1>" in answer.get_data(as_text=True)
