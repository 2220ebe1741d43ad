"""Months counted by readings: meters, ranges, prices, plans and benefits."""

from dataclasses import replace

from cabinet.domain.tariff import Plan
from tests.domain.constructed_form import (
    ACTUAL,
    NORM,
    UNMETERED,
    Bill,
    Case,
    benefit,
    home,
    meter,
    own_rates,
    read,
)

BY_METER = "decree 354, 42: by the readings of the meter"
BY_TARIFF = "decree 354, 38: by the tariff in force"
BY_RANGE = "decree 354, 38: tariffs by ranges of consumption, 3900 and 6000 kWh"
HEATED = "decree 354, 38: ranges of a dwelling heated by electricity, 7020 and 10 800"
REPLACED = "decree 354, 42: the meter was replaced"
BENEFIT = "Housing Code, 159 and 160: a part of the price within the social norm"

ULYANOVSK = own_rates(
    ("single", 1, "4,93", "2025-01-01"),
    ("single", 2, "8,27", "2025-01-01"),
    ("single", 3, "9,47", "2025-01-01"),
)
FROM_THE_16TH = own_rates(
    ("single", 1, "5", "2026-01-01", "2026-07-16"),
    ("single", 2, "7", "2026-01-01", "2026-07-16"),
    ("single", 1, "6", "2026-07-16"),
    ("single", 2, "8", "2026-07-16"),
)
IN_SEPTEMBER = own_rates(
    ("single", 1, "5", "2026-01-01", "2026-09-16"),
    ("single", 1, "6", "2026-09-16"),
    ("day", 1, "6", "2026-01-01", "2026-09-16"),
    ("day", 1, "7", "2026-09-16"),
    ("night", 1, "4", "2026-01-01"),
)
ON_THE_11TH = own_rates(
    ("single", 1, "5", "2026-01-01", "2026-07-11"),
    ("single", 1, "6", "2026-07-11"),
)


def sep(*shown, **more):
    return read("2026-09-22", *shown, **more)


def one(name, source, household, kwh, lines, closing, **more):
    """One month of readings, September 2026 unless told otherwise."""
    month, basis = more.pop("month", "2026-09"), more.pop("basis", ACTUAL)
    of_case = ("rates", "benefits", "social_norm", "is_heated")
    return Case(
        name=name,
        source=source,
        home=household,
        **{key: more.pop(key) for key in of_case if key in more},
        bills=(
            Bill(
                month=month,
                basis=basis,
                kwh=(kwh,) if isinstance(kwh, str) else kwh,
                lines=(lines,) if isinstance(lines, str) else lines,
                closing=closing,
                **more,
            ),
        ),
    )


