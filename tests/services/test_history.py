from datetime import UTC, date, datetime

import pytest

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.forecast import Footing
from cabinet.domain.metering import ReadingSource, ReadingState
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.tariff import Zone
from cabinet.models import AccountAccess
from cabinet.models.base import database
from cabinet.services.access import AccountNotFoundError
from cabinet.services.history import Charged, Comparison, Days, Recent, history
from tests.factories import (
    give_access,
    make_account,
    make_bill,
    make_meter,
    make_ranges,
    make_rates,
    make_reading,
)

kwh = Energy.from_kwh


@pytest.fixture
def tell(alice, account, now):
    """Alice's report of the account."""

    def tell(period=Recent.ALL, **more):
        return history(alice.id, account.id, period, **{"now": now, **more})

    return tell


def months_of(report, at=0):
    return [str(row.month) for row in report.meters[at].rows]


def used_of(report, at=0):
    return {str(row.month): row.used for row in report.meters[at].rows}


def row_of(report, month, at=0):
    found = [row for row in report.meters[at].rows if str(row.month) == month]
    assert len(found) == 1
    return found[0]


def make_months(meter, first, values, **fields):
    """Readings of months in a row."""
    month = Month.parse(first)
    for step, value in enumerate(values):
        make_reading(meter, str(month.plus(step)), (value,), **fields)


# Months


def test_the_newest_month_comes_first_and_the_months_add_up(tell, meter):
    make_months(meter, "2026-08", [4100, 4250, 4450])
    report = tell()
    assert months_of(report) == ["2026-10", "2026-09", "2026-08"]
    assert used_of(report)["2026-10"] == kwh(200)
    assert report.totals.used == kwh(450)


def test_a_year_ends_with_the_newest_month_that_is_known(tell, meter):
    make_months(meter, "2026-01", range(4100, 5000, 100))
    make_reading(meter, "2026-10", (5000,))
    report = tell(Recent.YEAR)
    assert (report.starts, report.ends) == (date(2025, 11, 1), date(2026, 10, 31))
    assert report.totals.months == 10
    make_reading(meter, "2026-11", (5100,), state=ReadingState.SUBMITTED)
    report = tell(Recent.YEAR)
    assert (report.starts, report.ends) == (date(2025, 12, 1), date(2026, 11, 30))
    assert report.totals.months == 11


@pytest.mark.parametrize(
    ("period", "shown"),
    [
        (Recent.QUARTER, ["2026-10", "2026-09", "2026-08"]),
        (Days(date(2026, 5, 31), date(2026, 6, 1)), ["2026-06", "2026-05"]),
        (Days(date(2026, 5, 1), date(2026, 5, 31)), ["2026-05"]),
        (Days(date(1, 1, 1), date(2026, 1, 1)), ["2026-01"]),
        (Days(date(2026, 10, 31), date(9999, 12, 31)), ["2026-10"]),
    ],
)
def test_a_month_is_shown_whole_when_the_period_touches_it(tell, meter, period, shown):
    make_months(meter, "2026-01", range(4100, 5100, 100))
    assert months_of(tell(period)) == shown


@pytest.mark.parametrize(
    "period",
    [
        Days(date(2024, 1, 1), date(2025, 12, 31)),
        Days(date(2026, 11, 1), date(2026, 11, 22)),
        Days(date(9999, 1, 1), date(9999, 12, 31)),
        Days(date(1, 1, 1), date(1, 1, 1)),
    ],
)
def test_a_period_without_readings_tells_when_they_began(tell, meter, period):
    make_months(meter, "2026-03", [4300, 4400, 4500, 4600, 4700, 4800, 4900, 5000])
    report = tell(period)
    assert (report.totals, report.meters) == (None, ())
    assert report.first_reading == Month(2026, 3)
    assert (report.starts, report.ends) == (period.first, period.last)


def test_an_account_may_have_no_readings_or_no_meter(tell, account):
    assert tell().has_meter is False
    make_meter(account)
    report = tell(Recent.YEAR)
    assert (report.has_meter, report.first_reading, report.totals) == (True, None, None)


def test_a_reading_of_the_last_days_stands_in_the_next_month(tell, meter, now):
    make_reading(meter, "2026-12", (4200,), taken_on=date(2026, 11, 27))
    assert months_of(tell(now=now.replace(day=28))) == ["2026-12"]


