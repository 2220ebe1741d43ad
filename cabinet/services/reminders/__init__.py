"""Reminders to send readings: who gets one today, what its link opens."""

from cabinet.services.reminders.due import Links, remind
from cabinet.services.reminders.links import (
    Opened,
    Stop,
    open_reminder,
    open_stop,
    stop_by_link,
    submit_by_reminder,
)

__all__ = [
    "Links",
    "Opened",
    "Stop",
    "open_reminder",
    "open_stop",
    "remind",
    "stop_by_link",
    "submit_by_reminder",
]
