"""First and last months, meters whose verification is over, control checks.

As in `constructed_silence`: the norm is 100 kWh for each of two people, every bill is
paid whole on the 10th of the next month, unless told otherwise.
"""

from cabinet.domain.tariff import Plan
from tests.domain.constructed_form import (
    ACTUAL,
    AVERAGE,
    NORM,
    UNVERIFIED,
    after,
    home,
    meter,
    read,
)
from tests.domain.constructed_readings import ULYANOVSK
from tests.domain.constructed_silence import (
    BY_AVERAGE,
    RESUMED,
    TOO_FEW,
    alike,
    bill,
    case,
    octo,
    sep,
)

EXPIRED = "decree 354, 59 «г», 81(12) «д»: the verification is over"
CHECKED = "decree 354, 61: a check found other registers than those sent"
BY_DAYS = "decree 354, 42, 60: by the days the account was open"

SHORT = (
    case(
        "a leap February of an account opened on the 11th, settled in March",
        f"{BY_DAYS}; {RESUMED}",
        home(
            read("2028-03-22", 160),
            meters=[meter(0, on="2028-02-11")],
            opened="2028-02-11",
        ),
        None,
        bill(
            # The 11th to the 29th are 19 days.
            "2028-02",
            NORM,
            "2 × 100 × 19 / 29 half-even 131",
            "single 1: 131 × 4,93 = 645,83",
            "645,83",
        ),
        bill(
            "2028-03",
            ACTUAL,
            "(160 − 0) / 2 = 80",
            "single 1: 80 × 4,93 = 394,40",
            "394,40 − 251,43 = 142,97",
            settled=("single: 160 − 80 − 131 = −51; −51 × 4,93 = −251,43",),
            opening="645,83",
        ),
        rates=ULYANOVSK,
    ),
    case(
        "an ordinary February of an account opened on the 11th, and a whole March",
        BY_DAYS,
        home(meters=[meter(0, on="2026-02-11")], opened="2026-02-11"),
        None,
        bill(
            # The 11th to the 28th are 18 days.
            "2026-02",
            NORM,
            "2 × 100 × 18 / 28 half-even 129",
            "single 1: 129 × 5,87 = 757,23",
            "757,23",
        ),
        bill(
            "2026-03",
            NORM,
            "2 × 100 = 200",
            "single 1: 200 × 5,87 = 1174,00",
            "1174,00",
            opening="757,23",
        ),
    ),
    case(
        "the first month by days is settled as it was charged",
        f"{BY_DAYS}; {RESUMED}",
        home(octo(240), meters=[meter(0, on="2026-09-11")], opened="2026-09-11"),
        None,
        bill(
            "2026-09",
            NORM,
            "2 × 100 × 20 / 30 half-even 133",
            "single 1: 133 × 5,87 = 780,71",
            "780,71",
        ),
        bill(
            "2026-10",
            ACTUAL,
            "(240 − 0) / 2 = 120",
            "single 1: 120 × 6,52 = 782,40",
            "782,40 − 84,76 = 697,64",
            settled=("single: 240 − 120 − 133 = −13; −13 × 6,52 = −84,76",),
            opening="780,71",
        ),
    ),
    case(
        "the first month by readings has no days to be counted",
        "decree 354, 42: by the readings of the meter",
        home(sep(560), meters=[meter(500, on="2026-09-15")], opened="2026-09-15"),
        None,
        bill(
            "2026-09",
            ACTUAL,
            "560 − 500 = 60",
            "single 1: 60 × 5,87 = 352,20",
            "352,20",
        ),
    ),
    case(
        "the last month by the average has the days before it was closed",
        f"{BY_AVERAGE}; {BY_DAYS}",
        home(closed="2026-09-11"),
        after(1300, 100, 100, 100),
        bill(
            "2026-09",
            AVERAGE,
            "100 × 10 / 30 half-even 33",
            "single 1: 33 × 5,87 = 193,71",
            "193,71",
        ),
    ),
    case(
        "the half of a last month goes to the even one",
        f"{BY_AVERAGE}; {BY_DAYS}",
        home(closed="2026-09-16"),
        after(1300, 101, 101, 101),
        bill(
            "2026-09",
            AVERAGE,
            "101 × 15 / 30 half-even 50",
            "single 1: 50 × 5,87 = 293,50",
            "293,50",
        ),
    ),
    case(
        "the last month by a final reading settles a silent one",
        RESUMED,
        home(read("2026-09-15", 1460), closed="2026-09-16"),
        after(1300, 100, 100, 100, on="2026-07-22", silent=[(100, AVERAGE)]),
        bill(
            "2026-09",
            ACTUAL,
            "(1460 − 1300) / 2 = 80",
            "single 1: 80 × 5,87 = 469,60",
            "469,60 − 117,40 = 352,20",
            settled=("single: 160 − 80 − 100 = −20; −20 × 5,87 = −117,40",),
        ),
    ),
    case(
        "two zones of an account opened and closed in one month",
        BY_DAYS,
        home(
            meters=[meter((0, 0), on="2026-09-06")],
            plan=Plan.TWO,
            opened="2026-09-06",
            closed="2026-09-21",
        ),
        None,
        bill(
            # The 6th to the 20th are 15 days: 200 × 15 / 30 = 100.
            "2026-09",
            NORM,
            ("100 − 30 = 70", "100 × 30 / 100 = 30"),
            ("day 1: 70 × 6,73 = 471,10", "night 1: 30 × 4,58 = 137,40"),
            "608,50",
            charged="471,10 + 137,40 = 608,50",
        ),
    ),
    case(
        "three zones share the norm after it was taken by days",
        BY_DAYS,
        home(
            meters=[meter((0, 0, 0), on="2026-09-21")],
            plan=Plan.THREE,
            opened="2026-09-21",
        ),
        None,
        bill(
            # 200 × 10 / 30 = 66,66... -> 67.
            "2026-09",
            NORM,
            (
                "67 − 17 − 30 = 20",
                "67 × 25 / 100 half-even 17",
                "67 × 45 / 100 half-even 30",
            ),
            (
                "peak 1: 20 × 7,16 = 143,20",
                "night 1: 17 × 4,58 = 77,86",
                "half_peak 1: 30 × 5,87 = 176,10",
            ),
            "397,16",
            charged="143,20 + 77,86 + 176,10 = 397,16",
        ),
    ),
)


