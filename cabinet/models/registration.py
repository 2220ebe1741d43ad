"""How people get in: requests to register, one-time links, invitations, leaving."""

from peewee import (
    SQL,
    BooleanField,
    CharField,
    DateField,
    ForeignKeyField,
    IntegerField,
    TextField,
    UUIDField,
)

from cabinet.domain.people import AccessLevel
from cabinet.domain.registration import RegistrationState, TokenPurpose
from cabinet.models.accounts import Account, AccountAccess
from cabinet.models.base import (
    Base,
    MoneyField,
    TextJSONField,
    UtcDateTimeField,
    WordField,
)
from cabinet.models.people import Branch, User


class Document(Base):
    """A public text of one version (публичный документ): a policy, a consent, help.

    The text is plain Markdown; a change is a new version with its own first day. Until that
    day it can be withdrawn.
    """

    code = CharField(max_length=64)
    version = CharField(max_length=32)
    title = CharField(max_length=160)
    text = TextField()
    text_hash = CharField(max_length=64)
    starts = DateField()
    made_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    made_at = UtcDateTimeField(null=True)
    withdrawn_at = UtcDateTimeField(null=True)

    class Meta:
        """A version is written once."""

        indexes = ((("code", "version"), True),)


class RegistrationRequest(Base):
    """A wish to see an account in a cabinet (заявка на регистрацию).

    `claimed` is what was typed beside the account number, `matched` which facts fitted,
    both never shown to who asks; not `is_compared` where there were too many requests,
    until a specialist looks. `user` is somebody who already has a cabinet.
    """

    public_id = UUIDField(unique=True)
    key = CharField(max_length=64, unique=True)
    state = WordField(RegistrationState, default=RegistrationState.DRAFT)
    branch = ForeignKeyField(Branch, backref="+", on_delete="RESTRICT")
    account_number = CharField(max_length=24)
    account = ForeignKeyField(Account, backref="+", null=True, on_delete="RESTRICT")
    amount = MoneyField(null=True)
    receipt_code_hash = CharField(max_length=64, null=True)
    email = CharField(max_length=254)
    user = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    matched = TextJSONField(default=list)
    is_compared = BooleanField(default=True)
    code_hash = CharField(max_length=64, default="")
    code_tries = IntegerField(default=0)
    code_expires_at = UtcDateTimeField(null=True)
    created_at = UtcDateTimeField()
    confirmed_at = UtcDateTimeField(null=True)
    decided_at = UtcDateTimeField(null=True)
    decided_by = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    reason = CharField(max_length=40, default="")
    access = ForeignKeyField(
        AccountAccess, backref="+", null=True, on_delete="RESTRICT"
    )
    address_hash = CharField(max_length=64, default="")
    version = IntegerField(default=0)


RegistrationRequest.add_index(
    RegistrationRequest.branch,
    RegistrationRequest.confirmed_at,
    where=SQL("state = 'waiting'"),
    name="registration_request_queue",
)
RegistrationRequest.add_index(
    RegistrationRequest.state,
    RegistrationRequest.created_at,
    name="registration_request_state",
)


class OneTimeToken(Base):
    """A link that works once (одноразовая ссылка); only its hash is kept."""

    token_hash = CharField(max_length=64, unique=True)
    purpose = WordField(TokenPurpose)
    user = ForeignKeyField(User, backref="+", null=True, on_delete="CASCADE")
    context = TextJSONField(default=dict)
    created_at = UtcDateTimeField()
    expires_at = UtcDateTimeField(index=True)
    used_at = UtcDateTimeField(null=True)
    voided_at = UtcDateTimeField(null=True)


class Invitation(Base):
    """An offer to a relative or a colleague to see an account (приглашение)."""

    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    invited_by = ForeignKeyField(User, backref="+", on_delete="RESTRICT")
    email = CharField(max_length=254)
    level = WordField(AccessLevel)
    until = DateField(null=True)
    created_at = UtcDateTimeField()
    access = ForeignKeyField(
        AccountAccess, backref="+", null=True, on_delete="RESTRICT"
    )
    revoked_at = UtcDateTimeField(null=True)


class Subscription(Base):
    """A letter an account's user asked for (подписка); `kind` says which."""

    user = ForeignKeyField(User, backref="+", on_delete="CASCADE")
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT")
    kind = CharField(max_length=32)
    since = UtcDateTimeField()
    ended_at = UtcDateTimeField(null=True)

    class Meta:
        """Once a person, an account and a kind."""

        indexes = ((("user", "account", "kind"), True),)


class Leaving(Base):
    """A cabinet that is to be closed (удаление учетной записи), with time to regret it.

    `act` is what was destroyed and when, without whose it was.
    """

    public_id = UUIDField(unique=True)
    user = ForeignKeyField(User, backref="+", on_delete="RESTRICT")
    requested_at = UtcDateTimeField()
    due_at = UtcDateTimeField(index=True)
    undone_at = UtcDateTimeField(null=True)
    done_at = UtcDateTimeField(null=True)
    act = TextJSONField(default=dict)


Leaving.add_index(
    Leaving.user,
    unique=True,
    where=SQL("undone_at IS NULL AND done_at IS NULL"),
    name="leaving_open",
)
