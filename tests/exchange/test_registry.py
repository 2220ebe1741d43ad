import csv
import io
from datetime import date, time
from pathlib import Path

import pytest

from cabinet.domain.energy import Energy
from cabinet.domain.money import Money
from cabinet.domain.tariff import Plan, Zone
from cabinet.exchange.dated import DATED, TARIFFS
from cabinet.exchange.delimited import Table
from cabinet.exchange.faults import UnusableFile
from cabinet.exchange.profiles import Faulty, Rows, bind, recognise
from cabinet.exchange.registry import METERS, PAYMENTS, READINGS, REGISTRIES

DATA = Path(__file__).parents[2] / "cabinet" / "data"
PAYMENT_HEADER = "Дата;Время;Код операции;ЛС;ФИО;Период;Сумма;К зачислению;Комиссия"
PAYMENT = "14.03.2026;12:29:00;7;461279040069;Новикова;0226;10,50;10,50;0,00"


def rows_of(text, *profiles, name="файл.csv"):
    table = Table(name, io.BytesIO(text.encode()))
    return Rows(table, recognise(profiles or REGISTRIES + DATED, table))


def faults_of(rows):
    return [
        (fault.line, fault.column, fault.reason)
        for row in rows
        if isinstance(row, Faulty)
        for fault in row.faults
    ]


@pytest.mark.parametrize(
    ("name", "kind", "good", "faulty"),
    [
        ("accounts", "accounts", 401, [(403, "ЛС"), (404, "")]),
        ("meters", "meters", 410, []),
        ("readings", "readings", 3910, [(3911, "Дата"), (3912, "Т1")]),
        ("charges", "charges", 4000, [(4002, "Начислено")]),
        ("payments", "payments", 3248, [(3249, "Сумма")]),
    ],
)
def test_the_registry_is_read_with_its_planted_faults(name, kind, good, faulty):
    with (DATA / "registry" / f"{name}.csv").open("rb") as stream:
        table = Table(name, stream)
        rows = Rows(table, recognise(REGISTRIES + DATED, table))
        read = list(rows)
    assert rows.binding.profile.kind == kind
    assert len([row for row in read if not isinstance(row, Faulty)]) == good
    assert [place[:2] for place in faults_of(read)] == faulty
    assert rows.control_faults() == []


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [";", "\t", ","])
@pytest.mark.parametrize("profile", REGISTRIES, ids=lambda profile: profile.kind)
def test_every_registry_reads_the_same_in_every_dress(encoding, delimiter, profile):
    text = (DATA / "registry" / f"{profile.kind}.csv").read_text("cp1251")
    lines = text.splitlines()[:30]
    dressed = io.StringIO()
    csv.writer(dressed, delimiter=delimiter).writerows(csv.reader(lines, delimiter=";"))
    table = Table("файл.csv", io.BytesIO(dressed.getvalue().encode(encoding)))
    assert table.examined.encoding == encoding
    assert list(Rows(table, recognise(REGISTRIES, table))) == list(
        rows_of("\n".join(lines))
    )


def test_headers_are_known_whatever_their_case_alphabet_and_signs():
    # The letters of the header are Latin here, as typists have them.
    table = Table("x", io.BytesIO("лс;заводской № ;дата;T1;T2;ИСТОЧНИК\n".encode()))
    assert bind(READINGS, table).places["t1"] == 3


def test_a_header_can_be_chosen_by_hand():
    table = Table("x", io.BytesIO("счёт;№ ПУ;день;Т1;откуда\n".encode()))
    chosen = {
        "account": "счёт",
        "serial": "№ ПУ",
        "taken_on": "день",
        "source": "откуда",
    }
    assert bind(READINGS, table, chosen).places["source"] == 4


def test_a_missing_column_makes_the_file_unusable():
    table = Table("x", io.BytesIO("ЛС;Дата;Т1\n".encode()))
    with pytest.raises(UnusableFile, match="нет столбцов: «Заводской №», «Источник»"):
        bind(READINGS, table)


def test_a_column_that_stands_twice_makes_the_file_unusable():
    table = Table("x", io.BytesIO("ЛС;Дата;Дата;Т1;Источник;Заводской №\n".encode()))
    with pytest.raises(UnusableFile, match="«Дата» стоит дважды"):
        bind(READINGS, table)


