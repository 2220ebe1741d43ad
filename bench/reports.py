"""How long the office's reports take, beside counting the rows of the tables they read.

`python -m bench.reports`: 2000 accounts with a year of bills and payments, two months of
readings, questions and ratings, on SQLite; `--accounts N` for more, `--database ADDRESS`,
any database of a Postgres server, for a database of its own there, dropped in the end.

Everybody owes the last bill; of four one pays late, one named months only, and one of
ten has paid nothing for half a year: what makes debts by age dear.
"""

import argparse
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from bench import town
from bench.measure import Pair, compare, machine, repeat, write
from cabinet.domain.bookkeeping import ChargeBasis, EntryKind
from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource, ReadingState
from cabinet.domain.money import Money
from cabinet.domain.people import AccountKind, Role
from cabinet.domain.period import Month
from cabinet.domain.questions import Author, QuestionState, Topic
from cabinet.domain.tariff import Category
from cabinet.models import (
    Account,
    Bill,
    Branch,
    LedgerEntry,
    Meter,
    Question,
    QuestionMessage,
    Reading,
    UsabilityRating,
    User,
)
from cabinet.models.base import database, on_sqlite, writing
from cabinet.models.connection import close_database, open_database
from cabinet.models.migrate import migrate
from cabinet.services import bulk
from cabinet.services.audit import Actor
from cabinet.services.demo.branches import make_branches
from cabinet.services.reports import (
    debts,
    headlines,
    payments,
    questions,
    silent,
    usability,
    window,
)
from cabinet.services.staff import Member

FEW = 2_000
MONTHS = 12
CHUNK = 5_000
CHARGED = Money(500_00)
#: Houses of a street.
HOUSES = 60
#: Two days into the window of a month, when most of the last bill is paid.
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
LAST = Month.of(NOW.date()).previous


