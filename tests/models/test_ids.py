from datetime import UTC, datetime, timedelta, timezone
from uuid import RFC_4122, UUID

import pytest

from cabinet.models.ids import ordered_id

#: The moment and the first bits of the worked value, RFC 9562, A.6.
WORKED = datetime(2022, 2, 22, 14, 22, 22, tzinfo=timezone(timedelta(hours=-5)))
FIRST = "017f22e2-79b0-7"
#: The 12 bits after the version and the 62 after the variant.
CHANCE = UUID("00000000-0000-0fff-3fff-ffffffffffff").int


def test_it_is_of_the_seventh_version_and_tells_its_moment():
    made = ordered_id(WORKED)
    assert str(made).startswith(FIRST)
    assert (made.version, made.variant) == (7, RFC_4122)


@pytest.mark.parametrize("later", [timedelta(milliseconds=1), timedelta(days=40_000)])
def test_it_stands_after_those_made_before(later):
    for _ in range(50):
        assert ordered_id(WORKED) < ordered_id(WORKED + later)


def test_all_else_is_chance():
    at = datetime(2026, 10, 20, tzinfo=UTC)
    made = [ordered_id(at) for _ in range(1000)]
    assert len(set(made)) == len(made)
    fixed = ordered_id(at).int & ~CHANCE
    assert {one.int & ~CHANCE for one in made} == {fixed}
    always, ever = CHANCE, 0
    for one in made:
        always, ever = always & one.int, ever | one.int & CHANCE
    assert (always, ever) == (0, CHANCE)
