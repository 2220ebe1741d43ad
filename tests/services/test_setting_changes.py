"""A change goes back once, whoever presses the button, and only from the last one."""

from threading import Barrier, Thread

import pytest

from cabinet.domain.people import Role
from cabinet.models import Branch, SettingChange
from cabinet.models.base import database, writing
from cabinet.services import branches, setting_changes, setting_returns
from cabinet.services.audit import Actor
from cabinet.services.setting_changes import (
    ChangedMeanwhileError,
    ChangeNotFoundError,
)
from cabinet.services.staff import Member
from tests import factories


@pytest.fixture
def boss(db):
    factories.make_branch()
    return factories.make_staff("a@example.org", "admin")


def save(boss, now, **values):
    member = Member(boss.id, Role.ADMIN)
    version = branches.card(member, "kursk").version
    actor = Actor(boss.id)
    branches.save(member, "kursk", values, version=version, actor=actor, now=now)


def put_back(boss, change_id, now):
    member = Member(boss.id, Role.ADMIN)
    setting_returns.put_back(change_id, member, actor=Actor(boss.id), now=now)


def test_of_eight_who_put_back_at_once_one_does(boss, now):
    save(boss, now, phone="8 1", hours="ночью")
    change = SettingChange.get()
    start, said = Barrier(8), []

    def play():
        start.wait()
        try:
            put_back(boss, change.id, now)
            said.append("done")
        except ChangedMeanwhileError:
            said.append("stale")
        finally:
            database.close()

    threads = [Thread(target=play) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["done", *["stale"] * 7]
    assert (Branch.get().phone, Branch.get().hours) == (
        "8 800 000-00-00",
        "с 8:00 до 20:00",
    )


def test_of_eight_who_save_at_once_one_does(boss, now):
    version = branches.card(Member(boss.id, Role.ADMIN), "kursk").version
    start, said = Barrier(8), []

    def play(number):
        start.wait()
        try:
            branches.save(
                Member(boss.id, Role.ADMIN),
                "kursk",
                {"phone": f"8 {number}"},
                version=version,
                actor=Actor(boss.id),
                now=now,
            )
            said.append("done")
        except ChangedMeanwhileError:
            said.append("stale")
        finally:
            database.close()

    threads = [Thread(target=play, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["done", *["stale"] * 7]
    assert SettingChange.select().count() == 1


def test_what_stands_no_more_is_not_put_back(boss, now):
    save(boss, now, phone="8 1")
    first = SettingChange.get()
    save(boss, now, phone="8 2")
    with pytest.raises(ChangedMeanwhileError):
        put_back(boss, first.id, now)
    with pytest.raises(ChangeNotFoundError):
        put_back(boss, 10**9, now)
    assert Branch.get().phone == "8 2"


def test_a_change_of_nothing_is_none(boss, now):
    with writing():
        kept = setting_changes.write("day:2027-01-01", {}, {}, actor=Actor(), now=now)
    assert not kept
    assert not SettingChange.select().exists()
