"""The figures of the installation: what waits is counted, by indexes, nothing is written."""

from datetime import timedelta

from cabinet.domain.metering import MeterStatus
from cabinet.domain.money import Money
from cabinet.models import (
    Account,
    Beat,
    Job,
    Meter,
    Notice,
    OutboxMessage,
    Payment,
)
from cabinet.models.base import database, on_sqlite, writing
from cabinet.models.connection import open_database
from cabinet.services import beats, jobs, outbox, vitals, window_counts
from tests import factories

MINUTE = timedelta(minutes=1)
#: Tables that grow with customers and time.
LARGE = {"outbox_message", "job", "notice", "payment", "refund", "reading", "account"}


def told(now):
    return vitals.ask_all(now).figures


def letter(kind, at, **values):
    key = f"{kind}:{OutboxMessage.select().count()}"
    with writing():
        outbox.put(kind, key=key, recipient="a@b.ru", context={}, now=at)
    if values:
        OutboxMessage.update(**values).where(OutboxMessage.key == key).execute()


def test_of_an_empty_installation_nothing_waits(db, now):
    found = vitals.ask_all(now)
    assert found.answers
    assert found.missing == ()
    assert found.schema.startswith("00")
    assert found.figures == vitals.Figures(
        letters=vitals.Queue(),
        many=vitals.Queue(),
        letters_failed=0,
        jobs=vitals.Queue(),
        jobs_running=0,
        jobs_failed=0,
        notices=vitals.Queue(),
        doubts=vitals.Queue(),
        doubtful=Money(0),
        late=vitals.Queue(),
        windows=(),
        counted_at=None,
        beats={},
    )


def test_letters_somebody_waits_for_are_apart_from_those_to_many(db, now):
    for age in (5, 9):
        letter("login_notice", now - age * MINUTE)
    letter("bill_ready", now - 60 * MINUTE)
    letter("login_notice", now + 10 * MINUTE)  # its time has not come
    letter("login_notice", now - 90 * MINUTE, sent_at=now)
    letter("login_notice", now - 90 * MINUTE, failed_at=now - MINUTE, error="gone")
    letter("login_notice", now - 90 * MINUTE, failed_at=now, error="bounced")
    letter("login_notice", now - 90 * MINUTE, failed_at=now - 2 * vitals.DAY)
    found = told(now)
    assert found.letters == vitals.Queue(2, now - 9 * MINUTE)
    assert found.letters.age(now) == 9 * MINUTE
    assert found.many == vitals.Queue(1, now - 60 * MINUTE)
    assert found.letters_failed == 1


def test_jobs_that_are_due_being_done_and_given_up(db, now):
    with writing():
        for name, at in (("a", -20), ("b", -10), ("c", -5), ("d", 5), ("e", -30)):
            jobs.put("export", key=name, context={}, now=now + at * MINUTE)
    Job.update(done_at=now).where(Job.key == "e").execute()
    Job.update(failed_at=now).where(Job.key == "b").execute()
    Job.update(lease_until=now + MINUTE).where(Job.key == "a").execute()
    found = told(now)
    assert found.jobs == vitals.Queue(1, now - 5 * MINUTE)
    assert (found.jobs_running, found.jobs_failed) == (1, 1)
    # Whose worker died is due again.
    assert told(now + 2 * MINUTE).jobs == vitals.Queue(2, now - 20 * MINUTE)


def test_payments_in_doubt_and_what_nobody_asks_about(account, now):
    for state, amount, age in (
        ("submitting", "10,00", 1),
        ("in_doubt", "20,50", 30),
        ("waiting_for_capture", "0,01", 3),
        ("pending", "100,00", 90),
        ("succeeded", "1000,00", 90),
    ):
        at = now - age * MINUTE
        final = {"final_at": at} if state == "succeeded" else {}
        factories.make_payment(account, amount, at, state=state, **final)
    odd = factories.make_payment(account, "5,00", now, state="pending")
    Payment.update(is_suspicious=True).where(Payment.id == odd.id).execute()
    late = Payment.select().where(Payment.state == "in_doubt").get()
    Payment.update(ask_at=now - 3 * MINUTE).where(Payment.id == late.id).execute()
    found = told(now)
    assert found.doubts == vitals.Queue(4, now - 30 * MINUTE)
    assert found.doubtful == Money.parse("35,51")
    assert found.late == vitals.Queue(1, now - 3 * MINUTE)


