"""Letters to who asked for them: send readings, a receipt is ready, a meter to verify."""

from datetime import datetime

from flask import current_app

from cabinet.domain.period import Month
from cabinet.services import bill_letters, reminders
from cabinet.services.reminders import Links

#: Where a demonstration without an address of its own is found.
THIS_MACHINE = "http://127.0.0.1:8000"


def tell_of_bills(*, public_url: str, now: datetime) -> int:
    """Write about receipts that are ready; needs an application context."""

    def link(month: Month) -> str:
        return _address("bills.show", public_url, month=month)

    return bill_letters.write_due(link, now=now)


def tell_of_verifications(*, public_url: str, now: datetime) -> int:
    """Write about verifications that end; needs an application context."""
    link = _address("requests.index", public_url)
    return reminders.tell_of_verifications(link, now=now)


def remind_due(*, public_url: str, now: datetime, is_dry: bool = False) -> int:
    """Write today's reminders and return how many; needs an application context."""

    def link(endpoint: str, secret: str) -> str:
        return _address(f"guest.reminders.{endpoint}", public_url, secret=secret)

    links = Links(
        reading=lambda secret: link("show", secret),
        stop=lambda secret: link("stopping", secret),
    )
    return reminders.remind(links, now=now, is_dry=is_dry)


def _address(endpoint: str, public_url: str, **values: object) -> str:
    # A path, not a whole address: without a server name Flask makes none here.
    addresses = current_app.url_map.bind("localhost")
    return (public_url or THIS_MACHINE) + addresses.build(endpoint, values)
