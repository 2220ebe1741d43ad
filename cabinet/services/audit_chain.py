"""The audit log under seal: what was changed behind the portal's back is found.

A trigger keeps the log append-only, but whoever holds the database can drop a trigger.
So a job seals every entry: the seal's `chain` is the keyed hash of the chain before it,
of all that the entry says and of the moment of sealing. The key is made of the
settings' secret, which the database does not hold.

Entries are sealed in the order of their ids, and none may turn up later among sealed
ones. On SQLite there is one writer, so none can. On Postgres an id is taken before its
transaction ends, and a smaller one may become visible after a greater one. Therefore a
sealer first asks for a lock that waits until those who are writing entries have ended,
looks up the greatest id and lets go: whatever is below that id is there by now or never
will be. Requests wait for this one look at most, never for the sealing.

So an entry without a seal below a sealed one was put in by hand, and is never sealed
afterwards. What was removed by its term leaves a mark (`audit_term`), from which the
chain goes on. Only the end of the chain can be cut off unseen, seals and all; against that
the head is kept elsewhere (`audit_heads`, `cabinet audit verify --head`).
"""

import hashlib
import hmac
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from peewee import OperationalError, Query, fn

from cabinet.models import AuditCut, AuditEntry, AuditSeal
from cabinet.models.base import database, on_sqlite, reading, writing

BATCH = 500
#: What stands before the first link.
NOTHING = ""
#: How long at most writers may be kept waiting for a look at the greatest id.
PATIENCE = "1s"
#: What reading a row may raise that no program of ours wrote.
UNREADABLE = (
    ValueError,
    TypeError,
    AttributeError,
    OperationalError,
    sqlite3.OperationalError,
)


