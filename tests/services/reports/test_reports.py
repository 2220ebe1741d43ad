"""The other reports, each beside figures that were counted by hand."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cabinet.domain.metering import MeterStatus, ReadingSource, ReadingState
from cabinet.domain.money import Money
from cabinet.domain.people import Role
from cabinet.domain.period import Month
from cabinet.domain.questions import Author, QuestionState, Rating, Topic
from cabinet.domain.usability import Quarter
from cabinet.models import AuditEntry, Question, QuestionMessage, UsabilityRating
from cabinet.services.audit import Actor
from cabinet.services.reports import headlines, payments, questions, silent, window
from cabinet.services.reports import usability as ratings
from cabinet.services.staff import Member
from tests import factories

NOVEMBER = Month(2026, 11)
LENIN = "Курская область, Курск, ул. Ленина"


@pytest.fixture
def admin(db):
    return Member(factories.make_staff("admin@example.org", "admin").id, Role.ADMIN)


@pytest.fixture
def east(db):
    """A branch where it is seven hours later than in Moscow."""
    return factories.make_branch(
        "primorye",
        name="Приморье",
        time_zone="Asia/Vladivostok",
        region="Приморский край",
    )


class Town:
    """Makes meters one by one, each of an account of its own."""

    def __init__(self):
        self.count = 0

    def meter(self, address, branch=None, **values):
        self.count += 1
        account = factories.make_account(
            f"46000000{self.count:04}",
            branch,
            address=address,
            **values.pop("account", {}),
        )
        return factories.make_meter(account, serial=f"0{self.count}", **values)


@pytest.fixture
def town(db):
    return Town()


def send(meter, received_at=None, month="2026-11", **values):
    day = values.pop("day", 22)
    at = {"received_at": received_at} if received_at else {}
    return factories.make_reading(meter, month, day=day, **at, **values)


def msk(day, hour, month=11, minute=0):
    return datetime(2026, month, day, hour - 3, minute, tzinfo=UTC)


# Who has not sent -----------------------------------------------------------------


def test_streets_with_who_has_not_sent(member, town, now):
    lenin = [town.meter(f"{LENIN}, д. {house}, кв. 1") for house in range(1, 6)]
    mira = [
        town.meter(f"Курская область, Курск, ул. Мира, {house}")
        for house in ("дом 1", "д.2", "д. 3, корп. 1")
    ]
    village = [
        town.meter(f"Курская область, д. Лужки, д. {house}") for house in (7, 8, 90)
    ]
    small = town.meter("Курская область, Курск, ул. Малая, д. 1")
    send(lenin[0])
    send(lenin[1], state=ReadingState.NEEDS_REVIEW)
    send(lenin[2], state=ReadingState.REJECTED)
    send(lenin[3], source=ReadingSource.ESTIMATE)
    send(lenin[4], month="2026-10")
    send(mira[0])
    send(mira[1])
    send(mira[2])
    found = silent.silent_of(member, "", None, now=now)
    assert found.month == NOVEMBER
    assert [(each.name, each.silent, each.meters) for each in found.streets] == [
        (LENIN, 3, 5),
        ("Курская область, д. Лужки", 3, 3),
        ("", 1, 1),
    ]
    # 5 + 3 + 3 + 1 meters, 3 + 0 + 3 + 1 of them silent: 5 of 12 sent, 41,66 %.
    assert (found.meters, found.silent, found.share) == (12, 7, 41)
    listed = whole_list(member, now)
    assert listed == sorted(each.serial for each in (*lenin[2:], *village, small))
    assert whole_list(member, now, LENIN) == ["03", "04", "05"]


def test_meters_that_nothing_is_awaited_of(member, town, now, east):
    town.meter(LENIN, status=MeterStatus.REMOVED)
    town.meter(LENIN, status=MeterStatus.AUTOMATED)
    town.meter(LENIN, account={"closed_on": date(2026, 10, 31)})
    town.meter(LENIN, east)
    assert silent.silent_of(member, "", None, now=now).meters == 0
    assert (
        silent.silent_list(
            member, "", None, "", after=0, actor=Actor(member.user_id), now=now
        ).meters
        == ()
    )


def test_a_meter_on_a_list_is_a_look_at_its_account(member, town, now):
    meters = [town.meter(f"{LENIN}, д. {house}") for house in range(60)]
    first = silent.silent_list(
        member, "", None, "", after=0, actor=Actor(member.user_id), now=now
    )
    assert len(first.meters) == 50
    assert first.after == first.meters[-1].meter_id
    looked = {row.account_id for row in AuditEntry.select()}
    assert looked == {each.account_id for each in meters[:50]}
    rest = silent.silent_list(
        member, "", None, "", after=first.after, actor=Actor(member.user_id), now=now
    )
    assert (len(rest.meters), rest.after) == (10, None)
    assert AuditEntry.select().count() == 60


def whole_list(member, now, street=""):
    found = silent.silent_list(
        member, "", NOVEMBER, street, after=0, actor=Actor(member.user_id), now=now
    )
    return sorted(each.serial for each in found.meters)


def test_before_the_window_opens_the_report_is_of_the_month_before(member, town):
    town.meter(LENIN)
    found = silent.silent_of(
        member, "", None, now=datetime(2026, 11, 19, 20, 59, tzinfo=UTC)
    )
    assert found.month == Month(2026, 10)
    found = silent.silent_of(
        member, "", None, now=datetime(2026, 11, 19, 21, 0, tzinfo=UTC)
    )
    assert found.month == NOVEMBER


# The window -----------------------------------------------------------------------


def test_the_window_by_day_and_hour(member, town, now):
    """It is noon of 22 November in Moscow."""
    meters = [town.meter(f"{LENIN}, д. {house}") for house in range(10)]
    october = [
        msk(3, 12, month=10),  # before the window
        msk(20, 9, month=10),
        msk(22, 12, month=10),  # the same hour
        msk(22, 13, month=10),  # an hour later
        msk(25, 23, month=10, minute=59),
    ]
    for meter, at in zip(meters, october, strict=False):
        send(meter, at, month="2026-10")
    for meter, at in zip(
        meters,
        [msk(10, 12), msk(20, 9), msk(20, 9, minute=59), msk(20, 10), msk(22, 11)],
        strict=False,
    ):
        send(meter, at)
    # Corrected two days later: the first word counts, once.
    old = send(meters[5], msk(21, 15), state=ReadingState.SUPERSEDED)
    send(meters[5], msk(22, 11, minute=30), values=(4501,), supersedes=old)
    # Refused: nothing was sent.
    send(meters[6], msk(21, 16), state=ReadingState.REJECTED)
    found = window.progress_of(member, "", None, None, now=now)
    assert (found.meters, found.sent, found.share) == (10, 6, 60)
    assert (found.before, found.share_before) == (3, 30)
    assert (found.early, found.before_early, found.late) == (1, 1, 0)
    assert [
        (each.day.day, each.sent, each.all, each.before, each.before_all)
        for each in found.days
    ] == [
        (20, 3, 4, 1, 2),
        (21, 1, 5, 0, 2),
        (22, 1, 6, 2, 4),
        (23, None, None, 0, 4),
        (24, None, None, 0, 4),
        (25, None, None, 1, 5),
    ]
    assert found.day == date(2026, 11, 22)
    assert [
        (each.hour, each.sent, each.all, each.before, each.before_all)
        for each in found.hours
        if each.hour in (10, 11, 12, 13)
    ] == [
        (10, 0, 5, 0, 2),
        (11, 1, 6, 0, 2),
        (12, 0, 6, 1, 3),
        (13, None, None, 1, 4),
    ]
    asked = window.progress_of(member, "", None, date(2026, 11, 20), now=now)
    assert [(each.hour, each.sent) for each in asked.hours if each.sent] == [
        (9, 2),
        (10, 1),
    ]
    whole = window.progress_of(member, "", None, None, is_whole=True, now=now)
    assert len(whole.hours) == 6 * 24


def test_each_branch_has_its_own_clock(admin, town, now, east):
    """Vladivostok is ten hours ahead of UTC: its 20 November begins on the 19th."""
    here, there = town.meter(LENIN), town.meter(LENIN, east)
    send(here, msk(20, 0 + 3))
    send(there, datetime(2026, 11, 19, 14, 30, tzinfo=UTC))
    found = window.progress_of(admin, "", None, date(2026, 11, 20), now=now)
    assert [(each.hour, each.sent) for each in found.hours if each.sent] == [
        (0, 1),
        (3, 1),
    ]
    assert found.early == 0


# Payments -------------------------------------------------------------------------


def test_payments_by_day_and_way(member, admin, now, east):
    account = factories.make_account()
    factories.make_payment(account, "100,00", msk(20, 12))
    factories.make_payment(account, "50,00", msk(20, 13), method="sbp")
    factories.post(account, Money(-30_00), at=msk(21, 3), channel="registry")
    # 23:30 of the 20th in Moscow.
    late = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
    factories.post(account, Money(-20_00), at=late, channel="registry")
    factories.post(account, Money(-1_00), at=msk(19, 23), channel="registry")
    other = factories.make_account("250000000001", east)
    # 00:30 of the 21st in Vladivostok.
    factories.post(
        other,
        Money(-7_00),
        at=datetime(2026, 11, 20, 14, 30, tzinfo=UTC),
        channel="desk",
    )
    days = date(2026, 11, 20), date(2026, 11, 21)
    found = payments.paid_of(member, "", *days, now=now)
    assert found.ways == ("card", "registry", "sbp")
    assert [
        [(each.count, each.amount.kopecks) for each in (*day.ways, day.all)]
        for day in found.days
    ] == [
        [(1, 100_00), (1, 20_00), (1, 50_00), (3, 170_00)],
        [(0, 0), (1, 30_00), (0, 0), (1, 30_00)],
    ]
    assert (found.all.count, found.all.amount) == (4, Money(200_00))
    assert [each.amount.kopecks for each in found.totals] == [100_00, 50_00, 50_00]
    both = payments.paid_of(admin, "", *days, now=now)
    assert both.ways == ("card", "registry", "sbp", "desk")
    assert both.days[1].all.amount == Money(37_00)
    month = payments.paid_of(member, "", None, None, now=now)
    assert (month.first, month.last) == (date(2026, 11, 1), date(2026, 11, 22))
    assert month.all.amount == Money(201_00)


# Questions ------------------------------------------------------------------------


def ask(account, user, asked_at, topic, answered=None, **values):
    """A question, and when its answer was seen."""
    row = factories.make_question(
        account, user, asked_at, topic=topic, created_at=asked_at, **values
    )
    QuestionMessage.delete().where(
        QuestionMessage.question == row, QuestionMessage.author == Author.STAFF
    ).execute()
    if answered:
        for at in answered, answered + timedelta(days=1):
            QuestionMessage.create(
                question=row,
                key=f"{row.key}:{at}",
                author=Author.STAFF,
                text="an answer",
                at=at,
                shown_at=at,
            )
    return row


@pytest.mark.usefixtures("dated")
def test_how_long_answers_took(member, now):
    """Due are three working days: of a question of Monday the 16th the 19th."""
    account, user = factories.make_account(), factories.make_customer()
    asked = msk(16, 10)
    for hours in (1, 2, 3, 4):
        ask(account, user, asked, Topic.CHARGES, asked + timedelta(hours=hours))
    # The evening of the last day, and the first minute after it.
    ask(account, user, asked, Topic.METER, msk(19, 23, minute=59))
    ask(account, user, asked, Topic.METER, msk(20, 3) - timedelta(hours=3))
    # Nobody answered, and it is late; it may still be answered in time; none was needed.
    ask(account, user, asked, Topic.METER)
    ask(account, user, msk(21, 10), Topic.METER)
    ask(account, user, asked, Topic.METER, state=QuestionState.CLOSED)
    # Part of another; older than the month; of an answer nobody sees yet.
    whole = ask(account, user, asked, Topic.OTHER, now + timedelta(minutes=5))
    ask(account, user, asked, Topic.OTHER, merged_into=whole)
    ask(account, user, msk(23, 10, month=10), Topic.OTHER)
    found = questions.answers_of(member, "", None, None, now=now)
    assert (found.first, found.last) == (date(2026, 10, 24), date(2026, 11, 22))
    told = {each.topic: each for each in found.topics}
    assert list(told) == [Topic.METER, Topic.CHARGES, Topic.OTHER]
    charges = told[Topic.CHARGES]
    assert (charges.count, charges.waiting, charges.in_time) == (4, 0, 100)
    assert charges.waits.middle == timedelta(hours=2)
    assert charges.waits.most == timedelta(hours=4)
    meter = told[Topic.METER]
    # One of three whose day is over: 33,3 %.
    assert (meter.count, meter.waiting, meter.in_time) == (5, 2, 33)
    other = told[Topic.OTHER]
    assert (other.count, other.waiting, other.waits, other.in_time) == (1, 1, None, 0)
    assert (found.all.count, found.all.waiting) == (10, 3)
    # Five of eight: four of charges and one of the meter.
    assert found.all.in_time == 62
    assert Question.select().count() == 12


# Convenience ----------------------------------------------------------------------


def rated(branch, quarter, rating, now, words=""):
    UsabilityRating.create(
        branch=branch,
        quarter=quarter,
        rating=rating,
        words=words,
        user=factories.make_customer(),
        at=now,
    )


def test_convenience_by_quarter_and_branch(admin, member, now, east):
    kursk = factories.make_branch()
    for rating in (1, 3, 4, 4, 5):
        rated(kursk, 20264, rating, now)
    rated(kursk, 20264, None, now)
    for _ in range(4):
        rated(east, 20264, 5, now)
    rated(kursk, 20263, 2, now)
    found = ratings.usability_of(admin, "", None, actor=Actor(admin.user_id), now=now)
    this, before = found.quarters[:2]
    # Seven of nine: 77,7 %.
    assert (this.shares.total, this.shares.best, this.aside) == (9, 77, 1)
    assert this.shares.counts[Rating.GOOD] == 2
    assert not this.shares.is_reached
    assert (before.quarter, before.shares.best) == (Quarter(2026, 3), 0)
    assert [(each.name, each.shares.best) for each in found.branches] == [
        ("Курск", 60),
        ("Приморье", 100),
    ]
    own = ratings.usability_of(member, "", None, actor=Actor(member.user_id), now=now)
    assert own.now.shares.best == 60
    assert not AuditEntry.select().exists()


def test_words_are_read_without_whose_they_are(member, now):
    kursk = factories.make_branch()
    for number in range(52):
        rated(kursk, 20264, 5, now, words=f"слово {number}")
    actor = Actor(member.user_id)
    found = ratings.usability_of(member, "", None, actor=actor, now=now)
    assert [each.text for each in found.words[:2]] == ["слово 51", "слово 50"]
    assert len(found.words) == 50
    rest = ratings.usability_of(
        member, "", None, before=found.after, actor=actor, now=now
    )
    assert [each.text for each in rest.words] == ["слово 1", "слово 0"]
    assert rest.after is None
    rows = list(AuditEntry.select())
    assert {row.action for row in rows} == {"report.words"}
    assert "слово" not in str([row.details for row in rows])


# All of them ----------------------------------------------------------------------


def test_the_figures_of_the_first_page(member, town, now):
    meters = [town.meter(f"{LENIN}, д. {house}") for house in range(4)]
    send(meters[0])
    account = meters[0].account
    factories.make_bill(account, "2026-10", "300,00")
    factories.make_payment(account, "100,00", msk(20, 12))
    rated(account.branch, 20264, 4, now)
    found = headlines.headlines_of(member, now=now)
    assert (found.meters, found.silent, found.share) == (4, 3, 25)
    assert (found.owed, found.owing) == (Money(200_00), 1)
    assert (found.paid.count, found.paid.amount) == (1, Money(100_00))
    assert found.answers.count == 0
    assert found.shares.best == 100


MAKERS = {
    "silent": lambda member, now: silent.silent_of(member, "", None, now=now),
    "window": lambda member, now: window.progress_of(member, "", None, None, now=now),
    "payments": lambda member, now: payments.paid_of(member, "", None, None, now=now),
    "questions": lambda member, now: questions.answers_of(
        member, "", None, None, now=now
    ),
    "usability": lambda member, now: ratings.usability_of(
        member, "", None, actor=Actor(member.user_id), now=now
    ),
    "headlines": lambda member, now: headlines.headlines_of(member, now=now),
}
#: Beside the branches: the working calendar, the words and who read them.
MOST = {
    "silent": 3,
    "window": 4,
    "payments": 3,
    "questions": 4,
    "usability": 6,
    "headlines": 9,
}


@pytest.mark.parametrize("name", MAKERS)
def test_as_many_questions_however_much_there_is(member, town, now, db, name):
    alice = factories.make_customer()

    def live(count):
        for number in range(count):
            meter = town.meter(f"{LENIN}, д. {number}")
            send(meter)
            factories.make_payment(meter.account, "1,00", now)
            ask(meter.account, alice, now, Topic.OTHER, now)
            rated(meter.account.branch, 20264, 5, now, words="так")

    def asked():
        statements = []
        db.obj.query_hooks.append(statements.append)
        MAKERS[name](member, now)
        db.obj.query_hooks.remove(statements.append)
        return [each.sql for each in statements if not each.sql.startswith("BEGIN")]

    live(1)
    few = asked()
    live(5)
    assert len(asked()) == len(few) <= MOST[name], few
