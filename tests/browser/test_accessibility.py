"""Every page, light and dark, narrow and wide: nothing in the way of anybody."""

import io
import secrets
from datetime import UTC, datetime

import pytest

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.people import Role
from cabinet.domain.period import Month
from cabinet.models import (
    Account,
    Allocation,
    BillRun,
    Branch,
    ColumnProfile,
    ImportBatch,
    ImportRow,
    LedgerEntry,
    User,
)
from cabinet.models.base import writing
from cabinet.services import files
from tests import factories
from tests.browser.looks import (
    LOOKS,
    OFFICE_LOOKS,
    OVERFLOW,
    assert_accessible,
    assert_fits,
)

PAGES = [
    "/",
    "/readings",
    "/history",
    "/statement",
    "/bills",
    "/bills/2026-10",
    "/tariffs",
    "/profile",
    "/profile/accounts",
    "/profile/delegates",
    "/profile/password",
    "/factor/sure",
    "/questions",
]
OPEN_PAGES = [
    "/login",
    "/offline",
    "/no-such-page",
    "/registration",
    "/registration/state",
    "/registration/card",
    "/documents",
    "/documents/data-policy",
    "/reset",
    "/reset?sent=1",
    "/password/an-old-link",
    "/questions",
    "/questions/state",
    "/news",
    "/offices",
]
SPACING = """*{line-height:1.5!important;letter-spacing:.12em!important;
word-spacing:.16em!important}p{margin-bottom:2em!important}"""


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_every_page_has_no_fault(open_page, sign_in, house, scheme, width):
    page = open_page({"width": width, "height": 740}, scheme)
    for path in OPEN_PAGES:
        status = page.goto(path).status
        assert_accessible(page)
        assert_fits(page)
        if status in {404, 410}:  # a page of errors, which a browser complains of
            told = f"the server responded with a status of {status} "
            page.faults[:] = [fault for fault in page.faults if told not in fault]
    sign_in(page, house(zones=2, accounts=2))
    for path in PAGES:
        page.goto(path)
        assert_accessible(page)
        assert_fits(page)


def _type(*values):
    def act(page):
        for number, value in enumerate(values, start=1):
            page.fill(f"#t{number}", value)
        page.click("#reading-form .big")
        page.wait_for_selector("main .box")

    return act


def _lose_the_connection(page):
    page.context.set_offline(True)
    _type("4772", "3834")(page)
    page.context.set_offline(False)
    page.faults.clear()  # of being offline


def _wrong_password(page):
    page.fill("[name=login]", "nobody@example.org")
    page.fill("[name=password]", "nothing")
    page.click("#login-form button")
    page.wait_for_selector(".box.alert")


def _wrong_dates(page):
    page.locator("#period input").first.fill("2026-10-01")
    page.locator("#period input").last.fill("2026-05-01")
    page.click("#period button")
    page.wait_for_selector(".box.alert")


STATES = {
    "fault": ("/readings", _type("12a", "")),
    "unusual": ("/readings", _type("7772", "3834")),
    "lower": ("/readings", _type("4500", "3834")),
    "swapped": ("/readings", _type("3834", "4772")),
    "no connection": ("/readings", _lose_the_connection),
    "taken": ("/readings", _type("4772", "3834")),
    "taken at home": ("/", _type("4773", "3835")),
    "wrong dates": ("/history", _wrong_dates),
    "wrong dates of money": ("/statement", _wrong_dates),
}


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_every_state_has_no_fault(open_page, sign_in, house, scheme, width):
    page = open_page({"width": width, "height": 740}, scheme)
    page.goto("/login")
    _wrong_password(page)
    assert_accessible(page)
    for path, act in STATES.values():
        # A person each: a reading that was taken changes the form.
        page.context.clear_cookies()
        sign_in(page, house(zones=2))
        page.goto(path)
        page.evaluate("localStorage.clear()")
        page.reload()
        act(page)
        assert_accessible(page)
        assert page.evaluate(OVERFLOW) == 0


