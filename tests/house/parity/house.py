"""How an act is told, and the people of Alice's house whom it may need."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from cabinet.models import OutboxMessage, SecondFactor
from cabinet.services import readings
from cabinet.services.audit import Actor
from tests import factories
from tests.browsing import Browser
from tests.factories import PASSWORD

#: An id and a secret that nobody has.
NO_ID = "00000000-0000-4000-8000-000000000000"
NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True)
class Act:
    """A form on a page, filled and sent; without `form` the fields go as they are.

    A file is a pair of bytes and a name. `action` is sent to in place of the form's.
    A form whose answer is always a whole page is not `is_swapped`: htmx never sends it.
    """

    page: str
    form: str | None = None
    fields: Mapping[str, object] = field(default_factory=dict)
    button: tuple[str, str] | None = None
    action: str | None = None
    has_token: bool = True
    is_swapped: bool = True


@dataclass(frozen=True)
class Route:
    """How to do what a route does, and how to be refused, at least once.

    `act` and a refusal may write rows before they tell what is sent; a refusal that is
    a mapping is sent in the act's form, with these fields in place of the act's. Beside
    each stands its status; `done` is what is answered without htmx.
    """

    act: Callable[["House"], Act]
    refusals: Mapping[int, Callable[["House"], Act] | Mapping[str, object]]
    done: int = 303


def at(act, **changed):
    """Return a refusal: the same act with something changed, the `action` mostly."""
    return lambda house: replace(act(house), **changed)


class House:
    """Whom an act may need. Everybody is made when asked for."""

    def __init__(self, app, now):
        self.app = app
        self.now = now
        self.browser = Browser(app)
        self.alice = factories.make_customer("alice@example.org", name="Алиса Орлова")
        self.account = factories.make_account()
        factories.give_access(self.alice, self.account, slug="home")
        self.meter = factories.make_meter(self.account)
        factories.make_rates()
        factories.make_ranges()
        factories.make_reading(self.meter, values=(4634,))

    def sign_in(self, user=None):
        """Let the user, else Alice, do the act."""
        self.browser.sign_in(user or self.alice)

    def enter_password(self, user):
        """Let the user be half in: the password is typed, the code is not."""
        self.browser.submit(
            self.browser.get("/login"),
            "#login-form",
            login=user.email,
            password=PASSWORD,
        )

    def sign_in_staff(self, role="operator"):
        """Let one of the staff do the act, with a code that is still to be used."""
        self.sign_in(factories.make_staff(role=role))
        SecondFactor.update(last_step=0).execute()

    def give_dacha(self):
        """Give Alice a second account."""
        dacha = factories.make_account(number="460000000002")
        factories.give_access(self.alice, dacha, slug="dacha", label="Дача", position=1)

    def take_reading(self, user, account):
        """Return a reading the user has sent."""
        form = readings.reading_form(user.id, account.id, now=self.now).meter
        return readings.submit_reading(
            user.id,
            account.id,
            form.public_id,
            ("4772",),
            key=form.key,
            actor=Actor(user.id),
            pepper="pepper",
            now=self.now,
        )

    def make_stranger(self):
        """Return somebody else and the account of theirs."""
        stranger = factories.make_customer("charlie@example.org", name="Чарли Чужой")
        other = factories.make_account(number="460000000099")
        factories.make_meter(other)
        factories.give_access(stranger, other, slug="other")
        return stranger, other

    @staticmethod
    def letter(kind):
        """Return what the last letter of the kind says."""
        rows = OutboxMessage.select().where(OutboxMessage.kind == kind)
        return rows.order_by(OutboxMessage.id.desc()).get().context

    def link(self, kind):
        """Return the address in the last letter of the kind."""
        return re.sub("^http://localhost", "", self.letter(kind)["link"])
