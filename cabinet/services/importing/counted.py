"""What a billing system says it has counted: the customer reads in which receipt."""

from dataclasses import dataclass
from datetime import date

from cabinet.domain.metering import BASE, ReadingSource, ReadingState
from cabinet.domain.period import Month
from cabinet.exchange.counted import CountedRow
from cabinet.models import Account, Branch, Meter, Reading
from cabinet.services.importing.intake import Intake
from cabinet.services.importing.known import accounts_of
from cabinet.services.importing.report import Outcome

Key = tuple[str, str, date]


@dataclass(frozen=True, slots=True)
class _Known:
    """A reading that stands."""

    reading_id: int
    state: ReadingState
    counted_in: Month | None
    is_ours: bool


def take_counted(rows: list[CountedRow], intake: Intake) -> None:
    """Mark the readings as counted; one that is counted stays so, in its first month.

    A branch that bills by itself counts its readings itself. Unknown accounts go into
    quarantine.
    """
    known = _known(rows, intake)
    accounts = accounts_of(
        [row.account for row in rows if _key(row) not in known], intake
    )
    for row in rows:
        found = known.get(_key(row))
        if found is None and row.account not in accounts:
            intake.refuse(row, "account", "лицевой счёт не найден", Outcome.QUARANTINED)
        elif found is None:
            intake.refuse(
                row, "taken_on", "такого показания нет, или его заменило другое"
            )
        elif found.is_ours:
            intake.refuse(row, "account", "филиал учитывает показания сам")
        elif found.counted_in is None:
            values = {"state": ReadingState.COUNTED, "counted_in": row.counted_in}
            before = {"state": found.state, "counted_in": None}
            intake.note(Reading, found.reading_id, before, values)
            Reading.update(values).where(Reading.id == found.reading_id).execute()
            intake.count(Outcome.CHANGED)
        elif found.counted_in == row.counted_in:
            intake.count(Outcome.SAME)
        else:
            month = found.counted_in
            reason = f"уже учтено в квитанции за {month.number:02}.{month.year}"
            intake.refuse(row, "counted_in", reason)


def _key(row: CountedRow) -> Key:
    return row.account, row.serial, row.taken_on


def _known(rows: list[CountedRow], intake: Intake) -> dict[Key, _Known]:
    """Return the readings that stand, of the accounts that are named."""
    query = (
        Reading.select(
            Account.number,
            Meter.serial,
            Reading.taken_on,
            Reading.id,
            Reading.state,
            Reading.counted_in,
            Branch.own_billing,
        )
        .join(Meter)
        .join(Account)
        .join(Branch)
        .where(
            Account.number.in_({row.account for row in rows}),
            Account.branch.in_(intake.branches),
            Reading.taken_on.in_({row.taken_on for row in rows}),
            Reading.state.in_(list(BASE)),
            Reading.source != ReadingSource.ESTIMATE,
        )
        .order_by(Reading.id)
        .tuples()
    )
    return {
        (number, serial, taken_on): _Known(*rest)
        for number, serial, taken_on, *rest in query
    }
