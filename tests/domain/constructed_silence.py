"""Months without readings, and what readings settle when they resume.

The norm is 100 kWh for each of two people; every bill is paid whole on the 10th of the
next month, unless told otherwise.
"""

from cabinet.domain.tariff import Plan
from tests.domain.constructed_form import (
    ACTUAL,
    AVERAGE,
    NORM,
    Bill,
    Case,
    after,
    home,
    meter,
    read,
    steady,
)
from tests.domain.constructed_readings import IN_SEPTEMBER

BY_AVERAGE = "decree 354, 59 «б»: the average of up to six months, for three periods"
BY_NORM = "decree 354, 60: the norm from the fourth period on"
TOO_FEW = "decree 354, 59 «б» and 60: fewer than three months give no average"
RESUMED = "decree 354, 59 «б», 61: the readings resume"


def sep(*shown, **more):
    return read("2026-09-22", *shown, **more)


def octo(*shown, **more):
    return read("2026-10-22", *shown, **more)


def bill(month, basis, kwh, lines, closing, **more):
    """A month; an opening above zero is paid on the 10th."""
    opening = more.get("opening", "0")
    if opening != "0" and not opening.startswith("−"):
        more = {"pays": (f"{month}-10: {opening}",)} | more
    return Bill(
        month=month,
        basis=basis,
        kwh=(kwh,) if isinstance(kwh, str) else kwh,
        lines=(lines,) if isinstance(lines, str) else lines,
        closing=closing,
        **more,
    )


def alike(first, count, basis, kwh, lines, closing, **more):
    return steady(
        first,
        count,
        basis=basis,
        kwh=(kwh,) if isinstance(kwh, str) else kwh,
        lines=(lines,) if isinstance(lines, str) else lines,
        closing=closing,
        **more,
    )


def case(name, source, household, before, *bills, **more):
    more = {"before": before} | more if before else more
    return Case(name=name, source=source, home=household, bills=bills, **more)


