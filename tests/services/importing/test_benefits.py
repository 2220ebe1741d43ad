"""Benefits of accounts: brought in, brought up to date, refused with a reason."""

import io
from datetime import date

import pytest

from cabinet.domain.people import AccountKind
from cabinet.domain.period import Month
from cabinet.models import Benefit, Bill, Branch, ImportRow, OtherRule
from cabinet.services.importing import import_file
from cabinet.services.importing.report import Outcome
from tests import billing, factories
from tests.conftest import NOW

HEADER = "ЛС;Льгота;Процент;Человек;Действует с;Действует по;Документ"
ROW = "460000000001;Ветеран труда;50;1;01.01.2026;31.12.2026;удостоверение 17"


def bring(*rows, header=HEADER):
    data = "\r\n".join([header, *rows]).encode("cp1251")
    return import_file("льготы.csv", io.BytesIO(data), now=NOW)


def stored():
    return [
        (row.title, row.percent, row.people, row.starts, row.ends, row.document)
        for row in Benefit.select().order_by(Benefit.id)
    ]


@pytest.fixture
def account(db):
    return factories.make_account()


def test_a_benefit_comes_in_and_a_second_time_changes_nothing(account):
    assert bring(ROW).counts[Outcome.NEW] == 1
    expected = [
        (
            "Ветеран труда",
            50_00,
            1,
            date(2026, 1, 1),
            date(2027, 1, 1),
            "удостоверение 17",
        )
    ]
    assert stored() == expected
    assert bring(ROW).seen_at is not None
    assert bring(ROW, "").counts[Outcome.SAME] == 1
    assert stored() == expected


def test_a_correction_changes_it_and_another_day_is_another_benefit(account):
    bring(ROW)
    report = bring(
        "460000000001;Ветеран труда;12,5%;2;01.01.2026;;",
        "460000000001;Ветеран труда;50;1;01.01.2027;;",
    )
    assert (report.counts[Outcome.CHANGED], report.counts[Outcome.NEW]) == (1, 1)
    assert [row[1:5] for row in stored()] == [
        (12_50, 2, date(2026, 1, 1), None),
        (50_00, 1, date(2027, 1, 1), None),
    ]


def test_a_benefit_of_an_unknown_account_waits_for_it(account):
    report = bring("460000000099" + ROW[12:])
    assert report.counts[Outcome.QUARANTINED] == 1
    assert ImportRow.get().state == "quarantined"


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("460000000099" + ROW[12:], "ЛС", "лицевой счёт не найден"),
        ("460000000002" + ROW[12:], "ЛС", "это организация"),
        (ROW.replace(";50;", ";0;"), "Процент", "не от 0 до 100 процентов"),
        (ROW.replace(";50;", ";100,01;"), "Процент", "не от 0 до 100 процентов"),
        (ROW.replace(";50;", ";половина;"), "Процент", ""),
        (ROW.replace(";1;", ";0;"), "Человек", ""),
        (
            ROW.replace("31.12.2026", "31.12.2025"),
            "Действует по",
            "кончается раньше, чем начинается",
        ),
        (ROW.replace("Ветеран труда", "=1+1"), "Льгота", ""),
    ],
)
def test_a_faulty_row_is_told_and_harms_no_other(account, row, column, reason):
    factories.make_account("460000000002", kind=AccountKind.ORGANISATION)
    good = "460000000001;Инвалид;50;1;01.01.2026;;"
    report = bring(row, good)
    assert (report.bad, report.counts[Outcome.NEW]) == (1, 1)
    kept = ImportRow.get()
    assert (kept.line, kept.column) == (2, column)
    assert reason in kept.reason
    assert [each[0] for each in stored()] == ["Инвалид"]


def test_the_same_benefit_twice_in_a_file_is_one(account):
    report = bring(ROW, ROW, ROW.replace(";50;", ";30;"))
    assert report.counts[Outcome.NEW] == 1
    assert report.counts[Outcome.REPEATED] == 1
    assert report.counts[Outcome.FAULTY] == 1
    assert [row[1] for row in stored()] == [50_00]


def test_what_came_in_is_in_the_next_bill(prices):
    kursk = Branch.get(Branch.code == "kursk")
    Branch.update(own_billing=True).execute()
    OtherRule.create(
        rule="social_norm", key="household", value="50", starts=date(2026, 1, 1)
    )
    account = factories.make_account(branch=kursk)
    meter = factories.make_meter(account, opening_on=date(2026, 9, 30))
    factories.make_reading(meter, "2026-10", (4100,), state="submitted")
    bring(ROW)
    billing.bill(kursk, Month(2026, 10))
    # Half of 6,52 for the 50 kWh of the norm.
    assert Bill.get().benefit.kopecks == 163_00
