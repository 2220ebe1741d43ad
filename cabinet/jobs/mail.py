"""Sending what waits in the outbox."""

import logging
from datetime import datetime

from flask import current_app

from cabinet.config import Settings
from cabinet.mailing.compose import compose
from cabinet.mailing.send import Sender
from cabinet.services import bounces, outbox

log = logging.getLogger(__name__)

#: Mails of one batch: their lease must outlast them all.
MOST = 5


def send_due(sender: Sender, *, address: str, now: datetime, most: int = MOST) -> int:
    """Send up to `most` mails that are due and return how many left.

    Needs an application context.
    """
    settings: Settings = current_app.extensions["cabinet.settings"]
    sent = 0
    for mail in outbox.claim(most=most, now=now, per_minute=settings.mail.per_minute):
        try:
            message = compose(mail, sender=address)
            number = bounces.message_id(
                mail.message_id, address=address, pepper=settings.secret_key
            )
            message.msgId = f"<{number}>"
            sender.send(message, f"{mail.message_id:08}")
        except Exception as error:  # noqa: BLE001 - told by its type, tried again
            # Whatever is wrong with one mail, those claimed with it must still leave.
            log.warning("mail failed", extra={"mail": mail.message_id})
            outbox.mark_failed(mail.message_id, type(error).__name__, now=now)
        else:
            outbox.mark_sent(mail.message_id, now=now)
            sent += 1
    return sent
