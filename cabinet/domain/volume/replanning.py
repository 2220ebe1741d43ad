"""A month's energy as another tariff plan would have it."""

from dataclasses import replace

from cabinet.domain.tariff import ZONES, Plan
from cabinet.domain.volume.estimating import added, shaped
from cabinet.domain.volume.values import MonthVolume


def by_plan(volume: MonthVolume, plan: Plan) -> MonthVolume:
    """Return the month with its energy in the zones of another plan.

    One zone is the sum of all; more zones share it as the norm is shared
    (`NORM_SHARES`): how much is really taken at night no meter has told. What the meter
    showed stays as it is.
    """
    zones = len(ZONES[plan])
    if zones == len(volume.by_zone) and not volume.earlier:
        return volume
    parts = [volume.by_zone, *([volume.earlier] if volume.earlier else [])]
    resumed = volume.resumed and replace(
        volume.resumed,
        measured=shaped(volume.resumed.measured, zones),
        counted=shaped(volume.resumed.counted, zones),
    )
    return replace(
        volume,
        by_zone=added(shaped(one, zones) for one in parts),
        earlier=(),
        bridged=shaped(volume.bridged, zones) if volume.bridged else (),
        resumed=resumed,
    )
