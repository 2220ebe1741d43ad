"""What a bill leaves to the next one, as the JSON that is kept with it.

Lists in place of names: two million of them are written a month. Whole units and ISO
days, months as codes like 202610.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from cabinet.domain.billing import Standing
from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.covering import Credit, MonthDebt
from cabinet.domain.energy import Energy
from cabinet.domain.money import Money
from cabinet.domain.penalty import PaidPart
from cabinet.domain.period import Month
from cabinet.domain.volume import Carried, Known, Mark, Quiet, Registers, Silence


def pack(standing: Standing) -> dict[str, Any]:
    """Return the standing as JSON."""
    carried, at = standing.carried, standing.carried.at
    return {
        "at": at and [at.serial, _numbers(at.registers), at.on.isoformat()],
        "known": [[one.month.code, _numbers(one.by_zone)] for one in carried.known],
        "silent": [
            [one.month.code, _numbers(one.by_zone), str(one.basis), str(one.silence)]
            for one in carried.silent
        ],
        "closing": standing.closing.kopecks,
        "debts": [
            [
                debt.month.code,
                debt.due_on.isoformat(),
                debt.newest_due_on.isoformat(),
                debt.main.kopecks,
                debt.penalty.kopecks,
                [[part.on.isoformat(), part.amount.kopecks] for part in debt.paid],
            ]
            for debt in standing.debts
        ],
        "credits": [
            [one.key, one.amount.kopecks, one.named and one.named.code]
            for one in standing.credits
        ],
        "penalized": [
            [month.code, total.kopecks] for month, total in standing.penalized.items()
        ],
    }


def unpack(kept: Mapping[str, Any]) -> Standing:
    """Return the standing of a bill."""
    at = kept["at"]
    return Standing(
        carried=Carried(
            at=at and Mark(at[0], _registers(at[1]), date.fromisoformat(at[2])),
            known=tuple(
                Known(Month.from_code(code), _registers(by_zone))
                for code, by_zone in kept["known"]
            ),
            silent=tuple(
                Quiet(
                    Month.from_code(code),
                    _registers(by_zone),
                    ChargeBasis(basis),
                    Silence(silence),
                )
                for code, by_zone, basis, silence in kept["silent"]
            ),
        ),
        closing=Money(kept["closing"]),
        debts=tuple(
            MonthDebt(
                month=Month.from_code(code),
                due_on=date.fromisoformat(due_on),
                newest_due_on=date.fromisoformat(newest),
                main=Money(main),
                penalty=Money(penalty),
                paid=tuple(
                    PaidPart(date.fromisoformat(on), Money(amount))
                    for on, amount in paid
                ),
            )
            for code, due_on, newest, main, penalty, paid in kept["debts"]
        ),
        credits=tuple(
            Credit(key, Money(amount), named and Month.from_code(named))
            for key, amount, named in kept["credits"]
        ),
        penalized={
            Month.from_code(code): Money(total) for code, total in kept["penalized"]
        },
    )


def _numbers(registers: Registers) -> list[int]:
    return [one.wh for one in registers]


def _registers(numbers: list[int]) -> Registers:
    return tuple(Energy(wh) for wh in numbers)
