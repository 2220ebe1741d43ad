"""What specialists decide about readings: once, as far as it stands, and back."""

import uuid
from datetime import timedelta
from threading import Barrier, Thread
from types import SimpleNamespace

import pytest
from peewee import IntegrityError

from cabinet.domain.energy import Energy
from cabinet.domain.metering import ReadingSource, ReadingState, ReviewKind
from cabinet.domain.people import Role
from cabinet.domain.period import Month
from cabinet.domain.readings import Answer, Cause, NotAReadingError, Obstacle, Question
from cabinet.models import (
    AuditEntry,
    BillDraft,
    HomeNote,
    OutboxMessage,
    OutFile,
    OutReading,
    Reading,
    ReviewDecision,
    User,
)
from cabinet.models.base import database, on_sqlite, writing
from cabinet.services import files, history, queues, readings, reviews
from cabinet.services.audit import Actor
from cabinet.services.history.shown import Recent
from cabinet.services.reviews import queue
from cabinet.services.staff import Member
from tests import factories
from tests.factories import (
    give_access,
    is_ordered,
    make_account,
    make_meter,
    make_reading,
)

NOVEMBER = Month(2026, 11)
UNDO = timedelta(minutes=10)


@pytest.fixture
def operator(db):
    user = factories.make_staff()
    return Member(user.id, user.role)


@pytest.fixture
def base(meter):
    """Two years of ordinary months."""
    value = 2000
    for step in range(-24, 0):
        value += 110
        make_reading(meter, str(NOVEMBER.plus(step)), (value,))
    return value


@pytest.fixture
def desk(operator, alice, now):
    return Desk(operator, alice, now)


class Desk:
    """A specialist at work; the clock is the desk's."""

    def __init__(self, member, customer, now):
        self.member, self.customer, self.now = member, customer, now

    def sent(self, meter, *values, **fields):
        return make_reading(
            meter,
            "2026-11",
            values,
            state=ReadingState.NEEDS_REVIEW,
            user=self.customer,
            **fields,
        )

    def look(self, row):
        return reviews.review_of(self.member, row.public_id, **self._acting())

    def queue(self, **wanted):
        return reviews.review_queue(
            self.member, reviews.Wanted(**wanted), **self._acting()
        )

    def accept(self, row, version=1):
        return reviews.accept(self.member, row.public_id, version, **self._acting())

    def correct(self, row, *values, words="", version=1, is_sure=False):
        return reviews.correct(
            self.member,
            row.public_id,
            version,
            values,
            words,
            is_sure=is_sure,
            link=lambda public_id: f"https://lk.example.ru/readings/{public_id}",
            **self._acting(),
        )

    def give_back(self, row, words="Проверьте цифры", version=1):
        return reviews.give_back(
            self.member,
            row.public_id,
            version,
            words,
            link=lambda public_id: f"https://lk.example.ru/readings/{public_id}",
            **self._acting(),
        )

    def undo(self, row):
        return reviews.undo(self.member, row.public_id, **self._acting())

    def _acting(self):
        return {"actor": Actor(self.member.user_id), "now": self.now}


def fresh(row):
    return Reading.get_by_id(row.id)


# The queue ---------------------------------------------------------------------------


def test_a_row_has_all_that_a_decision_rests_on(desk, meter, base):
    row = desk.sent(meter, 47_528, reason="impossible", comment="Лампочка")
    (shown,) = desk.queue().rows
    assert (shown.zones[0].before, shown.zones[0].now) == (
        Energy.from_kwh(base),
        Energy.from_kwh(47_528),
    )
    assert shown.used == Energy.from_kwh(47_528 - base)
    assert shown.usual == Energy.from_kwh(110)
    assert shown.months[1:] == (Energy.from_kwh(110),) * 23
    assert len(shown.months) == 24
    assert shown.likely.cause is Cause.EXTRA_DIGIT
    assert (shown.comment, shown.is_waiting) == ("Лампочка", True)
    assert shown == desk.look(row)


def test_what_was_billed_is_the_usual_of_the_same_month_a_year_ago(
    desk, account, meter, base
):
    factories.make_bill(account, "2025-11", volume=Energy.from_kwh(170))
    desk.sent(meter, base + 900)
    (shown,) = desk.queue().rows
    assert shown.usual == Energy.from_kwh(170)
    assert shown.months[12] == Energy.from_kwh(170)