METERS = (
    one(
        "the newest of two readings of a month counts",
        BY_METER,
        home(read("2026-09-10", 1100), sep(1120)),
        "1120 − 1000 = 120",
        "single 1: 120 × 5,87 = 704,40",
        "704,40",
    ),
    one(
        "half a kopeck goes up",
        BY_METER,
        home(sep("1000,5")),
        "1000,5 − 1000 = 0,5",
        "single 1: 0,5 × 5,87 = 2,935 → 2,94",
        "2,94",
    ),
    one(
        "a register with tenths",
        BY_METER,
        home(sep("1120,8"), meters=[meter("1000,5")]),
        "1120,8 − 1000,5 = 120,3",
        "single 1: 120,3 × 5,87 = 706,161 → 706,16",
        "706,16",
    ),
    one(
        "five digits go through zero",
        BY_METER,
        home(sep(11), meters=[meter(99986)]),
        "100 000 − 99 986 + 11 = 25",
        "single 1: 25 × 5,87 = 146,75",
        "146,75",
    ),
    one(
        "five digits go through zero with a ratio of twenty",
        BY_METER,
        home(sep(11), meters=[meter(99986, ratio=20)]),
        "(100 000 − 99 986 + 11) × 20 = 500",
        "single 1: 500 × 5,87 = 2935,00",
        "2935,00",
    ),
    one(
        "six digits go through zero",
        BY_METER,
        home(sep(30), meters=[meter(999950, digits=6)]),
        "1 000 000 − 999 950 + 30 = 80",
        "single 1: 80 × 5,87 = 469,60",
        "469,60",
    ),
    one(
        "one zone of two goes through zero",
        BY_METER,
        home(sep(90, 60), meters=[meter((99990, 20))], plan=Plan.TWO),
        ("100 000 − 99 990 + 90 = 100", "60 − 20 = 40"),
        ("day 1: 100 × 6,73 = 673,00", "night 1: 40 × 4,58 = 183,20"),
        "856,20",
        charged="673,00 + 183,20 = 856,20",
    ),
    one(
        "a ratio of twenty multiplies each zone",
        BY_METER,
        home(sep(1010, 503), meters=[meter((1000, 500), ratio=20)], plan=Plan.TWO),
        ("(1010 − 1000) × 20 = 200", "(503 − 500) × 20 = 60"),
        ("day 1: 200 × 6,73 = 1346,00", "night 1: 60 × 4,58 = 274,80"),
        "1620,80",
        charged="1346,00 + 274,80 = 1620,80",
    ),
    Case(
        name="nothing was used, and then something",
        source=BY_METER,
        home=home(sep(1000), read("2026-10-22", 1050)),
        bills=(
            Bill(
                month="2026-09",
                basis=ACTUAL,
                kwh=("1000 − 1000 = 0",),
                lines=("single 1: 0 × 5,87 = 0,00",),
                closing="0",
            ),
            Bill(
                month="2026-10",
                basis=ACTUAL,
                kwh=("1050 − 1000 = 50",),
                lines=("single 1: 50 × 6,52 = 326,00",),
                closing="326,00",
            ),
        ),
    ),
    Case(
        name="a reading after the window counts in the next month",
        source="decree 354, 42, 59 «б», 60: readings by the 25th",
        home=home(read("2026-09-27", 1150, period="2026-10"), read("2026-11-22", 1250)),
        bills=(
            Bill(
                month="2026-09",
                basis=NORM,
                kwh=("2 × 100 = 200",),
                lines=("single 1: 200 × 5,87 = 1174,00",),
                closing="1174,00",
            ),
            Bill(
                month="2026-10",
                basis=ACTUAL,
                kwh=("(1150 − 1000) / 2 = 75",),
                lines=("single 1: 75 × 6,52 = 489,00",),
                settled=("single: 150 − 75 − 200 = −125; −125 × 6,52 = −815,00",),
                opening="1174,00",
                pays=("2026-10-10: 1174,00",),
                closing="489,00 − 815,00 = −326,00",
            ),
            Bill(
                month="2026-11",
                basis=ACTUAL,
                kwh=("1250 − 1150 = 100",),
                lines=("single 1: 100 × 6,52 = 652,00",),
                opening="−326,00",
                closing="652,00 − 326,00 = 326,00",
            ),
        ),
    ),
    one(
        "a meter replaced by one of another ratio",
        REPLACED,
        home(
            sep(12, serial="2"),
            meters=[
                meter(removed="2026-09-10", closing=1050),
                meter(7, on="2026-09-10", serial="2", ratio=20),
            ],
        ),
        "(1050 − 1000) + (12 − 7) × 20 = 150",
        "single 1: 150 × 5,87 = 880,50",
        "880,50",
    ),
    one(
        "an old meter of four digits and a ratio goes through zero before it goes",
        REPLACED,
        home(
            sep(37, serial="2"),
            meters=[
                meter(9998, digits=4, ratio=20, removed="2026-09-10", closing=3),
                meter(7, on="2026-09-10", serial="2"),
            ],
        ),
        "(10 000 − 9998 + 3) × 20 + (37 − 7) = 130",
        "single 1: 130 × 5,87 = 763,10",
        "763,10",
    ),
    one(
        "two replacements in one month",
        REPLACED,
        home(
            sep(40, serial="3"),
            meters=[
                meter(removed="2026-09-05", closing=1050),
                meter(7, on="2026-09-05", serial="2", removed="2026-09-15", closing=25),
                meter(0, on="2026-09-15", serial="3"),
            ],
        ),
        "(1050 − 1000) + (25 − 7) + (40 − 0) = 108",
        "single 1: 108 × 5,87 = 633,96",
        "633,96",
    ),
)

