"""A specialist plans, moves, refuses, notes a visit in vain, and takes it back."""

from datetime import date, timedelta

import pytest

from cabinet.domain.people import Role
from cabinet.domain.requests import (
    DayFault,
    Hours,
    MissReason,
    RefusalReason,
    RequestAct,
    RequestKind,
    RequestState,
)
from cabinet.models import AuditEntry, HomeNote, OutboxMessage, User
from cabinet.services.audit import Actor
from cabinet.services.requests import (
    crews,
    day,
    deciding,
    finishing,
    looking,
    queue,
)
from cabinet.services.requests.asking import Days
from cabinet.services.requests.deciding import CannotUndoError, CrewFullError
from cabinet.services.requests.rows import ChangedMeanwhileError, RequestNotFoundError
from cabinet.services.staff import Member
from tests import factories
from tests.services.requests.conftest import MONDAY, fresh, link_of
from tests.services.requests.test_asking import cancel, change, letters, steps

AT_NINE = timedelta(minutes=9)
AT_TEN = timedelta(minutes=10)


@pytest.fixture
def refuse(do):
    def refuse(row, by, version=None, at=None):
        return do(
            deciding.refuse,
            by,
            row,
            fresh(row).version if version is None else version,
            RefusalReason.NOT_NEEDED,
            "Счётчик исправен до 2031 года",
            at=at,
            link_of=link_of,
        )

    return refuse


@pytest.fixture
def miss(do):
    def miss(row, by, at):
        return do(
            deciding.could_not,
            by,
            row,
            fresh(row).version,
            MissReason.NOBODY_HOME,
            "",
            at=at,
            link_of=link_of,
        )

    return miss


def test_a_visit_is_planned_and_told_when_it_can_no_longer_be_undone(
    ask, plan, member, crew, now
):
    row = plan(ask())
    assert row.state is RequestState.PLANNED
    assert (row.planned_on, row.planned_hours) == (MONDAY, Hours.MORNING)
    assert (row.crew_id, row.due_on) == (crew.id, MONDAY)
    mail = OutboxMessage.get(OutboxMessage.key.startswith("request:1:2"))
    assert (mail.context["act"], mail.context["day"]) == ("planned", "2026-11-23")
    assert mail.not_before == now + AT_TEN
    entry = AuditEntry.get(AuditEntry.action == "request.planned")
    assert entry.actor_id == member.user_id


def test_a_visit_is_moved_to_another_crew_and_day(ask, plan, account):
    row = plan(ask())
    other = factories.make_crew(account.branch, name="Бригада 2")
    row = plan(row, day=date(2026, 11, 24), hours=Hours.EVENING, crew_id=other.id)
    assert (row.planned_on, row.crew_id) == (date(2026, 11, 24), other.id)
    assert steps(row) == [RequestAct.ASKED, RequestAct.PLANNED, RequestAct.MOVED]


def test_a_full_crew_takes_no_visit_more(ask, plan, account, now):
    for serial in ("1", "2"):
        meter = factories.make_meter(account, serial=serial)
        plan(factories.make_meter_request(account, now, meter=meter))
    row = ask()
    with pytest.raises(CrewFullError) as caught:
        plan(row)
    assert caught.value.most == 2
    assert plan(row, day=date(2026, 11, 24)).state is RequestState.PLANNED


def test_moved_within_its_own_full_day_it_stays(ask, plan, account, now):
    crew = factories.make_crew(account.branch, visits=1)
    row = plan(ask(), crew_id=crew.id)
    row = plan(row, crew_id=crew.id, hours=Hours.AFTERNOON)
    assert row.planned_hours is Hours.AFTERNOON


def test_a_crew_that_does_not_work_then_is_no_choice(ask, plan, account):
    crew = factories.make_crew(account.branch, starts=date(2026, 12, 1))
    with pytest.raises(CrewFullError) as caught:
        plan(ask(), crew_id=crew.id)
    assert caught.value.most == 0


def test_a_crew_of_another_branch_is_not_there(ask, plan):
    tver = factories.make_branch("tver", name="Тверь")
    crew = factories.make_crew(tver)
    with pytest.raises(crews.CrewNotFoundError):
        plan(ask(), crew_id=crew.id)


def test_nobody_comes_on_a_day_off(ask, plan):
    with pytest.raises(deciding.VisitDayError) as caught:
        plan(ask(), day=date(2026, 11, 28))
    assert caught.value.fault is DayFault.DAY_OFF


def test_of_two_pages_one_decides(ask, plan, refuse, member, colleague):
    row = ask()
    seen = row.version
    plan(row)
    with pytest.raises(ChangedMeanwhileError):
        refuse(row, colleague, version=seen)
    assert fresh(row).state is RequestState.PLANNED


def test_what_is_over_is_decided_no_more(ask, refuse, plan, member):
    row = refuse(ask(), member)
    with pytest.raises(ChangedMeanwhileError):
        plan(row)