def verified(until, *readings, **more):
    return home(*readings, meters=[meter(verified_until=until)], **more)


def out_of_order(*readings, closing=1700, removed="2026-09-11", until="2026-07-31"):
    """The meter is replaced some time after its verification was over."""
    return home(
        *readings,
        meters=[
            meter(verified_until=until, removed=removed, closing=closing),
            meter(0, on=removed, serial="2", verified_until="2042-08-31"),
        ],
    )


VERIFIED = (
    case(
        "the average goes on beyond three months, and a new verification settles it",
        f"{EXPIRED}; {RESUMED}",
        verified("2026-04-30", read("2026-05-22", 1400)),
        after(1300, 100, 110, 90, on="2026-04-22"),
        *alike(
            "2026-05",
            5,
            AVERAGE,
            "(100 + 110 + 90) / 3 = 100",
            "single 1: 100 × 5,87 = 587,00",
            "587,00",
            silence=UNVERIFIED,
        ),
        bill(
            "2026-10",
            ACTUAL,
            "(1960 − 1300) / 6 = 110",
            "single 1: 110 × 6,52 = 717,20",
            "717,20 + 326,00 = 1043,20",
            settled=("single: 660 − 110 − 5 × 100 = 50; 50 × 6,52 = 326,00",),
            opening="587,00",
            home=verified("2042-10-01", read("2026-05-22", 1400), octo(1960)),
        ),
    ),
    case(
        "three months nobody read, then the verification is over: still the average",
        f"{BY_AVERAGE}; {EXPIRED}",
        verified("2026-07-31"),
        after(1300, 100, 100, 100, on="2026-04-22"),
        *alike(
            "2026-05",
            3,
            AVERAGE,
            "(100 + 100 + 100) / 3 = 100",
            "single 1: 100 × 5,87 = 587,00",
            "587,00",
        ),
        *alike(
            "2026-08",
            2,
            AVERAGE,
            "(100 + 100 + 100) / 3 = 100",
            "single 1: 100 × 5,87 = 587,00",
            "587,00",
            opening="587,00",
            silence=UNVERIFIED,
        ),
    ),
    case(
        "a meter whose verification is over and that nobody knows goes by the norm",
        f"{EXPIRED}; {TOO_FEW}",
        verified("2026-08-31", sep(1500)),
        after(1300, 100, 100),
        bill(
            "2026-09",
            NORM,
            "2 × 100 = 200",
            "single 1: 200 × 5,87 = 1174,00",
            "1174,00",
            silence=UNVERIFIED,
        ),
    ),
    case(
        "a reading of the last day of the verification counts",
        EXPIRED,
        verified("2026-09-22", sep(1420)),
        after(1300, 100, 100, 100),
        bill(
            "2026-09",
            ACTUAL,
            "1420 − 1300 = 120",
            "single 1: 120 × 5,87 = 704,40",
            "704,40",
        ),
    ),
    case(
        "a reading of the day after the verification does not count",
        EXPIRED,
        verified("2026-09-21", sep(1420)),
        after(1300, 100, 100, 100),
        bill(
            "2026-09",
            AVERAGE,
            "(100 + 100 + 100) / 3 = 100",
            "single 1: 100 × 5,87 = 587,00",
            "587,00",
            silence=UNVERIFIED,
        ),
    ),
    case(
        "a meter out of order is replaced: what was charged stands",
        f"{EXPIRED}; decree 354, 42: the meter was replaced",
        out_of_order(sep(60, serial="2"), octo(160, serial="2")),
        after(1300, 100, 100, 100, on="2026-07-22"),
        bill(
            "2026-08",
            AVERAGE,
            "(100 + 100 + 100) / 3 = 100",
            "single 1: 100 × 5,87 = 587,00",
            "587,00",
            silence=UNVERIFIED,
        ),
        bill(
            # The 1st to the 10th by the average: 100 × 10 / 30 = 33,33... -> 33.
            "2026-09",
            ACTUAL,
            "33 + (60 − 0) = 93",
            "single 1: 93 × 5,87 = 545,91",
            "545,91",
            opening="587,00",
        ),
        bill(
            "2026-10",
            ACTUAL,
            "160 − 60 = 100",
            "single 1: 100 × 6,52 = 652,00",
            "652,00",
            opening="545,91",
        ),
    ),
    case(
        "the days before a replacement go by the norm where no average is known",
        f"{EXPIRED}; {TOO_FEW}",
        home(
            sep(40, 10, serial="2"),
            meters=[
                meter(
                    (1000, 500),
                    verified_until="2026-08-31",
                    removed="2026-09-16",
                    closing=(1900, 900),
                ),
                meter((0, 0), on="2026-09-16", serial="2"),
            ],
            plan=Plan.TWO,
        ),
        after((1300, 600), (100, 40)),
        bill(
            # 200 × 15 / 30 = 100 for the 1st to the 15th: 70 by day, 30 by night.
            "2026-09",
            ACTUAL,
            ("70 + (40 − 0) = 110", "30 + (10 − 0) = 40"),
            ("day 1: 110 × 6,73 = 740,30", "night 1: 40 × 4,58 = 183,20"),
            "923,50",
            charged="740,30 + 183,20 = 923,50",
        ),
    ),
)