PRICES = (
    Case(
        name="the price of one zone changes on 1 October 2026",
        source=BY_TARIFF,
        home=home(sep(1100), read("2026-10-22", 1200)),
        bills=(
            Bill(
                month="2026-09",
                basis=ACTUAL,
                kwh=("1100 − 1000 = 100",),
                lines=("single 1: 100 × 5,87 = 587,00",),
                closing="587,00",
            ),
            Bill(
                month="2026-10",
                basis=ACTUAL,
                kwh=("1200 − 1100 = 100",),
                lines=("single 1: 100 × 6,52 = 652,00",),
                opening="587,00",
                pays=("2026-10-10: 587,00",),
                closing="652,00",
            ),
        ),
    ),
    Case(
        name="the prices of two zones change on 1 October 2026",
        source=BY_TARIFF,
        home=home(
            sep(1100, 540),
            read("2026-10-22", 1210, 585),
            meters=[meter((1000, 500))],
            plan=Plan.TWO,
        ),
        bills=(
            Bill(
                month="2026-09",
                basis=ACTUAL,
                kwh=("1100 − 1000 = 100", "540 − 500 = 40"),
                lines=("day 1: 100 × 6,73 = 673,00", "night 1: 40 × 4,58 = 183,20"),
                charged="673,00 + 183,20 = 856,20",
                closing="856,20",
            ),
            Bill(
                month="2026-10",
                basis=ACTUAL,
                kwh=("1210 − 1100 = 110", "585 − 540 = 45"),
                lines=("day 1: 110 × 7,48 = 822,80", "night 1: 45 × 5,09 = 229,05"),
                charged="822,80 + 229,05 = 1051,85",
                opening="856,20",
                pays=("2026-10-10: 856,20",),
                closing="1051,85",
            ),
        ),
    ),
    Case(
        name="the prices of three zones change on 1 October 2026",
        source=BY_TARIFF,
        home=home(
            sep(1060, 530, 2090),
            read("2026-10-22", 1105, 552, 2155),
            meters=[meter((1000, 500, 2000))],
            plan=Plan.THREE,
        ),
        bills=(
            Bill(
                month="2026-09",
                basis=ACTUAL,
                kwh=("1060 − 1000 = 60", "530 − 500 = 30", "2090 − 2000 = 90"),
                lines=(
                    "peak 1: 60 × 7,16 = 429,60",
                    "night 1: 30 × 4,58 = 137,40",
                    "half_peak 1: 90 × 5,87 = 528,30",
                ),
                charged="429,60 + 137,40 + 528,30 = 1095,30",
                closing="1095,30",
            ),
            Bill(
                month="2026-10",
                basis=ACTUAL,
                kwh=("1105 − 1060 = 45", "552 − 530 = 22", "2155 − 2090 = 65"),
                lines=(
                    "peak 1: 45 × 7,96 = 358,20",
                    "night 1: 22 × 5,09 = 111,98",
                    "half_peak 1: 65 × 6,52 = 423,80",
                ),
                charged="358,20 + 111,98 + 423,80 = 893,98",
                opening="1095,30",
                pays=("2026-10-10: 1095,30",),
                closing="893,98",
            ),
        ),
    ),
    one(
        "a price that changes on the 16th of a month of 30 days",
        BY_TARIFF,
        home(sep(1090)),
        "1090 − 1000 = 90",
        (
            "single 1: 90 × 15 / 30 = 45; 45 × 5,00 = 225,00",
            "single 1: 90 − 45 = 45; 45 × 6,00 = 270,00",
        ),
        "495,00",
        charged="225,00 + 270,00 = 495,00",
        rates=IN_SEPTEMBER,
    ),
    one(
        "a price that changes on the 11th of July splits in whole watt-hours",
        BY_TARIFF,
        home(read("2026-07-22", 1100)),
        "1100 − 1000 = 100",
        (
            "single 1: 100 × 10 / 31 down to Wh 32,258; 32,258 × 5 = 161,29",
            "single 1: 100 − 32,258 = 67,742; 67,742 × 6 = 406,452 → 406,45",
        ),
        "567,74",
        charged="161,29 + 406,45 = 567,74",
        rates=ON_THE_11TH,
        month="2026-07",
    ),
    one(
        "prices of two ranges change on the 16th of July",
        f"{BY_TARIFF}; {BY_RANGE}",
        home(read("2026-07-22", 5000)),
        "5000 − 1000 = 4000",
        (
            "single 1: 3900 × 15 / 31 down to Wh 1887,096; 1887,096 × 5 = 9435,48",
            "single 1: 3900 − 1887,096 = 2012,904; 2012,904 × 6 → 12 077,42",
            "single 2: 100 × 15 / 31 down to Wh 48,387; 48,387 × 7 → 338,71",
            "single 2: 100 − 48,387 = 51,613; 51,613 × 8 → 412,90",
        ),
        "22 264,51",
        charged="9435,48 + 12 077,42 + 338,71 + 412,90 = 22 264,51",
        rates=FROM_THE_16TH,
        month="2026-07",
    ),
    one(
        "the price of one zone of two changes within the month",
        BY_TARIFF,
        home(sep(1060, 530), meters=[meter((1000, 500))], plan=Plan.TWO),
        ("1060 − 1000 = 60", "530 − 500 = 30"),
        (
            "day 1: 60 × 15 / 30 = 30; 30 × 6 = 180,00",
            "day 1: 60 − 30 = 30; 30 × 7 = 210,00",
            "night 1: 30 × 4 = 120,00",
        ),
        "510,00",
        charged="180,00 + 210,00 + 120,00 = 510,00",
        rates=IN_SEPTEMBER,
    ),
)