def test_notices_that_wait(db, now):
    for number, next_at in ((1, now), (2, now + MINUTE), (3, None)):
        Notice.create(
            shop="kursk",
            provider_id=str(number),
            event="",
            body=b"",
            body_hash=str(number),
            received_at=now - number * MINUTE,
            next_at=next_at,
        )
    assert told(now).notices == vitals.Queue(2, now - 2 * MINUTE)


def test_accounts_that_have_sent_are_counted_by_the_worker(account, meter, now):
    second = factories.make_meter(account, serial="2")
    other = factories.make_meter(factories.make_account(number="460000000033"))
    gone = factories.make_meter(factories.make_account(number="460000000034"))
    Meter.update(status=MeterStatus.REMOVED).where(Meter.id == gone.id).execute()
    tver = factories.make_branch("tver", name="Тверь")
    far = factories.make_meter(
        factories.make_account(number="470000000001", branch=tver)
    )
    assert told(now).windows == ()  # nobody has counted, and looking does not

    assert window_counts.count(now=now) == 2
    first = told(now)
    assert first.counted_at == now
    assert [(w.code, w.month, w.sent, w.all) for w in first.windows] == [
        ("kursk", "2026-11", 0, 2),
        ("tver", "2026-11", 0, 1),
    ]
    for each in (meter, other, far):
        factories.make_reading(each, "2026-11", (9000,))
    assert window_counts.count(now=now + MINUTE) == 0  # fresh enough
    assert window_counts.count(now=now + 5 * MINUTE) == 2
    found = told(now + 5 * MINUTE)
    # Of two meters one is not all.
    assert [(w.sent, w.all) for w in found.windows] == [(1, 2), (1, 1)]
    factories.make_reading(second, "2026-11", (9000,))
    assert window_counts.count(now=now - 5 * MINUTE) == 2  # a clock set back
    assert [(w.sent, w.all) for w in told(now).windows] == [(2, 2), (1, 1)]


def test_before_the_window_the_month_is_the_last_one(account, meter, now):
    factories.make_reading(meter, "2026-11", (9000,))
    early = now + timedelta(days=20)
    window_counts.count(now=early)
    (window,) = told(early).windows
    assert (window.month, window.sent, window.all) == ("2026-11", 1, 1)


def test_a_beat_is_one_row_that_moves(db, now):
    beats.note(beats.LETTERS, now=now)
    beats.note(beats.LETTERS, now=now + MINUTE)
    beats.note(beats.WINDOW, now=now, told={"kursk": {}})
    beats.note(beats.WINDOW, now=now + MINUTE)
    assert Beat.select().count() == 2
    assert Beat.get(Beat.name == beats.WINDOW).told == {"kursk": {}}
    assert told(now).beats[beats.LETTERS] == now + MINUTE


def test_the_same_is_told_for_some_seconds_and_not_after_the_clock_went_back(now):
    asked = []
    kept = vitals.Kept(
        lambda at: asked.append(at) or vitals.Vitals(at=at, answers=False)
    )
    for seconds in (0, 9, 10, 12, -3600):
        kept.at(now + timedelta(seconds=seconds))
    assert asked == [now + timedelta(seconds=each) for each in (0, 10, -3600)]


def test_a_schema_that_is_old_and_a_database_that_is_gone_are_told(db, now, tmp_path):
    open_database(f"sqlite:///{tmp_path}/empty.sqlite3")
    found = vitals.ask_all(now)
    assert (found.answers, found.schema, found.figures) == (True, "", None)
    assert "0001_first" in found.missing
    open_database(f"sqlite:///{tmp_path}/nowhere/none.sqlite3")
    assert vitals.ask_all(now) == vitals.Vitals(at=now, answers=False)


def test_no_large_table_is_read_whole(account, now):
    from tests.house.test_queries import _scanned

    statements = []
    database.obj.query_hooks.append(
        lambda event: statements.append((event.sql, event.params))
    )
    if not on_sqlite():
        database.execute_sql("SET enable_seqscan = off")
    told(now)
    database.obj.query_hooks.clear()
    selects = [each for each in statements if each[0].lstrip().startswith("SELECT")]
    assert len(selects) >= 10
    for sql, params in selects:
        assert not _scanned(sql, params) & LARGE, sql
    assert _scanned("SELECT * FROM payment", ()) == {"payment"}


def test_asking_writes_nothing(account, now):
    window_counts.count(now=now)
    with database.atomic():
        before = [list(model.select().tuples()) for model in (Beat, Account, Job)]
    told(now + timedelta(hours=1))
    assert [list(model.select().tuples()) for model in (Beat, Account, Job)] == before
