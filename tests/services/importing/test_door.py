"""What becomes of rows, one case at a time."""

import io
from datetime import date

import pytest

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.energy import Energy
from cabinet.domain.metering import MeterStatus, ReadingState
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.tariff import Category
from cabinet.exchange.faults import UnusableFile
from cabinet.models import (
    Account,
    Bill,
    Branch,
    ImportBatch,
    ImportClaim,
    ImportRow,
    KeyRate,
    LedgerEntry,
    Meter,
    Range,
    Rate,
    Reading,
)
from cabinet.services.importing import Outcome, import_file
from tests.factories import is_ordered, make_account, make_branch, make_meter

ACCOUNTS = "ЛС;Филиал;ФИО;Адрес;Категория;Проживает"
ACCOUNT = "4600000001;Курск;Орлова Анна;Курск, ул. Мира, 1;село;2"
METERS = "ЛС;Заводской №;Зон;Разрядность;Ктр;Снят;Дата сальдо;Сальдо Т1;Сальдо Т2;Кон.Т1;Кон.Т2"
METER = "4600000001;77;1;5;1;;31.12.2025;100;;;"
READINGS = "ЛС;Заводской №;Дата;Т1;Т2;Источник"
CHARGES = "ЛС;Период;кВт*ч;Основание;Начислено;Пени;Перерасчёт"
PAYMENTS = "Дата;Время;Код операции;ЛС;Период;Сумма"
PAYMENT = "14.03.2026;12:29:00;7;4600000001;0226;10,50"


@pytest.fixture
def bring(db, now):
    def bring(header, *rows, end="\n"):
        text = "\n".join([header, *rows]) + end
        return import_file("файл.csv", io.BytesIO(text.encode()), now=now)

    return bring


@pytest.fixture
def account(db):
    return make_account(
        number="4600000001", branch=make_branch(), category=Category.RURAL
    )


def counts(report):
    return {str(outcome): rows for outcome, rows in report.counts.items() if rows}


def reasons(report):
    return [(fault.line, fault.column, fault.reason) for fault in report.faults]


def test_an_account_is_added_changed_and_left_alone(bring, db):
    make_branch()
    assert counts(bring(ACCOUNTS, ACCOUNT)) == {"new": 1}
    assert counts(bring(ACCOUNTS, ACCOUNT, end="\n\n")) == {"same": 1}
    moved = ACCOUNT.replace(";2", ";3").replace("село", "город, электроплита")
    assert counts(bring(ACCOUNTS, moved)) == {"changed": 1}
    account = Account.get()
    assert (account.residents, account.category) == (3, Category.CITY_ELECTRIC)


def test_columns_the_file_lacks_keep_what_was_known(bring, account):
    Account.update(rooms=4, area=553).execute()
    bring(ACCOUNTS, ACCOUNT)
    account = Account.get()
    assert (account.rooms, account.area, account.holder) == (4, 553, "Орлова Анна")


def test_an_unknown_branch_is_a_fault(bring, db):
    report = bring(ACCOUNTS, ACCOUNT)
    assert reasons(report) == [(2, "Филиал", "нет такого филиала")]
    assert not Account.select().exists()


def test_the_same_account_with_other_data_in_one_file_is_a_fault(bring, db):
    make_branch()
    report = bring(ACCOUNTS, ACCOUNT, ACCOUNT.replace("Орлова", "Петрова"), ACCOUNT)
    assert counts(report) == {"new": 1, "faulty": 1, "repeated": 1}
    assert Account.get().holder == "Орлова Анна"


def test_a_meter_of_an_unknown_account_goes_into_quarantine(bring, db):
    assert counts(bring(METERS, METER)) == {"quarantined": 1}


def test_a_meter_is_taken_away(bring, account):
    assert counts(bring(METERS, METER)) == {"new": 1}
    gone = "4600000001;77;1;5;1;14.06.2026;31.12.2025;100;;900;"
    assert counts(bring(METERS, gone)) == {"changed": 1}
    assert counts(bring(METERS, gone, end="\n\n")) == {"same": 1}
    meter = Meter.get()
    assert (meter.status, meter.closing_t1) == (MeterStatus.REMOVED, Energy(900_000))


