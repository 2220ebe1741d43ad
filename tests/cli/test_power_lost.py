"""The power goes at any moment: what was acknowledged is on the disk, whole."""

import logging
import random
import shutil
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from cabinet.models.connection import close_database, open_database
from tests import drills, power
from tests.crowds import Bank, Crowd
from tests.paying import TOKEN
from tests.ports import free_port

pytestmark = pytest.mark.long

log = logging.getLogger(__name__)

#: Moments at which the power goes, and those of a log that nobody has synced.
TRIALS, CONTROLS = 2000, 50
HOUSES, PAYERS = 60, 20
#: Seconds of life before the power may go no more.
LIFE = 8
#: More pages than SQLite's log has before they are put into the database itself.
LOG_PAGES = 1000


@pytest.fixture
def disk(tmp_path, template_database):
    """The portal's database as a disk that saw a few seconds of life, and who lived."""
    home, port = tmp_path / "home", free_port()
    home.mkdir()
    path = home / "cabinet.sqlite3"
    shutil.copyfile(template_database, path)
    open_database(f"sqlite:///{path}")
    more = {
        "CABINET_EMULATOR": f"http://127.0.0.1:{port}",
        "CABINET_EMULATOR_TOKEN": TOKEN,
    }
    made = drills.installed(home, f"sqlite:///{path}", HOUSES, **more)
    crowd = Crowd(made, hands=2, payers=PAYERS)
    close_database()
    # The last to close it has put the log into it.
    files = [path, Path(f"{path}-wal")]
    assert not files[1].exists()
    before = {str(path): path.read_bytes(), str(files[1]): b""}
    records = [tmp_path / f"{name}.strace" for name in ("serve", "work")]
    made.before = lambda name: power.traced(tmp_path / f"{name}.strace", files)
    with made, Bank(made, port):
        made.start("serve")
        made.start("work")
        with crowd.at_work():
            time.sleep(LIFE)
    return power.Disk(before, records), crowd


class Book:
    """What was acknowledged by a moment, and what a disk makes of it."""

    def __init__(self, crowd, folder):
        self.crowd, self.path = crowd, folder / "cabinet.sqlite3"

    def faults(self, left, moment):
        """Return what is wrong with what is left on the disk."""
        for path, data in left.items():
            (self.path.parent / Path(path).name).write_bytes(data)
        self.path.with_name("cabinet.sqlite3-shm").unlink(missing_ok=True)
        try:
            with closing(sqlite3.connect(self.path)) as file:
                yield from self._read(file, moment)
        except sqlite3.DatabaseError as error:
            yield str(error)

    def _read(self, file, moment):
        for (word,) in file.execute("PRAGMA integrity_check"):
            if word != "ok":
                yield word
        readings = Counter(dict(file.execute("SELECT key, t1 / 1000 FROM reading")))
        deals = {deal for (deal,) in file.execute("SELECT provider_id FROM payment")}
        for at, key in self.crowd.known:
            value = self.crowd.readings.get(key)
            is_there = key in deals if value is None else readings.get(key) == value
            if at <= moment and not is_there:
                yield f"{key} is lost, {value or 'a payment'}"


def moments_of(disk, crowd, chance):
    """Yield moments: when something was written or synced, or somebody was answered."""
    written = sorted(disk.moments())
    told = [at for at, _ in crowd.known]
    first = min(told)
    written = [moment for moment in written if moment >= first]
    while True:
        yield chance.choice(written)
        yield chance.choice(told)
        yield chance.uniform(first, written[-1])


def test_what_was_acknowledged_is_there(disk, tmp_path):
    disk, crowd = disk
    seed = random.SystemRandom().getrandbits(32)
    chance = random.Random(seed)
    moments = moments_of(disk, crowd, chance)
    folder = tmp_path / "left"
    folder.mkdir()
    book = Book(crowd, folder)
    for _ in range(TRIALS):
        moment = next(moments)
        found = list(book.faults(disk.left(moment, chance), moment))
        assert not found, (seed, moment, found[:3])
    sizes = {Path(path).name: len(each.writes) for path, each in disk.files.items()}
    told = (
        f"{len(crowd.readings)} readings, {len(crowd.deals)} payments, {sizes} writes"
    )
    log.info(told)  # with --log-cli-level=info
    assert len(crowd.readings) > HOUSES / 2, told
    assert crowd.deals, told
    # The log was put into the database and begun anew, more than once.
    assert sizes["cabinet.sqlite3"] > LOG_PAGES / 10, told
    # Without the sync of each commit, as with `synchronous=NORMAL`, it would not be.
    disk.forget_syncs("-wal")
    lost = 0
    for _ in range(CONTROLS):
        moment = next(moments)
        lost += any(book.faults(disk.left(moment, chance), moment))
    assert lost > CONTROLS / 2, (seed, lost)
