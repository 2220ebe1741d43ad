"""A statement to print and sign: between whom it is, and every row of the period."""

from dataclasses import dataclass
from datetime import date, datetime

from cabinet.domain.money import Money
from cabinet.domain.people import AccessLevel
from cabinet.domain.period import local_day
from cabinet.models import Account, Branch
from cabinet.models.base import reading
from cabinet.services.access import get_access
from cabinet.services.history import Days, Recent
from cabinet.services.statement.report import statement_of
from cabinet.services.statement.shown import Statement

#: Rows that are still a document; what draws it takes 20 ms for each.
MOST = 150


class TooLong(ValueError):
    """The period has more rows than a document may; carries how many."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} rows are more than a document may have")
        self.count = count


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """The statement, the two sides of it, and the day it was made on."""

    statement: Statement
    company: str
    inn: str
    kpp: str
    company_address: str
    phone: str
    hours: str
    number: str
    holder: str
    address: str
    made_on: date

    @property
    def debit(self) -> Money:
        """Return what all rows that add to the debt come to."""
        return Money.total(row.added for row in self.statement.rows if row.added)

    @property
    def credit(self) -> Money:
        """Return what all rows that take from the debt come to, not below zero."""
        return Money.total(row.taken for row in self.statement.rows if row.taken)


def statement_paper(
    user_id: int, account_id: int, period: Days | Recent, *, now: datetime
) -> Paper:
    """Return the statement of the whole period to be printed.

    Raises AccountNotFoundError as the statement does, TooLong.
    """
    with reading():
        card = get_access(user_id, account_id, now=now, level=AccessLevel.FULL)
        count = statement_of(card, period, now=now).count
        if count > MOST:
            raise TooLong(count)
        whole = statement_of(card, period, is_whole=True, now=now)
        branch: Branch = (
            Branch.select().join(Account).where(Account.id == account_id).get()
        )
    return Paper(
        statement=whole,
        company=branch.company,
        inn=branch.inn,
        kpp=branch.kpp,
        company_address=branch.address,
        phone=branch.phone,
        hours=branch.hours,
        number=card.number,
        holder=card.holder,
        address=card.address,
        made_on=local_day(now, card.zone),
    )
