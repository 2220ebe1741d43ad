"""How convenient people say it is, by quarter and branch, and in their words."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from peewee import fn

from cabinet.domain.period import local_day
from cabinet.domain.questions import Rating
from cabinet.domain.usability import Quarter, Shares
from cabinet.models import UsabilityRating
from cabinet.models.base import reading, writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.reports.scope import Scope, scope_of
from cabinet.services.staff import Member

QUARTERS = 8
#: Words on a page.
PAGE = 50


@dataclass(frozen=True, slots=True)
class Told:
    """The ratings of a quarter or a branch, and how many set the question aside."""

    name: str
    quarter: Quarter
    shares: Shares
    aside: int


@dataclass(frozen=True, slots=True)
class Words:
    """What somebody wrote beside a rating; nobody knows who."""

    day: date
    branch: str
    rating: Rating
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Usability:
    """The quarters, the newest first; the branches and the words of one of them."""

    scope: Scope
    quarter: Quarter
    quarters: tuple[Told, ...]
    branches: tuple[Told, ...]
    words: tuple[Words, ...]
    after: int | None

    @property
    def now(self) -> Told:
        """Return the quarter that is told of."""
        return next(each for each in self.quarters if each.quarter == self.quarter)


def usability_of(
    member: Member,
    code: str,
    quarter: Quarter | None,
    *,
    before: int | None = None,
    actor: Actor,
    now: datetime,
) -> Usability:
    """Return the ratings and the words; raises OfficeNotFoundError.

    `before` leads to older words. Words are people's own: who read them is noted.
    """
    with writing():
        scope = scope_of(member, code)
        this = Quarter.of(scope.today(now))
        known = [this.plus(-number) for number in range(QUARTERS)]
        quarter = quarter if quarter in known else this
        counts = _counts(scope, known)
        words, after = _words(scope, quarter, before)
        if words:
            audit.record(
                actor,
                "report.words",
                now=now,
                subject=f"quarter:{quarter}",
                count=len(words),
            )
    return Usability(
        scope=scope,
        quarter=quarter,
        quarters=tuple(
            _told("", each, [counts[each, office] for office in scope.ids])
            for each in known
        ),
        branches=tuple(
            _told(each.name, quarter, [counts[quarter, each.branch_id]])
            for each in scope.chosen
        ),
        words=words,
        after=after,
    )


def ratings_of(member: Member, code: str, *, now: datetime) -> tuple[Told, ...]:
    """Return each quarter of each branch; raises OfficeNotFoundError."""
    with reading():
        scope = scope_of(member, code)
        this = Quarter.of(scope.today(now))
        known = [this.plus(-number) for number in range(QUARTERS)]
        counts = _counts(scope, known)
    return tuple(
        _told(office.name, each, [counts[each, office.branch_id]])
        for each in known
        for office in scope.chosen
    )


def shares_of(scope: Scope, quarter: Quarter) -> Shares:
    """Return the ratings of a quarter, inside the open transaction."""
    counts = _counts(scope, [quarter])
    return _told("", quarter, [counts[quarter, each] for each in scope.ids]).shares


_Counts = dict[int | None, int]


def _counts(
    scope: Scope, quarters: list[Quarter]
) -> defaultdict[tuple[Quarter, int], _Counts]:
    """Return how often each rating was given, None for what was set aside."""
    query = (
        UsabilityRating.select(
            UsabilityRating.quarter,
            UsabilityRating.branch,
            UsabilityRating.rating,
            fn.COUNT(UsabilityRating.id),
        )
        .where(
            UsabilityRating.branch.in_(scope.ids),
            UsabilityRating.quarter.in_([each.code for each in quarters]),
        )
        .group_by(
            UsabilityRating.quarter, UsabilityRating.branch, UsabilityRating.rating
        )
    )
    found: defaultdict[tuple[Quarter, int], _Counts] = defaultdict(dict)
    for code, branch, rating, count in query.tuples():
        found[Quarter.from_code(code), branch][rating] = count
    return found


def _told(name: str, quarter: Quarter, parts: list[_Counts]) -> Told:
    shares = {
        rating: sum(part.get(int(rating), 0) for part in parts) for rating in Rating
    }
    aside = sum(part.get(None, 0) for part in parts)
    return Told(name, quarter, Shares(shares), aside)


def _words(
    scope: Scope, quarter: Quarter, before: int | None
) -> tuple[tuple[Words, ...], int | None]:
    query = (
        UsabilityRating.select()
        .where(
            UsabilityRating.branch.in_(scope.ids),
            UsabilityRating.quarter == quarter.code,
            UsabilityRating.words != "",
        )
        .order_by(UsabilityRating.id.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        query = query.where(UsabilityRating.id < before)
    rows = list(query)
    offices = {each.branch_id: each for each in scope.chosen}
    shown = tuple(
        Words(
            day=local_day(row.at, offices[row.branch_id].zone),
            branch=offices[row.branch_id].name,
            rating=Rating(row.rating),
            text=row.words,
        )
        for row in rows[:PAGE]
    )
    return shown, rows[PAGE - 1].id if len(rows) > PAGE else None
