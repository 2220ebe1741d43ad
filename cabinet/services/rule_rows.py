"""Dated rows on pages: listed, one added through the door of imports, taken back.

A row that is added is a file of one row, or of two where the row before it ends with it:
it is in the list of imports, and goes back as they do, while nothing was billed by it.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from peewee import JOIN

from cabinet.domain.errors import NotFound
from cabinet.domain.loads import LoadState
from cabinet.domain.period import Span
from cabinet.models import Branch, ImportBatch, Tariff, User
from cabinet.models.base import lock, reading, writing
from cabinet.services import dated_rules
from cabinet.services.audit import Actor
from cabinet.services.dated_rules import RuleFinding
from cabinet.services.importing import OvertakenError, import_file
from cabinet.services.importing.undoing import begin_undo, undo
from cabinet.services.rule_tables import TABLES, RuleFaultyError, Table, rows_of

#: How files that a form made are called; nobody sends one with a colon.
BY_HAND = "Вручную: "
#: Added by hand and shown.
MOST = 20
#: Rows of a page; more are a matter of the region.
MOST_ROWS = 300
#: Of the rules without a table of their own, what no month is billed without: whom a row
#: must be for, and nothing where any row will do.
NEEDED = {
    "penalty_days": "household",
    "penalty_rate_cap": "household",
    "penalty_share": "",
}
#: So long before the last day of a rule it is told of.
SOON = timedelta(days=90)
_DAY = timedelta(days=1)
UNDONE_WHY = "Отменено на странице правил"


class RuleNotFoundError(NotFound):
    """There is no such table, or no such row that was added by hand."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleLine:
    """A row as it is told; `ends` is the first day after."""

    values: dict[str, Any]
    starts: date | None
    ends: date | None
    is_now: bool

    @property
    def last_day(self) -> date | None:
        """Return the last day, None for good."""
        return None if self.ends is None else self.ends - _DAY


@dataclass(frozen=True, kw_only=True, slots=True)
class ByHand:
    """What was added by a form, and whether it was taken back."""

    public_id: UUID
    title: str
    who: str
    at: datetime
    is_in: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """Holes and overlaps, what there is no row for on a day, what ends soon.

    Each by table and whose: a region, a rule. `over` is what of the missing had rows, with
    its last day; `empty` are the tables that had none at all.
    """

    findings: tuple[RuleFinding, ...]
    missing: tuple[tuple[str, str], ...]
    ending: tuple[tuple[str, str, date], ...]
    over: tuple[tuple[str, str, date], ...]
    empty: frozenset[str]


def table_of(name: str) -> Table:
    """Return a table; raises RuleNotFoundError."""
    found = TABLES.get(name)
    if found is None:
        raise RuleNotFoundError(name)
    return found


def regions() -> tuple[str, ...]:
    """Return the regions of branches and of prices."""
    with reading():
        names = {name for (name,) in Branch.select(Branch.region).tuples()}
        names |= {name for (name,) in Tariff.select(Tariff.region).tuples()}
    return tuple(sorted(names))


def keys_of_others() -> tuple[str, ...]:
    """Return whom rules without a table of their own may be for."""
    table = TABLES["other"]
    with reading():
        kept = {row.key for row in rows_of(table)}
        codes = {code for (code,) in Branch.select(Branch.code).tuples()}
        names = {name for (name,) in Branch.select(Branch.region).tuples()}
    return tuple(sorted({"household", "organisation", *kept, *codes, *names}))


def lines(name: str, *, region: str = "", day: date) -> tuple[RuleLine, ...]:
    """Return the rows of a table, the latest first; of a region where it has one."""
    table = table_of(name)
    with reading():
        told = [table.told(row) for row in rows_of(table)]
    if region and "region" in table.fields:
        told = [one for one in told if one["region"] in (region, "")]
    made = [
        RuleLine(
            values=one,
            starts=one.get("starts"),
            ends=one.get("ends"),
            is_now="starts" in one and Span(one["starts"], one["ends"]).contains(day),
        )
        for one in told
    ]
    made.sort(key=lambda one: [str(one.values[part]) for part in table.key])
    made.sort(key=lambda one: one.starts or date.min, reverse=True)
    return tuple(made[:MOST_ROWS])


