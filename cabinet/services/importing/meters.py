"""Meters from a billing system, with their removals and replacements."""

import uuid
from typing import Any

from cabinet.domain.energy import Energy
from cabinet.domain.metering import MeterStatus
from cabinet.exchange.registry_rows import MeterRow
from cabinet.models import Account, Meter
from cabinet.services import bulk
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.report import Outcome

_FIELDS = (
    "zones",
    "digits",
    "ratio",
    "removed_on",
    "opening_on",
    "opening_t1",
    "opening_t2",
    "opening_t3",
    "closing_t1",
    "closing_t2",
    "closing_t3",
)
_IF_TOLD = ("model", "installed_on", "verified_until")


def take_meters(rows: list[MeterRow], intake: Intake) -> None:
    """Add the meters that are new and change those that differ.

    A meter of an account that is not known goes into quarantine.
    """
    accounts = account_ids([row.account for row in rows], intake)
    fields = [*_FIELDS, *(name for name in _IF_TOLD if intake.has(name))]
    known = _known(list(accounts.values()), fields)
    added: list[dict[str, Any]] = []
    for row in rows:
        values = _values(row, fields)
        content = tuple(values.values())
        account_id = accounts.get(row.account)
        if account_id is None:
            intake.refuse(row, "account", "лицевой счёт не найден", Outcome.QUARANTINED)
            continue
        key = (account_id, row.serial)
        if key not in known:
            added.append(
                {
                    "public_id": uuid.uuid4(),
                    "account": account_id,
                    "serial": row.serial,
                    "status": _status(row),
                    "batch": intake.batch_id,
                    **values,
                }
            )
            intake.count(Outcome.NEW)
            continue
        meter_id, status, before = known[key]
        if before == content:
            intake.count(Outcome.SAME)
            continue
        was = {**dict(zip(fields, before, strict=True)), "status": status}
        if row.removed_on is not None:
            status = MeterStatus.REMOVED
        values["status"] = status
        intake.note(Meter, meter_id, was, values)
        Meter.update(values).where(Meter.id == meter_id).execute()
        intake.count(Outcome.CHANGED)
    bulk.insert(Meter, added)


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


def _values(row: MeterRow, fields: list[str]) -> dict[str, Any]:
    """Return the columns of the meter that the file tells."""
    values: dict[str, Any] = {}
    for name in fields:
        if name.startswith(("opening_t", "closing_t")):
            values[name] = _register(getattr(row, name[:7]), int(name[-1]))
        else:
            values[name] = getattr(row, name)
    if "model" in values:
        values["model"] = values["model"] or ""
    return values


def _register(registers: tuple[Energy, ...], number: int) -> Energy | None:
    return registers[number - 1] if number <= len(registers) else None


def _status(row: MeterRow) -> MeterStatus:
    return MeterStatus.ACTIVE if row.removed_on is None else MeterStatus.REMOVED
