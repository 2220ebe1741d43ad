"""Meters (приборы учёта) and their readings (показания)."""

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

from cabinet.domain.metering import MeterStatus, ReadingSource, ReadingState
from cabinet.models.accounts import Account
from cabinet.models.base import (
    Base,
    EnergyField,
    MonthField,
    TextJSONField,
    UtcDateTimeField,
    WordField,
    index_where_set,
    rare_reference,
)
from cabinet.models.exchange import ImportBatch
from cabinet.models.files import StoredFile
from cabinet.models.people import User


class Meter(Base):
    """A meter; a replacement closes one and opens another.

    Registers are whole watt-hours as the meter shows them, before the ratio.
    """

    public_id = UUIDField(unique=True)
    account = ForeignKeyField(Account, backref="+", on_delete="RESTRICT", index=False)
    serial = CharField(max_length=40)
    model = CharField(max_length=80, default="")
    zones = IntegerField()
    digits = IntegerField()
    decimals = IntegerField(default=0)
    ratio = IntegerField(default=1)
    phases = IntegerField(default=1)
    place = CharField(max_length=120, default="")
    installed_on = DateField(null=True)
    removed_on = DateField(null=True)
    opening_on = DateField()
    opening_t1 = EnergyField()
    opening_t2 = EnergyField(null=True)
    opening_t3 = EnergyField(null=True)
    closing_t1 = EnergyField(null=True)
    closing_t2 = EnergyField(null=True)
    closing_t3 = EnergyField(null=True)
    verified_until = DateField(null=True)
    status = WordField(MeterStatus, default=MeterStatus.ACTIVE)
    batch = rare_reference(ImportBatch)

    class Meta:
        """A serial number stands once on an account."""

        indexes = ((("account", "serial"), True),)


index_where_set(Meter.batch)


class Reading(Base):
    """What a meter showed; append only, a newer one supersedes.

    `key` comes from the form: the same key again is the same reading. `told` is what
    the customer was told when sending it (consumption, estimated sum). `act` is the
    number of the act of a control check that contradicts what was sent before: it stands
    beside the reading of its month, and once on a meter. `stood_as` is the state of what
    this one replaced, should it be taken back.
    """

    public_id = UUIDField(unique=True)
    meter = ForeignKeyField(Meter, backref="+", on_delete="RESTRICT", index=False)
    period = MonthField()
    t1 = EnergyField()
    t2 = EnergyField(null=True)
    t3 = EnergyField(null=True)
    taken_on = DateField()
    received_at = UtcDateTimeField()
    source = WordField(ReadingSource)
    state = WordField(ReadingState)
    key = CharField(max_length=64, null=True)
    user = rare_reference(User)
    act = CharField(max_length=40, default="")
    rolled_over = BooleanField(default=False)
    answers = TextJSONField(default=list)
    told = TextJSONField(default=dict)
    comment = TextField(default="")
    reason = CharField(max_length=240, default="")
    photo = rare_reference(StoredFile)
    supersedes = rare_reference("self")
    stood_as = WordField(ReadingState, null=True)
    counted_in = MonthField(null=True)
    reviewed_by = rare_reference(User)
    reviewed_at = UtcDateTimeField(null=True)
    version = IntegerField(default=1)
    batch = rare_reference(ImportBatch)

    class Meta:
        """History is read by meter and period; a key counts once per meter."""

        indexes = (
            (("meter", "period"), False),
            (("meter", "key"), True),
        )


Reading.add_index(
    Reading.meter,
    Reading.period,
    unique=True,
    where=SQL(
        "state IN ('submitted', 'needs_review', 'accepted', 'counted')"
        " AND source <> 'estimate' AND act = ''"
    ),
    name="reading_current",
)
Reading.add_index(
    Reading.meter,
    Reading.act,
    unique=True,
    where=SQL(
        "act <> '' AND state IN ('submitted', 'needs_review', 'accepted', 'counted')"
    ),
    name="reading_act",
)
Reading.add_index(
    Reading.received_at,
    where=SQL("state = 'needs_review'"),
    name="reading_review_queue",
)
#: States of readings that no bill has counted. They stand in a question as in the index, or
#: a database does not use it.
TO_COUNT = SQL("('submitted', 'accepted')")
Reading.add_index(
    Reading.meter,
    Reading.period,
    where=SQL(f"state IN {TO_COUNT.sql}"),
    name="reading_to_count",
)
index_where_set(
    Reading.user,
    Reading.photo,
    Reading.supersedes,
    Reading.reviewed_by,
    Reading.batch,
)