class Damage(StrEnum):
    """What is wrong with the first bad entry."""

    GONE = "the entry is gone or cannot be read"
    CHANGED = "the entry or its seal was changed, or a link before it was taken out"
    PUT_IN = "the entry was put in among sealed ones, or its seal is gone"
    SEAL = "a seal after this entry cannot be read"
    REMOVAL = "the mark of what was removed by its term is not ours, or it was put back"
    CUT = "a kept head is not in the chain: what led to it was taken away or made anew"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What checking found: a whole chain, or the first bad entry.

    `count` entries under seal are good, `head` is the chain of the last of them and
    `waiting` have no seal yet.
    """

    count: int
    head: str
    waiting: int
    damage: Damage | None = None
    entry_id: int | None = None


def seal(*, secret: str, now: datetime, most: int | None = None) -> int:
    """Seal what has no seal yet, `most` entries at most, and return how many.

    Any number may seal at once: they take turns, batch by batch.
    """
    horizon = _horizon()
    sealed = 0
    while most is None or sealed < most:
        limit = BATCH if most is None else min(BATCH, most - sealed)
        with writing():
            made = _seal_batch(key_of(secret), horizon, limit, now)
        sealed += made
        if made < limit:
            break
    return sealed


def find_head() -> str:
    """Return the chain of the last seal, nothing before the first one."""
    with reading():
        return _last()[1]


def find_sealed() -> tuple[int | None, str]:
    """Return the last entry under seal and the chain of its seal."""
    with reading():
        return _last()


def verify(
    *, secret: str, older: Iterable[str] = (), heads: Iterable[str] = ()
) -> Verdict:
    """Check every entry and every seal against the chain.

    `older` are secrets the portal had before the present one, in any order. Each of the
    `heads` kept elsewhere must be in the chain: one that is not tells that its end was
    cut off, or that the whole chain was made anew.
    """
    keys = [key_of(each) for each in (secret, *older)]
    with reading():
        return _verdict(keys, set(heads) - {NOTHING})


def _horizon() -> int:
    """Return the greatest id below which no entry can turn up any more."""
    with writing():
        if not on_sqlite():
            database.execute_sql(f"SET LOCAL lock_timeout = '{PATIENCE}'")
            database.execute_sql("LOCK TABLE audit_entry IN SHARE MODE")
        return AuditEntry.select(fn.MAX(AuditEntry.id)).scalar() or 0


def _seal_batch(key: bytes, horizon: int, most: int, now: datetime) -> int:
    if not on_sqlite():
        database.execute_sql("LOCK TABLE audit_seal IN EXCLUSIVE MODE")
    last_id, chain = _last()
    query = AuditEntry.select().where(AuditEntry.id <= horizon)
    if last_id is not None:
        query = query.where(AuditEntry.id > last_id)
    rows = []
    for entry in query.order_by(AuditEntry.id).limit(most):
        chain = _link(key, chain, entry, now)
        rows.append({"entry_id": entry.id, "chain": chain, "sealed_at": now})
    if rows:
        AuditSeal.insert_many(rows).execute()
    return len(rows)


def _last() -> tuple[int | None, str]:
    for model in (AuditSeal, AuditCut):
        found = model.select(model.entry_id, model.chain)
        row = found.order_by(model.entry_id.desc()).tuples().first()
        if row is not None:
            last: tuple[int, str] = row
            return last
    return None, NOTHING


def _verdict(keys: Sequence[bytes], kept: set[str]) -> Verdict:
    try:
        cuts = cuts_of(keys)
    except ForgedCutError:
        return _told(0, NOTHING, None, Damage.REMOVAL, None)
    last_id, chain = (cuts[-1].entry_id, cuts[-1].chain) if cuts else (None, NOTHING)
    count = 0
    kept -= {cut.chain for cut in cuts}
    for seal_row, entry, stray in links(last_id):
        damage, entry_id = damage_of(keys, chain, seal_row, entry, stray)
        if damage is not None:
            return _told(count, chain, last_id, damage, entry_id)
        count, chain, last_id = count + 1, seal_row.chain, seal_row.entry_id
        kept.discard(chain)
    if AuditSeal.select().count() != count:
        return _told(count, chain, last_id, Damage.SEAL, last_id)
    return _told(count, chain, last_id, Damage.CUT if kept else None, last_id)


class ForgedCutError(Exception):
    """A mark of what was removed is not ours, or what was removed is there again."""


def cuts_of(keys: Sequence[bytes]) -> list[AuditCut]:
    """Return what was removed by its term, the oldest first; raises ForgedCutError."""
    before = NOTHING
    query = AuditCut.select().order_by(AuditCut.entry_id)
    found = _readable(query)
    for cut in found:
        try:
            marks = [mark_of(key, before, cut) for key in keys]
        except UNREADABLE as error:
            raise ForgedCutError from error
        if cut.mark not in marks:
            raise ForgedCutError(cut.entry_id)
        before = cut.mark
    if len(found) != query.count():
        raise ForgedCutError
    if (
        found
        and AuditEntry.select().where(AuditEntry.id <= found[-1].entry_id).exists()
    ):
        raise ForgedCutError(found[-1].entry_id)
    return found


def mark_of(key: bytes, before: str, cut: AuditCut) -> str:
    """Return the keyed hash of the mark before and of what a removal says."""
    said = [before, cut.entry_id, cut.chain, cut.count, _instant(cut.cut_at)]
    text = json.dumps(["cut", *said], separators=(",", ":"))
    return hmac.new(key, text.encode("ascii"), hashlib.sha256).hexdigest()


def links(
    after: int | None,
) -> Iterator[tuple[AuditSeal, AuditEntry | None, int | None]]:
    """Yield each seal with its entry and the first unsealed id since the seal before.

    Begins after an id, without one at the first.
    """
    while True:
        seals = [
            row
            for row in _readable(
                _past(AuditSeal, AuditSeal.entry_id, after)
                .order_by(AuditSeal.entry_id)
                .limit(BATCH)
            )
            if isinstance(row.entry_id, int)
        ]
        if not seals:
            return
        entries = {
            row.id: row
            for row in _readable(
                _past(AuditEntry, AuditEntry.id, after)
                .where(AuditEntry.id <= seals[-1].entry_id)
                .order_by(AuditEntry.id)
            )
        }
        strays = sorted(entries.keys() - {row.entry_id for row in seals})
        for row in seals:
            stray = strays[0] if strays and strays[0] < row.entry_id else None
            yield row, entries.get(row.entry_id), stray
        after = seals[-1].entry_id


def _past(model: Any, column: Any, after: int | None) -> Query:
    query = model.select()
    return query if after is None else query.where(column > after)


def _readable(query: Query) -> list[Any]:
    """Return the rows but those in which something stands that no column takes."""
    try:
        return list(query.clone().iterator())
    except UNREADABLE:
        rows: list[Any] = []
    for number in range(query.count()):
        try:
            rows.extend(query.clone().limit(1).offset(number).iterator())
        except UNREADABLE:
            continue
    return rows


def damage_of(
    keys: Sequence[bytes],
    chain: str,
    seal_row: AuditSeal,
    entry: AuditEntry | None,
    stray: int | None,
) -> tuple[Damage | None, int]:
    """Return what is wrong with a link, if anything, and the entry it is about."""
    if stray is not None:
        return Damage.PUT_IN, stray
    if entry is None:
        return Damage.GONE, seal_row.entry_id
    try:
        links = [_link(key, chain, entry, seal_row.sealed_at) for key in keys]
    except UNREADABLE:
        links = []
    if seal_row.chain not in links:
        return Damage.CHANGED, entry.id
    return None, entry.id


def _told(
    count: int,
    head: str,
    last_id: int | None,
    damage: Damage | None,
    entry_id: int | None,
) -> Verdict:
    waiting = _past(AuditEntry, AuditEntry.id, last_id).count() if not damage else 0
    return Verdict(
        count=count, head=head, waiting=waiting, damage=damage, entry_id=entry_id
    )


def _link(key: bytes, chain: str, entry: AuditEntry, sealed_at: datetime) -> str:
    """Return the keyed hash of the chain so far and of all that the entry says."""
    said = json.dumps(
        [
            chain,
            entry.id,
            _instant(entry.at),
            entry.actor_id,
            entry.action,
            entry.subject,
            entry.account_id,
            entry.address_hash,
            entry.details,
            _instant(sealed_at),
        ],
        sort_keys=True,
        separators=(",", ":"),
    )
    return hmac.new(key, said.encode("ascii"), hashlib.sha256).hexdigest()


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def key_of(secret: str) -> bytes:
    """Return the key of the chain, made of the settings' secret."""
    return hmac.new(secret.encode(), b"audit-chain", hashlib.sha256).digest()
