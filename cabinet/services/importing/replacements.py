"""Replacements of meters: one is taken off, another one hangs and counts from that day."""

from typing import Any

from cabinet.exchange.changes import ReplacementRow
from cabinet.models import Meter
from cabinet.services import replacing
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.meters import account_ids
from cabinet.services.importing.report import Outcome

Meters = dict[tuple[int, str], Meter]


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
        fault = replacing.fault(row, old)
        if fault is not None:
            intake.refuse(row, fault.field, fault.reason)
            continue
        _replace(row, old, meters, intake)


def _replace(row: ReplacementRow, old: Meter, meters: Meters, intake: Intake) -> None:
    new = meters.get((old.account_id, row.serial))
    removal, hanging = replacing.removal(row), replacing.hanging(row)
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
        replacing.take_off(old, row)
    if new is None:
        # A later row may take the new one off again.
        meters[old.account_id, row.serial] = replacing.hang(
            old.account_id, row, batch_id=intake.batch_id
        )
    intake.count(Outcome.CHANGED if new is not None else Outcome.NEW)


def _is(meter: Meter, values: dict[str, Any]) -> bool:
    return all(getattr(meter, name) == value for name, value in values.items())


def _meters(account_ids_: list[int]) -> Meters:
    query = Meter.select().where(Meter.account.in_(account_ids_))
    return {(meter.account_id, meter.serial): meter for meter in query}
