"""Настройки as an admin sees them: no fault of accessibility, nothing wider than a phone."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest

from cabinet.models import Session, User
from tests import factories
from tests.browser.conftest import Person
from tests.browser.looks import OFFICE_LOOKS, OVERFLOW, assert_accessible

ROOT = "/staff/settings"
PATHS = (
    "",
    "/branches/kursk",
    "/new-branch",
    "/people",
    "/rules",
    "/rules/price",
    "/rules/other",
    "/rules/norm",
    "/days",
    "/shops",
    "/new-shop",
    "/changes",
    "/log",
)


@pytest.fixture
def boss(stored):
    with stored():
        email = f"{secrets.token_hex(6)}@example.org"
        factories.make_staff(email, "admin")
        return Person(email, account_id=0)


@pytest.mark.parametrize(("width", "scheme"), OFFICE_LOOKS)
def test_settings_have_no_fault(open_page, sign_in, boss, stored, width, scheme):
    page = open_page({"width": width, "height": 740}, scheme)
    sign_in(page, boss)
    with stored():
        user = User.get(User.email == boss.email)
        until = datetime.now(UTC) + timedelta(days=365)
        Session.update(sure_until=until).where(Session.user == user).execute()
    paths = [*PATHS, f"/people/{user.id}"]
    for path in paths:
        page.goto(ROOT + path)
        assert page.url.endswith(ROOT + path)
        assert_accessible(page)
        assert page.evaluate(OVERFLOW) == 0, path
    page.goto(f"{ROOT}/new-shop")
    page.click("#shop-form button[type=submit]")
    page.wait_for_selector(".err")
    assert_accessible(page)