def test_a_refusal_says_why(ask, refuse, member):
    row = refuse(ask(), member)
    assert (row.state, row.reason) == (RequestState.REFUSED, "not-needed")
    assert row.slot is None
    mail = OutboxMessage.select().order_by(OutboxMessage.id.desc()).first()
    assert mail.context["note"] == "Счётчик исправен до 2031 года"


def test_nobody_at_home_and_it_waits_for_another_day(
    ask, plan, miss, member, alice, now
):
    row = plan(ask())
    with pytest.raises(deciding.NotYetError) as caught:
        miss(row, member, now)
    assert caught.value.day == MONDAY
    monday = now + timedelta(days=1)
    row = miss(row, member, monday)
    assert row.state is RequestState.MISSED
    assert (row.planned_on, row.crew_id) == (None, None)
    assert row.due_on == date(2026, 11, 26)
    change(alice, row, Days(first=date(2026, 11, 25)), monday)
    row = fresh(row)
    assert (row.state, row.reason) == (RequestState.RECEIVED, "")
    assert plan(row, day=date(2026, 11, 25)).state is RequestState.PLANNED


def test_each_change_is_told_by_a_letter(
    ask, plan, refuse, miss, do, member, alice, now
):
    row = ask(kind=RequestKind.SEALING, days=Days(first=MONDAY))
    change(alice, row, Days(first=date(2026, 11, 24)), now)
    plan(row)
    plan(row, day=date(2026, 11, 24))
    tuesday = now + timedelta(days=2)
    miss(row, member, tuesday)
    plan(row, day=date(2026, 11, 25), at=tuesday)
    work = finishing.Done(act="17", note="Пломба 4455", work=None)
    do(finishing.finish, member, row, fresh(row).version, work, link_of=link_of)
    refuse(ask(), member)
    cancel(alice, ask(), now)
    assert letters() == [
        *("asked", "changed", "planned", "moved", "missed", "planned", "done"),
        *("asked", "refused"),
        *("asked", "cancelled"),
    ]
    recipients = {mail.recipient for mail in OutboxMessage.select()}
    assert recipients == {alice.email}


def test_a_decision_is_taken_back_with_its_letter(ask, plan, undo, member, now):
    row = plan(ask())
    row = undo(row, member, at=now + AT_NINE)
    assert (row.state, row.planned_on, row.crew_id) == (
        RequestState.RECEIVED,
        None,
        None,
    )
    assert row.due_on == date(2026, 11, 25)
    assert letters() == ["asked"]
    assert steps(row)[-1] is RequestAct.UNDONE


def test_the_customer_sees_a_decision_when_it_can_no_longer_be_undone(
    ask, plan, refuse, undo, alice, member, account, now
):
    def seen(at):
        one = looking.mine(alice.id, row.public_id, now=at)
        assert looking.board(alice.id, account.id, now=at).lines[0] == one
        return one.state, one.planned_on, [step.act for step in one.steps]

    row = plan(ask())
    before = RequestState.RECEIVED, None, [RequestAct.ASKED]
    told = RequestState.PLANNED, MONDAY, [RequestAct.ASKED, RequestAct.PLANNED]
    assert seen(now + AT_NINE) == before
    assert seen(now + AT_TEN) == told
    later = now + timedelta(minutes=15)
    refuse(row, member, at=later)
    assert seen(later + AT_NINE) == told
    undo(row, member, at=later + AT_NINE)
    assert seen(later + AT_TEN) == told


def test_a_note_at_home_is_taken_back_too(ask, plan, undo, member, alice, now):
    User.update(email=None).where(User.id == alice.id).execute()
    row = plan(ask())
    undo(row, member)
    assert [note.context["state"] for note in HomeNote.select()] == ["received"]


def test_too_late_or_somebody_elses_stays(ask, plan, undo, member, colleague, now):
    row = plan(ask())
    with pytest.raises(CannotUndoError):
        undo(row, colleague)
    with pytest.raises(CannotUndoError):
        undo(row, member, at=now + AT_TEN)
    assert fresh(row).state is RequestState.PLANNED


def test_taken_back_twice_is_refused(ask, plan, undo, member):
    row = plan(ask())
    undo(row, member)
    with pytest.raises(CannotUndoError):
        undo(row, member)


def test_what_the_customer_cancelled_since_stays_cancelled(
    ask, plan, undo, member, alice, now
):
    row = plan(ask())
    cancel(alice, row, now)
    with pytest.raises(CannotUndoError):
        undo(row, member)


def test_a_refusal_under_a_new_request_stays(ask, refuse, undo, member):
    row = refuse(ask(), member)
    ask()
    with pytest.raises(CannotUndoError):
        undo(row, member)
    assert fresh(row).state is RequestState.REFUSED


