"""What reports and the scale of how convenient it is need of the world."""

from cabinet.models import UsabilityRating


def fresh_receipt(world):
    """Return what a guest has whose account was asked nothing in this quarter."""
    UsabilityRating.delete().where(UsabilityRating.account == world.account).execute()
    return world.new_receipt()
