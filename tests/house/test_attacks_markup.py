"""Markup, formulas and headers that people type: nowhere more than letters."""

import re
from datetime import UTC, datetime
from email import message_from_string

import html5lib
import pytest

from cabinet.mailing.compose import compose
from cabinet.models import Meter
from cabinet.services.outbox import Mail
from cabinet.web.attachments import attached
from tests.browsing import Browser
from tests.factories import (
    give_access,
    make_account,
    make_bill,
    make_crew,
    make_customer,
    make_meter,
    make_meter_request,
    make_ranges,
    make_rates,
    make_reading,
    make_staff,
)
from tests.hostile_texts import BASE as PAYLOADS


@pytest.fixture(scope="module")
def typed():
    """All of them in one text: what one of them opens, the next may not leave."""
    return " ".join(PAYLOADS)


@pytest.fixture
def poisoned(db, typed):
    """Every text that people or files of others bring holds the payloads."""
    short = PAYLOADS[2]
    customer = make_customer("x@example.org", name=typed[:160])
    account = make_account(holder=typed[:240], address=typed[240:640])
    give_access(customer, account, label=short, slug="own")
    meter = make_meter(account, serial="<img src=x onerror=alert(1)>", model=short)
    make_rates()
    make_ranges()
    make_bill(account, number="<b>1</b>")
    make_reading(meter, values=(4500,), state="rejected", reason=typed[:240])
    sent = make_reading(
        meter,
        month="2026-11",
        values=(4700,),
        state="needs_review",
        comment=typed,
        reason=typed[:240],
    )
    return customer, sent


def harm_in(text):
    """What of the payloads stands in a page as markup."""
    tree = html5lib.parse(text, namespaceHTMLElements=False, treebuilder="lxml")
    return [
        (each.tag, dict(each.attrib))
        for each in tree.iter()
        if isinstance(each.tag, str) and is_harm(each, each.tag.rpartition("}")[2])
    ]


def is_harm(each, tag):
    leads = [each.get(name, "") for name in ("href", "src", "action", "content")]
    return (
        tag in {"iframe", "math", "base", "style", "object", "details"}
        or (tag == "script" and bool((each.text or "").strip()))
        or any(name.startswith("on") for name in each.attrib)
        or any(re.search(r"javascript:|file:|//evil", lead) for lead in leads)
        or "hx-get" in each.attrib
        or each.get("data-hx-trigger") == "load"
    )


@pytest.mark.parametrize("payload", PAYLOADS[:11], ids=range(11))
def test_the_search_finds_what_it_looks_for(payload):
    assert harm_in(f"<!doctype html><title>x</title><p>{payload}</p>")


def test_no_page_shows_more_than_letters(app, poisoned):
    customer, sent = poisoned
    mine = Browser(app).sign_in(customer)
    staff = Browser(app).sign_in(make_staff())
    for browser, url in [
        (mine, "/"),
        (mine, "/readings"),
        (mine, f"/readings/{sent.public_id}"),
        (mine, "/history"),
        (mine, "/statement"),
        (mine, "/bills"),
        (mine, "/bills/2026-10"),
        (mine, "/tariffs"),
        (mine, "/profile"),
        (mine, "/profile/accounts"),
        (mine, "/profile/accounts/own"),
        (mine, "/profile/accounts/own/invite"),
        (mine, "/profile/accounts/own/log"),
        (mine, "/profile/accounts/own/unlink"),
        (mine, "/profile/delegates"),
        (staff, "/staff/"),
    ]:
        for headers in ({}, {"HX-Request": "true"}):
            answer = browser.client.get(url, headers=headers)
            assert answer.status_code == 200, url
            text = answer.get_data(as_text=True)
            assert harm_in(text) == [], url
    assert "&lt;script&gt;" in staff.client.get("/staff/").get_data(as_text=True)


