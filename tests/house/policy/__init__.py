"""Who may what: one line for each route and method, grouped by rule.

A new route takes one line in ROUTES of a `routes_*.py`: its rule and, in brackets, the
values of its address and form. A value that belongs to somebody is a Thing: it is
Alice's, and the test asks for one that does not exist as well, which must look the same
to strangers. What follows a `?` in a key tells two lines of one route apart.
"""

import pkgutil
from importlib import import_module

from tests.house.policy.rules import Line


def _all() -> dict[str, Line]:
    found: dict[str, Line] = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith("routes_"):
            lines = import_module(f"{__name__}.{module.name}").ROUTES
            assert not found.keys() & lines.keys(), found.keys() & lines.keys()
            found |= lines
    return found


ROUTES = _all()

#: Asked so that there is nothing to change, or only in the browser: nothing is noted.
QUIET = {
    "POST /looks",
    "POST /staff/help/key",
    "POST /leaving/undo",
    "POST /profile/accounts/<string:slug>/move",
    "POST /staff/bills",
    "POST /staff/reconciliations/file",
}