def test_pages_go_on_from_the_last_row(desk, alice, meter, now, monkeypatch):
    monkeypatch.setattr(reviews.queue, "PAGE", 2)
    rows = []
    for number in range(5):
        account = make_account(number=f"46000000009{number}")
        rows.append(
            desk.sent(make_meter(account), 4600, received_at=now.replace(hour=number))
        )
    seen, after = [], None
    while True:
        page = desk.queue(after=after)
        seen += [row.public_id for row in page.rows]
        assert page.waiting == 5
        # What is decided meanwhile moves nobody.
        if after is None:
            desk.accept(rows[0])
            assert len(desk.queue().rows) == 2
            desk.undo(rows[0])
        after = page.after
        if after is None:
            break
    assert seen == [row.public_id for row in rows]


def test_of_what_was_decided_lately_the_last_stand_above(desk):
    rows = [
        desk.sent(make_meter(make_account(number=f"46000000009{number}")), 4600)
        for number in range(7)
    ]
    for row in rows:
        desk.accept(row)
    page = desk.queue()
    assert [row.public_id for row in page.decided] == [
        row.public_id for row in reversed(rows[2:])
    ]
    assert page.lately == 7
    assert len(desk.queue(decided=True).decided) == 7
    desk.now += UNDO
    assert desk.queue().decided == ()


def test_what_waits_is_found_by_its_index(desk, operator, meter):
    """However many accounts the branch has."""
    desk.sent(meter, 4600)
    if not on_sqlite():
        # Of a single row any way to it is as short as another.
        for number in range(100):
            other = make_meter(make_account(number=f"4600001{number:05}"))
            make_reading(other, "2026-10", (4500,))
        database.execute_sql("ANALYZE")
        database.execute_sql("SET enable_seqscan = off")
    office = queues.Office(operator, [], desk.now.date())
    listed = queue._matching(operator, reviews.Wanted()).order_by(Reading.received_at)
    for query in (dict(queues.QUEUES)["staff.index"](office), listed):
        sql, params = query.sql()
        explain = "EXPLAIN QUERY PLAN" if on_sqlite() else "EXPLAIN"
        rows = database.execute_sql(f"{explain} {sql}", params).fetchall()
        assert "reading_review_queue" in str(rows), rows


def test_it_is_filtered_by_reason_and_branch(desk, db, now, meter):
    tver = factories.make_branch("tver", name="Тверь")
    admin = factories.make_staff("admin@example.org", role="admin", branches=())
    desk.member = Member(admin.id, Role.ADMIN)
    other = make_meter(make_account(number="460000000077", branch=tver))
    one = desk.sent(meter, 4600, reason="lower")
    two = desk.sent(other, 4600, reason="unusual")
    assert [r.public_id for r in desk.queue(reason="lower").rows] == [one.public_id]
    assert [r.public_id for r in desk.queue(branch="tver").rows] == [two.public_id]
    assert desk.queue(reason="lower", branch="tver").rows == ()
    assert desk.queue().waiting == 2


def test_another_branch_has_no_such_reading(desk, db, meter):
    factories.make_branch("tver", name="Тверь")
    row = desk.sent(meter, 4600)
    other = factories.make_staff("tver@example.org", branches=("tver",))
    desk.member = Member(other.id, other.role)
    for act in (desk.look, desk.accept, desk.give_back, desk.undo):
        with pytest.raises(reviews.ReviewNotFoundError):
            act(row)
    with pytest.raises(reviews.ReviewNotFoundError):
        desk.correct(row, "4610")
    assert fresh(row).state is ReadingState.NEEDS_REVIEW


def test_a_photo_is_given_and_noted(desk, operator, alice, account, meter, now):
    content = SimpleNamespace(body=b"\xff\xd8photo", media_type="image/jpeg", sha256="")
    with writing():
        file = files.store(content, purpose="photo", owner_id=alice.id, now=now)
    row = desk.sent(meter, 4600, photo=file)
    acting = {"actor": Actor(operator.user_id), "now": now}
    photo = reviews.photo_of(operator, row.public_id, **acting)
    assert (photo.body, photo.media_type) == (b"\xff\xd8photo", "image/jpeg")
    entry = AuditEntry.get(AuditEntry.action == "review.photo_opened")
    assert entry.account_id == account.id
    bare = make_reading(meter, "2026-10")
    with pytest.raises(reviews.ReviewNotFoundError):
        reviews.photo_of(operator, bare.public_id, **acting)


# Accepting ---------------------------------------------------------------------------


