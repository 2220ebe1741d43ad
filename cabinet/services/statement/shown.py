"""What a statement shows."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from cabinet.domain.allocation import Part
from cabinet.domain.billing import Order
from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.services.access import AccountCard

_NOTHING = Money(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class StatementRow:
    """A change of the balance and the balance after it; `amount` adds to the debt.

    `day` is that of the branch. `receipt` is the month whose receipt the user may open.
    `covers` is what a payment covered by now, `payment` the card payment if the reader
    made it. `orders` are the recalculations in it that somebody ordered.
    """

    at: datetime
    day: date
    kind: EntryKind
    amount: Money
    balance: Money
    month: Month | None
    cause: str
    channel: str
    document: str
    receipt: Month | None
    covers: tuple[Part, ...] = ()
    payment: UUID | None = None
    orders: tuple[Order, ...] = ()

    @property
    def added(self) -> Money | None:
        """Return what was added to the debt, None if nothing was taken nor added."""
        return self.amount if self.amount >= _NOTHING else None

    @property
    def taken(self) -> Money | None:
        """Return what was taken from the debt, above zero, or None."""
        return -self.amount if self.amount < _NOTHING else None


@dataclass(frozen=True, slots=True)
class KindTotal:
    """What the rows of a kind come to."""

    kind: EntryKind
    amount: Money
    rows: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """The report: `starts` and `ends` as asked, both included.

    `opening` is what was owed when the period began, as far as the user may know;
    `closing` is the opening and all `totals`. `rows`, the oldest first, are a piece of
    the period: the first page is the newest, `page_opening` is the balance before it,
    `page_closing` after it. `older` rows come before them. `first_day` is that of the
    oldest row there is in any period.
    """

    account: AccountCard
    starts: date
    ends: date
    opening: Money
    closing: Money
    totals: tuple[KindTotal, ...]
    page: int
    page_opening: Money
    page_closing: Money
    rows: tuple[StatementRow, ...]
    older: int
    first_day: date | None

    @property
    def count(self) -> int:
        """Return how many rows the whole period has."""
        return sum(total.rows for total in self.totals)
