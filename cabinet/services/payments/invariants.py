"""What must hold of card payments whatever broke on the way, each asked of the database.

Each has a number to be named by: I3 and I4 say that money is posted once and only
when it has come, I5 how much, I6 what went back, I7 what is unique, I9 how a payment
came to its state, I10 that nothing is forgotten in doubt, I11 that every notice is used,
I12 that receipts have no gaps. A check reads; it never mends.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from cabinet.domain.payments.states import MOVES, PaymentEvent, PaymentState
from cabinet.models.base import database
from cabinet.services.ledger_check import Check, Finding
from cabinet.services.payments.findings import ask, found, naive, odd

DOUBT_LASTS = timedelta(hours=24)
#: The longest pause between two questions is ten minutes.
SILENCE_LASTS = timedelta(minutes=15)

#: What counts once is kept so by the database, not by code: table and columns.
UNIQUE = (
    ("ledger_entry", ("kind", "cause")),
    ("notice", ("shop", "provider_id", "event", "body_hash")),
    ("payment", ("nonce",)),
    ("payment", ("public_id",)),
    ("payment", ("same_key",)),
    ("payment", ("shop", "provider_id")),
    ("payment_attempt", ("key",)),
    ("payment_attempt", ("number",)),
    ("payment_receipt", ("payment_id",)),
    ("payment_receipt", ("year", "number")),
    ("payment_share", ("payment_id", "account_id")),
    ("payment_step", ("payment_id", "number")),
    ("receipt_series", ("year",)),
    ("refund", ("key",)),
    ("refund", ("nonce",)),
    ("refund", ("public_id",)),
)


def checks(now: datetime) -> tuple[Check, ...]:
    """Return the checks of card payments, to be run one after the other."""
    return (
        posted_once,
        posted_only_when_paid,
        posted_as_told,
        refunds_posted,
        refunds_within,
        losses_posted,
        unique_by_constraint,
        steps_connected,
        steps_legal,
        partial(nothing_forgotten, now),
        notices_used,
        receipts_of_paid,
        receipts_without_gaps,
    )


def posted_once() -> Iterator[Finding]:
    """I3: what has come is posted exactly once on each share."""
    rows = ask(
        """
        SELECT p.public_id, s.account_id, COUNT(e.id)
        FROM payment p
        LEFT JOIN payment_share s ON s.payment_id = p.id
        LEFT JOIN ledger_entry e
            ON e.kind = 'payment' AND e.cause = {payment cause}
        WHERE p.state IN ({paid})
        GROUP BY p.public_id, s.account_id HAVING COUNT(e.id) <> 1
        """
    )
    for public_id, account, count in rows:
        yield found(
            "I3", "payment", public_id, f"account {account} has {count} entries"
        )


def posted_only_when_paid() -> Iterator[Finding]:
    """I4: what has not come is not posted, and nothing is posted of no payment."""
    rows = ask(
        """
        SELECT e.id, p.public_id, p.state
        FROM ledger_entry e
        LEFT JOIN (payment p JOIN payment_share s ON s.payment_id = p.id)
            ON e.cause = {payment cause}
            AND e.account_id = s.account_id
        WHERE e.kind = 'payment' AND SUBSTR(e.cause, 1, 8) = 'payment:'
            AND (p.id IS NULL OR p.state NOT IN ({paid}))
        """
    )
    for entry, public_id, state in rows:
        told = "of no share" if public_id is None else f"of a payment that is {state}"
        yield odd("I4", f"entry:{entry}", f"posted {told}")


def posted_as_told() -> Iterator[Finding]:
    """I5: an entry is its share with the sign turned, and shares are the payment."""
    rows = ask(
        """
        SELECT p.public_id, s.amount, e.amount
        FROM payment p
        JOIN payment_share s ON s.payment_id = p.id
        JOIN ledger_entry e
            ON e.kind = 'payment' AND e.cause = {payment cause}
        WHERE e.amount <> -s.amount
        """
    )
    for public_id, share, entry in rows:
        words = f"share of {share} kopecks posted as {entry}"
        yield found("I5", "payment", public_id, words)
    rows = ask(
        """
        SELECT p.public_id, p.amount, COALESCE(SUM(s.amount), 0)
        FROM payment p LEFT JOIN payment_share s ON s.payment_id = p.id
        GROUP BY p.public_id, p.amount HAVING COALESCE(SUM(s.amount), 0) <> p.amount
        """
    )
    for public_id, amount, shares in rows:
        words = f"{amount} kopecks in shares of {shares}"
        yield found("I5", "payment", public_id, words)


def refunds_posted() -> Iterator[Finding]:
    """I6: a refund that was made is posted once as it is, another is not."""
    rows = ask(
        """
        SELECT r.public_id, r.state, COUNT(e.id)
        FROM refund r
        LEFT JOIN ledger_entry e
            ON e.kind = 'refund' AND e.cause = {refund cause}
            AND e.amount = r.amount AND e.account_id = r.account_id
        GROUP BY r.public_id, r.state
        HAVING COUNT(e.id) <> CASE WHEN r.state = 'succeeded' THEN 1 ELSE 0 END
        """
    )
    for public_id, state, count in rows:
        yield found("I6", "refund", public_id, f"is {state} and has {count} entries")
    rows = ask(
        """
        SELECT e.id FROM ledger_entry e
        LEFT JOIN refund r ON e.cause = {refund cause}
        WHERE e.kind = 'refund' AND SUBSTR(e.cause, 1, 7) = 'refund:' AND r.id IS NULL
        """
    )
    for (entry,) in rows:
        yield odd("I6", f"entry:{entry}", "posted of no refund")


def refunds_within() -> Iterator[Finding]:
    """I6: never more than a share goes back, and the state tells how much has."""
    rows = ask(
        """
        SELECT p.public_id, r.account_id, SUM(r.amount), COALESCE(MAX(s.amount), 0)
        FROM refund r
        JOIN payment p ON p.id = r.payment_id
        LEFT JOIN payment_share s
            ON s.payment_id = r.payment_id AND s.account_id = r.account_id
        WHERE r.state IN ({taken})
        GROUP BY p.public_id, r.account_id
        HAVING SUM(r.amount) > COALESCE(MAX(s.amount), 0)
        """
    )
    for public_id, account, back, share in rows:
        words = f"{back} of {share} kopecks go back to account {account}"
        yield found("I6", "payment", public_id, words)
    rows = ask(
        """
        SELECT p.public_id, p.state, p.amount, b.back
        FROM (
            SELECT p.id, COALESCE(SUM(r.amount), 0) AS back
            FROM payment p
            LEFT JOIN refund r ON r.payment_id = p.id AND r.state = 'succeeded'
            GROUP BY p.id
        ) b JOIN payment p ON p.id = b.id
        WHERE (p.state = 'refunded' AND b.back <> p.amount)
            OR (p.state = 'partially_refunded'
                AND (b.back <= 0 OR b.back >= p.amount))
            OR (p.state NOT IN
                    ('refunded', 'partially_refunded', 'disputed', 'charged_back')
                AND b.back <> 0)
        """
    )
    for public_id, state, amount, back in rows:
        words = f"is {state} and {back} of {amount} kopecks went back"
        yield found("I6", "payment", public_id, words)


def losses_posted() -> Iterator[Finding]:
    """I6: of a lost dispute all that had not gone back is posted, of another nothing."""
    rows = ask(
        """
        SELECT t.public_id, t.state, t.expected, t.posted
        FROM (
            SELECT p.public_id, p.state, s.account_id,
                CASE WHEN p.state = 'charged_back'
                    THEN s.amount - COALESCE((
                        SELECT SUM(r.amount) FROM refund r
                        WHERE r.payment_id = p.id AND r.account_id = s.account_id
                            AND r.state = 'succeeded'), 0)
                    ELSE 0 END AS expected,
                COALESCE((
                    SELECT SUM(e.amount) FROM ledger_entry e
                    WHERE e.kind = 'refund' AND e.account_id = s.account_id
                        AND e.cause = {chargeback cause}), 0)
                    AS posted
            FROM payment p JOIN payment_share s ON s.payment_id = p.id
        ) t
        WHERE t.expected <> t.posted
        """
    )
    for public_id, state, expected, posted in rows:
        words = f"is {state}: {posted} kopecks posted as lost, not {expected}"
        yield found("I6", "payment", public_id, words)


def unique_by_constraint() -> Iterator[Finding]:
    """I7: the database itself refuses what may be there once."""
    for table in sorted({name for name, _columns in UNIQUE}):
        kept = {
            tuple(index.columns)
            for index in database.get_indexes(table)
            if index.unique
        }
        for name, columns in UNIQUE:
            if name == table and columns not in kept:
                told = ", ".join(columns)
                words = f"no unique index of {told}"
                yield odd("I7", f"table:{table}", words)


def steps_connected() -> Iterator[Finding]:
    """I9: steps are numbered without a gap, join, and end in the payment's state."""
    rows = ask(
        """
        SELECT p.public_id, t.number, t.before, t.came_from
        FROM (
            SELECT payment_id, number, before,
                COALESCE(LAG(after) OVER w, 'created') AS came_from,
                ROW_NUMBER() OVER w AS place
            FROM payment_step
            WINDOW w AS (PARTITION BY payment_id ORDER BY number)
        ) t JOIN payment p ON p.id = t.payment_id
        WHERE t.before <> t.came_from OR t.number <> t.place
        """
    )
    for public_id, number, before, came_from in rows:
        words = f"step {number} begins in {before} after {came_from}"
        yield found("I9", "payment", public_id, words)
    rows = ask(
        """
        SELECT p.public_id, p.state, p.version, COUNT(s.id),
            COALESCE(MAX(l.after), 'created')
        FROM payment p
        LEFT JOIN payment_step s ON s.payment_id = p.id
        LEFT JOIN payment_step l ON l.payment_id = p.id AND l.number = p.version
        GROUP BY p.public_id, p.state, p.version
        HAVING COUNT(s.id) <> p.version OR COALESCE(MAX(l.after), 'created') <> p.state
        """
    )
    for public_id, state, version, count, after in rows:
        words = (
            f"is {state} (version {version}) after {count} steps that end in {after}"
        )
        yield found("I9", "payment", public_id, words)