def test_an_unknown_header_is_told_with_its_words():
    with pytest.raises(UnusableFile, match="Имя; Возраст"):
        rows_of("Имя;Возраст\nА;5\n")


def test_every_bad_cell_of_a_row_is_told():
    rows = rows_of(f"{PAYMENT_HEADER}\n31.02.2026;x;;нет;;;=1;;\n")
    assert [(column) for _, column, _ in faults_of(rows)] == [
        "Дата",
        "Время",
        "Код операции",
        "ЛС",
        "Сумма",
    ]


def test_a_row_of_the_wrong_width_harms_no_other():
    rows = rows_of(f"{PAYMENT_HEADER}\n1;2\n{PAYMENT}\n{PAYMENT};\n{PAYMENT};лишнее\n")
    read = list(rows)
    assert faults_of(read) == [
        (2, "", "столбцов в строке 2, в заголовке 9"),
        (5, "", "столбцов в строке 10, в заголовке 9"),
    ]
    assert [row.line for row in read if not isinstance(row, Faulty)] == [3, 4]


def test_a_payment_needs_neither_time_nor_holder():
    rows = rows_of("Дата;Код операции;ЛС;Сумма\n14.03.2026;7;461279040069;10,50\n")
    (payment,) = rows
    assert (payment.paid_at, payment.holder, payment.month) == (time(), "", None)
    assert payment.amount == Money(1050)


@pytest.mark.parametrize(
    ("control", "reasons"),
    [
        ("=2;21,00;21,00;0,00;12;20.11.2026", []),
        ("=2;21,00", []),
        ("=3;21,00;21,00;0,00", ["контрольная строка: строк 3, в файле 2"]),
        (
            "=2;21,01;21,00;0,00",
            ["контрольная строка: сумма не сходится, по строкам 21.00"],
        ),
    ],
)
def test_the_control_line_is_compared_with_the_rows(control, reasons):
    rows = rows_of(f"{PAYMENT_HEADER}\n{PAYMENT}\n{PAYMENT}\n{control}\n")
    assert len(list(rows)) == 2
    assert [fault.reason for fault in rows.control_faults()] == reasons


def test_a_faulty_row_counts_in_the_control_line():
    bad = PAYMENT.replace("10,50;10,50", "-5,00;-5,00")
    rows = rows_of(f"{PAYMENT_HEADER}\n{PAYMENT}\n{bad}\nобрывок\n=3;5,50;5,50;0,00\n")
    assert len(faults_of(rows)) == 2
    assert rows.control_faults() == []


def test_nothing_may_follow_the_control_line():
    rows = rows_of(f"{PAYMENT_HEADER}\n{PAYMENT}\n=1;10,50\n{PAYMENT}\n")
    assert faults_of(rows) == [(4, "", "строка после контрольной")]


def test_a_registry_without_sums_has_no_control_line():
    rows = rows_of("ЛС;Заводской №;Дата;Т1;Источник\n=1;2;3;4;5\n", READINGS)
    assert faults_of(rows)[0][1] == "ЛС"


METER = "ЛС;Заводской №;Зон;Разрядность;Ктр;Снят;Дата сальдо;Сальдо Т1;Сальдо Т2;Кон.Т1;Кон.Т2"


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("4612;7;2;5;1;;31.12.2025;1;;;", "Сальдо Т2", "зон 2, а показаний 1"),
        ("4612;7;2;5;1;;31.12.2025;;1;;", "Сальдо Т1", "пустая ячейка"),
        ("4612;7;1;5;1;;31.12.2025;1;2;;", "", "зон 1, а показаний 2"),
        (
            "4612;7;1;5;1;14.06.2026;31.12.2025;1;;;",
            "Снят",
            "у снятого счётчика нужны и дата, и конечные показания",
        ),
        (
            "4612;7;2;5;1;14.06.2026;31.12.2025;1;1;5;",
            "Кон.Т2",
            "зон 2, а показаний 1",
        ),
        (
            "4612;7;1;5;1;;31.12.2025;100000;;;",
            "Сальдо Т1",
            "больше цифр, чем у счётчика (5)",
        ),
    ],
)
def test_a_meter_whose_cells_contradict_each_other_is_refused(row, column, reason):
    found = faults_of(rows_of(f"{METER}\n{row}\n", METERS))
    if column:
        assert found == [(2, column, reason)]
    else:
        assert [place[2] for place in found] == [reason]


