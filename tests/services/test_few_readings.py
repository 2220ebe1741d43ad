"""Of a meter the newest readings are read first, and all of them where those do not say."""

import pytest

from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingState
from cabinet.services.access import accounts_of
from cabinet.services.readings import facts as service
from cabinet.services.readings import rows
from tests import factories

MONTHS = [f"2026-{month:02}" for month in range(1, 12)]


@pytest.fixture
def facts(alice, meter, now):
    """What is known of the meter, as the form asks for it."""

    def facts():
        (card,) = accounts_of(alice.id, now=now)
        meters = service.meters_of(card)
        return service.facts_of(card, meters[0], meters, now=now)

    return facts


@pytest.fixture
def all_at_once(monkeypatch):
    """The same with every reading read at first."""

    def all_at_once():
        monkeypatch.setattr(service, "RECENT", rows.STANDING)
        monkeypatch.setattr(service, "FEW", rows.ENOUGH)

    return all_at_once


STREAKS = {
    "all counted": dict.fromkeys(MONTHS, ReadingState.COUNTED),
    "months under review": {
        month: ReadingState.ACCEPTED if month < "2026-04" else ReadingState.NEEDS_REVIEW
        for month in MONTHS
    },
    "nothing but review": dict.fromkeys(MONTHS, ReadingState.NEEDS_REVIEW),
    "one reading": {"2026-10": ReadingState.ACCEPTED},
    "none": {},
    "counted ahead": dict.fromkeys(
        [*MONTHS, "2026-12", "2027-01", "2027-02", "2027-03", "2027-04"],
        ReadingState.COUNTED,
    ),
}


@pytest.mark.parametrize("streak", STREAKS)
def test_few_say_what_all_would(facts, meter, all_at_once, streak):
    for number, (month, state) in enumerate(STREAKS[streak].items()):
        factories.make_reading(meter, month, (4000 + 100 * number,), state=state)
    few = facts()
    all_at_once()
    every = facts()
    assert (few.slot, few.base, few.current) == (every.slot, every.base, every.current)


def test_the_act_of_a_check_is_found_among_many(facts, meter, all_at_once):
    for number, month in enumerate(MONTHS[:-1]):
        factories.make_reading(meter, month, (4000 + 100 * number,))
    sent = {"day": 10, "state": ReadingState.SUBMITTED}
    factories.make_reading(meter, "2026-11", (5000,), **sent)
    for number in range(6):
        found = {"act": f"act {number}", "state": ReadingState.ACCEPTED}
        factories.make_reading(meter, "2026-11", (6000 + number,), **found)
    few = facts()
    all_at_once()
    every = facts()
    assert (few.slot, few.base, few.current) == (every.slot, every.base, every.current)
    assert few.base.registers[0] > Energy.from_kwh(5999)
    assert few.current is not None
