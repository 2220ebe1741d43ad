import threading
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest

from cabinet.domain.bookkeeping import ChargeBasis
from cabinet.domain.energy import Energy
from cabinet.domain.errors import NotFound
from cabinet.domain.metering import MeterStatus, ReadingSource, ReadingState
from cabinet.domain.money import Money
from cabinet.domain.period import Month
from cabinet.domain.readings import Answer, Closed, NotAReadingError, Question
from cabinet.domain.tariff import Plan
from cabinet.exchange.photo import Photo
from cabinet.models import (
    AuditEntry,
    FileChunk,
    Meter,
    OutboxMessage,
    Reading,
    StoredFile,
)
from cabinet.models.base import database
from cabinet.services import files, limits, readings
from cabinet.services.audit import Actor
from cabinet.services.limits import TooManyAttemptsError
from tests.factories import (
    give_access,
    is_ordered,
    make_account,
    make_bill,
    make_branch,
    make_customer,
    make_meter,
    make_ranges,
    make_rates,
    make_reading,
)

NOVEMBER = Month(2026, 11)


def kwh(*amounts):
    return tuple(Energy.from_kwh(amount) for amount in amounts)


@pytest.fixture
def last(meter):
    return make_reading(meter, values=(4634,))


@pytest.fixture
def rates(db):
    make_rates()
    make_ranges()


@pytest.fixture
def submit(alice, account, meter, now):
    def submit(*values, **options):
        given = {
            "key": uuid.uuid4().hex,
            "actor": Actor(alice.id),
            "pepper": "pepper",
            "now": now,
            **options,
        }
        user = given.pop("user", alice)
        to = given.pop("account", account)
        of = given.pop("meter", meter)
        return readings.submit_reading(user.id, to.id, of.public_id, values, **given)

    return submit


def stored():
    return list(Reading.select().order_by(Reading.id))


def states():
    return [str(row.state) for row in stored()]


def test_a_reading_is_taken_with_its_traces(submit, alice, meter, last, rates, now):
    taken = submit("4772")
    row = stored()[-1]
    assert (row.t1, row.t2, row.period) == (Energy.from_kwh(4772), None, NOVEMBER)
    assert (row.state, row.source) == (ReadingState.SUBMITTED, ReadingSource.CABINET)
    assert (row.received_at, row.taken_on) == (now, date(2026, 11, 22))
    assert row.user_id == alice.id
    assert taken.public_id == row.public_id
    assert is_ordered(row, now)
    assert taken.number == f"100-{row.id:03}"
    assert taken.used == Energy.from_kwh(138)
    assert taken.estimate.total == Money.parse("810,06")
    assert taken.correct_until == date(2026, 11, 25)
    entry = AuditEntry.get(AuditEntry.action == "reading.submitted")
    assert entry.subject == f"reading:{row.id}"


def test_what_was_told_can_be_read_later(submit, alice, last, rates, now):
    taken = submit("4772,9")
    later = readings.get_confirmation(alice.id, taken.public_id, now=now)
    assert later == taken
    assert later.is_cut
    line = later.estimate.lines[0]
    assert (line.energy, line.amount) == (Energy.from_kwh(138), Money(81006))


def test_without_rates_no_sum_is_invented(submit, last):
    taken = submit("4772")
    assert (taken.used, taken.estimate) == (Energy.from_kwh(138), None)


def test_the_first_reading_counts_from_the_register_the_meter_came_with(submit, meter):
    assert submit("4100", answers={Answer.UNUSUAL_IS_RIGHT}).used == Energy.from_kwh(
        100
    )


def test_zones_ranges_and_rates_make_the_sum(submit, account, rates, now):
    meter = make_meter(account, zones=2, serial="2", opening=(1000, 1000))
    make_rates(plan=Plan.TWO, prices=("6.73", "9.00", "12.00"))
    make_reading(meter, values=(4634, 2142))
    taken = submit("4772", "2203", meter=meter)
    assert [each.used for each in taken.zones] == list(kwh(138, 61))
    assert taken.estimate.total == Money(92874) + Money(41053)


# Refused and asked ------------------------------------------------------------------


def test_what_cannot_be_a_reading_is_refused(submit, last):
    with pytest.raises(NotAReadingError):
        submit("x")
    assert len(stored()) == 1


