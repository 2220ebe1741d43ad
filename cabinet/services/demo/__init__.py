"""The demonstration: invented people over the sample registry."""

from datetime import datetime

from cabinet.domain.energy import Energy
from cabinet.services import factors
from cabinet.services.demo.load import load_demo
from cabinet.services.demo.people import ACCOUNTS, PASSWORD, PEOPLE, DemoPerson
from cabinet.services.demo.registries import next_registers

__all__ = [
    "PASSWORD",
    "PEOPLE",
    "DemoPerson",
    "load_demo",
    "next_readings",
    "staff_codes",
]


def next_readings() -> dict[str, tuple[Energy, ...]]:
    """Return what to type for the first customer's accounts, by their short names."""
    first, *_ = PEOPLE
    accounts = {account.number: account for account in ACCOUNTS}
    return {
        access.slug: tuple(
            Energy.from_kwh(register)
            for register in next_registers(accounts[access.number])
        )
        for access in first.accesses
    }


def staff_codes(*, now: datetime) -> dict[str, str]:
    """Return the one-time code of each member of staff at the moment, by e-mail."""
    return {
        person.email: factors.code_at(person.factor, now)
        for person in PEOPLE
        if person.factor
    }
