"""Requests nobody finished: a draft lives a day, one that waits two weeks."""

from datetime import datetime, timedelta

from cabinet.domain.registration import RegistrationState
from cabinet.models import RegistrationRequest
from cabinet.models.base import UtcDateTimeField, writing
from cabinet.services import audit
from cabinet.services.audit import SYSTEM
from cabinet.services.registration import letters

DRAFT_LASTS = timedelta(hours=24)
WAITING_LASTS = timedelta(days=14)
REFUSED_KEPT = timedelta(days=30)
MOST = 200
#: What stands where an address was.
FORGOTTEN = ""


def expire(*, now: datetime) -> int:
    """End what is too old and forget addresses no longer needed; return how many.

    Of a draft nothing stays but the row; of a refusal the address goes after 30 days
    (152-FZ, article 21 part 4). Who waited in vain is told.
    """
    with writing():
        return _drafts(now) + _waiting(now) + _refused(now)


def _drafts(now: datetime) -> int:
    rows = _old(
        RegistrationState.DRAFT, RegistrationRequest.created_at, now, DRAFT_LASTS
    )
    for row in rows:
        _end(row, RegistrationState.EXPIRED, now)
        _forget(row)
    return len(rows)


def _waiting(now: datetime) -> int:
    rows = _old(
        RegistrationState.WAITING, RegistrationRequest.confirmed_at, now, WAITING_LASTS
    )
    for row in rows:
        letters.write(
            row,
            "registration_expired",
            "expired",
            {"number": row.id, "account": row.account_number},
            letters_at=now,
            now=now,
        )
        _end(row, RegistrationState.EXPIRED, now)
    return len(rows)


def _refused(now: datetime) -> int:
    rows = [
        row
        for state in (RegistrationState.REFUSED, RegistrationState.EXPIRED)
        for row in _old(state, RegistrationRequest.decided_at, now, REFUSED_KEPT)
        if row.email != FORGOTTEN
    ]
    for row in rows:
        _forget(row)
    return len(rows)


def _old(
    state: RegistrationState, column: UtcDateTimeField, now: datetime, lasts: timedelta
) -> list[RegistrationRequest]:
    return list(
        RegistrationRequest.select()
        .where(
            RegistrationRequest.state == state,
            column <= now - lasts,
            # Who has a cabinet without e-mail waits like others.
            (RegistrationRequest.email != FORGOTTEN)
            | (RegistrationRequest.state == RegistrationState.WAITING),
        )
        .order_by(RegistrationRequest.id)
        .limit(MOST)
    )


def _end(row: RegistrationRequest, state: RegistrationState, now: datetime) -> None:
    RegistrationRequest.update(
        state=state, decided_at=now, version=RegistrationRequest.version + 1
    ).where(
        RegistrationRequest.id == row.id, RegistrationRequest.version == row.version
    ).execute()
    audit.record(
        SYSTEM, "registration.expired", now=now, subject=f"registration:{row.id}"
    )


def _forget(row: RegistrationRequest) -> None:
    RegistrationRequest.update(
        email=FORGOTTEN,
        amount=None,
        receipt_code_hash=None,
        code_hash="",
        address_hash="",
    ).where(RegistrationRequest.id == row.id).execute()