def steps_legal() -> Iterator[Finding]:
    """I9: every step is a move of the table of states, taken as the table says."""
    rows = ask(
        """
        SELECT event, before, after, effect, MIN(payment_id)
        FROM payment_step GROUP BY event, before, after, effect
        """
    )
    for event, before, after, effect, payment in rows:
        move = MOVES[PaymentState(before), PaymentEvent(event)]
        if move is None or (move.after, move.effect) != (after, effect):
            words = f"{event} took {before} to {after} as {effect}"
            yield odd("I9", f"payment:{payment}", words)


def nothing_forgotten(now: datetime) -> Iterator[Finding]:
    """I10: nothing stays in doubt for a day, and whatever is open is asked about."""
    rows = ask(
        """
        SELECT public_id, state, created_at FROM payment
        WHERE state IN ({doubt}) AND NOT is_suspicious AND created_at < {moment}
        """,
        naive(now - DOUBT_LASTS),
    )
    for public_id, state, since in rows:
        yield found("I10", "payment", public_id, f"is {state} since {since}")
    rows = ask(
        """
        SELECT public_id, state FROM payment
        WHERE state IN ({asked}) AND NOT is_suspicious
            AND (ask_at IS NULL OR ask_at < {moment})
        """,
        naive(now - SILENCE_LASTS),
    )
    for public_id, state in rows:
        yield found("I10", "payment", public_id, f"is {state} and is not asked about")
    rows = ask(
        """
        SELECT public_id, state FROM refund
        WHERE state IN ('approved', 'submitting', 'in_doubt', 'pending')
            AND (ask_at IS NULL OR ask_at < {moment})
        """,
        naive(now - SILENCE_LASTS),
    )
    for public_id, state in rows:
        yield found("I10", "refund", public_id, f"is {state} and is not asked about")