def add(
    name: str,
    typed: Mapping[str, str],
    *,
    title: str,
    closes: bool,
    actor: Actor,
    now: datetime,
) -> None:
    """Add a row; with `closes` the one before it ends the day before.

    The same row again changes nothing. Raises RuleFaultyError and RuleNotFoundError.
    """
    table = table_of(name)
    values = table.read(typed)
    with reading():
        others = [table.told(row) for row in rows_of(table)]
    others = [one for one in others if _key(table, one) == _key(table, values)]
    if any(all(one.get(k) == v for k, v in values.items()) for one in others):
        return
    before = _before(table, values, others, closes=closes)
    rows = [*before, values]
    try:
        report = import_file(
            f"{BY_HAND}{title}"[:240],
            _file(table.file(row) for row in rows),
            kind=table.kind,
            layout={"by_hand": name},
            by=actor,
            now=now,
        )
    except OvertakenError as error:
        if _is_going(error):
            raise RuleFaultyError(
                [("source", "её сейчас убирают: обновите страницу и добавьте снова")]
            ) from error
        # The same form was sent twice: the other one adds the row at this very moment.
        return
    if report.bad:
        reason = report.faults[0].reason if report.faults else "строка не принята"
        raise RuleFaultyError([("source", reason)])


def _is_going(error: OvertakenError) -> bool:
    """Tell whether the row is being taken away, and not added."""
    rows = ImportBatch.select().where(
        ImportBatch.id == error.args[0], ImportBatch.state == LoadState.UNDOING
    )
    with reading():
        return bool(rows.exists())


def by_hand(name: str) -> tuple[ByHand, ...]:
    """Return what forms added to a table, the newest first."""
    table = table_of(name)
    query = (
        ImportBatch.select(ImportBatch, User.name.alias("who"))
        .join(User, JOIN.LEFT_OUTER, on=(ImportBatch.by == User.id))
        .where(
            ImportBatch.kind == table.kind,
            ImportBatch.file_name.startswith(BY_HAND),
            ImportBatch.state.in_(
                [LoadState.COMMITTED, LoadState.UNDOING, LoadState.UNDONE]
            ),
        )
        .order_by(ImportBatch.id.desc())
        .limit(MOST * len(TABLES))
    )
    with reading():
        rows = [row for row in query.objects() if row.layout.get("by_hand") == name]
    return tuple(
        ByHand(
            public_id=UUID(str(row.public_id)),
            title=row.file_name.removeprefix(BY_HAND),
            who=row.who or "",
            at=row.started_at,
            # One whose taking back was broken off is taken back once more.
            is_in=row.state is not LoadState.UNDONE,
        )
        for row in rows[:MOST]
    )


def take_back(public_id: UUID, *, actor: Actor, now: datetime) -> str:
    """Take back what a form added and return its table; twice is once.

    Raises RuleNotFoundError, and undoing.StandsOnError where bills stand on it.
    """
    with writing():
        rows = ImportBatch.select().where(
            ImportBatch.public_id == public_id,
            ImportBatch.file_name.startswith(BY_HAND),
        )
        batch = lock(rows).first()
        if batch is None:
            raise RuleNotFoundError(public_id)
        if batch.state is LoadState.COMMITTED:
            begin_undo(batch.id, UNDONE_WHY, actor=actor, now=now)
    # Where the form came twice the other one takes it back at this very moment.
    with suppress(OvertakenError):
        undo(batch.id, now=now, actor=actor)
    return str(batch.layout["by_hand"])


def state(*, day: date) -> State:
    """Return what is wrong with the rules on a day and what ends within three months."""
    found = dated_rules.check()
    with reading():
        told = {
            name: [table.told(row) for row in rows_of(table)]
            for name, table in TABLES.items()
            if table.is_dated
        }
        wanted = {name for (name,) in Branch.select(Branch.region).tuples()}
    missing, over = _missing(told, wanted, day)
    return State(
        findings=found,
        missing=tuple(missing),
        ending=tuple(_ending(told, day)),
        over=tuple(over),
        empty=frozenset(name for name, rows in told.items() if not rows),
    )


