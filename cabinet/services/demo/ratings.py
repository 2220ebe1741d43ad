"""How convenient people say it is in the demonstration: two quarters of guests."""

from datetime import datetime, timedelta
from itertools import cycle
from zoneinfo import ZoneInfo

from cabinet.domain.period import local_day
from cabinet.domain.questions import Rating
from cabinet.domain.usability import Quarter
from cabinet.models import Account, Branch, UsabilityRating
from cabinet.services.demo.people import ACCOUNTS

#: Accounts that said something, in each of the quarters.
COUNT = 60
#: What is said in turn, and the words beside it; without a rating it was set aside.
_NOW = (
    (Rating.BEST, "Передал показания за полминуты, даже вход не понадобился"),
    (Rating.GOOD, ""),
    (Rating.GOOD, ""),
    (Rating.FAIR, "Хочется вводить показания двух счётчиков на одной странице"),
    (Rating.BEST, ""),
    (None, ""),
    (Rating.GOOD, "Понятно, за что плачу"),
    (Rating.POOR, "Не сразу нашла, где номер счётчика"),
    (Rating.BEST, ""),
    (Rating.GOOD, ""),
    (Rating.GOOD, ""),
)
_BEFORE = (
    (Rating.GOOD, ""),
    (Rating.FAIR, ""),
    (Rating.BAD, ""),
    (Rating.BEST, ""),
    (None, ""),
)


def add_ratings(now: datetime) -> None:
    """Add the ratings where there are none, inside the open transaction.

    Nobody who can sign in has said anything yet: each of them is still asked.
    """
    if UsabilityRating.select().exists():
        return
    accounts = list(
        Account.select(Account.id, Account.branch, Branch.time_zone)
        .join(Branch)
        .where(Account.number.not_in([one.number for one in ACCOUNTS]))
        .order_by(Account.id)
        .limit(COUNT * 7)
        .tuples()
    )[::7]
    for days, told in ((0, _NOW), (92, _BEFORE)):
        for number, ((account, branch, zone), (rating, words)) in enumerate(
            zip(accounts, cycle(told), strict=False), start=1
        ):
            at = now - timedelta(days=days, minutes=number)
            UsabilityRating.create(
                account=account,
                branch=branch,
                quarter=Quarter.of(local_day(at, ZoneInfo(zone))).code,
                rating=None if rating is None else int(rating),
                # The same words again and again would be nobody's.
                words=words if number <= len(told) else "",
                at=at,
            )