def test_a_request_for_work_on_a_meter_is_letters_to_both_sides(app, poisoned, typed):
    customer, sent = poisoned
    now = app.extensions["cabinet.clock"].now()
    row = make_meter_request(
        sent.meter.account,
        now,
        asked_by=customer,
        words=typed[:1000],
        phone=PAYLOADS[2][:24],
        note=typed[:500],
        act=PAYLOADS[2],
        state="planned",
        crew=make_crew(name=typed[:80]),
        planned_on=now.date(),
        planned_hours="morning",
    )
    mine = Browser(app).sign_in(customer)
    staff = Browser(app).sign_in(make_staff())
    for browser, url in [
        (mine, "/requests"),
        (mine, f"/requests/{row.public_id}"),
        (staff, "/staff/requests"),
        (staff, f"/staff/requests/{row.public_id}"),
        (staff, f"/staff/requests/{row.public_id}/finish"),
        (staff, "/staff/requests/plan"),
    ]:
        page = browser.get(url)
        # The page has such elements of its own, without anything in them that runs.
        assert [each for each in harm_in(page.html) if each != ("details", {})] == [], (
            url
        )
        assert "<script>alert(1)</script>" not in page.html


def test_what_is_typed_wrong_comes_back_as_letters(app, poisoned, typed):
    browser = Browser(app).sign_in(poisoned[0])
    page = browser.get("/readings", check=False)
    fields = {
        each.get("name"): each.get("value", "")
        for each in page.tree.cssselect("#reading-form input")
    }
    for name in ("t1", "comment", "answered", "month", "key"):
        for payload in PAYLOADS:
            odd = {"t1": "1", "answer:x": ""} | {name: payload}
            answer = browser.client.post("/readings", data=fields | odd)
            assert answer.status_code in {409, 422}, (name, payload)
            assert harm_in(answer.get_data(as_text=True)) == [], (name, payload)
    for payload in PAYLOADS:
        for url, query in (
            ("/history", {"first": payload, "last": payload}),
            ("/history", {"till": payload}),
            ("/statement", {"first": payload, "last": payload}),
            ("/statement", {"page": payload}),
        ):
            answer = browser.client.get(url, query_string=query)
            assert harm_in(answer.get_data(as_text=True)) == [], payload


def test_documents_are_made_and_read_no_file(app, poisoned):
    customer, sent = poisoned
    client = Browser(app).sign_in(customer).client
    for url in (
        "/bills/2026-10.pdf",
        "/statement.pdf",
        f"/readings/{sent.public_id}.pdf",
    ):
        answer = client.get(url)
        assert answer.status_code == 200, url
        assert answer.data.startswith(b"%PDF")
        assert b"/JavaScript" not in answer.data
        # The links a document may carry are our own: to pay a receipt, to send readings.
        for address in re.findall(rb"/URI \(([^)]*)\)", answer.data):
            assert re.fullmatch(
                rb"http://localhost/guest/(pay|readings)\?[a-z0-9=&%C]+", address
            ), address


def test_no_cell_of_a_table_runs(app, poisoned):
    customer, _ = poisoned
    Meter.update(serial='=HYPERLINK("//evil.example")').execute()
    client = Browser(app).sign_in(customer).client
    table = client.get("/history.csv?months=all").data.decode("utf-8-sig")
    assert "'=HYPERLINK" in table
    for line in table.splitlines():
        for cell in line.split(";"):
            assert not cell.lstrip('"').startswith(("=", "+", "-", "@", "\t")), cell


def test_a_letter_has_our_headers_only(app, typed):
    context = {
        "number": "100-001",
        "state": "submitted",
        "account": typed,
        "meter": typed,
        "month": "2026-11",
        "zones": [["single", 1, "4500"]],
        "link": "http://localhost/x",
    }
    at = datetime(2026, 11, 22, tzinfo=UTC)
    mail = Mail(
        message_id=1,
        kind="reading_confirmation",
        recipient="a@b.example",
        context=context,
        created_at=at,
    )
    with app.test_request_context():
        message = compose(mail, sender="us@b.example")
        written = message.as_string()
    head = " ".join(f"{k}: {v}" for k, v in message_from_string(written).items())
    assert "evil" not in head
    assert message.send_to == {"a@b.example"}
    assert harm_in(message.html) == []


def test_the_name_of_a_file_stays_in_its_header(app):
    for name in [*PAYLOADS, 'a"; filename=b.exe', "a\r\nX-Evil: 1", "л/с.pdf", "../a"]:
        with app.test_request_context():
            answer = attached(b"", name=name, plain_name=name, media_type="text/csv")
        head = answer.headers["Content-Disposition"]
        assert re.fullmatch(
            r"attachment; filename=\"[\w .-]*\"; filename\*=UTF-8''[\w.~%-]*",
            head,
            re.ASCII,
        ), head
        assert set(answer.headers.keys()) >= {"Content-Security-Policy"}