def test_a_question_writes_nothing(submit, last, rates):
    with pytest.raises(readings.ReadingAskedError) as caught:
        submit("7014")
    preview = caught.value.preview
    assert preview.asked.question is Question.UNUSUAL
    assert preview.used == Energy.from_kwh(2380)
    assert preview.estimate.total == Money.parse("13970,60")
    assert len(stored()) == 1
    assert not AuditEntry.select().where(AuditEntry.action == "reading.submitted")


def test_the_usual_is_the_same_month_a_year_ago(submit, account, last):
    make_bill(account, "2025-11", volume=Energy.from_kwh(1000))
    make_bill(account, "2026-10", volume=Energy.from_kwh(10))
    assert submit("7014").used == Energy.from_kwh(2380)


def test_else_it_is_the_mean_of_months_that_were_read(submit, account, last):
    make_bill(account, "2026-10", volume=Energy.from_kwh(100))
    make_bill(account, "2026-09", volume=Energy.from_kwh(300))
    make_bill(account, "2026-08", volume=Energy.from_kwh(9000), basis=ChargeBasis.NORM)
    submit("5234")
    with pytest.raises(readings.ReadingAskedError) as caught:
        submit("5235")
    assert caught.value.preview.asked.times == 3


def test_without_bills_the_readings_tell_the_usual(submit, meter):
    make_reading(meter, "2026-09", values=(4300,))
    make_reading(meter, "2026-10", values=(4600,))
    submit("5500")
    with pytest.raises(readings.ReadingAskedError) as caught:
        submit("5501")
    assert caught.value.preview.asked.times == 3


def test_a_branch_may_set_its_own_floor(submit, account, last):
    branch = make_branch()
    branch.unusual_floor = Energy.from_kwh(100)
    branch.save()
    with pytest.raises(readings.ReadingAskedError):
        submit("4735")


def test_a_roll_over_is_stored_as_one(submit, meter, rates):
    make_reading(meter, values=(99986,))
    with pytest.raises(readings.ReadingAskedError) as caught:
        submit("11")
    way = caught.value.preview.ways[0]
    assert (way.answer, way.used) == (Answer.ROLLED_OVER, Energy.from_kwh(25))
    assert way.estimate.total == Money.parse("146,75")
    taken = submit("11", answers={Answer.ROLLED_OVER})
    assert (taken.used, taken.rolled_over) == (Energy.from_kwh(25), True)
    assert stored()[-1].rolled_over


def test_lower_goes_to_review_with_comment_and_photo(submit, alice, last, now):
    body = bytes(range(256)) * 2048
    taken = submit(
        "4512",
        answers={Answer.LAST_WAS_WRONG},
        comment="Ошибся цифрой",
        photo=Photo(body, 1, 1),
    )
    row = stored()[-1]
    assert (taken.state, taken.used) == (ReadingState.NEEDS_REVIEW, None)
    assert (row.reason, row.comment) == ("last_was_wrong", "Ошибся цифрой")
    assert (taken.comment, taken.has_photo) == ("Ошибся цифрой", True)
    assert files.body_of(row.photo_id) == body
    assert FileChunk.select().count() == 2
    file = StoredFile.get()
    assert (file.owner_id, file.purpose) == (alice.id, "reading_photo")
    assert file.expires_at == now + timedelta(days=365)


@pytest.mark.parametrize(
    ("name", "value"),
    [("UPLOAD_DAY", limits.Limit("upload-day", 1, 86400)), ("UPLOAD_BYTES", 3)],
)
def test_photographs_are_counted_and_words_are_not(
    submit, last, monkeypatch, name, value
):
    monkeypatch.setattr(limits, name, value)
    wrong = {"answers": {Answer.LAST_WAS_WRONG}, "comment": "Ошибся цифрой"}
    submit("4512", photo=Photo(b"jpg", 1, 1), **wrong)
    with pytest.raises(limits.TooManyAttemptsError):
        submit("4513", photo=Photo(b"jpg", 1, 1), **wrong)
    assert StoredFile.select().count() == 1
    submit("4514", **wrong)


