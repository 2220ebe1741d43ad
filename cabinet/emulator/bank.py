"""What the bank does with a payment, whatever interface it came by."""

import hashlib
import json
import secrets
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cabinet.emulator.book import Book, Deal
from cabinet.emulator.cards import Card, Deed

#: How long a slow card takes, and one that changes its mind.
SLOW = timedelta(seconds=20)
CODE = "123456"

#: The body, its media type and the answer that ends the repeats.
Notice = tuple[str, bytes, str, str]


class TakenError(Exception):
    """The shop has a payment of this number, or the key was used for something else."""


class StateError(Exception):
    """The payment is not in the state it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a shop asks for, in kopecks."""

    provider: str
    shop: str
    number: str
    amount: int
    method: str
    return_url: str
    fail_url: str
    notice_url: str
    lives: timedelta
    is_two_stage: bool = False
    more: dict[str, Any]


class Bank:
    """Keeps the payments; `notices` turns an event into what the provider would send."""

    def __init__(self, book: Book, clock: Callable[[], datetime]) -> None:
        self.book = book
        self.now = clock
        self.notices: dict[str, Callable[[Deal, str], Notice | None]] = {}

    # A shop asks ----------------------------------------------------------------------

    def create(self, wanted: Wanted, *, key: str = "", body: str = "") -> Deal:
        """Return the new payment, or the one the key was used for.

        Raises TakenError when the number, or the key with another body, was used.
        """
        with self.book.writing() as book:
            made = self._known(book, wanted.shop, key, body)
            if made is None:
                made = _id_for(wanted.provider)
                self._put(book, made, wanted)
                if key:
                    _insert(
                        book,
                        "key",
                        shop=wanted.shop,
                        name=key,
                        body=_hash(body),
                        about=made,
                    )
        return self.get(made)

    def get(self, deal_id: str) -> Deal:
        """Return the payment; raises LookupError. What is over time ends first."""
        found = self.book.deal("id = ?", deal_id)
        if found is None:
            raise LookupError(deal_id)
        if found.state == "pending" and found.expires_at <= self.now():
            reason = "expired_on_confirmation"
            return self._decide(found, "canceled", reason=reason, was=("pending",))
        return found

    def by_number(self, provider: str, shop: str, number: str) -> Deal | None:
        """Return the payment by the shop's own number."""
        query = "provider = ? AND shop = ? AND number = ?"
        found = self.book.deal(query, provider, shop, number)
        return found and self.get(found.id)

    def capture(self, deal: Deal) -> Deal:
        """Take the money that is held."""
        if deal.state == "succeeded":
            return deal
        if deal.state != "waiting":
            raise StateError(deal.state)
        return self._decide(deal, "succeeded", was=("waiting",))

    def cancel(self, deal: Deal) -> Deal:
        """Let the money go that is held, or close the page."""
        if deal.state == "canceled":
            return deal
        if deal.state == "succeeded":
            raise StateError(deal.state)
        was = ("waiting", "pending")
        return self._decide(deal, "canceled", reason="canceled_by_merchant", was=was)

    def refund(
        self, deal: Deal, amount: int, *, words: str = "", key: str = "", body: str = ""
    ) -> sqlite3.Row:
        """Give back a part or the whole; raises StateError when there is not so much."""
        with self.book.writing() as book:
            known = self._known(book, deal.shop, key, body)
            if known is None:
                known = str(uuid.uuid4())
                left = book.execute(
                    "UPDATE deal SET refunded = refunded + ? WHERE id = ?"
                    " AND state = 'succeeded' AND refunded + ? <= amount",
                    (amount, deal.id, amount),
                )
                if left.rowcount != 1:
                    raise StateError("refund")
                _insert(
                    book,
                    "refund",
                    id=known,
                    deal=deal.id,
                    amount=amount,
                    words=words,
                    created_at=_text(self.now()),
                )
                if key:
                    _insert(
                        book,
                        "key",
                        shop=deal.shop,
                        name=key,
                        body=_hash(body),
                        about=known,
                    )
                self._tell(book, self.get(deal.id), f"refund:{known}")
        return self.book.rows("SELECT * FROM refund WHERE id = ?", known)[0]

    # A customer acts ------------------------------------------------------------------

    def take_card(self, deal: Deal, card: Card) -> Deal:
        """Do what the card does; on a payment that is decided it changes nothing."""
        with self.book.writing() as book:
            taken = book.execute(
                "UPDATE deal SET deed = ?, step = 'card' WHERE id = ?"
                " AND state = 'pending' AND step = 'page'",
                (card.deed, deal.id),
            )
        if taken.rowcount != 1:
            return self.get(deal.id)
        deal = self.get(deal.id)
        if card.deed in {Deed.ASKS_CODE, Deed.CODE_FAILS}:
            return self._step(deal, "code")
        if card.deed is Deed.REFUSED:
            return self.refuse(deal, card.reason)
        if card.deed is Deed.SLOW:
            self._later(deal)
            return deal
        if card.deed is Deed.LATE:
            self._later(deal)
            return self.refuse(deal, "general_decline")
        return self.succeed(deal)

    def take_code(self, deal: Deal, code: str) -> Deal:
        """Take the code of 3-D Secure; a wrong one, or a card that fails, ends it."""
        if deal.state != "pending" or deal.step != "code":
            return deal
        if deal.deed == Deed.CODE_FAILS or code != CODE:
            return self.refuse(deal, "3d_secure_failed")
        return self.succeed(deal)

    def leave(self, deal: Deal) -> Deal:
        """Take the customer's wish not to pay."""
        return self.refuse(deal, "permission_revoked")

    def succeed(self, deal: Deal) -> Deal:
        """Take the money, or hold it in two stages, from a page that is open or closed."""
        after = "waiting" if deal.is_two_stage else "succeeded"
        return self._decide(deal, after, was=("pending", "canceled"))

    def refuse(self, deal: Deal, reason: str) -> Deal:
        """End the payment without money."""
        return self._decide(deal, "canceled", reason=reason, was=("pending",))

    # Time passes ----------------------------------------------------------------------

    def do_due(self) -> int:
        """Do what was put off until now; returns how much it was."""
        due = self.book.rows(
            "SELECT * FROM act WHERE due_at <= ? ORDER BY due_at", _text(self.now())
        )
        for row in due:
            with self.book.writing() as book:
                book.execute("DELETE FROM act WHERE id = ?", (row["id"],))
            self.succeed(self.get(row["deal"]))
        return len(due)

    def _put(self, book: sqlite3.Connection, made: str, wanted: Wanted) -> None:
        now = self.now()
        try:
            _insert(
                book,
                "deal",
                id=made,
                provider=wanted.provider,
                shop=wanted.shop,
                number=wanted.number,
                amount=wanted.amount,
                state="pending",
                is_two_stage=int(wanted.is_two_stage),
                method=wanted.method,
                return_url=wanted.return_url,
                fail_url=wanted.fail_url,
                notice_url=wanted.notice_url,
                more=json.dumps(wanted.more, ensure_ascii=False),
                created_at=_text(now),
                expires_at=_text(now + wanted.lives),
            )
        except sqlite3.IntegrityError as error:
            raise TakenError(wanted.number) from error

    def _later(self, deal: Deal) -> None:
        with self.book.writing() as book:
            _insert(book, "act", deal=deal.id, due_at=_text(self.now() + SLOW))

    def _step(self, deal: Deal, step: str) -> Deal:
        with self.book.writing() as book:
            book.execute("UPDATE deal SET step = ? WHERE id = ?", (step, deal.id))
        return self.get(deal.id)

    def _decide(
        self, deal: Deal, state: str, *, was: tuple[str, ...], reason: str = ""
    ) -> Deal:
        paid_at = _text(self.now()) if state == "succeeded" else None
        marks = ", ".join("?" for _ in was)
        with self.book.writing() as book:
            changed = book.execute(
                "UPDATE deal SET state = ?, reason = ?, step = 'done', paid_at = ?"
                f" WHERE id = ? AND state IN ({marks})",
                (state, reason, paid_at, deal.id, *was),
            )
            found = self.book.deal("id = ?", deal.id)
            if found is None:
                raise LookupError(deal.id)
            if changed.rowcount == 1:
                self._tell(book, found, state)
        return found

    def _tell(self, book: sqlite3.Connection, deal: Deal, event: str) -> None:
        """Put the notices of an event into the queue, in the change that made it."""
        kinds = self._notice_faults(book, deal)
        if (
            deal.deed == Deed.TELLS_NOTHING
            or "no-notice" in kinds
            or not deal.notice_url
        ):
            return
        events = [event]
        if deal.provider == "tbank" and event == "succeeded":
            events = ["authorized", "succeeded"]
        if deal.deed == Deed.TELLS_BACKWARDS or "reordered-notice" in kinds:
            events = ["pending", *events][::-1]
        times = (
            10
            if deal.deed == Deed.TELLS_TEN_TIMES or "duplicate-notice" in kinds
            else 1
        )
        due_at = self.now() + timedelta(seconds=30 if "late-notice" in kinds else 0)
        for name in events * times:
            made = self.notices[deal.provider](deal, name)
            if made is None:
                continue
            url, body, media_type, answer = made
            _insert(
                book,
                "notice",
                deal=deal.id,
                event=name,
                url=url,
                body=body,
                media_type=media_type,
                answer=answer,
                due_at=_text(due_at),
            )

    def tell_now(self, deal: Deal) -> None:
        """Send a notice though nothing has changed."""
        with self.book.writing() as book:
            self._tell(book, deal, deal.state)

    def _notice_faults(self, book: sqlite3.Connection, deal: Deal) -> set[str]:
        query = "SELECT * FROM fault WHERE call = 'notice' AND times > 0 AND provider IN (?, '')"
        rows = book.execute(query, (deal.provider,)).fetchall()
        for row in rows:
            book.execute(
                "UPDATE fault SET times = times - 1 WHERE id = ?", (row["id"],)
            )
        return {row["kind"] for row in rows}

    def _known(
        self, book: sqlite3.Connection, shop: str, key: str, body: str
    ) -> str | None:
        query = "SELECT * FROM key WHERE shop = ? AND name = ?"
        row = key and book.execute(query, (shop, key)).fetchone()
        if not row:
            return None
        if row["body"] != _hash(body):
            raise TakenError(key)
        return str(row["about"])


def _insert(book: sqlite3.Connection, table: str, **values: object) -> None:
    names, marks = ", ".join(values), ", ".join("?" for _ in values)
    # Names of our own columns, bound values.
    book.execute(
        f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values())
    )  # noqa: S608


def _id_for(provider: str) -> str:
    """Return an id of the shape the provider's ids have."""
    if provider == "tbank":
        return str(10**9 + secrets.randbelow(10**12))
    return str(uuid.uuid4())


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _hash(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()