def test_long_periods_come_in_pieces_of_a_year(tell, meter):
    make_months(meter, "2024-06", range(4100, 7000, 100))
    report = tell(till=None)
    assert report.totals.months == 29
    assert len(report.meters[0].rows) == 12
    assert report.earlier == (Month(2024, 11), Month(2025, 10))
    second = tell(till=Month(2025, 10))
    assert months_of(second)[0] == "2025-10"
    assert second.totals == report.totals
    assert second.earlier == (Month(2024, 6), Month(2024, 10))
    third = tell(till=Month(2024, 10))
    assert (len(third.meters[0].rows), third.earlier) == (5, None)
    assert len(tell(is_whole=True).meters[0].rows) == 29
    assert months_of(tell(till=Month(1999, 1))) == ["2024-06"]


# Differences


@pytest.mark.parametrize(("flag", "ratio"), [(True, 1), (False, 1), (False, 20)])
def test_a_register_goes_through_zero(tell, account, flag, ratio):
    meter = make_meter(account, opening=99_986, ratio=ratio)
    make_reading(meter, "2026-01", (11,), rolled_over=flag)
    row = row_of(tell(), "2026-01")
    assert (row.used, row.rolled_over) == (kwh(25 * ratio), True)


def test_a_register_that_fell_by_mistake_is_no_consumption(tell, meter):
    make_months(meter, "2026-08", [4634, 4512, 4700])
    report = tell()
    assert row_of(report, "2026-09").used is None
    assert row_of(report, "2026-10").used == kwh(188)
    assert report.totals.used == kwh(634 + 188)


def test_a_large_roll_over_is_believed_when_it_was_told(tell, meter):
    make_reading(meter, "2026-01", (3000,), rolled_over=True)
    assert row_of(tell(), "2026-01").used == kwh(99_000)


def test_zones_are_told_apart(tell, account):
    meter = make_meter(account, zones=3, opening=(100, 200, 300))
    make_reading(meter, "2026-10", (110, 230, 360))
    row = row_of(tell(), "2026-10")
    assert [(zone.zone, zone.number, zone.used) for zone in row.zones] == [
        (Zone.PEAK, 1, kwh(10)),
        (Zone.NIGHT, 2, kwh(30)),
        (Zone.HALF_PEAK, 3, kwh(60)),
    ]
    assert row.used == kwh(100)


def test_registers_that_are_not_all_known_are_no_figures(tell, account):
    meter = make_meter(account, zones=2, opening=(100, 200), opening_t2=None)
    make_reading(meter, "2026-08", (110, 230))
    make_reading(meter, "2026-09", (120,))
    make_reading(meter, "2026-10", (140, 260))
    report = tell()
    assert used_of(report) == {"2026-08": None, "2026-09": None, "2026-10": kwh(60)}
    assert row_of(report, "2026-09").zones == ()
    assert row_of(report, "2026-09").settled_in == Month(2026, 10)


def test_parts_of_a_kilowatt_hour_are_kept(tell, meter):
    make_reading(meter, "2026-01", ("4000.5",))
    assert tell().totals.used == Energy(500)


# Replaced meters


@pytest.fixture
def replaced(account):
    """Two meters; the first was taken away on 14 July 2026 at 4 760."""
    old = make_meter(
        account,
        serial="OLD",
        opening=3000,
        opening_on=date(2025, 6, 30),
        removed_on=date(2026, 7, 14),
        closing_t1=kwh(4760),
    )
    new = make_meter(
        account,
        serial="NEW",
        opening=0,
        installed_on=date(2026, 7, 14),
        opening_on=date(2026, 7, 14),
    )
    make_months(old, "2025-07", [3100 + 150 * step for step in range(12)])
    return old, new


def test_a_replaced_meter_ends_with_its_last_register(tell, replaced):
    make_months(replaced[1], "2026-07", [60, 200])
    report = tell()
    new, old = report.meters
    assert (new.serial, old.serial) == ("NEW", "OLD")
    assert old.removed_on == date(2026, 7, 14)
    closing, last = old.rows[:2]
    assert (closing.month, closing.is_closing) == (Month(2026, 7), True)
    assert (closing.used, closing.before) == (kwh(10), None)
    assert closing.taken_on == date(2026, 7, 14)
    assert last.month == Month(2026, 6)
    first = row_of(report, "2026-07")
    assert (first.used, first.together, first.before) == (kwh(60), kwh(70), kwh(100))
    assert row_of(report, "2026-08").before == kwh(150)
    assert report.totals.used == kwh(1750 + 10 + 200)


def test_a_new_meter_read_late_is_compared_together_with_the_old_one(tell, replaced):
    make_reading(replaced[1], "2026-08", (300,))
    report = tell(Days(date(2026, 6, 1), date(2026, 8, 31)))
    assert months_of(report) == ["2026-08", "2026-07"]
    row = row_of(report, "2026-08")
    assert (row.used_since, row.used) == (Month(2026, 7), kwh(300))
    assert (row.together, row.before) == (kwh(310), kwh(100 + 150))
    assert row_of(report, "2026-07").settled_in == Month(2026, 8)
    assert report.totals.comparison == Comparison(2, kwh(310), kwh(250))


