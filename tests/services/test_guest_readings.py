import threading
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest

from cabinet.domain.metering import MeterStatus, ReadingState
from cabinet.domain.period import Month
from cabinet.domain.readings import NotAReadingError
from cabinet.models import AuditEntry, Meter, Reading
from cabinet.models.base import database
from cabinet.services import readings
from cabinet.services.audit import Actor
from cabinet.services.limits import TooManyAttemptsError
from tests.factories import make_account, make_meter, make_reading

NOBODY = Actor(None, "hash")


@pytest.fixture
def last(meter):
    return make_reading(meter, values=(4634,))


@pytest.fixture
def prove(now):
    def prove(number="460000000001", digits="4547", address="192.0.2.1", at=now):
        return readings.prove_meter(
            number, digits, address=address, actor=NOBODY, pepper="pepper", now=at
        )

    return prove


@pytest.fixture
def send(now):
    def send(ticket, *values, key=None, month=None, at=now):
        receipt = readings.submit_as_guest(
            ticket,
            values,
            key=key or uuid.uuid4().hex,
            month=month,
            actor=NOBODY,
            pepper="pepper",
            now=at,
        )
        return readings.guest_taken(receipt, pepper="pepper", now=at)

    return send


def sent():
    return [
        (int(row.t1.kwh), str(row.state), str(row.source))
        for row in Reading.select().where(Reading.key.is_null(False))
    ]


def actions():
    return [row.action for row in AuditEntry.select().order_by(AuditEntry.id)]


def test_it_is_taken(last, prove, send):
    taken = send(prove(), "4772")
    assert taken.state is ReadingState.SUBMITTED
    assert taken.month == Month(2026, 11)
    assert taken.number.startswith("100-")
    assert sent() == [(4772, "submitted", "guest")]
    assert actions() == ["guest.proved", "reading.submitted"]
    row = AuditEntry.get(AuditEntry.action == "reading.submitted")
    assert row.details["source"] == "guest"
    assert row.actor_id is None


def test_a_number_is_read_however_it_is_spelled(meter, prove):
    assert prove("4600 0000 0001")
    assert prove("л/с 4600-0000-0001")


def test_nothing_of_the_account_is_shown(last, prove, now):
    form = readings.guest_form(prove(), pepper="pepper", now=now)
    card, meter = form.reading.account, form.reading.meter
    assert (card.holder, card.address, card.label, card.slug) == ("",) * 4
    assert [each.last for each in meter.zones] == [None]
    assert (meter.last_on, meter.last_source, meter.current) == (None, None, None)
    assert (meter.serial, meter.model, meter.place) == ("…4547", "", "")
    assert not form.may_repeat


@pytest.mark.parametrize(
    ("number", "digits"),
    [
        ("460000000001", "4546"),
        ("460000000002", "4547"),
        ("460000000001", "1083"),
        ("", "4547"),
        ("460000000001" * 20, "4547"),
    ],
)
def test_a_wrong_pair_is_told_alike(meter, prove, number, digits):
    with pytest.raises(readings.WrongPairError):
        prove(number, digits)
    assert actions() == ["guest.refused"]


def test_digits_of_a_neighbour_do_not_fit(meter, prove):
    make_meter(make_account("460000000002"), serial="99990001")
    with pytest.raises(readings.WrongPairError):
        prove(digits="0001")


def test_five_wrong_pairs_a_day_close_the_account_to_guests(meter, prove, now):
    for each in range(5):
        with pytest.raises(readings.WrongPairError):
            prove(digits=f"000{each}", address=f"192.0.2.{each}")
    with pytest.raises(TooManyAttemptsError) as refused:
        prove()
    assert now < refused.value.again_at <= now + timedelta(days=1)
    assert prove(at=refused.value.again_at)


def test_twenty_wrong_pairs_an_hour_close_the_address(meter, prove, now):
    for each in range(20):
        with pytest.raises(readings.WrongPairError):
            prove(number=f"4700000000{each:02}")
    with pytest.raises(TooManyAttemptsError) as refused:
        prove()
    assert now < refused.value.again_at <= now + timedelta(hours=1)
    assert prove(address="192.0.2.2")


def test_a_right_pair_is_not_counted(meter, prove):
    for _ in range(25):
        prove()


def test_a_ticket_lasts_half_an_hour(last, prove, send, now):
    ticket = prove()
    readings.guest_form(ticket, pepper="pepper", now=now + timedelta(minutes=30))
    late = now + timedelta(minutes=30, seconds=1)
    with pytest.raises(readings.TicketNotFoundError):
        readings.guest_form(ticket, pepper="pepper", now=late)
    with pytest.raises(readings.TicketNotFoundError):
        send(ticket, "4772", at=late)
    assert sent() == []


@pytest.mark.parametrize("change", ["x{}", "{}x", "", "a.b", "..."])
def test_a_ticket_cannot_be_made(last, prove, now, change):
    with pytest.raises(readings.TicketNotFoundError):
        readings.guest_form(change.format(prove()), pepper="pepper", now=now)