def test_a_visit_comes_back_only_where_there_is_room(
    ask, plan, undo, member, account, now
):
    crew = factories.make_crew(account.branch, visits=1)
    row = plan(ask(), crew_id=crew.id)
    plan(row, crew_id=crew.id, day=date(2026, 11, 24))
    other = factories.make_meter_request(
        account, now, meter=factories.make_meter(account, serial="1")
    )
    plan(other, crew_id=crew.id)
    with pytest.raises(CannotUndoError):
        undo(row, member)
    assert fresh(row).planned_on == date(2026, 11, 24)


def test_another_branchs_specialist_finds_nothing(ask, do, now):
    tver = factories.make_branch("tver", name="Тверь")
    other = factories.make_staff("tver@example.org", branches=(tver.code,))
    member = Member(other.id, Role.OPERATOR)
    row = ask()
    with pytest.raises(RequestNotFoundError):
        queue.desk(member, row.public_id, actor=Actor(other.id), now=now)
    assert queue.queue(member, actor=Actor(other.id), now=now).rows == ()
    with pytest.raises(RequestNotFoundError):
        do(deciding.undo, member, row)
    with pytest.raises(day.OfficeNotFoundError):
        day.day_plan(member, "kursk", MONDAY, actor=Actor(other.id), now=now)


def test_the_queue_is_by_due_day_and_notes_whose_it_shows(
    ask, plan, member, account, now
):
    late = factories.make_meter_request(
        account,
        now,
        due_on=date(2026, 11, 19),
        meter=factories.make_meter(account, serial="1"),
    )
    first, planned = (
        ask(),
        plan(factories.make_meter_request(account, now, kind="sealing")),
    )
    found = queue.queue(member, actor=Actor(member.user_id), now=now)
    assert [row.number for row in found.rows] == [late.id, planned.id, first.id]
    assert [str(row.urgency) for row in found.rows] == ["late", "soon", "calm"]
    assert found.counts[RequestState.RECEIVED] == 2
    entry = AuditEntry.get(AuditEntry.action == "request.listed")
    assert entry.account_id == account.id
    only = queue.queue(
        member,
        state=RequestState.PLANNED,
        actor=Actor(member.user_id),
        now=now,
    )
    assert [row.number for row in only.rows] == [planned.id]


def test_the_plan_of_a_day_goes_by_hours_then_address(plan, member, crew, account, now):
    crew.visits = 9
    crew.save()
    for number, (address, hours) in enumerate(
        [("Б", "evening"), ("В", "morning"), ("А", "evening"), ("Г", "morning")]
    ):
        one = factories.make_account(
            f"46000000010{number}", account.branch, address=address
        )
        plan(factories.make_meter_request(one, now, phone="8 900"), hours=Hours(hours))
    factories.make_crew(account.branch, name="Бригада 2")
    factories.make_crew(account.branch, name="Бывшая", ends=date(2026, 11, 1))
    found = day.day_plan(member, "", MONDAY, actor=Actor(member.user_id), now=now)
    assert [sheet.name for sheet in found.sheets] == ["Бригада 1", "Бригада 2"]
    assert [call.address for call in found.sheets[0].calls] == ["В", "Г", "А", "Б"]
    assert (
        AuditEntry.select().where(AuditEntry.action == "request.planned_seen").count()
        == 4
    )
    ahead = queue.desk(
        member,
        found.sheets[0].calls[0].public_id,
        actor=Actor(member.user_id),
        now=now,
    ).days
    assert [(load.taken, load.most) for load in ahead[0].loads] == [(4, 9), (0, 4)]
    assert len(ahead) == crews.DAYS_AHEAD


def test_crews_come_and_go(plan, ask, member, account, now):
    actor = Actor(member.user_id)

    def add(key):
        crews.add(
            member,
            "Северная",
            branch="kursk",
            starts=date(2026, 11, 1),
            visits=3,
            key=key,
            actor=actor,
            now=now,
        )

    add("a" * 32)
    add("a" * 32)
    _, line = crews.list_of(member)
    assert (line.name, line.visits, line.ends) == ("Северная", 3, None)
    plan(ask(), crew_id=line.crew_id)
    with pytest.raises(crews.CrewBusyError) as caught:
        crews.end(member, line.crew_id, actor=actor, now=now)
    assert caught.value.visits == 1
    later = now + timedelta(days=1)
    crews.end(member, line.crew_id, actor=actor, now=later)
    assert [one.ends for one in crews.list_of(member)] == [None, MONDAY]
    with pytest.raises(crews.CrewNotFoundError):
        crews.add(
            member,
            "Чужая",
            branch="tver",
            starts=MONDAY,
            visits=3,
            key="b" * 32,
            actor=actor,
            now=now,
        )
    with pytest.raises(crews.CrewNotFoundError):
        crews.end(member, 10**6, actor=actor, now=now)