RANGES = (
    one(
        "exactly the first limit is all in the first range",
        BY_RANGE,
        home(sep(4900)),
        "4900 − 1000 = 3900",
        "single 1: 3900 × 5,87 = 22 893,00",
        "22 893,00",
    ),
    one(
        "a kilowatt-hour over the first limit",
        BY_RANGE,
        home(sep(4901)),
        "4901 − 1000 = 3901",
        (
            "single 1: 3900 × 5,87 = 22 893,00",
            "single 2: 3901 − 3900 = 1; 1 × 8,64 = 8,64",
        ),
        "22 901,64",
        charged="22 893,00 + 8,64 = 22 901,64",
    ),
    one(
        "three ranges of one zone",
        BY_RANGE,
        home(sep(7100)),
        "7100 − 1000 = 6100",
        (
            "single 1: 3900 × 5,87 = 22 893,00",
            "single 2: 6000 − 3900 = 2100; 2100 × 8,64 = 18 144,00",
            "single 3: 6100 − 6000 = 100; 100 × 13,69 = 1369,00",
        ),
        "42 406,00",
        charged="22 893,00 + 18 144,00 + 1369,00 = 42 406,00",
    ),
    Case(
        name="a heated dwelling of Ulyanovsk before the season and in it",
        source=f"{BY_RANGE}; {HEATED}",
        home=home(sep(7500), read("2026-10-22", 14000), read("2026-11-22", 25000)),
        rates=ULYANOVSK,
        is_heated=True,
        bills=(
            Bill(
                month="2026-09",
                basis=ACTUAL,
                kwh=("7500 − 1000 = 6500",),
                lines=(
                    "single 1: 3900 × 4,93 = 19 227,00",
                    "single 2: 6000 − 3900 = 2100; 2100 × 8,27 = 17 367,00",
                    "single 3: 6500 − 6000 = 500; 500 × 9,47 = 4735,00",
                ),
                charged="19 227,00 + 17 367,00 + 4735,00 = 41 329,00",
                closing="41 329,00",
            ),
            Bill(
                month="2026-10",
                basis=ACTUAL,
                kwh=("14 000 − 7500 = 6500",),
                lines=("single 1: 6500 × 4,93 = 32 045,00",),
                in_season=True,
                opening="41 329,00",
                pays=("2026-10-10: 41 329,00",),
                closing="32 045,00",
            ),
            Bill(
                month="2026-11",
                basis=ACTUAL,
                kwh=("25 000 − 14 000 = 11 000",),
                lines=(
                    "single 1: 7020 × 4,93 = 34 608,60",
                    "single 2: 10 800 − 7020 = 3780; 3780 × 8,27 = 31 260,60",
                    "single 3: 11 000 − 10 800 = 200; 200 × 9,47 = 1894,00",
                ),
                charged="34 608,60 + 31 260,60 + 1894,00 = 67 763,20",
                in_season=True,
                opening="32 045,00",
                pays=("2026-11-10: 32 045,00",),
                closing="67 763,20",
            ),
        ),
    ),
    one(
        "a dwelling that is not heated has the ordinary ranges in the season as well",
        BY_RANGE,
        home(read("2026-10-22", 7500)),
        "7500 − 1000 = 6500",
        (
            "single 1: 3900 × 4,93 = 19 227,00",
            "single 2: 6000 − 3900 = 2100; 2100 × 8,27 = 17 367,00",
            "single 3: 6500 − 6000 = 500; 500 × 9,47 = 4735,00",
        ),
        "41 329,00",
        charged="19 227,00 + 17 367,00 + 4735,00 = 41 329,00",
        rates=ULYANOVSK,
        month="2026-10",
        in_season=True,
    ),
    one(
        "two zones fill the second range in proportion",
        BY_RANGE,
        home(sep(4000, 1500), meters=[meter((1000, 500))], plan=Plan.TWO),
        ("4000 − 1000 = 3000", "1500 − 500 = 1000"),
        (
            "day 1: 3900 × 3000 / 4000 = 2925; 2925 × 6,73 = 19 685,25",
            "night 1: 3900 × 1000 / 4000 = 975; 975 × 4,58 = 4465,50",
            "day 2: 100 × 3000 / 4000 = 75; 75 × 9,94 = 745,50",
            "night 2: 100 × 1000 / 4000 = 25; 25 × 6,74 = 168,50",
        ),
        "25 064,75",
        charged="19 685,25 + 4465,50 + 745,50 + 168,50 = 25 064,75",
    ),
    one(
        "two zones fill three ranges, the odd watt-hour goes to the larger one",
        BY_RANGE,
        home(sep(6000, 2500), meters=[meter((1000, 500))], plan=Plan.TWO),
        ("6000 − 1000 = 5000", "2500 − 500 = 2000"),
        (
            # 3900 × 5/7 = 2785,714...; what is left of 3900 is 2785,715.
            "day 1: 3900 − 1114,285 = 2785,715; 2785,715 × 6,73 → 18 747,86",
            "night 1: 3900 × 2 / 7 down to Wh 1114,285; 1114,285 × 4,58 → 5103,43",
            "day 2: 2100 × 5 / 7 = 1500; 1500 × 9,94 = 14 910,00",
            "night 2: 2100 × 2 / 7 = 600; 600 × 6,74 = 4044,00",
            # Each zone adds up to its own: no more than this is left of either.
            "day 3: 5000 − 2785,715 − 1500 = 714,285; 714,285 × 15,66 → 11 185,70",
            "night 3: 2000 − 1114,285 − 600 = 285,715; 285,715 × 10,68 → 3051,44",
        ),
        "57 042,43",
        charged="18 747,86 + 5103,43 + 14 910,00 + 4044,00 + 11 185,70 + 3051,44"
        " = 57 042,43",
    ),
    one(
        "two zones of a heated dwelling fill the second range in the season",
        HEATED,
        home(
            read("2026-10-22", 7000, 2500), meters=[meter((1000, 500))], plan=Plan.TWO
        ),
        ("7000 − 1000 = 6000", "2500 − 500 = 2000"),
        (
            "day 1: 7020 × 6000 / 8000 = 5265; 5265 × 7,48 = 39 382,20",
            "night 1: 7020 × 2000 / 8000 = 1755; 1755 × 5,09 = 8932,95",
            "day 2: 980 × 6000 / 8000 = 735; 735 × 10,86 = 7982,10",
            "night 2: 980 × 2000 / 8000 = 245; 245 × 7,36 = 1803,20",
        ),
        "58 100,45",
        charged="39 382,20 + 8932,95 + 7982,10 + 1803,20 = 58 100,45",
        month="2026-10",
        in_season=True,
        is_heated=True,
    ),
    one(
        "three zones fill the second range in proportion",
        BY_RANGE,
        home(sep(1500, 1000, 2500), meters=[meter((0, 0, 0))], plan=Plan.THREE),
        ("1500 − 0 = 1500", "1000 − 0 = 1000", "2500 − 0 = 2500"),
        (
            "peak 1: 3900 × 1500 / 5000 = 1170; 1170 × 7,16 = 8377,20",
            "night 1: 3900 × 1000 / 5000 = 780; 780 × 4,58 = 3572,40",
            "half_peak 1: 3900 × 2500 / 5000 = 1950; 1950 × 5,87 = 11 446,50",
            "peak 2: 1100 × 1500 / 5000 = 330; 330 × 10,61 = 3501,30",
            "night 2: 1100 × 1000 / 5000 = 220; 220 × 6,74 = 1482,80",
            "half_peak 2: 1100 × 2500 / 5000 = 550; 550 × 8,64 = 4752,00",
        ),
        "33 132,20",
        charged="8377,20 + 3572,40 + 11 446,50 + 3501,30 + 1482,80 + 4752,00"
        " = 33 132,20",
    ),
    one(
        "three zones fill three ranges",
        BY_RANGE,
        home(sep(2000, 2000, 4000), meters=[meter((0, 0, 0))], plan=Plan.THREE),
        ("2000 − 0 = 2000", "2000 − 0 = 2000", "4000 − 0 = 4000"),
        (
            "peak 1: 3900 × 2000 / 8000 = 975; 975 × 7,16 = 6981,00",
            "night 1: 3900 × 2000 / 8000 = 975; 975 × 4,58 = 4465,50",
            "half_peak 1: 3900 × 4000 / 8000 = 1950; 1950 × 5,87 = 11 446,50",
            "peak 2: 2100 × 2000 / 8000 = 525; 525 × 10,61 = 5570,25",
            "night 2: 2100 × 2000 / 8000 = 525; 525 × 6,74 = 3538,50",
            "half_peak 2: 2100 × 4000 / 8000 = 1050; 1050 × 8,64 = 9072,00",
            "peak 3: 2000 × 2000 / 8000 = 500; 500 × 16,72 = 8360,00",
            "night 3: 2000 × 2000 / 8000 = 500; 500 × 10,68 = 5340,00",
            "half_peak 3: 2000 × 4000 / 8000 = 1000; 1000 × 13,69 = 13 690,00",
        ),
        "68 463,75",
        charged="6981,00 + 4465,50 + 11 446,50 + 5570,25 + 3538,50 + 9072,00"
        " + 8360,00 + 5340,00 + 13 690,00 = 68 463,75",
    ),
)


