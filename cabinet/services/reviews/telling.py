"""Who hears of a decision: a letter, or a note where letters do not reach."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from cabinet.domain.metering import ReviewKind
from cabinet.domain.people import AccessLevel, NoteKind
from cabinet.models import AccountAccess, Reading, ReviewDecision, User
from cabinet.services import home_notes, outbox
from cabinet.services.access import AccountNotFoundError, get_access
from cabinet.services.readings.facts import registers_of
from cabinet.services.readings.shown import number_of
from cabinet.services.registration.state import UNDO

#: Where a reading is shown to who may see it.
LinkOf = Callable[[UUID], str]

_MAILS = {
    ReviewKind.RETURNED: "reading_returned",
    ReviewKind.CORRECTED: "reading_corrected",
}
_NOTES = {
    ReviewKind.RETURNED: NoteKind.READING_RETURNED,
    ReviewKind.CORRECTED: NoteKind.READING_CORRECTED,
}


def tell(decision: ReviewDecision, row: Reading, link: LinkOf, now: datetime) -> int:
    """Tell of the decision once it can no longer be taken back; returns how many hear.

    Inside the open transaction. An accepted reading is what its sender expects: nobody
    is written to, the page of the reading tells.
    """
    if decision.kind not in _MAILS:
        return 0
    readers = _readers(row, now)
    shown = decision.correction if decision.correction_id else row
    meter = row.meter
    pairs = zip(
        registers_of(row, meter.zones), registers_of(shown, meter.zones), strict=True
    )
    context = {
        "account": meter.account.number,
        "meter": meter.serial,
        "month": str(row.period),
        "number": number_of(row.id),
        "reading": str(shown.public_id),
        "words": decision.words,
        "registers": [[str(sent.kwh), str(now_.kwh)] for sent, now_ in pairs],
    }
    for user in readers:
        key = _key(decision, user.id)
        told = {"key": key, "user_id": user.id, "now": now, "not_before": now + UNDO}
        if home_notes.is_reached(user):
            outbox.put(
                _MAILS[decision.kind],
                recipient=user.email,
                context=context | {"link": link(shown.public_id)},
                **told,
            )
        else:
            home_notes.put(_NOTES[decision.kind], context=context, **told)
    return len(readers)


def untell(decision: ReviewDecision) -> None:
    """Take back what nobody has read yet, inside the open transaction."""
    account_id = decision.reading.meter.account_id
    query = AccountAccess.select(AccountAccess.user).where(
        AccountAccess.account == account_id
    )
    for (user_id,) in query.distinct().tuples():
        key = _key(decision, user_id)
        outbox.take_back(key)
        home_notes.take_back(key)


def _readers(row: Reading, now: datetime) -> list[User]:
    """Return who sent the reading, else the owners of the account, who may see it."""
    query = (
        AccountAccess.select(AccountAccess, User)
        .join(User, on=AccountAccess.user == User.id)
        .where(
            AccountAccess.account == row.meter.account_id,
            AccountAccess.ended_at.is_null(),
            User.disabled_at.is_null(),
            User.erased_at.is_null(),
        )
        .order_by(AccountAccess.id)
    )
    seeing = [one for one in query if _may_see(one.user_id, row, now)]
    sender = [one.user for one in seeing if one.user_id == row.user_id]
    owners = [
        one.user
        for one in seeing
        if one.granted_by_id is None and one.level is AccessLevel.FULL
    ]
    return sender or owners


def _may_see(user_id: int, row: Reading, now: datetime) -> bool:
    try:
        card = get_access(user_id, row.meter.account_id, now=now)
    except AccountNotFoundError:
        return False
    return card.since is None or row.taken_on >= card.since


def _key(decision: ReviewDecision, user_id: int) -> str:
    return f"review:{decision.id}:{user_id}"