def test_an_accepted_reading_is_what_counts(desk, operator, alice, account, meter, now):
    row = desk.sent(meter, 9450, reason="unusual")
    shown = desk.accept(row)
    assert (shown.decided.kind, shown.decided.may_undo) == (ReviewKind.ACCEPTED, True)
    row = fresh(row)
    assert (row.state, row.version) == (ReadingState.ACCEPTED, 2)
    assert (row.reviewed_by_id, row.reviewed_at) == (operator.user_id, now)
    report = history.history(alice.id, account.id, Recent.YEAR, now=now)
    assert report.totals.used == Energy.from_kwh(9450 - 4000)
    # Nobody is written to; the page of the reading tells.
    assert not OutboxMessage.select().exists()
    taken = readings.get_confirmation(alice.id, row.public_id, now=now)
    assert taken.review.kind is ReviewKind.ACCEPTED


def test_one_that_fell_is_accepted_through_zero_only(desk, meter):
    make_reading(meter, "2026-10", (99_986,))
    row = desk.sent(meter, 11, reason="lower")
    assert desk.look(row).rolled_over
    desk.accept(row)
    assert fresh(row).rolled_over
    desk.undo(row)
    assert not fresh(row).rolled_over


@pytest.mark.parametrize(
    ("others", "typed", "obstacle"),
    [
        ([("2026-10", 4700)], 4650, Obstacle.FELL),
        ([("2026-12", 4700)], 9450, Obstacle.FOLLOWED),
    ],
)
def test_what_would_break_the_order_is_not_accepted(
    desk, meter, others, typed, obstacle
):
    for month, value in others:
        make_reading(meter, month, (value,), state=ReadingState.SUBMITTED)
    row = desk.sent(meter, typed)
    assert desk.look(row).obstacle is obstacle
    with pytest.raises(reviews.CannotStandError) as refused:
        desk.accept(row)
    assert refused.value.obstacle is obstacle
    assert fresh(row).state is ReadingState.NEEDS_REVIEW


# Correcting --------------------------------------------------------------------------


def test_a_correction_keeps_what_was_sent(desk, operator, alice, meter, now, base):
    row = desk.sent(meter, 47_528, reason="impossible")
    shown = desk.correct(row, "4752", words="Лишняя цифра")
    assert shown.decided.registers == (Energy.from_kwh(4752),)
    written = Reading.get(Reading.supersedes == row.id)
    assert (written.state, written.source) == (
        ReadingState.ACCEPTED,
        ReadingSource.STAFF,
    )
    assert (written.t1, written.period) == (Energy.from_kwh(4752), row.period)
    assert is_ordered(written, now)
    assert (written.received_at, written.taken_on) == (row.received_at, row.taken_on)
    row = fresh(row)
    assert (row.state, row.t1) == (ReadingState.SUPERSEDED, Energy.from_kwh(47_528))
    old = readings.get_confirmation(alice.id, row.public_id, now=now)
    assert old.replaced_by == written.public_id
    new = readings.get_confirmation(alice.id, written.public_id, now=now)
    assert new.review.sent == (Energy.from_kwh(47_528),)
    assert (new.review.words, new.used) == (
        "Лишняя цифра",
        Energy.from_kwh(4752 - base),
    )


def test_a_correction_goes_through_the_checks(desk, meter):
    make_reading(meter, "2026-10", (4634,))
    row = desk.sent(meter, 47_728, reason="impossible")
    with pytest.raises(NotAReadingError):
        desk.correct(row, "47x")
    with pytest.raises(reviews.SameRegistersError):
        desk.correct(row, "47728")
    with pytest.raises(reviews.CannotStandError):
        desk.correct(row, "4633")
    with pytest.raises(reviews.CorrectionAskedError) as asked:
        desk.correct(row, "9000")
    assert asked.value.asked.question is Question.UNUSUAL
    assert Reading.select().where(Reading.source == "staff").count() == 0
    desk.correct(row, "9000", is_sure=True)
    assert Reading.get(Reading.supersedes == row.id).t1 == Energy.from_kwh(9000)


def test_a_correction_through_zero_is_asked_about_and_kept(desk, meter):
    make_reading(meter, "2026-10", (99_986,))
    row = desk.sent(meter, 99_000, reason="lower")
    with pytest.raises(reviews.CorrectionAskedError):
        desk.correct(row, "11")
    desk.correct(row, "11", is_sure=True)
    assert Reading.get(Reading.supersedes == row.id).rolled_over


def test_all_zones_are_corrected_at_once(desk, account):
    meter = make_meter(account, zones=2, serial="2")
    make_reading(meter, "2026-10", (4634, 2142))
    row = desk.sent(meter, 2203, 4772, reason="lower")
    with pytest.raises(NotAReadingError):
        desk.correct(row, "4772")
    desk.correct(row, "4772", "2203")
    written = Reading.get(Reading.supersedes == row.id)
    assert (written.t1, written.t2) == (Energy.from_kwh(4772), Energy.from_kwh(2203))