def test_a_meter_taken_away_without_its_last_register_just_ends(tell, account):
    meter = make_meter(account, removed_on=date(2026, 9, 14))
    make_months(meter, "2026-07", [4100, 4200])
    make_bill(account, "2026-10", basis=ChargeBasis.NORM)
    assert months_of(tell()) == ["2026-09", "2026-08", "2026-07"]
    assert row_of(tell(), "2026-09").zones == ()


def test_a_meter_of_other_zones_is_compared_by_the_whole(tell, account):
    old = make_meter(
        account,
        serial="OLD",
        opening_on=date(2024, 12, 31),
        removed_on=date(2025, 12, 31),
        closing_t1=kwh(4500),
    )
    make_months(old, "2025-01", [4100, 4300])
    new = make_meter(account, serial="NEW", zones=2, opening=0)
    make_reading(new, "2026-01", (70, 20))
    row = row_of(tell(), "2026-01")
    assert [zone.before for zone in row.zones] == [None, None]
    # January also holds what the old meter counted until it was taken away.
    assert row.used == kwh(90)


# Months without readings


def test_a_month_without_a_reading_tells_what_was_charged(tell, account, meter):
    make_months(meter, "2026-06", [4100, 4200])
    make_bill(account, "2026-08", basis=ChargeBasis.AVERAGE, volume=kwh(95))
    make_bill(account, "2026-09", basis=ChargeBasis.NORM, volume=kwh(150))
    report = tell(Recent.ALL)
    row = row_of(report, "2026-08")
    assert (row.zones, row.state, row.used) == ((), None, None)
    assert row.charged == Charged(ChargeBasis.AVERAGE, kwh(95))
    assert row_of(report, "2026-09").charged == Charged(ChargeBasis.NORM, kwh(150))
    assert row_of(report, "2026-10").charged is None
    assert (report.totals.used, report.totals.silent) == (kwh(200), kwh(245))
    assert report.totals.silent_months == 2


def test_a_later_reading_settles_the_months_before_it(tell, account, meter):
    make_months(meter, "2026-06", [4100, 4200])
    make_bill(account, "2026-08", basis=ChargeBasis.AVERAGE, volume=kwh(95))
    make_reading(meter, "2026-10", (4500,))
    report = tell()
    assert row_of(report, "2026-08").settled_in == Month(2026, 10)
    row = row_of(report, "2026-10")
    assert (row.used, row.used_since) == (kwh(300), Month(2026, 8))
    assert (report.totals.used, report.totals.silent_months) == (kwh(500), 0)
    # Cut off before the reading, the charge is all that is known.
    report = tell(Days(date(2026, 6, 1), date(2026, 9, 30)))
    assert (report.totals.used, report.totals.silent) == (kwh(200), kwh(95))


def test_an_estimate_is_shown_but_never_counted(tell, account, meter):
    make_reading(meter, "2026-08", (4100,))
    make_reading(meter, "2026-09", (4195,), source=ReadingSource.ESTIMATE)
    make_bill(account, "2026-09", basis=ChargeBasis.AVERAGE, volume=kwh(95))
    row = row_of(tell(), "2026-09")
    assert (row.source, row.used) == (ReadingSource.ESTIMATE, None)
    assert row.zones[0].register == kwh(4195)
    assert row.charged == Charged(ChargeBasis.AVERAGE, kwh(95))
    make_reading(meter, "2026-10", (4300,))
    assert row_of(tell(), "2026-10").used == kwh(200)


def test_an_estimate_gives_way_to_what_the_meter_showed(tell, meter):
    make_reading(meter, "2026-10", (4100,))
    make_reading(meter, "2026-10", (4195,), day=23, source=ReadingSource.ESTIMATE)
    assert row_of(tell(), "2026-10").zones[0].register == kwh(4100)


def test_a_bill_to_come_is_not_told(tell, account, meter, now):
    make_reading(meter, "2026-08", (4100,))
    make_bill(
        account, "2026-09", basis=ChargeBasis.NORM, published_at=now.replace(day=23)
    )
    report = tell()
    assert row_of(report, "2026-09").charged is None
    assert report.totals.bills == 0


