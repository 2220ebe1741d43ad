"""Who there is, what they may get of a route, and the rules in use."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What somebody gets from a route."""

    OPEN = "open"  # the page, the change, or the form with what is wrong in it
    SIGN_IN = "sign-in"  # the way to the sign-in form
    FACTOR = "factor"  # the way to the second half of signing in
    ELSEWHERE = "elsewhere"  # the way to a page that is theirs
    MISSING = "missing"  # 404, whatever there is
    NO_KEY = "no-key"  # a program without a key that works
    TOO_FAR = "too-far"  # a program whose key does not reach so far


#: Who comes without a session that counts: also one whose data were erased, and an
#: operator of her branch who is yet to show the second factor.
NO_SESSION = ("anonymous", "expired", "ended", "idle", "disabled", "erased", "half")
#: Who may see Alice's account: all of it, also in the week in which the own cabinet is to
#: be closed; a reader only sends readings for it.
FULLY = ("alice", "delegate", "leaving")
HERS = (*FULLY, "reader")
#: Customers who may not: with an account of their own, Alice's for a time that is over,
#: the same by its last day, and without any account left.
STRANGERS = ("stranger", "former", "lapsed", "homeless")
WITH_ACCOUNT = (*HERS, *STRANGERS[:-1])
CUSTOMERS = (*HERS, *STRANGERS)
#: An operator and a supervisor of her branch, the same of another, an admin, all of
#: whom proved lately who they are; and an operator of her branch who did not.
OWN_STAFF = ("operator", "supervisor", "admin", "unsure")
STAFF = (*OWN_STAFF, "other_operator", "other_supervisor")
SURE_STAFF = tuple(who for who in STAFF if who != "unsure")
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
    `known` is what of hers whoever comes knows already and may see again. Programs come
    with a key of the scope `key` in place of a session; `reach` is how far it must go.
    """

    opens: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    public: bool = False
    known: tuple[str, ...] = ()
    key: str = ""
    reach: str = ""

    def __call__(self, **values: Any) -> Line:
        """Return the line of a route under this rule."""
        return Line(self, values)

    def outcome(self, actor: str) -> Outcome:
        """Return what the actor gets."""
        if self.key and actor not in CUSTOMERS:
            return Outcome.NO_KEY
        if self.key and self.reach and self.key != self.reach:
            return Outcome.NO_KEY if self.key == "calendar" else Outcome.TOO_FAR
        if actor in self.opens:
            return Outcome.OPEN
        if actor in self.elsewhere:
            return Outcome.ELSEWHERE
        if actor in NO_SESSION and not self.public:
            return Outcome.FACTOR if actor == "half" else Outcome.SIGN_IN
        return Outcome.MISSING


#: For everybody; who is not signed in yet; and everybody but staff.
PUBLIC = Rule(opens=ACTORS, public=True)
VISITORS = Rule(opens=NO_SESSION, elsewhere=(*CUSTOMERS, *STAFF), public=True)
NOT_STAFF = Rule(opens=(*NO_SESSION, *CUSTOMERS), elsewhere=STAFF, public=True)
#: For who holds a link from a letter, also after signing in; asked with a wrong one.
LINK = Rule(public=True)
LINK_SIGNED_IN = Rule()
#: The same, where the form is sent anew: it says 409 and where to go on.
LINK_SENT = Rule(opens=ACTORS, public=True)
#: For who holds a link or a ticket to her meter: the number of the account is theirs.
METER_LINK = Rule(opens=ACTORS, public=True, known=("460000000017", "4600 0000 0017"))

#: Whoever is signed in, on a page of their own.
SIGNED_IN = Rule(opens=(*CUSTOMERS, *STAFF))
CUSTOMER = Rule(opens=CUSTOMERS)
#: The second half of signing in; and what staff change who are asked again who they are.
HALF = Rule(opens=("half",), elsewhere=(*CUSTOMERS, *STAFF))
SURE = Rule(opens=SURE_STAFF, elsewhere=("unsure",))
SURE_OR_HALF = Rule(opens=SURE_STAFF, elsewhere=("unsure", "half"))
HOME = Rule(opens=CUSTOMERS, elsewhere=STAFF)
#: Pages of the customer's own chosen account: on any level, and on the full one.
ACCOUNT = Rule(opens=WITH_ACCOUNT, elsewhere=("homeless",))
FULL_LEVEL = Rule(
    opens=tuple(who for who in WITH_ACCOUNT if who != "reader"),
    elsewhere=("homeless",),
)

#: What belongs to Alice's account, by level; the second ask for no account first.
THING = Rule(opens=HERS, elsewhere=("homeless",))
FULL_THING = Rule(opens=FULLY, elsewhere=("homeless",))
CHOICE = Rule(opens=HERS)
#: Programs of customers: with the key of anybody, of who may see her account, of who may
#: see its money, to send readings; and with one that does not reach so far.
PROGRAM = Rule(opens=CUSTOMERS, key="read")
HER_PROGRAM = Rule(opens=HERS, key="read")
HER_FULL_PROGRAM = Rule(opens=FULLY, key="read")
HER_SENDER = Rule(opens=HERS, key="submit", reach="submit")
A_READER = Rule(key="read", reach="submit")
A_CALENDAR = Rule(key="calendar", reach="read")
#: What belongs to Alice herself, or to her as the owner: nobody else has a part in it.
ALICE_ALONE = Rule(opens=("alice",))
OWNER = Rule(opens=("alice",), elsewhere=("homeless",))

#: The back office: any of it, Alice's branch, and what only an admin may.
WORKPLACE = Rule(opens=STAFF)
HER_BRANCH = Rule(opens=OWN_STAFF)
#: The same, asked for by the number of her account.
HER_NUMBER = Rule(opens=OWN_STAFF, known=("460000000017", "4600 0000 0017"))
#: What moves money of her branch: who is asked again who they are comes back later.
SURE_BRANCH = Rule(
    opens=tuple(who for who in OWN_STAFF if who != "unsure"), elsewhere=("unsure",)
)
#: The same, asked for by the number of her account.
SURE_NUMBER = Rule(
    opens=tuple(who for who in OWN_STAFF if who != "unsure"),
    elsewhere=("unsure",),
    known=("460000000017", "4600 0000 0017"),
)
#: What changes the bills of all her branch; and what a chief of any branch has.
HER_CHIEFS = Rule(opens=("supervisor", "admin"))
CHIEFS = Rule(opens=(*HER_CHIEFS.opens, "other_supervisor"))
ADMIN = Rule(opens=("admin",))
