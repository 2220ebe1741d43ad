"""Days that cost penalties as rows, and limits of ranges by region.

The rows of the days come where the other rules of penalties are loaded: a month cannot be
billed without, and an office that bills by itself goes on as before.
"""

from peewee import BooleanField, CharField, DateField, Model

_CODE = "Housing Code, article 155 part 14"
_ROWS = (
    ("counted", "2016-01-01", "2020-04-06", _CODE, True),
    (
        "excluded",
        "2020-04-06",
        "2021-01-01",
        "постановление Правительства РФ № 424 от 02.04.2020",
        True,
    ),
    (
        "counted",
        "2021-01-01",
        None,
        f"{_CODE}: no later act for households is known",
        False,
    ),
)


class OtherRule(Model):
    rule = CharField(max_length=60)
    key = CharField(max_length=60)
    value = CharField(max_length=120)
    unit = CharField(max_length=60, default="")
    starts = DateField()
    ends = DateField(null=True)
    source = CharField(max_length=500, default="")
    verified = BooleanField(default=False)

    class Meta:
        table_name = "other_rule"


def up(migrator, db):
    """Add the column, and the rows beside the shares of penalties."""
    region = CharField(max_length=120, default="")
    migrator.migrate(
        migrator.add_column("range", "region", region),
        migrator.drop_index("range", "range_kind_number_starts"),
        migrator.add_index("range", ("region", "kind", "number", "starts"), True),
    )
    with db.bind_ctx([OtherRule], bind_refs=False, bind_backrefs=False):
        known = OtherRule.select().where(OtherRule.rule == "penalty_share")
        told = OtherRule.select().where(OtherRule.rule == "penalty_days")
        if not known.exists() or told.exists():
            return
        for value, starts, ends, source, verified in _ROWS:
            OtherRule.create(
                rule="penalty_days",
                key="household",
                value=value,
                starts=starts,
                ends=ends,
                source=source,
                verified=verified,
            )


def down(migrator, db):
    """Take the rows away."""
    with db.bind_ctx([OtherRule], bind_refs=False, bind_backrefs=False):
        OtherRule.delete().where(OtherRule.rule == "penalty_days").execute()
    db.execute_sql("DELETE FROM \"range\" WHERE region <> ''")
    migrator.migrate(
        migrator.drop_index("range", "range_region_kind_number_starts"),
        migrator.drop_column("range", "region", cascade=False),
        migrator.add_index("range", ("kind", "number", "starts"), True),
    )