SILENCE = (
    case(
        "one silent month, resumed above the average",
        f"{BY_AVERAGE}; {RESUMED}",
        home(octo(1561)),
        after(1300, 110, 140, 80),
        bill(
            "2026-09",
            AVERAGE,
            "(110 + 140 + 80) / 3 = 110",
            "single 1: 110 × 5,87 = 645,70",
            "645,70",
        ),
        bill(
            "2026-10",
            ACTUAL,
            "(1561 − 1300) / 2 down to 130",
            "single 1: 130 × 6,52 = 847,60",
            "847,60 + 136,92 = 984,52",
            settled=("single: 261 − 130 − 110 = 21; 21 × 6,52 = 136,92",),
            opening="645,70",
        ),
    ),
    case(
        "two silent months, resumed below the average, then silent again",
        f"{BY_AVERAGE}; {RESUMED}",
        home(sep(2150), octo(2260)),
        after(2000, 100, 101, 102, on="2026-06-22"),
        *alike(
            "2026-07",
            2,
            AVERAGE,
            "(100 + 101 + 102) / 3 = 101",
            "single 1: 101 × 5,87 = 592,87",
            "592,87",
        ),
        bill(
            "2026-09",
            ACTUAL,
            "(2150 − 2000) / 3 = 50",
            "single 1: 50 × 5,87 = 293,50",
            "293,50 − 598,74 = −305,24",
            settled=("single: 150 − 50 − 2 × 101 = −102; −102 × 5,87 = −598,74",),
            opening="592,87",
        ),
        bill(
            "2026-10",
            ACTUAL,
            "2260 − 2150 = 110",
            "single 1: 110 × 6,52 = 717,20",
            "717,20 − 305,24 = 411,96",
            opening="−305,24",
        ),
        bill(
            # The silent months are known by nothing, the resumed one by its own part.
            "2026-11",
            AVERAGE,
            "(100 + 101 + 102 + 50 + 110) / 5 half-even 93",
            "single 1: 93 × 6,52 = 606,36",
            "606,36",
            opening="411,96",
        ),
    ),
    case(
        "three silent months by an average whose half goes to the even one",
        f"{BY_AVERAGE}; {RESUMED}",
        home(octo(5500)),
        after(5000, 100, 101, 100, 101, on="2026-06-22"),
        *alike(
            "2026-07",
            3,
            AVERAGE,
            "(100 + 101 + 100 + 101) / 4 half-even 100",
            "single 1: 100 × 5,87 = 587,00",
            "587,00",
        ),
        bill(
            "2026-10",
            ACTUAL,
            "(5500 − 5000) / 4 = 125",
            "single 1: 125 × 6,52 = 815,00",
            "815,00 + 489,00 = 1304,00",
            settled=("single: 500 − 125 − 3 × 100 = 75; 75 × 6,52 = 489,00",),
            opening="587,00",
        ),
    ),
    case(
        "four silent months, the fourth by the norm, are settled together",
        f"{BY_AVERAGE}; {BY_NORM}; {RESUMED}",
        home(octo(3700), residents=3, norm=110),
        after(3000, 80, 90, 100, on="2026-05-22"),
        *alike(
            "2026-06",
            3,
            AVERAGE,
            "(80 + 90 + 100) / 3 = 90",
            "single 1: 90 × 5,87 = 528,30",
            "528,30",
        ),
        bill(
            "2026-09",
            NORM,
            "3 × 110 = 330",
            "single 1: 330 × 5,87 = 1937,10",
            "1937,10",
            opening="528,30",
        ),
        bill(
            "2026-10",
            ACTUAL,
            "(3700 − 3000) / 5 = 140",
            "single 1: 140 × 6,52 = 912,80",
            "912,80 − 260,80 = 652,00",
            settled=("single: 700 − 140 − 3 × 90 − 330 = −40; −40 × 6,52 = −260,80",),
            opening="1937,10",
        ),
    ),
    case(
        "five silent months where those by the norm are not settled",
        f"{BY_AVERAGE}; {BY_NORM}; {RESUMED}",
        home(octo(2000), norm=110, settles_norm=False),
        after(1300, 100, 100, 100, on="2026-04-22"),
        *alike(
            "2026-05",
            3,
            AVERAGE,
            "(100 + 100 + 100) / 3 = 100",
            "single 1: 100 × 5,87 = 587,00",
            "587,00",
        ),
        bill(
            "2026-08",
            NORM,
            "2 × 110 = 220",
            "single 1: 220 × 5,87 = 1291,40",
            "1291,40",
            opening="587,00",
        ),
        bill(
            "2026-09",
            NORM,
            "2 × 110 = 220",
            "single 1: 220 × 5,87 = 1291,40",
            "1291,40",
            opening="1291,40",
        ),
        bill(
            "2026-10",
            ACTUAL,
            "(2000 − 1300) / 6 down to 116",
            "single 1: 116 × 6,52 = 756,32",
            "756,32 + 339,04 = 1095,36",
            # 700 less the own part and the shares of two months by the norm, against
            # three months by the average.
            settled=("single: 700 − 116 − 2 × 116 − 3 × 100 = 52; 52 × 6,52 = 339,04",),
            opening="1291,40",
        ),
    ),
    case(
        "six silent months of two zones",
        f"{BY_AVERAGE}; {BY_NORM}; {RESUMED}",
        home(octo(5900, 2370), meters=[meter((1000, 500))], plan=Plan.TWO),
        after((5000, 2000), (100, 40), (110, 50), (90, 30), on="2026-03-22"),
        *alike(
            "2026-04",
            3,
            AVERAGE,
            ("(100 + 110 + 90) / 3 = 100", "(40 + 50 + 30) / 3 = 40"),
            ("day 1: 100 × 6,73 = 673,00", "night 1: 40 × 4,58 = 183,20"),
            "856,20",
            charged="673,00 + 183,20 = 856,20",
        ),
        bill(
            "2026-07",
            NORM,
            ("200 − 60 = 140", "2 × 100 × 30 / 100 = 60"),
            ("day 1: 140 × 6,73 = 942,20", "night 1: 60 × 4,58 = 274,80"),
            "1217,00",
            charged="942,20 + 274,80 = 1217,00",
            opening="856,20",
        ),
        *alike(
            "2026-08",
            2,
            NORM,
            ("200 − 60 = 140", "2 × 100 × 30 / 100 = 60"),
            ("day 1: 140 × 6,73 = 942,20", "night 1: 60 × 4,58 = 274,80"),
            "1217,00",
            charged="942,20 + 274,80 = 1217,00",
            opening="1217,00",
        ),
        bill(
            "2026-10",
            ACTUAL,
            ("(5900 − 5000) / 7 down to 128", "(2370 − 2000) / 7 down to 52"),
            ("day 1: 128 × 7,48 = 957,44", "night 1: 52 × 5,09 = 264,68"),
            "1222,12 + 480,58 = 1702,70",
            charged="957,44 + 264,68 = 1222,12",
            settled=(
                "day: 900 − 128 − 3 × 100 − 3 × 140 = 52; 52 × 7,48 = 388,96",
                "night: 370 − 52 − 3 × 40 − 3 × 60 = 18; 18 × 5,09 = 91,62",
            ),
            recalculated="388,96 + 91,62 = 480,58",
            opening="1217,00",
        ),
    ),
    case(
        "seven silent months of three zones from the very first on",
        f"{TOO_FEW}; {RESUMED}",
        home(
            octo(1480, 700, 2399),
            meters=[meter((1000, 500, 2000))],
            plan=Plan.THREE,
            residents=3,
            norm=55,
        ),
        None,
        *alike(
            "2026-03",
            7,
            NORM,
            (
                "165 − 41 − 74 = 50",
                "3 × 55 × 25 / 100 half-even 41",
                "3 × 55 × 45 / 100 half-even 74",
            ),
            (
                "peak 1: 50 × 7,16 = 358,00",
                "night 1: 41 × 4,58 = 187,78",
                "half_peak 1: 74 × 5,87 = 434,38",
            ),
            "980,16",
            charged="358,00 + 187,78 + 434,38 = 980,16",
        ),
        bill(
            "2026-10",
            ACTUAL,
            (
                "(1480 − 1000) / 8 = 60",
                "(700 − 500) / 8 = 25",
                "(2399 − 2000) / 8 down to 49",
            ),
            (
                "peak 1: 60 × 7,96 = 477,60",
                "night 1: 25 × 5,09 = 127,25",
                "half_peak 1: 49 × 6,52 = 319,48",
            ),
            "924,33 − 1108,24 = −183,91",
            charged="477,60 + 127,25 + 319,48 = 924,33",
            settled=(
                "peak: 480 − 60 − 7 × 50 = 70; 70 × 7,96 = 557,20",
                "night: 200 − 25 − 7 × 41 = −112; −112 × 5,09 = −570,08",
                "half_peak: 399 − 49 − 7 × 74 = −168; −168 × 6,52 = −1095,36",
            ),
            recalculated="557,20 − 570,08 − 1095,36 = −1108,24",
            opening="980,16",
        ),
    ),
    case(
        "eight silent months across the change of prices",
        f"{BY_AVERAGE}; {BY_NORM}; {RESUMED}",
        home(read("2026-11-22", 11500)),
        after(10000, 120, 100, 140, on="2026-02-22"),
        *alike(
            "2026-03",
            3,
            AVERAGE,
            "(120 + 100 + 140) / 3 = 120",
            "single 1: 120 × 5,87 = 704,40",
            "704,40",
        ),
        bill(
            "2026-06",
            NORM,
            "2 × 100 = 200",
            "single 1: 200 × 5,87 = 1174,00",
            "1174,00",
            opening="704,40",
        ),
        *alike(
            "2026-07",
            3,
            NORM,
            "2 × 100 = 200",
            "single 1: 200 × 5,87 = 1174,00",
            "1174,00",
            opening="1174,00",
        ),
        bill(
            "2026-10",
            NORM,
            "2 × 100 = 200",
            "single 1: 200 × 6,52 = 1304,00",
            "1304,00",
            opening="1174,00",
        ),
        bill(
            "2026-11",
            ACTUAL,
            "(11 500 − 10 000) / 9 down to 166",
            "single 1: 166 × 6,52 = 1082,32",
            "1082,32 − 169,52 = 912,80",
            settled=(
                "single: 1500 − 166 − 3 × 120 − 5 × 200 = −26; −26 × 6,52 = −169,52",
            ),
            opening="1304,00",
        ),
    ),
    case(
        "two known months are too few for an average, the resumed one makes three",
        f"{TOO_FEW}; {RESUMED}",
        home(octo(1500)),
        after(1300, 100, 120),
        bill(
            "2026-09",
            NORM,
            "2 × 100 = 200",
            "single 1: 200 × 5,87 = 1174,00",
            "1174,00",
        ),
        bill(
            "2026-10",
            ACTUAL,
            "(1500 − 1300) / 2 = 100",
            "single 1: 100 × 6,52 = 652,00",
            "652,00 − 652,00 = 0",
            settled=("single: 200 − 100 − 200 = −100; −100 × 6,52 = −652,00",),
            opening="1174,00",
        ),
        bill(
            "2026-11",
            AVERAGE,
            "(100 + 120 + 100) / 3 half-even 107",
            "single 1: 107 × 6,52 = 697,64",
            "697,64",
        ),
    ),
    case(
        "the average is of the last six months known",
        BY_AVERAGE,
        home(sep(1420)),
        after(1300, 900, 60, 60, 60, 60, 60),
        bill(
            "2026-09",
            ACTUAL,
            "1420 − 1300 = 120",
            "single 1: 120 × 5,87 = 704,40",
            "704,40",
        ),
        bill(
            # The 900 of March are forgotten.
            "2026-10",
            AVERAGE,
            "(60 + 60 + 60 + 60 + 60 + 120) / 6 = 70",
            "single 1: 70 × 6,52 = 456,40",
            "456,40",
            opening="704,40",
        ),
    ),
    case(
        "a recalculation is in the first range, whatever its size",
        RESUMED,
        home(octo(11300)),
        after(1300, 100, 100, 100),
        bill(
            "2026-09",
            AVERAGE,
            "(100 + 100 + 100) / 3 = 100",
            "single 1: 100 × 5,87 = 587,00",
            "587,00",
        ),
        bill(
            "2026-10",
            ACTUAL,
            "(11 300 − 1300) / 2 = 5000",
            (
                "single 1: 3900 × 6,52 = 25 428,00",
                "single 2: 5000 − 3900 = 1100; 1100 × 9,44 = 10 384,00",
            ),
            "35 812,00 + 31 948,00 = 67 760,00",
            charged="25 428,00 + 10 384,00 = 35 812,00",
            settled=("single: 10 000 − 5000 − 100 = 4900; 4900 × 6,52 = 31 948,00",),
            opening="587,00",
        ),
    ),
    case(
        "a recalculation has the price of the last day of a month it changes in",
        RESUMED,
        home(sep(1540)),
        after(1300, 100, 100, 100, on="2026-07-22", silent=[(100, AVERAGE)]),
        bill(
            "2026-09",
            ACTUAL,
            "(1540 − 1300) / 2 = 120",
            (
                "single 1: 120 × 15 / 30 = 60; 60 × 5 = 300,00",
                "single 1: 120 − 60 = 60; 60 × 6 = 360,00",
            ),
            "660,00 + 120,00 = 780,00",
            charged="300,00 + 360,00 = 660,00",
            settled=("single: 240 − 120 − 100 = 20; 20 × 6 = 120,00",),
        ),
        rates=IN_SEPTEMBER,
    ),
    case(
        "readings resume through zero with a ratio and settle nothing",
        RESUMED,
        home(sep(10), meters=[meter(ratio=20)]),
        after(99990, 200, 200, 200, on="2026-07-22", silent=[(200, AVERAGE)]),
        bill(
            "2026-09",
            ACTUAL,
            "(100 000 − 99 990 + 10) × 20 / 2 = 200",
            "single 1: 200 × 5,87 = 1174,00",
            "1174,00",
        ),
    ),
    case(
        "a closing register alone leaves the month silent",
        f"{BY_AVERAGE}; decree 354, 42: the meter was replaced",
        home(
            octo(90, serial="2"),
            meters=[
                meter(removed="2026-09-10", closing=1350),
                meter(0, on="2026-09-10", serial="2"),
            ],
        ),
        after(1300, 100, 100, 100),
        bill(
            "2026-09",
            AVERAGE,
            "(100 + 100 + 100) / 3 = 100",
            "single 1: 100 × 5,87 = 587,00",
            "587,00",
        ),
        bill(
            "2026-10",
            ACTUAL,
            "((1350 − 1300) + (90 − 0)) / 2 = 70",
            "single 1: 70 × 6,52 = 456,40",
            "456,40 − 195,60 = 260,80",
            settled=("single: 140 − 70 − 100 = −30; −30 × 6,52 = −195,60",),
            opening="587,00",
        ),
    ),
    case(
        "a replacement ends the silence",
        f"{RESUMED}; decree 354, 42: the meter was replaced",
        home(
            sep(60, serial="2"),
            meters=[
                meter(removed="2026-09-10", closing=1400),
                meter(0, on="2026-09-10", serial="2"),
            ],
        ),
        after(1300, 100, 100, 100, on="2026-07-22", silent=[(100, AVERAGE)]),
        bill(
            "2026-09",
            ACTUAL,
            "((1400 − 1300) + (60 − 0)) / 2 = 80",
            "single 1: 80 × 5,87 = 469,60",
            "469,60 − 117,40 = 352,20",
            settled=("single: 160 − 80 − 100 = −20; −20 × 5,87 = −117,40",),
        ),
    ),
)