def test_a_meter_under_check_stays_so(bring, account):
    bring(METERS, METER)
    Meter.update(status=MeterStatus.UNDER_CHECK).execute()
    bring(METERS, METER.replace(";100;", ";101;"))
    assert Meter.get().status is MeterStatus.UNDER_CHECK


def test_of_two_readings_of_a_month_the_newer_stands(bring, account, now):
    make_meter(account, serial="77", digits=5)
    older, newer = (
        "4600000001;77;20.10.2026;150;;ЛК",
        "4600000001;77;24.10.2026;160;;касса",
    )
    bring(READINGS, newer)
    assert counts(bring(READINGS, older, newer)) == {"new": 1, "same": 1}
    first, second = Reading.select().order_by(Reading.taken_on)
    assert first.state is ReadingState.SUPERSEDED
    assert second.state is ReadingState.ACCEPTED
    assert is_ordered(first, now)
    assert second.supersedes_id == first.id


def test_a_newer_reading_of_another_file_takes_the_place_of_the_one_that_stood(
    bring, account
):
    make_meter(account, serial="77", digits=5)
    bring(READINGS, "4600000001;77;20.10.2026;150;;ЛК")
    bring(READINGS, "4600000001;77;21.10.2026;155;;ЛК")
    first, second = Reading.select().order_by(Reading.taken_on)
    assert (first.state, second.state) == (
        ReadingState.SUPERSEDED,
        ReadingState.ACCEPTED,
    )
    assert second.supersedes_id == first.id


def test_a_late_reading_counts_in_the_next_month(bring, account):
    make_meter(account, serial="77", digits=5)
    bring(READINGS, "4600000001;77;26.10.2026;150;;ЛК")
    assert Reading.get().period == Month(2026, 11)


def test_an_estimate_is_not_the_current_reading(bring, account):
    make_meter(account, serial="77", digits=5)
    rows = ["4600000001;77;25.10.2026;150;;расчёт", "4600000001;77;20.10.2026;140;;ЛК"]
    assert counts(bring(READINGS, *rows)) == {"new": 2}
    states = {reading.state for reading in Reading.select()}
    assert states == {ReadingState.ACCEPTED}


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("4600000002;77;20.10.2026;150;;ЛК", "ЛС", "лицевой счёт не найден"),
        (
            "4600000001;78;20.10.2026;150;;ЛК",
            "Заводской №",
            "у лицевого счёта нет такого счётчика",
        ),
        (
            "4600000001;77;20.10.2026;150;160;ЛК",
            "Т2",
            "зон у счётчика 1, показаний 2",
        ),
        (
            "4600000001;77;20.10.2026;100000;;ЛК",
            "Т1",
            "больше цифр, чем у счётчика (5)",
        ),
    ],
)
def test_a_reading_that_fits_no_meter_is_refused(bring, account, row, column, reason):
    make_meter(account, serial="77", digits=5)
    assert reasons(bring(READINGS, row)) == [(2, column, reason)]
    assert not Reading.select().exists()


def test_a_bill_never_changes(bring, account, prices):
    row = "4600000001;01.2026;10;показания;50,00;0,00;0,00"
    assert counts(bring(CHARGES, row)) == {"new": 1}
    other = bring(CHARGES, row.replace("50,00", "51,00"))
    assert reasons(other)[0][:2] == (2, "Начислено")
    assert Bill.get().charged == Money(5000)
    assert Account.get().balance == Money(5000)


def test_sums_that_the_readings_do_not_give_stand_without_a_formula(
    bring, account, prices
):
    report = bring(CHARGES, "4600000001;01.2026;10;показания;50,00;3,00;-7,00")
    assert report.unexplained == 1
    bill = Bill.get()
    assert bill.lines["lines"] == []
    kinds = {
        entry.kind: entry.amount
        for entry in LedgerEntry.select().where(LedgerEntry.bill == bill)
    }
    assert kinds == {
        EntryKind.CHARGE: Money(5000),
        EntryKind.PENALTY: Money(300),
        EntryKind.RECALCULATION: Money(-700),
    }
    assert Account.get().balance == Money(4600)


