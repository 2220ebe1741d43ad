"""Months of debt: penalties, payments, advances.

A debt of the 15th of April has its 31st day on 16 May, the 60th on 14 June, the 90th on
14 July, the 120th on 13 August. The key rate was never under 9,5 % in 2026. Where only
the debt is of interest nobody is at home and the meter stands still.
"""

from datetime import date

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.money import Money
from cabinet.domain.penalty import PaidPart
from cabinet.domain.tariff import Plan
from tests.domain.constructed_form import (
    ACTUAL,
    Bill,
    Case,
    away,
    benefit,
    carried,
    home,
    meter,
    owed,
    read,
    standing,
)

PENALTY = "Housing Code, 155 part 14; decree 474: at most 9,5 %"
DUE = "Housing Code, 155 part 1: due by the 15th, up to February 2026 by the 10th"
PAID = "Housing Code, 155 part 14: up to and with the day of payment"
COVERS = "Plenum 22 of 27.06.2017, 32: the earliest first; Plenum 54, 37: debts first"
NAMED = "Plenum 22 of 27.06.2017, 32: the month the payer names"
SETTLED = "decree 354, 61: what is given back is set off"


def still(first, count, register=1000, year=2026):
    """The same register month after month."""
    return home(
        *(
            read(f"{year}-{number:02}-22", register)
            for number in range(first, first + count)
        )
    )


def used(month, kwh, line, closing, **more):
    return Bill(
        month=month, basis=ACTUAL, kwh=(kwh,), lines=(line,), closing=closing, **more
    )


def debts(name, source, household, before, *bills, **more):
    return Case(
        name=name, source=source, home=household, before=before, bills=bills, **more
    )


MARCH = owed("2026-03", "2026-04-15", "1000,00")
JUNE = owed("2026-06", "2026-07-15", "800,00")
JULY = owed("2026-07", "2026-08-15", "600,00")

