"""What goes on in a town from a month to the next: bills are paid, readings sent.

Everybody does the same, and the database does it for all of them at once.
"""

from datetime import UTC, date, datetime, time

from bench.town import columns_of
from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingState
from cabinet.domain.period import Month
from cabinet.models import LedgerEntry, OtherRule, Rate, Reading
from cabinet.models.base import database, on_sqlite, writing
from cabinet.models.ids import ordered_id

#: Where the prices of the package end: nobody knows those of the next year.
LAST_PRICES = date(2027, 1, 1)
#: Of so many accounts one pays nothing.
UNPAID = 7
#: What everybody uses in the month after those that were billed.
MONTHLY = Energy.from_kwh(100)


def pay(month: Month) -> None:
    """Let most pay the bill of the month in time, once; the database does it."""
    is_paid = LedgerEntry.select().where(
        LedgerEntry.month == month,
        LedgerEntry.kind == EntryKind.PAYMENT,
        LedgerEntry.cause.startswith("registry:"),
    )
    if is_paid.exists():
        return
    unpaid = f"account.id / {UNPAID} * {UNPAID} = account.id"
    which = (
        f"bill.month = {month.code} AND bill.closing > 0 AND NOT ({unpaid})"
        " AND account.id = bill.account_id"
    )
    moment = f"'{month.next}-12 09:00:00'"
    with writing():
        database.execute_sql(
            "INSERT INTO ledger_entry (account_id, kind, amount, month, effective_at,"
            " posted_at, cause, channel, document, batch_id) SELECT account.id, 'payment',"
            f" -bill.closing, bill.month, {moment}, {moment},"
            " 'registry:' || account.number || ':' || bill.month, 'bank', '',"
            " (SELECT MAX(id) FROM import_batch WHERE kind = 'payments')"
            f" FROM bill, account WHERE {which}"
        )
        database.execute_sql(
            "UPDATE account SET balance = account.balance - bill.closing FROM bill"
            f" WHERE {which}"
        )


def send(month: Month) -> None:
    """Send the readings of the month after the last for whoever sent those that count.

    Everybody uses the same; the database does it. Who has sent one already sends no other.
    """
    on_lite = on_sqlite()
    chance = "hex(randomblob(16))" if on_lite else "gen_random_uuid()::text"
    chance = f"lower(replace({chance}, '-', ''))"
    first = ordered_id(datetime.combine(month.starts.replace(day=20), time(9), UTC))
    head = f"'{first.hex[:13]}' || substr({chance}, 14, 3)"
    public_id = f"{head} || '8' || substr({chance}, 18)"
    moves = {
        "public_id": public_id if on_lite else f"({public_id})::uuid",
        "key": chance,
        "period": str(month.code),
        "t1": f"t1 + {MONTHLY.wh}",
        "t2": f"t2 + {MONTHLY.wh // 2}",
        "taken_on": f"'{month.starts.replace(day=20)}'",
        "received_at": f"'{month.starts.replace(day=20)} 09:00:00'",
        "state": f"'{ReadingState.SUBMITTED}'",
        "counted_in": "NULL",
    }
    names = columns_of(Reading)
    values = ", ".join(moves.get(name, f'"{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    with writing():
        database.execute_sql(
            f"INSERT INTO reading ({columns}) SELECT {values} FROM reading"
            f" WHERE period = {month.previous.code} AND state = '{ReadingState.COUNTED}'"
            " AND NOT EXISTS (SELECT 1 FROM reading"
            f" AS sent WHERE sent.meter_id = reading.meter_id AND sent.period = {month.code})"
        )


def prolong(month: Month) -> None:
    """Let the last prices and rules go on into a month after them."""
    if month.starts >= LAST_PRICES:
        for model in (Rate, OtherRule):
            model.update(ends=None).where(model.ends == LAST_PRICES).execute()
