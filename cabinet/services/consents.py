"""Acts of consent and withdrawal: a row each, tied to the words of one version.

A consent is a separate act on a separate document (152-FZ, article 9 part 1, as changed
from 1 September 2025).
"""

from datetime import date, datetime

from cabinet.domain.people import LetterKind
from cabinet.models import AccountAccess, Consent, RegistrationRequest
from cabinet.services import documents
from cabinet.services.audit import Actor

#: How an act came in: from the page of consents, from that page about one letter, by
#: the link in such a letter. Acts about one letter say in their note which.
CABINET = "cabinet"
LETTER = "letters"
LETTER_LINK = "letters-link"
ABOUT_LETTERS = frozenset({LETTER, LETTER_LINK})


def give(
    code: str,
    *,
    user_id: int | None = None,
    registration_id: int | None = None,
    given: bool = True,
    channel: str,
    note: str = "",
    day: date,
    actor: Actor,
    now: datetime,
) -> None:
    """Write one act down inside the open transaction, on the version of the day.

    `given` False is a withdrawal. Raises documents.DocumentNotFoundError.
    """
    text = documents.find_document(code, day=day)
    Consent.create(
        user=user_id,
        registration_id=registration_id,
        document=text.code,
        version=text.version,
        text_hash=text.text_hash,
        given=given,
        at=now,
        address_hash=actor.address_hash,
        channel=channel,
        note=note,
    )


def take_back(
    code: str,
    *,
    user_id: int,
    channel: str,
    note: str = "",
    day: date,
    actor: Actor,
    now: datetime,
) -> None:
    """Write a withdrawal down inside the open transaction; it never fails.

    It is of the version that was agreed to last, of today's where none was.
    """
    agreed = (row for row in acts_of(user_id) if row.document == code and row.given)
    last = next(agreed, None)
    version, text_hash = (last.version, last.text_hash) if last else ("", "")
    if last is None:
        try:
            text = documents.find_document(code, day=day)
        except documents.DocumentNotFoundError:
            pass  # there never were words: the act itself is what counts
        else:
            version, text_hash = text.version, text.text_hash
    Consent.create(
        user=user_id,
        document=code,
        version=version,
        text_hash=text_hash,
        given=False,
        at=now,
        address_hash=actor.address_hash,
        channel=channel,
        note=note,
    )


def acts_of(user_id: int) -> list[Consent]:
    """Return the person's acts, the latest first, inside the open transaction.

    Those from before there was a cabinet are among them.
    """
    requests = [
        request_id
        for (request_id,) in RegistrationRequest.select(RegistrationRequest.id)
        .left_outer_join(AccountAccess)
        .where((RegistrationRequest.user == user_id) | (AccountAccess.user == user_id))
        .tuples()
    ]
    return list(
        Consent.select()
        .where((Consent.user == user_id) | Consent.registration_id.in_(requests))
        .order_by(Consent.id.desc())
    )


def about(kind: LetterKind, account_id: int) -> str:
    """Return the note of an act about one letter."""
    return f"{kind}:{account_id}"


def letter_of(row: Consent) -> tuple[LetterKind | None, int]:
    """Return which letter about which account an act is about, nothing for others."""
    if row.channel not in ABOUT_LETTERS:
        return None, 0
    kind, _, account_id = row.note.partition(":")
    return LetterKind(kind), int(account_id)