def test_a_ticket_is_not_a_receipt(last, prove, now):
    with pytest.raises(readings.TicketNotFoundError):
        readings.guest_taken(prove(), pepper="pepper", now=now)
    with pytest.raises(readings.TicketNotFoundError):
        readings.guest_form(prove(), pepper="other", now=now)


@pytest.mark.parametrize("value", ["4512", "99000", "4634", "0"])
def test_what_is_unusual_is_not_asked_about(last, prove, send, value):
    taken = send(prove(), value)
    assert taken.state is ReadingState.NEEDS_REVIEW
    assert [(each.last, each.used) for each in taken.zones] == [(None, None)]


def test_what_cannot_be_a_reading_is_refused(last, prove, send):
    for value in ("", "x", "477250"):
        with pytest.raises(NotAReadingError):
            send(prove(), value)
    assert sent() == []


def test_twice_is_once(last, prove, send):
    ticket = prove()
    first = send(ticket, "4772", key="k")
    assert send(ticket, "4772", key="k") == first
    assert send(prove(), "4772") == first
    assert len(sent()) == 1


def at_once(count, act):
    """Let so many act at the same moment and return what came of each."""
    gate = threading.Barrier(count)
    results = []

    def run():
        gate.wait()
        try:
            results.append(act())
        except Exception as error:  # noqa: BLE001 - what came of it
            results.append(type(error))
        finally:
            database.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_at_once_are_one(last, prove, send):
    ticket = prove()
    results = at_once(4, lambda: send(ticket, "4772", key="k").number)
    assert len(set(results)) == 1
    assert len(sent()) == 1


def test_guesses_at_once_are_counted_one_by_one(meter, prove):
    results = at_once(8, lambda: prove(digits="0000"))
    assert results.count(readings.WrongPairError) == 5
    assert results.count(TooManyAttemptsError) == 3


def test_trying_does_not_find_the_last_reading(last, prove, send):
    """Whatever follows the first one waits for an operator, usual or not."""
    ticket = prove()
    send(ticket, "99000")
    for value in ("4640", "4772", "4500"):
        assert send(ticket, value).state is ReadingState.NEEDS_REVIEW
    assert Reading.get(Reading.state == "needs_review").reason == "lower"


def test_a_usual_one_after_a_usual_one_waits_too(last, prove, send):
    ticket = prove()
    send(ticket, "4772")
    assert send(ticket, "4700").state is ReadingState.NEEDS_REVIEW
    assert Reading.get(Reading.state == "needs_review").reason == "again"


def test_what_the_owner_sent_stays(meter, last, prove, send, now):
    make_reading(meter, "2026-11", (4700,), day=21, state=ReadingState.SUBMITTED)
    assert readings.guest_form(prove(), pepper="pepper", now=now).is_sent
    for value in ("4700", "4772"):
        with pytest.raises(readings.AlreadySentError):
            send(prove(), value)
    assert sent() == []


def test_a_meter_takes_twenty_of_guests_a_day(
    alice, account, meter, last, prove, send, now
):
    ticket = prove()
    for each in range(20):
        send(ticket, str(4700 + each))
    with pytest.raises(TooManyAttemptsError):
        send(ticket, "4772")
    readings.submit_reading(
        alice.id,
        account.id,
        meter.public_id,
        ("4772",),
        key="own",
        actor=Actor(alice.id),
        pepper="pepper",
        now=now,
    )
    assert sent()[-1] == (4772, "submitted", "cabinet")


def test_the_month_of_the_form_counts(last, prove, send):
    november = Month(2026, 11)
    late = datetime(2026, 11, 26, 9, tzinfo=UTC)
    with pytest.raises(readings.MonthChangedError):
        send(prove(at=late), "4772", month=november, at=late)
    assert send(prove(at=late), "4772", month=november.next, at=late).month == (
        november.next
    )


@pytest.mark.parametrize(
    "values",
    [{"status": MeterStatus.AUTOMATED}, {"removed_on": date(2026, 11, 1)}],
)
def test_a_closed_meter_takes_none(meter, last, prove, send, values):
    Meter.update(values).execute()
    with pytest.raises(readings.MeterClosedError):
        send(prove(), "4772")


def test_of_two_meters_that_end_alike_the_one_in_use_is_meant(
    account, meter, prove, now
):
    Meter.update(removed_on=date(2026, 10, 1)).execute()
    new = make_meter(account, serial="20004547")
    form = readings.guest_form(prove(), pepper="pepper", now=now)
    assert form.reading.meter.public_id == new.public_id


def test_all_zones_are_asked(account, prove, send, now):
    make_meter(account, zones=3, serial="Т-7 12", opening=(1, 2, 3))
    ticket = prove(digits="0712")
    form = readings.guest_form(ticket, pepper="pepper", now=now)
    assert len(form.reading.meter.zones) == 3
    with pytest.raises(NotAReadingError):
        send(ticket, "10", "20")
    taken = send(ticket, "10", "20", "30")
    assert [int(each.register.kwh) for each in taken.zones] == [10, 20, 30]
