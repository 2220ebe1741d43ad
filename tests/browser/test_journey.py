"""A person's whole way through the cabinet, in a real browser with and without scripts."""

import secrets
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cabinet.domain.money import Money
from cabinet.jobs.erase import erase_due
from cabinet.models import (
    Account,
    AccountAccess,
    LedgerEntry,
    OutboxMessage,
    RegistrationRequest,
    User,
)
from tests import factories
from tests.browser.conftest import NOON

NARROW = {"width": 360, "height": 740}
PASSWORD = "zhuravli letyat domoi 26"


@pytest.fixture
def receipts(house, stored):
    """The numbers of two accounts, each with a payment that is no secret to its owner."""
    people = [house(), house()]
    with stored():
        accounts = [Account.get_by_id(person.account_id) for person in people]
        for account in accounts:
            factories.post(account, Money(-812_40))
        return [account.number for account in accounts]


class Way:
    """One person's browser, the office's, and the mailbox in between."""

    def __init__(self, open_page, sign_in, clerk, stored, *, js):
        self.email = f"{secrets.token_hex(6)}@example.org"
        self.page = open_page(NARROW, js=js)
        self.relative = open_page(NARROW, js=js)
        self.office = open_page({"width": 1280, "height": 800}, js=js)
        self.stored = stored
        sign_in(self.office, clerk)

    def letter(self, kind, email=None):
        with self.stored():
            return (
                OutboxMessage.select()
                .where(
                    OutboxMessage.kind == kind,
                    OutboxMessage.recipient == (email or self.email),
                )
                .order_by(OutboxMessage.id.desc())
                .get()
                .context
            )

    def asks(self, number, *, is_new):
        page = self.page
        page.goto("/registration")
        page.select_option("#branch", "kursk")
        page.fill("#account", number)
        page.fill("#amount", "812,40")
        if is_new:
            page.fill("#email", self.email)
            page.check("#processing")
        page.click("#registration-form .big")
        if is_new:
            page.wait_for_selector("#registration-code")
            page.fill("#code", self.letter("registration_code")["code"])
            page.click("#registration-code .big")
        page.wait_for_selector("text=принята")

    def is_opened(self, number):
        with self.stored():
            row = (
                RegistrationRequest.select()
                .where(
                    RegistrationRequest.account_number == number,
                    RegistrationRequest.email == self.email,
                )
                .get()
            )
        self.office.goto("/staff/registrations")
        path = f"/staff/registrations/{row.public_id}/open"
        self.office.click(f"form[action='{path}'] button")
        self.office.wait_for_selector(f"text=Заявка {row.id},")

    def sets_a_password(self, page, link, password=PASSWORD):
        page.goto(link)
        page.fill("[name=password]", password)
        page.click("#new-password-form .big")
        page.wait_for_selector("#login-form")

    def signs_in(self, page, email, password=PASSWORD):
        page.goto("/login")
        page.fill("[name=login]", email)
        page.fill("[name=password]", password)
        page.click("#login-form .big")
        page.wait_for_url(lambda url: "/login" not in url)

    def invites(self, email):
        page = self.page
        page.goto("/profile/delegates")
        page.locator("text=Пригласить близкого").first.click()
        page.wait_for_selector("#invite-form")
        page.fill("#email", email)
        page.click("#invite-form .big")
        page.wait_for_url("**/profile/delegates*")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("js", [True, False])
def test_from_the_receipt_to_being_forgotten(
    open_page, sign_in, clerk, stored, receipts, server, tmp_path, js
):
    way = Way(open_page, sign_in, clerk, stored, js=js)
    first, second = receipts
    way.asks(first, is_new=True)
    way.is_opened(first)
    way.sets_a_password(way.page, way.letter("registration_opened")["link"])
    way.signs_in(way.page, way.email)
    assert way.page.locator("#reading-form").is_visible()

    way.asks(second, is_new=False)
    way.is_opened(second)
    way.page.goto("/")
    assert way.page.locator("select[name=account] option").count() == 2

    relative = f"{secrets.token_hex(6)}@example.org"
    way.invites(relative)
    way.relative.goto(way.letter("invitation", relative)["link"])
    way.relative.check("#processing")
    way.relative.click("form[action$='/cabinet'] button")
    way.relative.wait_for_selector("text=Проверьте почту")
    way.sets_a_password(
        way.relative, way.letter("set_password", relative)["link"], "sad vishni iyul 7"
    )
    way.signs_in(way.relative, relative, "sad vishni iyul 7")
    assert way.relative.locator("#reading-form").is_visible()

    way.page.goto("/profile/delegates")
    way.page.click("form[action*='/end'] button")
    way.page.wait_for_selector("form[action*='/end']", state="detached")
    way.relative.goto("/")
    assert way.relative.locator("#reading-form").count() == 0

    with stored():
        owed = _sums(receipts)
    leave(way)
    way.page.click("form[action='/leaving/undo'] button >> nth=0")
    way.page.wait_for_selector("text=Кабинет остаётся")
    leave(way)

    later = datetime.fromisoformat(NOON) + timedelta(days=7, hours=1)
    with stored():
        assert erase_due(Path(tmp_path), now=later) >= 1
        assert not User.select().where(User.email == way.email).exists()
        assert _sums(receipts) == owed
        live = (
            AccountAccess.select()
            .join(Account)
            .where(Account.number.in_(receipts), AccountAccess.ended_at.is_null())
        )
        assert live.count() == 2
    assert way.page.faults == way.relative.faults == way.office.faults == []
    way.page.goto("/profile")
    assert "/login" in way.page.url
    way.page.fill("[name=login]", way.email)
    way.page.fill("[name=password]", PASSWORD)
    way.page.click("#login-form .big")
    way.page.wait_for_selector("text=не подходят")


def leave(way):
    """Three steps from the profile: leave, close, confirm with the password."""
    way.page.goto("/profile")
    way.page.click("a[href='/leaving']")
    way.page.wait_for_url("**/leaving")
    way.page.click("a[href='/leaving/close']")
    way.page.wait_for_selector("#closing-form")
    way.page.fill("#password", PASSWORD)
    way.page.click("#closing-form .big")
    way.page.wait_for_selector("text=Кабинет закроется")


def _sums(numbers):
    rows = (
        LedgerEntry.select(Account.number, LedgerEntry.amount)
        .join(Account)
        .where(Account.number.in_(numbers))
        .order_by(LedgerEntry.id)
        .tuples()
    )
    return list(rows)
