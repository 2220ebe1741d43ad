"""Accounts that were closed with a debt: bills go on until it is paid.

A debt of the 15th of April has its 31st day on 16 May, the 60th on 14 June, the 90th on
14 July.
"""

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.volume import Silence
from tests.domain.constructed_debts import MARCH, PAID, PENALTY, debts
from tests.domain.constructed_form import ACTUAL, Bill, carried, home, read, standing

ENDED = "decree 354, 42: energy is charged up to the day the contract ends"
RESUMED = "decree 354, 61: what was charged by the average is settled by a reading"


def nothing(month, opening, closing, **more):
    """A month after the last: nobody is charged for energy."""
    return Bill(
        month=month,
        basis=ACTUAL,
        kwh=("0",),
        lines=(),
        charged="0",
        silence=Silence.CLOSED,
        opening=opening,
        closing=closing,
        **more,
    )


CLOSED = (
    debts(
        "a debt outlives the account and costs penalties up to the day it is paid",
        f"{PENALTY}; {PAID}; {ENDED}",
        home(closed="2026-05-01"),
        standing("1000,00", MARCH, on="2026-04-22"),
        nothing(
            "2026-05",
            "1000,00",
            "1000,00 + 5,07 = 1005,07",
            penalties=("2026-03: 1000 × 9,5 / 100 / 300 × 16 → 5,07",),
        ),
        nothing(
            "2026-06",
            "1005,07",
            "1005,07 + 9,50 = 1014,57",
            penalties=(
                "2026-03: 1000 × 9,5 / 100 / 300 × 46 → 14,57; 14,57 − 5,07 = 9,50",
            ),
        ),
        nothing(
            "2026-07",
            "1014,57",
            "1014,57 + 3,16 − 1000,00 = 17,73",
            # 16 and 30 days, and ten of July.
            penalties=(
                "2026-03: 1000 × 9,5 / 100 / 300 × 56 → 17,73; 17,73 − 14,57 = 3,16",
            ),
            pays=("2026-07-10: 1000,00",),
        ),
        # No penalties of penalties.
        nothing("2026-08", "17,73", "17,73"),
        nothing("2026-09", "17,73", "17,73 − 17,73 = 0", pays=("2026-09-02: 17,73",)),
    ),
    debts(
        "a debt of more than ninety days after the account was closed",
        f"{PENALTY}; {ENDED}",
        home(closed="2026-08-01"),
        standing("1000,00", MARCH, on="2026-07-22"),
        nothing(
            "2026-08",
            "1000,00",
            "1000,00 + 54,08 = 1054,08",
            # 16 May to 14 July are 60 days; 15 July to 31 August are 48.
            penalties=("2026-03: 1000 × 9,5 / 100 × (60 / 300 + 48 / 130) → 54,08",),
        ),
    ),
    debts(
        "the last reading that comes after the end settles what the average charged",
        f"{RESUMED}; {ENDED}",
        home(read("2026-08-31", 1120, period="2026-09"), closed="2026-09-01"),
        standing(
            "763,10",
            carried=carried(
                1000,
                100,
                130,
                160,
                on="2026-07-22",
                silent=[(130, ChargeBasis.AVERAGE)],
            ),
        ),
        Bill(
            month="2026-09",
            basis=ACTUAL,
            kwh=("0",),
            lines=("single 1: 0 × 5,87 = 0,00",),
            settled=("single: 120 − 130 = −10; −10 × 5,87 = −58,70",),
            opening="763,10",
            closing="763,10 − 58,70 = 704,40",
        ),
    ),
    debts(
        "what is read after the end without silent months was used before it",
        ENDED,
        home(read("2026-08-31", 1120, period="2026-09"), closed="2026-09-01"),
        standing("10,00", on="2026-08-22"),
        Bill(
            month="2026-09",
            basis=ACTUAL,
            kwh=("1120 − 1000 = 120",),
            lines=("single 1: 120 × 5,87 = 704,40",),
            opening="10,00",
            closing="10,00 + 704,40 = 714,40",
        ),
    ),
)