@pytest.mark.parametrize(("width", "scheme"), OFFICE_LOOKS)
def test_the_workplace_has_no_fault(
    open_page, sign_in, house, stored, clerk, scheme, width
):
    page = open_page({"width": width, "height": 740}, scheme)
    sign_in(page, clerk)
    payment = make_payment(house(), stored)
    for path in ("/staff", "/profile", "/demo", "/demo/mail", *payment):
        page.goto(path)
        assert_accessible(page)
        assert page.evaluate(OVERFLOW) == 0


REPORTS = (
    "/staff/reports",
    "/staff/reports/silent",
    "/staff/reports/silent/list",
    "/staff/reports/window",
    "/staff/reports/debts",
    "/staff/reports/payments",
    "/staff/reports/payments?first=x",
    "/staff/reports/questions",
    "/staff/reports/usability",
)


def make_payment(person, stored):
    """Pay, with a word on its month; return the pages of staff that tell of it."""
    at = datetime(2026, 11, 5, 9, tzinfo=UTC)
    with stored():
        account = Account.get_by_id(person.account_id)
        factories.make_bill(account, "2026-09", "400,00")
        payment = factories.make_payment(
            account, "500,00", at, provider_id=secrets.token_hex(8)
        )
        (entry,) = LedgerEntry.select().where(
            LedgerEntry.account == account, LedgerEntry.kind == EntryKind.PAYMENT
        )
        Allocation.create(
            entry=entry,
            month=Month(2026, 9),
            made_by=User.get(User.role == Role.OPERATOR),
            reason="просьба абонента, письмо от 5 ноября",
            at=at,
        )
        return (
            "/staff/payments",
            f"/staff/payments/{payment.public_id}",
            f"/staff/accounts?q={account.number[:4]}",
            "/staff/accounts?q=rnekj+99",
            f"/staff/accounts/{account.number}",
            f"/staff/accounts/{account.number}/letters",
            f"/staff/accounts/{account.number}/log",
            f"/staff/accounts/{account.number}/bills/2026-09",
            f"/staff/accounts/{account.number}/what-if?residents=3",
            f"/staff/accounts/{account.number}/control-act",
            f"/staff/allocations?account={account.number}",
            f"/staff/allocations/{entry.id}",
            "/staff/reconciliations",
            "/staff/questions",
            f"/staff/questions/{make_question(account, at).public_id}",
            *REPORTS,
            *make_runs(account),
            *make_loads(account),
        )


def make_question(account, at):
    """Ask, and answer a minute ago: it can still be taken back."""
    asker = factories.make_customer()
    return factories.make_question(account, asker, at, text="Почему?\nИ сколько?")


def make_loads(account):
    """Keep a registry at each stage of its way in; return the pages that tell of them."""
    at = datetime(2026, 11, 22, 9, tzinfo=UTC)
    row = f"14.03.2026;12:29:00;7;{account.number};0226;10,50\n"
    body = ("Дата;Время;Код операции;ЛС;Период;Сумма\n" + row * 3).encode()
    header = ["Дата", "Время", "Код операции", "ЛС", "Период", "Сумма"]
    ImportRow.delete().execute()
    paths = [
        "/staff/loads",
        "/staff/quarantine",
        "/staff/unrecognised",
        "/staff/profiles",
    ]
    for state in ("waiting", "checked", "running"):
        with writing():
            file = files.store_stream(
                io.BytesIO(body),
                media_type="text/csv",
                purpose="load",
                owner_id=None,
                name="реестр.csv",
                expires_at=at + files.KEPT,
                now=at,
            )
            load = ImportBatch.create(
                branch=account.branch_id,
                kind="payments",
                file_name="Реестр платежей от 14.03.2026.csv",
                sha256=secrets.token_hex(32),
                state=state,
                started_at=at,
                file=file,
                counts={"new": 2, "faulty": 1},
                control={"amount": 2100, "held": 1050, "told": 3150},
                layout={"header": header},
            )
        ImportRow.create(
            batch=load,
            line=3,
            state="faulty",
            column="Код операции",
            value="7",
            reason="повтор строки 2, ничего не изменено",
            raw=row.split(";"),
        )
        paths.append(f"/staff/loads/{load.public_id}")
        if state == "waiting":
            paths.append(f"/staff/loads/{load.public_id}/columns")
    ImportBatch.update(state="committed").where(ImportBatch.id == load.id).execute()
    ImportRow.create(
        batch=load,
        line=4,
        state="quarantined",
        column="ЛС",
        reason="лицевой счёт не найден, деньги ждут разбора",
        raw=["14.03.2026", "12:29:00", "8", "690000000009", "0226", "10,50"],
    )
    name = secrets.token_hex(4)
    columns = {"code": "Код операции", "account": "ЛС"}
    ColumnProfile.create(
        name=name, kind="payments", layout={"columns": columns}, made_at=at
    )
    return paths


