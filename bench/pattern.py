"""A few accounts billed by the portal's own services, of which a town is copied.

Readings of a year or two, three months of bills with their lines and ledger rows, most of
them paid: what stands in the rows of a copy is what billing wrote for its pattern, with the
copy's own numbers in it.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any, NamedTuple

from peewee import Model

from bench import months_on
from bench.crowd import Person
from bench.town import DATA, DATED, columns_of, number_on
from cabinet.domain.energy import Energy
from cabinet.domain.loads import LoadState
from cabinet.domain.metering import ReadingSource, ReadingState
from cabinet.domain.people import AccountKind
from cabinet.domain.period import Month
from cabinet.domain.readings import Registers
from cabinet.domain.tariff import Category
from cabinet.models import (
    Account,
    Bill,
    Branch,
    ImportBatch,
    LedgerEntry,
    Meter,
    Reading,
)
from cabinet.models.base import database, on_sqlite, writing
from cabinet.models.ids import ordered_id
from cabinet.services import audit, bulk
from cabinet.services.billing import issuing, publishing, runs
from cabinet.services.demo.branches import make_branches
from cabinet.services.importing import import_file
from cabinet.services.readings.told import Told, to_json

#: The last month that was billed; the window of the next one is open.
LAST = Month(2026, 10)
BILLED = tuple(LAST.plus(-back) for back in (2, 1, 0))
#: Of so many accounts one has sent no reading in a month.
SILENT = 17
#: Registries of payments that were brought in before: one a day of each of three payers.
LOADS = 2000
#: One in three reads a day and a night zone.
TWO_ZONES = 3
#: The version of a UUID that begins with its moment.
ORDERED = 7
CATEGORIES = (Category.CITY_GAS, Category.CITY_ELECTRIC, Category.RURAL)

#: Tables that an account's rows stand in, and the column that says whose they are.
TABLES: tuple[tuple[type[Model], str], ...] = (
    (Account, "id"),
    (Meter, "account_id"),
    (Reading, "meter_id"),
    (Bill, "account_id"),
    (LedgerEntry, "account_id"),
)


class Copy(NamedTuple):
    """Whom the rows of a pattern are made for; the meter has the account's id."""

    id: int
    person: Person
    new_uuid: Callable[[], str]


Slot = tuple[int, Callable[[Copy], object]]


@dataclass(frozen=True, slots=True)
class Template:
    """A row of a pattern: what stays, and what is the copy's own."""

    values: list[Any]
    slots: tuple[Slot, ...]

    def row(self, copy: Copy) -> list[Any]:
        """Return the row as it is for the copy."""
        made = self.values[:]
        for at, make in self.slots:
            made[at] = make(copy)
        return made


@dataclass(frozen=True, slots=True)
class Pattern:
    """The rows of one account, by their tables."""

    rows: dict[type[Model], list[Template]] = field(default_factory=dict)


def settle(people: Sequence[Person], months: Sequence[Month]) -> None:
    """Put the people into the open, empty database and bill them."""
    with writing():
        make_branches()
        Branch.update(own_billing=True).execute()
    for name in DATED:
        with (DATA / f"{name}.csv").open("rb") as stream:
            import_file(f"{name}.csv", stream, now=moment(months[0]))
    branches = list(Branch.select().order_by(Branch.id))
    numbered = list(enumerate(people, start=1))
    with writing():
        bulk.insert(Account, [_account(branches, *each) for each in numbered])
        bulk.insert(Meter, [_meter(months[0], *each) for each in numbered])
        bulk.insert(
            Reading,
            [row for n, _ in numbered for row in _readings(n, months)],
        )
        bulk.insert(ImportBatch, [_load(n, months[0]) for n in range(LOADS)])
    number_on(Account)
    number_on(Meter)
    for at, month in enumerate(BILLED):
        if at:
            months_on.pay(month.previous)
        for branch in branches:
            _bill(branch, month)


def patterns_of(people: Sequence[Person]) -> list[Pattern]:
    """Read the patterns from the open database."""
    found = [Pattern() for _ in people]
    bills: list[list[int]] = [[] for _ in people]
    for model, whose in TABLES:
        names = columns_of(model)
        for row in _rows(model, names, whose):
            at = int(row[0]) - 1
            values = list(row[2:])
            if model is Bill:
                bills[at].append(int(values[0]))
            template = _template(names, values, people[at], bills[at])
            found[at].rows.setdefault(model, []).append(template)
    if any(len(each) != len(BILLED) for each in bills):
        raise SystemExit("a pattern lacks a bill")
    return found


def _rows(model: type[Model], names: list[str], whose: str) -> Iterator[Sequence[Any]]:
    """Yield whose a row is, its id and its columns, on Postgres each as text."""
    table = model._meta.table_name  # noqa: SLF001 - peewee's own way to a table
    cast = "" if on_sqlite() else "::text"
    columns = ", ".join(f'"{name}"{cast}' for name in names)
    yield from database.execute_sql(
        f'SELECT {whose}, id, {columns} FROM "{table}" ORDER BY "{table}".id'
    ).fetchall()


def _template(
    names: list[str], values: list[Any], person: Person, bills: list[int]
) -> Template:
    slots: list[Slot] = []
    for at, (name, value) in enumerate(zip(names, values, strict=True)):
        make = _slot(name, value, person, bills)
        if make is not None:
            slots.append((at, make))
    return Template(values, tuple(slots))