def notices_used() -> Iterator[Finding]:
    """I11: a notice waits for its turn or has an outcome, and a step if it made one."""
    rows = ask("SELECT id FROM notice WHERE next_at IS NULL AND outcome = ''")
    for (notice,) in rows:
        words = "neither used nor waiting"
        yield odd("I11", f"notice:{notice}", words)
    rows = ask(
        """
        SELECT n.id, n.outcome FROM notice n
        WHERE n.outcome IN ('step', 'forced', 'alarm') AND NOT EXISTS
            (SELECT 1 FROM payment_step s WHERE s.notice_id = n.id)
        """
    )
    for notice, outcome in rows:
        words = f"told to be a {outcome}, and no step names it"
        yield odd("I11", f"notice:{notice}", words)


def receipts_of_paid() -> Iterator[Finding]:
    """I12: what has come has a receipt, and nothing else has."""
    rows = ask(
        """
        SELECT p.public_id, p.state, COUNT(r.id)
        FROM payment p LEFT JOIN payment_receipt r ON r.payment_id = p.id
        GROUP BY p.public_id, p.state
        HAVING COUNT(r.id) <> CASE WHEN p.state IN ({paid}) THEN 1 ELSE 0 END
        """
    )
    for public_id, state, count in rows:
        yield found("I12", "payment", public_id, f"is {state} and has {count} receipts")


def receipts_without_gaps() -> Iterator[Finding]:
    """I12: receipts of a year are numbered from one without a gap."""
    rows = ask(
        """
        SELECT r.year, COUNT(*), MIN(r.number), MAX(r.number), COALESCE(MAX(s.last), 0)
        FROM payment_receipt r LEFT JOIN receipt_series s ON s.year = r.year
        GROUP BY r.year
        HAVING MIN(r.number) <> 1 OR COUNT(*) <> MAX(r.number)
            OR MAX(r.number) <> COALESCE(MAX(s.last), 0)
        """
    )
    for year, count, least, most, last in rows:
        words = f"{count} receipts from {least} to {most}, the series is at {last}"
        yield odd("I12", f"year:{year}", words)