def test_above_what_wires_carry_a_photo_or_an_explanation_is_wanted(submit, last):
    with pytest.raises(readings.ReadingAskedError) as caught:
        submit("40000")
    assert caught.value.preview.asked.needs_proof
    with pytest.raises(readings.ProofMissingError):
        submit("40000", answers={Answer.REVIEW})
    taken = submit("40000", answers={Answer.REVIEW}, comment="Сварка")
    assert taken.state is ReadingState.NEEDS_REVIEW
    assert stored()[-1].reason == "impossible"


def test_a_reading_under_review_is_no_base(submit, meter, last, now):
    make_reading(
        meter,
        "2026-10",
        values=(9999,),
        state=ReadingState.SUPERSEDED,
    )
    make_reading(meter, "2026-09", values=(4600,), state=ReadingState.NEEDS_REVIEW)
    make_reading(meter, "2026-10", values=(4700,), source=ReadingSource.ESTIMATE)
    assert submit("4772").used == Energy.from_kwh(138)


def test_what_is_below_an_estimate_is_no_question(submit, meter, last):
    make_reading(meter, "2026-10", values=(4700,), source=ReadingSource.ESTIMATE)
    taken = submit("4690")
    assert taken.used == Energy.from_kwh(56)
    assert stored()[-1].state is ReadingState.SUBMITTED


def test_months_between_are_priced_together_less_what_was_billed(
    submit, meter, account, rates
):
    make_reading(meter, "2026-08", values=(4000,))
    make_bill(account, "2026-09", "500,00", basis=ChargeBasis.AVERAGE)
    make_bill(account, "2026-10", "600,00", basis=ChargeBasis.AVERAGE)
    taken = submit("4600", answers={Answer.UNUSUAL_IS_RIGHT})
    assert taken.estimate.charged_before == Money.parse("1100,00")
    assert taken.estimate.total == Money.parse("3522,00") - Money.parse("1100,00")


# Repeats ----------------------------------------------------------------------------


def test_the_same_form_is_the_same_reading(submit, last):
    first = submit("4772", key="a" * 32)
    assert submit("4772", key="a" * 32) == first
    assert len(stored()) == 2


def test_the_same_values_are_the_same_reading(submit, last, now):
    first = submit("4772")
    again = submit("04 772,0", now=now + timedelta(hours=1))
    assert again.public_id == first.public_id
    assert len(stored()) == 2


def test_back_with_other_digits_is_a_correction(submit, last):
    first = submit("4772", key="a" * 32)
    second = submit("4773", key="a" * 32)
    assert second.public_id != first.public_id
    assert states() == ["counted", "superseded", "submitted"]
    assert submit("4773", key="a" * 32) == second
    assert submit("4772", key="a" * 32).replaced_by == second.public_id


def test_a_refused_reading_may_be_sent_again(submit, last):
    submit("4772", key="a" * 32)
    Reading.update(state=ReadingState.REJECTED).where(
        Reading.state == ReadingState.SUBMITTED
    ).execute()
    assert submit("4772", key="a" * 32).state is ReadingState.SUBMITTED
    assert states() == ["counted", "rejected", "submitted"]


def test_a_newer_reading_of_the_month_supersedes(submit, alice, last, now):
    first = submit("4772")
    second = submit("4790")
    rows = stored()
    assert [row.supersedes_id for row in rows] == [None, None, rows[1].id]
    assert second.used == Energy.from_kwh(156)
    seen = readings.get_confirmation(alice.id, first.public_id, now=now)
    assert (seen.state, seen.replaced_by) == (
        ReadingState.SUPERSEDED,
        second.public_id,
    )
    assert seen.correct_until is None


def test_asking_for_review_of_the_same_values_is_something_new(submit, last):
    submit("4772")
    assert submit("4772", answers={Answer.REVIEW}).state is ReadingState.NEEDS_REVIEW
    assert submit("4772", answers={Answer.REVIEW}).state is ReadingState.NEEDS_REVIEW
    assert states() == ["counted", "superseded", "needs_review"]


@pytest.mark.parametrize("keys", ["one key", "own keys"])
def test_eight_at_once_store_one_reading(submit, last, keys):
    results = at_once(
        8,
        lambda number: (
            submit(
                "4772", key="a" * 32 if keys == "one key" else f"{number:032}"
            ).public_id
        ),
    )
    assert len(set(results)) == 1
    assert states() == ["counted", "submitted"]


