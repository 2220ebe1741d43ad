"""What the receipt's one page holds: debts, the year, penalties, the longest that can be."""

import base64
import io
from dataclasses import replace
from datetime import date

import pytest
from PIL import Image
from pypdf import PdfReader

from cabinet.domain.billing import BenefitLine, OrderReason
from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.money import Money
from cabinet.domain.penalty import Pause
from cabinet.domain.period import Month
from cabinet.domain.tariff import Zone
from cabinet.domain.volume import Silence
from cabinet.pdf.bars import bars_uri
from cabinet.pdf.receipt import Doors, receipt_pdf
from cabinet.services.bills.receipt import MonthOwed, Recalculation
from tests import receipts

DOORS = Doors(
    pay="https://lk.example.ru/guest/pay",
    readings="https://lk.example.ru/guest/readings",
)
#: Nothing on the page is smaller, in points: less is not read at arm's length.
SMALLEST = 7


@pytest.fixture
def render(app):
    """Make the PDF of a receipt and read it."""

    def make(receipt, doors=DOORS):
        with app.app_context():
            return PdfReader(io.BytesIO(receipt_pdf(receipt, title="x", doors=doors)))

    return make


def words_of(document):
    return " ".join(" ".join(page.extract_text() for page in document.pages).split())


def type_of(document):
    """The sizes of type on the page, in points, and how many letters each has."""
    sizes = {}

    def visit(text, matrix, _, __, size):
        if text.strip():
            size = round(size * matrix[3], 2)
            sizes[size] = sizes.get(size, 0) + len(text)

    document.pages[0].extract_text(visitor_text=visit)
    return sizes


@pytest.mark.parametrize(
    "make", [receipts.receipt, receipts.roomy, receipts.longest, receipts.beyond]
)
def test_whatever_a_month_holds_it_is_one_page_that_can_be_read(render, make):
    document = render(make())
    assert len(document.pages) == 1
    assert min(type_of(document)) >= SMALLEST
    assert "kursk.example.org" in words_of(document)


def test_a_usual_receipt_is_in_large_type(render):
    sizes = type_of(render(receipts.receipt()))
    assert max(sizes, key=sizes.get) == 10


def test_a_recalculation_by_order_stands_with_its_paper_and_law(render):
    ordered = receipts.ordered(words="")
    said = words_of(render(replace(receipts.receipt(), orders=(ordered,))))
    assert (
        "Перерасчёт −300,50 ₽. Решение суда, документ № 2-117/2026 от 05.10.2026,"
        " за июль 2026 – сентябрь 2026: сумма по документу (статья 13 Гражданского"
        " процессуального кодекса)." in said
    )


@pytest.mark.parametrize(
    ("volume", "law"),
    [
        ({}, "По показаниям от 22 октября (личный кабинет), пункт 42 Правил."),
        (
            {"basis": ChargeBasis.AVERAGE, "silent": 2, "mean_of": 6},
            "показаний за этот месяц нет (пункт 59 «б» Правил).",
        ),
        (
            {"basis": ChargeBasis.NORM, "silent": 4},
            "показаний нет 4-й месяц подряд (пункт 60 Правил).",
        ),
        (
            {"basis": ChargeBasis.NORM, "silence": Silence.UNMETERED},
            "счётчика нет (пункт 42 Правил).",
        ),
        (
            {"basis": ChargeBasis.AVERAGE, "silence": Silence.UNVERIFIED},
            "(пункты 59 «г» и 81(12) Правил)",
        ),
        (
            {"bridged": Energy.from_kwh(40)},
            "поверка которого истекла (пункт 59 «г»).",
        ),
    ],
)
def test_each_way_a_volume_came_to_be_names_its_paragraph(render, volume, law):
    base = receipts.receipt()
    assert law in words_of(render(replace(base, volume=receipts.volume(**volume))))


