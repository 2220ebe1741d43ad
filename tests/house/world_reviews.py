"""Readings of Alice's that specialists decide about, new each time."""

from itertools import count
from types import SimpleNamespace

from cabinet.domain.metering import ReadingState
from cabinet.models.base import writing
from cabinet.services import files, reviews
from cabinet.services.audit import Actor
from cabinet.services.staff import Member
from tests import factories

_SERIALS = count(1)


def reading_to_review(world, **values):
    """Return a reading that waits, of a meter of its own."""
    meter = factories.make_meter(world.account, serial=f"review-{next(_SERIALS)}")
    return factories.make_reading(
        meter, "2026-11", (9450,), state=ReadingState.NEEDS_REVIEW, **values
    )


def decided_reading(world):
    """Return a reading that a specialist of the branch has just accepted."""
    row = reading_to_review(world)
    operator = world.users["operator"]
    reviews.accept(
        Member(operator.id, operator.role),
        row.public_id,
        row.version,
        actor=Actor(operator.id),
        now=world.now,
    )
    return row


def reading_with_photo(world):
    """Return a reading with a photo of Alice's."""
    content = SimpleNamespace(
        body=b"her meter", media_type="image/jpeg", sha256="review"
    )
    with writing():
        photo = files.store(
            content, purpose="photo", owner_id=world.users["alice"].id, now=world.now
        )
    return reading_to_review(world, photo=photo)
