import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.models import AccountAccess
from cabinet.services.access import AccountNotFoundError
from cabinet.services.history import Days, Recent
from cabinet.services.statement import (
    KindTotal,
    TooLong,
    paper,
    report,
    statement,
    statement_paper,
)
from tests.factories import (
    give_access,
    make_account,
    make_bill,
    make_branch,
    make_customer,
    post,
)

OCTOBER = Days(date(2026, 10, 1), date(2026, 10, 31))


@pytest.fixture
def tell(alice, account, now):
    """Alice's statement of the account."""

    def tell(period=Recent.ALL, **more):
        return statement(alice.id, account.id, period, **{"now": now, **more})

    return tell


def at(*moment):
    return datetime(*moment, tzinfo=UTC)


def pay(account, roubles, moment, **values):
    return post(account, -Money.parse(str(roubles)), at=moment, **values)


def amounts(found):
    return [row.amount.kopecks for row in found.rows]


# Sums


def test_the_oldest_row_comes_first_and_each_has_the_balance_after_it(tell, account):
    make_bill(account, "2026-10", "812,40", published_at=at(2026, 11, 1))
    pay(account, 500, at(2026, 11, 5, 9))
    pay(account, 400, at(2026, 11, 3, 9))
    found = tell()
    assert [(row.amount.kopecks, row.balance.kopecks) for row in found.rows] == [
        (81240, 81240),
        (-40000, 41240),
        (-50000, -8760),
    ]
    assert found.opening == Money(0)
    assert found.closing == Money(-8760)
    assert found.totals == (
        KindTotal(EntryKind.CHARGE, Money(81240), 1),
        KindTotal(EntryKind.PAYMENT, Money(-90000), 2),
    )


def test_rows_of_one_moment_stand_as_they_were_written(tell, account):
    for roubles in (3, 1, 2):
        pay(account, roubles, at(2026, 11, 3))
    assert amounts(tell()) == [-300, -100, -200]


def test_what_was_before_the_period_is_its_opening(tell, account):
    post(account, Money(1000), kind=EntryKind.CHARGE, at=at(2026, 9, 20))
    pay(account, 3, at(2026, 10, 15))
    pay(account, 1, at(2026, 11, 15))
    found = tell(OCTOBER)
    assert (found.opening, amounts(found)) == (Money(1000), [-300])
    assert found.closing == Money(700)


def test_days_are_those_of_the_branch(alice, now):
    far = make_account("460000000007", make_branch("far", time_zone="Asia/Kamchatka"))
    give_access(alice, far)
    # The last second of October and the first of November, at UTC+12.
    pay(far, 1, at(2026, 10, 31, 11, 59, 59))
    pay(far, 2, at(2026, 10, 31, 12))
    found = statement(alice.id, far.id, OCTOBER, now=now)
    assert [(row.day, row.amount.kopecks) for row in found.rows] == [
        (date(2026, 10, 31), -100)
    ]


@pytest.mark.parametrize(
    ("day", "closing"),
    [(date(1, 1, 1), 0), (date(9999, 12, 31), 1000)],
)
def test_days_at_the_ends_of_the_calendar_do_no_harm(tell, account, day, closing):
    post(account, Money(1000), kind=EntryKind.CHARGE, at=at(2026, 9, 20))
    found = tell(Days(day, day))
    assert (found.rows, found.closing) == ((), Money(closing))
    assert tell(Days(date.min, date.max)).closing == Money(1000)


def test_presets_end_with_today_or_with_what_is_dated_later(tell, account):
    pay(account, 1, at(2025, 11, 30, 9))
    quarter = tell(Recent.QUARTER)
    assert (quarter.starts, quarter.ends) == (date(2026, 9, 1), date(2026, 11, 22))
    assert tell(Recent.ALL).starts == date(2025, 11, 30)
    assert amounts(tell(Recent.YEAR)) == []
    post(account, Money(5), kind=EntryKind.CHARGE, at=at(2026, 11, 30, 20, 59, 59))
    assert tell(Recent.QUARTER).ends == date(2026, 11, 30)
    assert amounts(tell(Recent.QUARTER)) == [5]


def test_an_account_without_entries_owes_nothing(tell):
    found = tell()
    assert (found.count, found.closing, found.first_day) == (0, Money(0), None)