def test_receipts_of_the_months_are_added_up(tell, account, meter):
    make_months(meter, "2026-08", [4100, 4200, 4300])
    make_bill(account, "2026-08", charged="500,00")
    make_bill(account, "2026-09", charged="600,00", recalculated=Money(-10_000))
    make_bill(
        account, "2026-10", charged="700,00", penalty=Money(5), benefit=Money(100)
    )
    totals = tell(Days(date(2026, 9, 1), date(2026, 10, 31))).totals
    assert (totals.bills, totals.billed) == (2, Money.parse("1 199,05"))


# States


def test_replaced_versions_are_not_shown(tell, meter):
    for state in (ReadingState.SUPERSEDED, ReadingState.WITHDRAWN):
        make_reading(meter, "2026-10", (4900,), state=state)
    make_reading(meter, "2026-10", (4100,), state=ReadingState.SUBMITTED)
    row = row_of(tell(), "2026-10")
    assert (row.state, row.used) == (ReadingState.SUBMITTED, kwh(100))


def test_a_reading_on_review_is_shown_and_not_counted(tell, account, meter):
    make_reading(meter, "2026-08", (4100,))
    make_reading(meter, "2026-09", (9900,), state=ReadingState.NEEDS_REVIEW)
    make_reading(meter, "2026-10", (4300,))
    make_bill(account, "2026-09", basis=ChargeBasis.AVERAGE, volume=kwh(95))
    report = tell()
    row = row_of(report, "2026-09")
    assert (row.state, row.used) == (ReadingState.NEEDS_REVIEW, None)
    assert row.zones[0].register == kwh(9900)
    assert row.charged.energy == kwh(95)
    assert (report.totals.waiting, report.totals.used) == (1, kwh(300))


def test_a_returned_reading_is_shown_until_another_stands(tell, meter):
    refused = {"state": ReadingState.REJECTED}
    make_reading(meter, "2026-10", (9000,), reason="первая", **refused)
    make_reading(meter, "2026-10", (9100,), reason="не та цифра", **refused)
    row = row_of(tell(), "2026-10")
    assert (row.state, row.reason) == (ReadingState.REJECTED, "не та цифра")
    assert (row.used, row.zones[0].register) == (None, kwh(9100))
    make_reading(meter, "2026-10", (4100,), state=ReadingState.SUBMITTED)
    assert row_of(tell(), "2026-10").used == kwh(100)


# The year before


@pytest.fixture
def two_years(account):
    meter = make_meter(account, opening=1000, opening_on=date(2024, 12, 31))
    make_months(meter, "2025-01", [1000 + 100 * step for step in range(1, 13)])
    return meter


def test_the_same_month_of_the_year_before_stands_beside(tell, two_years):
    make_months(two_years, "2026-01", [2290, 2380])
    report = tell(is_whole=True)
    assert row_of(report, "2026-01").before == kwh(100)
    assert row_of(report, "2026-01").zones[0].before == kwh(100)
    assert row_of(report, "2025-01").before is None
    assert report.totals.comparison == Comparison(2, kwh(180), kwh(200))


def test_silent_months_are_compared_only_as_a_whole(tell, two_years):
    make_months(two_years, "2026-01", [2290])
    make_reading(two_years, "2026-04", (2560,))
    report = tell()
    row = row_of(report, "2026-04")
    assert (row.used, row.before) == (kwh(270), kwh(300))
    assert row_of(report, "2026-03").before is None
    assert report.totals.comparison == Comparison(4, kwh(360), kwh(400))


def test_silent_months_of_the_year_before_compare_with_nothing(tell, account):
    meter = make_meter(account, opening=1000, opening_on=date(2024, 12, 31))
    make_reading(meter, "2025-03", (1300,))
    make_months(meter, "2025-04", [1300 + 100 * step for step in range(1, 11)])
    make_months(meter, "2026-02", [2400, 2500, 2590])
    report = tell()
    assert row_of(report, "2026-03").before is None
    assert row_of(report, "2026-04").before == kwh(100)
    assert report.totals.comparison == Comparison(1, kwh(90), kwh(100))


def test_a_month_that_waits_still_shows_the_year_before(tell, two_years):
    make_reading(two_years, "2026-01", (9000,), state=ReadingState.NEEDS_REVIEW)
    row = row_of(tell(), "2026-01")
    assert (row.used, row.before, row.zones[0].before) == (None, kwh(100), kwh(100))


# Who sees what


def test_nothing_from_before_the_access_is_shown(alice, meter, account, tell):
    make_months(meter, "2026-01", [4100, 4200, 4300, 4400])
    make_bill(account, "2026-02", basis=ChargeBasis.NORM)
    AccountAccess.update(since=date(2026, 3, 1)).execute()
    report = tell(Days(date(2026, 1, 1), date(2026, 4, 30)))
    assert months_of(report) == ["2026-04", "2026-03"]
    # The difference would give away the register of February.
    assert row_of(report, "2026-03").used is None
    assert row_of(report, "2026-04").used == kwh(100)
    assert report.first_reading == Month(2026, 3)
    assert (report.totals.used, report.totals.bills) == (kwh(100), 0)
    assert tell(Days(date(2026, 1, 1), date(2026, 2, 28))).totals is None


