"""Exact limits on how often a thing may be tried, kept in the database."""

import hmac
import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from peewee import OperationalError

from cabinet.models import Attempt
from cabinet.models.base import database, writing

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` tries in a span of so many seconds."""

    name: str
    most: int
    seconds: int


LOGIN_SHORT = Limit("login", 10, 5 * 60)
#: Counts the day's tries and refuses none: they only come slower and slower.
LOGIN_DAY = Limit("login-day", 10**9, 24 * 3600)
#: From so many tries a day on, one in a span of so many minutes.
LOGIN_PACES = ((50, 5), (55, 10), (60, 20), (65, 40), (70, 60))
LOGIN_ADDRESS = Limit("login-address", 600, 5 * 60)
INVITATION_DAY = Limit("invitation-day", 20, 24 * 3600)
INVITATION_TO_DAY = Limit("invitation-to-day", 3, 24 * 3600)
#: Of somebody signed in who is asked for the password again.
PASSWORDS = (Limit("password", 5, 5 * 60), Limit("password-day", 50, 24 * 3600))
RESET_SHORT = Limit("reset", 3, 6 * 3600)
RESET_DAY = Limit("reset-day", 5, 24 * 3600)
#: Letters that really leave for one person, whatever numbers they were asked with.
RESET_LETTERS = Limit("reset-letters", 10, 24 * 3600)
RESET_ADDRESS = Limit("reset-address", 20, 3600)
FACTORS = (
    Limit("factor", 5, 5 * 60),
    Limit("factor-hour", 20, 3600),
    Limit("factor-day", 50, 24 * 3600),
)
FACTOR_ADDRESS = Limit("factor-address", 50, 3600)
EMAIL_DAY = Limit("email-day", 3, 24 * 3600)
READING_DAY = Limit("reading-day", 20, 24 * 3600)
GUEST_ACCOUNT_DAY = Limit("guest-account", 5, 24 * 3600)
GUEST_ADDRESS_HOUR = Limit("guest-address", 20, 3600)
REPORT_MINUTE = Limit("csp-report", 10, 60)
PHOTO_HOUR = Limit("photo-hour", 30, 3600)
PDF_HOUR = Limit("pdf-hour", 30, 3600)
REGISTRATION_ADDRESS = Limit("registration-address", 100, 3600)
REGISTRATION_ACCOUNT_DAY = Limit("registration-account-day", 5, 24 * 3600)
REGISTRATION_ACCOUNT_MONTH = Limit("registration-account-month", 20, 30 * 24 * 3600)
REGISTRATION_MAIL_DAY = Limit("registration-mail-day", 3, 24 * 3600)
REGISTRATION_CODE_HOUR = Limit("registration-code-hour", 3, 3600)
REGISTRATION_STATE_HOUR = Limit("registration-state-hour", 60, 3600)
CARD_DAY = Limit("card-day", 5, 24 * 3600)
CARD_ADDRESS = Limit("card-address", 60, 3600)
PAYMENT_HOUR = Limit("payment-hour", 10, 3600)
PAYMENT_ADDRESS = Limit("payment-address", 300, 3600)
#: Photographs of a day; and what all of a person's files may take.
UPLOAD_DAY = Limit("upload-day", 20, 24 * 3600)
UPLOAD_BYTES = 100 * 1024 * 1024
#: Notices that are no provider's, of one network.
NOTICE_FORGED = Limit("notice-forged", 10, 60)
#: Requests that wait for specialists at once: more than they can look through in weeks.
QUEUE = Limit("registration-queue", 5000, 24 * 3600)
#: Numbers of accounts that are not there, and everything of one address.
GUEST_PAY_MISS_HOUR = Limit("guest-pay-miss", 20, 3600)
GUEST_PAY_HOUR = Limit("guest-pay", 200, 3600)
#: Questions to specialists; letters that only say one was taken; tries of its code.
QUESTION_DAY = Limit("question-day", 10, 24 * 3600)
QUESTION_ADDRESS = Limit("question-address", 30, 3600)
QUESTION_MAIL_DAY = Limit("question-mail-day", 3, 24 * 3600)
QUESTION_CODE_DAY = Limit("question-code-day", 10, 24 * 3600)
QUESTION_CODE_ADDRESS = Limit("question-code-address", 60, 3600)
#: Requests for work on a meter, of one person.
REQUEST_DAY = Limit("request-day", 10, 24 * 3600)
#: Questions of a program with one key.
PROGRAM_HOUR = Limit("program-hour", 600, 3600)
EXPORT_DAY = Limit("export-day", 3, 24 * 3600)


def _pace(minutes: int) -> Limit:
    return Limit(f"login-{minutes}", 1, minutes * 60)


#: Every limit that tries to sign in with one name are counted against.
LOGINS = (LOGIN_SHORT, LOGIN_DAY, *(_pace(minutes) for _, minutes in LOGIN_PACES))


class TooManyAttemptsError(Exception):
    """A limit is used up by somebody; carries when to try again."""

    def __init__(self, limit: Limit, identity: str, again_at: datetime) -> None:
        super().__init__(f"try again at {again_at.isoformat()}")
        self.limit = limit
        self.identity = identity
        self.again_at = again_at


def count(limit: Limit, identity: str, *, pepper: str, now: datetime) -> None:
    """Count one try inside the open transaction.

    One statement decides, so the limit is exact however many processes count. Raises
    TooManyAttemptsError when the try is one too many; rolling back uncounts it.
    """
    tries, again_at = _bump(limit, identity, pepper=pepper, now=now)
    if tries > limit.most:
        raise TooManyAttemptsError(limit, identity, again_at)


def fits(limit: Limit, identity: str, *, pepper: str, now: datetime) -> bool:
    """Count one try inside the open transaction; tell whether it is within the limit."""
    tries, _ = _bump(limit, identity, pepper=pepper, now=now)
    return tries <= limit.most


def count_login(identity: str, *, pepper: str, now: datetime) -> tuple[Limit, ...]:
    """Count one try to sign in with a name and return the limits that counted it.

    After fifty a day they come slower and slower, at last one an hour: fewer than a
    hundred a day, and nobody is locked out for longer than that. Raises
    TooManyAttemptsError, as `count` does.
    """
    count(LOGIN_SHORT, identity, pepper=pepper, now=now)
    tries, _ = _bump(LOGIN_DAY, identity, pepper=pepper, now=now)
    slow = [minutes for least, minutes in LOGIN_PACES if tries > least]
    if not slow:
        return LOGIN_SHORT, LOGIN_DAY
    count(_pace(slow[-1]), identity, pepper=pepper, now=now)
    return LOGIN_SHORT, LOGIN_DAY, _pace(slow[-1])


def spend(limit: Limit, identity: str, *, pepper: str, now: datetime) -> None:
    """Count one look in a transaction of its own; raises TooManyAttemptsError.

    While nothing can be written looking goes on: what must not is counted by `count`.
    """
    try:
        with writing():
            count(limit, identity, pepper=pepper, now=now)
    except OperationalError:
        log.warning("not counted", extra={"limit": limit.name})


def is_first(error: TooManyAttemptsError, *, pepper: str, now: datetime) -> bool:
    """Tell once a span, inside the open transaction, that the limit was used up."""
    told = Limit(f"{error.limit.name}-told", 1, error.limit.seconds)
    tries, _ = _bump(told, error.identity, pepper=pepper, now=now)
    return tries <= told.most


def give_back(limit: Limit, identity: str, *, pepper: str, now: datetime) -> None:
    """Uncount a try that turned out right, inside the open transaction."""
    span, _ = _span(limit, now)
    Attempt.update(count=Attempt.count - 1).where(
        Attempt.key == _key(limit, identity, pepper),
        Attempt.span == span,
        Attempt.count > 0,
    ).execute()


def forget(limit: Limit, identity: str, *, pepper: str, now: datetime) -> None:
    """Uncount all tries of the span, inside the open transaction."""
    span, _ = _span(limit, now)
    Attempt.delete().where(
        Attempt.key == _key(limit, identity, pepper), Attempt.span == span
    ).execute()


def sweep(*, now: datetime) -> int:
    """Delete counters whose span is over and return how many."""
    return int(Attempt.delete().where(Attempt.expires_at < now).execute())


def _bump(
    limit: Limit, identity: str, *, pepper: str, now: datetime
) -> tuple[int, datetime]:
    span, ends = _span(limit, now)
    mark = database.obj.param
    cursor = database.execute_sql(
        "INSERT INTO attempt (key, span, count, expires_at)"  # noqa: S608 - marks only
        f" VALUES ({mark}, {mark}, 1, {mark})"
        " ON CONFLICT (key, span) DO UPDATE SET count = attempt.count + 1"
        " RETURNING count",
        (
            _key(limit, identity, pepper),
            span,
            Attempt.expires_at.db_value(ends),
        ),
    )
    return int(cursor.fetchone()[0]), ends


def _span(limit: Limit, now: datetime) -> tuple[str, datetime]:
    number = int(now.timestamp()) // limit.seconds
    ends = datetime.fromtimestamp((number + 1) * limit.seconds, UTC)
    return str(number), ends


def _key(limit: Limit, identity: str, pepper: str) -> str:
    text = f"{limit.name}:{identity}".encode()
    return hmac.digest(pepper.encode(), text, "sha256").hex()
