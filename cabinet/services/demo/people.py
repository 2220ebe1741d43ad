"""Who lives in the demonstration: people, their accounts and meters, all invented.

Account numbers begin with 99 so that they never meet those of the sample registry.
"""

from dataclasses import dataclass, field
from datetime import date

from cabinet.domain.metering import ReadingSource
from cabinet.domain.people import AccessLevel, Role
from cabinet.domain.period import Month

PASSWORD = "demo-svet-2026"  # noqa: S105 - printed on the demonstration's own page

#: Readings of named customers begin here, so that the year before can be shown.
FIRST_MONTH = Month(2025, 1)
LAST_MONTH = Month(2026, 10)
#: Prices are known from here on, so bills begin here.
FIRST_BILL = Month(2026, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoMeter:
    """A meter and how its registers move: kWh of a usual month, in the order T1 to T3.

    `seasons` are per cent of a usual month from January to December.
    """

    serial: str
    model: str
    digits: int
    start: tuple[int, ...]
    usual: tuple[int, ...]
    seasons: tuple[int, ...]
    installed_on: date
    verified_until: date
    removed_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccount:
    """An account of a named customer and what is special about its months.

    `paid_ahead` are roubles paid above the last bill.
    """

    number: str
    branch: str
    holder: str
    address: str
    category: str
    residents: int
    rooms: int
    norm: int
    area: str
    opened_on: date
    meters: tuple[DemoMeter, ...]
    source: ReadingSource = ReadingSource.CABINET
    silent: frozenset[Month] = frozenset()
    first_month: Month = FIRST_MONTH
    unpaid_from: Month | None = None
    paid_ahead: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAccess:
    """What a person may see; `granted_by` is the owner who let them in, by e-mail."""

    number: str
    slug: str
    label: str = ""
    level: AccessLevel = AccessLevel.FULL
    since: date | None = None
    granted_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPerson:
    """A person who can sign in, and in a line what is to be seen with them.

    `factor` is the secret of the one-time codes of staff: the same in every
    demonstration, so that its own page can show the code.
    """

    email: str
    name: str
    about: str
    role: Role = Role.CUSTOMER
    accesses: tuple[DemoAccess, ...] = ()
    branches: tuple[str, ...] = field(default=())
    factor: str = ""
    is_reminded: bool = False


_FLAT = (108, 100, 98, 92, 88, 84, 82, 88, 94, 102, 106, 112)
_DACHA = (20, 15, 25, 80, 160, 190, 210, 200, 150, 80, 40, 30)
_HOUSE = (135, 130, 115, 95, 80, 72, 70, 74, 88, 104, 118, 132)

ACCOUNTS: tuple[DemoAccount, ...] = (
    DemoAccount(
        number="990100000017",
        branch="Тверь",
        holder="Петрова Мария Сергеевна",
        address="Тверская область, Тверь, ул. Садовая, д. 14, кв. 27",
        category="город, газовая плита",
        residents=2,
        rooms=2,
        norm=89,
        area="54,3",
        opened_on=date(2018, 4, 2),
        unpaid_from=Month(2026, 10),
        meters=(
            DemoMeter(
                serial="41520876",
                model="Меркурий 201.5",
                digits=5,
                start=(21_846,),
                usual=(172,),
                seasons=_FLAT,
                installed_on=date(2018, 4, 2),
                verified_until=date(2034, 4, 2),
            ),
        ),
    ),
    DemoAccount(
        number="990100000025",
        branch="Тверь",
        holder="Петрова Мария Сергеевна",
        address="Тверская область, дер. Лужки, д. 8",
        category="село",
        residents=1,
        rooms=2,
        norm=89,
        area="38,0",
        opened_on=date(2019, 5, 20),
        meters=(
            DemoMeter(
                serial="30714522",
                model="Нева МТ 114",
                digits=6,
                start=(14_207, 5_618),
                usual=(96, 38),
                seasons=_DACHA,
                installed_on=date(2019, 5, 20),
                verified_until=date(2027, 1, 15),
            ),
        ),
    ),
    DemoAccount(
        number="990300000031",
        branch="Смоленск",
        holder="Петрова Мария Сергеевна",
        address="Смоленская область, дер. Озёрная, д. 3",
        category="село",
        residents=3,
        rooms=4,
        norm=71,
        area="112,5",
        opened_on=date(2020, 9, 1),
        paid_ahead=1500,
        meters=(
            DemoMeter(
                serial="18830045",
                model="СЕ 102М",
                digits=5,
                start=(97_382, 61_204, 88_915),
                usual=(118, 205, 164),
                seasons=_HOUSE,
                installed_on=date(2020, 9, 1),
                verified_until=date(2036, 9, 1),
            ),
        ),
    ),
    DemoAccount(
        number="990200000043",
        branch="Курск",
        holder="Орлов Пётр Ильич",
        address="Курская область, Льгов, ул. Мира, д. 21, кв. 5",
        category="город, газовая плита",
        residents=3,
        rooms=2,
        norm=75,
        area="47,9",
        opened_on=date(2015, 2, 1),
        unpaid_from=Month(2026, 5),
        meters=(
            DemoMeter(
                serial="22907314",
                model="Энергомера СЕ101",
                digits=5,
                start=(45_118,),
                usual=(236,),
                seasons=_FLAT,
                installed_on=date(2015, 2, 1),
                verified_until=date(2031, 2, 1),
            ),
        ),
    ),
    DemoAccount(
        number="990400000059",
        branch="Мурманск",
        holder="Лебедева Анна Павловна",
        address="Мурманская область, Апатиты, ул. Победы, д. 9, кв. 61",
        category="город, электроплита",
        residents=2,
        rooms=3,
        norm=96,
        area="61,2",
        opened_on=date(2016, 11, 8),
        source=ReadingSource.PHONE,
        meters=(
            DemoMeter(
                serial="07735118",
                model="Меркурий 201.5",
                digits=5,
                start=(68_340,),
                usual=(305,),
                seasons=_HOUSE,
                installed_on=date(2016, 11, 8),
                verified_until=date(2026, 7, 14),
                removed_on=date(2026, 7, 14),
            ),
            DemoMeter(
                serial="60021947",
                model="Милур 107",
                digits=6,
                start=(0,),
                usual=(305,),
                seasons=_HOUSE,
                installed_on=date(2026, 7, 14),
                verified_until=date(2042, 7, 14),
            ),
        ),
    ),
    DemoAccount(
        number="990300000064",
        branch="Смоленск",
        holder="Зайцев Олег Николаевич",
        address="Смоленская область, Вязьма, пер. Школьный, д. 2, кв. 18",
        category="город, газовая плита",
        residents=1,
        rooms=1,
        norm=125,
        area="33,0",
        opened_on=date(2017, 6, 15),
        silent=frozenset({Month(2026, 9), Month(2026, 10)}),
        meters=(
            DemoMeter(
                serial="54714638",
                model="Меркурий 201.5",
                digits=5,
                start=(9_275,),
                usual=(128,),
                seasons=_FLAT,
                installed_on=date(2017, 6, 15),
                verified_until=date(2033, 6, 15),
            ),
        ),
    ),
    DemoAccount(
        number="990100000078",
        branch="Тверь",
        holder="Морозов Илья Андреевич",
        address="Тверская область, Тверь, пр-т Победы, д. 40, кв. 112",
        category="город, электроплита",
        residents=2,
        rooms=1,
        norm=110,
        area="36,8",
        opened_on=date(2026, 11, 10),
        first_month=Month(2026, 11),
        meters=(
            DemoMeter(
                serial="71105290",
                model="Нева МТ 114",
                digits=6,
                start=(3, 1),
                usual=(140, 60),
                seasons=_FLAT,
                installed_on=date(2026, 11, 10),
                verified_until=date(2042, 11, 10),
            ),
        ),
    ),
)

_BRANCHES = ("kursk", "murmansk", "smolensk", "tver")

PEOPLE: tuple[DemoPerson, ...] = (
    DemoPerson(
        email="client@example.org",
        name="Мария Петрова",
        about="Три счёта: квартира с одной зоной, дача с двумя, дом у озера с тремя."
        " В доме счётчик вот-вот перейдёт через ноль. Показания за ноябрь не переданы;"
        " 23 ноября придут напоминания.",
        is_reminded=True,
        accesses=(
            DemoAccess(number="990100000017", slug="kvartira", label="Квартира"),
            DemoAccess(number="990100000025", slug="dacha", label="Дача"),
            DemoAccess(number="990300000031", slug="dom", label="Дом у озера"),
        ),
    ),
    DemoPerson(
        email="debt@example.org",
        name="Пётр Орлов",
        about="Не платит с мая: долг и просроченные квитанции.",
        accesses=(DemoAccess(number="990200000043", slug="kvartira"),),
    ),
    DemoPerson(
        email="replaced@example.org",
        name="Анна Лебедева",
        about="Счётчик заменён 14 июля: в истории и в квитанции за июль их два.",
        accesses=(DemoAccess(number="990400000059", slug="kvartira"),),
    ),
    DemoPerson(
        email="silent@example.org",
        name="Олег Зайцев",
        about="Два месяца без показаний: сентябрь и октябрь начислены по среднему.",
        accesses=(DemoAccess(number="990300000064", slug="kvartira"),),
    ),
    DemoPerson(
        email="new@example.org",
        name="Илья Морозов",
        about="Въехал 10 ноября: ни показаний, ни квитанций ещё нет.",
        accesses=(
            DemoAccess(
                number="990100000078", slug="kvartira", since=date(2026, 11, 10)
            ),
        ),
    ),
    DemoPerson(
        email="helper@example.org",
        name="Светлана Ким",
        about="Передаёт показания за «Дачу» и «Квартиру» Марии; денег не видит.",
        accesses=(
            DemoAccess(
                number="990100000025",
                slug="dacha",
                label="Дача Марии",
                level=AccessLevel.READINGS,
                since=date(2026, 1, 1),
                granted_by="client@example.org",
            ),
            DemoAccess(
                number="990100000017",
                slug="kvartira",
                label="Квартира Марии",
                level=AccessLevel.READINGS,
                since=date(2026, 1, 1),
                granted_by="client@example.org",
            ),
        ),
    ),
    DemoPerson(
        email="company@example.org",
        name="Нина Белова",
        about="Бухгалтер пекарни: счета и УПД организации приходят файлами.",
        accesses=(DemoAccess(number="990100000085", slug="pekarnya", label="Пекарня"),),
    ),
    DemoPerson(
        email="energetik@example.org",
        name="Виктор Громов",
        about="Энергетик той же пекарни: передаёт показания, счетов не видит.",
        accesses=(
            DemoAccess(
                number="990100000085",
                slug="pekarnya",
                label="Пекарня",
                level=AccessLevel.READINGS,
                granted_by="company@example.org",
            ),
        ),
    ),
    DemoPerson(
        email="operator@example.org",
        name="Ольга Смирнова",
        about="Оператор четырёх отделений: очередь показаний на проверке.",
        role=Role.OPERATOR,
        branches=_BRANCHES,
        factor="DEMOOPERATOR".ljust(32, "A"),
    ),
    DemoPerson(
        email="supervisor@example.org",
        name="Ирина Соколова",
        about="Старший оператор тех же отделений.",
        role=Role.SUPERVISOR,
        branches=_BRANCHES,
        factor="DEMOSUPERVISOR".ljust(32, "B"),
    ),
    DemoPerson(
        email="admin@example.org",
        name="Андрей Власов",
        about="Администратор.",
        role=Role.ADMIN,
        branches=_BRANCHES,
        factor="DEMOADMIN".ljust(32, "C"),
    ),
)
