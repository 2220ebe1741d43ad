"""The order in which a postman goes: routes, and addresses on a route."""

import re

_NUMBER = re.compile(r"[0-9]+")
#: Longer numbers than any house or flat has.
_DIGITS = 9
#: After every letter: whoever is on no route comes last.
_LAST = "\U0010ffff"


def route_key(route: str) -> str:
    """Return what routes are sorted by: 2 before 10, accounts on none after all."""
    return walk_key(route) or _LAST


def walk_key(address: str) -> str:
    """Return what addresses are sorted by: house 2 before house 10, flat 3 before 21."""
    return _NUMBER.sub(
        lambda found: found[0].lstrip("0").zfill(_DIGITS), address.casefold()
    )
