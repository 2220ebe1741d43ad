"""The month a reading counts in, to the millisecond, in every time zone of the country."""

from datetime import UTC, datetime, timedelta

import pytest

from cabinet.domain.period import Month
from cabinet.models import Reading
from cabinet.services import readings
from cabinet.services.audit import Actor
from cabinet.services.readings import Phase
from tests.factories import (
    give_access,
    make_account,
    make_branch,
    make_meter,
    make_reading,
)

NOVEMBER, DECEMBER = Month(2026, 11), Month(2026, 12)

#: Milliseconds past the local midnight a day begins with, and what is expected then.
CELLS = [
    (19, -1, Phase.EARLY, NOVEMBER),
    (19, 0, Phase.EARLY, NOVEMBER),
    (19, 1, Phase.EARLY, NOVEMBER),
    (20, -1, Phase.EARLY, NOVEMBER),
    (20, 0, Phase.OPEN, NOVEMBER),
    (20, 1, Phase.OPEN, NOVEMBER),
    (25, -1, Phase.OPEN, NOVEMBER),
    (25, 0, Phase.OPEN, NOVEMBER),
    (25, 1, Phase.OPEN, NOVEMBER),
    (26, -1, Phase.OPEN, NOVEMBER),
    (26, 0, Phase.LATE, DECEMBER),
    (26, 1, Phase.LATE, DECEMBER),
]


@pytest.mark.parametrize(
    ("offset", "zone"),
    [
        (2, "Europe/Kaliningrad"),
        (3, "Europe/Moscow"),
        (4, "Europe/Samara"),
        (5, "Asia/Yekaterinburg"),
        (6, "Asia/Omsk"),
        (7, "Asia/Krasnoyarsk"),
        (8, "Asia/Irkutsk"),
        (9, "Asia/Yakutsk"),
        (10, "Asia/Vladivostok"),
        (11, "Asia/Magadan"),
        (12, "Asia/Kamchatka"),
    ],
)
def test_a_reading_counts_in_the_month_of_its_zone(alice, offset, zone):
    branch = make_branch(zone, time_zone=zone)
    found = []
    for number, (day, past, *_) in enumerate(CELLS):
        account = make_account(str(460000000100 + number), branch)
        give_access(alice, account)
        make_reading(make_meter(account), values=(4634,))
        midnight = datetime(2026, 11, day, tzinfo=UTC) - timedelta(hours=offset)
        now = midnight + timedelta(milliseconds=past)
        form = readings.reading_form(alice.id, account.id, now=now).meter
        taken = readings.submit_reading(
            alice.id,
            account.id,
            form.public_id,
            ("4772",),
            key=form.key,
            month=form.timing.month,
            actor=Actor(alice.id),
            pepper="pepper",
            now=now,
        )
        row = Reading.get(Reading.public_id == taken.public_id)
        assert row.received_at == now
        assert row.period == form.timing.month
        found.append((day, past, form.timing.phase, row.period))
    assert found == CELLS