def _missing(
    told: Mapping[str, list[dict[str, Any]]], wanted: set[str], day: date
) -> tuple[list[tuple[str, str]], list[tuple[str, str, date]]]:
    """Return table and whose of what has no row on a day; of what had, its last day."""
    spans: dict[tuple[str, ...], list[Span]] = {
        ("price", region): [] for region in sorted(wanted)
    }
    spans |= {(name, ""): [] for name in ("key_rate", "vat", "due") if not told[name]}
    for name, rows in told.items():
        for one in rows:
            need = _need(name, one)
            if need and (name != "price" or need[0] in wanted):
                held = Span(one["starts"], one["ends"])
                spans.setdefault((name, *need), []).append(held)
    missing, over = [], []
    for (name, whose, *_), held_on in spans.items():
        if any(span.contains(day) for span in held_on):
            continue
        missing.append((name, whose))
        ends = [span.ends for span in held_on if span.ends and span.ends <= day]
        if ends and len(ends) == len(held_on):
            over.append((name, whose, max(ends) - _DAY))
    return list(dict.fromkeys(missing)), over


def _need(name: str, one: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a row is needed for, whose first; nothing where all goes on without.

    Rows of one region, or of one rule, stand for each other: that a range or a share is
    no more is for who writes the rules.
    """
    if name == "other":
        rule = str(one["rule"])
        return (rule,) if NEEDED.get(rule) in ("", one["key"]) else ()
    if name == "range":
        return one["region"] or str(one["kind"]), str(one["kind"])
    return (str(one[TABLES[name].key[0]]) if TABLES[name].key else "",)


def _ending(told: Mapping[str, list[dict[str, Any]]], day: date) -> list[Any]:
    """Return table, whose, and last day of what nothing follows."""
    lasts: dict[tuple[str, str], date] = {}
    for name, rows in told.items():
        ends: dict[tuple[object, ...], date | None] = {}
        for one in rows:
            key = _key(TABLES[name], one)
            known = ends.get(key, date.min)
            both = (known, one["ends"])
            ends[key] = None if None in both else max(known or date.min, one["ends"])
        for key, last in ends.items():
            if last is not None and day < last <= day + SOON:
                whose = (name, str(key[0]) if key else "")
                lasts[whose] = min(last, lasts.get(whose, last))
    return [(name, whose, last - _DAY) for (name, whose), last in sorted(lasts.items())]


def _key(table: Table, values: Mapping[str, Any]) -> tuple[object, ...]:
    return tuple(values[part] for part in table.key)


def _before(
    table: Table,
    values: Mapping[str, Any],
    others: list[dict[str, Any]],
    *,
    closes: bool,
) -> list[dict[str, Any]]:
    """Return the row that ends where the new one starts, as it will be.

    Raises RuleFaultyError where days would have two rows.
    """
    if not table.is_dated:
        return []
    starts, ends = values["starts"], values.get("ends")
    if any(one["starts"] == starts for one in others):
        raise RuleFaultyError([("starts", "с этого дня строка уже есть")])
    if "ends" not in table.fields:
        # The rows of the key rate end one another by themselves.
        return []
    later = [one["starts"] for one in others if one["starts"] > starts]
    if later and (ends is None or min(later) < ends):
        why = f"с {min(later):%d.%m.%Y} уже действует другая строка: укажите последний день"
        raise RuleFaultyError([("ends", why)])
    earlier = [
        one
        for one in others
        if one["starts"] < starts and (one["ends"] is None or one["ends"] > starts)
    ]
    if earlier and not closes:
        why = "на этот день строка уже есть: отметьте, что она кончается накануне"
        raise RuleFaultyError([("starts", why)])
    return [{**one, "ends": starts} for one in earlier]


def _file(rows: Iterable[Mapping[str, str]]) -> io.BytesIO:
    made = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(made[0]))
    writer.writeheader()
    writer.writerows(made)
    return io.BytesIO(text.getvalue().encode())
