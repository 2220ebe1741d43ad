"""Rows of the registries of a billing system and of banks, made by position: millions."""

from datetime import date, time
from typing import NamedTuple

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.tariff import Category

Registers = tuple[Energy, ...]


class AccountRow(NamedTuple):
    """An account (лицевой счёт) as a billing system tells it; `norm` a person."""

    line: int
    raw: tuple[str, ...]
    account: str
    branch: str
    holder: str
    address: str
    category: Category
    residents: int
    rooms: int | None
    norm: Energy | None
    area: int | None
    opened_on: date | None
    els: str | None
    izhku: str | None
    route: str | None


class MeterRow(NamedTuple):
    """A meter, its registers on the day it began to count and on its removal."""

    line: int
    raw: tuple[str, ...]
    account: str
    serial: str
    model: str | None
    zones: int
    digits: int
    ratio: int
    installed_on: date | None
    removed_on: date | None
    verified_until: date | None
    opening_on: date
    opening: Registers
    closing: Registers


class ReadingRow(NamedTuple):
    """What a meter showed on a day."""

    line: int
    raw: tuple[str, ...]
    account: str
    serial: str
    taken_on: date
    registers: Registers
    source: ReadingSource


class ChargeRow(NamedTuple):
    """What a month cost."""

    line: int
    raw: tuple[str, ...]
    account: str
    month: Month
    energy: Energy
    basis: ChargeBasis
    charged: Money
    penalty: Money
    recalculated: Money


class PaymentRow(NamedTuple):
    """Money that a bank took for an account, by the bank's local time.

    `account` is empty where the bank does not tell whose money it is.
    """

    line: int
    raw: tuple[str, ...]
    paid_on: date
    paid_at: time
    code: str
    account: str
    holder: str
    month: Month | None
    amount: Money
