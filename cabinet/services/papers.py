"""Papers of an organisation: the list of a year, and one file."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from cabinet.domain.errors import NotFound
from cabinet.domain.papers import PaperKind
from cabinet.domain.people import AccessLevel
from cabinet.domain.period import Month, local_day
from cabinet.models import Paper, StoredFile
from cabinet.models.base import reading, writing
from cabinet.services import audit, files
from cabinet.services.access import AccountCard, get_access
from cabinet.services.audit import Actor


class PaperNotFoundError(NotFound):
    """The paper is nobody's, somebody else's or from before the access."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PaperRow:
    """A paper in the list; `size` is in bytes."""

    public_id: UUID
    kind: PaperKind
    number: str
    month: Month
    dated_on: date
    name: str
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PaperList:
    """The papers of a year, newest first, and the years that have any."""

    year: int
    years: tuple[int, ...]
    rows: tuple[PaperRow, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PaperFile:
    """A paper's file to be saved."""

    name: str
    media_type: str
    body: bytes


def papers(
    user_id: int, account_id: int, year: int | None = None, *, now: datetime
) -> PaperList:
    """Return the papers of the year, without one of the newest year that has any.

    Raises AccountNotFoundError for whoever may only send readings.
    """
    with reading():
        card = get_access(user_id, account_id, now=now, level=AccessLevel.FULL)
        months = [
            month
            for (month,) in _live(card)
            .select(Paper.month)
            .distinct()
            .order_by(Paper.month.desc())
            .tuples()
        ]
        years = tuple(dict.fromkeys(month.year for month in months))
        chosen = year or next(iter(years), local_day(now, card.zone).year)
        rows = (
            _live(card)
            .where(Paper.month.between(Month(chosen, 1), Month(chosen, 12)))
            .order_by(Paper.month.desc(), Paper.dated_on.desc(), Paper.id.desc())
        )
        return PaperList(
            year=chosen,
            years=years,
            rows=tuple(
                PaperRow(
                    public_id=row.public_id,
                    kind=row.kind,
                    number=row.number,
                    month=row.month,
                    dated_on=row.dated_on,
                    name=row.file.name,
                    size=row.file.size,
                )
                for row in rows
            ),
        )


def open_paper(
    user_id: int, account_id: int, public_id: UUID, *, actor: Actor, now: datetime
) -> PaperFile:
    """Return the file and note who took it; raises PaperNotFoundError."""
    with writing():
        card = get_access(user_id, account_id, now=now, level=AccessLevel.FULL)
        row = _live(card).where(Paper.public_id == public_id).first()
        if row is None:
            raise PaperNotFoundError(public_id)
        audit.record(
            actor,
            "paper.opened",
            now=now,
            subject=f"paper:{row.id}",
            account_id=account_id,
        )
        return PaperFile(
            name=row.file.name,
            media_type=row.file.media_type,
            body=files.body_of(row.file_id),
        )


def _live(card: AccountCard) -> "Paper":
    """Return the query of what the access shows."""
    query = (
        Paper.select(Paper, StoredFile)
        .join(StoredFile)
        .where(Paper.account == card.account_id, Paper.replaced_at.is_null())
    )
    return query if card.since is None else query.where(Paper.dated_on >= card.since)
