"""The one figure of each report, for the page that leads to them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.reports import percent
from cabinet.domain.usability import Quarter, Shares
from cabinet.models.base import reading
from cabinet.services.reports.debts import owed
from cabinet.services.reports.payments import Came, paid_between
from cabinet.services.reports.questions import DAYS, TopicAnswers, asked_between
from cabinet.services.reports.scope import Scope, scope_of
from cabinet.services.reports.silent import silent_count
from cabinet.services.reports.usability import shares_of
from cabinet.services.staff import Member


@dataclass(frozen=True, kw_only=True, slots=True)
class Headlines:
    """Of all branches of a member of staff: meters, debts, payments, answers, ratings."""

    scope: Scope
    month: Month
    meters: int
    silent: int
    owed: Money
    owing: int
    paid: Came
    paid_month: Month
    answers: TopicAnswers
    quarter: Quarter
    shares: Shares

    @property
    def share(self) -> int | None:
        """Return the share of meters that have sent, in percent."""
        return percent(self.meters - self.silent, self.meters)


def headlines_of(member: Member, *, now: datetime) -> Headlines:
    """Return the figures; each is one question to the database."""
    with reading():
        scope = scope_of(member, "")
        today, month = scope.today(now), scope.month(now)
        quarter = Quarter.of(today)
        meters, silent = silent_count(scope, month)
        amount, owing = owed(scope)
        asked = asked_between(scope, today - timedelta(days=DAYS - 1), today, now)
        return Headlines(
            scope=scope,
            month=month,
            meters=meters,
            silent=silent,
            owed=amount,
            owing=owing,
            paid=paid_between(scope, today.replace(day=1), today),
            paid_month=Month.of(today),
            answers=TopicAnswers.of(None, asked, now),
            quarter=quarter,
            shares=shares_of(scope, quarter),
        )
