"""Whatever people, operators and bill runs do in any order, the rows stay in order."""

from collections import Counter
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from cabinet.domain.energy import Energy
from cabinet.domain.metering import BASE, CURRENT, MOVES, ReadingSource, ReadingState
from cabinet.domain.period import Month, local_day
from cabinet.domain.readings import REVIEWS, Answer, NotAReadingError
from cabinet.models import AuditEntry, Meter, Reading
from cabinet.services import readings, reviews
from cabinet.services.audit import Actor
from cabinet.services.limits import TooManyAttemptsError
from cabinet.services.readings import submit
from cabinet.services.staff import Member
from tests.conftest import SERVER
from tests.factories import (
    give_access,
    make_account,
    make_meter,
    make_reading,
    make_staff,
)

REFUSALS = (
    NotAReadingError,
    TooManyAttemptsError,
    readings.MonthChangedError,
    readings.ReadingAskedError,
)
#: What a specialist may be refused, and nothing was written then.
NOT_DECIDED = (
    NotAReadingError,
    reviews.AlreadyDecidedError,
    reviews.CannotStandError,
    reviews.CannotUndoError,
    reviews.CorrectionAskedError,
    reviews.SameRegistersError,
)
#: After these the same form is a new reading.
ENDED = {ReadingState.REJECTED, ReadingState.WITHDRAWN}

#: Of the long run: a hundred thousand steps on SQLite, where a step is cheaper.
MANY = 1000 if SERVER == "sqlite" else 150

NUMBERS = count(460_000_000_000)
PICKS = st.integers(0, 20)
NIGHTS = st.sampled_from([4200, 4300, 5000])
ANSWERS = st.sets(st.sampled_from(list(Answer)), max_size=3)


class Events(RuleBasedStateMachine):
    """A meter of two zones, its reader, the operator and the bill run."""

    def __init__(self, user, staff, now, told):
        super().__init__()
        self.told = told
        self.member = Member(staff.id, staff.role)
        self.decided = []
        account = make_account(number=str(next(NUMBERS)))
        give_access(user, account)
        self.meter = make_meter(account, zones=2)
        make_reading(self.meter, values=(4634, 4200))
        self.user, self.now = user, now
        self.taken = {}
        self.is_checked = False
        self.form = self._form()
        self.card = self._shown().account

    @rule(hours=st.sampled_from([0, 1, 30, 200]))
    def wait(self, hours):
        self.told["steps"] += 1
        self.now += timedelta(hours=hours)

    @rule()
    def open_the_form(self):
        self.told["steps"] += 1
        self.form = self._form()

    @rule(
        more=st.integers(0, 250),
        night=NIGHTS,
        answers=ANSWERS,
        says_month=st.booleans(),
        comment=st.sampled_from(["", "Пояснение"]),
    )
    def send_something_likely(self, more, night, answers, says_month, comment):
        self.told["steps"] += 1
        base = max(row.t1 for row in self._rows() if row.state in BASE)
        values = (str(int(base.kwh) + more), str(night))
        self._send(values, answers, says_month=says_month, comment=comment)

    @rule(
        typed=st.integers(0, 99_999).map(str) | st.just("x"),
        night=NIGHTS,
        answers=ANSWERS,
    )
    def send_something_unlikely(self, typed, night, answers):
        self.told["steps"] += 1
        self._send((typed, str(night)), answers)

    # What is drawn never hangs on what the portal has done: keys of forms are random.

    @rule(pick=PICKS)
    def send_again(self, pick):
        self.told["steps"] += 1
        if not self.taken:
            return
        values, form = list(self.taken)[pick % len(self.taken)]
        known = self.taken[values, form]
        row = Reading.get(Reading.public_id == known)
        registers = tuple(Energy.from_kwh(int(each)) for each in values)
        keys = {form.key, submit._corrected(form.key, registers)}
        is_same = row.state not in ENDED and row.key in keys
        again = self._send(values, form=form)
        if is_same:
            assert again == known, "the same form is the same reading"

    @rule()
    def send_from_a_fresh_page(self):
        """Do as one who never got the answer, and opened the page once more."""
        self.told["steps"] += 1
        if self.taken:
            self.form = self._form()
            self._send(list(self.taken)[-1][0])

    @rule(
        pick=PICKS,
        act=st.sampled_from(["accept", "correct", "give_back"]),
        more=st.integers(0, 250),
        is_sure=st.booleans(),
    )
    def review(self, pick, act, more, is_sure):
        """Let a specialist decide about one that waits."""
        self.told["steps"] += 1
        rows = [r for r in self._rows() if r.state is ReadingState.NEEDS_REVIEW]
        if not rows:
            return
        row = rows[pick % len(rows)]
        base = max(each.t1 for each in self._rows() if each.state in BASE)
        values = (str(int(base.kwh) + more), "5000")
        acts = {
            "accept": (reviews.accept, (), {}),
            "correct": (reviews.correct, (values,), {"is_sure": is_sure, "link": str}),
            "give_back": (reviews.give_back, ("Так",), {"link": str}),
        }
        done, more_values, named = acts[act]
        self._as_staff(done, row.public_id, row.version, *more_values, **named)

    @rule(pick=PICKS)
    def undo_a_decision(self, pick):
        self.told["steps"] += 1
        if self.decided:
            self._as_staff(reviews.undo, self.decided[pick % len(self.decided)])

    @rule(
        pick=PICKS,
        wanted=st.sampled_from(
            [ReadingState.COUNTED, ReadingState.ACCEPTED, ReadingState.REJECTED]
        ),
    )
    def decide(self, pick, wanted):
        """Let an operator or a bill run move one reading along the table of states."""
        self.told["steps"] += 1
        movable = [row.id for row in self._rows() if wanted in MOVES[row.state]]
        if movable:
            row_id = movable[pick % len(movable)]
            Reading.update(state=wanted).where(Reading.id == row_id).execute()
            self.is_checked = False

    @invariant()
    def rows_are_in_order(self):
        if self.is_checked:
            return
        self.is_checked = True
        rows = self._rows()
        check_states(rows)
        for row in rows:
            assert row.t2 is not None, "all zones or nothing"
            assert row.t1.wh % 1000 == 0
            if row.key is not None and row.state is not ReadingState.NEEDS_REVIEW:
                own = self.card.window.period_of(
                    local_day(row.received_at, self.card.zone)
                )
                assert row.period >= own
        written = [row for row in rows if row.key is not None]
        assert len({row.key for row in written}) == len(written)
        # Whoever sends what a specialist wrote already is shown that.
        staff = [row for row in rows if row.source is ReadingSource.STAFF]
        assert set(self.taken.values()) <= {row.public_id for row in written + staff}
        entries = AuditEntry.select(AuditEntry.subject).where(
            AuditEntry.action == "reading.submitted",
            AuditEntry.account_id == self.card.account_id,
        )
        traced = sorted(entry.subject for entry in entries)
        assert traced == sorted(f"reading:{row.id}" for row in written)

    def _rows(self):
        return list(
            Reading.select(Reading, Meter)
            .join(Meter)
            .where(Reading.meter == self.meter)
            .order_by(Reading.id)
        )

    def _as_staff(self, act, public_id, *values, **named):
        before = [(row.id, row.state, row.version) for row in self._rows()]
        try:
            act(
                self.member,
                public_id,
                *values,
                **named,
                actor=Actor(self.member.user_id),
                now=self.now,
            )
        except NOT_DECIDED:
            after = [(row.id, row.state, row.version) for row in self._rows()]
            assert after == before, "what is refused changes nothing"
            return
        self.decided.append(public_id)
        self.told["decided"] += 1
        self.is_checked = False

    def _shown(self):
        return readings.reading_form(self.user.id, self.meter.account_id, now=self.now)

    def _form(self):
        return self._shown().meter

    def _send(self, values, answers=(), *, says_month=False, comment="", form=None):
        """Send values in a form; the id of what was taken, None when nothing was."""
        form = form or self.form
        try:
            taken = readings.submit_reading(
                self.user.id,
                self.card.account_id,
                form.public_id,
                values,
                key=form.key,
                month=form.timing.month if says_month else None,
                answers=answers,
                comment=comment,
                actor=Actor(self.user.id),
                pepper="pepper",
                now=self.now,
            ).public_id
        except REFUSALS:
            return None
        self.taken[values, form] = taken
        self.told["taken"] += 1
        self.is_checked = False
        return taken


