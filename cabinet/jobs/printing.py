"""Receipts on paper as files: one for a postal route, whole or not there at all.

The order is written down before the first file and stays: a command that goes on after a
kill, or helps another one, puts the same receipts into the same files.
"""

import fcntl
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import IO

from cabinet.domain.period import Month
from cabinet.models import Branch
from cabinet.pdf.receipt import Doors, add_receipt
from cabinet.pdf.render import PdfError
from cabinet.pdf.roll import Roll
from cabinet.services.bills import paper
from cabinet.web import filters

#: Receipts of one file: a longer route has several, or memory would grow with it.
MOST = 500
NO_ROUTE = "без маршрута"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheaf:
    """The receipts of one file: whose they are, and which on their route.

    `place` is where their lines begin in the plan, `first` the number of the first one
    on a route that has `total`.
    """

    index: int
    name: str
    route: str
    place: int
    count: int
    first: int
    total: int


class Press:
    """A month's receipts of a branch that are printed into a folder."""

    def __init__(self, folder: Path, branch: Branch, month: Month) -> None:
        self.folder = folder
        self.branch = branch
        self.month = month
        self.broken: list[str] = []
        self._plan = folder / f".{branch.code}-{month}.plan"

    def plan(self, *, now: datetime) -> tuple[Sheaf, ...]:
        """Return the files to be made, settling who is in which at the first call.

        Raises NoReceipts.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with _alone(self.folder):
            if not self._plan.exists():
                self._settle(now)
        return tuple(self._sheaves())

    def _settle(self, now: datetime) -> None:
        part = self._plan.with_suffix(".part")
        try:
            with part.open("w", encoding="utf-8", newline="\n") as file:
                for stop in paper.stops(self.branch, self.month, now=now):
                    file.write(f"{stop.account_id}\t{stop.route}\n")
                _to_disk(file)
            part.replace(self._plan)
        finally:
            part.unlink(missing_ok=True)

    def _sheaves(self) -> Iterator[Sheaf]:
        index = 0
        with self._plan.open("rb") as file:
            for number, (route, total, places) in enumerate(_routes(file), start=1):
                for part, place in enumerate(places):
                    first = part * MOST
                    yield Sheaf(
                        index=index,
                        name=self._name(number, route, part if total > MOST else None),
                        route=route,
                        place=place,
                        count=min(MOST, total - first),
                        first=first + 1,
                        total=total,
                    )
                    index += 1

    def _name(self, number: int, route: str, part: int | None) -> str:
        words = re.sub(r"[^\w]+", "-", route or NO_ROUTE).strip("-")
        tail = "" if part is None else f"-{part + 1}"
        return f"{self.branch.code}-{self.month}-{number:03}-{words}{tail}.pdf"

    def is_there(self, sheaf: Sheaf) -> bool:
        """Tell whether the file is made."""
        return (self.folder / sheaf.name).exists()

    def run(
        self,
        sheaf: Sheaf,
        doors: Doors,
        *,
        now: datetime,
        report: Callable[[int], None],
    ) -> bool:
        """Make the file, unless it is there or another command is at it.

        Returns whether it was made here. `report` is told of each receipt. Needs an
        application context. What cannot be drawn is left out and kept in `broken`.
        """
        with self._plan.open("r+b") as plan, _held(plan, sheaf.index) as is_ours:
            if not is_ours or self.is_there(sheaf):
                return False
            self._print(sheaf, _account_ids(plan, sheaf), doors, now, report)
        return True

    def _print(
        self,
        sheaf: Sheaf,
        account_ids: list[int],
        doors: Doors,
        now: datetime,
        report: Callable[[int], None],
    ) -> None:
        where = f"Маршрут {sheaf.route}" if sheaf.route else NO_ROUTE.capitalize()
        roll = Roll(f"Квитанции за {filters.month(self.month)}. {where}")
        title = filters.receipt_title(self.month)
        found = paper.receipts(account_ids, self.branch, self.month, now=now)
        for number, receipt in enumerate(found, start=sheaf.first):
            mark = f"{where}, {number} из\u00a0{sheaf.total}"
            try:
                add_receipt(roll, receipt, title=title, doors=doors, mark=mark)
            except PdfError:
                self.broken.append(receipt.payer.number)
            report(1)
        part = self.folder / f".{sheaf.name}.part"
        with part.open("wb") as file:
            if roll.pages:
                roll.write(file)
            _to_disk(file)
        part.replace(self.folder / sheaf.name)


def _routes(file: IO[bytes]) -> Iterator[tuple[str, int, list[int]]]:
    """Yield the routes of a plan, how many lines each has, and where its parts begin."""

    def lines() -> Iterator[tuple[str, int]]:
        place = 0
        for line in file:
            yield line.decode().rstrip("\n").partition("\t")[2], place
            place += len(line)

    for route, found in groupby(lines(), lambda pair: pair[0]):
        total, places = 0, []
        for _, place in found:
            if total % MOST == 0:
                places.append(place)
            total += 1
        yield route, total, places


def _account_ids(plan: IO[bytes], sheaf: Sheaf) -> list[int]:
    plan.seek(sheaf.place)
    return [int(plan.readline().partition(b"\t")[0]) for _ in range(sheaf.count)]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other command settles anything in the folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def _held(plan: IO[bytes], index: int) -> Iterator[bool]:
    """Hold one file of the plan, unless another process does; a kill lets go of it.

    A byte of the plan stands for each. Closing the plan anywhere in this process would
    let go as well, so nobody else here opens it meanwhile.
    """
    try:
        fcntl.lockf(plan, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, index)
    except OSError:
        yield False
        return
    yield True


def _to_disk(file: IO[bytes] | IO[str]) -> None:
    file.flush()
    os.fsync(file.fileno())
