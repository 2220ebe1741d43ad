"""All there is in the database, to tell whether anything was changed."""

from cabinet.models import MODELS

#: What every look may write: the log, the counters of limits.
NOTED = {"audit_entry", "attempt"}
#: When something was looked at last.
LOOKED_AT = {"last_seen_at", "last_used_at"}


def digest():
    """Return every row of every table but what every look may write."""
    return {
        model._meta.table_name: [
            {name: value for name, value in row.items() if name not in LOOKED_AT}
            for row in model.select().order_by(*model._meta.get_primary_keys()).dicts()
        ]
        for model in MODELS
        if model._meta.table_name not in NOTED
    }