def make_runs(account):
    """Make runs, a draft in each; return the pages of staff that tell of them."""
    now = datetime(2026, 11, 22, 9, tzinfo=UTC)
    Branch.update(own_billing=True).where(Branch.id == account.branch_id).execute()
    BillRun.update(state="cancelled").execute()
    stopped = factories.make_bill_run(
        account, "stopped", now, missing=[["vat", "", "2026-10-01"]]
    )
    issued = factories.make_bill_run(account, "issued", now, charged="731,59")
    return (
        "/staff/bills",
        f"/staff/bills/{stopped.id}",
        f"/staff/bills/{issued.id}",
        f"/staff/bills/{issued.id}/odd",
        f"/staff/bills/{issued.id}/held",
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_second_factor_has_no_fault(open_page, newcomer, scheme, width):
    page = open_page({"width": width, "height": 740}, scheme)
    page.goto("/login")
    page.fill("[name=login]", newcomer.email)
    page.fill("[name=password]", newcomer.password)
    page.click("#login-form button")
    for path in ("/factor/enrol", "/factor/recovery"):
        page.goto(path)
        assert_accessible(page)
        assert_fits(page)


@pytest.mark.parametrize("zones", [1, 2, 3])
@pytest.mark.parametrize("digits", [4, 5, 6, 7, 8])
def test_the_widest_meter_fits_the_narrowest_phone(
    open_page, sign_in, house, zones, digits
):
    page = open_page({"width": 320, "height": 568})
    sign_in(page, house(zones=zones, digits=digits, last=4634))
    page.goto("/readings")
    assert page.evaluate(OVERFLOW) == 0
    for dial in page.locator(".dial").all():
        # The unit stays beside the cells.
        assert dial.bounding_box()["height"] < 70


def test_wider_letters_and_lines_break_nothing(open_page, sign_in, house):
    page = open_page({"width": 320, "height": 568}, bypass_csp=True)
    sign_in(page, house(zones=3))
    for path in PAGES:
        page.goto(path)
        page.add_style_tag(content=SPACING)
        assert page.evaluate(OVERFLOW) == 0, path


def test_text_of_twice_the_size_breaks_nothing(open_page, sign_in, house):
    page = open_page({"width": 640, "height": 900}, bypass_csp=True)
    sign_in(page, house(zones=2))
    for path in PAGES:
        page.goto(path)
        page.add_style_tag(content="html{font-size:225%!important}")
        assert page.evaluate(OVERFLOW) == 0, path


def test_forced_colours_leave_cells_and_bars_visible(open_page, sign_in, house):
    page = open_page(forced_colors="active")
    sign_in(page, house())
    page.goto("/readings")
    case = page.locator(".case").first
    assert case.evaluate("(e) => getComputedStyle(e).borderTopStyle") == "solid"


def test_the_keyboard_sees_where_it_is(open_page, sign_in, house):
    page = sign_in(open_page(), house())
    page.goto("/readings")
    page.keyboard.press("Tab")
    assert page.locator(":focus").text_content() == "К содержанию"
    for _ in range(12):
        page.keyboard.press("Tab")
        focus = page.locator(":focus")
        if focus.count():
            style = focus.evaluate("(e) => getComputedStyle(e).outlineStyle")
            assert style == "solid", focus.evaluate("(e) => e.outerHTML")
