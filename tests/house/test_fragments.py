"""One address, two answers: the fragment stands in the page, letter for letter."""

import re

import pytest

from tests import factories
from tests.browsing import Browser

#: Pages with nothing to swap: htmx never asks for them.
WHOLE = {
    "accounts.index",
    "bills.index",
    "delegates.index",
    "documents.index",
    "email.changed",
    "email.undone",
    "history.download",
    "history.green_button",
    "history.workbook",
    "home.index",
    "invitations.created",
    "keys.how",
    "leaving.index",
    "news.index",
    "offices.index",
    "offline",
    "profile.password",
    "staff.index",
    "staff_accounts.index",
    "staff_allocations.index",
    "staff_allocations.show",
    "staff_announcements.benefits",
    "staff_announcements.index",
    "staff_bills.index",
    "staff_content.documents.index",
    "staff_content.index",
    "staff_content.offices.index",
    "staff_help.index",
    "staff_payments.index",
    "staff_questions.ready_answers",
    "staff_recalculations.index",
    "staff_reconciliations.index",
    "staff_settings.blank_branch",
    "staff_settings.blank_shop",
    "staff_settings.days",
    "staff_settings.history",
    "staff_settings.index",
    "staff_settings.log",
    "staff_settings.log_file",
    "staff_settings.people",
    "staff_settings.rules",
    "staff_settings.shops",
    "staff_state.index",
    "staff_requests.days.plan",
    "staff_requests.days.show_crews",
    "staff_requests.new",
    "statement.download",
    "statement.paper",
    "statement.workbook",
    "tariffs.show",
}

#: What differs from one answer to the next.
VOLATILE = re.compile(r'name="(?:csrf_token|key)" value="[^"]*"')


@pytest.fixture
def full(app, alice, account, meter):
    """Alice with a reading, a bill and prices: every page has something to show."""
    factories.make_ranges()
    factories.make_rates()
    for month, value in (("2026-09", 4300), ("2026-10", 4500)):
        factories.make_reading(meter, month, (value,))
        factories.make_bill(account, month)
    return Browser(app).sign_in(alice)


def pages(app):
    return [
        rule
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods
        and not rule.arguments
        and rule.endpoint not in WHOLE
        and rule.endpoint.partition(".")[0] not in {"demo", "health", "statics"}
        and not rule.rule.startswith(("/s/", "/api/"))
    ]


def test_a_fragment_is_a_part_of_its_page(app, full):
    seen = []
    for rule in pages(app):
        address = rule.build({})[1]
        fragment = full.client.get(address, headers={"HX-Request": "true"})
        page = full.client.get(address)
        if fragment.status_code != 200 or "HX-Redirect" in fragment.headers:
            continue
        part = fragment.get_data(as_text=True)
        assert "<html" not in part, rule
        title, _, part = part.partition("\n")
        assert title.startswith("<title>"), rule
        assert _steady(part.strip()) in _steady(page.get_data(as_text=True)), rule
        seen.append(rule.endpoint)
    assert {"profile.show", "readings.show"} <= set(seen)


def test_going_back_gets_the_whole_page(app, full):
    for rule in pages(app):
        address = rule.build({})[1]
        headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
        answer = full.client.get(address, headers=headers)
        if answer.status_code == 200:
            assert "<html" in answer.get_data(as_text=True), rule


def _steady(html):
    return VOLATILE.sub("", html)
