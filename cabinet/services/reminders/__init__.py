"""Reminders: who gets one today of readings or a verification, what a link opens."""

from cabinet.services.reminders.due import Links, remind
from cabinet.services.reminders.links import (
    Opened,
    Stop,
    open_reminder,
    open_stop,
    stop_by_link,
    submit_by_reminder,
)
from cabinet.services.reminders.verifications import tell_of_verifications

__all__ = [
    "Links",
    "Opened",
    "Stop",
    "open_reminder",
    "open_stop",
    "remind",
    "stop_by_link",
    "submit_by_reminder",
    "tell_of_verifications",
]
