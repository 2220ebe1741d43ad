"""Acts of consent and withdrawal: a row each, tied to the words of one version.

A consent is a separate act on a separate document (152-FZ, article 9 part 1, as changed
from 1 September 2025).
"""

from datetime import date, datetime

from cabinet.models import Consent
from cabinet.services import documents
from cabinet.services.audit import Actor


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
