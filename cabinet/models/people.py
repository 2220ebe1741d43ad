"""People: users, their sessions and consents, and who works in which branch."""

from functools import partial
from secrets import token_hex

from peewee import BooleanField, CharField, ForeignKeyField, IntegerField, TextField

from cabinet.domain.keys import KeyScope
from cabinet.domain.money import Money
from cabinet.domain.people import Role
from cabinet.models.base import (
    Base,
    EnergyField,
    MoneyField,
    UtcDateTimeField,
    WordField,
)


class Branch(Base):
    """A branch of the retailer (филиал); everything regional hangs here.

    `opens_on_match` lets two strong facts open an account at once; a payment below
    `least_evidence` is no evidence of who somebody is; what is given back of a payment
    above `refund_alone_up_to`, and what is recalculated by order of an account above
    `recalculate_alone_up_to`, needs a second person. `settles_norm` tells whether the
    branch's own billing settles months by the norm when readings come again: the Rules
    leave it open. `offices_version` grows with each change of its offices: who holds them
    in memory sees by it that they are the old ones.
    """

    code = CharField(max_length=32, unique=True)
    name = CharField(max_length=120)
    region = CharField(max_length=120)
    time_zone = CharField(max_length=64)
    window_first = IntegerField(default=20)
    window_last = IntegerField(default=25)
    own_billing = BooleanField(default=False)
    settles_norm = BooleanField(default=True)
    unusual_floor = EnergyField(null=True)
    company = CharField(max_length=160)
    inn = CharField(max_length=12)
    kpp = CharField(max_length=9)
    bic = CharField(max_length=9)
    bank = CharField(max_length=120)
    settlement_account = CharField(max_length=20)
    correspondent_account = CharField(max_length=20)
    address = CharField(max_length=240)
    phone = CharField(max_length=40)
    hours = CharField(max_length=120)
    email = CharField(max_length=254)
    site = CharField(max_length=120, default="")
    opens_on_match = BooleanField(default=False)
    least_evidence = MoneyField(default=Money(50_00))
    refund_alone_up_to = MoneyField(default=Money(5_000_00))
    recalculate_alone_up_to = MoneyField(default=Money(5_000_00))
    offices_version = IntegerField(default=0)


class User(Base):
    """A person who can sign in (пользователь).

    With `address_key` the addresses they come from are hashed for the audit log; it goes
    when they are erased, and nothing can tell those hashes from chance any more.

    `email_failed_at` is when a mail server said for good that the address takes no mail.
    """

    email = CharField(max_length=254, unique=True, null=True)
    email_failed_at = UtcDateTimeField(null=True)
    name = CharField(max_length=160)
    password_hash = CharField(max_length=255, null=True)
    role = WordField(Role, default=Role.CUSTOMER)
    created_at = UtcDateTimeField()
    disabled_at = UtcDateTimeField(null=True)
    erased_at = UtcDateTimeField(null=True)
    address_key = CharField(max_length=32, default=partial(token_hex, 16))


# Staff are few among all who have a cabinet.
User.add_index(User.role, name="user_role")


class StaffBranch(Base):
    """A branch a member of staff works in."""

    user = ForeignKeyField(User, backref="+", on_delete="CASCADE")
    branch = ForeignKeyField(Branch, backref="+", on_delete="CASCADE")

    class Meta:
        """Once per person and branch."""

        indexes = ((("user", "branch"), True),)


class Session(Base):
    """A signed-in browser (сеанс); only the hash of its cookie is kept.

    `has_factor` is false while a member of staff has not shown the second one;
    `sure_until` is how long a fresh proof of identity counts for what is sensitive.
    `network` is the keyed hash of the network it was opened from.
    """

    sid_hash = CharField(max_length=64, unique=True)
    user = ForeignKeyField(User, backref="+", on_delete="CASCADE")
    account_id = IntegerField(null=True)
    created_at = UtcDateTimeField()
    last_seen_at = UtcDateTimeField()
    expires_at = UtcDateTimeField()
    idle_minutes = IntegerField(null=True)
    device = CharField(max_length=120, default="")
    network = CharField(max_length=64, default="")
    revoked_at = UtcDateTimeField(null=True)
    has_factor = BooleanField(default=True)
    sure_until = UtcDateTimeField(null=True)


class Consent(Base):
    """One act of consent or withdrawal (согласие); never updated.

    Before there is a user it belongs to a request to register.
    """

    user = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    registration_id = IntegerField(null=True, index=True)
    document = CharField(max_length=64)
    version = CharField(max_length=32)
    text_hash = CharField(max_length=64)
    given = BooleanField()
    at = UtcDateTimeField()
    address_hash = CharField(max_length=64, default="")
    channel = CharField(max_length=32, default="")
    note = TextField(default="")


class PersonalKey(Base):
    """What lets a program in under a person's name (персональный ключ).

    Only the hash of its secret is kept. `form_key` makes a form that is sent twice one
    key.
    """

    user = ForeignKeyField(User, backref="+", on_delete="CASCADE")
    scope = WordField(KeyScope)
    name = CharField(max_length=60)
    secret_hash = CharField(max_length=64, unique=True)
    form_key = CharField(max_length=32, unique=True)
    created_at = UtcDateTimeField()
    last_used_at = UtcDateTimeField(null=True)
    revoked_at = UtcDateTimeField(null=True)
