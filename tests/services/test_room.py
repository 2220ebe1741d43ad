"""What is told of a disk that has no room, and what is not."""

import errno
from typing import NamedTuple

import pytest
from peewee import OperationalError

from cabinet.services import room

GIGABYTE = 1024**3


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.parametrize(
    ("total", "free", "is_low"),
    [
        (100 * GIGABYTE, 1 * GIGABYTE, False),  # a hundredth, and still much
        (100 * GIGABYTE, 400 * room.MEGABYTE, True),
        (1 * GIGABYTE, 100 * room.MEGABYTE, False),  # a tenth of a small one
        (1 * GIGABYTE, 40 * room.MEGABYTE, True),
        (1 * GIGABYTE, 0, True),
    ],
)
def test_room_is_low_by_its_share_and_by_its_size(monkeypatch, total, free, is_low):
    usage = Usage(total, total - free, free)
    monkeypatch.setattr(room.shutil, "disk_usage", lambda _folder: usage)
    assert room.is_low_at("/srv") is is_low


def test_a_folder_that_is_not_there_is_not_full(tmp_path):
    assert not room.is_low_at(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("error", "is_so"),
    [
        (OperationalError("database or disk is full"), True),
        (OperationalError("could not extend file: No space left on device"), True),
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), True),
        (room.NoRoomError(), True),
        (OperationalError("database is locked"), False),
        (OSError(errno.ECONNRESET, "reset"), False),
        (ZeroDivisionError(), False),
        (None, False),
    ],
)
def test_want_of_room_is_told_from_other_faults(error, is_so):
    assert room.is_want_of_room(error) is is_so


def test_it_is_found_behind_the_error_of_taking_back():
    error = OperationalError("cannot rollback - no transaction is active")
    error.__context__ = OperationalError("database or disk is full")
    assert room.is_want_of_room(error)
