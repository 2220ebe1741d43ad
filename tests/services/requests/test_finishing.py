"""What finishing changes: meters, the verification, the act of a control check; undone."""

from datetime import date, timedelta

import pytest

from cabinet.domain.energy import Energy
from cabinet.domain.metering import MeterStatus, ReadingSource, ReadingState
from cabinet.domain.requests import RequestKind, RequestState
from cabinet.models import Bill, Meter, OutboxMessage, Reading
from cabinet.services.account_card import ActKnown, ActWish, ReadingWish
from cabinet.services.requests import finishing
from cabinet.services.requests.deciding import CannotUndoError
from cabinet.services.requests.finishing import Done, Hung, Verified, WorkUnfitError
from cabinet.services.requests.rows import ChangedMeanwhileError
from tests import factories
from tests.services.requests.conftest import MONDAY, fresh, link_of

TODAY = date(2026, 11, 22)


def kwh(*values):
    return tuple(Energy.from_kwh(value) for value in values)


@pytest.fixture
def finish(do, member):
    def finish(row, work=None, by=None, at=None, **values):
        done = Done(**{"act": "17", "note": "Пломба 4455", "work": work, **values})
        return do(
            finishing.finish,
            by or member,
            row,
            fresh(row).version,
            done,
            at=at,
            link_of=link_of,
        )

    return finish


@pytest.fixture
def hung():
    def hung(**values):
        return Hung(
            **{
                "replaced_on": TODAY,
                "serial": "20262026",
                "model": "Милур 107",
                "digits": 6,
                "ratio": 1,
                "verified_until": date(2042, 11, 22),
                "opening": kwh("0.4"),
                "closing": kwh(4700),
                **values,
            }
        )

    return hung


@pytest.fixture
def read(meter):
    return factories.make_reading(meter, "2026-10", (4634,))


def meters():
    return {
        row.serial: (row.status, row.removed_on, row.closing_t1)
        for row in Meter.select().order_by(Meter.id)
    }


def test_a_replacement_closes_one_meter_and_opens_another(
    ask, plan, finish, hung, read, meter
):
    row = finish(plan(ask()), hung())
    assert (row.state, row.act, row.slot) == (RequestState.DONE, "17", None)
    assert meters() == {
        "10834547": (MeterStatus.REMOVED, TODAY, Energy.from_kwh(4700)),
        "20262026": (MeterStatus.ACTIVE, None, None),
    }
    new = Meter.get(Meter.serial == "20262026")
    assert (new.zones, new.digits, new.opening_t1) == (1, 6, Energy.from_kwh("0.4"))
    assert (new.opening_on, new.verified_until) == (TODAY, date(2042, 11, 22))
    assert new.account_id == meter.account_id
    mail = OutboxMessage.select().order_by(OutboxMessage.id.desc()).first()
    assert (mail.context["act"], mail.context["paper"]) == ("done", "17")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"replaced_on": TODAY + timedelta(days=1)}, "replaced_on"),
        ({"replaced_on": date(2026, 10, 21)}, "replaced_on"),
        ({"replaced_on": date(2025, 12, 30)}, "replaced_on"),
        ({"closing": kwh(4633)}, "closing_t1"),
        ({"closing": kwh(100_000)}, "closing_t1"),
        ({"closing": kwh(4700, 1)}, "closing_t2"),
        ({"serial": "10834547"}, "serial"),
    ],
)
def test_what_contradicts_the_meters_is_refused_at_its_field(
    ask, plan, finish, hung, read, values, field
):
    row = plan(ask())
    with pytest.raises(WorkUnfitError) as caught:
        finish(row, hung(**values))
    assert caught.value.field == field
    assert fresh(row).state is RequestState.PLANNED
    assert meters() == {"10834547": (MeterStatus.ACTIVE, None, None)}


def test_who_is_sure_may_write_less_than_the_last_reading(
    ask, plan, finish, hung, read
):
    row = finish(plan(ask()), hung(closing=kwh(12), is_sure=True))
    assert row.state is RequestState.DONE


def test_a_replacement_is_taken_back_whole(ask, plan, finish, undo, hung, read, member):
    row = finish(plan(ask()), hung())
    row = undo(row, member)
    assert (row.state, row.act, row.planned_on) == (RequestState.PLANNED, "", MONDAY)
    assert meters() == {"10834547": (MeterStatus.ACTIVE, None, None)}
    assert finish(row, hung()).state is RequestState.DONE


def test_with_a_reading_of_the_new_meter_it_stays(
    ask, plan, finish, undo, hung, member
):
    row = finish(plan(ask()), hung())
    new = Meter.get(Meter.serial == "20262026")
    factories.make_reading(new, "2026-11", (10,))
    with pytest.raises(CannotUndoError):
        undo(row, member)
    assert fresh(row).state is RequestState.DONE
    assert len(meters()) == 2


