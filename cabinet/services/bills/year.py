"""What was used in the twelve months up to a bill, as the bills of those months say.

A bill never changes, and one that came later than this one does not count: a receipt
printed again next year shows the same.
"""

from datetime import date

from cabinet.domain.period import MONTHS_IN_YEAR, Month, months
from cabinet.models import Bill
from cabinet.services.bills.receipt import MonthUsed


def year_used(bill: Bill, *, since: date | None = None) -> tuple[MonthUsed, ...]:
    """Return the twelve months, the bill's own the last; those by `since` are empty."""
    last: Month = bill.month
    first = last.plus(1 - MONTHS_IN_YEAR)
    query = Bill.select(Bill.month, Bill.volume, Bill.basis).where(
        Bill.account == bill.account_id,
        Bill.month >= first,
        Bill.month <= last,
        Bill.published_at <= bill.published_at,
    )
    found = {
        month: MonthUsed(month, volume, basis)
        for month, volume, basis in query.tuples()
        if since is None or month.ends > since
    }
    return tuple(found.get(month, MonthUsed(month)) for month in months(first, last))
