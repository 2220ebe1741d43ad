"""Разнесение платежей as a specialist works with it."""

from datetime import UTC, datetime

import pytest

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.models import Allocation, AuditEntry
from tests import factories

LIST = "/staff/allocations"


@pytest.fixture
def payment(account):
    """A payment of 500 when 400 is owed for each of two months."""
    for month in ("2026-09", "2026-10"):
        factories.make_bill(account, month, "400,00")
    at = datetime(2026, 11, 5, 9, tzinfo=UTC)
    return factories.post(account, Money(-500_00), at=at, month=Month(2026, 9))


@pytest.fixture
def page(worker, payment):
    return worker.get(f"{LIST}/{payment.id}")


def test_payments_of_an_account_are_found_with_their_months(worker, payment, account):
    empty = worker.get(LIST)
    assert "Зачтено" not in empty.text
    page = worker.submit(empty, "#allocation-search", account="4600 0000 0001")
    assert account.holder in page.text
    row = page.text_of("main table tbody tr")
    assert "500,00" in row
    assert "зачтено за сентябрь 2026 400,00 ₽, за октябрь 2026 100,00 ₽" in row
    (look,) = AuditEntry.select().where(AuditEntry.action == "allocations.looked")
    assert look.account_id == account.id


def test_an_account_without_payments_says_so(worker, account):
    page = worker.get(f"{LIST}?account={account.number}")
    assert "Платежей по этому счёту нет" in page.text


def test_no_other_branch_is_to_be_seen(worker, db):
    other = factories.make_account("460000000008", factories.make_branch("far"))
    entry = factories.post(other, Money(-1_00))
    page = worker.get(f"{LIST}?account={other.number}")
    assert "такого лицевого счёта нет" in page.text
    assert other.holder not in page.text
    worker.get(f"{LIST}/{entry.id}", status=404)


def test_what_is_no_payment_has_no_page(worker, account):
    entry = factories.post(account, Money(1_00), kind=EntryKind.CHARGE)
    worker.get(f"{LIST}/{entry.id}", status=404)


def test_what_is_no_payment_is_for_no_month(worker, page, account):
    entry = factories.post(account, Money(1_00), kind=EntryKind.CHARGE)
    form = page.one("#allocation-form")
    form.set("action", f"{LIST}/{entry.id}")
    fields = {"month": "2026-10", "reason": "так"}
    worker.submit(page, "#allocation-form", status=404, **fields)
    assert not Allocation.select().exists()


def test_a_word_is_kept_and_moves_the_money(worker, page, payment):
    assert "Специалисты ничего не записывали" in page.text
    page = worker.submit(
        page, "#allocation-form", month="2026-10", reason=" просьба   клиента "
    )
    said = page.text_of(".done")
    assert "за октябрь 2026 400,00 ₽, за сентябрь 2026 100,00 ₽" in said
    assert "просьба клиента" in page.text
    assert "Ольга Смирнова" in page.text
    (word,) = Allocation.select()
    assert (word.month, word.reason) == (Month(2026, 10), "просьба клиента")
    page = worker.get(f"{LIST}?account=460000000001")
    assert "месяц назвал специалист" in page.text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"month": "", "reason": "так"}, "Выберите месяц"),
        ({"month": "2026-10", "reason": "  "}, "Напишите, почему"),
        ({"month": "2026-10", "reason": "о" * 241}, "больше 240 знаков"),
        ({"month": "вчера", "reason": "так"}, "Выберите месяц"),
    ],
)
def test_what_is_wrong_stands_at_its_field(worker, page, fields, told):
    page = worker.submit(page, "#allocation-form", status=422, **fields)
    assert told in page.text
    assert page.title.startswith("Ошибка: ")
    chosen = page.select("#month option[selected]")
    kept = [fields["month"]] if fields["month"] == "2026-10" else []
    assert [each.get("value") for each in chosen if each.get("value")] == kept
    assert not Allocation.select().exists()


def test_months_with_a_debt_and_this_one_are_offered(page):
    values = [each.get("value") for each in page.select("#month option")]
    assert values == ["", "2026-11", "2026-10", "2026-09"]


def test_the_card_of_a_payment_leads_here(worker, paid, owed):
    payment = paid()
    page = worker.get(f"/staff/payments/{payment.public_id}")
    (link,) = page.select(f"main a[href^='{LIST}']")
    assert "Зачтено" in worker.get(link.get("href")).text
