"""Replacements of meters: one is taken off, another one hangs and counts from that day."""

import uuid
from typing import Any

from cabinet.domain.metering import MeterStatus
from cabinet.exchange.changes import ReplacementRow
from cabinet.exchange.faults import UnfitCell
from cabinet.exchange.registry import Registers, check_digits
from cabinet.models import Meter
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.meters import account_ids
from cabinet.services.importing.report import Outcome

Meters = dict[tuple[int, str], Meter]

_CLOSING = ("closing_t1", "closing_t2", "closing_t3")


def take_replacements(rows: list[ReplacementRow], intake: Intake) -> None:
    """Take the old meter off and hang the new one; both or neither.

    An account or an old meter that is not known puts the row into quarantine.
    """
    accounts = account_ids([row.account for row in rows], intake)
    meters = _meters(list(accounts.values()))
    for row in rows:
        account_id = accounts.get(row.account)
        if account_id is None:
            intake.refuse(row, "account", "лицевой счёт не найден", Outcome.QUARANTINED)
            continue
        old = meters.get((account_id, row.old_serial))
        if old is None:
            reason = "у лицевого счёта нет такого счётчика"
            intake.refuse(row, "old_serial", reason, Outcome.QUARANTINED)
            continue
        fault = _fault(row, old)
        if fault is not None:
            intake.refuse(row, fault.field, fault.reason)
            continue
        _replace(row, old, meters, intake)


def _replace(row: ReplacementRow, old: Meter, meters: Meters, intake: Intake) -> None:
    new = meters.get((old.account_id, row.serial))
    removal: dict[str, Any] = {
        "removed_on": row.replaced_on,
        "status": MeterStatus.REMOVED,
        **_registers("closing", row.closing),
    }
    hanging: dict[str, Any] = {
        "model": row.model,
        "zones": len(row.opening),
        "digits": row.digits,
        "ratio": row.ratio,
        "installed_on": row.replaced_on,
        "verified_until": row.verified_until,
        "opening_on": row.replaced_on,
        **_registers("opening", row.opening),
    }
    is_removed = _is(old, removal)
    if new is not None and not _is(new, hanging):
        reason = "такой счётчик уже есть с другими данными"
        intake.refuse(row, "serial", reason)
        return
    if old.removed_on is not None and not is_removed:
        reason = f"счётчик уже снят {old.removed_on:%d.%m.%Y} с другими данными"
        intake.refuse(row, "replaced_on", reason)
        return
    if is_removed and new is not None:
        intake.count(Outcome.SAME)
        return
    if not is_removed:
        before = {name: getattr(old, name) for name in removal}
        intake.note(Meter, old.id, before, removal)
        Meter.update(removal).where(Meter.id == old.id).execute()
    if new is None:
        # A later row may take the new one off again.
        meters[old.account_id, row.serial] = Meter.create(
            public_id=uuid.uuid4(),
            account=old.account_id,
            serial=row.serial,
            status=MeterStatus.ACTIVE,
            batch=intake.batch_id,
            **hanging,
        )
    intake.count(Outcome.CHANGED if new is not None else Outcome.NEW)


def _fault(row: ReplacementRow, old: Meter) -> UnfitCell | None:
    """Return what the old meter says against the row."""
    if len(row.closing) != old.zones:
        field = f"closing_t{min(old.zones, len(row.closing)) + 1}"
        return UnfitCell(
            f"зон у счётчика {old.zones}, показаний {len(row.closing)}", field=field
        )
    if row.replaced_on < old.opening_on:
        return UnfitCell("снят раньше, чем начал считать", field="replaced_on")
    try:
        check_digits(row.closing, old.digits, _CLOSING)
    except UnfitCell as error:
        return error
    return None


def _registers(what: str, registers: Registers) -> dict[str, Any]:
    padded = [*registers, None, None][:3]
    return {f"{what}_t{number}": one for number, one in enumerate(padded, start=1)}


def _is(meter: Meter, values: dict[str, Any]) -> bool:
    return all(getattr(meter, name) == value for name, value in values.items())


def _meters(account_ids_: list[int]) -> Meters:
    query = Meter.select().where(Meter.account.in_(account_ids_))
    return {(meter.account_id, meter.serial): meter for meter in query}