def from_one_to_two(closing, day, night):
    return home(
        sep(day, night, serial="2"),
        meters=[
            meter(removed="2026-09-15", closing=closing),
            meter((0, 0), on="2026-09-15", serial="2"),
        ],
        plan=Plan.TWO,
    )


PLANS = (
    one(
        "from one zone to two in the middle of a month",
        f"{REPLACED}; {BY_TARIFF}",
        from_one_to_two(1100, 50, 20),
        ("50 − 0 = 50", "20 − 0 = 20"),
        (
            "single 1: 100 × 5,87 = 587,00",
            "day 1: 50 × 6,73 = 336,50",
            "night 1: 20 × 4,58 = 91,60",
        ),
        "1015,10",
        earlier=("1100 − 1000 = 100",),
        charged="587,00 + 336,50 + 91,60 = 1015,10",
    ),
    one(
        "both plans of a month fill the ranges in proportion",
        f"{REPLACED}; {BY_RANGE}",
        from_one_to_two(3000, 1500, 500),
        ("1500 − 0 = 1500", "500 − 0 = 500"),
        (
            "single 1: 3900 × 2000 / 4000 = 1950; 1950 × 5,87 = 11 446,50",
            "day 1: 3900 × 1500 / 4000 = 1462,5; 1462,5 × 6,73 = 9842,625 → 9842,63",
            "night 1: 3900 × 500 / 4000 = 487,5; 487,5 × 4,58 = 2232,75",
            "single 2: 100 × 2000 / 4000 = 50; 50 × 8,64 = 432,00",
            "day 2: 100 × 1500 / 4000 = 37,5; 37,5 × 9,94 = 372,75",
            "night 2: 100 × 500 / 4000 = 12,5; 12,5 × 6,74 = 84,25",
        ),
        "24 410,88",
        earlier=("3000 − 1000 = 2000",),
        charged="11 446,50 + 9842,63 + 2232,75 + 432,00 + 372,75 + 84,25 = 24 410,88",
    ),
    one(
        "from two zones to one in the middle of a month",
        f"{REPLACED}; {BY_TARIFF}",
        home(
            sep(30, serial="2"),
            meters=[
                meter((1000, 500), removed="2026-09-15", closing=(1100, 540)),
                meter(0, on="2026-09-15", serial="2"),
            ],
        ),
        "30 − 0 = 30",
        (
            "day 1: 100 × 6,73 = 673,00",
            "night 1: 40 × 4,58 = 183,20",
            "single 1: 30 × 5,87 = 176,10",
        ),
        "1032,30",
        earlier=("1100 − 1000 = 100", "540 − 500 = 40"),
        charged="673,00 + 183,20 + 176,10 = 1032,30",
    ),
)