def test_a_charge_without_a_rule_of_payment_is_refused(bring, account):
    report = bring(CHARGES, "4600000001;01.2026;10;показания;50,00;0,00;0,00")
    assert reasons(report) == [
        (2, "Период", "нет правила о сроке оплаты за этот месяц")
    ]


def test_a_charge_of_an_unknown_account_waits_in_quarantine(bring, db):
    row = "4600000001;01.2026;10;показания;50,00;0,00;0,00"
    assert counts(bring(CHARGES, row)) == {"quarantined": 1}


def test_a_branch_that_bills_by_itself_takes_no_charges(bring, account):
    Branch.update(own_billing=True).execute()
    report = bring(CHARGES, "4600000001;10.2026;10;показания;50,00;0,00;0,00")
    assert reasons(report) == [(2, "ЛС", "филиал выставляет квитанции сам")]


def test_readings_that_come_after_their_bill_are_counted(bring, account, prices):
    make_meter(account, serial="77", digits=5)
    bring(CHARGES, "4600000001;10.2026;10;показания;50,00;0,00;0,00")
    bring(READINGS, "4600000001;77;20.10.2026;150;;ЛК")
    reading = Reading.get()
    assert reading.state is ReadingState.COUNTED
    assert reading.counted_in == Month(2026, 10)


def test_an_operation_is_credited_once_whatever_the_file(bring, account):
    assert counts(bring(PAYMENTS, PAYMENT)) == {"new": 1}
    again = bring(PAYMENTS, PAYMENT, PAYMENT.replace(";7;", ";8;"))
    assert counts(again) == {"new": 1, "same": 1}
    assert Account.get().balance == Money(-2100)
    assert LedgerEntry.select().count() == 2
    assert ImportClaim.select().count() == 2


def test_an_operation_with_another_sum_is_a_fault(bring, account):
    bring(PAYMENTS, PAYMENT)
    report = bring(PAYMENTS, PAYMENT.replace("10,50", "99,00"))
    assert reasons(report) == [
        (2, "Код операции", "операция уже зачтена с другой суммой или счётом")
    ]
    assert Account.get().balance == Money(-1050)


def test_money_of_an_unknown_account_is_kept_and_not_taken_twice(bring, db):
    assert bring(PAYMENTS, PAYMENT).held == Money(1050)
    assert bring(PAYMENTS, PAYMENT, end="\n\n").counts[Outcome.QUARANTINED] == 1
    assert ImportClaim.select().count() == 1
    assert not LedgerEntry.select().exists()


def test_a_payment_is_dated_by_the_clocks_of_its_branch(bring, account):
    bring(PAYMENTS, PAYMENT)
    entry = LedgerEntry.get()
    assert entry.effective_at.isoformat() == "2026-03-14T09:29:00+00:00"
    assert (entry.amount, entry.month) == (Money(-1050), Month(2026, 2))


def test_a_registry_whose_control_line_does_not_fit_changes_nothing(bring, account):
    with pytest.raises(UnusableFile) as caught:
        bring(PAYMENTS, PAYMENT, "=2;21,00")
    assert caught.value.line == 3
    for model in (ImportBatch, ImportRow, ImportClaim, LedgerEntry):
        assert not model.select().exists()
    assert Account.get().balance == Money(0)


def test_a_registry_without_a_control_line_says_so(bring, account):
    assert bring(PAYMENTS, PAYMENT).notes == ("контрольной строки в файле нет",)


def test_a_named_kind_is_not_guessed(db, now):
    with pytest.raises(UnusableFile, match="нет столбцов"):
        import_file("x.csv", io.BytesIO(b"a;b\n"), kind="readings", now=now)