def test_with_a_bill_made_since_it_stays(
    ask, plan, finish, undo, hung, member, account, now
):
    row = finish(plan(ask()), hung())
    factories.make_bill(account)
    Bill.update(published_at=now).execute()
    with pytest.raises(CannotUndoError):
        undo(row, member)


def test_a_verification_moves_the_day_and_back(ask, plan, finish, undo, meter, member):
    row = plan(ask(kind=RequestKind.VERIFICATION))
    with pytest.raises(WorkUnfitError) as caught:
        finish(row, Verified(date(2031, 6, 1)))
    assert caught.value.field == "verified_until"
    row = finish(row, Verified(date(2042, 6, 1)))
    assert Meter.get().verified_until == date(2042, 6, 1)
    undo(row, member)
    assert Meter.get().verified_until == date(2031, 6, 1)


def test_a_day_that_was_moved_again_stays(ask, plan, finish, undo, member):
    row = finish(plan(ask(kind=RequestKind.VERIFICATION)), Verified(date(2042, 6, 1)))
    Meter.update(verified_until=date(2043, 1, 1)).execute()
    with pytest.raises(CannotUndoError):
        undo(row, member)


def test_what_has_no_day_yet_gets_one_and_loses_it(ask, plan, finish, undo, member):
    Meter.update(verified_until=None).execute()
    row = plan(ask(kind=RequestKind.VERIFICATION))
    Meter.update(verified_until=None).execute()
    row = finish(row, Verified(date(2042, 6, 1)))
    undo(row, member)
    assert Meter.get().verified_until is None


def test_a_meter_that_is_gone_is_not_verified(ask, plan, finish):
    row = plan(ask(kind=RequestKind.VERIFICATION))
    Meter.update(removed_on=TODAY).execute()
    with pytest.raises(WorkUnfitError):
        finish(row, Verified(date(2042, 6, 1)))


def test_a_connection_records_the_first_meter(ask, plan, finish, undo, hung, member):
    Meter.update(removed_on=date(2026, 1, 1)).execute()
    row = plan(ask(kind=RequestKind.CONNECTION))
    row = finish(row, hung(closing=()))
    assert set(meters()) == {"10834547", "20262026"}
    undo(row, member)
    assert set(meters()) == {"10834547"}


@pytest.mark.parametrize("kind", [RequestKind.SEALING, RequestKind.CONNECTION])
def test_other_work_ends_with_the_number_of_its_act(
    ask, plan, finish, undo, kind, member
):
    row = finish(plan(ask(kind=kind)))
    assert (row.state, row.act, row.note) == (RequestState.DONE, "17", "Пломба 4455")
    assert undo(row, member).state is RequestState.PLANNED


def test_a_dispute_is_answered_at_the_desk_other_work_is_not(ask, finish):
    assert finish(ask(kind=RequestKind.DISPUTE)).state is RequestState.DONE
    with pytest.raises(ChangedMeanwhileError):
        finish(ask(kind=RequestKind.SEALING))


@pytest.fixture
def wish(meter):
    return ActWish(
        number="КП-7",
        reading=ReadingWish(
            serial=meter.serial, day=date(2026, 11, 21), values=("4800",)
        ),
        remark="",
    )


def test_a_control_check_writes_the_act_and_takes_it_back(
    dated, ask, plan, finish, undo, wish, read, member
):
    row = finish(plan(ask(kind=RequestKind.CONTROL)), wish, act="КП-7")
    act = Reading.get(Reading.source == ReadingSource.ACT)
    assert (act.act, act.state, act.t1) == (
        "КП-7",
        ReadingState.ACCEPTED,
        Energy.from_kwh(4800),
    )
    row = undo(row, member)
    assert Reading.get_by_id(act.id).state is ReadingState.WITHDRAWN
    finish(row, wish, act="КП-7")
    assert Reading.select().where(Reading.state == ReadingState.ACCEPTED).count() == 1


def test_an_act_that_a_bill_has_stays(
    dated, ask, plan, finish, undo, wish, read, member
):
    row = finish(plan(ask(kind=RequestKind.CONTROL)), wish, act="КП-7")
    Reading.update(state=ReadingState.COUNTED).where(
        Reading.source == ReadingSource.ACT
    ).execute()
    with pytest.raises(CannotUndoError):
        undo(row, member)


def test_an_act_that_is_known_changes_nothing(
    dated, ask, plan, finish, wish, read, now
):
    finish(plan(ask(kind=RequestKind.CONTROL)), wish, act="КП-7")
    row = plan(ask(kind=RequestKind.CONTROL))
    with pytest.raises(ActKnown):
        finish(row, wish, act="КП-7")
    assert fresh(row).state is RequestState.PLANNED
