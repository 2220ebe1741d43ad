"""How long a search for accounts takes, beside the plainest look-up of one by its number.

`python -m bench.search`: 20 000 accounts on SQLite. `--accounts N` makes so many; with
`--database ADDRESS`, any database of a Postgres server, they are in a database of their
own there, dropped in the end. Each kind of query is asked of people drawn by chance; a
query is the whole use case, with the entries of the audit log.
"""

import argparse
import itertools
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median, quantiles

from bench import town
from bench.crowd import Person, crowd
from bench.measure import machine, write
from cabinet.domain.energy import Energy
from cabinet.domain.people import AccountKind, Role
from cabinet.domain.searching import other_layout
from cabinet.domain.searching.spelling import LETTERS
from cabinet.domain.tariff import Category
from cabinet.models import Account, Branch, Meter, SearchWord, User
from cabinet.models.base import database, on_sqlite, reading, writing
from cabinet.models.connection import close_database, open_database
from cabinet.models.migrate import migrate
from cabinet.services import bulk, finding, searching
from cabinet.services.audit import Actor
from cabinet.services.demo.branches import make_branches
from cabinet.services.staff import Member

FEW = 20_000
#: Queries of each kind, and people whom they are of.
QUERIES = 200
DRAWN = 5_000
CHUNK = 5_000
#: A budget of the ninety-fifth of a hundred, in milliseconds, and the size it is for.
BUDGET_MS, BUDGET_AT = 50, 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What filling took, in seconds, and what the words take, in bytes."""

    rows: float
    words: float
    count: int
    size: int


def main() -> None:
    """Measure and write the section of docs/bench.md."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=FEW)
    parser.add_argument("--database", default="", help="address of a Postgres server")
    wanted = parser.parse_args()
    section = "search-postgres" if wanted.database else "search"
    if wanted.accounts <= FEW:
        section += " of few"
    with (
        tempfile.TemporaryDirectory() as folder,
        town.made_for_the_while(wanted.database, Path(folder)) as url,
    ):
        open_database(url)
        migrate()
        with database.connection_context():
            filled = _fill(wanted.accounts)
            text = _section(wanted.accounts, filled)
        close_database()
    write(section, text)


def _fill(count: int) -> Filled:
    with writing():
        make_branches()
    began = time.perf_counter()
    for first, people in enumerate(bulk.chunks(crowd(count), CHUNK)):
        with writing():
            _bring(first * CHUNK + 1, people)
    rows = time.perf_counter() - began
    before = _pages()
    began = time.perf_counter()
    searching.make_due()
    words = time.perf_counter() - began
    size = _pages() - before
    if not on_sqlite():
        # As its own housekeeping does soon after so much was written.
        database.execute_sql("VACUUM ANALYZE")
    return Filled(rows=rows, words=words, count=SearchWord.select().count(), size=size)


def _bring(first: int, people: Sequence[Person]) -> None:
    branches = [branch_id for (branch_id,) in Branch.select(Branch.id).tuples()]
    numbered = list(enumerate(people, start=first))
    bulk.insert(
        Account,
        [
            {
                "id": number,
                "number": one.number,
                "branch": branches[number % len(branches)],
                "kind": AccountKind.HOUSEHOLD,
                "holder": one.holder,
                "address": one.address,
                "phone": one.phone,
                "category": Category.CITY_GAS,
            }
            for number, one in numbered
        ],
    )
    bulk.insert(
        Meter,
        [
            {
                "public_id": one.public_id,
                "account": number,
                "serial": one.serial,
                "zones": 1,
                "digits": 6,
                "opening_on": date(2020, 1, 1),
                "opening_t1": Energy(0),
            }
            for number, one in numbered
        ],
    )


def _pages() -> int:
    """Return the bytes that the words take, or on SQLite the whole file."""
    if on_sqlite():
        return int(database.pragma("page_count") * database.pragma("page_size"))
    query = "SELECT pg_total_relation_size('search_word')"
    return int(database.execute_sql(query).fetchone()[0])