# Returning, and who hears of it -------------------------------------------------------


def test_a_returned_reading_counts_nowhere_and_may_be_sent_anew(
    desk, alice, account, meter, now
):
    row = desk.sent(meter, 9450, reason="unusual")
    desk.give_back(row, "На фото другой счётчик")
    row = fresh(row)
    assert (row.state, row.reason) == (ReadingState.REJECTED, "На фото другой счётчик")
    form = readings.reading_form(alice.id, account.id, now=now).meter
    assert form.current is None
    taken = readings.submit_reading(
        alice.id,
        account.id,
        meter.public_id,
        ("4120",),
        key=form.key,
        actor=Actor(alice.id),
        pepper="pepper",
        now=now,
    )
    assert taken.state is ReadingState.SUBMITTED
    # What came since stands on the decision.
    with pytest.raises(reviews.CannotUndoError) as refused:
        desk.undo(row)
    assert refused.value.why is reviews.Stays.NEWER


def test_the_sender_is_written_to_when_it_can_no_longer_be_undone(
    desk, alice, account, meter, now
):
    bob = factories.make_customer("bob@example.org")
    give_access(bob, account)
    row = desk.sent(meter, 9450)
    assert desk.give_back(row, "Проверьте цифры").decided.told == 1
    mail = OutboxMessage.get()
    assert (mail.kind, mail.recipient) == ("reading_returned", alice.email)
    assert mail.not_before == now + UNDO
    assert mail.context["words"] == "Проверьте цифры"
    assert mail.context["link"].endswith(str(row.public_id))


def test_of_a_guest_the_owners_hear(desk, alice, account, meter):
    niece = factories.make_customer("niece@example.org")
    give_access(niece, account, granted_by=alice)
    row = desk.sent(meter, 47_728)
    Reading.update(user=None, source=ReadingSource.GUEST).execute()
    desk.correct(row, "4110")
    assert [m.recipient for m in OutboxMessage.select()] == [alice.email]
    mail = OutboxMessage.get()
    assert mail.kind == "reading_corrected"
    assert mail.context["registers"] == [["47728.000", "4110.000"]]


def test_who_has_no_mailbox_reads_it_at_home(desk, alice, meter):
    User.update(email=None).where(User.id == alice.id).execute()
    row = desk.sent(meter, 9450)
    assert desk.give_back(row).decided.told == 1
    note = HomeNote.get()
    assert (note.kind, note.user_id) == ("reading_returned", alice.id)
    assert not OutboxMessage.select().exists()
    desk.undo(row)
    assert not HomeNote.select().exists()


def test_where_nobody_has_a_cabinet_the_specialist_is_told_so(desk, now):
    meter = make_meter(make_account(number="460000000055"))
    row = desk.sent(meter, 9450)
    assert desk.give_back(row).decided.told == 0


