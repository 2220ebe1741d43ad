"""Charges that come month by month say the same as those that come at once."""

import csv
import io

import pytest

from cabinet.domain.period import Month
from cabinet.models import Account, Bill, ImportBatch, Meter
from cabinet.services.importing import Outcome, import_file
from cabinet.services.importing.explain import Explainer
from cabinet.services.importing.lately import Asked
from tests import factories, loading
from tests.bringing import DATA, NOW

HEADER = "ЛС;Период;кВт*ч;Основание;Начислено;Пени;Перерасчёт"


def bring(name, body):
    return import_file(name, io.BytesIO(body), now=NOW)


def charges():
    """Return the good charges of the sample registry by their months."""
    found = {}
    with (DATA / "registry" / "charges.csv").open(
        encoding="cp1251", newline=""
    ) as file:
        header, *rows = csv.reader(file, delimiter=";")
        for row in rows[:4000]:
            found.setdefault(row[1], []).append(row)
    return header, found


def told():
    """Return what every bill says of itself."""
    query = Bill.select(Account.number, Bill.month, Bill.lines, Bill.basis)
    rows = query.join(Account, on=Bill.account).tuples()
    return {(number, month): (lines, basis) for number, month, lines, basis in rows}


@pytest.mark.timeout(600)
def test_bills_of_each_month_alone_are_those_of_all_at_once(dated):
    for kind in ("accounts", "meters", "readings"):
        bring(f"{kind}.csv", (DATA / "registry" / f"{kind}.csv").read_bytes())
    header, months = charges()
    whole = [header, *(row for rows in months.values() for row in rows)]
    text = "\n".join(map(";".join, whole))
    unexplained = bring("все.csv", text.encode("cp1251")).unexplained
    at_once = told()
    loading.take_back("все.csv")
    assert told() == {}
    alone = 0
    for month, rows in months.items():
        body = "\n".join(map(";".join, [header, *rows])).encode("cp1251")
        report = bring(month, body)
        assert report.counts[Outcome.NEW] == len(rows)
        alone += report.unexplained
    assert (alone, told()) == (unexplained, at_once)


@pytest.fixture
def meter(dated):
    account = factories.make_account(branch=factories.make_branch())
    return factories.make_meter(account, opening=100)


def asked(meter, month, *, is_read=True):
    """Return what is read of an account that one month is asked of."""
    month = Month.parse(month)
    wanted = {meter.account_id: Asked(month, month, is_read)}
    explainer = Explainer.load([meter.account_id], asked=wanted)
    charge = explainer.charge(meter.account_id, month)
    rows = explainer.lately.readings[meter.account_id]
    return {str(one.row().period) for one in rows}, charge.volume.total


def test_a_month_after_a_month_that_was_read_needs_no_older_one(meter):
    for number in range(1, 9):
        factories.make_reading(meter, f"2026-0{number}", (100 + 10 * number,))
    read, total = asked(meter, "2026-06")
    assert read == {"2026-05", "2026-06"}
    assert total.wh == 10_000


@pytest.mark.parametrize("change", ["estimate", "gap", "two", "by average"])
def test_everything_else_is_read_whole(meter, change):
    for number in (1, 2, 3, 4, 6):
        factories.make_reading(meter, f"2026-0{number}", (100 + 10 * number,))
    if change != "gap":
        factories.make_reading(
            meter,
            "2026-05",
            (150,),
            source="estimate" if change == "estimate" else "phone",
        )
    if change == "two":
        other = factories.make_meter(
            Account.get_by_id(meter.account_id), serial="2", opening=0
        )
        factories.make_reading(other, "2026-05", (1,))
        assert Meter.select().count() == 2
    read, _ = asked(meter, "2026-06", is_read=change != "by average")
    assert {"2026-01", "2026-06"} < read
    assert ImportBatch.select().where(ImportBatch.kind == "charges").count() == 0
