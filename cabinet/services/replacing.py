"""One meter is taken off, another one hangs: what both rows say, whoever tells it."""

import uuid
from datetime import date
from typing import Any, Protocol

from cabinet.domain.metering import MeterStatus
from cabinet.exchange.faults import UnfitCell
from cabinet.exchange.registry import check_digits
from cabinet.exchange.registry_rows import Registers
from cabinet.models import Meter

_CLOSING = ("closing_t1", "closing_t2", "closing_t3")


class Hanging(Protocol):
    """A meter that hangs from a day on, with what it showed then."""

    @property
    def replaced_on(self) -> date:
        """Return the day."""

    @property
    def serial(self) -> str:
        """Return the serial number."""

    @property
    def model(self) -> str:
        """Return the model, empty where nobody said."""

    @property
    def digits(self) -> int:
        """Return the digits before the comma."""

    @property
    def ratio(self) -> int:
        """Return what a difference is multiplied by."""

    @property
    def verified_until(self) -> date | None:
        """Return the last day of the verification."""

    @property
    def opening(self) -> Registers:
        """Return the registers of the day."""


class Replacement(Hanging, Protocol):
    """The same, with what the meter that was taken off showed."""

    @property
    def closing(self) -> Registers:
        """Return the registers of the old meter."""


def removal(told: Replacement) -> dict[str, Any]:
    """Return what the meter that is taken off says from then on."""
    return {
        "removed_on": told.replaced_on,
        "status": MeterStatus.REMOVED,
        **registers("closing", told.closing),
    }


def hanging(told: Hanging) -> dict[str, Any]:
    """Return what the meter that hangs from then on says."""
    return {
        "model": told.model,
        "zones": len(told.opening),
        "digits": told.digits,
        "ratio": told.ratio,
        "installed_on": told.replaced_on,
        "verified_until": told.verified_until,
        "opening_on": told.replaced_on,
        **registers("opening", told.opening),
    }


def fault(told: Replacement, old: Meter) -> UnfitCell | None:
    """Return what the old meter says against it."""
    if len(told.closing) != old.zones:
        field = f"closing_t{min(old.zones, len(told.closing)) + 1}"
        return UnfitCell(
            f"зон у счётчика {old.zones}, показаний {len(told.closing)}", field=field
        )
    if told.replaced_on < old.opening_on:
        return UnfitCell("снят раньше, чем начал считать", field="replaced_on")
    try:
        check_digits(told.closing, old.digits, _CLOSING)
    except UnfitCell as error:
        return error
    return None


def take_off(old: Meter, told: Replacement) -> None:
    """Take the meter off, inside the open transaction."""
    Meter.update(removal(told)).where(Meter.id == old.id).execute()


def hang(account_id: int, told: Hanging, *, batch_id: int | None = None) -> Meter:
    """Hang the meter, inside the open transaction."""
    return Meter.create(
        public_id=uuid.uuid4(),
        account=account_id,
        serial=told.serial,
        status=MeterStatus.ACTIVE,
        batch=batch_id,
        **hanging(told),
    )


def registers(what: str, values: Registers) -> dict[str, Any]:
    """Return the columns of the registers, those there are not as nothing."""
    padded = [*values, None, None][:3]
    return {f"{what}_t{number}": one for number, one in enumerate(padded, start=1)}
