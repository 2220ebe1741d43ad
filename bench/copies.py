"""How long a copy of a big database takes, and how long it takes to put it back.

`python -m bench.copies`: a town of 20 000 accounts on SQLite; with `--accounts N` of so
many, with `--database ADDRESS` on Postgres. The copy is put back into another folder and
another database, by the commands themselves: hash, schema, sessions, banks, ledger. The
floor is the same bytes packed and unpacked, or dumped and poured in, and nothing proved.
It ends with 1 when a gibibyte takes more than fifteen minutes to come back.
"""

import argparse
import gzip
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from bench import fill, town
from bench.measure import machine, write
from bench.processes import CABINET, Processes, run
from bench.running import await_, free_port
from cabinet.models.connection import close_database, open_database
from cabinet.models.snapshot import size

#: Seconds in which a gibibyte of the database must be back.
MOST = 15 * 60
HEADER = (
    "| database | accounts | its size, GiB | the copy, GiB | copy, s | floor, s | times"
    " | restore, s | floor, s | times | restore of a GiB, s | at most |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|"
)
WORDS = (
    "`cabinet backup` while nobody else works, then `cabinet restore` into another folder and"
    " database: the hash, the schema, sessions and links ended, three banks asked, all proofs"
    " of the ledger. The floor of SQLite is the file packed and unpacked, that of Postgres"
    " `pg_dump` and `pg_restore` alone."
)


def main() -> None:
    """Measure and write the section of docs/bench.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    fill.add_options(parser)
    wanted = parser.parse_args()
    section = "copies-postgres" if wanted.database else "copies"
    if wanted.accounts <= fill.FEW:
        section += " of few"
    with (
        tempfile.TemporaryDirectory(prefix="cabinet-copies.") as text,
        Processes(Path(text) / "logs") as processes,
    ):
        folder = Path(text)
        (folder / "copies").mkdir()
        with (
            fill.filled(wanted, folder) as (url, _),
            town.made_for_the_while(wanted.database, folder) as other,
        ):
            bank = free_port()
            first, second = (
                _environ(folder / name, there, bank)
                for name, there in (("first", url), ("second", other))
            )
            processes.start("bank", [CABINET, "emulator", "--port", str(bank)], first)
            await_(bank)
            row, is_kept = _measure(wanted, folder, first, second)
    write(section, f"{machine()}\n\n{HEADER}\n{row}\n\n{WORDS}")
    sys.exit(not is_kept)


def _environ(home: Path, url: str, bank: int) -> dict[str, str]:
    home.mkdir()
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CABINET_")}
    return kept | {
        "CABINET_MODE": "demo",
        "CABINET_HOME": str(home),
        "CABINET_DATABASE_URL": url,
        "CABINET_EMULATOR": f"http://127.0.0.1:{bank}",
    }


def _measure(
    wanted: argparse.Namespace,
    folder: Path,
    first: Mapping[str, str],
    second: Mapping[str, str],
) -> tuple[str, bool]:
    """Return the row of the table, and whether the bound is kept."""
    url = first["CABINET_DATABASE_URL"]
    open_database(url)
    bytes_there = size()
    close_database()
    pack, unpack = (_dump, _pour) if wanted.database else (_pack, _unpack)
    copied, _ = run([CABINET, "backup", "--to", str(folder / "copies")], first)
    bare_copied = _timed(lambda: pack(url, folder / "bare"))
    (note,) = (folder / "copies").glob("cabinet-*.json")
    packed = next((folder / "copies").glob("cabinet-*.gz")).stat().st_size
    with town.made_for_the_while(wanted.database, folder) as floor:
        bare_restored = _timed(lambda: unpack(folder / "bare", floor))
    restored, said = run([CABINET, "restore", str(note)], second)
    print(said)
    each = restored / (bytes_there / 2**30)
    kind = "Postgres" if wanted.database else "SQLite"
    row = (
        f"| {kind} | {wanted.accounts} | {bytes_there / 2**30:.2f} | {packed / 2**30:.2f}"
        f" | {copied:.1f} | {bare_copied:.1f} | **{copied / bare_copied:.1f}**"
        f" | {restored:.1f} | {bare_restored:.1f} | **{restored / bare_restored:.1f}**"
        f" | {each:.0f} | {MOST} |"
    )
    return row, each <= MOST


def _timed(deed: Callable[[], None]) -> float:
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began


# Floors ---------------------------------------------------------------------------


def _pack(url: str, target: Path) -> None:
    with (
        Path(urlsplit(url).path[1:]).open("rb") as source,
        gzip.open(target, "wb", 1) as packed,
    ):
        shutil.copyfileobj(source, packed, 2**20)


def _unpack(source: Path, url: str) -> None:
    with (
        gzip.open(source) as packed,
        Path(urlsplit(url).path[1:]).open("wb") as target,
    ):
        shutil.copyfileobj(packed, target, 2**20)
        target.flush()
        os.fsync(target.fileno())


def _dump(url: str, target: Path) -> None:
    run(
        ["pg_dump", "--format=custom", "--no-owner", f"--file={target}", url],
        os.environ,
    )


def _pour(source: Path, url: str) -> None:
    run(["pg_restore", "--no-owner", f"--dbname={url}", str(source)], os.environ)


if __name__ == "__main__":
    main()