def test_a_reading_without_registers_is_refused():
    rows = rows_of("ЛС;Заводской №;Дата;Т1;Источник\n4612;7;01.02.2026;;ЛК\n")
    assert faults_of(rows) == [(2, "Т1", "пустая ячейка")]


def test_a_negative_charge_is_refused():
    header = "ЛС;Период;кВт*ч;Основание;Начислено"
    rows = rows_of(f"{header}\n4612;01.2026;5;показания;-1,00\n")
    assert faults_of(rows) == [(2, "Начислено", "начислено меньше нуля")]


def test_the_last_day_of_a_price_becomes_the_first_day_after_it():
    with (DATA / "tariffs.csv").open("rb") as stream:
        table = Table("tariffs.csv", stream)
        rows = list(Rows(table, recognise(DATED, table)))
    assert len(rows) == 430
    assert (rows[0].starts, rows[0].ends) == (date(2026, 1, 1), date(2026, 10, 1))
    assert all("http" in row.source for row in rows)


def test_a_zone_of_another_plan_is_refused():
    header = "region,category,plan,zone,range,price_rub_per_kwh,valid_from,valid_to"
    text = f"{header}\nТверь,rural,two,peak,1,5.1,2026-01-01,2026-01-31\n"
    assert faults_of(rows_of(text, TARIFFS)) == [
        (2, "zone", "такой зоны в этом плане нет")
    ]


def test_a_span_that_ends_before_it_starts_is_refused():
    header = "region,category,plan,zone,range,price_rub_per_kwh,valid_from,valid_to"
    text = f"{header}\nТверь,rural,one,single,1,5.1,2026-02-01,2026-01-31\n"
    assert faults_of(rows_of(text, TARIFFS)) == [
        (2, "valid_to", "кончается раньше, чем начинается")
    ]


@pytest.mark.parametrize(
    ("name", "rows"), [("rules", 17), ("key_rate", 19), ("norms", 98)]
)
def test_the_other_dated_files_are_read_whole(name, rows):
    with (DATA / f"{name}.csv").open("rb") as stream:
        table = Table(name, stream)
        read = list(Rows(table, recognise(DATED, table)))
    assert len(read) == rows
    assert not faults_of(read)


def test_the_plan_of_a_price_is_a_word_of_the_trade():
    assert {Plan.TWO, Zone.NIGHT} <= {"two", "night"}


def test_registers_are_watt_hours():
    rows = rows_of("ЛС;Заводской №;Дата;Т1;Т2;Источник\n4612;7;01.02.2026;1,5;2;ЛК\n")
    (reading,) = rows
    assert reading.registers == (Energy(1500), Energy(2000))


def test_payments_name_what_their_control_line_adds_up():
    assert PAYMENTS.sums == ("amount", "transfer", "commission")


def test_a_first_cell_that_is_no_count_is_no_control_line():
    rows = rows_of(f"{PAYMENT_HEADER}\n=1x;1;1;1;1;1;1;1;1\n")
    assert faults_of(rows)[0][1] == "Дата"


def test_a_price_may_hold_for_good():
    header = "region,category,plan,zone,range,price_rub_per_kwh,valid_from,valid_to"
    (row,) = rows_of(f"{header}\nТверь,rural,one,single,1,5.1,2026-01-01,\n", TARIFFS)
    assert row.ends is None


def test_a_row_that_is_no_row_is_told_as_a_whole():
    rows = rows_of(f'{PAYMENT_HEADER}\n"не закрыта;1\n{PAYMENT}\n')
    assert faults_of(rows) == [(2, "", "кавычка открыта и не закрыта")]


def test_an_area_below_nought_is_refused():
    header = "ЛС;Филиал;ФИО;Адрес;Категория;Проживает;Площадь"
    rows = rows_of(f"{header}\n4612;Курск;А;Б;село;1;-5\n")
    assert faults_of(rows) == [(2, "Площадь", "меньше нуля")]
