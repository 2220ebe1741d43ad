"""Letters to who asked for them: time to send readings, a receipt is ready."""

from datetime import datetime

from flask import current_app

from cabinet.domain.period import Month
from cabinet.services import bill_letters
from cabinet.services.reminders import Links, remind

#: Where a demonstration without an address of its own is found.
THIS_MACHINE = "http://127.0.0.1:8000"


def tell_of_bills(*, public_url: str, now: datetime) -> int:
    """Write about receipts that are ready; needs an application context."""
    addresses = current_app.url_map.bind("localhost")

    def link(month: Month) -> str:
        return (public_url or THIS_MACHINE) + addresses.build(
            "bills.show", {"month": month}
        )

    return bill_letters.write_due(link, now=now)


def remind_due(*, public_url: str, now: datetime, is_dry: bool = False) -> int:
    """Write today's reminders and return how many; needs an application context."""
    # A path, not a whole address: without a server name Flask makes none here.
    addresses = current_app.url_map.bind("localhost")

    def link(endpoint: str, secret: str) -> str:
        path = addresses.build(f"guest.reminders.{endpoint}", {"secret": secret})
        return (public_url or THIS_MACHINE) + path

    links = Links(
        reading=lambda secret: link("show", secret),
        stop=lambda secret: link("stopping", secret),
    )
    return remind(links, now=now, is_dry=is_dry)
