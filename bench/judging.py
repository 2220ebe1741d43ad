"""Whether all that a customer was told has happened, and happened once."""

import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from bench.customers import Tally
from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.metering import ReadingState
from cabinet.domain.payments.states import PAID
from cabinet.models import LedgerEntry, Notice, Payment, Reading
from cabinet.models.base import database
from cabinet.models.connection import close_database, open_database
from cabinet.services import bulk
from cabinet.services.ledger_check import CHECKS, check_ledger
from cabinet.services.payments import invariants

#: Seconds in which the worker must have taken every notice.
SETTLED = 120
CHUNK = 1000


def judge(url: str, tally: Tally, *, now: datetime) -> dict[str, int]:
    """Return how much is wrong of each kind; none of it may be."""
    open_database(url)
    with database.connection_context():
        _settle(tally.notices)
        wrong = {
            "readings": _readings(tally.readings),
            "payments": _payments(tally.payments),
            "notices": _notices(tally.notices),
            "money": _money(tally.notices),
            "ledger": sum(1 for _ in check_ledger((*CHECKS, *invariants.checks(now)))),
        }
    close_database()
    return wrong


def _settle(deals: list[str]) -> None:
    """Wait until the worker has taken what was told."""
    until = time.monotonic() + SETTLED
    while time.monotonic() < until:
        paid = sum(1 for one in _payments_of(deals) if one.state in PAID)
        if paid == len(set(deals)):
            return
        time.sleep(1)


def _readings(told: Mapping[str, tuple[int, ...]]) -> int:
    """Count readings that are not there once, or with other registers."""
    wrong = 0
    for keys in bulk.chunks(told, CHUNK):
        found: dict[str, list[Reading]] = {key: [] for key in keys}
        for row in Reading.select().where(bulk.among(Reading.key, keys)):
            found[row.key].append(row)
        for key, rows in found.items():
            shown = [_shown(row) for row in rows if _counts(row)]
            wrong += shown != [told[key]]
    return wrong


def _counts(row: Reading) -> bool:
    return row.state in {ReadingState.SUBMITTED, ReadingState.NEEDS_REVIEW}


def _shown(row: Reading) -> tuple[int, ...]:
    registers = (row.t1, row.t2, row.t3)
    return tuple(int(one.kwh) for one in registers if one is not None)


def _payments(told: Mapping[str, tuple[str, int]]) -> int:
    """Count payments that are not there once, or are another's or at another's page."""
    wrong = 0
    for nonces in bulk.chunks(told, CHUNK):
        rows = Payment.select().where(
            Payment.nonce.in_([UUID(nonce) for nonce in nonces])
        )
        found = {row.nonce: (row.provider_id, row.user_id) for row in rows}
        wrong += sum(found.get(UUID(nonce)) != told[nonce] for nonce in nonces)
    return wrong


def _notices(deals: list[str]) -> int:
    """Count notices that are not kept once."""
    rows = [
        row.provider_id
        for chunk in bulk.chunks(deals, CHUNK)
        for row in Notice.select(Notice.provider_id).where(
            bulk.among(Notice.provider_id, chunk)
        )
    ]
    return len(set(deals) ^ set(rows)) + len(rows) - len(set(rows))


def _money(deals: list[str]) -> int:
    """Count paid payments whose money does not stand in the ledger, once."""
    wrong = 0
    for payment in _payments_of(deals):
        cause = f"payment:{payment.public_id}:"
        entries = LedgerEntry.select(LedgerEntry.amount).where(
            LedgerEntry.kind == EntryKind.PAYMENT,
            LedgerEntry.cause >= cause,
            LedgerEntry.cause < f"{cause}~",
        )
        amounts = [-entry.amount.kopecks for entry in entries]
        wrong += payment.state not in PAID or amounts != [payment.amount.kopecks]
    return wrong


def _payments_of(deals: list[str]) -> Iterable[Payment]:
    for chunk in bulk.chunks(sorted(set(deals)), CHUNK):
        yield from Payment.select().where(
            Payment.shop == "kursk", bulk.among(Payment.provider_id, chunk)
        )