HALF = benefit("half", 50)


def eased(name, household, kwh, lines, took, closing, **more):
    """September with benefits: half the price for one person unless told otherwise."""
    months = more.pop("months", None)
    case = one(
        name,
        BENEFIT,
        household,
        kwh,
        lines,
        closing,
        **{"benefits": (HALF,)} | more,
    )
    bills = (replace(case.bills[0], benefits=took), *(months or ()))
    return replace(case, bills=bills)


BENEFITS = (
    eased(
        "half the price for one person within the norm",
        home(sep(1120)),
        "1120 − 1000 = 120",
        "single 1: 120 × 5,87 = 704,40",
        ("half: 100; 100 × 5,87 × 50 / 100 = 293,50",),
        "704,40 − 293,50 = 410,90",
        social_norm=100,
    ),
    eased(
        "the larger of two benefits comes first and takes its energy away",
        home(sep(1180), residents=3),
        "1180 − 1000 = 180",
        "single 1: 180 × 5,87 = 1056,60",
        (
            "whole: 70; 70 × 5,87 × 100 / 100 = 410,90",
            # Two people may have 140, 180 − 70 = 110 are left.
            "half: 180 − 70 = 110; 110 × 5,87 × 50 / 100 = 322,85",
        ),
        "1056,60 − 410,90 − 322,85 = 322,85",
        social_norm=70,
        benefits=(benefit("half", 50, people=2), benefit("whole", 100)),
    ),
    eased(
        "a benefit finds nothing left",
        home(sep(1060)),
        "1060 − 1000 = 60",
        "single 1: 60 × 5,87 = 352,20",
        ("whole: 60; 60 × 5,87 × 100 / 100 = 352,20",),
        "352,20 − 352,20 = 0",
        social_norm=70,
        benefits=(HALF, benefit("whole", 100)),
    ),
    eased(
        "a volume below the norm is eased as it is",
        home(sep(1060)),
        "1060 − 1000 = 60",
        "single 1: 60 × 5,87 = 352,20",
        ("half: 60; 60 × 5,87 × 50 / 100 = 176,10",),
        "352,20 − 176,10 = 176,10",
        social_norm=100,
    ),
    eased(
        "half a kopeck of a benefit goes up",
        home(sep(1001)),
        "1001 − 1000 = 1",
        "single 1: 1 × 5,87 = 5,87",
        ("half: 1; 1 × 5,87 × 50 / 100 = 2,935 → 2,94",),
        "5,87 − 2,94 = 2,93",
        social_norm=100,
    ),
    eased(
        "two zones share the energy of a benefit",
        home(sep(1100, 550), meters=[meter((1000, 500))], plan=Plan.TWO),
        ("1100 − 1000 = 100", "550 − 500 = 50"),
        ("day 1: 100 × 6,73 = 673,00", "night 1: 50 × 4,58 = 229,00"),
        # 90 × 100 / 150 = 60 of the day and 30 of the night.
        ("half: 60 + 30 = 90; (60 × 6,73 + 30 × 4,58) × 50 / 100 = 270,60",),
        "902,00 − 270,60 = 631,40",
        charged="673,00 + 229,00 = 902,00",
        social_norm=90,
    ),
    eased(
        "two zones share a benefit in whole watt-hours, rounded once",
        home(sep(1100, 550), meters=[meter((1000, 500))], plan=Plan.TWO),
        ("1100 − 1000 = 100", "550 − 500 = 50"),
        ("day 1: 100 × 6,73 = 673,00", "night 1: 50 × 4,58 = 229,00"),
        (
            # 70 × 100 / 150 = 46,666 of the day, what is left of 70 of the night.
            (
                "half: 46,666 + 23,334 = 70;"
                " (46,666 × 6,73 + 23,334 × 4,58) × 50 / 100 → 210,47"
            ),
        ),
        "902,00 − 210,47 = 691,53",
        charged="673,00 + 229,00 = 902,00",
        social_norm=70,
    ),
    eased(
        "a benefit that ends on the 15th counts to the end of the month",
        home(sep(1100), read("2026-10-22", 1200)),
        "1100 − 1000 = 100",
        "single 1: 100 × 5,87 = 587,00",
        ("half: 100; 100 × 5,87 × 50 / 100 = 293,50",),
        "587,00 − 293,50 = 293,50",
        benefits=(benefit("half", 50, ends="2026-09-15"),),
        social_norm=100,
        months=(
            Bill(
                month="2026-10",
                basis=ACTUAL,
                kwh=("1200 − 1100 = 100",),
                lines=("single 1: 100 × 6,52 = 652,00",),
                opening="293,50",
                pays=("2026-10-10: 293,50",),
                closing="652,00",
            ),
        ),
    ),
    eased(
        "a benefit from the 2nd counts from the next month on",
        home(sep(1100), read("2026-10-22", 1200)),
        "1100 − 1000 = 100",
        "single 1: 100 × 5,87 = 587,00",
        (),
        "587,00",
        benefits=(benefit("half", 50, starts="2026-09-02"),),
        social_norm=80,
        months=(
            Bill(
                month="2026-10",
                basis=ACTUAL,
                kwh=("1200 − 1100 = 100",),
                lines=("single 1: 100 × 6,52 = 652,00",),
                benefits=("half: 80; 80 × 6,52 × 50 / 100 = 260,80",),
                opening="587,00",
                pays=("2026-10-10: 587,00",),
                closing="652,00 − 260,80 = 391,20",
            ),
        ),
    ),
    eased(
        "a benefit beside the second range",
        home(sep(5000)),
        "5000 − 1000 = 4000",
        (
            "single 1: 3900 × 5,87 = 22 893,00",
            "single 2: 4000 − 3900 = 100; 100 × 8,64 = 864,00",
        ),
        ("half: 2 × 100 = 200; 200 × 5,87 × 50 / 100 = 587,00",),
        "23 757,00 − 587,00 = 23 170,00",
        charged="22 893,00 + 864,00 = 23 757,00",
        benefits=(benefit("half", 50, people=2),),
        social_norm=100,
    ),
    eased(
        "a benefit is of the first range alone, however large the norm",
        home(sep(5000)),
        "5000 − 1000 = 4000",
        (
            "single 1: 3900 × 5,87 = 22 893,00",
            "single 2: 4000 − 3900 = 100; 100 × 8,64 = 864,00",
        ),
        ("third: 3900; 3900 × 5,87 × 30 / 100 = 6867,90",),
        "23 757,00 − 6867,90 = 16 889,10",
        charged="22 893,00 + 864,00 = 23 757,00",
        benefits=(benefit("third", 30),),
        social_norm=3950,
    ),
    eased(
        "a benefit in a month whose price changes on the 16th",
        home(sep(1090)),
        "1090 − 1000 = 90",
        (
            "single 1: 90 × 15 / 30 = 45; 45 × 5,00 = 225,00",
            "single 1: 90 − 45 = 45; 45 × 6,00 = 270,00",
        ),
        # 60 × 45 / 90 = 30 at either price.
        ("half: 30 + 30 = 60; (30 × 5 + 30 × 6) × 50 / 100 = 165,00",),
        "495,00 − 165,00 = 330,00",
        charged="225,00 + 270,00 = 495,00",
        rates=IN_SEPTEMBER,
        social_norm=60,
    ),
)