@pytest.mark.parametrize(
    ("months", "act", "law"),
    [
        ((Month(2026, 8), Month(2026, 9)), "", "(пункт 42 Правил)."),
        ((Month(2026, 8), Month(2026, 9)), "17", "(пункт 61 Правил)."),
        ((None, None), "17", "(пункт 61 Правил)"),
    ],
)
def test_what_is_recalculated_names_its_paragraph(render, months, act, law):
    part = Recalculation(
        amount=Money(58_70),
        lines=(receipts.line(energy=Energy.from_kwh(10), amount=Money(58_70)),),
        first=months[0],
        last=months[1],
        measured=Energy.from_kwh(210),
        counted=Energy.from_kwh(200),
        act=act,
    )
    said = words_of(render(replace(receipts.receipt(), recalculation=part)))
    assert "Перерасчёт 58,70 ₽." in said
    assert law in said


def test_the_acts_of_prices_benefits_and_pauses_are_named(render):
    benefit = BenefitLine(
        title="ветеран",
        percent=5000,
        energy=Energy.from_kwh(70),
        amount=Money(2_00),
        document="удостоверение В-1",
    )
    pause = Pause(
        starts=date(2026, 8, 20),
        ends=date(2026, 8, 26),
        source="указ № 1 от 19.08.2026",
    )
    said = words_of(
        render(
            replace(
                receipts.receipt(),
                acts=("приказ комитета по тарифам № 1-э/5", "приказ № 2"),
                benefits=(benefit,),
                penalties=(receipts.late(Month(2026, 6)),),
                pauses=(pause,),
            )
        )
    )
    assert "Тариф: приказ комитета по тарифам № 1-э/5; приказ № 2." in said
    assert "социальной нормы, 2,00 ₽ (удостоверение В-1)." in said
    assert (
        "С 20.08.2026 по 25.08.2026 пени не начисляем (указ № 1 от 19.08.2026)." in said
    )


def test_a_month_without_an_act_names_none(render):
    assert "Тариф:" not in words_of(render(receipts.receipt()))


@pytest.mark.parametrize("make", [receipts.longest, receipts.beyond])
@pytest.mark.parametrize("count", [1, 3, 12])
@pytest.mark.parametrize("reason", [OrderReason.COURT, OrderReason.OTHER])
def test_orders_do_not_take_the_longest_receipt_off_its_page(
    render, make, count, reason
):
    ordered = tuple(
        receipts.ordered(
            reason=reason, document="12345678901234567890", words="слово " * 20
        )
        for _ in range(count)
    )
    document = render(replace(make(), orders=ordered))
    assert len(document.pages) == 1
    assert min(type_of(document)) >= SMALLEST
    assert "kursk.example.org" in words_of(document)


def test_the_months_of_debt_are_told_and_add_up(render):
    owed = (
        MonthOwed(Month(2026, 9), Money(61240)),
        MonthOwed(Month(2026, 10), Money(96876)),
    )
    said = words_of(render(receipts.receipt(debts=owed)))
    assert "Долг по месяцам. сен 2026: 612,40 ₽, окт 2026: 968,76 ₽." in said


def test_the_month_alone_is_no_list_of_debts(render):
    owed = (MonthOwed(Month(2026, 10), Money(96876)),)
    assert "Долг по месяцам" not in words_of(render(receipts.receipt(debts=owed)))


def test_debts_of_more_than_a_year_are_told_together(render):
    found = receipts.longest()
    assert len(found.debts) == 14
    said = words_of(render(found))
    assert "по окт 2025: 204 691,34 ₽, ноя 2025: 102 345,67 ₽" in said
    told = Money.total(one.amount for one in found.recent_debts)
    assert told + found.older_debt.amount == Money.total(o.amount for o in found.debts)


def test_penalties_tell_the_debt_the_days_and_their_part(render):
    said = words_of(
        render(replace(receipts.receipt(), penalties=(receipts.late(Month(2026, 5)),)))
    )
    assert "Долг × дни × доля ключевой ставки 9,5 %" in said
    assert (
        "май 2026: 12 345,67 × (60 дней × 1/300 + 61 день × 1/130) = 1 234,56,"
        " раньше 1 111,11" in said
    )


def test_penalties_of_several_rates_name_each(render):
    part = receipts.late(Month(2026, 5))
    other = replace(part.days[1], rate=850, base=Money(1000_00))
    part = replace(part, days=(part.days[0], other))
    said = words_of(render(replace(receipts.receipt(), penalties=(part,))))
    assert "12 345,67 × 9,5 % × 60 дней × 1/300 + 1 000,00 × 8,5 % × 61 день" in said


