"""The month a reading counts in, and the meters that take none."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from cabinet.domain.metering import MeterStatus
from cabinet.domain.period import Month, ReadingWindow


class Closed(StrEnum):
    """Why a meter takes no readings from its owner."""

    REMOVED = "removed"
    AUTOMATED = "automated"
    UNDER_CHECK = "under_check"
    CONTRACT_ENDED = "contract_ended"


@dataclass(frozen=True, slots=True)
class Slot:
    """The month a reading counts in.

    `is_correction` tells that a bill already took the month the reading is for, so it
    goes to an operator, who corrects the next one.
    """

    month: Month
    is_correction: bool = False


def slot_of(window: ReadingWindow, day: date, counted: Container[Month]) -> Slot:
    """Return where a reading received on the branch's local day counts."""
    own = month = window.period_of(day)
    while month in counted:
        month = month.next
    return Slot(month, is_correction=month != own)


def why_closed(
    status: MeterStatus, *, removed_on: date | None, ended_on: date | None, day: date
) -> Closed | None:
    """Return why the meter takes no readings on the day, None when it does."""
    if ended_on is not None and ended_on <= day:
        return Closed.CONTRACT_ENDED
    if removed_on is not None and removed_on <= day:
        return Closed.REMOVED
    return {
        MeterStatus.ACTIVE: None,
        MeterStatus.REMOVED: Closed.REMOVED,
        MeterStatus.AUTOMATED: Closed.AUTOMATED,
        MeterStatus.UNDER_CHECK: Closed.UNDER_CHECK,
    }[status]
