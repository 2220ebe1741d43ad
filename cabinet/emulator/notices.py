"""What the bank tells the shops, written down in the change that is told of."""

import random
import re
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta

from cabinet.emulator.book import Book, Deal, insert, text_of
from cabinet.emulator.cards import Deed

#: The address, the body, its media type and the answer that ends the repeats.
Notice = tuple[str, bytes, str, str]

TIMES = 10

#: Between notices whose order matters, so that they do not overtake each other.
APART = timedelta(seconds=0.4)

KINDS = ("duplicate-notice", "reordered-notice", "no-notice", "late-notice")

#: What came before an event, in the order a provider would tell it.
BEFORE = {"succeeded": "waiting"}


class Notices:
    """Puts notices into the queue; `make` of a provider turns an event into one."""

    def __init__(self, book: Book, clock: Callable[[], datetime]) -> None:
        self._book = book
        self._now = clock
        self.make: dict[str, Callable[[Deal, str], Notice | None]] = {}
        #: Providers that tell of a hold though the money is taken at once.
        self.tells_hold: set[str] = set()

    def address(self, shop: str, return_url: str) -> str:
        """Return where the shop's notices go: its setting, or the portal that asked."""
        known = self._book.rows("SELECT notice_url FROM setting WHERE shop = ?", shop)
        if known and known[0]["notice_url"]:
            return str(known[0]["notice_url"])
        origin = re.match(r"https?://[^/?#]+", return_url)
        return f"{origin[0]}/webhooks/{shop}" if origin else ""

    def set_address(self, shop: str, notice_url: str) -> None:
        """Change the shop's setting."""
        with self._book.writing() as book:
            book.execute(
                "INSERT INTO setting (shop, notice_url) VALUES (?, ?) ON CONFLICT (shop)"
                " DO UPDATE SET notice_url = excluded.notice_url",
                (shop, notice_url),
            )

    def tell(self, book: sqlite3.Connection, deal: Deal, event: str) -> None:
        """Queue the notices of an event; cards and planted faults spoil them."""
        faults = {row["kind"]: row for row in self.take(book, deal.provider, KINDS)}
        if deal.deed == Deed.TELLS_NOTHING or "no-notice" in faults:
            return
        events = [event]
        is_backwards = deal.deed == Deed.TELLS_BACKWARDS or "reordered-notice" in faults
        if event in BEFORE and not deal.is_two_stage:
            if deal.provider in self.tells_hold:
                # The order of the two is not promised: half of them come the other way.
                events = [BEFORE[event], event]
                if is_backwards or random.Random(deal.id).random() < 1 / 2:  # noqa: S311 - no secret
                    events.reverse()
            elif is_backwards:
                events = [event, BEFORE[event]]
        is_many = deal.deed == Deed.TELLS_TEN_TIMES or "duplicate-notice" in faults
        wait = timedelta(0)
        if "late-notice" in faults:
            wait = timedelta(seconds=faults["late-notice"]["seconds"])
        for place, name in enumerate(events):
            for _ in range(TIMES if is_many else 1):
                self._put(book, deal, name, self._now() + wait + APART * place)

    def take(
        self, book: sqlite3.Connection, provider: str, kinds: tuple[str, ...]
    ) -> list[sqlite3.Row]:
        """Use up the planted faults of these kinds, one of each, and return them."""
        taken = []
        for kind in kinds:
            row = book.execute(
                "SELECT * FROM fault WHERE times > 0 AND kind = ?"
                " AND provider IN (?, '') ORDER BY id LIMIT 1",
                (kind, provider),
            ).fetchone()
            if row is not None:
                book.execute(
                    "UPDATE fault SET times = times - 1, used = used + 1 WHERE id = ?",
                    (row["id"],),
                )
                taken.append(row)
        return taken

    def plant_first(self, provider: str) -> None:
        """Let the provider's next payment be told of before its call is answered."""
        with self._book.writing() as book:
            insert(
                book,
                "fault",
                provider=provider,
                call="start",
                kind="notice-first",
                times=1,
            )

    def _put(
        self, book: sqlite3.Connection, deal: Deal, event: str, due_at: datetime
    ) -> None:
        made = self.make[deal.provider](deal, event)
        if made is None or not made[0]:
            return
        url, body, media_type, answer = made
        insert(
            book,
            "notice",
            deal=deal.id,
            event=event,
            url=url,
            body=body,
            media_type=media_type,
            answer=answer,
            due_at=text_of(due_at),
        )
