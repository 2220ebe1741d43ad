"""What a check of the ledger tells, and how it asks the database."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from cabinet.domain.payments.refunds import TAKEN
from cabinet.domain.payments.states import ASKED, PAID, PaymentState
from cabinet.models.base import on_sqlite
from cabinet.models.streaming import stream
from cabinet.services.ledger_check import Finding

#: Nobody knows whether the provider has it.
DOUBT = frozenset({PaymentState.SUBMITTING, PaymentState.IN_DOUBT})


REMEDY = "compare the payment with the provider's own account of it at /staff/payments"


def ask(query: str, *values: object) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a query in which words of our own stand in braces."""
    for word, text in _words().items():
        query = query.replace("{" + word + "}", text)
    return stream(query, *values)


def _words() -> dict[str, str]:
    """Return what stands for the words: lists of states, causes, a value put in."""
    return {
        "paid": _list(PAID),
        "taken": _list(TAKEN),
        "doubt": _list(DOUBT),
        "asked": _list(ASKED),
        "moment": "?" if on_sqlite() else "%s",
        "payment cause": _cause("payment", "p", "s.account_id"),
        "refund cause": _cause("refund", "r"),
        "chargeback cause": _cause("chargeback", "p", "s.account_id"),
    }


def naive(moment: datetime) -> datetime | str:
    """Return an instant as the database keeps it."""
    plain = moment.astimezone(UTC).replace(tzinfo=None)
    return str(plain) if on_sqlite() else plain


def _list(states: Iterable[StrEnum]) -> str:
    """Return words of our own as a list of SQL."""
    return ", ".join(f"'{state}'" for state in sorted(states))


def _cause(prefix: str, table: str, *parts: str) -> str:
    """Return the expression of a cause: the prefix, the public id, and what follows."""
    uuid = f"{table}.public_id"
    text = f"CAST({uuid} AS text)"
    if on_sqlite():
        # Kept there as 32 digits without hyphens.
        cuts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
        text = " || '-' || ".join(f"SUBSTR({uuid}, {at}, {n})" for at, n in cuts)
    return " || ':' || ".join((f"'{prefix}'", text, *parts))


def found(code: str, what: str, public_id: object, words: str) -> Finding:
    """Return a finding about a row that has a public id."""
    uuid = public_id if isinstance(public_id, UUID) else UUID(str(public_id))
    return odd(code, f"{what}:{uuid}", words)


def odd(code: str, where: str, words: str) -> Finding:
    """Return a finding about payments: which rule, of what, and in words."""
    return Finding(code, where, words, REMEDY)
