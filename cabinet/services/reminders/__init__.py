"""Reminders to send readings: who wants them, who gets one today, what its link opens."""

from cabinet.services.reminders.due import Links, remind
from cabinet.services.reminders.links import (
    Opened,
    Stop,
    open_reminder,
    open_stop,
    stop_by_link,
    submit_by_reminder,
)
from cabinet.services.reminders.subscriptions import (
    SubscriptionNotFoundError,
    subscribe,
    subscriptions_of,
    unsubscribe,
)

__all__ = [
    "Links",
    "Opened",
    "Stop",
    "SubscriptionNotFoundError",
    "open_reminder",
    "open_stop",
    "remind",
    "stop_by_link",
    "submit_by_reminder",
    "subscribe",
    "subscriptions_of",
    "unsubscribe",
]