PENALTIES = (
    debts(
        "a thousand roubles on the 90th day",
        PENALTY,
        still(7, 1),
        standing("1000,00", owed("2026-03", "2026-05-02", "1000,00")),
        # 2 May is 90 days before 31 July.
        away(
            "2026-07",
            "1000,00",
            "1000,00 + 19,00 = 1019,00",
            penalties=("2026-03: 1000 × 9,5 / 100 / 300 × 60 = 19,00",),
        ),
    ),
    debts(
        "a thousand roubles on the 120th day",
        PENALTY,
        still(8, 1),
        standing("1000,00", owed("2026-03", "2026-05-03", "1000,00")),
        # 3 May is 120 days before 31 August.
        away(
            "2026-08",
            "1000,00",
            "1000,00 + 40,92 = 1040,92",
            penalties=("2026-03: 1000 × 9,5 / 100 × (60 / 300 + 30 / 130) → 40,92",),
        ),
    ),
    debts(
        "bill after bill subtracts what was charged, to the payment of the 90th day",
        f"{PENALTY}; {PAID}",
        still(4, 6),
        standing("1000,00", MARCH),
        # The 15th day.
        away("2026-04", "1000,00", "1000,00"),
        # The 46th day: 16 of them cost.
        away(
            "2026-05",
            "1000,00",
            "1000,00 + 5,07 = 1005,07",
            penalties=("2026-03: 1000 × 9,5 / 100 / 300 × 16 → 5,07",),
        ),
        # The 76th day.
        away(
            "2026-06",
            "1005,07",
            "1005,07 + 9,50 = 1014,57",
            penalties=(
                "2026-03: 1000 × 9,5 / 100 / 300 × 46 → 14,57; 14,57 − 5,07 = 9,50",
            ),
        ),
        away(
            "2026-07",
            "1014,57",
            "1014,57 + 4,43 − 1000,00 = 19,00",
            pays=("2026-07-14: 1000,00",),
            penalties=(
                "2026-03: 1000 × 9,5 / 100 / 300 × 60 = 19,00; 19,00 − 14,57 = 4,43",
            ),
        ),
        # A penalty costs no penalty, however late.
        away("2026-08", "19,00", "19,00"),
        away("2026-09", "19,00", "0,00", pays=("2026-09-10: 19,00",)),
    ),
    debts(
        "the payment of the 120th day",
        f"{PENALTY}; {PAID}",
        still(7, 2),
        standing(
            "1014,57",
            owed("2026-03", "2026-04-15", "1000,00", penalty="14,57"),
            penalized={"2026-03": "14,57"},
        ),
        # The 107th day: 60 cost a three-hundredth, 17 a hundred-and-thirtieth.
        away(
            "2026-07",
            "1014,57",
            "1014,57 + 16,85 = 1031,42",
            penalties=(
                (
                    "2026-03: 1000 × 9,5 / 100 × (60 / 300 + 17 / 130) → 31,42;"
                    " 31,42 − 14,57 = 16,85"
                ),
            ),
        ),
        away(
            "2026-08",
            "1031,42",
            "1031,42 + 9,50 − 1000,00 = 40,92",
            pays=("2026-08-13: 1000,00",),
            penalties=(
                (
                    "2026-03: 1000 × 9,5 / 100 × (60 / 300 + 30 / 130) → 40,92;"
                    " 40,92 − 31,42 = 9,50"
                ),
            ),
        ),
    ),
    debts(
        "paid on the due day costs nothing",
        f"{PAID}; {DUE}",
        home(
            read("2026-08-22", 1120),
            *(read(f"2026-{number:02}-22", 1220) for number in range(9, 12)),
        ),
        standing("0", at=1000, on="2026-07-22"),
        used("2026-08", "1120 − 1000 = 120", "single 1: 120 × 5,87 = 704,40", "704,40"),
        used(
            "2026-09",
            "1220 − 1120 = 100",
            "single 1: 100 × 5,87 = 587,00",
            "587,00",
            opening="704,40",
            pays=("2026-09-15: 704,40",),
        ),
        used(
            "2026-10",
            "1220 − 1220 = 0",
            "single 1: 0 × 6,52 = 0,00",
            "0",
            opening="587,00",
            pays=("2026-10-15: 587,00",),
        ),
        used("2026-11", "1220 − 1220 = 0", "single 1: 0 × 6,52 = 0,00", "0"),
    ),
    debts(
        "paid on the 30th day costs nothing",
        f"{PENALTY}; {PAID}",
        still(9, 1),
        standing("600,00", JULY),
        # 15 August and 30 days are 14 September.
        away("2026-09", "600,00", "0,00", pays=("2026-09-14: 600,00",)),
    ),
    debts(
        "paid on the 31st day costs that day",
        f"{PENALTY}; {PAID}",
        still(9, 1),
        standing("600,00", JULY),
        away(
            "2026-09",
            "600,00",
            "600,00 + 0,19 − 600,00 = 0,19",
            pays=("2026-09-15: 600,00",),
            penalties=("2026-07: 600 × 9,5 / 100 / 300 × 1 = 0,19",),
        ),
    ),
    debts(
        "paid late inside the month costs up to the day of payment",
        f"{PENALTY}; {PAID}",
        still(9, 2),
        standing("1000,00", owed("2026-07", "2026-08-15", "1000,00")),
        # 29 September is the 45th day: the 31st to the 45th are 15.
        away(
            "2026-09",
            "1000,00",
            "1000,00 + 4,75 − 1000,00 = 4,75",
            pays=("2026-09-29: 1000,00",),
            penalties=("2026-07: 1000 × 9,5 / 100 / 300 × 15 = 4,75",),
        ),
        away("2026-10", "4,75", "4,75", price="6,52"),
    ),
    debts(
        "two months of debt count apart",
        PENALTY,
        still(9, 2),
        standing("1400,00", JUNE, JULY),
        # 30 September is the 77th day of June's debt and the 46th of July's.
        away(
            "2026-09",
            "1400,00",
            "1400,00 + 11,91 + 3,04 = 1414,95",
            penalties=(
                "2026-06: 800 × 9,5 / 100 / 300 × 47 → 11,91",
                "2026-07: 600 × 9,5 / 100 / 300 × 16 = 3,04",
            ),
        ),
        # 31 October is the 108th and the 77th.
        away(
            "2026-10",
            "1414,95",
            "1414,95 + 13,81 + 5,89 = 1434,65",
            price="6,52",
            penalties=(
                (
                    "2026-06: 800 × 9,5 / 100 × (60 / 300 + 18 / 130) → 25,72;"
                    " 25,72 − 11,91 = 13,81"
                ),
                "2026-07: 600 × 9,5 / 100 / 300 × 47 = 8,93; 8,93 − 3,04 = 5,89",
            ),
        ),
    ),
    debts(
        "a part paid on the 60th day costs to there, the rest goes on",
        f"{PENALTY}; {PAID}",
        still(6, 2),
        standing("1000,00", MARCH),
        # The 31st to the 60th day of 400, the 31st to the 76th of 600.
        away(
            "2026-06",
            "1000,00",
            "1000,00 + 12,54 − 400,00 = 612,54",
            pays=("2026-06-14: 400,00",),
            penalties=("2026-03: (400 × 30 + 600 × 46) × 9,5 / 100 / 300 = 12,54",),
        ),
        # 600 to the 107th day.
        away(
            "2026-07",
            "612,54",
            "612,54 + 10,11 = 622,65",
            penalties=(
                (
                    "2026-03: 400 × 9,5 / 100 / 300 × 30"
                    " + 600 × 9,5 / 100 × (60 / 300 + 17 / 130) → 22,65;"
                    " 22,65 − 12,54 = 10,11"
                ),
            ),
        ),
    ),
    debts(
        "a part paid before the first bill of the case is remembered",
        f"{PENALTY}; {PAID}",
        still(6, 1),
        standing(
            "600,00",
            owed(
                "2026-03",
                "2026-04-15",
                "600,00",
                paid=(PaidPart(date(2026, 5, 20), Money(400_00)),),
            ),
        ),
        # 20 May is the 35th day: 5 days of 400, 46 of 600.
        away(
            "2026-06",
            "600,00",
            "600,00 + 9,37 = 609,37",
            penalties=("2026-03: (400 × 5 + 600 × 46) × 9,5 / 100 / 300 → 9,37",),
        ),
    ),
    debts(
        "the bill of February 2026 is due on the 10th of March",
        f"{PENALTY}; {DUE}",
        home(*(read(f"2026-{number:02}-22", 1150) for number in range(2, 5))),
        standing("0", on="2026-01-22"),
        used("2026-02", "1150 − 1000 = 150", "single 1: 150 × 5,87 = 880,50", "880,50"),
        # The 21st day.
        used(
            "2026-03",
            "1150 − 1150 = 0",
            "single 1: 0 × 5,87 = 0,00",
            "880,50",
            opening="880,50",
        ),
        # The 51st day: 21 of them cost.
        used(
            "2026-04",
            "1150 − 1150 = 0",
            "single 1: 0 × 5,87 = 0,00",
            "880,50 + 5,86 = 886,36",
            opening="880,50",
            penalties=("2026-02: 880,50 × 9,5 / 100 / 300 × 21 → 5,86",),
        ),
    ),
    debts(
        "the bill of March 2026 is due on the 15th of April",
        f"{PENALTY}; {DUE}",
        home(*(read(f"2026-{number:02}-22", 1150) for number in range(3, 6))),
        standing("0", on="2026-02-22"),
        used("2026-03", "1150 − 1000 = 150", "single 1: 150 × 5,87 = 880,50", "880,50"),
        used(
            "2026-04",
            "1150 − 1150 = 0",
            "single 1: 0 × 5,87 = 0,00",
            "880,50",
            opening="880,50",
        ),
        # The 46th day: 16 of them cost.
        used(
            "2026-05",
            "1150 − 1150 = 0",
            "single 1: 0 × 5,87 = 0,00",
            "880,50 + 4,46 = 884,96",
            opening="880,50",
            penalties=("2026-03: 880,50 × 9,5 / 100 / 300 × 16 → 4,46",),
        ),
    ),
    debts(
        "a payment of before that comes after the bill gives penalties back",
        f"{PENALTY}; {PAID}",
        still(9, 2),
        standing("800,00", JUNE),
        away(
            "2026-09",
            "800,00",
            "800,00 + 11,91 = 811,91",
            penalties=("2026-06: 800 × 9,5 / 100 / 300 × 47 → 11,91",),
        ),
        # 20 September is the 67th day: 37 of them cost.
        away(
            "2026-10",
            "811,91",
            "811,91 − 2,54 − 800,00 = 9,37",
            price="6,52",
            pays=("2026-09-20: 800,00",),
            penalties=(
                "2026-06: 800 × 9,5 / 100 / 300 × 37 → 9,37; 9,37 − 11,91 = −2,54",
            ),
        ),
    ),
)