def test_a_price_is_added_changed_and_left_alone(bring, db):
    header = "region,category,plan,zone,range,price_rub_per_kwh,valid_from,valid_to"
    row = "Тверская область,rural,one,single,1,4.17,2026-01-01,2026-09-30"
    assert counts(bring(header, row)) == {"new": 1}
    assert counts(bring(header, row, end="\n\n")) == {"same": 1}
    assert counts(bring(header, row.replace("4.17", "4.18"))) == {"changed": 1}
    rate = Rate.get()
    assert (rate.price.micro, rate.ends) == (4_180_000, date(2026, 10, 1))


def test_a_key_rate_ends_where_the_next_one_starts(bring, db):
    bring("valid_from,rate_percent", "2026-01-01,16.00")
    bring("valid_from,rate_percent", "2026-02-16,15.50", "2026-03-23,15.00")
    rows = KeyRate.select(KeyRate.starts, KeyRate.ends, KeyRate.rate).tuples()
    assert sorted(rows, key=lambda row: row[0]) == [
        (date(2026, 1, 1), date(2026, 2, 16), 1600),
        (date(2026, 2, 16), date(2026, 3, 23), 1550),
        (date(2026, 3, 23), None, 1500),
    ]


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("range_limit,x,3900,,2025-01-01,,", "key", "не целое число"),
        ("range_limit,1,много,,2025-01-01,,", "value", "не число"),
        ("vat,rate,220,percent,2025-01-01,,", "value", "не процент"),
        ("due_day,household,31,,2025-01-01,,", "value", "не от 1 до 28"),
    ],
)
def test_a_rule_with_a_wrong_value_is_refused(bring, row, column, reason):
    header = "rule,key,value,unit,starts,ends,source"
    assert reasons(bring(header, row)) == [(2, column, reason)]


def test_a_limit_may_be_of_a_region(bring):
    header = "rule,key,value,unit,starts,ends,source"
    bring(
        header,
        "range_limit,1,3900,,2025-01-01,,",
        '"range_limit","Курская область, 1",3000,,2025-01-01,,приказ 1',
    )
    rows = Range.select(Range.region, Range.number, Range.limit).tuples()
    assert sorted(rows) == [
        ("", 1, Energy.from_kwh(3900)),
        ("Курская область", 1, Energy.from_kwh(3000)),
    ]


def test_hundreds_of_faults_are_all_kept(bring, db):
    report = bring(PAYMENTS, *["нет;;;;;"] * 700)
    assert report.counts[Outcome.FAULTY] == 700
    assert ImportRow.select().count() == 2100
    assert len(report.faults) == 1000


def test_a_charge_before_the_first_meter_leaves_the_later_ones_explained(
    bring, account, prices
):
    make_meter(account, serial="77", digits=5, opening=100)
    bring(READINGS, "4600000001;77;20.01.2026;110;;ЛК")
    report = bring(
        CHARGES,
        "4600000001;12.2025;10;показания;50,00;0,00;0,00",
        "4600000001;01.2026;10;показания;43,40;0,00;0,00",
    )
    assert report.unexplained == 1
    assert Bill.get(Bill.month == Month(2026, 1)).lines["lines"]
    assert not Bill.get(Bill.month == Month(2025, 12)).lines["lines"]


def test_a_silent_month_without_a_norm_is_left_to_the_billing_system(
    bring, account, prices
):
    make_meter(account, serial="77", digits=5)
    report = bring(CHARGES, "4600000001;01.2026;10;норматив;50,00;0,00;0,00")
    assert report.unexplained == 1


def test_bills_of_an_account_may_come_in_several_parts_of_a_file(
    bring, account, prices, monkeypatch
):
    monkeypatch.setattr("cabinet.services.importing.running.ROWS_AT_ONCE", 1)
    rows = [f"4600000001;0{n}.2026;10;показания;50,00;0,00;0,00" for n in (1, 2, 3)]
    assert counts(bring(CHARGES, *rows))["new"] == 3
    assert Account.get().balance == Money(15000)
    assert LedgerEntry.select().count() == 3