def test_eight_different_at_once_leave_one_current(submit, last):
    results = at_once(8, lambda number: submit(str(4700 + number)).public_id)
    assert len(set(results)) == 8
    assert sorted(states()) == ["counted", "submitted"] + ["superseded"] * 7
    chain = {row.supersedes_id for row in stored()} - {None}
    assert len(chain) == 7


def at_once(count, act):
    """Run the act in that many threads that begin together; their results."""
    gate = threading.Barrier(count)
    results, errors = [], []

    def run(number):
        gate.wait()
        try:
            results.append(act(number))
        except BaseException as error:  # noqa: BLE001 - shown by the test
            errors.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors
    return results


def test_a_meter_takes_twenty_readings_a_day(submit, last):
    for number in range(20):
        submit(str(4700 + number))
    with pytest.raises(TooManyAttemptsError):
        submit("4800")
    assert submit("4719").zones[0].register == Energy.from_kwh(4719)


# Months -----------------------------------------------------------------------------

ZONES = ["Europe/Kaliningrad", "Europe/Moscow", "Asia/Vladivostok"]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("moment", "month"),
    [
        ("2026-11-25T23:59:59.999", NOVEMBER),
        ("2026-11-26T00:00:00.000", NOVEMBER.next),
        ("2026-11-19T23:59:59.999", NOVEMBER),
        ("2026-11-30T23:59:59.999", NOVEMBER.next),
        ("2026-12-01T00:00:00.000", NOVEMBER.next),
    ],
)
def test_the_month_follows_the_clocks_of_the_branch(
    submit, alice, account, last, zone, moment, month
):
    branch = make_branch()
    branch.time_zone = zone
    branch.save()
    card = readings.reading_form(alice.id, account.id, now=datetime.now(UTC)).account
    at = datetime.fromisoformat(moment).replace(tzinfo=card.zone).astimezone(UTC)
    assert submit("4772", now=at).month == month


def test_a_late_reading_counts_in_the_next_month(submit, alice, account, last, now):
    late = now + timedelta(days=5)
    form = readings.reading_form(alice.id, account.id, now=late).meter
    assert (form.timing.month, form.timing.phase) == (NOVEMBER.next, "late")
    assert form.timing.last_closed_on == date(2026, 11, 25)
    taken = submit("4772", now=late)
    assert (taken.month, taken.correct_until) == (NOVEMBER.next, date(2026, 12, 25))


def test_a_late_reading_leaves_the_month_before_as_it_is(submit, last, now):
    submit("4772")
    taken = submit("4790", now=now + timedelta(days=5))
    assert taken.used == Energy.from_kwh(18)
    assert states() == ["counted", "submitted", "submitted"]


def test_a_form_of_another_month_asks_first(submit, last, now):
    late = now + timedelta(days=5)
    with pytest.raises(readings.MonthChangedError) as caught:
        submit("4772", month=NOVEMBER, now=late)
    assert (caught.value.said, caught.value.now) == (NOVEMBER, NOVEMBER.next)
    assert submit("4772", month=NOVEMBER.next, now=late).month == NOVEMBER.next


def test_a_lost_answer_may_be_asked_for_after_the_window(submit, last, now):
    first = submit("4772", month=NOVEMBER, key="a" * 32)
    late = now + timedelta(days=5)
    again = submit("4772", month=NOVEMBER, key="a" * 32, now=late)
    assert again.public_id == first.public_id


def test_a_counted_month_is_corrected_in_the_next(submit, alice, account, meter, now):
    make_reading(meter, "2026-11", values=(4700,), day=21)
    form = readings.reading_form(alice.id, account.id, now=now).meter
    assert form.timing.is_correction
    taken = submit("4690", answers={Answer.LAST_WAS_WRONG})
    assert (taken.month, taken.state) == (NOVEMBER.next, ReadingState.NEEDS_REVIEW)
    assert submit("4772").state is ReadingState.NEEDS_REVIEW
    assert stored()[-1].reason == "correction"


