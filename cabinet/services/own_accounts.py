"""The accounts of a cabinet as their user keeps them: names, order, unlinking."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from cabinet.models import AccountAccess
from cabinet.models.base import reading, writing
from cabinet.services import audit, delegation, granting
from cabinet.services.access import (
    AccountCard,
    AccountNotFoundError,
    accounts_of,
    get_by_slug,
)
from cabinet.services.audit import Actor

MAX_LABEL = 40


class LabelTooLongError(ValueError):
    """A name has forty characters at most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unlinking:
    """What unlinking an account does: `delegates` lose it too, `is_last` is the only one."""

    account: AccountCard
    delegates: int
    is_last: bool


def clean_label(text: str) -> str:
    """Return the name without line breaks and characters that cannot be seen."""
    words = unicodedata.normalize("NFC", text).split()
    return " ".join(
        kept
        for word in words
        if (kept := "".join(c for c in word if unicodedata.category(c)[0] != "C"))
    )


def rename(user_id: int, slug: str, text: str, *, actor: Actor, now: datetime) -> None:
    """Give an account the user's own name, none by an empty one.

    Its `slug` stays. Raises AccountNotFoundError, LabelTooLongError.
    """
    label = clean_label(text)
    if len(label) > MAX_LABEL:
        raise LabelTooLongError(len(label))
    with writing():
        card = get_by_slug(user_id, slug, now=now)
        row = granting.lock_access(user_id, card.account_id)
        if row.label == label:
            return
        AccountAccess.update(label=label).where(AccountAccess.id == row.id).execute()
        audit.record(
            actor,
            "access.renamed",
            now=now,
            subject=f"access:{row.id}",
            account_id=card.account_id,
        )


def move(user_id: int, slug: str, place: int, *, actor: Actor, now: datetime) -> None:
    """Put an account at a place in the order, counted from 0; the first opens first.

    The same again changes nothing. Raises AccountNotFoundError.
    """
    with writing():
        before = [card.account_id for card in accounts_of(user_id, now=now)]
        moved = get_by_slug(user_id, slug, now=now).account_id
        after = [account_id for account_id in before if account_id != moved]
        after.insert(max(place, 0), moved)
        if after == before:
            return
        for position, account_id in enumerate(after):
            AccountAccess.update(position=position).where(
                AccountAccess.user == user_id,
                AccountAccess.account == account_id,
                AccountAccess.ended_at.is_null(),
            ).execute()
        audit.record(
            actor,
            "access.moved",
            now=now,
            subject=f"user:{user_id}",
            account_id=moved,
            place=after.index(moved),
        )


def unlinking(user_id: int, slug: str, *, now: datetime) -> Unlinking:
    """Return what unlinking would do; raises AccountNotFoundError."""
    with reading():
        card = get_by_slug(user_id, slug, now=now)
        return Unlinking(
            account=card,
            delegates=delegation.count_delegates(user_id, card.account_id)
            if card.is_owner
            else 0,
            is_last=len(accounts_of(user_id, now=now)) == 1,
        )


def unlink(user_id: int, slug: str, *, actor: Actor, now: datetime) -> None:
    """End the user's own access, and those of whom an owner let in.

    The contract and what is owed stay. A second time changes nothing. Raises
    AccountNotFoundError.
    """
    with writing():
        try:
            card = get_by_slug(user_id, slug, now=now)
            row = granting.lock_access(user_id, card.account_id)
        except AccountNotFoundError:
            if _is_unlinked(user_id, slug):
                return
            raise
        others = granting.end_with_delegates(row, why="unlinked", actor=actor, now=now)
        delegation.tell_revoked(others, card, now=now)


def _is_unlinked(user_id: int, slug: str) -> bool:
    return bool(
        AccountAccess.select()
        .where(
            AccountAccess.user == user_id,
            AccountAccess.slug == slug,
            AccountAccess.ended_at.is_null(False),
        )
        .exists()
    )