def _slot(
    name: str, value: Any, person: Person, bills: list[int]
) -> Callable[[Copy], object] | None:
    """Return what makes the value of a copy, None where it stays as it is."""
    if name in OWN:
        is_ordered = name == "public_id" and uuid.UUID(value).version == ORDERED
        return partial(_ordered_id, uuid.UUID(value).hex) if is_ordered else OWN[name]
    if value is None:
        return None
    if name == "bill_id" or (bills and name == "id" and int(value) == bills[-1]):
        return partial(_bill_id, bills.index(int(value)))
    if name == "id":
        return _id
    if name in {"number", "cause", "document", "lines", "standing"}:
        return _named(str(value), person)
    return None


def _id(copy: Copy) -> object:
    return copy.id


def _bill_id(at: int, copy: Copy) -> object:
    return (copy.id - 1) * len(BILLED) + at + 1


def _new_uuid(copy: Copy) -> object:
    return copy.new_uuid()


def _ordered_id(pattern: str, copy: Copy) -> object:
    """Return an id of the moment of the pattern's."""
    return f"{pattern[:13]}{copy.new_uuid()[13:]}"


OWN: dict[str, Callable[[Copy], object]] = {
    "account_id": _id,
    "meter_id": _id,
    "public_id": _new_uuid,
    "key": _new_uuid,
    "holder": lambda copy: copy.person.holder,
    "address": lambda copy: copy.person.address,
    "phone": lambda copy: copy.person.phone,
    "serial": lambda copy: copy.person.serial,
}


def _named(text: str, person: Person) -> Callable[[Copy], object] | None:
    """Return what puts a copy's number and serial in the place of the pattern's."""
    parts = [each.split(person.serial) for each in text.split(person.number)]
    if parts == [[text]]:
        return None

    def made(copy: Copy) -> object:
        one = copy.person
        return one.number.join(one.serial.join(each) for each in parts)

    return made


# The people -----------------------------------------------------------------------


def _account(branches: list[Branch], number: int, one: Person) -> dict[str, Any]:
    return {
        "id": number,
        "number": one.number,
        "branch": branches[number % len(branches)].id,
        "kind": AccountKind.HOUSEHOLD,
        "holder": one.holder,
        "address": one.address,
        "phone": one.phone,
        "category": CATEGORIES[number // len(branches) % len(CATEGORIES)],
        "residents": 1 + number % 4,
        "norm": Energy.from_kwh(71),
        "opened_on": date(2020, 1, 1),
    }


def _meter(first: Month, number: int, one: Person) -> dict[str, Any]:
    is_two = number % TWO_ZONES == 0
    return {
        "id": number,
        "public_id": one.public_id,
        "account": number,
        "serial": one.serial,
        "zones": 1 + is_two,
        "digits": 5,
        "opening_on": first.previous.ends,
        "opening_t1": Energy.from_kwh(1000),
        "opening_t2": Energy.from_kwh(500) if is_two else None,
        "verified_until": date(2036, 1, 1),
    }


def _readings(number: int, months: Sequence[Month]) -> Iterator[dict[str, Any]]:
    last = _registers(number, 0)
    for at, month in enumerate(months, start=1):
        if (number + at) % SILENT == 0:
            continue
        shown = _registers(number, at)
        used = tuple(a - b for a, b in zip(shown, last, strict=True))
        told = Told(last=last, used=used, estimate=None, is_cut=False)
        is_old = month < BILLED[0]
        day = month.starts.replace(day=20 + number % 6)
        received_at = datetime.combine(day, time(5 + number % 12), UTC)
        yield {
            "public_id": ordered_id(received_at),
            "meter": number,
            "period": month,
            "t1": shown[0],
            "t2": shown[1] if len(shown) > 1 else None,
            "taken_on": day,
            "received_at": received_at,
            "source": ReadingSource.CABINET,
            "state": ReadingState.COUNTED if is_old else ReadingState.SUBMITTED,
            "counted_in": month if is_old else None,
            "key": uuid.uuid4().hex,
            "told": to_json(told),
        }
        last = shown


def _registers(number: int, months: int) -> Registers:
    """Return what the meter shows after so many months."""
    used = months * (80 + number % 200)
    first = Energy.from_kwh(1000 + used)
    if number % TWO_ZONES:
        return (first,)
    return (first, Energy.from_kwh(500 + used // 2))


def _load(number: int, month: Month) -> dict[str, Any]:
    return {
        "kind": "payments",
        "file_name": f"{number}.csv",
        "sha256": f"{number:064x}",
        "state": LoadState.COMMITTED,
        "started_at": moment(month),
        "finished_at": moment(month),
    }


# Their bills ----------------------------------------------------------------------


def moment(month: Month) -> datetime:
    """Return when the bills of a month are made: the third of the next."""
    after = month.next
    return datetime(after.year, after.number, 3, 9, tzinfo=UTC)


def _bill(branch: Branch, month: Month) -> None:
    now = moment(month)
    preview = issuing.prepare(branch, month)
    if preview.missing or preview.held:
        raise SystemExit(f"{preview.missing} {preview.held}")
    run_id = runs.begin(
        branch, month, only=None, counts={}, actor=audit.SYSTEM, now=now
    )
    issuing.issue(run_id, actor=audit.SYSTEM, clock=lambda: now)
    publishing.publish(run_id, actor=audit.SYSTEM, clock=lambda: now)