def check_states(rows):
    """Check what holds between the readings of one meter."""
    current = Counter(row.period for row in rows if row.state in CURRENT)
    assert max(current.values()) == 1, "one current reading a month"
    followed = Counter(row.supersedes_id for row in rows if row.supersedes_id)
    assert all(many == 1 for many in followed.values()), "a chain does not fork"
    of_ids = {row.id: row for row in rows}
    superseded = {row.id for row in rows if row.state is ReadingState.SUPERSEDED}
    assert set(followed) == superseded
    for row in rows:
        if row.supersedes_id:
            before = of_ids[row.supersedes_id]
            assert before.period == row.period
            is_the_same = (before.t1, before.t2) == (row.t1, row.t2)
            assert not is_the_same or set(row.answers) & set(REVIEWS)


def play(user, now, examples, steps, staff=None):
    """Let events happen; how many there were, and how many readings were taken."""
    told = Counter()
    staff = staff or make_staff()
    run_state_machine_as_test(
        lambda: Events(user, staff, now, told),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            # The same events every time; the long run looks for others.
            derandomize=examples < MANY,
            phases=[Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
    return told


@pytest.mark.parametrize(
    ("examples", "steps"),
    [(10, 30), pytest.param(MANY, 100, marks=pytest.mark.long)],
)
def test_any_order_of_events_leaves_the_rows_in_order(alice, now, examples, steps):
    told = play(alice, now, examples, steps)
    # Some runs end before their last step, in some seeds more of them than in others.
    assert told["steps"] >= examples * steps * 2 / 3
    assert told["taken"] > 0
    assert told["decided"] > 0


@pytest.mark.parametrize("fault", ["_repeated", "_standing", "_trace"])
def test_a_planted_fault_is_found(alice, now, monkeypatch, fault):
    monkeypatch.setattr(submit, fault, lambda *_: None)
    # A broken submission need not break the same way twice.
    with pytest.raises((AssertionError, Flaky)):
        play(alice, now, 100, 30)


def test_the_month_can_be_recomputed_from_the_moment(alice, account, meter, now):
    shown = readings.reading_form(alice.id, account.id, now=now)
    assert shown.meter.timing.month == Month(2026, 11)
    day = local_day(now, shown.account.zone)
    assert shown.account.window.period_of(day) == shown.meter.timing.month