# Meters -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "closed"),
    [
        ({"removed_on": date(2026, 11, 1)}, Closed.REMOVED),
        ({"status": MeterStatus.AUTOMATED}, Closed.AUTOMATED),
        ({"status": MeterStatus.UNDER_CHECK}, Closed.UNDER_CHECK),
    ],
)
def test_a_meter_that_takes_no_readings_says_why(
    submit, alice, account, meter, now, values, closed
):
    Meter.update(values).where(Meter.id == meter.id).execute()
    form = readings.reading_form(alice.id, account.id, now=now)
    assert form.meter.closed is closed
    with pytest.raises(readings.MeterClosedError) as caught:
        submit("4772", meter=meter)
    assert caught.value.closed is closed


def test_an_ended_contract_takes_no_readings(submit, alice, account, last, now):
    account.closed_on = date(2026, 11, 1)
    account.save()
    with pytest.raises(readings.MeterClosedError) as caught:
        submit("4772")
    assert caught.value.closed is Closed.CONTRACT_ENDED
    form = readings.reading_form(alice.id, account.id, now=now).meter
    assert (form.closed, form.closed_on) == (
        Closed.CONTRACT_ENDED,
        date(2026, 11, 1),
    )


def test_an_account_without_a_meter_has_an_empty_form(alice, account, now):
    form = readings.reading_form(alice.id, account.id, now=now)
    assert (form.meter, form.others) == (None, ())


def test_the_form_is_of_a_meter_that_waits(submit, alice, account, meter, last, now):
    other = make_meter(account, serial="2", installed_on=date(2010, 1, 1))
    make_meter(account, serial="3", removed_on=date(2026, 1, 1))
    submit("4772")
    form = readings.reading_form(alice.id, account.id, now=now)
    assert form.meter.public_id == other.public_id
    assert [each.public_id for each in form.others] == [meter.public_id]
    assert form.others[0].is_done
    asked = readings.reading_form(alice.id, account.id, meter.public_id, now=now)
    assert asked.meter.public_id == meter.public_id
    assert asked.meter.current.registers == kwh(4772)


@pytest.fixture
def replaced(account, rates):
    """A meter taken down and another put up on 12 November."""
    old = make_meter(
        account,
        serial="old",
        removed_on=date(2026, 11, 12),
        closing_t1=Energy.from_kwh(4700),
    )
    make_reading(old, values=(4634,))
    return make_meter(
        account,
        serial="new",
        installed_on=date(2026, 11, 12),
        opening_on=date(2026, 11, 12),
        opening=1,
    )


def test_a_replaced_meter_is_looked_at_and_both_are_priced(
    submit, alice, account, replaced, now
):
    form = readings.reading_form(alice.id, account.id, now=now).meter
    assert (form.serial, form.was_replaced) == ("new", True)
    taken = submit("51", meter=replaced)
    assert taken.state is ReadingState.NEEDS_REVIEW
    assert stored()[-1].reason == "replaced"
    assert taken.used == Energy.from_kwh(50)
    assert taken.estimate.lines[0].energy == Energy.from_kwh(116)


def test_without_a_closing_register_only_the_new_meter_is_priced(submit, replaced):
    Meter.update(closing_t1=None).where(Meter.serial == "old").execute()
    taken = submit("51", meter=replaced)
    assert taken.estimate.lines[0].energy == Energy.from_kwh(50)


def test_a_second_meter_replaces_nothing(submit, account, last):
    second = make_meter(
        account,
        serial="second",
        installed_on=date(2026, 11, 12),
        opening_on=date(2026, 11, 12),
        opening=1,
    )
    assert submit("51", meter=second).state is ReadingState.SUBMITTED


def test_a_month_later_a_new_meter_is_like_any_other(submit, replaced, now):
    make_reading(replaced, "2026-11", values=(51,))
    taken = submit("151", meter=replaced, now=now + timedelta(days=30))
    assert taken.state is ReadingState.SUBMITTED


# People -----------------------------------------------------------------------------


def test_who_may_send_readings_may_send_them(submit, bob, last):
    assert submit("4772", user=bob).state is ReadingState.SUBMITTED


