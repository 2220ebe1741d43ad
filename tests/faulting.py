"""What can be wrong with a row of a file: the list that docs/ru/faults.md explains.

Each case is one row put among good ones. The numbers are those of the document.
"""

from dataclasses import dataclass, field
from datetime import date

from cabinet.domain.metering import ReadingState
from cabinet.domain.people import AccountKind
from cabinet.domain.period import Month
from cabinet.models import Account, Branch, Meter, Reading
from tests import factories

ONE, TWO, FIRM, OTHER = "460000000001", "460000000002", "460000000009", "510000000001"

#: Of each kind the header, two good rows, and a third good one that a case spoils.
TABLES = {
    "accounts": """
ЛС;Филиал;ФИО;Адрес;Категория;Проживает;Площадь
460000000011;Курск;Ёлкина Анна;Льгов, ул. Мира, 3;село;2;40,5
460000000012;Курск;Щукин Пётр;Льгов, ул. Мира, 4;село;1;
460000000013;Курск;Яшина Эмма;Льгов, ул. Мира, 5;село;5;28,9
""",
    "holders": """
ЛС;ФИО;Владеет с
460000000001;Ёлкина Анна;15.10.2026
460000000002;Щукин Пётр;
460000000009;ООО «Ромашка»;01.10.2026
""",
    "meters": """
ЛС;Заводской №;Зон;Разрядность;Ктр;Снят;Дата сальдо;Сальдо Т1;Сальдо Т2;Сальдо Т3;Кон.Т1;Кон.Т2;Кон.Т3
460000000001;М-1;1;5;1;;31.12.2025;100;;;;;
460000000002;М-2;3;6;1;;31.12.2025;100;200;300;;;
460000000002;М-3;2;5;1;01.10.2026;31.12.2025;100;200;;300;400;
""",
    "replacements": """
ЛС;Снятый счётчик;Дата замены;Кон.Т1;Кон.Т2;Кон.Т3;Новый счётчик;Разрядность;Нач.Т1;Нач.Т2;Нач.Т3
460000000002;А-2;14.10.2026;9000;9000;;З-2;5;0;0;
460000000009;А-9;14.10.2026;9000;;;З-9;5;0;;
460000000001;А-1;14.10.2026;9000;;;З-1;5;0;;
""",
    "readings": """
ЛС;Заводской №;Дата;Т1;Т2;Т3;Источник
460000000001;А-1;22.08.2026;5001;;;ЛК
460000000002;А-2;22.09.2026;5001;5001;;касса
460000000001;А-1;22.09.2026;5101;;;контролёр
""",
    "charges": """
ЛС;Период;кВт*ч;Основание;Начислено;Пени;Перерасчёт
460000000001;08.2026;100;показания;500,00;0,00;0,00
460000000002;09.2026;100;норматив;500,00;;
460000000001;09.2026;100;среднее;500,00;1,00;-2,50
""",
    "payments": """
Дата;Время;Код операции;ЛС;ФИО;Период;Сумма
14.03.2026;12:29:00;9001;460000000001;Ёлкина Анна;0226;100,00
15.03.2026;;9002;460000000002;;;10,50
16.03.2026;08:02;9003;460000000001;;0226;1 000,00
""",
    "counted": """
ЛС;Заводской №;Дата;Учтено в квитанции за
460000000001;А-1;22.10.2026;10.2026
460000000002;А-2;22.10.2026;10.2026
460000000009;А-9;22.10.2026;10.2026
""",
    "benefits": """
ЛС;Льгота;Процент;Человек;Действует с;Действует по
460000000001;Ветеран труда;50;1;01.02.2026;
460000000002;Многодетная семья;12,5;4;01.02.2026;31.12.2026
460000000001;Инвалид;50;1;01.03.2026;31.12.2026
""",
    "papers": """
ЛС;Вид документа;Номер документа;Период;Дата документа;Файл
460000000009;акт;1;10.2026;31.10.2026;a.pdf
460000000009;счёт;2;10.2026;31.10.2026;a.pdf
460000000009;УПД;3;10.2026;31.10.2026;a.pdf
""",
    "tariffs": """
Регион;Категория;План;Зона;Диапазон;Цена;Действует с;Действует по
Область А;rural;one;single;1;4,70;01.01.2026;30.06.2026
Область А;rural;one;single;1;5,10;01.07.2026;
Область А;rural;two;day;1;5,87125;01.07.2026;
""",
    "rules": """
rule;key;value;unit;starts;ends
range_limit_x;1;3900;;01.01.2020;01.01.2021
another;a;слова;;01.01.2020;
due_day;household;10;;01.01.2019;01.01.2020
""",
    "key_rates": """
valid_from;rate_percent
01.06.2020;17,5
01.07.2020;16
01.08.2020;15,25
""",
    "norms": """
region;rooms;residents;stove;premises;kwh_per_person_month
Область А;1;1;gas;room;70
Область А;1;2;gas;room;60
Область А;2;4+;gas;room;50
""",
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One fault: the cells that are spoilt or the whole line, and where it is told.

    `before` readies the world; `becomes` is what the row is counted as.
    """

    number: int
    kind: str
    spoilt: dict[str, str] = field(default_factory=dict)
    line: str = ""
    column: str | None = None
    becomes: str = "faulty"
    before: str = ""
    after: tuple[str, ...] = ()


def case(number, kind, **rest):
    return Case(number=number, kind=kind, **rest)


def cell(number, kind, column, value, **rest):
    return Case(number=number, kind=kind, spoilt={column: value}, **rest)


def make_world():
    """Make the accounts, meters and readings that the good rows name."""
    kursk = factories.make_branch()
    for number, zones, values in (
        (ONE, 1, {}),
        (TWO, 2, {}),
        (FIRM, 1, {"kind": AccountKind.ORGANISATION}),
    ):
        account = factories.make_account(number=number, branch=kursk, **values)
        meter = factories.make_meter(account, zones=zones, serial=f"А-{number[-1]}")
        factories.make_reading(
            meter, values=(4500,) * zones, taken_on=date(2026, 10, 22)
        )
    other = factories.make_branch("own", own_billing=True)
    theirs = factories.make_account(number=OTHER, branch=other)
    factories.make_reading(
        factories.make_meter(theirs, serial="А-0"), taken_on=date(2026, 10, 22)
    )


def replaced():
    Meter.update(removed_on=date(2026, 9, 1)).where(Meter.serial == "А-1").execute()


def hung():
    account = Account.get(Account.number == ONE)
    factories.make_meter(account, serial="З-1", digits=7)


def counted():
    Reading.update(state=ReadingState.COUNTED, counted_in=Month(2026, 9)).where(
        Reading.meter == Meter.get(Meter.serial == "А-9")
    ).execute()


def billed():
    factories.make_bill(Account.get(Account.number == ONE), month="2026-09")


READY = {
    "replaced": replaced,
    "hung": hung,
    "counted": counted,
    "billed": billed,
    "own": lambda: Branch.update(own_billing=True).execute(),
}

CASES = [
    # Rows as such.
    case(1, "payments", line="14.03.2026;12:29;9003;460000000001", column=""),
    case(2, "holders", line="460000000009;Ёж;01.10.2026;лишнее", column=""),
    case(3, "holders", line='460000000009;"Ёж;01.10.2026', column=""),
    case(4, "holders", line="460000000009;" + "х" * 100_001, column=""),
    cell(5, "holders", "ФИО", "Ёж\ue000"),
    cell(6, "holders", "ФИО", "Ё\x07ж"),
    cell(7, "holders", "ФИО", "х" * 241),
    cell(8, "holders", "ФИО", ""),
    cell(9, "holders", "ФИО", "=cmd|'/c calc'!A1"),
    case(
        10,
        "payments",
        line="=2;110,50",
        column="",
        after=("16.03.2026;;9003;{ONE};;;1,00",),
    ),
    # Accounts and keys.
    cell(11, "payments", "ЛС", "46ABC"),
    cell(12, "payments", "ЛС", "4,61279E+11"),
    cell(13, "readings", "ЛС", "469999999999", becomes="quarantined"),
    case(
        14,
        "holders",
        line="460000000001;Ёлкина Анна;15.10.2026",
        column="ЛС",
        becomes="repeated",
    ),
    case(15, "holders", line="460000000001;Другая Яна;15.10.2026", column="ЛС"),
    # Days, months, hours.
    cell(16, "readings", "Дата", "09/22/2026"),
    cell(17, "readings", "Дата", "31.09.2026"),
    cell(18, "readings", "Дата", "22.09.0026"),
    cell(19, "charges", "Период", "сентябрь"),
    cell(20, "charges", "Период", "13.2026"),
    cell(21, "payments", "Время", "утро"),
    cell(22, "payments", "Время", "25:61"),
    # Numbers.
    cell(23, "payments", "Сумма", "10,50 р"),
    cell(24, "payments", "Сумма", "=SUM(A1:A9)"),
    cell(25, "payments", "Сумма", "10,505"),
    cell(26, "payments", "Сумма", "9" * 16),
    cell(27, "payments", "Сумма", "-10,50"),
    cell(28, "readings", "Т1", "-5"),
    cell(29, "accounts", "Площадь", "28,95"),
    cell(30, "accounts", "Проживает", "двое"),
    cell(31, "accounts", "Проживает", "150"),
    # Words.
    cell(32, "accounts", "Категория", "посёлок"),
    cell(33, "accounts", "Филиал", "Кузница"),
    cell(34, "readings", "Источник", "сосед"),
    cell(35, "charges", "Основание", "прикидка"),
    # Meters.
    cell(36, "meters", "Зон", "4"),
    case(37, "meters", spoilt={"Сальдо Т2": "", "Кон.Т2": ""}, column="Сальдо Т2"),
    cell(38, "meters", "Сальдо Т3", "5"),
    cell(39, "meters", "Снят", ""),
    cell(40, "meters", "Кон.Т2", ""),
    cell(41, "meters", "Сальдо Т1", "100000"),
    cell(42, "meters", "Ктр", "0"),
    cell(43, "meters", "Разрядность", "12"),
    cell(44, "meters", "ЛС", "469999999999", becomes="quarantined"),
    # Replacements.
    cell(45, "replacements", "Новый счётчик", "А-1"),
    cell(46, "replacements", "Снятый счётчик", "Я-9", becomes="quarantined"),
    cell(47, "replacements", "Дата замены", "01.01.2020"),
    case(48, "replacements", column="Дата замены", before="replaced"),
    case(49, "replacements", column="Новый счётчик", before="hung"),
    cell(50, "replacements", "Кон.Т1", ""),
    # Readings.
    cell(51, "readings", "Заводской №", "Я-9", becomes="quarantined"),
    cell(52, "readings", "Т1", "100000"),
    cell(53, "readings", "Т2", "5"),
    cell(54, "readings", "Т1", ""),
    # Charges.
    cell(55, "charges", "Начислено", "-1,00"),
    case(56, "charges", column="Начислено", before="billed"),
    cell(57, "charges", "Период", "01.1999"),
    cell(58, "charges", "ЛС", OTHER),
    cell(59, "charges", "ЛС", "469999999999", becomes="quarantined"),
    # Payments.
    cell(60, "payments", "Код операции", "код 9003"),
    cell(61, "payments", "Код операции", "9001"),
    cell(62, "payments", "ЛС", "469999999999", becomes="quarantined"),
    cell(63, "payments", "ЛС", "", becomes="quarantined"),
    # What billing has counted.
    cell(64, "counted", "Дата", "01.10.2026"),
    case(65, "counted", column="Учтено в квитанции за", before="counted"),
    case(66, "counted", spoilt={"ЛС": OTHER, "Заводской №": "А-0"}, column="ЛС"),
    # Benefits.
    cell(67, "benefits", "ЛС", FIRM),
    cell(68, "benefits", "Процент", "150"),
    cell(69, "benefits", "Действует по", "01.01.2026"),
    cell(70, "benefits", "ЛС", "469999999999", becomes="quarantined"),
    # Papers of organisations.
    cell(71, "papers", "ЛС", ONE),
    cell(72, "papers", "Файл", "../a.pdf"),
    cell(73, "papers", "Файл", "b.pdf"),
    cell(74, "papers", "Файл", "a.exe"),
    cell(75, "papers", "Файл", "fake.pdf"),
    # Prices, rules, norms.
    cell(76, "tariffs", "Зона", "single"),
    cell(77, "tariffs", "Цена", "0"),
    cell(78, "tariffs", "Действует по", "01.06.2026"),
    cell(79, "rules", "value", "31"),
    cell(80, "key_rates", "rate_percent", "117,5"),
    cell(81, "norms", "residents", "много"),
    # Accounts nobody knows, of kinds where the thing they name is known by its account.
    cell(82, "counted", "ЛС", "469999999999", becomes="quarantined"),
    cell(83, "papers", "ЛС", "469999999999", becomes="quarantined"),
]
