"""`/metrics`: read by another's parser, by whom it is for, and of nobody in particular."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest
from prometheus_client import parser

from cabinet.app import create_app
from cabinet.config import Clock
from cabinet.config.watching import WatchSettings
from cabinet.models.connection import open_database
from cabinet.services import beats, window_counts
from cabinet.web import metrics
from tests import factories
from tests.house.rows import digest

TOKEN = "a-token-of-twenty-and-more"
MINUTE = timedelta(minutes=1)


def samples(text):
    """Return the value of each figure by its name and labels."""
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in parser.text_string_to_metric_families(text)
        for sample in family.samples
    }


def read(browser, **headers):
    answer = browser.client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    return samples(answer.get_data(as_text=True))


def test_every_figure_has_its_name(app, browser, account, meter, now):
    factories.make_payment(account, "20,50", now - 30 * MINUTE, state="in_doubt")
    factories.make_reading(meter, "2026-11", (9000,))
    window_counts.count(now=now - MINUTE)
    beats.note(beats.LETTERS, now=now - MINUTE)
    found = read(browser)
    assert found["cabinet_database_up",] == 1
    assert found["cabinet_schema_missing",] == 0
    assert found["cabinet_payments_in_doubt_count",] == 1
    assert found["cabinet_payments_in_doubt_kopecks",] == 2050
    assert found["cabinet_payments_in_doubt_oldest_seconds",] == 1800
    kursk = ("branch", "kursk")
    assert found["cabinet_window_accounts", kursk] == 1
    assert found["cabinet_window_accounts_sent", kursk] == 1
    assert found["cabinet_window_month", kursk] == 202611
    assert found["cabinet_window_counted_seconds",] == 60
    assert found["cabinet_worker_beat_seconds", ("part", "letters")] == 60
    for name in (
        "cabinet_outbox_waiting",
        "cabinet_outbox_oldest_seconds",
    ):
        assert (name, ("kind", "one")) in found
        assert (name, ("kind", "many")) in found
    for name in (
        "cabinet_outbox_failed_day",
        "cabinet_jobs_due",
        "cabinet_jobs_oldest_seconds",
        "cabinet_jobs_running",
        "cabinet_jobs_failed_day",
        "cabinet_notices_waiting",
        "cabinet_notices_oldest_seconds",
        "cabinet_payments_late",
    ):
        assert found[name,] == 0
    (build,) = [key for key in found if key[0] == "cabinet_build_info"]
    assert {name for name, _ in build[1:]} == {"version", "python"}


def test_what_is_done_once_a_day_has_its_age(browser, db, now):
    assert not [key for key in read(browser) if key[0].endswith("_age_seconds")]
    beats.expect(now=now - 2 * MINUTE)
    browser.app.extensions["cabinet.vitals"]._last = None
    found = read(browser)
    # Awaited and not made yet: it grows all the same, and nothing was found.
    assert found["cabinet_ledger_check_age_seconds",] == 120
    assert found["cabinet_backup_age_seconds",] == 120
    assert ("cabinet_ledger_check_findings",) not in found
    assert ("cabinet_reconciliation_age_seconds",) not in found
    beats.note_made(beats.LEDGER, now=now - MINUTE, findings=2, seconds=31)
    beats.note_made(beats.RECONCILIATION, now=now - 3 * MINUTE, shops=1)
    browser.app.extensions["cabinet.vitals"]._last = None
    found = read(browser)
    assert found["cabinet_ledger_check_age_seconds",] == 60
    assert found["cabinet_ledger_check_findings",] == 2
    assert found["cabinet_ledger_check_seconds",] == 31
    assert found["cabinet_ledger_check_failed",] == 0
    assert found["cabinet_reconciliation_age_seconds",] == 180
    parts = {
        dict(key[1:])["part"]
        for key in found
        if key[0] == "cabinet_worker_beat_seconds"
    }
    assert parts == set(beats.USUAL) - {beats.WINDOW}


def count_of(found, endpoint, method="GET", status="2xx"):
    labels = (("endpoint", endpoint), ("method", method), ("status", status))
    return found.get(("cabinet_request_seconds_count", *labels), 0)


def test_requests_are_counted_by_endpoint_and_never_by_path(alice, account, browser):
    before = read(browser)
    browser.sign_in(alice)
    browser.get("/bills/2019-01", status=404)
    browser.get("/bills/2018-12", status=404)
    browser.get("/no/such/460000000017", status=404)
    for method in ("BREW", "PROPFIND"):
        browser.client.open("/login", method=method)
    after = read(browser)
    grown = {
        tuple(value for _, value in key[1:]): after[key] - before.get(key, 0)
        for key in after
        if key[0] == "cabinet_request_seconds_count"
        and after[key] != before.get(key, 0)
    }
    assert grown[("bills.show", "GET", "4xx")] == 2
    assert grown[("other", "GET", "4xx")] == 1
    assert grown[("other", "other", "4xx")] == 2
    assert grown[("health.figures", "GET", "2xx")] == 1
    text = browser.client.get("/metrics").get_data(as_text=True)
    assert "460000000017" not in text
    assert "BREW" not in text
    assert "/bills" not in text


def test_a_look_writes_no_row_and_asks_for_nobody(app, alice, browser, asked):
    browser.sign_in(alice)
    browser.get("/")
    before = digest()
    asked.clear()
    read(browser)
    tables = " ".join(sql for sql, _ in asked)
    assert asked
    assert '"session"' not in tables
    assert '"user"' not in tables
    assert digest() == before


def test_what_is_told_again_is_not_asked_again(browser, asked, clock, now):
    read(browser)
    asked.clear()
    clock.set(now + timedelta(seconds=9))
    read(browser)
    assert asked == []
    clock.set(now + timedelta(seconds=11))
    read(browser)
    assert asked


def test_without_a_database_requests_are_still_told(app, browser, tmp_path):
    open_database(f"sqlite:///{tmp_path}/nowhere/none.sqlite3")
    found = read(browser)
    assert found["cabinet_database_up",] == 0
    assert any(key[0] == "cabinet_request_seconds_count" for key in found)
    assert not any(key[0].startswith("cabinet_payments") for key in found)


@pytest.fixture
def public(settings, clock, db):
    """An installation as customers reach it, behind a proxy."""

    def make(*, proxies=1, **watch):
        settings.home.mkdir(exist_ok=True)
        made = replace(
            settings,
            public_url="https://lk.example.ru",
            trusted_proxies=proxies,
            watch=WatchSettings(**watch),
        )
        return create_app(made, clock=Clock(source=clock.get)).test_client()

    return make


def ask(client, *, host="10.0.0.9:8000", sender="127.0.0.1", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(
        "/metrics",
        headers={"Host": host, **named},
        environ_overrides={"REMOTE_ADDR": sender},
    ).status_code


def test_this_machine_and_those_listed_may_watch(public):
    client = public()
    for sender in ("127.0.0.1", "127.0.0.7", "::1", "::ffff:127.0.0.1"):
        assert ask(client, sender=sender) == 200
    for sender in ("10.0.0.5", "203.0.113.7", "", "unix"):
        assert ask(client, sender=sender) == 404
    listed = public(networks=(ip_network("10.0.0.0/24"),))
    assert ask(listed, sender="10.0.0.5") == 200
    assert ask(listed, sender="10.0.1.5") == 404
    assert ask(listed, sender="127.0.0.1") == 404


@pytest.mark.parametrize("proxies", [0, 1])
@pytest.mark.parametrize(
    "headers",
    [
        {"X_Forwarded_For": "203.0.113.7"},
        {"X_Forwarded_For": "127.0.0.1"},
        {"X_Real_IP": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"Via": "1.1 proxy"},
        {"X_Forwarded_Host": "lk.example.ru"},
        {"host": "lk.example.ru"},
        {"host": "LK.example.ru:443"},
    ],
    ids=str,
)
def test_whoever_comes_by_a_proxy_may_not(public, proxies, headers):
    """Also through one that was not told of in the settings."""
    assert ask(public(proxies=proxies), **headers) == 404


def test_who_shows_the_token_may_from_anywhere(public):
    client = public(token=TOKEN)
    far = {"sender": "203.0.113.7", "host": "lk.example.ru"}
    assert ask(client, Authorization=f"Bearer {TOKEN}", **far) == 200
    for shown in (
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        "Bearer ",
        "Bearer \xe9",
    ):
        assert ask(client, Authorization=shown, **far) == 404
    assert ask(client, **far) == 404
    # And without one there is none to show.
    assert ask(public(), Authorization="Bearer ", **far) == 404


def test_to_others_it_is_as_if_it_were_not_there(public):
    client = public()
    headers = {"Host": "lk.example.ru", "X-Request-ID": "the-same-one"}
    pages = [client.get(path, headers=headers) for path in ("/metrics", "/nothing")]
    assert [page.status_code for page in pages] == [404, 404]
    assert pages[0].data == pages[1].data


def test_a_name_is_needed_for_everything_but_what_machines_ask(public):
    client = public()
    for path in ("/healthz", "/readyz", "/metrics"):
        assert client.get(path, headers={"Host": "10.0.0.9:8000"}).status_code == 200
    for path in ("/", "/login", "/healthz/", "/healthz/../login"):
        assert client.get(path, headers={"Host": "10.0.0.9:8000"}).status_code == 400


def test_what_runs_is_told_also_where_it_is_not_installed(monkeypatch):
    def missing(_name):
        raise metrics.PackageNotFoundError

    monkeypatch.setattr(metrics, "version", missing)
    metrics._build.cache_clear()
    assert metrics._build()["version"] == "checkout"
    metrics._build.cache_clear()
