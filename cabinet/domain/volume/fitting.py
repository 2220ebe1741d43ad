"""Whether a reading of a day can still change what an account is charged."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from cabinet.domain.volume.values import Mark, MeterLife


class Unfit(StrEnum):
    """Why a reading of the day changes nothing (почему показание не подходит).

    After the last day that counts; before the meter hung; after it was taken away; when
    its verification was over; before what was charged already.
    """

    TOO_LATE = "too_late"
    BEFORE_METER = "before_meter"
    AFTER_REMOVAL = "after_removal"
    UNVERIFIED = "unverified"
    BILLED_LATER = "billed_later"


def why_unfit(
    meters: Sequence[MeterLife], serial: str, day: date, *, at: Mark | None, last: date
) -> Unfit | None:
    """Return why a reading of one of the meters on the day changes nothing, if it does not.

    `meters` in the order they hung; `at` is where the account was charged to, `last`
    the last day a reading may be of. Of the day of `at` a reading still counts.
    """
    serials = [one.serial for one in meters]
    place = serials.index(serial)
    meter = meters[place]
    if day > last:
        return Unfit.TOO_LATE
    if day < meter.opening_on:
        return Unfit.BEFORE_METER
    if meter.removed_on is not None and day > meter.removed_on:
        return Unfit.AFTER_REMOVAL
    if not meter.counts_on(day):
        return Unfit.UNVERIFIED
    if at is not None and at.serial in serials:
        charged = serials.index(at.serial)
        if place < charged or (place == charged and day < at.on):
            return Unfit.BILLED_LATER
    return None
