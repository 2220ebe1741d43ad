import pytest

from cabinet.models import Reading
from tests.factories import make_ranges, make_rates, make_reading


@pytest.fixture
def last(meter):
    """Alice's meter showed 4 634 in October."""
    make_rates()
    make_ranges()
    return make_reading(meter, values=(4634,))


@pytest.fixture(params=[False, True], ids=["plain", "htmx"])
def htmx(request):
    """Every journey is made without JavaScript and with it."""
    return request.param


@pytest.fixture
def taken(db):
    """What lies in the database of the readings sent: values, month, state."""

    def taken():
        rows = Reading.select().where(
            Reading.source == "cabinet", Reading.key.is_null(False)
        )
        return [
            (int(row.t1.kwh), str(row.period), str(row.state))
            for row in rows.order_by(Reading.id)
        ]

    return taken
