"""No bill depends on another account, nor on the order in which things were written down."""

import json
from datetime import date
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cabinet.domain.period import Month, months
from cabinet.models import Bill, Branch
from cabinet.models.base import database, reading
from cabinet.services.billing import runs
from cabinet.services.billing.compute import Made, compute, draft_row
from cabinet.services.billing.inputs import next_accounts
from cabinet.services.billing.plain import Plain
from tests import billing, factories
from tests.services.billing.test_month import post
from tests.sharing import database_from, opened, template_of

JUNE, AUGUST = Month(2026, 6), Month(2026, 8)
FIRST, LAST = Month(2026, 1), Month(2026, 4)
ALL = 100_000


@pytest.fixture(scope="module")
def billed_to_spring(readings_database, tmp_path_factory):
    """The registry of Kursk billed for some months, so that its accounts differ."""
    folder = tmp_path_factory.mktemp("apart")
    with database_from(template_of(readings_database), folder) as url:
        with opened(url):
            for month in months(FIRST, LAST):
                billing.bill(Branch.get(Branch.code == "kursk"), month)
        yield url


def _written(result):
    """Return what would be written of an account, as text."""
    if isinstance(result, Plain):
        return json.dumps(result.draft_row(1, 2200), default=repr)
    if isinstance(result, Made):
        return json.dumps(draft_row(1, result, 2200), default=repr)
    return repr(result)


@pytest.fixture(scope="module")
def never_billed(readings_database, tmp_path_factory):
    """The same with readings alone: its first bill rests on all there was before."""
    folder = tmp_path_factory.mktemp("first")
    with database_from(template_of(readings_database), folder) as url:
        yield url


@pytest.mark.parametrize("town", ["billed_to_spring", "never_billed"])
def test_random_neighbours_of_a_chunk_change_nothing(request, town):
    """Whoever stands in one chunk with an account, its bill is to the byte the same."""
    with opened(request.getfixturevalue(town)), reading():
        frame = runs.frame_of(Branch.get(Branch.code == "kursk"), LAST.next)
        accounts = next_accounts(frame.place, 0, ALL, ALL)
        together = compute(frame.place, frame.rules, accounts)
        whole = dict(
            zip(
                [row.account_id for row in accounts],
                map(_written, together),
                strict=True,
            )
        )
        assert len(whole) > 10

        @settings(max_examples=60, deadline=None)
        @given(st.sets(st.sampled_from(accounts), min_size=1))
        def any_chunk(chosen):
            rows = sorted(chosen)
            for row, result in zip(
                rows, compute(frame.place, frame.rules, rows), strict=True
            ):
                assert _written(result) == whole[row.account_id]

        any_chunk()


def test_the_order_money_was_posted_in_does_not_matter(kursk):
    """Six accounts, the same payments, posted in every order there is."""
    paid = [
        (date(2026, 7, 12), 300_00, None),
        (date(2026, 8, 20), 100_00, JUNE),
        (date(2026, 8, 20), 150_00, None),
    ]
    accounts = []
    for number, order in enumerate(permutations(paid)):
        account = factories.make_account(f"46000000000{number}", kursk)
        meter = factories.make_meter(
            account, serial=f"7{number}", opening=1000, opening_on=date(2026, 5, 31)
        )
        for month, kwh in zip(months(JUNE, AUGUST), (1100, 1200, 1300), strict=True):
            factories.make_reading(meter, str(month), (kwh,), state="submitted")
        for day, kopecks, month in order:
            post(account, day, kopecks, month=month)
        accounts.append(account)
    for month in months(JUNE, AUGUST):
        billing.bill(kursk, month)
    bills = [[_figures(bill) for bill in _bills_of(account)] for account in accounts]
    assert bills == [bills[0]] * len(bills)
    assert bills[0][-1]["penalty"].kopecks > 0


def test_the_order_readings_were_written_down_in_does_not_matter(kursk):
    """Six accounts, the same readings, none of July, written down in every order."""
    shown = [("2026-06", 1100), ("2026-08", 1450), ("2026-09", 1500)]
    accounts = []
    for number, order in enumerate(permutations(shown)):
        account = factories.make_account(f"46000000000{number}", kursk)
        meter = factories.make_meter(
            account, serial=f"7{number}", opening=1000, opening_on=date(2026, 5, 31)
        )
        for month, kwh in order:
            factories.make_reading(meter, month, (kwh,), state="submitted")
        accounts.append(account)
    for month in months(JUNE, AUGUST.next):
        billing.bill(kursk, month)
    bills = [
        [
            (_figures(bill), bill.lines["lines"], bill.lines["recalculation"])
            for bill in _bills_of(account)
        ]
        for account in accounts
    ]
    assert bills == [bills[0]] * len(bills)
    assert sum(settled is not None for _, _, settled in bills[0]) == 1


def _bills_of(account):
    return Bill.select().where(Bill.account == account).order_by(Bill.month)


def _figures(bill):
    names = ("month", "charged", "penalty", "opening", "paid", "closing")
    figures = {name: getattr(bill, name) for name in names}
    return figures | {
        "debts": [debt[:5] for debt in bill.standing["debts"]],
        # Days of parts paid on one day are told in the order these came.
        "penalties": [
            one | {"days": sorted(one["days"])}
            for one in bill.lines.get("penalties", ())
        ],
    }


def test_a_first_month_asks_no_more_of_many_accounts_than_of_one(never_billed):
    """In the month an office changes over there are first bills alone."""
    asked = []
    with opened(never_billed), reading():
        frame = runs.frame_of(Branch.get(Branch.code == "kursk"), LAST.next)
        accounts = next_accounts(frame.place, 0, ALL, ALL)
        for rows in (accounts[:1], accounts[:20], accounts):
            statements = []
            database.obj.query_hooks.append(statements.append)
            try:
                assert all(compute(frame.place, frame.rules, rows))
            finally:
                database.obj.query_hooks.remove(statements.append)
            asked.append(len(statements))
    assert len(accounts) > 50
    assert 5 < asked[0] == asked[1] == asked[2]
