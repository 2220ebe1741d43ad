"""What a specialist entered for Alice."""

import secrets

from tests import factories


def entered(world):
    """Return a reading that the operator of her branch was told by telephone just now."""
    meter = factories.make_meter(world.account, serial=secrets.token_hex(4))
    return factories.make_reading(
        meter,
        "2026-11",
        (4638,),
        source="phone",
        state="submitted",
        user=world.users["operator"],
        received_at=world.now,
    )