def test_penalties_of_many_payments_count_their_days_together():
    found = receipts.beyond()
    assert [part.whole for part in found.recent_penalties] == [310] * 12
    assert found.older_penalty.total == found.penalties[0].total
    assert Money.total(
        [found.older_penalty.amount, *(part.amount for part in found.recent_penalties)]
    ) == Money.total(part.amount for part in found.penalties)


def test_many_lines_of_zones_stand_as_columns(render):
    found = receipts.longest()
    assert found.zones == (Zone.PEAK, Zone.NIGHT, Zone.HALF_PEAK)
    assert [len(row) for row in found.stretches] == [3, 3]
    assert [len(row) for row in found.ranges] == [3, 3, 3]
    said = words_of(render(found))
    assert said.count("(125 949 − 123 949) × 20 = 40 000") == 6
    assert said.count("1 234,567 × 14,87654 = 18 366,08") == 9
    assert "№ 10834547100, 22.09.2026 – 22.10.2026, при снятии" in said


def test_a_zone_that_only_one_meter_has_leaves_a_blank():
    single = receipts.register()
    several = tuple(
        receipts.register(serial="2", zone=zone) for zone in (Zone.DAY, Zone.NIGHT)
    )
    found = receipts.receipt(volume=receipts.volume(registers=(single, *several)))
    assert found.stretches == [(single, None, None), (None, *several)]


def test_the_year_is_told_month_by_month(render):
    said = words_of(render(receipts.receipt()))
    assert "Расход за год, кВт·ч" in said
    assert "145 160 171 158 140 126 118 97 88 93 104 122" in said
    assert "ноя дек янв фев мар апр май июн июл авг сен окт" in said
    assert "Светлые: без показаний" in said


def test_a_month_without_a_bill_is_a_dash(render):
    year = receipts.year(*[None] * 11, 122)
    said = words_of(render(receipts.receipt(year=year)))
    assert "– – – – – – – – – – – 122" in said


def test_large_figures_are_told_in_thousands(render):
    said = words_of(render(receipts.longest()))
    assert "Расход за год, тыс. кВт·ч" in said
    assert "104 117 129" in said
    assert "215 228 240" in said


def test_without_a_year_there_is_no_chart(render):
    year = receipts.year(*[None] * 12)
    assert "Расход за год" not in words_of(render(receipts.receipt(year=year)))


def test_without_a_meter_nobody_is_asked_for_readings(render):
    said = words_of(render(receipts.receipt(meters=())))
    assert "Передать показания" not in said.replace("показания и мы", "")
    assert "guest/readings" not in said


def picture_of(uri):
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert(
        "RGB"
    )


def heights(uri, columns):
    """The height of each bar in dots, and its colour."""
    picture = picture_of(uri)
    step = picture.width // columns
    for column in range(columns):
        dots = [
            picture.getpixel((column * step + step // 2, y))
            for y in range(picture.height)
        ]
        dark = [dot for dot in dots if dot != (255, 255, 255)]
        assert dots == [(255, 255, 255)] * (len(dots) - len(dark)) + dark
        assert len(set(dark)) <= 1
        yield len(dark), dark[-1] if dark else None


def test_bars_are_as_high_as_their_values():
    values = [(100, False), (50, True), None, (0, False), (1, False), (-5, False)]
    read, pale = (0x12, 0x28, 0x3F), (0x9D, 0xB0, 0xC2)
    assert list(heights(bars_uri(values), 6)) == [
        (100, read),
        (50, pale),
        (0, None),
        (0, None),
        (2, read),
        (0, None),
    ]


def test_bars_of_nothing_are_blank():
    assert set(heights(bars_uri([None, (0, False)]), 2)) == {(0, None)}


def test_energy_of_the_year_is_told_whole(render):
    year = receipts.year(*[100] * 11, 99)
    year = (*year[:-1], replace(year[-1], energy=Energy(99_600)))
    assert "100 100 100" in words_of(render(receipts.receipt(year=year)))
