"""What the bank does with a payment, whatever interface it came by."""

import hashlib
import json
import secrets
import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cabinet.emulator.book import Book, Deal, insert, text_of
from cabinet.emulator.cards import Card, Deed
from cabinet.emulator.notices import Notices

#: How long a slow card takes, and one that changes its mind.
SLOW = timedelta(seconds=20)

#: How long an idempotency key is remembered, and a sum is held.
KEY_LIVES = timedelta(hours=24)
HOLD_LIVES = timedelta(days=7)

CODE = "123456"
MOST_TRIES = 3

OVER = "expired_on_confirmation"


class TakenError(Exception):
    """The shop has a payment of this number, or the key was used for something else."""


class StateError(Exception):
    """The payment is not in the state, or has not the money, that the call takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a shop asks for, in kopecks; an empty `notice_url` is the shop's setting."""

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
    """Keeps the payments; what is to be told of them goes through `notices`."""

    def __init__(self, book: Book, clock: Callable[[], datetime]) -> None:
        self.book = book
        self.now = clock
        self.notices = Notices(book, clock)

    # A shop asks ----------------------------------------------------------------------

    def once(
        self, shop: str, key: str, body: str, act: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        """Do what the key stands for, or return the answer it got within 24 hours.

        Raises TakenError when the key was used with another body. What raises in `act`
        is not remembered.
        """
        now, digest = self.now(), hashlib.sha256(body.encode()).hexdigest()
        with self.book.writing() as book:
            book.execute(
                "DELETE FROM key WHERE shop = ? AND name = ? AND created_at <= ?",
                (shop, key, text_of(now - KEY_LIVES)),
            )
            known = book.execute(
                "SELECT body, answer FROM key WHERE shop = ? AND name = ?", (shop, key)
            ).fetchone()
            if known is not None:
                if known["body"] != digest:
                    raise TakenError(key)
                return dict(json.loads(known["answer"]))
            answer = act()
            insert(
                book,
                "key",
                shop=shop,
                name=key,
                body=digest,
                answer=json.dumps(answer),
                created_at=text_of(now),
            )
        return answer

    def create(self, wanted: Wanted) -> Deal:
        """Return the new payment; raises TakenError when its number was used."""
        made, now = _id_for(wanted.provider), self.now()
        with self.book.writing() as book:
            try:
                insert(
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
                    notice_url=wanted.notice_url
                    or self.notices.address(wanted.shop, wanted.return_url),
                    more=json.dumps(wanted.more, ensure_ascii=False),
                    created_at=text_of(now),
                    expires_at=text_of(now + wanted.lives),
                )
            except sqlite3.IntegrityError as error:
                raise TakenError(wanted.number) from error
            insert(book, "event", deal=made, name="created", at=text_of(now))
        return self.get(made)

    def get(self, deal_id: str) -> Deal:
        """Return the payment; raises LookupError. What is over time ends first."""
        found = self.book.deal("id = ?", deal_id)
        if found is None:
            raise LookupError(deal_id)
        if found.state in {"pending", "waiting"} and found.expires_at <= self.now():
            reason = OVER if found.state == "pending" else "expired_on_capture"
            return self._decide(
                found, "canceled", reason=reason, was=(found.state,), event="expired"
            )
        return found

    def of_shop(self, provider: str, shop: str, deal_id: str) -> Deal | None:
        """Return the shop's own payment."""
        try:
            found = self.get(deal_id)
        except LookupError:
            return None
        return found if (found.provider, found.shop) == (provider, shop) else None

    def of_number(self, provider: str, shop: str, number: str) -> list[Deal]:
        """Return the payments by the shop's own number, the first one first."""
        query = "provider = ? AND shop = ? AND number = ? ORDER BY created_at, id"
        return [
            self.get(one.id) for one in self.book.deals(query, provider, shop, number)
        ]

    def capture(self, deal: Deal, amount: int | None = None) -> Deal:
        """Take what is held, or a part of it; raises StateError."""
        held = deal.amount - deal.released
        taken = held if amount is None else amount
        if deal.state != "waiting" or not 0 < taken <= held:
            raise StateError(deal.state)
        return self._decide(deal, "succeeded", was=("waiting",), captured=taken)

    def cancel(self, deal: Deal) -> Deal:
        """Let go what is held, or close the page; raises StateError."""
        if deal.state not in {"waiting", "pending"}:
            raise StateError(deal.state)
        after = self._decide(
            deal, "canceled", reason="canceled_by_merchant", was=("waiting", "pending")
        )
        if after.state != "canceled":
            raise StateError(after.state)
        return after

    def release(self, deal: Deal, amount: int) -> Deal:
        """Let go a part of what is held; raises StateError."""
        with self.book.writing() as book:
            done = book.execute(
                "UPDATE deal SET released = released + ? WHERE id = ?"
                " AND state = 'waiting' AND released + ? < amount",
                (amount, deal.id, amount),
            )
            if done.rowcount != 1:
                raise StateError("release")
            after = self.get(deal.id)
            self.notices.tell(book, after, "released")
        return after

    def refund(
        self, deal: Deal, amount: int, *, words: str = "", request: str | None = None
    ) -> sqlite3.Row:
        """Give back a part or the whole; raises StateError when there is not so much.

        The same `request` of one payment is one refund; TakenError with another sum.
        """
        with self.book.writing() as book:
            if request is not None:
                known = book.execute(
                    "SELECT * FROM refund WHERE deal = ? AND request = ?",
                    (deal.id, request),
                ).fetchone()
                if known is not None:
                    if known["amount"] != amount:
                        raise TakenError(request)
                    return known  # type: ignore[no-any-return]
            left = book.execute(
                "UPDATE deal SET refunded = refunded + ? WHERE id = ?"
                " AND state = 'succeeded' AND refunded + ? <= captured",
                (amount, deal.id, amount),
            )
            if left.rowcount != 1:
                raise StateError("refund")
            made, now = str(uuid.uuid4()), text_of(self.now())
            insert(
                book,
                "refund",
                id=made,
                deal=deal.id,
                amount=amount,
                words=words,
                request=request,
                created_at=now,
            )
            insert(book, "event", deal=deal.id, name=f"refund:{made}", at=now)
            self.notices.tell(book, self.get(deal.id), f"refund:{made}")
        return self.book.rows("SELECT * FROM refund WHERE id = ?", made)[0]

    # A customer acts ------------------------------------------------------------------

    def show(self, deal: Deal) -> None:
        """Note that the page was opened."""
        if not deal.is_shown:
            with self.book.writing() as book:
                book.execute("UPDATE deal SET is_shown = 1 WHERE id = ?", (deal.id,))

    def take_card(self, deal: Deal, card: Card) -> Deal:
        """Do what the card does; on a payment that has a card already, nothing."""
        with self.book.writing() as book:
            taken = book.execute(
                "UPDATE deal SET deed = ?, card = ?, step = ? WHERE id = ?"
                " AND state = 'pending' AND step = 'page'",
                (card.deed, card.masked, "code" if card.asks else "card", deal.id),
            )
            deal = self.get(deal.id)
            if taken.rowcount != 1 or card.asks:
                return deal
            if card.deed is Deed.REFUSED:
                return self.refuse(deal, card.reason)
            if card.deed is Deed.SLOW:
                self._later(deal, SLOW)
                return deal
            if card.deed is Deed.LATE:
                self._later(deal, SLOW)
                return self.refuse(deal, "general_decline")
            if card.deed is Deed.TELLS_FIRST:
                self.notices.plant_first(deal.provider)
            return self.succeed(deal)

    def take_code(self, deal: Deal, code: str) -> Deal:
        """Take the code of 3-D Secure; the third wrong one ends the payment."""
        if deal.state != "pending" or deal.step != "code":
            return deal
        if code == CODE and deal.deed != Deed.CODE_FAILS:
            return self.succeed(deal)
        with self.book.writing() as book:
            book.execute("UPDATE deal SET tries = tries + 1 WHERE id = ?", (deal.id,))
            deal = self.get(deal.id)
            if deal.deed == Deed.CODE_FAILS or deal.tries >= MOST_TRIES:
                return self.refuse(deal, "3d_secure_failed")
        return deal

    def leave(self, deal: Deal) -> Deal:
        """Take the customer's wish not to pay: nobody confirms the payment any more."""
        return self.refuse(deal, OVER)

    def succeed(self, deal: Deal) -> Deal:
        """Take the money, or hold it in two stages, from a page that is open or closed."""
        after = "waiting" if deal.is_two_stage else "succeeded"
        taken = 0 if deal.is_two_stage else deal.amount
        return self._decide(deal, after, was=("pending", "canceled"), captured=taken)

    def refuse(self, deal: Deal, reason: str) -> Deal:
        """End the payment without money; a planted fault lets it succeed later."""
        with self.book.writing() as book:
            after = self._decide(deal, "canceled", reason=reason, was=("pending",))
            fault = self.notices.take(book, deal.provider, ("success-after-cancel",))
            for one in fault:
                self._later(after, timedelta(seconds=one["seconds"]))
        return after

    # Time passes ----------------------------------------------------------------------

    def do_due(self) -> int:
        """Do what was put off until now; returns how much it was."""
        now = text_of(self.now())
        due = self.book.rows("SELECT * FROM act WHERE due_at <= ? ORDER BY due_at", now)
        for row in due:
            with self.book.writing() as book:
                book.execute("DELETE FROM act WHERE id = ?", (row["id"],))
                self.succeed(self.get(row["deal"]))
        over = self.book.rows(
            "SELECT id FROM deal WHERE state IN ('pending', 'waiting')"
            " AND expires_at <= ? LIMIT 50",
            now,
        )
        for row in over:
            self.get(row["id"])
        return len(due) + len(over)

    def _later(self, deal: Deal, after: timedelta) -> None:
        with self.book.writing() as book:
            insert(book, "act", deal=deal.id, due_at=text_of(self.now() + after))

    def _decide(
        self,
        deal: Deal,
        state: str,
        *,
        was: tuple[str, ...],
        reason: str = "",
        captured: int = 0,
        event: str = "",
    ) -> Deal:
        now = self.now()
        moments = {
            "waiting": {"held_at": now, "expires_at": now + HOLD_LIVES},
            "succeeded": {"paid_at": now},
        }.get(state, {})
        marks = ", ".join("?" for _ in was)
        sets = "".join(f", {name} = ?" for name in moments)
        with self.book.writing() as book:
            changed = book.execute(
                "UPDATE deal SET state = ?, reason = ?, step = 'done', captured = ?"  # noqa: S608 - marks and our own names
                f"{sets} WHERE id = ? AND state IN ({marks})",
                (
                    state,
                    reason,
                    captured,
                    *map(text_of, moments.values()),
                    deal.id,
                    *was,
                ),
            )
            found = self.book.deal("id = ?", deal.id)
            if found is None:
                raise LookupError(deal.id)
            if changed.rowcount == 1:
                insert(book, "event", deal=deal.id, name=state, at=text_of(now))
                self.notices.tell(book, found, event or state)
        return found


def as_it_was(deal: Deal, state: str) -> Deal:
    """Return the payment as it stood before: what an older notice would tell."""
    return replace(deal, state=state, captured=0, refunded=0, paid_at=None)


def _id_for(provider: str) -> str:
    """Return an id of the shape the provider's ids have."""
    if provider == "tbank":
        return str(10**9 + secrets.randbelow(10**12))
    return str(uuid.uuid4())
