"""Who may what: one line for each route and method, grouped by rule.

A new route takes one line in ROUTES: its rule and, in brackets, the values of its
address and form. A value that belongs to somebody is a Thing: it is Alice's, and the
test asks for one that does not exist as well, which must look the same to strangers.
What follows a `?` in a key tells two lines of one route apart.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What somebody gets from a route."""

    OPEN = "open"  # the page, the change, or the form with what is wrong in it
    SIGN_IN = "sign-in"  # the way to the sign-in form
    ELSEWHERE = "elsewhere"  # the way to a page that is theirs
    MISSING = "missing"  # 404, whatever there is


#: Who comes without a session that counts.
NO_SESSION = ("anonymous", "expired", "ended", "idle", "disabled")
#: Who may see Alice's account; a reader only sends readings for it.
HERS = ("alice", "delegate", "reader")
#: Customers who may not: with an account of their own, Alice's for a time that is over,
#: the same by its last day, and without any account left.
STRANGERS = ("stranger", "former", "lapsed", "homeless")
WITH_ACCOUNT = (*HERS, *STRANGERS[:-1])
CUSTOMERS = (*HERS, *STRANGERS)
#: An operator and a supervisor of her branch, an operator of another, an admin.
OWN_STAFF = ("operator", "supervisor", "admin")
STAFF = (*OWN_STAFF, "other_operator")
ACTORS = (*NO_SESSION, *CUSTOMERS, *STAFF)


@dataclass(frozen=True)
class Thing:
    """Something of Alice's in an address or a form, and one that does not exist."""

    of: Callable[[Any, str], Any]
    missing: Any


@dataclass(frozen=True)
class Line:
    """A route: its rule and the values it is asked with."""

    rule: "Rule"
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Rule:
    """Whom a route is open to and whom it sends elsewhere; others miss it.

    Without a session that counts there is the way to sign in, unless it is `public`.
    """

    opens: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    public: bool = False

    def __call__(self, **values: Any) -> Line:
        """Return the line of a route under this rule."""
        return Line(self, values)

    def outcome(self, actor: str) -> Outcome:
        """Return what the actor gets."""
        if actor in self.opens:
            return Outcome.OPEN
        if actor in self.elsewhere:
            return Outcome.ELSEWHERE
        if actor in NO_SESSION and not self.public:
            return Outcome.SIGN_IN
        return Outcome.MISSING


#: For everybody, and for everybody who is not signed in yet.
PUBLIC = Rule(opens=ACTORS, public=True)
VISITORS = Rule(opens=NO_SESSION, elsewhere=(*CUSTOMERS, *STAFF), public=True)
#: Only for who holds a link from a letter; the matrix asks with a wrong one.
LINK = Rule(public=True)

#: Whoever is signed in, on a page of their own.
SIGNED_IN = Rule(opens=(*CUSTOMERS, *STAFF))
CUSTOMER = Rule(opens=CUSTOMERS)
HOME = Rule(opens=CUSTOMERS, elsewhere=STAFF)
#: Pages of the customer's own chosen account: on any level, and on the full one.
ACCOUNT = Rule(opens=WITH_ACCOUNT, elsewhere=("homeless",))
FULL_LEVEL = Rule(
    opens=tuple(who for who in WITH_ACCOUNT if who != "reader"),
    elsewhere=("homeless",),
)

#: What belongs to Alice's account, by level; the second ask for no account first.
THING = Rule(opens=HERS, elsewhere=("homeless",))
FULL_THING = Rule(opens=("alice", "delegate"), elsewhere=("homeless",))
CHOICE = Rule(opens=HERS)
#: What belongs to Alice herself: nobody else has any part in it.
ALICE_ALONE = Rule(opens=("alice",))

#: The back office: any of it, Alice's branch, and what only an admin may.
WORKPLACE = Rule(opens=STAFF)
HER_BRANCH = Rule(opens=OWN_STAFF)
ADMIN = Rule(opens=("admin",))


NO_UUID = "00000000-0000-4000-8000-000000000000"
READING = Thing(lambda world, _: world.reading.public_id, NO_UUID)
METER = Thing(lambda world, _: world.meter.public_id, NO_UUID)
PAPER = Thing(lambda world, _: world.paper.public_id, NO_UUID)
#: A new one each time: it is ended by asking.
SESSION = Thing(lambda world, _: world.new_session("alice"), 10**9)
#: The actor's own name for Alice's account, hers for who has none; and for an own one.
SLUG = Thing(lambda world, actor: world.slug_of_hers(actor), "nowhere0")
OWN_SLUG = Thing(lambda world, actor: world.slug_of_own(actor), None)
#: Nobody's, not a Thing: to be asked for by all alike.
ASSET = Thing(lambda world, _: world.asset, None)
MONTH = "2026-10"

ROUTES: dict[str, Line] = {
    # Files and machines.
    "GET /healthz": PUBLIC(),
    "GET /readyz": PUBLIC(),
    "POST /csp-report": PUBLIC(report="{}"),
    "GET /manifest.webmanifest": PUBLIC(),
    "GET /offline": PUBLIC(),
    "GET /s/<string:name>": PUBLIC(name=ASSET),
    "GET /sw.js": PUBLIC(),
    # The demonstration only.
    "GET /demo": PUBLIC(),
    "GET /demo/mail": PUBLIC(),
    "GET /demo/mail/<int:number>": PUBLIC(number=1),
    # Signing in.
    "GET /login": VISITORS(),
    "POST /login": PUBLIC(),
    "POST /logout": SIGNED_IN(),
    "GET /profile": SIGNED_IN(),
    "POST /profile/sessions/end-others": SIGNED_IN(),
    "POST /profile/sessions/<int:session_id>/end": ALICE_ALONE(session_id=SESSION),
    # The chosen account.
    "GET /": HOME(),
    "POST /account": CHOICE(account=SLUG),
    "GET /tariffs": ACCOUNT(),
    "GET /readings": ACCOUNT(),
    "GET /readings?meter": THING(meter=METER),
    "POST /readings": THING(account=SLUG, meter=METER),
    "POST /readings?a foreign meter": THING(account=OWN_SLUG, meter=METER),
    "GET /readings/<uuid:public_id>": THING(public_id=READING),
    "GET /readings/<uuid:public_id>.pdf": THING(public_id=READING),
    "POST /readings/<uuid:public_id>/mail": THING(public_id=READING),
    # The chosen account, on the full level.
    "GET /bills": FULL_LEVEL(),
    "GET /bills/<month:month>": FULL_LEVEL(month=MONTH),
    "GET /bills/<month:month>.pdf": FULL_LEVEL(month=MONTH),
    "GET /history": FULL_LEVEL(),
    "GET /history.csv": FULL_LEVEL(),
    "GET /papers": FULL_LEVEL(),
    "GET /papers/<uuid:public_id>": FULL_THING(public_id=PAPER),
    # The back office.
    "GET /staff/": WORKPLACE(),
}
