"""Recalculations by order: what a paper says is taken off the next bill, or added to it.

The meter is at 1000 of 22 August and everything is paid, unless told otherwise.
"""

from tests.domain.constructed_debts import MARCH, PENALTY, debts, still, used
from tests.domain.constructed_form import after, away, home, read, standing

COURT = "Code of Civil Procedure, 13: a decision of a court is carried out"
WRONG = "decree 354, 31 «г»: what was charged wrongly is recalculated"
ABSENT = "decree 354, 86, 91: what the norm charged for days away is given back"
SET_OFF = "decree 354, 61: what is given back is set off"

ORDERS = (
    debts(
        "a court takes a sum off the next bill",
        COURT,
        home(read("2026-09-22", 1100)),
        after(1000),
        used(
            "2026-09",
            "1100 − 1000 = 100",
            "single 1: 100 × 5,87 = 587,00",
            "587,00 − 300,50 = 286,50",
            orders=("court: −300,50",),
        ),
    ),
    debts(
        "more is taken off than the month costs: the rest is an advance",
        f"{WRONG}; {SET_OFF}",
        home(read("2026-08-22", 1100), read("2026-09-22", 1200)),
        after(1000, on="2026-07-22"),
        used(
            "2026-08",
            "1100 − 1000 = 100",
            "single 1: 100 × 5,87 = 587,00",
            "587,00 − 1174,00 = −587,00",
            # 200 kWh were charged too much.
            orders=("readings: −200 × 5,87 = −1174,00",),
        ),
        used(
            "2026-09",
            "1200 − 1100 = 100",
            "single 1: 100 × 5,87 = 587,00",
            "587,00 − 587,00 = 0",
            opening="−587,00",
        ),
    ),
    debts(
        "two papers in one bill, one of them adds",
        f"{ABSENT}; {WRONG}",
        home(read("2026-09-22", 1100)),
        after(1000),
        used(
            "2026-09",
            "1100 − 1000 = 100",
            "single 1: 100 × 5,87 = 587,00",
            "587,00 − 880,50 + 234,80 = −58,70",
            orders=(
                "absence: −150 × 5,87 = −880,50",
                "readings: 40 × 5,87 = 234,80",
            ),
        ),
    ),
    debts(
        "what is given back covers the oldest debt on the day of its bill",
        f"{COURT}; {PENALTY}",
        still(5, 2),
        standing("1000,00", MARCH, on="2026-04-22"),
        away(
            "2026-05",
            "1000,00",
            "1000,00 + 5,07 − 400,00 = 605,07",
            # 16 May is the 31st day.
            penalties=("2026-03: 1000 × 9,5 / 100 / 300 × 16 → 5,07",),
            orders=("court: −400,00",),
        ),
        away(
            "2026-06",
            "605,07",
            "605,07 + 5,70 = 610,77",
            penalties=(
                (
                    "2026-03: (1000 × 16 + 600 × 30) × 9,5 / 100 / 300 → 10,77;"
                    " 10,77 − 5,07 = 5,70"
                ),
            ),
        ),
    ),
    debts(
        "what is added is owed with the month of its bill",
        f"{COURT}; {PENALTY}",
        still(5, 3),
        standing("0", on="2026-04-22"),
        away("2026-05", "0", "1000,00", orders=("court: 1000,00",)),
        away("2026-06", "1000,00", "1000,00"),
        away(
            "2026-07",
            "1000,00",
            "1000,00 + 5,07 = 1005,07",
            # Due on 15 June: 16 July is the 31st day.
            penalties=("2026-05: 1000 × 9,5 / 100 / 300 × 16 → 5,07",),
        ),
    ),
)
