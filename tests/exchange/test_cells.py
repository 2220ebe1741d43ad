from datetime import date, time
from decimal import Decimal

import pytest

from cabinet.domain.energy import Energy
from cabinet.domain.money import Money, Price
from cabinet.domain.period import Month
from cabinet.exchange import cells
from cabinet.exchange.faults import UnfitCell


@pytest.mark.parametrize(
    ("read", "raw", "value"),
    [
        (cells.money, "865,60", Money(86560)),
        (cells.money, "865.6", Money(86560)),
        (cells.money, "1 234,56", Money(123456)),
        (cells.money, "1\u00a0234\u202f567,00", Money(123456700)),
        (cells.money, "-82,71", Money(-8271)),
        (cells.money, "+5", Money(500)),
        (cells.money, "5,000", Money(500)),
        (cells.energy, "194", Energy(194000)),
        (cells.energy, "0,125", Energy(125)),
        (cells.energy, "000999700", Energy(999700000)),
        (cells.price, "5,87125", Price(5871250)),
        (cells.number(3), "12,345", Decimal("12.345")),
        (cells.whole_number(1, 3), " 2 ", 2),
        (cells.day, "31.12.2025", date(2025, 12, 31)),
        (cells.day, "1.2.2026", date(2026, 2, 1)),
        (cells.day, "2026-02-28", date(2026, 2, 28)),
        (cells.day, "14.03.2026 0:00:00", date(2026, 3, 14)),
        (cells.clock_time, "12:29:00", time(12, 29)),
        (cells.clock_time, "8:02", time(8, 2)),
        (cells.month, "10.2026", Month(2026, 10)),
        (cells.month, "1.2026", Month(2026, 1)),
        (cells.month, "0226", Month(2026, 2)),
        (cells.month, "022026", Month(2026, 2)),
        (cells.month, "2026-02", Month(2026, 2)),
        (cells.account_number, "0046 1279-0400", "004612790400"),
        (cells.account_number, "461279040069", "461279040069"),
        (cells.operation_code, " 700001 ", "700001"),
        (cells.text(40), "  Новикова \u00a0 Анна\u200b ", "Новикова Анна"),
        (cells.text(40), "'=не формула", "=не формула"),
        (cells.text(40), "e\u0301", "é"),
        (cells.optional(cells.day), "  ", None),
        (cells.word({"село": 1}), " СЕЛО ", 1),
    ],
)
def test_a_cell_is_read(read, raw, value):
    assert read(raw) == value


@pytest.mark.parametrize(
    ("read", "raw", "reason"),
    [
        (cells.money, "", "пустая ячейка"),
        (cells.money, "=1+1", "формула вместо значения"),
        (cells.money, "\uff1d1", "формула вместо значения"),
        (cells.money, "@SUM(A1)", "формула вместо значения"),
        (cells.money, "-1+1", "формула вместо значения"),
        (cells.money, "12,7x", "не число"),
        (cells.money, "1,2,3", "не число"),
        (cells.money, "1 2", "не число"),
        (cells.money, "12 34,00", "не число"),
        (cells.money, "١٢", "не число"),
        (cells.money, "nan", "не число"),
        (cells.money, "1e5", "не число"),
        (cells.money, "-", "не число"),
        (cells.money, "5,005", "больше 2 знаков после запятой"),
        (cells.money, "9" * 16, "слишком большое число"),
        (cells.positive_money, "-5,00", "сумма должна быть больше нуля"),
        (cells.positive_money, "0,00", "сумма должна быть больше нуля"),
        (cells.energy, "-1", "меньше нуля"),
        (cells.price, "0", "цена должна быть больше нуля"),
        (cells.number(0), "1,5", "не целое число"),
        (cells.whole_number(1, 3), "4", "не от 1 до 3"),
        (cells.whole_number(1, 3), "два", "не целое число"),
        (cells.whole_number(1, 3), "2.0", "не целое число"),
        (cells.day, "31.02.2026", "такого дня нет в календаре"),
        (cells.day, "2026-13-01", "такого дня нет в календаре"),
        (cells.day, "01.01.0026", "год не похож на настоящий"),
        (cells.day, "01/02/2026", "не дата: нужно дд.мм.гггг"),
        (cells.day, "=NOW()", "формула вместо значения"),
        (cells.clock_time, "25:00", "такого времени не бывает"),
        (cells.clock_time, "полдень", "не время: нужно чч:мм:сс"),
        (cells.month, "13.2026", "такого месяца нет"),
        (cells.month, "0026", "такого месяца нет"),
        (cells.month, "октябрь", "не месяц: нужно ММ.ГГГГ или ММГГ"),
        (
            cells.account_number,
            "69ABC",
            "не номер лицевого счёта: нужны от 4 до 20 цифр",
        ),
        (
            cells.account_number,
            "١٢٣٤",
            "не номер лицевого счёта: нужны от 4 до 20 цифр",
        ),
        (cells.account_number, "", "пустая ячейка"),
        (cells.operation_code, "a;b", "не код операции"),
        (cells.text(5), "длинное", "длиннее 5 знаков"),
        (cells.text(50), "=cmd|' /C calc'!A0", "формула вместо значения"),
        (cells.text(50), "", "пустая ячейка"),
        (cells.text(50), "a\x07b", "в тексте есть управляющие знаки"),
        (
            cells.text(50),
            "\ufffd",
            "в тексте есть знаки, которых нет в кодировке файла",
        ),
        (cells.word({"село": 1}), "город", "неизвестное слово; бывает: «село»"),
        (cells.word({"село": 1}), "", "пустая ячейка"),
    ],
)
def test_a_cell_is_refused_with_its_reason(read, raw, reason):
    with pytest.raises(UnfitCell) as caught:
        read(raw)
    assert caught.value.reason == reason