def test_a_meter_that_stands_twice_in_a_file_is_taken_once(bring, account):
    report = bring(METERS, METER, METER, METER.replace(";100;", ";101;"))
    assert counts(report) == {"new": 1, "repeated": 1, "faulty": 1}


def test_a_reading_that_stands_twice_in_a_file_is_taken_once(bring, account):
    make_meter(account, serial="77", digits=5)
    row = "4600000001;77;20.10.2026;150;;ЛК"
    assert counts(bring(READINGS, row, row)) == {"new": 1, "repeated": 1}


def test_a_price_that_stands_twice_in_a_file_is_taken_once(bring, db):
    header = "region,category,plan,zone,range,price_rub_per_kwh,valid_from,valid_to"
    row = "Тверская область,rural,one,single,1,4.17,2026-01-01,2026-09-30"
    assert counts(bring(header, row, row)) == {"new": 1, "repeated": 1}
    assert Rate.select().count() == 1


def test_a_charge_that_stands_twice_in_a_file_is_taken_once(bring, account, prices):
    row = "4600000001;01.2026;10;показания;50,00;0,00;0,00"
    assert counts(bring(CHARGES, row, row))["repeated"] == 1
    assert Account.get().balance == Money(5000)


def test_a_recalculation_that_the_readings_do_not_give_has_no_formula(
    bring, account, prices
):
    make_meter(account, serial="77", digits=5, opening=100)
    bring(READINGS, "4600000001;77;20.01.2026;110;;ЛК")
    # Ten kilowatt-hours at 4,34: the rural price of Kursk.
    report = bring(CHARGES, "4600000001;01.2026;10;показания;43,40;0,00;5,00")
    assert report.unexplained == 1
    bill = Bill.get()
    assert bill.lines["lines"]
    assert bill.lines["recalculation"] is None


def test_the_route_of_an_account_comes_with_it_and_stays_if_it_is_not_told(bring):
    make_branch()
    header = f"{ACCOUNTS};Маршрут"
    bring(header, f"{ACCOUNT};12 север")
    assert Account.get().route == "12 север"
    report = bring(ACCOUNTS, ACCOUNT)
    assert counts(report) == {"same": 1}
    assert Account.get().route == "12 север"
    assert counts(bring(header, f"{ACCOUNT};")) == {"changed": 1}
    assert Account.get().route == ""
    assert counts(bring(header, f"{ACCOUNT}; ")) == {"same": 1}


def test_numbers_of_the_state_system_come_with_an_account(bring):
    """The example of domain.md 2.8 (V56): 75да533315-01."""
    make_branch()
    header = f"{ACCOUNTS};ЕЛС;ИЖКУ"
    bring(header, f"{ACCOUNT};75да533315;75ДА533315-01")
    assert (Account.get().els, Account.get().izhku) == ("75ДА533315", "75ДА533315-01")
    assert counts(bring(ACCOUNTS, ACCOUNT)) == {"same": 1}
    assert counts(bring(header, f"{ACCOUNT};75ДА533315; 75да533315-01 ")) == {"same": 1}
    assert counts(bring(header, f"{ACCOUNT};75ДА533315;")) == {"changed": 1}
    assert (Account.get().els, Account.get().izhku) == ("75ДА533315", None)


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ("75ДА53331;", "ЕЛС"),
        ("75DA533315;", "ЕЛС"),
        (";75ДА533315", "ИЖКУ"),
        (";75ДА533315-1", "ИЖКУ"),
    ],
)
def test_what_is_no_number_of_the_state_system_is_a_fault(bring, cells, column):
    make_branch()
    report = bring(f"{ACCOUNTS};ЕЛС;ИЖКУ", f"{ACCOUNT};{cells}")
    assert [fault.column for fault in report.faults] == [column]
    assert not Account.select().exists()


def test_a_route_that_is_too_long_is_a_fault(bring):
    make_branch()
    report = bring(f"{ACCOUNTS};Маршрут", f"{ACCOUNT};{'м' * 41}")
    assert [fault.column for fault in report.faults] == ["Маршрут"]
    assert not Account.select().exists()