ENTRY = st.tuples(
    st.sampled_from(list(EntryKind)),
    st.integers(-(10**9), 10**9),
    st.integers(0, 60 * 24 * 120),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    entries=st.lists(ENTRY, max_size=8),
    days=st.tuples(st.integers(-5, 125), st.integers(0, 130)),
    page=st.integers(1, 4),
    since=st.none() | st.integers(-5, 125),
)
def test_the_opening_and_the_rows_are_the_closing(db, entries, days, page, since):
    start = date(2026, 7, 1)
    branch = make_branch("tomsk", time_zone="Asia/Tomsk")
    number = str(next(NUMBERS))
    account, user = make_account(number, branch), make_customer()
    begins = None if since is None else start + timedelta(since)
    give_access(user, account, since=begins)
    for kind, kopecks, minutes in entries:
        moment = at(2026, 7, 1) + timedelta(minutes=minutes)
        post(account, Money(kopecks), kind=kind, at=moment)
    first = start + timedelta(days[0])
    period = Days(first, first + timedelta(days[1]))
    now = at(2026, 11, 22, 9)
    found = statement(user.id, account.id, period, is_whole=True, now=now)
    assert (
        found.opening + Money.total(row.amount for row in found.rows) == found.closing
    )
    assert Money.total(total.amount for total in found.totals) == (
        found.closing - found.opening
    )
    balance = found.opening
    for row in found.rows:
        balance += row.amount
        assert row.balance == balance
        assert period.first <= row.day <= period.last
    # What is written down beside the account is what is shown, told by plain Python.
    zone = timedelta(hours=7)
    expected = [
        (kopecks, (at(2026, 7, 1) + timedelta(minutes=minutes) + zone).date())
        for _, kopecks, minutes in sorted(entries, key=lambda one: one[2])
    ]
    seen = [(k, day) for k, day in expected if begins is None or day >= begins]
    assert amounts(found) == [
        k for k, day in seen if period.first <= day <= period.last
    ]
    assert found.opening.kopecks == sum(k for k, day in seen if day < period.first)
    # Pages join into the whole.
    piece, report.PIECE = report.PIECE, 2
    try:
        paged = statement(user.id, account.id, period, page=page, now=now)
    finally:
        report.PIECE = piece
    last = max(-(-len(found.rows) // 2), 1)
    ends = len(found.rows) - (min(page, last) - 1) * 2
    assert paged.rows == found.rows[max(ends - 2, 0) : ends]
    assert paged.older == max(ends - 2, 0)
    if paged.rows:
        assert paged.page_opening + paged.rows[0].amount == paged.rows[0].balance
        assert paged.page_closing == paged.rows[-1].balance


NUMBERS = itertools.count(470000000000)


# Documents


def test_a_charge_leads_to_the_receipt_of_its_month(tell, account):
    make_bill(account, "2026-10", published_at=at(2026, 11, 1))
    pay(account, 1, at(2026, 11, 5), month=Month(2026, 10))
    charge, payment = tell().rows
    assert charge.receipt == Month(2026, 10)
    assert (payment.month, payment.receipt) == (Month(2026, 10), None)


def test_a_receipt_that_is_not_out_is_no_link(tell, account):
    make_bill(account, "2026-10", published_at=at(2026, 12, 1))
    assert [row.receipt for row in tell().rows] == [None]


# Who may see it


def test_what_was_before_the_access_is_neither_shown_nor_counted(tell, account, alice):
    post(account, Money(70000), kind=EntryKind.CHARGE, at=at(2026, 9, 30, 20, 59, 59))
    # Midnight of the 1st in Moscow.
    pay(account, 7, at(2026, 9, 30, 21))
    AccountAccess.update(since=date(2026, 10, 1)).execute()
    for period in (Recent.ALL, OCTOBER, Days(date(2026, 1, 1), date(2026, 12, 31))):
        found = tell(period)
        assert (found.opening, amounts(found)) == (Money(0), [-700])
        assert found.closing == Money(-700)
    assert tell().first_day == date(2026, 10, 1)


def test_the_receipt_of_a_month_before_the_access_is_no_link(tell, account):
    make_bill(account, "2026-09", published_at=at(2026, 10, 1))
    AccountAccess.update(since=date(2026, 10, 1)).execute()
    (row,) = tell().rows
    assert row.receipt is None


def test_who_may_only_send_readings_and_strangers_see_nothing(
    bob, charlie, account, now
):
    for user in (bob, charlie):
        with pytest.raises(AccountNotFoundError):
            statement(user.id, account.id, Recent.ALL, now=now)
        with pytest.raises(AccountNotFoundError):
            statement_paper(user.id, account.id, Recent.ALL, now=now)


# The document


def test_a_document_has_all_rows_and_both_turnovers(alice, account, now, monkeypatch):
    monkeypatch.setattr(report, "PIECE", 2)
    for day in range(1, 6):
        pay(account, day, at(2026, 11, day))
    post(account, Money(250), kind=EntryKind.RECALCULATION, at=at(2026, 11, 6))
    post(account, Money(-50), kind=EntryKind.RECALCULATION, at=at(2026, 11, 7))
    found = statement_paper(alice.id, account.id, Recent.ALL, now=now)
    assert len(found.statement.rows) == 7
    assert (found.debit, found.credit) == (Money(250), Money(1550))
    assert found.statement.closing == found.debit - found.credit
    assert found.company == "АО «Энергосбыт»"
    assert found.made_on == date(2026, 11, 22)


def test_a_document_has_an_end(alice, account, now, monkeypatch):
    monkeypatch.setattr(paper, "MOST", 2)
    for day in range(1, 4):
        pay(account, day, at(2026, 11, day))
    with pytest.raises(TooLong) as told:
        statement_paper(alice.id, account.id, Recent.ALL, now=now)
    assert told.value.count == 3
