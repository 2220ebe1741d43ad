"""A town that pays: the fixture of whoever needs portal, worker and bank as processes."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cabinet.emulator.shops import demo_shops
from cabinet.models import Session
from cabinet.models.base import database
from cabinet.services import sessions
from tests import factories, paying
from tests.ports import free_port

#: A call ends sooner than the bank's silence of two seconds.
TOTAL_SECONDS = 1.5

#: Every branch takes money by another acquirer's interface.
BRANCHES = ("kursk", "murmansk", "smolensk")


@pytest.fixture
def town(settings, db):
    """Make the town; its processes run while it is entered."""
    settings.home.mkdir(exist_ok=True)

    def make(payers, **more):
        cookies = _payers(payers)
        port, bank_port = free_port(), free_port()
        made = replace(
            settings,
            public_url=f"http://127.0.0.1:{port}",
            trusted_proxies=1,
            shops=tuple(
                replace(shop, total_seconds=TOTAL_SECONDS)
                for shop in demo_shops(f"http://127.0.0.1:{bank_port}")
            ),
        )
        return paying.Town(made, bank_port, **more), cookies

    return make


def _payers(count):
    """Return the cookies of so many customers, each with an account of their own."""
    now = datetime.now(UTC)
    branches = [factories.make_branch(code, name=code.title()) for code in BRANCHES]
    cookies = []
    with database.atomic():
        for number in range(count):
            user = factories.make_customer(f"payer{number}@example.org")
            account = factories.make_account(
                number=f"46{number:010}", branch=branches[number % len(branches)]
            )
            factories.give_access(user, account)
            cookie = secrets.token_urlsafe(32)
            Session.create(
                sid_hash=sessions.hash_of(cookie),
                user=user,
                created_at=now,
                last_seen_at=now,
                expires_at=now + timedelta(days=1),
                has_factor=True,
            )
            cookies.append(cookie)
    return cookies
