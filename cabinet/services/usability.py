"""Asking how convenient it is: once a quarter, answered or set aside."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from peewee import Expression, Field

from cabinet.domain.period import local_day
from cabinet.domain.questions import Rating
from cabinet.domain.usability import Quarter
from cabinet.models import UsabilityRating
from cabinet.models.base import writing
from cabinet.models.hot import Hot
from cabinet.services import audit
from cabinet.services.access import AccountCard
from cabinet.services.audit import Actor
from cabinet.services.readings import QuietTaken

MAX_WORDS = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Whose:
    """Who is asked: a user, or an account of which a guest has sent a reading."""

    user_id: int | None = None
    account_id: int | None = None
    branch_id: int
    zone: ZoneInfo

    @classmethod
    def customer(cls, user_id: int, card: AccountCard) -> "Whose":
        """Return a user who looks at the account."""
        return cls(user_id=user_id, branch_id=card.branch_id, zone=card.zone)

    @classmethod
    def guest(cls, taken: QuietTaken) -> "Whose":
        """Return the account of which somebody has sent a reading.

        Who came from a letter is its user, whom nobody asks a second time.
        """
        is_known = taken.user_id is not None
        return cls(
            user_id=taken.user_id,
            account_id=None if is_known else taken.account_id,
            branch_id=taken.branch_id,
            zone=taken.zone,
        )

    def quarter(self, now: datetime) -> Quarter:
        """Return the quarter it is where the branch is."""
        return Quarter.of(local_day(now, self.zone))


@dataclass(frozen=True, slots=True)
class Standing:
    """What was said in the quarter; no `rating` where it was set aside."""

    rating: Rating | None


def standing(whose: Whose, *, now: datetime) -> Standing | None:
    """Return what was said in this quarter, None where there is something to ask."""
    return _standing(whose, whose.quarter(now))


def rate(
    whose: Whose, rating: Rating, words: str, *, actor: Actor, now: datetime
) -> Standing:
    """Keep the rating and the words, once a quarter.

    The first rating stands; one that was set aside before may still be given.
    """
    quarter = whose.quarter(now)
    with writing():
        is_new = _insert(whose, quarter, now, rating=int(rating), words=words)
        if not is_new:
            is_new = bool(
                UsabilityRating.update(rating=int(rating), words=words, at=now)
                .where(_of(whose, quarter), UsabilityRating.rating.is_null())
                .execute()
            )
        if is_new:
            _note("usability.rated", whose, actor=actor, now=now, rating=int(rating))
        return _standing(whose, quarter) or Standing(rating)


def set_aside(whose: Whose, *, actor: Actor, now: datetime) -> Standing:
    """Ask no more in this quarter; what was said stays said."""
    quarter = whose.quarter(now)
    with writing():
        if _insert(whose, quarter, now):
            _note("usability.set_aside", whose, actor=actor, now=now)
        return _standing(whose, quarter) or Standing(None)


def _of(whose: Whose, quarter: Quarter) -> Expression:
    mine = (
        UsabilityRating.account == whose.account_id
        if whose.user_id is None
        else UsabilityRating.user == whose.user_id
    )
    return mine & (UsabilityRating.quarter == quarter.code)


def _said(whose: Field) -> Hot:
    return Hot(
        lambda who, quarter: (
            UsabilityRating.select(UsabilityRating.rating)
            .where(whose == who, UsabilityRating.quarter == quarter)
            .tuples()
        ),
        whose,
        UsabilityRating.quarter,
    )


_OF_USER = _said(UsabilityRating.user)
_OF_ACCOUNT = _said(UsabilityRating.account)


def _standing(whose: Whose, quarter: Quarter) -> Standing | None:
    row = (
        _OF_ACCOUNT.first(whose.account_id, quarter.code)
        if whose.user_id is None
        else _OF_USER.first(whose.user_id, quarter.code)
    )
    if row is None:
        return None
    return Standing(None if row[0] is None else Rating(row[0]))


def _insert(whose: Whose, quarter: Quarter, now: datetime, **said: object) -> bool:
    """Add the row; the unique keys tell whether it is the first of the quarter."""
    row = {
        "user": whose.user_id,
        "account": whose.account_id,
        "branch": whose.branch_id,
        "quarter": quarter.code,
        "at": now,
        **said,
    }
    query = UsabilityRating.insert(row).on_conflict_ignore()
    return bool(query.as_rowcount().execute())


def _note(
    action: str,
    whose: Whose,
    *,
    actor: Actor,
    now: datetime,
    rating: int | None = None,
) -> None:
    """Write the act down without the words."""
    said = {} if rating is None else {"rating": rating}
    audit.record(
        actor,
        action,
        now=now,
        subject=f"quarter:{whose.quarter(now)}",
        account_id=whose.account_id,
        **said,
    )
