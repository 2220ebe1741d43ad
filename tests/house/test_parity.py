"""Every act does the same without JavaScript and with it, taken or refused.

A new POST route gets a function in `parity/acts_*.py` that says what is sent, and a line
in ROUTES there. How an act is told is in `parity/house.py`, how it is played twice and
compared in `parity/stage.py`.
"""

import re
from dataclasses import replace

import pytest

from cabinet.models import Account, AuditEntry, User
from tests.house.parity import (
    acts_announcements,
    acts_billing,
    acts_content,
    acts_desk,
    acts_entering,
    acts_grid,
    acts_keys,
    acts_loads,
    acts_money,
    acts_outgoing,
    acts_people,
    acts_questions,
    acts_readings,
    acts_registration,
    acts_reports,
    acts_requests,
    acts_reviews,
    acts_settings,
    acts_sharing,
)
from tests.house.parity.acts_readings import submit
from tests.house.parity.stage import (
    BOXES,
    Stage,
    assert_same,
    assert_same_rows,
    assert_same_words,
    words,
)

ROUTES = (
    acts_announcements.ROUTES
    | acts_billing.ROUTES
    | acts_content.ROUTES
    | acts_desk.ROUTES
    | acts_entering.ROUTES
    | acts_grid.ROUTES
    | acts_keys.ROUTES
    | acts_loads.ROUTES
    | acts_money.ROUTES
    | acts_outgoing.ROUTES
    | acts_people.ROUTES
    | acts_questions.ROUTES
    | acts_readings.ROUTES
    | acts_registration.ROUTES
    | acts_reviews.ROUTES
    | acts_settings.ROUTES
    | acts_requests.ROUTES
    | acts_reports.ROUTES
    | acts_sharing.ROUTES
)

#: What changes something and leaves no word, and why.
QUIET = {
    "health.csp_report": "a browser reports, nobody acts",
    "looks.choose": "a cookie of the browser's own, on no page of anybody",
    "staff_help.switch": "a cookie of the browser's own as well",
    "payments.webhooks.take": "a bank tells; what comes of it is noted when it is read",
    "registration.find_state": "a try is counted; who asks is shown what they know",
}


@pytest.fixture
def stage(app, now, database_url, tmp_path):
    folder = tmp_path / "copy"
    folder.mkdir()
    return Stage(app, now, database_url, folder)


def test_every_post_of_a_page_has_its_line(app):
    endpoints = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in rule.methods and not rule.rule.startswith("/api/")
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


@pytest.mark.parametrize("endpoint", sorted(ROUTES))
def test_an_act_leaves_its_word_in_the_audit_log(stage, endpoint):
    """Ids, words and keyed hashes: nobody's name, address, e-mail or number."""
    route = ROUTES[endpoint]
    stage.set(route.act)
    before = AuditEntry.select().count()
    stage.send(stage.house.browser, route.done)
    entries = list(AuditEntry.select().dicts())
    assert (len(entries) == before) == (endpoint in QUIET)
    for entry in entries:
        # What came of the hash of an address must be nothing but one.
        assert re.fullmatch("|[0-9a-f]{4}|[0-9a-f]{64}", entry.pop("address_hash"))
        kept = f"{entry['action']} {entry['subject']} {entry['details']}"
        assert "@" not in kept
        assert [name for name in named() if name in kept] == []


def named():
    """Return what names anybody of the house: every part of a name and of an address."""
    words = {each for user in User.select() for each in user.name.split()}
    for account in Account.select():
        words |= {account.number, *re.split(r"[ ,.]+", account.address)}
        words |= set(account.holder.split())
    return {each for each in words if len(each) > 3}


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