def main() -> None:
    """Measure and write the section of docs/bench.md."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=FEW)
    parser.add_argument("--database", default="", help="address of a Postgres server")
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        town.made_for_the_while(wanted.database, Path(folder)) as url,
    ):
        open_database(url)
        migrate()
        with database.connection_context():
            _fill(wanted.accounts)
            pairs = list(_pairs(wanted.rounds))
            entries = LedgerEntry.select().count()
        close_database()
    kind = "Postgres" if wanted.database else "SQLite"
    section = "reports-postgres" if wanted.database else "reports"
    if wanted.accounts <= FEW:
        section += " of few"
    rows = "\n".join(pair.row() for pair in pairs)
    write(
        section,
        f"{machine()}\n\n{wanted.accounts} accounts with {entries} entries, {kind},"
        " all branches.\n\n"
        "| report | ms | floor, ms | times | from to | noise |\n"
        "|---|---|---|---|---|---|\n"
        f"{rows}\n\n"
        "The floor counts the rows of the largest table that the report reads, each of them read.",
    )


def _pairs(rounds: int) -> Iterator[Pair]:
    member = Member(User.get(User.role == Role.ADMIN).id, Role.ADMIN)
    now, actor = NOW, Actor(member.user_id)
    asked: dict[str, tuple[Callable[[], object], Any]] = {
        "all at a glance": (
            partial(headlines.headlines_of, member, now=now),
            LedgerEntry.document,
        ),
        "who has not sent": (
            partial(silent.silent_of, member, "", None, now=now),
            Meter.model,
        ),
        "window": (
            partial(window.progress_of, member, "", None, None, now=now),
            Reading.comment,
        ),
        "debts by age": (
            partial(debts.debts_of, member, "", now=now),
            LedgerEntry.document,
        ),
        "payments of a month": (
            partial(payments.paid_of, member, "", None, None, now=now),
            LedgerEntry.document,
        ),
        "questions": (
            partial(questions.answers_of, member, "", None, None, now=now),
            QuestionMessage.text,
        ),
        "usability": (
            partial(usability.usability_of, member, "", None, actor=actor, now=now),
            UsabilityRating.words,
        ),
    }
    for name, (act, column) in asked.items():
        floor = partial(_count, column)
        yield compare(name, repeat(act, 1), repeat(floor, 1), rounds=rounds)


def _count(column: Any) -> int:
    """Count the rows by the driver alone, each of them read: no index has the column."""
    table, name = column.model._meta.table_name, column.column_name  # noqa: SLF001 - peewee's own way to a table
    found = database.execute_sql(
        f'SELECT COUNT(*) FROM "{table}" WHERE "{name}" >= \'\''
    )
    return int(found.fetchone()[0])


def _fill(count: int) -> None:
    with writing():
        make_branches()
        User.create(email="admin@example.org", name="", role=Role.ADMIN, created_at=NOW)
        branches = [branch.id for branch in Branch.select().order_by(Branch.id)]
    for chunk in bulk.chunks(range(1, count + 1), CHUNK):
        with writing():
            bulk.insert(Account, [_account(n, branches) for n in chunk])
            bulk.insert(Meter, [_meter(n) for n in chunk])
            bulk.insert(Reading, [row for n in chunk for row in _readings(n)])
            bulk.insert(Bill, [row for n in chunk for row in _bills(n)])
            bulk.insert(LedgerEntry, [row for n in chunk for row in _entries(n)])
            some = [n for n in chunk if n % 100 == 0]
            bulk.insert(Question, [_question(n, branches) for n in some])
            bulk.insert(QuestionMessage, [_answer(n) for n in some])
            bulk.insert(UsabilityRating, [_rating(n, branches) for n in some])
    if not on_sqlite():
        database.execute_sql("ANALYZE")
    else:
        database.execute_sql("PRAGMA optimize")


def _branch(number: int, branches: list[int]) -> int:
    return branches[number % len(branches)]


def _account(number: int, branches: list[int]) -> dict[str, Any]:
    house = number % HOUSES
    street = number // (HOUSES * len(branches))
    return {
        "number": f"{number:012}",
        "branch": _branch(number, branches),
        "kind": AccountKind.HOUSEHOLD,
        "holder": "Иванов Иван Иванович",
        "address": f"Курская область, Курск, ул. {street}-я, д. {house}, кв. 1",
        "category": Category.CITY_GAS,
        "balance": Money.total(row["amount"] for row in _entries(number)),
    }


def _meter(number: int) -> dict[str, Any]:
    return {
        "public_id": uuid.UUID(int=number),
        "account": number,
        "serial": f"{number:08}",
        "zones": 1,
        "digits": 5,
        "opening_on": date(2025, 1, 1),
        "opening_t1": Energy(0),
    }


def _readings(number: int) -> Iterator[dict[str, Any]]:
    for month, is_sent in ((LAST, number % 5 > 0), (LAST.next, number % 3 == 0)):
        if is_sent:
            day = month.starts.replace(day=20 + number % (6 if month == LAST else 2))
            yield {
                "public_id": uuid.UUID(int=number * 10 + (month == LAST)),
                "meter": number,
                "period": month,
                "t1": Energy(number),
                "taken_on": day,
                "received_at": _at(day, number % 24),
                "source": ReadingSource.CABINET,
                "state": ReadingState.SUBMITTED,
            }


def _months() -> list[Month]:
    return [LAST.plus(-back) for back in range(MONTHS - 1, -1, -1)]


def _bills(number: int) -> Iterator[dict[str, Any]]:
    for month in _months():
        yield {
            "account": number,
            "month": month,
            "number": f"{number}-{month.code}",
            "issued_on": month.ends,
            "due_on": month.ends.replace(day=15),
            "basis": ChargeBasis.ACTUAL,
            "volume": Energy(100_000),
            "charged": CHARGED,
            "published_at": _at(month.ends, 0),
        }


def _entries(number: int) -> Iterator[dict[str, Any]]:
    for at, month in enumerate(_months()):
        charged_at = _at(month.ends, 0) - timedelta(hours=4)
        yield {
            "account": number,
            "kind": EntryKind.CHARGE,
            "amount": CHARGED,
            "month": month,
            "effective_at": charged_at,
            "posted_at": charged_at,
            "cause": f"charge:{number}:{month}",
            "channel": "registry",
            "bill": (number - 1) * MONTHS + at + 1,
        }
        if number % 10 == 0 and at >= MONTHS - 6:
            continue
        if month == LAST and number % 4 == 0:
            continue
        paid_at = _at(month.ends.replace(day=1 + number % 20), 9)
        yield {
            "account": number,
            "kind": EntryKind.PAYMENT,
            "amount": -CHARGED,
            "month": month if number % 4 == 1 else None,
            "effective_at": paid_at,
            "posted_at": paid_at,
            "cause": f"paid:{number}:{month}",
            "channel": "registry",
            "bill": None,
        }


def _question(number: int, branches: list[int]) -> dict[str, Any]:
    asked_at = NOW - timedelta(days=number % 25, hours=number % 7)
    return {
        "public_id": uuid.UUID(int=number),
        "key": f"bench:{number}",
        "branch": _branch(number, branches),
        "code_hash": "",
        "topic": list(Topic)[number // 100 % len(Topic)],
        "state": QuestionState.ANSWERED,
        "created_at": asked_at,
        "changed_at": asked_at,
        "due_on": asked_at.date(),
    }


def _answer(number: int) -> dict[str, Any]:
    at = NOW - timedelta(hours=number % 50)
    return {
        "question": number // 100,
        "key": f"bench:{number}",
        "author": Author.STAFF,
        "text": "",
        "at": at,
        "shown_at": at,
    }


def _rating(number: int, branches: list[int]) -> dict[str, Any]:
    return {
        "account": number,
        "branch": _branch(number, branches),
        "quarter": 20264,
        "rating": 1 + number // 100 % 5,
        "at": NOW,
    }


def _at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


if __name__ == "__main__":
    main()