def test_who_may_only_send_readings_sees_no_sums(submit, alice, bob, last, rates, now):
    with pytest.raises(readings.ReadingAskedError) as caught:
        submit("7014", user=bob)
    preview = caught.value.preview
    assert (preview.used, preview.estimate) == (Energy.from_kwh(2380), None)
    taken = submit("4772", user=bob)
    assert (taken.used, taken.estimate) == (Energy.from_kwh(138), None)
    assert taken.is_sum_hidden
    owner = readings.get_confirmation(alice.id, taken.public_id, now=now)
    assert owner.estimate.total == Money.parse("810,06")


def test_a_stranger_finds_nothing(submit, alice, charlie, account, meter, last, now):
    with pytest.raises(NotFound):
        submit("4772", user=charlie)
    with pytest.raises(NotFound):
        readings.reading_form(charlie.id, account.id, now=now)
    with pytest.raises(NotFound):
        readings.preview_reading(
            charlie.id, account.id, meter.public_id, ("1",), now=now
        )
    taken = submit("4772")
    with pytest.raises(NotFound):
        readings.get_confirmation(charlie.id, taken.public_id, now=now)
    with pytest.raises(NotFound):
        readings.get_confirmation(alice.id, uuid.uuid4(), now=now)


def test_a_meter_of_another_account_is_not_found(submit, alice, account, meter, now):
    other = make_account("460000000002")
    give_access(alice, other)
    with pytest.raises(NotFound):
        submit("4772", account=other)
    with pytest.raises(NotFound):
        readings.reading_form(alice.id, other.id, meter.public_id, now=now)
    with pytest.raises(NotFound):
        readings.preview_reading(alice.id, other.id, meter.public_id, ("1",), now=now)


def test_a_new_tenant_does_not_see_the_readings_before(
    submit, account, meter, rates, now
):
    old = make_reading(meter, values=(4634,))
    dora = make_customer()
    give_access(dora, account, since=date(2026, 11, 1))
    form = readings.reading_form(dora.id, account.id, now=now).meter
    assert (form.zones[0].last, form.last_on) == (None, None)
    with pytest.raises(readings.ReadingAskedError) as caught:
        submit("7014", user=dora)
    preview = caught.value.preview
    assert (preview.last, preview.used, preview.estimate) == (None, None, None)
    taken = submit("4772", user=dora)
    assert (taken.used, taken.zones[0].last, taken.estimate) == (None, None, None)
    with pytest.raises(NotFound):
        readings.get_confirmation(dora.id, old.public_id, now=now)


def test_a_new_tenant_does_not_see_what_stands_for_the_month(
    submit, account, last, now
):
    submit("4772")
    dora = make_customer()
    give_access(dora, account, since=date(2026, 11, 23))
    form = readings.reading_form(dora.id, account.id, now=now + timedelta(days=1))
    assert form.meter.current is None


# Preview and mail -------------------------------------------------------------------


def test_a_preview_writes_nothing(alice, account, meter, last, now):
    def preview(*values):
        return readings.preview_reading(
            alice.id, account.id, meter.public_id, values, now=now
        )

    assert preview("4772") is None
    assert preview("4512").asked.question is Question.LOWER
    with pytest.raises(NotAReadingError):
        preview("x")
    assert len(stored()) == 1


def test_the_confirmation_is_mailed_once_to_each_reader(submit, alice, bob, last, now):
    taken = submit("4772")

    def mail(user):
        return readings.mail_confirmation(
            user.id,
            taken.public_id,
            link="https://example.org/x",
            actor=Actor(user.id),
            now=now,
        )

    assert taken.mailed_to is None
    assert mail(alice).mailed_to == alice.email
    assert mail(alice).mailed_to == alice.email
    assert mail(bob).mailed_to == bob.email
    letters = list(OutboxMessage.select())
    assert [each.kind for each in letters] == ["reading_confirmation"] * 2
    assert letters[0].context["zones"] == [["single", 1, "4772.000"]]
    entries = AuditEntry.select().where(AuditEntry.action == "reading.mailed")
    assert entries.count() == 2


def test_a_reading_from_elsewhere_tells_only_its_registers(alice, meter, last, now):
    seen = readings.get_confirmation(alice.id, last.public_id, now=now)
    assert seen.zones[0].register == Energy.from_kwh(4634)
    assert (seen.used, seen.estimate, seen.correct_until) == (None, None, None)
