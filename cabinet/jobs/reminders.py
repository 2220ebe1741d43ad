"""Reminding of readings those who asked for it."""

from datetime import datetime

from flask import current_app

from cabinet.services.reminders import Links, remind

#: Where a demonstration without an address of its own is found.
THIS_MACHINE = "http://127.0.0.1:8000"


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
