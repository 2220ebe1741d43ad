"""Reading the office's mailbox: answers into dialogues, notices of what did not arrive."""

import logging
from collections import Counter
from datetime import datetime

from cabinet.config import Settings
from cabinet.exchange.bounces import read_bounce
from cabinet.exchange.replies import MOST_BYTES, read_reply
from cabinet.gateways.mailbox import Mailbox
from cabinet.services import bounces
from cabinet.services.questions import by_mail
from cabinet.services.questions.by_mail import Outcome

log = logging.getLogger(__name__)

#: Messages of one turn.
MOST = 50
#: What was dealt with; what is for people to look at is marked for them.
DONE, FOR_PEOPLE = ("\\Seen",), ("\\Flagged",)


def take_due(settings: Settings, *, now: datetime) -> Counter[str]:
    """Read what is new in the mailbox and return how much of it became what.

    Raises MailboxError when the mailbox cannot be read; the next turn tries again.
    """
    told: Counter[str] = Counter()
    with Mailbox.open(settings.mailbox) as mailbox:
        for number in mailbox.unseen(MOST):
            outcome = _take(mailbox, number, pepper=settings.secret_key, now=now)
            told[outcome] += 1
            if outcome == Outcome.LATER:
                continue
            is_left = outcome == Outcome.NOT_OURS
            mailbox.mark(number, *(FOR_PEOPLE if is_left else DONE))
    if told:
        log.info("mailbox read", extra={"messages": dict(told)})
    return told


def _take(mailbox: Mailbox, number: str, *, pepper: str, now: datetime) -> str:
    if mailbox.size(number) > MOST_BYTES:
        return Outcome.NOT_OURS
    raw = mailbox.fetch(number)
    notice = read_bounce(raw)
    if notice is not None:
        bounces.take_bounce(notice, pepper=pepper, now=now)
        return "notice"
    reply = read_reply(raw)
    if reply is None:
        return Outcome.NOT_OURS
    return by_mail.take_reply(reply, pepper=pepper, now=now)