NO_METER = (
    Case(
        name="no meter at all: the norm of each resident",
        source="decree 354, 42: the norm where there is no meter",
        home=home(meters=(), residents=3, norm=95),
        bills=(
            Bill(
                month="2026-09",
                basis=NORM,
                silence=UNMETERED,
                kwh=("3 × 95 = 285",),
                lines=("single 1: 285 × 5,87 = 1672,95",),
                closing="1672,95",
            ),
            Bill(
                month="2026-10",
                basis=NORM,
                silence=UNMETERED,
                kwh=("3 × 95 = 285",),
                lines=("single 1: 285 × 6,52 = 1858,20",),
                opening="1672,95",
                pays=("2026-10-10: 1672,95",),
                closing="1858,20",
            ),
        ),
    ),
    one(
        "two zones by the norm: seventy and thirty of a hundred",
        "decree 354, 42 and 60: the norm by zone",
        home(meters=(), residents=3, norm=55, plan=Plan.TWO),
        # 49,5 is as near to 49 as to 50: the even one.
        ("165 − 50 = 115", "3 × 55 × 30 / 100 half-even 50"),
        ("day 1: 115 × 6,73 = 773,95", "night 1: 50 × 4,58 = 229,00"),
        "1002,95",
        charged="773,95 + 229,00 = 1002,95",
        basis=NORM,
        silence=UNMETERED,
    ),
    one(
        "three zones by the norm: thirty, twenty-five and forty-five of a hundred",
        "decree 354, 42 and 60: the norm by zone",
        home(meters=(), residents=1, norm=50, plan=Plan.THREE),
        (
            "50 − 12 − 22 = 16",
            "1 × 50 × 25 / 100 half-even 12",
            "1 × 50 × 45 / 100 half-even 22",
        ),
        (
            "peak 1: 16 × 7,16 = 114,56",
            "night 1: 12 × 4,58 = 54,96",
            "half_peak 1: 22 × 5,87 = 129,14",
        ),
        "298,66",
        charged="114,56 + 54,96 + 129,14 = 298,66",
        basis=NORM,
        silence=UNMETERED,
    ),
)

READINGS = (*METERS, *PRICES, *RANGES, *PLANS, *BENEFITS, *NO_METER)
