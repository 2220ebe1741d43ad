"""Who has not sent readings: how many in each street, and who they are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from peewee import SQL, Case, Node, fn

from cabinet.domain.period import Month
from cabinet.domain.reports import percent
from cabinet.exchange.outgoing import Row
from cabinet.models import Account, Branch, Meter
from cabinet.models.base import reading, writing
from cabinet.services import audit
from cabinet.services.audit import Actor
from cabinet.services.outgoing import rows
from cabinet.services.outgoing.rows import has_sent, is_awaited
from cabinet.services.reports.scope import Scope, note_saved, scope_of
from cabinet.services.staff import Member

#: Meters on a page of the list.
PAGE = 50
#: Fewer accounts of a street would tell who is silent without a list that is in the log.
LEAST = 3
#: How a house is written in an address, and what stands in its place meanwhile.
_HOUSE, _OTHER_HOUSE, _MARK = ", д.", ", дом ", "|"


@dataclass(frozen=True, slots=True)
class Street:
    """A street, or a village without streets: its meters, and how many are silent.

    Without a name it is all streets of the branch that have too few accounts to be told
    of: who counts the meters of one knows whose they are.
    """

    branch: str
    code: str
    name: str
    accounts: int
    meters: int
    silent: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Silent:
    """Streets with somebody who has not sent, those with most of them first."""

    scope: Scope
    month: Month
    streets: tuple[Street, ...]
    meters: int
    silent: int

    @property
    def share(self) -> int | None:
        """Return the share of meters that have sent, in percent."""
        return percent(self.meters - self.silent, self.meters)


@dataclass(frozen=True, kw_only=True, slots=True)
class SilentMeter:
    """A meter on the list, and whose it is."""

    meter_id: int
    number: str
    holder: str
    address: str
    serial: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SilentList:
    """A page of the list; `after` leads to the next one."""

    month: Month
    meters: tuple[SilentMeter, ...]
    after: int | None


def silent_of(
    member: Member, code: str, month: Month | None, *, now: datetime
) -> Silent:
    """Count who has not sent by streets; raises OfficeNotFoundError."""
    with reading():
        scope = scope_of(member, code)
        month = month or scope.month(now)
        names = {each.branch_id: each for each in scope.chosen}
        is_silent = Case(None, [(has_sent(month), 0)], 1)
        query = (
            Meter.select(
                Account.branch,
                _street().alias("street"),
                fn.COUNT(Meter.account.distinct()),
                fn.COUNT(Meter.id),
                fn.SUM(is_silent).alias("silent"),
            )
            .join(Account)
            .where(Account.branch.in_(scope.ids), is_awaited(month))
            .group_by(Account.branch, SQL("street"))
            .order_by(SQL("silent").desc(), SQL("street"))
        )
        found = [
            Street(
                branch=names[branch].name,
                code=names[branch].code,
                name=name,
                accounts=accounts,
                meters=meters,
                silent=int(silent),
            )
            for branch, name, accounts, meters, silent in query.tuples()
        ]
    return Silent(
        scope=scope,
        month=month,
        streets=tuple(_told(found)),
        meters=sum(each.meters for each in found),
        silent=sum(each.silent for each in found),
    )


def _told(streets: Iterable[Street]) -> Iterator[Street]:
    """Yield the streets with somebody silent, those that are too small as one."""
    small: dict[str, Street] = {}
    for each in streets:
        if each.accounts >= LEAST:
            if each.silent:
                yield each
            continue
        known = small.get(each.code, Street(each.branch, each.code, "", 0, 0, 0))
        small[each.code] = replace(
            known,
            accounts=known.accounts + each.accounts,
            meters=known.meters + each.meters,
            silent=known.silent + each.silent,
        )
    yield from (each for each in small.values() if each.silent)


def silent_count(scope: Scope, month: Month) -> tuple[int, int]:
    """Return how many meters are awaited and how many of them are silent."""
    is_silent = Case(None, [(has_sent(month), 0)], 1)
    meters, silent = (
        Meter.select(fn.COUNT(Meter.id), fn.SUM(is_silent))
        .join(Account)
        .where(Account.branch.in_(scope.ids), is_awaited(month))
        .tuples()
        .first()
    )
    return meters, int(silent or 0)


def silent_list(
    member: Member,
    code: str,
    month: Month | None,
    street: str,
    *,
    after: int,
    actor: Actor,
    now: datetime,
) -> SilentList:
    """Return who of a street has not sent, and note whose data was looked at.

    Without a street it is all of the branch. Raises OfficeNotFoundError.
    """
    with writing():
        scope = scope_of(member, code)
        month = month or scope.month(now)
        query = (
            Meter.select(Meter, Account)
            .join(Account)
            .where(
                Account.branch.in_(scope.ids),
                is_awaited(month),
                ~has_sent(month),
                Meter.id > after,
            )
            .order_by(Meter.id)
            .limit(PAGE + 1)
        )
        if street:
            query = query.where(_street() == street)
        found = list(query)
        shown = found[:PAGE]
        audit.record_each(
            actor,
            "report.silent",
            [row.account_id for row in shown],
            now=now,
            month=str(month),
        )
        return SilentList(
            month=month,
            meters=tuple(
                SilentMeter(
                    meter_id=row.id,
                    number=row.account.number,
                    holder=row.account.holder,
                    address=row.account.address,
                    serial=row.serial,
                )
                for row in shown
            ),
            after=shown[-1].id if len(found) > PAGE else None,
        )


def silent_rows(
    member: Member, code: str, month: Month | None, *, actor: Actor, now: datetime
) -> tuple[Month, Iterator[Row]]:
    """Return the month and everybody who has not sent; note who took the file.

    Raises OfficeNotFoundError.
    """
    with writing():
        scope = scope_of(member, code)
        month = month or scope.month(now)
        branches = list(Branch.select().where(Branch.id.in_(scope.ids)))
        note_saved("silent", actor=actor, now=now)
    return month, _rows(branches, month)


def _rows(branches: list[Branch], month: Month) -> Iterator[Row]:
    day = date(month.year, month.number, 1)
    for branch in branches:
        yield from rows.silent(rows.Order(0, branch, month, day, day))


def _street() -> Node:
    """Return the SQL of an address without its house and flat.

    The house is the last «д.»: of «д. Лужки, д. 8» the first is the village. Trimming
    from the end all signs but the mark leaves what stands before the last one.
    """
    text = fn.REPLACE(fn.REPLACE(Account.address, _OTHER_HOUSE, _MARK), _HOUSE, _MARK)
    before = fn.RTRIM(text, fn.REPLACE(text, _MARK, ""))
    village = fn.REPLACE(fn.RTRIM(before, _MARK), _MARK, _HOUSE)
    return fn.COALESCE(fn.NULLIF(village, ""), Account.address).coerce(False)
