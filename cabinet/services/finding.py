"""Finding accounts by what a member of staff types, in their own branches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from cabinet.domain.people import Role
from cabinet.domain.searching import Ask, Query, Rank, rank, read
from cabinet.models import SearchDue
from cabinet.models.base import reading, writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.searching import index
from cabinet.services.searching.candidates import candidates
from cabinet.services.searching.facts import Known, known
from cabinet.services.searching.index import Branches
from cabinet.services.staff import Member, branches_of

#: Accounts shown at once.
MOST = 25
#: So many accounts without words yet are looked at one by one.
MOST_DUE = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """An account that fits what was typed, and how well."""

    account_id: int
    number: str
    holder: str
    address: str
    branch: str
    closed_on: date | None
    rank: Rank


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What was found, the best first; `is_cut` where there is more.

    `tried` is what the typed text was taken to ask; `query` the part of it that the hits
    are of, if any. While `is_building`, some accounts are found by their number alone.
    """

    hits: tuple[Hit, ...]
    is_cut: bool
    tried: tuple[Query, ...]
    query: Query | None
    is_building: bool

    @property
    def is_empty(self) -> bool:
        """Tell whether too little was typed to look for."""
        return self.tried[0].ask is Ask.NOTHING

    @property
    def only(self) -> Hit | None:
        """Return the one account that was meant, None where others may be."""
        whole = [hit for hit in self.hits if hit.rank.is_whole]
        if len(whole) == 1:
            return whole[0]
        if len(self.hits) == 1 and self.hits[0].rank in {Rank.SURNAME, Rank.WORDS}:
            return self.hits[0]
        return None


def find_accounts(
    member: Member, typed: str, *, limit: int = MOST, actor: Actor, now: datetime
) -> Found:
    """Return the accounts that fit, and note whose were shown, an entry for each.

    Typing errors are forgiven where nothing else fits.
    """
    # Nobody who writes waits while it is looked for.
    with reading():
        found = look(member, read(typed), limit)
    if found.hits:
        ids = [hit.account_id for hit in found.hits]
        with writing():
            audit.record_each(actor, "account.found", ids, now=now)
    return found


def look(member: Member, tried: tuple[Query, ...], limit: int) -> Found:
    """Return what fits the first of the queries that anything fits, noting nothing."""
    if tried[0].ask is Ask.NOTHING:
        return Found(hits=(), is_cut=False, tried=tried, query=None, is_building=False)
    branches = _branches(member)
    index.plan_for_values()
    due = _due()
    waiting = [] if due is None else due
    hits: list[Hit] = []
    asked = None
    for query in () if branches == [] else tried:
        hits = _hits(query, branches, waiting, limit)
        if hits:
            asked = query
            break
    return Found(
        hits=tuple(hits[:limit]),
        is_cut=len(hits) > limit,
        tried=tried,
        query=asked,
        is_building=due is None,
    )


def _branches(member: Member) -> Branches:
    """Return the branches to look in, None for all there are."""
    if member.role is Role.ADMIN:
        return None
    return [branch_id for (branch_id,) in branches_of(member).tuples()]


def _hits(
    query: Query, branches: Branches, waiting: Sequence[int], limit: int
) -> list[Hit]:
    """Return the best hits, one more than the limit if there are so many."""
    fresh: dict[int, Hit] = {}
    _take(fresh, query, branches, waiting)
    found: dict[int, Hit] = {}
    for step in candidates(query, branches, limit + 1):
        if step.level is not None and _has_better(step.level, found, fresh):
            break
        fits = _take(found, query, branches, step.find())
        if len(found) > limit or (step.is_enough and fits):
            break
    hits = _sure(found, fresh) or list((fresh | found).values())
    hits.sort(key=lambda hit: (hit.rank, hit.number))
    return hits[: limit + 1]


def _has_better(level: Rank, *found: dict[int, Hit]) -> bool:
    """Tell whether something fits better than at the level, a surname being a word."""
    least = Rank.SURNAME if level is Rank.WORDS else level
    return any(hit.rank < least for hits in found for hit in hits.values())


def _sure(*found: dict[int, Hit]) -> list[Hit]:
    """Return the hits that are no typing errors, each once."""
    every = {key: hit for hits in found for key, hit in hits.items()}
    return [hit for hit in every.values() if hit.rank is not Rank.TYPO]


def _take(
    found: dict[int, Hit], query: Query, branches: Branches, ids: Sequence[int]
) -> int:
    """Add those of the accounts that fit, and return how many were new."""
    fresh = [one for one in dict.fromkeys(ids) if one not in found]
    before = len(found)
    for one in known(fresh, with_emails=query.ask is Ask.EMAIL) if fresh else ():
        how = (
            rank(query, one.facts)
            if branches is None or one.branch_id in branches
            else None
        )
        if how is not None:
            found[one.account_id] = _hit(one, how)
    return len(found) - before


def _hit(one: Known, how: Rank) -> Hit:
    return Hit(
        account_id=one.account_id,
        number=one.facts.number,
        holder=one.facts.holder,
        address=one.facts.address,
        branch=one.branch,
        closed_on=one.closed_on,
        rank=how,
    )


def _due() -> list[int] | None:
    """Return the accounts that have no words yet, None where they are too many."""
    query = SearchDue.select(SearchDue.account_id).order_by(SearchDue.account_id)
    ids = [account_id for (account_id,) in query.limit(MOST_DUE + 1).tuples()]
    return ids if len(ids) <= MOST_DUE else None
