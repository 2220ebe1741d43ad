"""What the audit log loses by its term, and that the rest can still be checked."""

from datetime import timedelta

import peewee
import pytest

from cabinet.models import AuditCut, AuditEntry, AuditSeal
from cabinet.models.base import database, writing
from cabinet.services import audit, audit_chain, audit_term
from cabinet.services.audit_chain import Damage
from tests.services.test_audit_chain import (  # noqa: F401 - a fixture
    SECRET,
    seal,
    unlocked,
    verify,
    write,
)

OLD = timedelta(days=1100)


def remove(now, before=None, **options):
    return audit_term.remove(
        before=before or now - timedelta(days=1),
        secret=SECRET,
        now=now,
        **options,
    )


@pytest.fixture
def aged(db, now):
    """Six old entries and four new ones, all sealed."""
    write(now - OLD, 6)
    write(now, 4)
    seal(now)
    return [row.id for row in AuditEntry.select().order_by(AuditEntry.id)]


def left():
    return [row.action for row in AuditEntry.select().order_by(AuditEntry.id)]


def test_the_old_go_and_the_rest_is_whole(aged, now):
    head = audit_chain.find_head()
    assert remove(now) == 6
    assert left() == ["act.0", "act.1", "act.2", "act.3", "audit.removed"]
    assert AuditSeal.select().count() == 4
    verdict = verify(heads=[head])
    assert (verdict.count, verdict.waiting, verdict.damage) == (4, 1, None)
    entry = AuditEntry.get(AuditEntry.action == "audit.removed")
    assert entry.details == {"upto": aged[5], "count": 6}
    assert seal(now) == 1
    assert verify(heads=[head]).count == 5
    assert remove(now) == 0


def test_it_goes_by_turns_and_on_from_an_empty_log(aged, now):
    late = now + OLD
    assert [remove(late, late, most=4) for _ in range(3)] == [4, 4, 2]
    # What the turns themselves wrote is not sealed yet.
    assert left() == ["audit.removed"] * 3
    assert not AuditSeal.select().exists()
    assert [cut.count for cut in AuditCut.select().order_by(AuditCut.id)] == [4, 8, 10]
    assert (verify().count, verify().damage) == (0, None)
    assert seal(late) == 3
    assert (verify().count, verify().damage) == (3, None)


def test_what_has_no_seal_stays(db, now):
    write(now - OLD, 3)
    seal(now, most=2)
    assert remove(now) == 2
    assert left()[0] == "act.2"


def test_an_old_entry_behind_a_newer_one_waits(db, now):
    write(now - OLD, 1)
    write(now, 1)
    write(now - OLD, 1)
    seal(now)
    assert remove(now) == 1


def test_nothing_is_removed_from_a_damaged_log(aged, unlocked, now):  # noqa: F811
    AuditEntry.update(action="forged").where(AuditEntry.id == aged[2]).execute()
    assert remove(now) == 0
    assert len(left()) == 10
    assert verify().damage is Damage.CHANGED


def test_another_secret_removes_nothing_and_an_older_one_may_be_given(aged, now):
    options = {"before": now, "now": now}
    assert audit_term.remove(secret="new", **options) == 0
    assert audit_term.remove(secret="new", older=[SECRET], **options) == 6
    assert audit_chain.verify(secret="new", older=[SECRET]).damage is None


def test_the_triggers_let_go_of_what_a_mark_is_about(aged, now):
    remove(now)
    for model, column in ((AuditEntry, AuditEntry.id), (AuditSeal, AuditSeal.entry_id)):
        with pytest.raises(peewee.PeeweeException, match="append only"), writing():
            model.delete().where(column == aged[7]).execute()
    for change in (AuditCut.delete(), AuditCut.update(count=1)):
        with pytest.raises(peewee.PeeweeException, match="append only"), writing():
            change.execute()


FORGERIES = {
    "a mark of nobody's": lambda cut, ids: AuditCut.create(
        entry_id=ids[7], chain=cut.chain, count=9, cut_at=cut.cut_at, mark="f" * 64
    ),
    "a mark copied": lambda cut, ids: AuditCut.create(
        entry_id=ids[7], chain=cut.chain, count=9, cut_at=cut.cut_at, mark=cut.mark
    ),
    "a mark changed": lambda cut, ids: AuditCut.update(count=1).execute(),
    "a mark moved": lambda cut, ids: AuditCut.update(entry_id=ids[6]).execute(),
    "a mark taken away": lambda cut, ids: AuditCut.delete().execute(),
    "an entry put back": lambda cut, ids: AuditEntry.create(
        id=ids[1], at=cut.cut_at, action="forged"
    ),
    "a mark nobody can read": lambda cut, ids: AuditCut.update(mark="Ж").execute(),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_removal_is_found(aged, unlocked, now, forgery):  # noqa: F811
    remove(now)
    FORGERIES[forgery](AuditCut.get(), aged)
    assert verify().damage is not None


def test_deleting_with_a_forged_mark_is_found(aged, unlocked, now):  # noqa: F811
    """The triggers would let it go; the key is what is missing."""
    last = AuditSeal.get(AuditSeal.entry_id == aged[7])
    AuditCut.create(
        entry_id=aged[7], chain=last.chain, count=8, cut_at=now, mark="0" * 64
    )
    AuditSeal.delete().where(AuditSeal.entry_id <= aged[7]).execute()
    AuditEntry.delete().where(AuditEntry.id <= aged[7]).execute()
    assert verify().damage is Damage.REMOVAL
    assert remove(now) == 0
    assert database


def test_two_removers_take_turns(aged, now):
    assert [remove(now), remove(now)] == [6, 0]
    with writing():
        audit.record(audit.SYSTEM, "after", now=now)
    seal(now)
    assert verify().damage is None
