"""Reminders to send readings: who wants them, who gets one today, what its link opens."""

from cabinet.services.reminders.subscriptions import (
    SubscriptionNotFoundError,
    subscribe,
    subscriptions_of,
    unsubscribe,
)

__all__ = [
    "SubscriptionNotFoundError",
    "subscribe",
    "subscriptions_of",
    "unsubscribe",
]
