"""What a disk holds when its power goes: told by what processes wrote to it and when.

Every write and every sync of some files is taken down while a portal works (`strace`). At
any moment of it the power may go: what was synced by then is on the disk, of all other
writes any may be missing, and any may be there in part.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

#: A disk writes so much whole or not at all.
SECTOR = 512
CALL = re.compile(
    r"^\d+ +(?P<at>\d+\.\d+) (?P<name>\w+)\(\d+<(?P<path>[^>]*)>(?:, (?P<rest>.*))?\)"
    r" += (?P<result>\d+) <(?P<took>\d+\.\d+)>$"
)
WRITTEN = re.compile(r'^"(?P<bytes>(?:\\x[0-9a-f]{2})*)", \d+, (?P<offset>\d+)$')
SYNCS = {"fsync", "fdatasync"}


def traced(record: Path, files: list[Path]) -> tuple[str, ...]:
    """Return the words before a command that let its writes to the files be taken down.

    The command stays the child of who starts it.
    """
    words = ["strace", "-D", "-f", "-qq", "-ttt", "-T", "-y", "-xx"]
    calls = "trace=pwrite64,pwritev,write,writev,ftruncate,fallocate,fsync,fdatasync"
    words += [
        "-s",
        "1000000",
        "-e",
        calls,
        "-e",
        "status=successful",
        "-e",
        "signal=none",
    ]
    for each in files:
        words += ["-P", str(each)]
    return (*words, "-o", str(record))


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes put at a place of a file, between two moments; `data` of None cuts it there."""

    begun: float
    ended: float
    offset: int
    data: bytes | None


@dataclass(slots=True)
class File:
    """A file as it was, and what was done to it since."""

    before: bytes
    writes: list[Write] = field(default_factory=list)
    #: When each sync began and ended.
    syncs: list[tuple[float, float]] = field(default_factory=list)

    def at(self, moment: float, chance: random.Random) -> bytes:
        """Return what the disk holds if the power goes at that moment."""
        found = bytearray(self.before)
        # All that had ended when it began is on the disk.
        kept = max((begun for begun, ended in self.syncs if ended <= moment), default=0)
        for each in self.writes:
            if each.begun > moment:
                break
            data = each.data
            if each.ended > kept:
                fate = chance.random()
                if fate < 1 / 3:
                    continue
                if data is not None and fate < 2 / 3:
                    data = data[: chance.randrange(len(data) + 1) // SECTOR * SECTOR]
            if data is None:
                del found[each.offset :]
                continue
            if len(found) < each.offset:
                found.extend(bytes(each.offset - len(found)))
            found[each.offset : each.offset + len(data)] = data
        return bytes(found)


class Disk:
    """Some files, what was done to them, and what is left of it at any moment."""

    def __init__(self, files: dict[str, bytes], records: list[Path]):
        self.files = {path: File(before) for path, before in files.items()}
        for record in records:
            for line in record.read_text("ascii").splitlines():
                self._take(line)
        for each in self.files.values():
            each.writes.sort(key=lambda write: write.begun)

    def _take(self, line: str) -> None:
        call = CALL.match(line)
        assert call is not None, line[:200]
        begun = float(call["at"])
        ended = begun + float(call["took"])
        of = self.files[_bytes(call["path"]).decode()]
        if call["name"] in SYNCS:
            of.syncs.append((begun, ended))
        elif call["name"] == "ftruncate":
            of.writes.append(Write(begun, ended, int(call["rest"]), None))
        else:
            # SQLite writes in no other way: whatever else comes must be thought of first.
            assert call["name"] == "pwrite64", line[:200]
            put = WRITTEN.match(call["rest"])
            assert put is not None, line[-200:]
            data = _bytes(put["bytes"])
            assert len(data) == int(call["result"])
            of.writes.append(Write(begun, ended, int(put["offset"]), data))

    def moments(self) -> Iterator[float]:
        """Yield when something was begun or has ended."""
        for each in self.files.values():
            for write in each.writes:
                yield from (write.begun, write.ended)
            for sync in each.syncs:
                yield from sync

    def left(self, moment: float, chance: random.Random) -> dict[str, bytes]:
        """Return what each file holds if the power goes at that moment."""
        return {path: each.at(moment, chance) for path, each in self.files.items()}

    def forget_syncs(self, ending: str) -> None:
        """Let no sync of a file have done anything, as if it had never been asked for."""
        for path, each in self.files.items():
            if path.endswith(ending):
                each.syncs.clear()


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))
