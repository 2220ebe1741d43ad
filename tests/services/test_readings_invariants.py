"""Whatever people, operators and bill runs do in any order, the rows stay in order."""

import random
from collections import Counter
from datetime import timedelta

import pytest

from cabinet.domain.metering import BASE, CURRENT, MOVES, ReadingState
from cabinet.domain.period import Month, local_day
from cabinet.domain.readings import Answer, NotAReadingError
from cabinet.models import AuditEntry, Reading
from cabinet.services import readings
from cabinet.services.audit import Actor
from cabinet.services.limits import TooManyAttemptsError
from tests.factories import give_access, make_account, make_meter, make_reading

STEPS = 60
REFUSALS = (
    NotAReadingError,
    TooManyAttemptsError,
    readings.MonthChangedError,
    readings.ReadingAskedError,
)


@pytest.fixture
def card(alice, now):
    account = make_account()
    give_access(alice, account, slug="home")
    make_reading(make_meter(account, zones=2), values=(4634, 4200))
    return readings.reading_form(alice.id, account.id, now=now).account


def checked(card):
    """Check what must always hold of the rows, and return them."""
    rows = list(Reading.select().order_by(Reading.id))
    current = Counter(row.period for row in rows if row.state in CURRENT)
    assert max(current.values()) == 1, "one current reading a month"
    followed = Counter(row.supersedes_id for row in rows if row.supersedes_id)
    assert all(count == 1 for count in followed.values()), "a chain does not fork"
    assert set(followed) == {
        row.id for row in rows if row.state is ReadingState.SUPERSEDED
    }
    for row in rows:
        assert row.t2 is not None, "all zones or nothing"
        assert row.t1.wh % 1000 == 0
        if row.key is not None and row.state is not ReadingState.NEEDS_REVIEW:
            own = card.window.period_of(local_day(row.received_at, card.zone))
            assert row.period >= own
        if row.supersedes_id:
            assert row.supersedes.period == row.period
    written = [row for row in rows if row.key is not None]
    entries = AuditEntry.select().where(AuditEntry.action == "reading.submitted")
    assert {f"reading:{row.id}" for row in written} == {e.subject for e in entries}
    assert len({row.key for row in written}) == len(written)
    return rows


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_events_leaves_the_rows_in_order(card, alice, now, seed):
    chance = random.Random(seed)
    form = readings.reading_form(alice.id, card.account_id, now=now).meter
    acknowledged = set()
    for _ in range(STEPS):
        now += timedelta(hours=chance.choice([0, 0, 1, 30, 200]))
        act = chance.random()
        if act < 0.2:
            form = readings.reading_form(alice.id, card.account_id, now=now).meter
        elif act < 0.85:
            taken = send(chance, alice, card, form, now)
            acknowledged |= {taken} - {None}
        else:
            move_one(chance, checked(card), act)
        checked(card)
    assert acknowledged <= {row.public_id for row in Reading.select()}
    assert acknowledged


def send(chance, alice, card, form, now):
    """Send something likely or unlikely; the id of what was taken."""
    base = max(row.t1.kwh for row in Reading.select() if row.state in BASE)
    typed = chance.choice(
        [int(base) + chance.randint(0, 250), chance.randint(0, 99_999), "x"]
    )
    night = chance.choice([4200, 4300, 5000])
    answers = chance.sample(list(Answer), chance.randint(0, 3))
    try:
        return readings.submit_reading(
            alice.id,
            card.account_id,
            form.public_id,
            (str(typed), str(night)),
            key=form.key,
            month=chance.choice([None, form.timing.month]),
            answers=answers,
            comment=chance.choice(["", "Пояснение"]),
            actor=Actor(alice.id),
            pepper="pepper",
            now=now,
        ).public_id
    except REFUSALS:
        return None


def move_one(chance, rows, act):
    """Let an operator or a bill run move one reading along the table of states."""
    wanted = chance.choice(
        [ReadingState.COUNTED, ReadingState.ACCEPTED, ReadingState.REJECTED]
    )
    movable = [row for row in rows if wanted in MOVES[row.state]]
    if movable:
        row = chance.choice(movable)
        Reading.update(state=wanted).where(Reading.id == row.id).execute()


def test_the_month_can_be_recomputed_from_the_moment(alice, card, now):
    form = readings.reading_form(alice.id, card.account_id, now=now).meter
    assert form.timing.month == Month(2026, 11)
    assert card.window.period_of(local_day(now, card.zone)) == form.timing.month