PAYMENTS = (
    debts(
        "an advance covers a bill and a part of the next, the rest is late",
        f"{COVERS}; {PENALTY}",
        home(
            read("2026-09-22", 1100),
            *(read(f"2026-{number}-22", 1200) for number in range(10, 13)),
        ),
        standing("−1000,00", on="2026-08-22", advance="1000,00"),
        used(
            "2026-09",
            "1100 − 1000 = 100",
            "single 1: 100 × 5,87 = 587,00",
            "587,00 − 1000,00 = −413,00",
            opening="−1000,00",
        ),
        used(
            "2026-10",
            "1200 − 1100 = 100",
            "single 1: 100 × 6,52 = 652,00",
            "652,00 − 413,00 = 239,00",
            opening="−413,00",
        ),
        # Due on 15 November: the 15th day, and the 46th.
        used(
            "2026-11",
            "1200 − 1200 = 0",
            "single 1: 0 × 6,52 = 0,00",
            "239,00",
            opening="239,00",
        ),
        used(
            "2026-12",
            "1200 − 1200 = 0",
            "single 1: 0 × 6,52 = 0,00",
            "239,00 + 1,21 = 240,21",
            opening="239,00",
            penalties=("2026-10: 239 × 9,5 / 100 / 300 × 16 → 1,21",),
        ),
    ),
    debts(
        "what is overpaid is an advance",
        COVERS,
        home(
            read("2026-09-22", 1100),
            read("2026-10-22", 1200),
            read("2026-11-22", 1300),
        ),
        standing("0", on="2026-08-22"),
        used("2026-09", "1100 − 1000 = 100", "single 1: 100 × 5,87 = 587,00", "587,00"),
        used(
            "2026-10",
            "1200 − 1100 = 100",
            "single 1: 100 × 6,52 = 652,00",
            "587,00 + 652,00 − 5000,00 = −3761,00",
            opening="587,00",
            pays=("2026-10-10: 5000,00",),
        ),
        used(
            "2026-11",
            "1300 − 1200 = 100",
            "single 1: 100 × 6,52 = 652,00",
            "652,00 − 3761,00 = −3109,00",
            opening="−3761,00",
        ),
    ),
    debts(
        "two payments of a month, one of them late",
        f"{COVERS}; {PAID}",
        still(9, 1),
        standing("600,00", JULY),
        # 200 on the 26th day, 400 on the 36th.
        away(
            "2026-09",
            "600,00",
            "600,00 + 0,76 − 600,00 = 0,76",
            pays=("2026-09-10: 200,00", "2026-09-20: 400,00"),
            penalties=("2026-07: 400 × 9,5 / 100 / 300 × 6 = 0,76",),
        ),
    ),
    debts(
        "a payment covers the debts before the penalties",
        f"{COVERS}; {PAID}",
        still(10, 2),
        standing(
            "1414,95",
            owed("2026-06", "2026-07-15", "800,00", penalty="11,91"),
            owed("2026-07", "2026-08-15", "600,00", penalty="3,04"),
            penalized={"2026-06": "11,91", "2026-07": "3,04"},
        ),
        # 10 October is the 87th day of June's debt and the 56th of July's.
        away(
            "2026-10",
            "1414,95",
            "1414,95 + 2,53 + 1,90 − 1405,00 = 14,38",
            price="6,52",
            pays=("2026-10-10: 1405,00",),
            penalties=(
                "2026-06: 800 × 9,5 / 100 / 300 × 57 = 14,44; 14,44 − 11,91 = 2,53",
                "2026-07: 600 × 9,5 / 100 / 300 × 26 = 4,94; 4,94 − 3,04 = 1,90",
            ),
        ),
        # Only penalties are left: they cost nothing.
        away("2026-11", "14,38", "14,38", price="6,52"),
    ),
    debts(
        "a payment that names no month covers the earliest due",
        f"{COVERS}; {PENALTY}",
        still(9, 1),
        standing("1400,00", JUNE, JULY),
        # 600 of June's 800 on the 67th day, 200 to the 77th; July's 600 to the 46th.
        away(
            "2026-09",
            "1400,00",
            "1400,00 + 10,01 + 3,04 − 600,00 = 813,05",
            pays=("2026-09-20: 600,00",),
            penalties=(
                "2026-06: (600 × 37 + 200 × 47) × 9,5 / 100 / 300 → 10,01",
                "2026-07: 600 × 9,5 / 100 / 300 × 16 = 3,04",
            ),
        ),
    ),
    debts(
        "a payment covers the month it names first",
        f"{NAMED}; {PENALTY}",
        still(9, 1),
        standing("1400,00", JUNE, JULY),
        # July's 600 on the 36th day; June's 800 to the 77th.
        away(
            "2026-09",
            "1400,00",
            "1400,00 + 11,91 + 1,14 − 600,00 = 813,05",
            pays=("2026-09-20: 600,00 for 2026-07",),
            penalties=(
                "2026-06: 800 × 9,5 / 100 / 300 × 47 → 11,91",
                "2026-07: 600 × 9,5 / 100 / 300 × 6 = 1,14",
            ),
        ),
    ),
    debts(
        "a recalculation below zero larger than the charge is set off an older debt",
        f"{SETTLED}; {PENALTY}",
        home(read("2026-10-22", 1150), read("2026-11-22", 1250)),
        standing(
            "1000,00",
            owed("2026-08", "2026-09-15", "1000,00"),
            carried=carried(1000, on="2026-08-22", silent=[(200, ChargeBasis.NORM)]),
        ),
        # The 46th day of August's debt.
        used(
            "2026-10",
            "(1150 − 1000) / 2 = 75",
            "single 1: 75 × 6,52 = 489,00",
            "1000,00 + 489,00 − 815,00 + 5,07 = 679,07",
            opening="1000,00",
            settled=("single: 150 − 75 − 200 = −125; −125 × 6,52 = −815,00",),
            penalties=("2026-08: 1000 × 9,5 / 100 / 300 × 16 → 5,07",),
        ),
        # 815 − 489 = 326 of it set off on 31 October; 674 to the 76th day.
        used(
            "2026-11",
            "1250 − 1150 = 100",
            "single 1: 100 × 6,52 = 652,00",
            "679,07 + 652,00 + 6,40 = 1337,47",
            opening="679,07",
            penalties=(
                (
                    "2026-08: (326 × 16 + 674 × 46) × 9,5 / 100 / 300 → 11,47;"
                    " 11,47 − 5,07 = 6,40"
                ),
            ),
        ),
    ),
    debts(
        "everything at once: ranges, zones, a recalculation, a benefit and a penalty",
        f"decree 354, 38, 59 «б», 61; {COVERS}; {PAID}",
        home(
            read("2026-09-22", 16000, 6000),
            meters=[meter((1000, 500))],
            plan=Plan.TWO,
        ),
        standing(
            "13 385,00",
            owed("2026-06", "2026-07-15", "1000,00"),
            # 1500 × 6,73 + 500 × 4,58 by the average.
            owed("2026-08", "2026-09-15", "12 385,00"),
            carried=carried(
                (10000, 4000),
                *[(1500, 500)] * 3,
                on="2026-07-22",
                silent=[((1500, 500), ChargeBasis.AVERAGE)],
            ),
        ),
        Bill(
            month="2026-09",
            basis=ACTUAL,
            kwh=("(16 000 − 10 000) / 2 = 3000", "(6000 − 4000) / 2 = 1000"),
            lines=(
                "day 1: 3900 × 3000 / 4000 = 2925; 2925 × 6,73 = 19 685,25",
                "night 1: 3900 × 1000 / 4000 = 975; 975 × 4,58 = 4465,50",
                "day 2: 100 × 3000 / 4000 = 75; 75 × 9,94 = 745,50",
                "night 2: 100 × 1000 / 4000 = 25; 25 × 6,74 = 168,50",
            ),
            charged="19 685,25 + 4465,50 + 745,50 + 168,50 = 25 064,75",
            settled=(
                "day: 6000 − 3000 − 1500 = 1500; 1500 × 6,73 = 10 095,00",
                "night: 2000 − 1000 − 500 = 500; 500 × 4,58 = 2290,00",
            ),
            recalculated="10 095,00 + 2290,00 = 12 385,00",
            # 100 × 2925 / 3900 = 75 by day and 25 by night.
            benefits=(
                "half: 75 + 25 = 100; (75 × 6,73 + 25 × 4,58) × 50 / 100 → 309,63",
            ),
            # 14 September is the 61st day of June's debt; August's is not due yet.
            penalties=("2026-06: 1000 × 9,5 / 100 / 300 × 31 → 9,82",),
            opening="13 385,00",
            pays=("2026-09-14: 12 000,00",),
            closing="13 385,00 + 25 064,75 + 12 385,00 + 9,82 − 309,63 − 12 000,00"
            " = 38 534,94",
        ),
        benefits=(benefit("half", 50),),
        social_norm=100,
    ),
)

DEBTS = (*PENALTIES, *PAYMENTS)
