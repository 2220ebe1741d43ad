"""When parts of the worker last succeeded, and what is done once a day."""

from datetime import timedelta

import pytest

from cabinet.models import Beat
from cabinet.services import beats
from cabinet.services.payments import reconciling, runs

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
EXPECTED = {*beats.USUAL, beats.LEDGER, beats.BACKUP} - {beats.WINDOW}


def alive():
    return dict(Beat.select(Beat.name, Beat.at).tuples())


def daily():
    return {each.name: each for each in beats.daily(Beat.select())}


def test_parts_never_heard_of_are_awaited_from_the_start(db, now):
    beats.note(beats.LETTERS, now=now - HOUR)
    beats.note(beats.MAILBOX, now=now - HOUR)
    beats.expect(now=now, without=[beats.MAILBOX])
    assert set(alive()) == EXPECTED - {beats.MAILBOX}
    # Who was heard of keeps the moment.
    assert alive()[beats.LETTERS] == now - HOUR
    beats.expect(now=now + MINUTE)
    assert alive()[beats.SEALS] == now
    assert alive()[beats.MAILBOX] == now + MINUTE


@pytest.mark.parametrize("name", beats.USUAL)
def test_each_part_is_late_once_its_usual_time_is_over(db, now, name):
    beats.note(name, now=now)
    usual = beats.USUAL[name]
    assert name not in beats.late(alive(), now=now + usual)
    assert name in beats.late(alive(), now=now + usual + MINUTE)
    beats.note(name, now=now + usual)
    assert name not in beats.late(alive(), now=now + usual + MINUTE)


def test_of_a_new_installation_nothing_is_late(db, now):
    assert beats.late(alive(), now=now) == ()
    assert daily() == {}
    beats.expect(now=now)
    assert beats.late(alive(), now=now) == ()
    assert {name: each.is_made for name, each in daily().items()} == {
        "ledger": False,
        "backup": False,
    }
    assert not any(each.is_late(now + 26 * HOUR) for each in daily().values())
    assert all(each.is_late(now + 27 * HOUR) for each in daily().values())


def test_what_was_made_says_when_and_what_it_found(db, now):
    beats.note_made(beats.LEDGER, now=now, findings=3, seconds=70)
    beats.expect(now=now + HOUR)
    (made,) = [each for each in daily().values() if each.is_made]
    assert (made.name, made.at, made.found, made.seconds) == ("ledger", now, 3, 70)
    assert made.age(now - HOUR) == timedelta(0)  # a clock put back


@pytest.fixture
def six(now):
    """Six in the morning of Moscow, the next day."""
    return (now + timedelta(days=1)).astimezone(reconciling.MOSCOW).replace(hour=6)


def reconciled():
    return daily().get(beats.RECONCILIATION)


def test_where_no_cards_are_taken_no_reconciliation_is_awaited(db, six):
    runs.note_day((), now=six)
    assert reconciled() is None


def test_a_day_counts_once_every_shop_is_compared(paid, bank, shops, six):
    paid()
    bank.listed = list(bank.by_id.values())
    runs.note_day(shops, now=six - MINUTE)
    assert reconciled() is None  # before six nobody asks
    runs.note_day(shops, now=six)
    assert (reconciled().at, reconciled().is_made) == (six, False)
    bank.is_deaf = True
    runs.reconcile_due(shops, now=six + MINUTE)
    runs.note_day(shops, now=six + MINUTE)
    assert (reconciled().at, reconciled().is_made) == (six, False)
    bank.is_deaf = False
    runs.reconcile_due(shops, now=six + 2 * MINUTE)
    runs.note_day(shops, now=six + 2 * MINUTE)
    assert (reconciled().at, reconciled().is_made) == (six + 2 * MINUTE, True)
    # Later turns of the day are no success of their own.
    runs.note_day(shops, now=six + 5 * HOUR)
    assert reconciled().at == six + 2 * MINUTE
    # A bank that is silent the next morning is told two hours after.
    bank.is_deaf = True
    tomorrow = six + timedelta(days=1)
    runs.reconcile_due(shops, now=tomorrow)
    runs.note_day(shops, now=tomorrow)
    assert not reconciled().is_late(tomorrow + HOUR)
    assert reconciled().is_late(tomorrow + 3 * HOUR)


def test_a_last_shop_that_goes_takes_the_alarm_with_it(db, shops, six):
    runs.note_day(shops, now=six)
    assert reconciled() is not None
    runs.note_day((), now=six + timedelta(days=3))
    assert reconciled() is None
    runs.note_day(shops, now=six + timedelta(days=9))
    assert reconciled().at == six + timedelta(days=9)
