"""Состояние as an admin sees it: no fault of accessibility, nothing wider than a phone."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest

from cabinet.config.clock import DEMO_START
from cabinet.models import OutboxMessage
from cabinet.models.base import writing
from cabinet.services import beats, outbox, window_counts
from tests import factories
from tests.browser.conftest import Person
from tests.browser.looks import OFFICE_LOOKS, OVERFLOW, assert_accessible

URL = "/staff/state"


@pytest.fixture
def boss(stored):
    """An admin, of an installation where something waits too long."""
    with stored():
        email = f"{secrets.token_hex(6)}@example.org"
        factories.make_staff(email, "admin")
        now = DEMO_START
        window_counts.count(now=now)
        beats.note(beats.LETTERS, now=now - timedelta(minutes=3))
        beats.note(beats.SEALS, now=now - timedelta(hours=3))
        beats.note_made(beats.LEDGER, now=now - timedelta(hours=9), findings=12)
        beats.note_made(beats.RECONCILIATION, now=now - timedelta(hours=5), shops=1)
        beats.expect(now=now)
        key = secrets.token_hex(6)
        with writing():
            outbox.put(
                "login_notice", key=key, recipient="a@b.ru", context={},
                now=now - timedelta(minutes=40),
            )  # fmt: skip
        yield Person(email, account_id=0)
    with stored():
        OutboxMessage.update(sent_at=datetime.now(UTC)).where(
            OutboxMessage.key == key
        ).execute()


@pytest.mark.parametrize(("width", "scheme"), OFFICE_LOOKS)
def test_the_state_has_no_fault(open_page, sign_in, boss, width, scheme):
    page = open_page({"width": width, "height": 740}, scheme)
    sign_in(page, boss)
    page.goto(URL)
    told = page.text_content(".alert")
    assert "Требуют внимания" in told
    assert "cabinet ledger check назовёт, что не сходится." in told
    assert_accessible(page)
    assert page.evaluate(OVERFLOW) == 0
    page.click("main a:text('Обновить')")
    assert page.url.endswith(URL)
