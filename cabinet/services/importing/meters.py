"""Meters from a billing system, with their removals and replacements."""

import uuid
from operator import attrgetter

from cabinet.domain.energy import Energy
from cabinet.domain.metering import MeterStatus
from cabinet.exchange.registry_rows import MeterRow
from cabinet.models import Account, Meter
from cabinet.services import bulk
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.report import Outcome

#: What a row says and may say, the model the last; registers stand between the two.
_OF_ROW = ("zones", "digits", "ratio", "removed_on", "opening_on")
_REGISTERS = (
    "opening_t1",
    "opening_t2",
    "opening_t3",
    "closing_t1",
    "closing_t2",
    "closing_t3",
)
_IF_TOLD = ("installed_on", "verified_until", "model")


def take_meters(rows: list[MeterRow], intake: Intake) -> None:
    """Add the meters that are new and change those that differ.

    A meter of an account that is not known goes into quarantine.
    """
    accounts = account_ids([row.account for row in rows], intake)
    told = [name for name in _IF_TOLD if intake.has(name)]
    fields = [*_REGISTERS, *_OF_ROW, *told]
    pick = attrgetter(*_OF_ROW, *told)
    has_model = intake.has("model")
    known = _known(list(accounts.values()), fields)
    added: list[tuple[object, ...]] = []
    for row in rows:
        account_id = accounts.get(row.account)
        if account_id is None:
            intake.refuse(row, "account", "лицевой счёт не найден", Outcome.QUARANTINED)
            continue
        content = (*_three(row.opening), *_three(row.closing), *pick(row))
        if has_model:
            content = (*content[:-1], content[-1] or "")
        key = (account_id, row.serial)
        if key not in known:
            added.append((uuid.uuid4(), *key, _status(row), *content))
            continue
        meter_id, status, before = known[key]
        if before == content:
            intake.count(Outcome.SAME)
            continue
        was = {**dict(zip(fields, before, strict=True)), "status": status}
        if row.removed_on is not None:
            status = MeterStatus.REMOVED
        values = {**dict(zip(fields, content, strict=True)), "status": status}
        intake.note(Meter, meter_id, was, values)
        Meter.update(values).where(Meter.id == meter_id).execute()
        intake.count(Outcome.CHANGED)
    _add(added, fields, intake)


def _add(added: list[tuple[object, ...]], fields: list[str], intake: Intake) -> None:
    """Add new meters, of each its keys, its status and the fields."""
    if not added:
        return
    intake.count(Outcome.NEW, len(added))
    names = ("public_id", "account", "serial", "status", *fields)
    columns = dict(zip(names, zip(*added, strict=True), strict=True))
    batch = [intake.batch_id] * len(added)
    bulk.insert_columns(Meter, {**columns, "batch": batch})


def account_ids(numbers: list[str], intake: Intake) -> dict[str, int]:
    """Return the ids of the accounts that exist, by number."""
    query = Account.select(Account.number, Account.id).where(
        bulk.among(Account.number, numbers), Account.branch.in_(intake.branches)
    )
    return dict(query.tuples())


def _known(
    account_ids_: list[int], fields: list[str]
) -> dict[tuple[int, str], tuple[int, MeterStatus, tuple[object, ...]]]:
    columns = [Meter._meta.fields[name] for name in fields]  # noqa: SLF001 - peewee's own way to a column
    query = Meter.select(
        Meter.account, Meter.serial, Meter.id, Meter.status, *columns
    ).where(bulk.among(Meter.account, account_ids_))
    return {
        (account_id, serial): (meter_id, status, tuple(values))
        for account_id, serial, meter_id, status, *values in query.tuples()
    }


def _three(registers: tuple[Energy, ...]) -> tuple[Energy | None, ...]:
    """Return a register of each zone there may be."""
    return (*registers, None, None, None)[:3]


def _status(row: MeterRow) -> MeterStatus:
    return MeterStatus.ACTIVE if row.removed_on is None else MeterStatus.REMOVED