def test_a_month_read_before_the_access_is_not_called_silent(meter, tell):
    make_months(meter, "2026-01", [4100, 4200, 4300])
    AccountAccess.update(since=date(2026, 2, 23)).execute()
    assert months_of(tell())[-1] == "2026-03"


def test_the_year_before_the_access_is_not_compared(two_years, tell):
    make_months(two_years, "2026-01", [2290])
    AccountAccess.update(since=date(2025, 12, 1)).execute()
    report = tell()
    assert row_of(report, "2026-01").before is None
    assert report.totals.comparison is None


def test_a_delegate_and_a_stranger_have_no_history(bob, charlie, account, meter, now):
    for person in (bob, charlie):
        with pytest.raises(AccountNotFoundError):
            history(person.id, account.id, Recent.YEAR, now=now)


def test_another_account_is_another_history(alice, account, meter, now):
    other = make_account(number="460000000002")
    give_access(alice, other)
    make_reading(make_meter(other), "2026-10", (4999,))
    make_reading(meter, "2026-10", (4100,))
    assert history(alice.id, account.id, Recent.ALL, now=now).totals.used == kwh(100)
    assert history(alice.id, other.id, Recent.ALL, now=now).totals.used == kwh(999)


@pytest.mark.parametrize("meters", [1, 3])
def test_however_much_there_is_six_questions_answer_it(account, tell, meters):
    for at in range(meters):
        meter = make_meter(account, serial=str(at), opening_on=date(2023, 12, 31))
        make_months(meter, "2024-01", range(4100, 7000, 100))
    asked = []
    hook = asked.append
    database.obj.query_hooks.append(hook)
    tell()
    database.obj.query_hooks.remove(hook)
    selects = [event.sql for event in asked if event.sql.startswith("SELECT")]
    assert len(selects) == 6


def test_days_are_those_of_the_branch(tell, meter):
    make_reading(meter, "2026-11", (4100,))
    late = datetime(2026, 11, 30, 22, tzinfo=UTC)
    assert tell(Recent.QUARTER, now=late).ends == date(2026, 11, 30)
    assert tell(Recent.QUARTER, now=datetime(2026, 12, 31, 22, tzinfo=UTC)).ends == (
        date(2026, 12, 31)
    )


# The forecast


def test_the_forecast_is_of_the_month_without_a_reading_and_has_a_price(tell, meter):
    make_rates()
    make_ranges()
    make_months(meter, "2026-07", (4200, 4300, 4420, 4550))

    coming = tell().coming

    assert coming.month == Month(2026, 11)
    assert coming.footing is Footing.LATELY
    # (100 + 120 + 130) / 3 = 116.67, at 5.87 a kilowatt-hour.
    assert coming.energy == kwh(117)
    assert coming.amount == Money.parse("686,79")
    assert not coming.is_dearer


def test_a_reading_of_this_month_moves_the_forecast_to_the_next(tell, meter):
    make_rates()
    make_ranges((100, 200))
    make_months(meter, "2026-08", (4300, 4420, 4550, 4700))

    coming = tell().coming

    assert coming.month == Month(2026, 12)
    # (120 + 130 + 150) / 3 = 133.33: 100 at 5.87 and 33 at 8.00.
    assert coming.amount == Money.parse("851,00")
    assert coming.is_dearer


def test_months_known_as_one_are_shared_out(tell, meter):
    make_months(meter, "2026-06", (4000,))
    make_reading(meter, "2026-10", (4400,))

    coming = tell().coming

    assert coming.energy == kwh(100)
    # Nobody has said what a kilowatt-hour costs.
    assert coming.amount is None


@pytest.mark.parametrize(
    "asked", [{"is_whole": True}, {"till": Month(2026, 9)}], ids=("table", "earlier")
)
def test_what_was_is_told_without_what_will_be(tell, meter, asked):
    make_months(meter, "2026-07", (4200, 4300, 4420, 4550))

    assert tell(**asked).coming is None


def test_a_meter_that_was_taken_off_has_no_forecast(tell, account):
    make_meter(
        account,
        serial="9",
        removed_on=date(2026, 10, 20),
        closing_t1=kwh(4600),
        opening_on=date(2026, 1, 1),
    )

    assert tell().coming is None
