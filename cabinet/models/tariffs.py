"""Dated rows: tariffs, ranges, norms, and the rules of the trade.

Every span is half-open: `starts` is the first day, `ends` the first day after.
"""

from peewee import BooleanField, CharField, DateField, ForeignKeyField, IntegerField

from cabinet.domain.tariff import Category, Plan, Zone
from cabinet.models.base import Base, EnergyField, PriceField, WordField


class Tariff(Base):
    """What is priced: a region, a category of customers, a zone plan (тариф)."""

    region = CharField(max_length=120)
    category = WordField(Category)
    plan = WordField(Plan)

    class Meta:
        """Once per region, category and plan."""

        indexes = ((("region", "category", "plan"), True),)


class Rate(Base):
    """The price of a kilowatt-hour of a zone and a range from a day on (ставка)."""

    tariff = ForeignKeyField(Tariff, backref="+", on_delete="RESTRICT")
    zone = WordField(Zone)
    range_number = IntegerField()
    price = PriceField()
    starts = DateField()
    ends = DateField(null=True)
    document = CharField(max_length=240, default="")
    source = CharField(max_length=500, default="")
    verified = BooleanField(default=False)

    class Meta:
        """One price a day."""

        indexes = ((("tariff", "zone", "range_number", "starts"), True),)


class Range(Base):
    """The most energy a month that a range of consumption takes (диапазон).

    `kind` tells apart ordinary limits and those of the heating season. Those of a
    `region` hold there in place of those without one.
    """

    region = CharField(max_length=120, default="")
    kind = CharField(max_length=60)
    number = IntegerField()
    limit = EnergyField()
    starts = DateField()
    ends = DateField(null=True)
    source = CharField(max_length=500, default="")
    verified = BooleanField(default=False)

    class Meta:
        """One limit a day."""

        indexes = ((("region", "kind", "number", "starts"), True),)


class Norm(Base):
    """Energy a person a month where there is no reading (норматив)."""

    region = CharField(max_length=120)
    rooms = IntegerField()
    residents = IntegerField()
    stove = CharField(max_length=24)
    premises = CharField(max_length=24)
    water_heater = CharField(max_length=24, default="")
    energy = EnergyField()
    document = CharField(max_length=500, default="")
    source = CharField(max_length=500, default="")
    note = CharField(max_length=500, default="")
    verified = BooleanField(default=False)

    class Meta:
        """Once per kind of dwelling."""

        indexes = (
            (
                ("region", "rooms", "residents", "stove", "premises", "water_heater"),
                True,
            ),
        )


class KeyRate(Base):
    """The key rate of the Bank of Russia, hundredths of a percent (ключевая ставка)."""

    rate = IntegerField()
    starts = DateField(unique=True)
    ends = DateField(null=True)
    source = CharField(max_length=500, default="")


class VatRate(Base):
    """The rate of VAT, hundredths of a percent (ставка НДС)."""

    rate = IntegerField()
    starts = DateField(unique=True)
    ends = DateField(null=True)
    source = CharField(max_length=500, default="")


class DueRule(Base):
    """The day of the next month by which a period is paid (срок оплаты)."""

    kind = CharField(max_length=24)
    day = IntegerField()
    starts = DateField()
    ends = DateField(null=True)
    source = CharField(max_length=500, default="")

    class Meta:
        """One rule a day."""

        indexes = ((("kind", "starts"), True),)


class OtherRule(Base):
    """A dated rule that has no table of its own: penalty cap and shares, zone hours."""

    rule = CharField(max_length=60)
    key = CharField(max_length=60)
    value = CharField(max_length=120)
    unit = CharField(max_length=60, default="")
    starts = DateField()
    ends = DateField(null=True)
    source = CharField(max_length=500, default="")
    verified = BooleanField(default=False)

    class Meta:
        """One value a day."""

        indexes = ((("rule", "key", "starts"), True),)


class Holiday(Base):
    """A day that is not what its weekday says (производственный календарь)."""

    day = DateField(unique=True)
    is_working = BooleanField()
    source = CharField(max_length=240, default="")
