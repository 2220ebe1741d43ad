"""Sending what waits in the outbox."""

import logging
from collections.abc import Callable
from datetime import datetime

from flask import current_app

from cabinet.config import Settings
from cabinet.mailing.compose import compose
from cabinet.mailing.send import Sender, ServerAwayError
from cabinet.services import bounces, outbox

log = logging.getLogger(__name__)

#: Mails of one batch: their lease must outlast them all.
MOST = 5


def send_due(
    sender: Sender,
    *,
    address: str,
    now: datetime,
    most: int = MOST,
    is_stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Send up to `most` mails that are due and return how many left.

    Needs an application context. Raises ServerAwayError while the server is not to be
    spoken to: then all that were not sent wait as before. So do those that a worker which
    is told to stop has not begun: a slow server might take minutes for them.
    """
    settings: Settings = current_app.extensions["cabinet.settings"]
    sent = 0
    mails = outbox.claim(most=most, now=now, per_minute=settings.mail.per_minute)
    for number, mail in enumerate(mails):
        left = [each.message_id for each in mails[number:]]
        if is_stopping():
            outbox.put_back(left, "", now=now)
            break
        try:
            message = compose(mail, sender=address)
            name = bounces.message_id(
                mail.message_id, address=address, pepper=settings.secret_key
            )
            message.msgId = f"<{name}>"
            sender.send(message, f"{mail.message_id:08}")
        except ServerAwayError as error:
            outbox.put_back(left, str(error), now=now)
            raise
        except Exception as error:  # noqa: BLE001 - told by its type, tried again
            # Whatever is wrong with one mail, those claimed with it must still leave.
            log.warning("mail failed", extra={"mail": mail.message_id})
            outbox.mark_failed(mail.message_id, type(error).__name__, now=now)
        else:
            outbox.mark_sent(mail.message_id, now=now)
            sent += 1
    return sent