def _section(count: int, filled: Filled) -> str:
    admin = User.create(
        email="admin@example.org", name="", role=Role.ADMIN, created_at=town.NOW
    )
    member = Member(admin.id, Role.ADMIN)
    drawn = list(itertools.islice(_drawn(count), DRAWN))
    kinds = _kinds(random.Random(2))
    lines = []
    for kind, typed in kinds.items():
        people = itertools.cycle(drawn)
        texts = list(itertools.islice(filter(None, map(typed, people)), QUERIES))
        lines.append(_row(kind, texts, drawn, member))
    kind = "SQLite" if on_sqlite() else "Postgres"
    budget = (
        f" At most {BUDGET_MS} ms for 95 of 100 of each kind."
        if count >= BUDGET_AT
        else ""
    )
    many = f"{count:,}".replace(",", " ")
    return (
        f"{many} accounts on {kind}; {machine()}{budget}\n\n"
        f"Accounts and meters came in in {filled.rows:.0f} s, their"
        f" {filled.count / count:.1f} words each were made in {filled.words:.0f} s and"
        f" take {filled.size / count:.0f} bytes an account.\n\n"
        "| what is typed | found | half, ms | 95 of 100, ms | slowest, ms"
        " | a bare look-up, half and 95 of 100, ms |\n|---|---|---|---|---|---|\n"
        + "\n".join(lines)
    )


def _drawn(count: int) -> Iterator[Person]:
    """Yield people from all over the crowd; made anew, they are who is there."""
    step = max(count // DRAWN, 1)
    return itertools.islice(crowd(count), 0, None, step)


def _kinds(chance: random.Random) -> dict[str, Callable[[Person], str]]:
    """Return what may be typed of a person, empty where there is nothing."""

    def mistyped(word: str) -> str:
        place = chance.randrange(1, len(word))
        return f"{word[:place]}{chance.choice(LETTERS)}{word[place + 1 :]}"

    def of_holder(one: Person) -> list[str]:
        return one.holder.split()

    def of_address(one: Person) -> list[str]:
        _region, _town, street, *numbers = one.address.split(", ")
        return [street, *numbers]

    return {
        "account, whole": lambda one: one.number,
        "account, its end": lambda one: one.number[-5:],
        "account, six digits of it": lambda one: one.number[4:10],
        "account, four digits of it": lambda one: one.number[6:10],
        "meter, whole": lambda one: one.serial,
        "meter, six digits of it": lambda one: one.serial[2:8],
        "telephone": lambda one: one.phone,
        "telephone, last seven": lambda one: one.phone[-7:],
        "surname": lambda one: of_holder(one)[0],
        "surname, its beginning": lambda one: of_holder(one)[0][:4],
        "surname, mistyped": lambda one: mistyped(of_holder(one)[0]),
        "surname, other layout": lambda one: other_layout(of_holder(one)[0]),
        "surname and name": lambda one: " ".join(of_holder(one)[:2]),
        "all three names": lambda one: one.holder,
        "surname and street": lambda one: f"{of_holder(one)[0]} {of_address(one)[0]}",
        "street, house, flat": lambda one: " ".join(of_address(one)),
        "the address, whole": lambda one: one.address,
        "street, mistyped, and house": lambda one: (
            f"{mistyped(of_address(one)[0].split()[-1])} {of_address(one)[1]}"
        ),
        "surname and end of account": lambda one: (
            f"{of_holder(one)[0]} {one.number[-5:]}"
        ),
        "what nobody has": lambda one: f"{of_holder(one)[0][::-1]} {one.number[:3]}99",
        "e-mail of nobody": lambda one: f"{one.number}@example.org",
    }


def _row(
    kind: str, texts: Sequence[str], drawn: Sequence[Person], member: Member
) -> str:
    ours, floor, found = [], [], 0
    actor = Actor(member.user_id)
    for text, one in zip(texts, itertools.cycle(drawn), strict=False):
        began = time.perf_counter()
        hits = finding.find_accounts(member, text, actor=actor, now=town.NOW).hits
        ours.append(time.perf_counter() - began)
        found += bool(hits)
        began = time.perf_counter()
        with reading():
            Account.get(Account.number == one.number)
        floor.append(time.perf_counter() - began)
    cells = [
        kind,
        f"{found} of {len(texts)}",
        _ms(median(ours)),
        f"**{_ms(_most(ours))}**",
        _ms(max(ours)),
        f"{_ms(median(floor))}, {_ms(_most(floor))}",
    ]
    return f"| {' | '.join(cells)} |"


def _most(seconds: Sequence[float]) -> float:
    """Return what 95 of 100 stay below."""
    return quantiles(seconds, n=20)[-1]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"


if __name__ == "__main__":
    main()
