"""Copies of receipts: found again by all they say, bounded, gone with who is erased."""

import stat
from datetime import timedelta

import pytest

from cabinet.services import receipt_copies
from cabinet.services.receipt_copies import find, forget, keep, name_of

PEPPER = "secret"


@pytest.fixture
def home(tmp_path):
    return tmp_path


def test_what_was_kept_is_found_for_a_day(home, now):
    name = name_of(7, "October", pepper=PEPPER)
    assert find(home, name, now=now) is None
    keep(home, name, b"%PDF", now=now)
    assert find(home, name, now=now + timedelta(hours=23)) == b"%PDF"
    assert find(home, name, now=now + timedelta(hours=25)) is None


@pytest.mark.parametrize(
    "other",
    [
        name_of(8, "October", pepper=PEPPER),
        name_of(7, "November", pepper=PEPPER),
        name_of(7, "October", "more", pepper=PEPPER),
        name_of(7, "October", pepper="another"),
    ],
)
def test_another_user_content_or_installation_finds_nothing(home, now, other):
    keep(home, name_of(7, "October", pepper=PEPPER), b"%PDF", now=now)
    assert find(home, other, now=now) is None


def test_only_the_portal_may_read_it(home, now):
    name = name_of(7, "October", pepper=PEPPER)
    keep(home, name, b"%PDF", now=now)
    path = home / receipt_copies.FOLDER / name.file
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_there_are_never_too_many_and_the_oldest_go(home, now, monkeypatch):
    monkeypatch.setattr(receipt_copies, "MOST", 10)
    monkeypatch.setattr(receipt_copies, "SPARE", 3)
    names = [name_of(7, number, pepper=PEPPER) for number in range(25)]
    for number, name in enumerate(names):
        keep(home, name, b"%PDF", now=now + timedelta(minutes=number))
        assert len(list((home / receipt_copies.FOLDER).iterdir())) <= 10
    later = now + timedelta(minutes=25)
    assert find(home, names[-1], now=later) == b"%PDF"
    assert find(home, names[0], now=later) is None


def test_old_ones_go_with_the_next(home, now):
    keep(home, name_of(7, 1, pepper=PEPPER), b"%PDF", now=now)
    keep(home, name_of(8, 2, pepper=PEPPER), b"%PDF", now=now + timedelta(days=2))
    (left,) = (home / receipt_copies.FOLDER).iterdir()
    assert left.name.startswith("8-")


def test_who_is_erased_takes_only_their_own_along(home, now):
    for user_id in (7, 77):
        for number in range(2):
            keep(home, name_of(user_id, number, pepper=PEPPER), b"%PDF", now=now)
    assert forget(home, 7) == 2
    assert {p.name[:3] for p in (home / receipt_copies.FOLDER).iterdir()} == {"77-"}
    assert forget(home, 7) == 0


def test_where_nothing_can_be_written_nothing_fails(home, now, caplog):
    (home / receipt_copies.FOLDER).write_text("a file where the folder should be")
    name = name_of(7, "October", pepper=PEPPER)
    keep(home, name, b"%PDF", now=now)
    assert find(home, name, now=now) is None
    assert forget(home, 7) == 0
    assert "a receipt is not kept" in caplog.text