# Taking back -------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["accept", "correct", "give_back"])
def test_a_decision_is_taken_back_whole(desk, meter, act):
    row = desk.sent(meter, 47_728, reason="impossible")
    before = fresh(row)
    values = ("4110",) if act == "correct" else ()
    getattr(desk, act)(row, *values)
    desk.now += UNDO - timedelta(seconds=1)
    shown = desk.undo(row)
    assert shown.is_waiting
    assert shown.decided is None
    after = fresh(row)
    for name in ("state", "reason", "rolled_over", "reviewed_by_id", "reviewed_at"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.version == before.version + 2
    assert not OutboxMessage.select().exists()
    decision = ReviewDecision.get()
    assert (decision.undone_at, decision.undone_by_id) == (
        desk.now,
        desk.member.user_id,
    )
    # The chain of what replaced what does not fork.
    assert not Reading.select().where(Reading.supersedes == row.id).exists()
    # It waits for a decision like any other, from the version that is shown now.
    with pytest.raises(reviews.AlreadyDecidedError):
        desk.accept(row, version=before.version)
    desk.accept(row, version=after.version)


@pytest.mark.parametrize(
    ("why", "harm"),
    [
        ("late", lambda desk, row: setattr(desk, "now", desk.now + UNDO)),
        ("counted", lambda _, row: _count(row)),
        ("sent_out", lambda _, row: _send_out(row)),
        ("drafted", lambda desk, row: _draft(row, desk.now)),
        (
            "newer",
            lambda desk, row: make_reading(
                row.meter, "2026-12", (9600,), received_at=desk.now, state="submitted"
            ),
        ),
        ("late", lambda desk, row: desk.undo(row)),
    ],
)
def test_a_decision_that_something_stands_on_stays(desk, meter, why, harm):
    row = desk.sent(meter, 9450)
    desk.accept(row)
    harm(desk, row)
    before = fresh(row)
    with pytest.raises(reviews.CannotUndoError) as refused:
        desk.undo(row)
    assert refused.value.why == why
    assert fresh(row).state is before.state


def _count(row):
    Reading.update(state="counted", counted_in=NOVEMBER).where(
        Reading.id == row.id
    ).execute()


def _send_out(row):
    out = OutFile.create(
        public_id=uuid.uuid4(),
        key="k",
        branch=row.meter.account.branch,
        kind="readings",
        format="csv",
        month=NOVEMBER,
        number=1,
        asked_at=row.received_at,
    )
    OutReading.create(out=out, reading=row)


def _draft(row, now):
    factories.make_bill_run(row.meter.account, "issued", now)
    BillDraft.update(readings=[row.id]).execute()


# Two at once -------------------------------------------------------------------------


def test_the_second_of_two_is_told(desk, operator, meter):
    row = desk.sent(meter, 9450)
    desk.accept(row)
    for act in (desk.accept, desk.give_back):
        with pytest.raises(reviews.AlreadyDecidedError):
            act(row)
    with pytest.raises(reviews.AlreadyDecidedError):
        desk.correct(row, "9460")
    assert ReviewDecision.select().count() == 1


def test_what_the_customer_replaced_is_decided_no_more(desk, meter):
    row = desk.sent(meter, 9450)
    Reading.update(state="superseded", version=2).where(Reading.id == row.id).execute()
    with pytest.raises(reviews.AlreadyDecidedError):
        desk.accept(row)


def test_the_database_keeps_one_decision(desk, operator, meter, now):
    row = desk.sent(meter, 9450)
    desk.accept(row)
    with pytest.raises(IntegrityError), database.atomic():
        ReviewDecision.create(
            reading=row, kind="returned", made_by=operator.user_id, made_at=now
        )


def test_eight_at_one_queue_decide_each_reading_once(desk, operator, alice, now):
    """No item is decided twice, none is lost."""
    rows = [
        desk.sent(make_meter(make_account(number=f"4600000080{n:02}")), 9450)
        for n in range(24)
    ]
    people = [
        Member((user := factories.make_staff(f"o{n}@example.org")).id, user.role)
        for n in range(8)
    ]
    start = Barrier(len(people))
    made, late, failed = [], [], []

    def work(member, acts):
        mine = Desk(member, alice, now)
        try:
            start.wait()
            for act in acts:
                for row in mine.queue().rows:
                    _decide(mine, act, row, made, late)
        except Exception as error:  # noqa: BLE001 - told by the assertion below
            failed.append(error)
        finally:
            database.close()

    threads = [
        Thread(target=work, args=(member, [number % 3, number % 3]))
        for number, member in enumerate(people)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sorted(made) == sorted(row.public_id for row in rows)
    assert late, "nobody met anybody"
    decisions = list(ReviewDecision.select())
    assert len(decisions) == len(rows)
    assert {one.reading_id for one in decisions} == {row.id for row in rows}
    assert not Reading.select().where(Reading.state == "needs_review").exists()
    kinds = {"accepted": "accepted", "corrected": "superseded", "returned": "rejected"}
    for one in decisions:
        assert one.reading.state == kinds[one.kind]


def _decide(desk, act, row, made, late):
    acts = (
        lambda: desk.accept(row),
        lambda: desk.correct(row, "4110"),
        lambda: desk.give_back(row),
    )
    try:
        acts[act]()
    except reviews.AlreadyDecidedError:
        late.append(row.public_id)
    else:
        made.append(row.public_id)


def test_the_customers_reading_and_a_decision_at_once_leave_one_standing(
    desk, alice, account, meter, now
):
    row = desk.sent(meter, 9450)
    form = readings.reading_form(alice.id, account.id, now=now).meter
    start = Barrier(2)
    outcomes = []

    def decide():
        start.wait()
        try:
            desk.accept(row)
            outcomes.append("accepted")
        except reviews.AlreadyDecidedError:
            outcomes.append("late")
        finally:
            database.close()

    def send():
        start.wait()
        try:
            readings.submit_reading(
                alice.id,
                account.id,
                meter.public_id,
                ("4120",),
                key=form.key,
                answers={Answer.REVIEW},
                actor=Actor(alice.id),
                pepper="pepper",
                now=now,
            )
        finally:
            database.close()

    threads = [Thread(target=decide), Thread(target=send)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 1
    assert fresh(row).state is ReadingState.SUPERSEDED
    newer = Reading.get(Reading.supersedes == row.id)
    assert newer.state is ReadingState.NEEDS_REVIEW
