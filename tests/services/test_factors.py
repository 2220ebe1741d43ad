"""One-time codes are taken once, recovery codes as well, and tries are few."""

import threading
from datetime import timedelta

import pytest

from cabinet.models import AuditEntry, RecoveryCode, SecondFactor, Session, User
from cabinet.models.base import database, writing
from cabinet.services import factors, limits, sessions
from cabinet.services.audit import SYSTEM
from tests.factories import FACTOR, SECRET_KEY, make_customer, make_staff


@pytest.fixture
def operator(db):
    return make_staff()


def half(user, now):
    user = User.get_by_id(user.id)
    with writing():
        sid = sessions.open_session(
            user, on_shared_computer=False, device="test", now=now
        )
    return sessions.find_signed_in(sid, now=now)


def show(who, code, now):
    return factors.show_code(
        who, code, actor=SYSTEM, network="192.0.2.1", pepper=SECRET_KEY, now=now
    )


def test_a_code_opens_the_session_with_another_cookie(operator, now):
    who = half(operator, now)
    assert not who.has_factor
    proved = show(who, factors.code_at(FACTOR, now), now)
    signed_in = sessions.find_signed_in(proved.sid, now=now + timedelta(hours=1))
    assert signed_in is None  # idle for half an hour
    signed_in = sessions.find_signed_in(proved.sid, now=now)
    assert signed_in.has_factor
    assert signed_in.sure_until == now + timedelta(minutes=15)
    assert Session.get().expires_at == now + timedelta(hours=12)


def test_half_a_session_is_over_soon(operator, now):
    operator = User.get_by_id(operator.id)
    with writing():
        sid = sessions.open_session(
            operator, on_shared_computer=False, device="", now=now
        )
    later = now + timedelta(minutes=15)
    assert sessions.find_signed_in(sid, now=later) is None


@pytest.mark.parametrize("shift", [-1, 0, 1])
def test_the_steps_beside_are_taken(operator, now, shift):
    code = factors.code_at(FACTOR, now + timedelta(seconds=30 * shift))
    show(half(operator, now), f" {code[:3]} {code[3:]} ", now)


@pytest.mark.parametrize("shift", [-2, 2])
def test_others_are_not(operator, now, shift):
    code = factors.code_at(FACTOR, now + timedelta(seconds=30 * shift))
    with pytest.raises(factors.WrongCodeError):
        show(half(operator, now), code, now)
    assert AuditEntry.select().where(AuditEntry.action == "factor.refused").exists()


def test_a_replayed_code_is_refused(operator, now):
    code = factors.code_at(FACTOR, now)
    show(half(operator, now), code, now)
    with pytest.raises(factors.CodeUsedError):
        show(half(operator, now), code, now)
    earlier = factors.code_at(FACTOR, now - timedelta(seconds=30))
    with pytest.raises(factors.CodeUsedError):
        show(half(operator, now), earlier, now)


def test_of_parallel_uses_of_one_code_one_succeeds(operator, now):
    people = [half(operator, now) for _ in range(4)]
    code = factors.code_at(FACTOR, now)
    start, done = threading.Barrier(4), []

    def use(who):
        start.wait()
        try:
            show(who, code, now)
            done.append("in")
        except factors.CodeUsedError:
            done.append("used")
        finally:
            database.close()

    threads = [threading.Thread(target=use, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == ["in", "used", "used", "used"]
    assert Session.select().where(Session.has_factor).count() == 1


def test_five_tries_in_five_minutes_and_fifty_a_day(operator, now):
    at = now.replace(hour=0)
    end, tries, waits = at + timedelta(days=1), 0, []
    while at < end:
        try:
            show(half(operator, at), "000000", at)
        except factors.WrongCodeError:
            tries += 1
        except limits.TooManyAttemptsError as error:
            waits.append(error.again_at - at)
            at = error.again_at
    assert tries == 50
    assert waits[0] == timedelta(minutes=5)


def test_right_codes_are_not_counted(operator, now):
    at = now
    for _ in range(30):
        show(half(operator, at), factors.code_at(FACTOR, at), at)
        at += timedelta(seconds=30)


def test_the_secret_is_not_to_be_read_in_the_database(operator):
    kept = SecondFactor.get().secret
    assert FACTOR not in kept
    assert len(kept) <= 240


def test_another_key_takes_no_code(operator, now):
    with pytest.raises(factors.WrongCodeError):
        factors.show_code(
            half(operator, now),
            factors.code_at(FACTOR, now),
            actor=SYSTEM,
            network="",
            pepper="another key",
            now=now,
        )


def test_a_person_has_one_factor(operator, now):
    with pytest.raises(factors.FactorExistsError), writing():
        factors.add(operator.id, FACTOR, pepper=SECRET_KEY, now=now)


def test_the_offer_is_the_same_for_a_session_and_for_no_other(db, now):
    who = half(make_customer(role="admin"), now)
    one, again, other = (
        factors.offer(who, sid, issuer="Энергосбыт", pepper=SECRET_KEY)
        for sid in ("a" * 43, "a" * 43, "b" * 43)
    )
    assert one == again
    assert one.secret != other.secret
    assert len(one.secret) == 32
    assert [len(group) for group in one.groups] == [4] * 8
    assert one.uri.startswith("otpauth://totp/")


def test_a_session_with_half_a_proof_makes_no_room(operator, now):
    opened = [
        show(half(operator, at), factors.code_at(FACTOR, at), at)
        for at in (now, now + timedelta(seconds=30), now + timedelta(seconds=60))
    ]
    for _ in range(5):
        half(operator, now + timedelta(minutes=2))
    later = now + timedelta(minutes=2)
    assert all(sessions.find_signed_in(each.sid, now=later) for each in opened)
    show(half(operator, later), factors.code_at(FACTOR, later), later)
    alive = [sessions.find_signed_in(each.sid, now=later) for each in opened]
    assert alive[0] is None
    assert all(alive[1:])


def test_a_reset_factor_is_gone_with_its_sessions(operator, now):
    proved = show(half(operator, now), factors.code_at(FACTOR, now), now)
    factors.reset(operator.id, actor=SYSTEM, reason="lost", now=now)
    assert not factors.is_enrolled(operator.id)
    assert not RecoveryCode.select().exists()
    assert sessions.find_signed_in(proved.sid, now=now) is None
    entry = AuditEntry.get(AuditEntry.action == "factor.reset")
    assert entry.details == {"reason": "lost"}
