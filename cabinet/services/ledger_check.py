"""Proofs of the customers' subledger: what must hold whatever was done to it.

A check is a function without arguments that yields what it found; `CHECKS` is their
list, and other parts of the portal add theirs by giving `check_ledger` a longer one.
Sums are made by the database: an account costs no query. See
docs/adr/0013-subledger-invariants.md for what is proved and what is not yet there.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from cabinet.domain.bookkeeping import EntryKind
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.models.base import database, on_sqlite, reading
from cabinet.models.streaming import stream
from cabinet.models.triggers import found_triggers, trigger_names


@dataclass(frozen=True, slots=True)
class Finding:
    """What does not hold: in which account or row, and what to do about it."""

    invariant: str
    where: str
    what: str
    remedy: str

    @property
    def line(self) -> str:
        """Return the finding as one line, whatever came from files of others."""
        text = f"{self.invariant} {self.where or '-'}: {self.what}; {self.remedy}"
        return "".join(sign if sign.isprintable() else "?" for sign in text)


Check = Callable[[], Iterable[Finding]]

#: Kinds that only ever add to a debt, or only take from it. Penalties and
#: recalculations come with either sign: a billing system takes back what it charged.
NEVER_NEGATIVE = (EntryKind.CHARGE,)
ABOVE_ZERO = (EntryKind.REFUND,)
BELOW_ZERO = (EntryKind.PAYMENT,)
NEVER_POSITIVE = (EntryKind.BENEFIT,)

#: The parts of a bill, the kind of their rows, and the sign they are posted with.
PARTS = (
    ("charged", EntryKind.CHARGE, ""),
    ("recalculated", EntryKind.RECALCULATION, ""),
    ("penalty", EntryKind.PENALTY, ""),
    ("benefit", EntryKind.BENEFIT, "-"),
)


def check_ledger(checks: Iterable[Check] | None = None) -> Iterator[Finding]:
    """Yield all that does not hold, on one snapshot of the database."""
    with reading():
        for check in CHECKS if checks is None else checks:
            yield from check()


def check_gently(check: Check) -> Iterator[Finding]:
    """Yield what one check finds, on a snapshot of its own, while others work.

    A snapshot that is held for all of them would keep SQLite from shortening its journal
    and Postgres from tidying up. One process of Postgres at most works for it, for as
    long as it takes.
    """
    with reading():
        if not on_sqlite():
            database.execute_sql("SET LOCAL max_parallel_workers_per_gather = 0")
            database.execute_sql("SET LOCAL statement_timeout = 0")
        yield from check()


def balances_are_sums() -> Iterator[Finding]:
    """Prove I2: the balance of an account is the sum of its entries."""
    for number, balance, total in stream("""
        SELECT account.number, account.balance, COALESCE(SUM(entry.amount), 0)
        FROM account LEFT JOIN ledger_entry AS entry ON entry.account_id = account.id
        GROUP BY account.id, account.number, account.balance
        HAVING account.balance <> COALESCE(SUM(entry.amount), 0)
        ORDER BY account.number
        """):
        yield Finding(
            "I2",
            number,
            f"the balance is {_roubles(balance)}, its entries come to {_roubles(total)}",
            "find what wrote the one without the other, then set the balance to the sum",
        )


def causes_count_once() -> Iterator[Finding]:
    """Prove I7: a cause has one entry of a kind."""
    for number, kind, cause, count in stream("""
        SELECT MIN(account.number), entry.kind, entry.cause, COUNT(*)
        FROM ledger_entry AS entry JOIN account ON account.id = entry.account_id
        GROUP BY entry.kind, entry.cause HAVING COUNT(*) > 1
        ORDER BY 1, entry.kind, entry.cause
        """):
        yield Finding(
            "I7",
            number,
            f"{kind} of {cause} is posted {count} times",
            "restore the unique index and post a reversal for each entry too many",
        )


def signs_fit_kinds() -> Iterator[Finding]:
    """Prove that an entry adds to the debt or takes from it as its kind says."""
    rows = stream(f"""
        SELECT account.number, entry.id, entry.kind, entry.amount
        FROM ledger_entry AS entry JOIN account ON account.id = entry.account_id
        WHERE (entry.kind IN ({_words(NEVER_NEGATIVE)}) AND entry.amount < 0)
        OR (entry.kind IN ({_words(ABOVE_ZERO)}) AND entry.amount <= 0)
        OR (entry.kind IN ({_words(BELOW_ZERO)}) AND entry.amount >= 0)
        OR (entry.kind IN ({_words(NEVER_POSITIVE)}) AND entry.amount > 0)
        ORDER BY account.number, entry.id
        """)  # noqa: S608 - our own words
    for number, entry_id, kind, amount in rows:
        yield Finding(
            "sign",
            number,
            f"entry {entry_id} of kind {kind} is {_roubles(amount)}",
            "post a reversal and the entry that was meant",
        )


def entries_fit_their_bills() -> Iterator[Finding]:
    """Prove that an entry of a bill stands on the bill's account and in its month."""
    for number, entry_id, bill, other, month, its in stream("""
        SELECT account.number, entry.id, bill.number, owner.number,
               entry.month, bill.month
        FROM ledger_entry AS entry
        JOIN account ON account.id = entry.account_id
        JOIN bill ON bill.id = entry.bill_id
        JOIN account AS owner ON owner.id = bill.account_id
        WHERE entry.account_id <> bill.account_id
        OR entry.month IS NULL OR entry.month <> bill.month
        ORDER BY account.number, entry.id
        """):
        where = f"of account {other}, month {Month.from_code(its)}"
        told = "no month" if month is None else f"month {Month.from_code(month)}"
        yield Finding(
            "bill",
            number,
            f"entry {entry_id} with {told} refers to bill {bill} {where}",
            "post a reversal and the entry with its own bill",
        )