def found(*registers, on="2026-09-22"):
    return read(on, *registers, act="17-09")


CONTROLS = (
    case(
        "a check finds more than the average",
        CHECKED,
        home(found(1450)),
        after(1300, 100, 100, 100),
        bill(
            # 1450 − 1300 = 150, of which the month's own is at most the average.
            "2026-09",
            ACTUAL,
            "(100 + 100 + 100) / 3 = 100",
            "single 1: 100 × 5,87 = 587,00",
            "587,00 + 293,50 = 880,50",
            settled=("single: 150 − 100 = 50; 50 × 5,87 = 293,50",),
        ),
    ),
    case(
        "a check finds no more than the average",
        CHECKED,
        home(found(1380)),
        after(1300, 100, 100, 100),
        bill(
            "2026-09",
            ACTUAL,
            "1380 − 1300 = 80",
            "single 1: 80 × 5,87 = 469,60",
            "469,60",
        ),
    ),
    case(
        "a check finds less than was sent before any average is known",
        CHECKED,
        home(found(1270)),
        after(1300, 100),
        bill(
            "2026-09",
            ACTUAL,
            "0",
            "single 1: 0 × 5,87 = 0,00",
            "−176,10",
            charged="0",
            settled=("single: 1270 − 1300 = −30; −30 × 5,87 = −176,10",),
        ),
    ),
    case(
        "a check finds less than was sent, and the next month starts from it",
        CHECKED,
        home(found(1270), octo(1340)),
        after(1300, 100, 100, 100),
        bill(
            "2026-09",
            ACTUAL,
            "0",
            "single 1: 0 × 5,87 = 0,00",
            "−176,10",
            settled=("single: 1270 − 1300 = −30; −30 × 5,87 = −176,10",),
        ),
        bill(
            "2026-10",
            ACTUAL,
            "1340 − 1270 = 70",
            "single 1: 70 × 6,52 = 456,40",
            "456,40 − 176,10 = 280,30",
            opening="−176,10",
        ),
    ),
    case(
        "a check finds less, the nearer way round the dial",
        CHECKED,
        home(found(99990)),
        after(20, 100, 100, 100),
        bill(
            "2026-09",
            ACTUAL,
            "0",
            "single 1: 0 × 5,87 = 0,00",
            "−176,10",
            settled=("single: 99 990 − 100 020 = −30; −30 × 5,87 = −176,10",),
        ),
    ),
    case(
        "a reading after a check is the month's own, and the average knows of it",
        f"{CHECKED}; {BY_AVERAGE}",
        home(found(1450, on="2026-09-10"), read("2026-09-24", 1480)),
        after(1300, 100, 100, 100),
        bill(
            "2026-09",
            ACTUAL,
            "100 + (1480 − 1450) = 130",
            "single 1: 130 × 5,87 = 763,10",
            "763,10 + 293,50 = 1056,60",
            settled=("single: 150 − 100 = 50; 50 × 5,87 = 293,50",),
        ),
        bill(
            "2026-10",
            AVERAGE,
            "(100 + 100 + 100 + 130) / 4 half-even 108",
            "single 1: 108 × 6,52 = 704,16",
            "704,16",
            opening="1056,60",
        ),
    ),
    case(
        "a check after a silent month settles it",
        f"{CHECKED}; {RESUMED}",
        home(found(1540)),
        after(1300, 100, 100, 100, on="2026-07-22"),
        bill(
            "2026-08",
            AVERAGE,
            "(100 + 100 + 100) / 3 = 100",
            "single 1: 100 × 5,87 = 587,00",
            "587,00",
        ),
        bill(
            "2026-09",
            ACTUAL,
            "(1540 − 1300) / 2 = 120",
            "single 1: 120 × 5,87 = 704,40",
            "704,40 + 117,40 = 821,80",
            settled=("single: 240 − 120 − 100 = 20; 20 × 5,87 = 117,40",),
            opening="587,00",
        ),
    ),
    case(
        "a check after a silent month finds less than was sent before it",
        f"{CHECKED}; {RESUMED}",
        home(found(1280)),
        after(1300, 100, 100, 100, on="2026-07-22"),
        bill(
            "2026-08",
            AVERAGE,
            "(100 + 100 + 100) / 3 = 100",
            "single 1: 100 × 5,87 = 587,00",
            "587,00",
        ),
        bill(
            "2026-09",
            ACTUAL,
            "0",
            "single 1: 0 × 5,87 = 0,00",
            "−704,40",
            settled=("single: −20 − 0 − 100 = −120; −120 × 5,87 = −704,40",),
            opening="587,00",
        ),
    ),
    case(
        "a check is the month's own where no average is known",
        f"{CHECKED}; {TOO_FEW}",
        home(found(1450)),
        after(1300, 100),
        bill(
            "2026-09",
            ACTUAL,
            "1450 − 1300 = 150",
            "single 1: 150 × 5,87 = 880,50",
            "880,50",
        ),
    ),
    case(
        "a check of two zones finds more by day and less by night",
        CHECKED,
        home(found(1150, 480), meters=[meter((1000, 500))], plan=Plan.TWO),
        after((1000, 500), (100, 40), (100, 40), (100, 40)),
        bill(
            "2026-09",
            ACTUAL,
            ("100", "0"),
            ("day 1: 100 × 6,73 = 673,00", "night 1: 0 × 4,58 = 0,00"),
            "673,00 + 244,90 = 917,90",
            charged="673,00 + 0,00 = 673,00",
            settled=(
                "day: 1150 − 1000 − 100 = 50; 50 × 6,73 = 336,50",
                "night: 480 − 500 = −20; −20 × 4,58 = −91,60",
            ),
            recalculated="336,50 − 91,60 = 244,90",
        ),
    ),
    case(
        "a check of two zones in which one zone keeps its own",
        CHECKED,
        home(found(1080, 560), meters=[meter((1000, 500))], plan=Plan.TWO),
        after((1000, 500), (100, 40), (100, 40), (100, 40)),
        bill(
            "2026-09",
            ACTUAL,
            ("1080 − 1000 = 80", "40"),
            ("day 1: 80 × 6,73 = 538,40", "night 1: 40 × 4,58 = 183,20"),
            "721,60 + 91,60 = 813,20",
            charged="538,40 + 183,20 = 721,60",
            settled=("night: 560 − 500 − 40 = 20; 20 × 4,58 = 91,60",),
        ),
    ),
    case(
        "a check of a meter with a ratio",
        CHECKED,
        home(found(1010), meters=[meter(ratio=20)]),
        after(1000, 100, 100, 100),
        bill(
            "2026-09",
            ACTUAL,
            "(100 + 100 + 100) / 3 = 100",
            "single 1: 100 × 5,87 = 587,00",
            "587,00 + 587,00 = 1174,00",
            settled=("single: (1010 − 1000) × 20 − 100 = 100; 100 × 5,87 = 587,00",),
        ),
    ),
)

CHECKS = (*SHORT, *VERIFIED, *CONTROLS)
