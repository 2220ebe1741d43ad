"""Consents and letters: what a customer agreed to, and taking it back.

Each act is a row of its own, never changed: a withdrawal is another row. Switching one
letter on or off is an act too, about that letter only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from cabinet.domain.errors import NotFound
from cabinet.domain.people import AccessLevel, LetterKind
from cabinet.models import Account, AccountAccess, Consent, Document, User
from cabinet.models.base import lock, reading, writing
from cabinet.services import audit, consents, documents, subscriptions
from cabinet.services.access import AccountCard, accounts_of, get_access
from cabinet.services.audit import Actor

#: Without it there is no cabinet: who takes it back closes the cabinet.
LASTING = frozenset({documents.PROCESSING})


class ConsentNotFoundError(NotFound):
    """The customer never agreed to it, or cannot take it back by itself."""


class LetterNotOfferedError(Exception):
    """There is no such letter about this account."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountLetters:
    """The letters about an account that may be asked for, and those that are."""

    card: AccountCard
    offered: tuple[LetterKind, ...]
    chosen: frozenset[LetterKind]


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsentAct:
    """One act; `letter` and `account` tell of one about a single letter."""

    code: str
    version: str
    title: str
    given: bool
    at: datetime
    letter: LetterKind | None
    account: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A consent that is in force, by its latest words."""

    code: str
    title: str
    version: str
    at: datetime
    is_lasting: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Preferences:
    """All that the page of consents and letters shows."""

    letters: tuple[AccountLetters, ...]
    standing: tuple[Standing, ...]
    acts: tuple[ConsentAct, ...]


def preferences(user_id: int, *, now: datetime) -> Preferences:
    """Return the letters the user may choose and every act, the newest first."""
    with reading():
        live = subscriptions.live_of(user_id)
        rows = consents.acts_of(user_id)
        acts = tuple(_shown(rows))
        return Preferences(
            letters=tuple(
                AccountLetters(
                    card=card,
                    offered=offered(card),
                    chosen=frozenset(
                        row.kind for row in live if row.account_id == card.account_id
                    ),
                )
                for card in accounts_of(user_id, now=now)
            ),
            standing=tuple(_standing(rows, acts, has_letters=bool(live))),
            acts=acts,
        )


def offered(card: AccountCard) -> tuple[LetterKind, ...]:
    """Return the letters there are about an account, for somebody with this access."""
    has_bills = card.level is AccessLevel.FULL and not card.is_organisation
    return tuple(
        kind for kind in LetterKind if has_bills or kind is not LetterKind.BILL
    )


def choose_letters(
    user_id: int,
    slug: str,
    wanted: Iterable[str],
    *,
    day: date,
    actor: Actor,
    now: datetime,
) -> int:
    """Send these letters about the account and no others; return how many switched.

    Raises AccountNotFoundError, LetterNotOfferedError, or DocumentNotFoundError when
    the words to agree to are not there.
    """
    with writing():
        _lock(user_id)
        account_id = _account_id(user_id, slug)
        kinds = offered(get_access(user_id, account_id, now=now))
        chosen = set(wanted)
        if not chosen <= set(kinds):
            raise LetterNotOfferedError(slug)
        live = subscriptions.live_of(user_id)
        before = {row.kind for row in live if row.account_id == account_id}
        switched = [kind for kind in kinds if (kind in chosen) != (kind in before)]
        for kind in switched:
            switch = subscriptions.agree if kind in chosen else subscriptions.refuse
            switch(user_id, account_id, kind, day=day, actor=actor, now=now)
    return len(switched)


def withdraw(
    user_id: int, code: str, *, day: date, actor: Actor, now: datetime
) -> bool:
    """Take a consent back; False when that was done before.

    With the consent to letters every letter ends. Raises ConsentNotFoundError.
    """
    with writing():
        _lock(user_id)
        rows = [row for row in consents.acts_of(user_id) if row.document == code]
        is_letters = code == documents.LETTERS
        letters = subscriptions.live_of(user_id) if is_letters else []
        if code in LASTING or not (rows or letters):
            raise ConsentNotFoundError(code)
        if not (letters or _is_given(rows)):
            return False
        for row in letters:
            kind = LetterKind(row.kind)
            subscriptions.end(user_id, row.account_id, kind, actor=actor, now=now)
        consents.take_back(
            code,
            user_id=user_id,
            channel=consents.CABINET,
            day=day,
            actor=actor,
            now=now,
        )
        audit.record(
            actor,
            "consent.withdrawn",
            now=now,
            subject=f"user:{user_id}",
            document=code,
        )
    return True


def _lock(user_id: int) -> None:
    """Let the acts of one person come one after another."""
    lock(User.select(User.id).where(User.id == user_id)).first()


def _account_id(user_id: int, slug: str) -> int:
    found = (
        AccountAccess.select(AccountAccess.account)
        .where(AccountAccess.user == user_id, AccountAccess.slug == slug)
        .scalar()
    )
    return int(found or 0)


def _shown(rows: list[Consent]) -> Iterable[ConsentAct]:
    titles = {
        (code, version): title
        for code, version, title in Document.select(
            Document.code, Document.version, Document.title
        )
        .where(Document.code.in_({row.document for row in rows}))
        .tuples()
    }
    about = {row.id: consents.letter_of(row) for row in rows}
    ids = {account_id for _, account_id in about.values() if account_id}
    numbers = dict(
        Account.select(Account.id, Account.number).where(Account.id.in_(ids)).tuples()
    )
    for row in rows:
        letter, account_id = about[row.id]
        yield ConsentAct(
            code=row.document,
            version=row.version,
            title=titles.get((row.document, row.version), ""),
            given=row.given,
            at=row.at,
            letter=letter,
            account=numbers.get(account_id, ""),
        )


def _standing(
    rows: list[Consent], acts: tuple[ConsentAct, ...], *, has_letters: bool
) -> Iterable[Standing]:
    for code in dict.fromkeys(row.document for row in rows):
        own = [row for row in rows if row.document == code]
        counts = has_letters and code == documents.LETTERS
        given = [act for act in acts if act.code == code and act.given]
        if given and (counts or _is_given(own)):
            yield Standing(
                code=code,
                title=given[0].title,
                version=given[0].version,
                at=given[0].at,
                is_lasting=code in LASTING,
            )


def _is_given(rows: list[Consent]) -> bool:
    """Tell what the latest act about the document as a whole says."""
    whole = (row for row in rows if row.channel not in consents.ABOUT_LETTERS)
    return next((row.given for row in whole), False)