def bills_are_posted() -> Iterator[Finding]:
    """Prove that the entries of a bill come to its parts, each kind to its own."""
    sums = {
        name: f"COALESCE(SUM(CASE WHEN entry.kind = '{kind}' THEN entry.amount END), 0)"
        for name, kind, _ in PARTS
    }
    differ = " OR ".join(
        f"{sums[name]} <> {sign}bill.{name}" for name, _, sign in PARTS
    )
    columns = ", ".join(f"{sign}bill.{name}, {sums[name]}" for name, _, sign in PARTS)
    rows = stream(f"""
        SELECT account.number, bill.number, {columns}
        FROM bill JOIN account ON account.id = bill.account_id
        LEFT JOIN ledger_entry AS entry ON entry.bill_id = bill.id
        GROUP BY bill.id, bill.number, account.number
        HAVING {differ} ORDER BY account.number, bill.number
        """)  # noqa: S608 - our own words
    for number, bill, *pairs in rows:
        for (_, kind, _), said, posted in zip(
            PARTS, pairs[::2], pairs[1::2], strict=True
        ):
            if said != posted:
                yield Finding(
                    "posted",
                    number,
                    f"bill {bill} has {kind} {_roubles(said)}, posted {_roubles(posted)}",
                    "post a correction for the difference",
                )


def bills_are_their_lines() -> Iterator[Finding]:
    """Prove that the lines of a bill that has any come to what it charges."""
    total = (
        "(SELECT SUM(json_extract(line.value, '$.kopecks'))"
        " FROM json_each(bill.lines, '$.lines') AS line)"
        if on_sqlite()
        else "(SELECT SUM((line ->> 'kopecks')::bigint)"
        " FROM jsonb_array_elements(bill.lines::jsonb -> 'lines') AS line)"
    )
    for number, bill, charged, lines in stream(f"""
        SELECT account.number, bill.number, bill.charged, {total}
        FROM bill JOIN account ON account.id = bill.account_id
        WHERE {total} <> bill.charged
        ORDER BY account.number, bill.number
        """):  # noqa: S608 - our own words
        yield Finding(
            "lines",
            number,
            f"bill {bill} charges {_roubles(charged)}, its lines are {_roubles(lines)}",
            "correct it by a recalculation in a later bill",
        )


def triggers_are_there() -> Iterator[Finding]:
    """Prove I8: nothing may change or delete an entry."""
    for name in sorted(trigger_names() - found_triggers()):
        yield Finding(
            "I8",
            "",
            f"trigger {name} is missing or off",
            "create it as the migration does, then look for what was changed meanwhile",
        )


CHECKS: tuple[Check, ...] = (
    triggers_are_there,
    balances_are_sums,
    causes_count_once,
    signs_fit_kinds,
    entries_fit_their_bills,
    bills_are_posted,
    bills_are_their_lines,
)


def _words(kinds: Iterable[EntryKind]) -> str:
    return ", ".join(f"'{kind}'" for kind in kinds)


def _roubles(kopecks: object) -> str:
    """Return kopecks as the database gives them, a Decimal on Postgres, in roubles."""
    return f"{Money(int(str(kopecks))).roubles:f}"
